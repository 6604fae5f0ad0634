/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/portal/http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/base/secret.h"

#define CONNECT_S     10L
#define REDIRECTS_MAX 3
#define COOKIE_TABS   6   /* the fields of a Netscape cookie line */
#define HEADER_MAX    128 /* octets of one of ours */
#define HTTPONLY      "#HttpOnly_"

struct portal_http {
	CURL *curl;
	struct portal_url at;
	long timeout_s;
};

/* Where an answer goes, and how much of it. */
struct sink {
	struct firma_buf *to;
	size_t max;
	int too_big;
};

static size_t
take_body(char *data, size_t size, size_t n, void *cls)
{
	struct sink *s = cls;
	const size_t len = size * n;

	if (len > s->max - s->to->len) {
		s->too_big = 1;
		return 0; /* curl then gives up */
	}
	return firma_buf_put(s->to, firma_bytes_of(data, len)) == FIRMA_OK ? len
									   : 0;
}

#define SET(option, value) \
	(r == CURLE_OK ? r = curl_easy_setopt(h->curl, (option), (value)) : r)

static CURLcode
set_rules(struct portal_http *h)
{
	CURLcode r = CURLE_OK;

	SET(CURLOPT_PROTOCOLS_STR, h->at.is_http ? "http" : "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_CONNECTTIMEOUT, CONNECT_S);
	SET(CURLOPT_NOSIGNAL, 1L);
	/*
	 * On a connection used before, curl sends a request AGAIN by itself
	 * when the server closes without an answer.  Never submit twice: a new
	 * connection for each request.
	 */
	SET(CURLOPT_FRESH_CONNECT, 1L);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_USERAGENT, "firmad/" FIRMA_VERSION);
	SET(CURLOPT_COOKIEFILE, ""); /* cookies in memory */
	SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)FIRMA_BUF_MAX);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	/* This machine is not behind a proxy, whatever the environment says. */
	if (h->at.is_local)
		SET(CURLOPT_PROXY, "");
	return r;
}

enum firma_err
portal_http_new(
    const struct portal_url *u, long timeout_s, struct portal_http **ret)
{
	struct portal_http *h;

	/* curl copies a login more than once: the header has it in base64. */
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, firma_wiping_free,
		firma_wiping_realloc, strdup, calloc) != CURLE_OK ||
	    (h = calloc(1, sizeof(*h))) == NULL)
		return FIRMA_ERR_NOMEM;
	h->at = *u;
	h->timeout_s = timeout_s;
	if ((h->curl = curl_easy_init()) == NULL || set_rules(h) != CURLE_OK) {
		portal_http_free(h);
		return FIRMA_ERR_NOMEM;
	}
	*ret = h;
	return FIRMA_OK;
}

void
portal_http_free(struct portal_http *h)
{
	if (h == NULL)
		return;
	curl_easy_cleanup(h->curl);
	free(h);
}

/* name=value&name=value, both escaped (HTML's urlencoded form). */
static enum firma_err
urlencoded(CURL *curl, const struct portal_form *form, struct firma_buf *ret)
{
	enum firma_err r = FIRMA_OK;

	for (size_t i = 0; i < form->n && r == FIRMA_OK; i++) {
		const struct portal_field *f = &form->at[i];
		/* Length 0 would mean strlen(). */
		char *v = f->value.len == 0
		    ? NULL
		    : curl_easy_escape(
			  curl, (const char *)f->value.at, (int)f->value.len);

		if (f->value.len > 0 && v == NULL)
			return FIRMA_ERR_NOMEM;
		if ((i == 0 || (r = firma_buf_put_str(ret, "&")) == FIRMA_OK) &&
		    (r = firma_buf_put_str(ret, f->name)) == FIRMA_OK &&
		    (r = firma_buf_put_str(ret, "=")) == FIRMA_OK && v != NULL)
			r = firma_buf_put_str(ret, v);
		curl_free(v);
	}
	return r;
}

