/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h - HTTP on 127.0.0.1: fields in, the portal's answers out.
 *
 * libmicrohttpd stays behind this header.
 */
#ifndef FIRMA_REHEARSAL_HTTP_H
#define FIRMA_REHEARSAL_HTTP_H

#include "tests/rehearsal/call.h"

/*
 * What the threads share.  The caller fills dir, behave and stop; port is
 * written before any request can know it; last is touched only while the
 * state's lock is held.
 */
struct rehearsal_http {
	const char *dir, *behave;
	int stop; /* an eventfd, readable when the server ends */
	unsigned int port;
	struct rehearsal_answer last; /* for the misbehaviour `repeat` */
	void *daemon;
};

/*
 * Listen on port (0: the kernel's choice, see http->port) and answer from
 * threads.  FIRMA_ERR_IO: the port is taken.
 */
FIRMA_CHECKED enum firma_err rehearsal_http_start(
    struct rehearsal_http *http, unsigned int port);

/* After http->stop was made readable: waits for the threads. */
void rehearsal_http_stop(struct rehearsal_http *http);

#endif
