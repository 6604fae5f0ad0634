/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/stamp.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/own.h"
#include "agent/pki/cms.h"
#include "agent/wire/values.h"
#include "cli/renew_portal.h"

#define REQUEST      "request.tsq" /* in the helper's folder */
#define PASSWORD_MAX ((size_t)256) /* octets of its file */
#define LOGIN_MAX    256           /* octets, with the terminating zero */

/* The first line of the file. */
static enum firma_err
read_login(const char *path, char ret[LOGIN_MAX], struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	const uint8_t *end, *colon;
	enum firma_err r;
	size_t n;

	ret[0] = '\0';
	if (path[0] == '\0')
		return FIRMA_OK;
	if ((r = file_read(path, PASSWORD_MAX, &text, cause)) != FIRMA_OK)
		return r;
	end = text.len != 0 ? memchr(text.at, '\n', text.len) : NULL;
	n = end != NULL ? (size_t)(end - text.at) : text.len;
	if (n != 0 && text.at[n - 1] == '\r')
		n--;
	colon = n != 0 ? memchr(text.at, ':', n) : NULL;
	if (colon == NULL || n >= LOGIN_MAX || memchr(text.at, '\0', n) != NULL)
		return firma_fail(cause, FIRMA_ERR_CONFIG, FIRMA_CAUSE_NONE, 0,
		    "%s: its first line is not USER:PASSWORD", path);
	memcpy(ret, text.at, n);
	ret[n] = '\0';
	return FIRMA_OK;
}

/* What the helper is told at `open`, beside the address. */
static enum firma_err
endpoints(const struct stamp_config *c, struct firma_buf *ret,
    struct firma_cause *cause)
{
	char login[LOGIN_MAX], timeout[16];
	json_t *j;
	char *text;
	enum firma_err r;

	if ((r = read_login(c->password_file, login, cause)) != FIRMA_OK)
		return r;
	(void)snprintf(
	    timeout, sizeof(timeout), "%u", c->timeout != 0 ? c->timeout : 30);
	j = json_pack("{ss ss}", "timeout", timeout, "login", login);
	explicit_bzero(login, sizeof(login));
	text = json_dumps(j, JSON_COMPACT);
	json_decref(j);
	if (text == NULL)
		/* Not UTF-8, which JSON is. */
		return firma_fail(cause, FIRMA_ERR_CONFIG, FIRMA_CAUSE_NONE, 0,
		    "%s: it is not UTF-8", c->password_file);
	r = firma_buf_put(ret, firma_bytes_of(text, strlen(text) + 1));
	explicit_bzero(text, strlen(text));
	free(text);
	return r;
}

/* The helper's outcome as an error, with its words as the cause. */
static enum firma_err
outcome(const struct portal_reply *reply, struct firma_cause *cause)
{
	static const char *const nonsense[] = { "\"answer\"", "\"redirect\"",
		"\"too-big\"" };
	enum firma_err e = FIRMA_ERR_TSA_REFUSED;

	if (reply->outcome == FIRMA_OUTCOME_OK && reply->has_file)
		return FIRMA_OK;
	if (reply->outcome == FIRMA_OUTCOME_UNREACHABLE) {
		e = FIRMA_ERR_TSA_UNREACHABLE;
		for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]);
		     i++)
			if (strstr(reply->fields, nonsense[i]) != NULL)
				e = FIRMA_ERR_TSA_ANSWER;
	} else if (reply->outcome != FIRMA_OUTCOME_REJECTED) {
		e = FIRMA_ERR_TSA_ANSWER;
	}
	return firma_fail(cause, e, FIRMA_CAUSE_NONE, 0, "%.150s", reply->text);
}

static enum firma_err
exchange(const struct stamp_config *c, struct firma_bytes request,
    struct firma_buf *ret_response, struct firma_cause *cause)
{
	FIRMA_OWN(portal_helper_done) struct portal_helper h = PORTAL_HELPER;
	FIRMA_OWN(portal_reply_done) struct portal_reply reply = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf told = { 0 };
	enum firma_err r;

	if ((r = endpoints(c, &told, cause)) != FIRMA_OK)
		return r;
	const struct portal_open o = { .helper = "tsa",
		.base = c->url,
		.endpoints = (const char *)told.at,
		.session = "",
		.lang = firma_lang_code() };

	r = portal_start(&h, &o, cause);
	if (r == FIRMA_ERR_PORTAL_REJECTED)
		r = FIRMA_ERR_CONFIG;
	if (r != FIRMA_OK ||
	    (r = portal_put(&h, REQUEST, request, cause)) != FIRMA_OK)
		return r;
	r = portal_ask(&h, json_pack("{ss ss}", "op", "stamp", "file", REQUEST),
	    &reply, cause);
	if (r == FIRMA_ERR_PORTAL_ANSWER)
		r = FIRMA_ERR_TSA_ANSWER;
	if (r != FIRMA_OK || (r = outcome(&reply, cause)) != FIRMA_OK)
		return r;
	return firma_buf_put(ret_response, firma_buf_view(&reply.file));
}

enum firma_err
stamp_ask(const struct stamp_config *c, const uint8_t sha256[FIRMA_SHA256],
    struct firma_buf *ret_token, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf request = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf response = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf token = { 0 };
	FIRMA_OWN(firma_timestamp_done) struct firma_timestamp stamp = { 0 };
	uint8_t nonce[FIRMA_TIMESTAMP_NONCE];
	const struct firma_timestamp_expect expect = {
		.sha256 = sha256, .nonce = nonce, .ca = firma_buf_view(&c->ca)
	};
	enum firma_err r;

	if ((r = firma_timestamp_request(sha256, nonce, &request)) != FIRMA_OK)
		return r;
	out_progress(_("asking the time-stamping authority"));
	r = exchange(c, firma_buf_view(&request), &response, cause);
	out_progress_end();
	if (r != FIRMA_OK ||
	    (r = firma_timestamp_open(
		 firma_buf_view(&response), &token, cause)) != FIRMA_OK)
		return r;
	r = firma_timestamp_verify(
	    firma_buf_view(&token), &expect, &stamp, cause);
	if (r == FIRMA_ERR_SHAPE)
		r = FIRMA_ERR_TSA_ANSWER;
	if (r != FIRMA_OK)
		return r;
	return firma_buf_put(ret_token, firma_buf_view(&token));
}

enum firma_err
stamp_signature(const struct stamp_config *c, struct firma_bytes cms,
    struct firma_buf *ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf token = { 0 };
	uint8_t sha256[FIRMA_SHA256];
	enum firma_err r;

	if ((r = firma_cms_signature_sha256(cms, sha256, cause)) != FIRMA_OK ||
	    (r = stamp_ask(c, sha256, &token, cause)) != FIRMA_OK)
		return r;
	return firma_cms_stamp(cms, firma_buf_view(&token), ret, cause);
}
