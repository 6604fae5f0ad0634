/* SPDX-License-Identifier: Apache-2.0 */
/*
 * site.h - what helpers that speak HTTP do alike when they are opened and asked.
 */
#ifndef FIRMA_PORTAL_SITE_H
#define FIRMA_PORTAL_SITE_H

#include "cli/portal/http.h"

/* A text of the profile or the request, or "". */
const char *portal_site_text(const json_t *endpoints, const char *name);

/* The request makes no sense, and why. */
void portal_site_usage(struct portal_answer *a, const char *text);

/* A failure of our own: memory. */
void portal_site_failure(struct portal_answer *a, enum firma_err r);

/* What a helper calls the things that it opens, translated. */
struct portal_site_words {
	const char *timeout; /* `timeout` is no number of seconds */
	const char *another; /* a second address in one process */
};

/*
 * Let this process speak to that address, and no other from now on.
 * 0, or -1 after a says why.
 */
int portal_site_open(const struct portal_url *at, const json_t *endpoints,
    const struct portal_site_words *words, struct portal_http **ret,
    struct portal_answer *a);

/* The request's file, at most max octets.  0, or -1 after a says why. */
int portal_site_read(int dir, const struct portal_request *q, size_t max,
    struct firma_buf *ret, struct portal_answer *a);

/* The answer's file, when it names one: the reply's body.  words: if it cannot. */
void portal_site_keep(int dir, const struct portal_reply *reply,
    const char *words, struct portal_answer *a);

#endif
