/* SPDX-License-Identifier: Apache-2.0 */
/*
 * url.h - which addresses a helper may talk to.
 *
 * https anywhere; http to this very machine alone, but for whole addresses.  May include: agent/base.
 * Does no I/O.  Any thread.
 */
#ifndef FIRMA_PORTAL_URL_H
#define FIRMA_PORTAL_URL_H

#include "cli/portal/request.h"

struct portal_url {
	char base[PORTAL_URL_MAX];   /* ends with '/' */
	char origin[PORTAL_URL_MAX]; /* "https://host:port/" as in base */
	char host[PORTAL_NAME_MAX];  /* without port; IPv6 without brackets */
	unsigned int port;           /* TCP: 80 and 443 when not said */
	int is_http;
	int is_local; /* the host is this very machine */
};

/*
 * FIRMA_ERR_VALUE  not http(s)://host[:port]/path/, or a user name, a query or
 *                  strange characters in it
 * FIRMA_ERR_DENIED http to another machine
 */
FIRMA_CHECKED enum firma_err portal_url_parse(
    const char *base, struct portal_url *ret);

/*
 * A whole address, to which nothing is added: a path without an end '/', or none,
 * and a query may be there, and http goes to any machine.  For answers that
 * prove by themselves who gave them, as time stamps do.  FIRMA_ERR_VALUE.
 */
FIRMA_CHECKED enum firma_err portal_url_parse_whole(
    const char *url, struct portal_url *ret);

/*
 * base + endpoint.  FIRMA_ERR_VALUE: the endpoint is absolute, climbs ("..")
 * or has strange characters; FIRMA_ERR_LIMIT.
 */
FIRMA_CHECKED enum firma_err portal_url_join(
    const struct portal_url *u, const char *endpoint, char ret[PORTAL_URL_MAX]);

/* Is this absolute URL at the same scheme, host and port? */
int portal_url_same_origin(const struct portal_url *u, const char *url);

/* May a cookie of this domain go to the host?  A leading dot is dropped. */
int portal_url_domain_matches(const struct portal_url *u, const char *domain);

#endif
