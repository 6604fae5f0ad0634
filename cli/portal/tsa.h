/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tsa.h - a time-stamping authority over HTTP: one request, one response.
 *
 * Source: RFC 3161 3.4.  What is in the response is looked at by `firma`, which
 * has the keys of nobody but knows what it asked for.
 */
#ifndef FIRMA_PORTAL_TSA_H
#define FIRMA_PORTAL_TSA_H

#include "cli/portal/http.h"

#define PORTAL_STAMP_MAX ((size_t)64 * 1024) /* octets of a response */

/* What `open` made; zero-initialise, end with _done. */
struct portal_tsa {
	struct portal_http *http;
	struct portal_url at;
	char login[PORTAL_NAME_MAX]; /* "USER:PASSWORD", or "" */
};

void portal_tsa_done(struct portal_tsa *tsa);

/* For struct portal_helper; cls is a struct portal_tsa. */
void portal_tsa_answer(void *cls, int dir, const struct portal_request *q,
    struct portal_answer *ret);

/* What came, as an outcome: pure.  "ok" says that r->body is a response. */
void portal_tsa_read(const struct portal_reply *r, struct portal_answer *ret);

#endif