static enum firma_err
multipart(CURL *curl, const struct portal_form *form, curl_mime **ret)
{
	curl_mime *m = curl_mime_init(curl);

	if (m == NULL)
		return FIRMA_ERR_NOMEM;
	for (size_t i = 0; i < form->n; i++) {
		const struct portal_field *f = &form->at[i];
		curl_mimepart *part = curl_mime_addpart(m);

		if (part == NULL || curl_mime_name(part, f->name) != CURLE_OK ||
		    curl_mime_data(part,
			f->value.len == 0 ? "" : (const char *)f->value.at,
			f->value.len) != CURLE_OK ||
		    (f->filename != NULL &&
			(curl_mime_filename(part, f->filename) != CURLE_OK ||
			    curl_mime_type(part, "application/octet-stream") !=
				CURLE_OK))) {
			curl_mime_free(m);
			return FIRMA_ERR_NOMEM;
		}
	}
	*ret = m;
	return FIRMA_OK;
}

static enum portal_reason
reason_of(CURLcode c, const struct sink *s)
{
	switch (c) {
	case CURLE_OK:
		return PORTAL_REASON_NONE;
	case CURLE_OPERATION_TIMEDOUT:
		return PORTAL_REASON_TIMEOUT;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
		return PORTAL_REASON_TLS;
	case CURLE_FILESIZE_EXCEEDED:
		return PORTAL_REASON_TOO_BIG;
	case CURLE_UNSUPPORTED_PROTOCOL:
		return PORTAL_REASON_REDIRECT;
	default:
		return s->too_big ? PORTAL_REASON_TOO_BIG
				  : PORTAL_REASON_CONNECT;
	}
}

static void
take_type(CURL *curl, char ret[PORTAL_TYPE_MAX])
{
	char *type = NULL;

	ret[0] = '\0';
	if (curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type) != CURLE_OK ||
	    type == NULL)
		return;
	(void)snprintf(
	    ret, PORTAL_TYPE_MAX, "%.*s", (int)strcspn(type, "; \t"), type);
}

/* One exchange; the request's kind and body are set already. */
static void
exchange(struct portal_http *h, const char *url, uint64_t deadline, size_t max,
    struct portal_reply *ret)
{
	struct sink s = { &ret->body, max, 0 };
	const int left = firma_poll_ms(deadline);
	CURLcode r = CURLE_OK;

	ret->body.len = 0;
	ret->status = 0;
	SET(CURLOPT_URL, url);
	/* 0 would mean no limit at all. */
	SET(CURLOPT_TIMEOUT_MS, left < 1 ? 1L : (long)left);
	SET(CURLOPT_WRITEDATA, &s);
	if (r == CURLE_OK)
		r = curl_easy_perform(h->curl);
	ret->failed = reason_of(r, &s);
	if (ret->failed != PORTAL_REASON_NONE) {
		ret->body.len = 0;
		return;
	}
	(void)curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &ret->status);
	take_type(h->curl, ret->type);
}

/* 301, 302, 303 within the same origin: what a browser would do. */
static void
follow(struct portal_http *h, uint64_t deadline, size_t max,
    struct portal_reply *ret)
{
	for (int i = 0; i < REDIRECTS_MAX; i++) {
		char url[PORTAL_URL_MAX];
		char *to = NULL;
		CURLcode r = CURLE_OK;

		if (ret->failed != PORTAL_REASON_NONE || ret->status < 301 ||
		    ret->status > 303 ||
		    curl_easy_getinfo(h->curl, CURLINFO_REDIRECT_URL, &to) !=
			CURLE_OK ||
		    to == NULL || strlen(to) >= sizeof(url) ||
		    !portal_url_same_origin(&h->at, to))
			return; /* a 3xx left over is refused by the caller */
		(void)snprintf(url, sizeof(url), "%s", to);
		SET(CURLOPT_HTTPGET, 1L);
		if (r != CURLE_OK)
			return;
		exchange(h, url, deadline, max, ret);
	}
}

/* Nothing of a request may be left in the handle. */
static void
clear(struct portal_http *h)
{
	CURLcode r = CURLE_OK;

	SET(CURLOPT_HTTPGET, 1L);
	SET(CURLOPT_HTTPHEADER, NULL);
	SET(CURLOPT_POSTFIELDS, NULL);
	SET(CURLOPT_MIMEPOST, NULL);
	SET(CURLOPT_WRITEDATA, NULL);
	SET(CURLOPT_USERPWD, NULL);
}

