/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/portal/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ALNUM       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define PORT_MAX    65535
#define PORT_DIGITS 5

/* RFC 1122 3.2.1.3: 127.0.0.0/8; RFC 6761 6.3: localhost. */
static int
is_loopback(const char *host)
{
	unsigned int part = 0, n_parts = 1, digits = 0;

	if (strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0)
		return 1;
	if (strncmp(host, "127.", 4) != 0)
		return 0;
	for (const char *p = host; *p != '\0'; p++) {
		if (*p == '.') {
			if (digits == 0)
				return 0;
			part = digits = 0;
			n_parts++;
			continue;
		}
		if (*p < '0' || *p > '9' || ++digits > 3)
			return 0;
		if ((part = part * 10 + (unsigned int)(*p - '0')) > 255)
			return 0;
	}
	return n_parts == 4 && digits > 0;
}

/* What stands between "//" and "/": host, and ":port" when it is said. */
static enum firma_err
authority(const char *at, size_t len, char host[PORTAL_NAME_MAX],
    unsigned int *ret_port)
{
	const char *end, *colon;
	size_t n, skip = 0;
	long port;

	if (len > 0 && at[0] == '[') {
		end = memchr(at, ']', len);
		if (end == NULL)
			return FIRMA_ERR_VALUE;
		skip = 1;
		n = (size_t)(end - at) - 1;
		if (strspn(at + 1, "0123456789abcdefABCDEF:.") != n)
			return FIRMA_ERR_VALUE;
		colon = end + 1;
	} else {
		n = strspn(at, ALNUM ".-");
		colon = at + n;
	}
	if (n == 0 || n >= PORTAL_NAME_MAX)
		return FIRMA_ERR_VALUE;
	if (colon != at + len) {
		const size_t digits = strspn(colon + 1, "0123456789");

		if (*colon != ':' || digits == 0 || digits > PORT_DIGITS ||
		    colon + 1 + digits != at + len)
			return FIRMA_ERR_VALUE;
		port = strtol(colon + 1, NULL, 10);
		if (port < 1 || port > PORT_MAX)
			return FIRMA_ERR_VALUE;
		*ret_port = (unsigned int)port;
	}
	(void)snprintf(host, PORTAL_NAME_MAX, "%.*s", (int)n, at + skip);
	return FIRMA_OK;
}

/* Scheme, host and port; *ret_path is what stands behind them. */
static enum firma_err
site(const char *url, struct portal_url *ret, const char **ret_path)
{
	const char *at;
	enum firma_err r;

	ret->is_http = strncmp(url, "http://", 7) == 0;
	if ((!ret->is_http && strncmp(url, "https://", 8) != 0) ||
	    strlen(url) >= sizeof(ret->base))
		return FIRMA_ERR_VALUE;
	at = url + (ret->is_http ? 7 : 8);
	*ret_path = at + strcspn(at, "/?#");
	ret->port = ret->is_http ? 80 : 443;
	if ((r = authority(at, (size_t)(*ret_path - at), ret->host,
		 &ret->port)) != FIRMA_OK)
		return r;
	ret->is_local = is_loopback(ret->host);
	(void)snprintf(ret->base, sizeof(ret->base), "%s", url);
	(void)snprintf(ret->origin, sizeof(ret->origin), "%.*s/",
	    (int)(*ret_path - url), url);
	return FIRMA_OK;
}

enum firma_err
portal_url_parse(const char *base, struct portal_url *ret)
{
	struct portal_url u = { 0 };
	const char *path;
	enum firma_err r;

	if ((r = site(base, &u, &path)) != FIRMA_OK)
		return r;
	if (path[0] != '/' || base[strlen(base) - 1] != '/' ||
	    strstr(path, "..") != NULL ||
	    strspn(path, ALNUM "/._~-") != strlen(path))
		return FIRMA_ERR_VALUE;
	if (u.is_http && !u.is_local)
		return FIRMA_ERR_DENIED;
	*ret = u;
	return FIRMA_OK;
}

enum firma_err
portal_url_parse_whole(const char *url, struct portal_url *ret)
{
	struct portal_url u = { 0 };
	const char *path;
	enum firma_err r;

	if ((r = site(url, &u, &path)) != FIRMA_OK)
		return r;
	if ((path[0] != '/' && path[0] != '\0') || strstr(path, "..") != NULL ||
	    strspn(path, ALNUM "/._~-?=&%") != strlen(path))
		return FIRMA_ERR_VALUE;
	*ret = u;
	return FIRMA_OK;
}

enum firma_err
portal_url_join(
    const struct portal_url *u, const char *endpoint, char ret[PORTAL_URL_MAX])
{
	if (endpoint[0] == '\0' || endpoint[0] == '/' ||
	    strstr(endpoint, "..") != NULL ||
	    strspn(endpoint, ALNUM "/._~-?=&%") != strlen(endpoint))
		return FIRMA_ERR_VALUE;
	if (strlen(u->base) + strlen(endpoint) >= PORTAL_URL_MAX)
		return FIRMA_ERR_LIMIT;
	(void)snprintf(ret, PORTAL_URL_MAX, "%s", u->base);
	(void)snprintf(
	    ret + strlen(ret), PORTAL_URL_MAX - strlen(ret), "%s", endpoint);
	return FIRMA_OK;
}

int
portal_url_same_origin(const struct portal_url *u, const char *url)
{
	return strncasecmp(url, u->origin, strlen(u->origin)) == 0;
}

int
portal_url_domain_matches(const struct portal_url *u, const char *domain)
{
	size_t nd, nh = strlen(u->host);

	if (domain[0] == '.')
		domain++;
	nd = strlen(domain);
	if (nd == 0 || nd > nh || strcasecmp(u->host + nh - nd, domain) != 0)
		return 0;
	return nd == nh || u->host[nh - nd - 1] == '.';
}
