/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h - one POST at a time over libcurl, which stays behind this header.
 *
 * Every request has a deadline and every answer a bound; a redirect is followed
 * only to the same scheme, host and port; a server's certificate is verified.
 */
#ifndef FIRMA_PORTAL_HTTP_H
#define FIRMA_PORTAL_HTTP_H

#include "cli/portal/reply.h"
#include "cli/portal/url.h"

#define PORTAL_HTTP_FIELDS 8

struct portal_http;

/* One field of a form; borrowed.  With a filename it is a file's octets. */
struct portal_field {
	const char *name;
	struct firma_bytes value;
	const char *filename; /* NULL for text */
};

struct portal_form {
	struct portal_field at[PORTAL_HTTP_FIELDS];
	size_t n;
};

/* timeout_s bounds each request as a whole. */
FIRMA_CHECKED enum firma_err portal_http_new(
    const struct portal_url *u, long timeout_s, struct portal_http **ret);
void portal_http_free(struct portal_http *h);

/*
 * Post the form: application/x-www-form-urlencoded, or multipart when a field
 * is a file.  Failures of the network are in ret->failed; the error is for our
 * own (memory).
 */
FIRMA_CHECKED enum firma_err portal_http_post(struct portal_http *h,
    const char *url, const struct portal_form *form, size_t max,
    struct portal_reply *ret);

/* A body as it is; borrowed. */
struct portal_octets {
	const char *type, *accept; /* media types; accept is what may come */
	const char *login;         /* "USER:PASSWORD" (HTTP Basic), or NULL */
	struct firma_bytes body;
};

/* Post octets as they are.  The same, but that no redirect is followed. */
FIRMA_CHECKED enum firma_err portal_http_post_octets(struct portal_http *h,
    const char *url, const struct portal_octets *octets, size_t max,
    struct portal_reply *ret);

/*
 * The cookies as one text of at most PORTAL_SESSION_MAX - 1 octets, and back.
 * Taking back ignores what is not a cookie for this host.
 */
FIRMA_CHECKED enum firma_err portal_http_session(
    struct portal_http *h, char ret[PORTAL_SESSION_MAX]);
FIRMA_CHECKED enum firma_err portal_http_resume(
    struct portal_http *h, const char *session);

#endif