enum firma_err
portal_http_post(struct portal_http *h, const char *url,
    const struct portal_form *form, size_t max, struct portal_reply *ret)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf body = { 0 };
	const uint64_t deadline = firma_after((uint64_t)h->timeout_s * FIRMA_S);
	struct curl_slist *headers = NULL;
	curl_mime *m = NULL;
	enum firma_err e;
	CURLcode r = CURLE_OK;
	int files = 0;

	for (size_t i = 0; i < form->n; i++)
		files |= form->at[i].filename != NULL;
	if ((e = files ? multipart(h->curl, form, &m)
		       : urlencoded(h->curl, form, &body)) != FIRMA_OK)
		return e;
	headers = curl_slist_append(NULL, "Accept: application/json");
	SET(CURLOPT_HTTPHEADER, headers);
	if (files)
		SET(CURLOPT_MIMEPOST, m);
	else {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE, (long)body.len);
		SET(CURLOPT_POSTFIELDS,
		    body.len == 0 ? "" : (const char *)body.at);
	}
	if (r == CURLE_OK && headers != NULL) {
		exchange(h, url, deadline, max, ret);
		follow(h, deadline, max, ret);
	} else
		e = FIRMA_ERR_NOMEM;
	clear(h);
	curl_mime_free(m);
	curl_slist_free_all(headers);
	return e;
}

enum firma_err
portal_http_post_octets(struct portal_http *h, const char *url,
    const struct portal_octets *o, size_t max, struct portal_reply *ret)
{
	const uint64_t deadline = firma_after((uint64_t)h->timeout_s * FIRMA_S);
	char type[HEADER_MAX], accept[HEADER_MAX];
	struct curl_slist *headers, *all;
	CURLcode r = CURLE_OK;

	(void)snprintf(type, sizeof(type), "Content-Type: %s", o->type);
	(void)snprintf(accept, sizeof(accept), "Accept: %s", o->accept);
	headers = curl_slist_append(NULL, type);
	all = headers != NULL ? curl_slist_append(headers, accept) : NULL;
	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_POSTFIELDSIZE, (long)o->body.len);
	SET(CURLOPT_POSTFIELDS, (const char *)o->body.at);
	SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	SET(CURLOPT_USERPWD, o->login);
	if (r == CURLE_OK && all != NULL)
		exchange(h, url, deadline, max, ret);
	clear(h);
	curl_slist_free_all(headers);
	return r == CURLE_OK && all != NULL ? FIRMA_OK : FIRMA_ERR_NOMEM;
}

enum firma_err
portal_http_session(struct portal_http *h, char ret[PORTAL_SESSION_MAX])
{
	struct curl_slist *all = NULL;
	enum firma_err r = FIRMA_OK;
	size_t out = 0;

	ret[0] = '\0';
	if (curl_easy_getinfo(h->curl, CURLINFO_COOKIELIST, &all) != CURLE_OK)
		return FIRMA_ERR_NOMEM;
	for (const struct curl_slist *c = all; c != NULL; c = c->next) {
		const size_t n = strlen(c->data);

		if (out + n + 2 > PORTAL_SESSION_MAX) {
			r = FIRMA_ERR_LIMIT;
			break;
		}
		memcpy(ret + out, c->data, n);
		out += n;
		ret[out++] = '\n';
	}
	ret[out] = '\0';
	if (r != FIRMA_OK)
		ret[0] = '\0';
	curl_slist_free_all(all);
	return r;
}

/* A cookie line for this host?  curl takes commands in the same place. */
static int
is_cookie(const struct portal_url *u, const char *line)
{
	char domain[PORTAL_NAME_MAX];
	size_t tabs = 0;

	if (strncmp(line, HTTPONLY, strlen(HTTPONLY)) == 0)
		line += strlen(HTTPONLY);
	else if (line[0] == '#')
		return 0;
	for (const char *p = line; *p != '\0'; p++)
		tabs += *p == '\t';
	(void)snprintf(
	    domain, sizeof(domain), "%.*s", (int)strcspn(line, "\t"), line);
	return tabs == COOKIE_TABS && portal_url_domain_matches(u, domain);
}

enum firma_err
portal_http_resume(struct portal_http *h, const char *session)
{
	char line[PORTAL_SESSION_MAX];

	while (*session != '\0') {
		const size_t n = strcspn(session, "\n");

		(void)snprintf(line, sizeof(line), "%.*s", (int)n, session);
		if (is_cookie(&h->at, line) &&
		    curl_easy_setopt(h->curl, CURLOPT_COOKIELIST, line) !=
			CURLE_OK)
			return FIRMA_ERR_NOMEM;
		session += n + (session[n] == '\n');
	}
	return FIRMA_OK;
}
