/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_request.h - one HTTP request: its fields in, the portal's answer out.
 */
#ifndef FIRMA_REHEARSAL_HTTP_REQUEST_H
#define FIRMA_REHEARSAL_HTTP_REQUEST_H

#include <microhttpd.h>

#include "tests/rehearsal/call.h"

/*
 * What the threads share.  port is written before the first request can know
 * it; last is touched only while the state's lock is held.
 */
struct rehearsal_http {
	const char *dir, *behave;
	int stop; /* an eventfd, readable when the server ends */
	unsigned int port;
	struct rehearsal_answer last; /* for the misbehaviour `repeat` */
};

/* libmicrohttpd's callbacks; cls is the struct rehearsal_http. */
enum MHD_Result rehearsal_http_handle(void *cls, struct MHD_Connection *c,
    const char *url, const char *method, const char *version, const char *data,
    size_t *data_len, void **con_cls);
void rehearsal_http_completed(void *cls, struct MHD_Connection *c,
    void **con_cls, enum MHD_RequestTerminationCode how);

#endif
