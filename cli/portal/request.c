/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/portal/request.h"

#include <stdio.h>
#include <string.h>

#define SHA256_HEX         64
#define ENDPOINTS_MAX      64
#define ENDPOINT_VALUE_MAX 1024 /* octets */

int
portal_file_plain(const char *name)
{
	const size_t n = strlen(name);

	return n > 0 && n < PORTAL_FILE_MAX && name[0] != '.' &&
	    strspn(name,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789._-") == n;
}

/* Length of the UTF-8 character at p, 0 when it is none (RFC 3629). */
static size_t
utf8_length(const uint8_t *p, size_t left)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const size_t n = p[0] < 0x80 ? 1
	    : (p[0] & 0xe0) == 0xc0  ? 2
	    : (p[0] & 0xf0) == 0xe0  ? 3
	    : (p[0] & 0xf8) == 0xf0  ? 4
				     : 0;
	uint32_t c = n < 2 ? p[0] : p[0] & (0xffU >> (n + 1));

	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (n > 1 &&
	    (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)))
		return 0;
	/* C0, DEL and C1: what a terminal would obey. */
	return c < 0x20 || (c >= 0x7f && c < 0xa0) ? 0 : n;
}

int
portal_text_clean(struct firma_bytes v)
{
	size_t n;

	for (size_t i = 0; i < v.len; i += n)
		if ((n = utf8_length(v.at + i, v.len - i)) == 0)
			return 0;
	return 1;
}

/* Copy a string member; absent is "".  The session alone may hold lines. */
static enum firma_err
text(const json_t *o, const char *member, char *ret, size_t len,
    struct firma_cause *cause)
{
	const json_t *v = json_object_get(o, member);
	const char *s = json_string_value(v);
	size_t n;

	ret[0] = '\0';
	if (v == NULL)
		return FIRMA_OK;
	if (s == NULL)
		return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		    "\"%s\" is not a string", member);
	n = json_string_length(v);
	if (n >= len || strlen(s) != n ||
	    (strcmp(member, "session") != 0 &&
		!portal_text_clean(firma_bytes_of(s, n))))
		return firma_fail(cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
		    "\"%s\" is too long or has control characters", member);
	(void)snprintf(ret, len, "%s", s);
	return FIRMA_OK;
}

static enum firma_err
texts(const json_t *o, struct portal_request *q, struct firma_cause *cause)
{
	const struct {
		const char *member;
		char *at;
		size_t len;
	} all[] = {
		{ "base", q->base, sizeof(q->base) },
		{ "session", q->session, sizeof(q->session) },
		{ "lang", q->lang, sizeof(q->lang) },
		{ "letter", q->letter, sizeof(q->letter) },
		{ "role", q->role, sizeof(q->role) },
		{ "file", q->file, sizeof(q->file) },
		{ "certificate_name", q->certificate_name,
		    sizeof(q->certificate_name) },
		{ "key_name", q->key_name, sizeof(q->key_name) },
		{ "email", q->email, sizeof(q->email) },
		{ "link", q->link, sizeof(q->link) },
		{ json_object_get(o, "request_sha256") != NULL
			? "request_sha256"
			: "signature_sha256",
		    q->sha256, sizeof(q->sha256) },
	};
	enum firma_err r;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if ((r = text(o, all[i].member, all[i].at, all[i].len,
			 cause)) != FIRMA_OK)
			return r;
	return FIRMA_OK;
}

static enum firma_err
endpoints(const json_t *o, struct portal_request *q, struct firma_cause *cause)
{
	json_t *e = json_object_get(o, "endpoints");
	const char *name;
	json_t *v;

	if (e == NULL)
		return FIRMA_OK;
	if (!json_is_object(e) || json_object_size(e) > ENDPOINTS_MAX)
		return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		    "\"endpoints\" is not an object of at most %d members",
		    ENDPOINTS_MAX);
	json_object_foreach(e, name, v)
	{
		const char *s = json_string_value(v);
		const size_t n = json_string_length(v);

		if (s == NULL || n > ENDPOINT_VALUE_MAX ||
		    !portal_text_clean(firma_bytes_of(s, n)))
			return firma_fail(cause, FIRMA_ERR_VALUE,
			    FIRMA_CAUSE_NONE, 0, "endpoint \"%s\"", name);
	}
	q->endpoints = json_incref(e);
	return FIRMA_OK;
}

static enum firma_err
missing(struct firma_cause *cause, const char *what)
{
	return firma_fail(cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
	    "\"%s\" is missing or not allowed", what);
}

static enum firma_err
check_args(const struct portal_request *q, struct firma_cause *cause)
{
	const unsigned int args = portal_op_args(q->op);

	if ((args & PORTAL_ARG_LETTER) != 0 &&
	    strcmp(q->letter, "terms") != 0 &&
	    strcmp(q->letter, "conditions") != 0)
		return missing(cause, "letter");
	if ((args & PORTAL_ARG_ROLE) != 0 && strcmp(q->role, "old") != 0 &&
	    strcmp(q->role, "new") != 0)
		return missing(cause, "role");
	/* Also where nobody looks at it: a name that is here is a plain one. */
	if (((args & PORTAL_ARG_FILE) != 0 || q->file[0] != '\0') &&
	    !portal_file_plain(q->file))
		return missing(cause, "file");
	if ((args & PORTAL_ARG_SHA256) != 0 &&
	    (strlen(q->sha256) != SHA256_HEX ||
		strspn(q->sha256, "0123456789abcdef") != SHA256_HEX))
		return missing(cause, "signature_sha256 or request_sha256");
	if ((args & PORTAL_ARG_EMAIL) != 0 && q->email[0] == '\0')
		return missing(cause, "email");
	if ((args & PORTAL_ARG_NAMES) != 0 &&
	    (q->certificate_name[0] == '\0' || q->key_name[0] == '\0'))
		return missing(cause, "certificate_name or key_name");
	if ((args & PORTAL_ARG_SITE) != 0 && q->base[0] == '\0')
		return missing(cause, "base");
	return FIRMA_OK;
}

enum firma_err
portal_request_parse(struct firma_bytes line, struct portal_request *ret,
    struct firma_cause *cause)
{
	struct portal_request q = { 0 };
	const char *op;
	json_t *o;
	enum firma_err r;

	ret->id = 0;
	o = json_loadb(
	    (const char *)line.at, line.len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(o) || !json_is_integer(json_object_get(o, "id"))) {
		json_decref(o);
		return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		    "not a JSON object with an integer \"id\"");
	}
	ret->id = q.id = json_integer_value(json_object_get(o, "id"));
	op = json_string_value(json_object_get(o, "op"));
	if (op == NULL || portal_op_of(op) < 0)
		r = missing(cause, "op");
	else {
		q.op = (enum portal_op)portal_op_of(op);
		if ((r = texts(o, &q, cause)) == FIRMA_OK &&
		    (r = check_args(&q, cause)) == FIRMA_OK)
			r = endpoints(o, &q, cause);
	}
	json_decref(o);
	if (r == FIRMA_OK)
		*ret = q;
	return r;
}

void
portal_request_done(struct portal_request *r)
{
	json_decref(r->endpoints);
	r->endpoints = NULL;
}
