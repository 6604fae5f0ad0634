/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/portal/tsa.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/own.h"
#include "cli/portal/lang.h"
#include "cli/portal/site.h"

#define REQUEST_MAX ((size_t)4096)
#define QUERY       "application/timestamp-query"
#define REPLY       "application/timestamp-reply"

void
portal_tsa_done(struct portal_tsa *tsa)
{
	portal_http_free(tsa->http);
	explicit_bzero(tsa, sizeof(*tsa));
}

static void
open_authority(struct portal_tsa *tsa, const struct portal_request *q,
    struct portal_answer *a)
{
	FIRMA_OWN(portal_tsa_done) struct portal_tsa made = { 0 };
	const char *login = portal_site_text(q->endpoints, "login");
	const struct portal_site_words words = {
		_("the timeout is not 1 to 100 seconds"),
		_("one helper speaks to one authority")
	};

	if (portal_url_parse_whole(q->base, &made.at) != FIRMA_OK) {
		portal_site_usage(
		    a, _("it is no address of the form https://HOST/PATH"));
		return;
	}
	if (login[0] != '\0' && made.at.is_http && !made.at.is_local) {
		portal_site_usage(a, _("a password goes by https alone"));
		return;
	}
	if (strlen(login) >= sizeof(made.login)) {
		portal_site_usage(
		    a, _("the user's name and password are too long"));
		return;
	}
	(void)snprintf(made.login, sizeof(made.login), "%s", login);
	if (portal_site_open(&made.at, q->endpoints, &words, &made.http, a) !=
	    0)
		return;
	portal_tsa_done(tsa);
	*tsa = made;
	made.http = NULL;
	a->outcome = PORTAL_OK;
}

static void
no_answer(enum portal_reason why, struct portal_answer *a)
{
	portal_answer_fail(a, PORTAL_UNREACHABLE, why,
	    why == PORTAL_REASON_TIMEOUT ? _("no answer in time")
		: why == PORTAL_REASON_TLS
		? _("the server did not prove who it is")
		: why == PORTAL_REASON_REDIRECT
		? _("it sends us to another address; not followed")
		: why == PORTAL_REASON_TOO_BIG
		? _("the answer is too large")
		: _("no connection, or it was lost"));
}

/* Its number says more than a page of HTML. */
static void
status(const struct portal_reply *r, struct portal_answer *a)
{
	char text[128];

	(void)snprintf(text, sizeof(text),
	    r->status == 401 || r->status == 403
		? _("HTTP %ld: it wants a user and a password, or others")
		: _("HTTP %ld"),
	    r->status);
	if (r->status >= 500 || r->status == 408 || r->status == 429)
		portal_answer_fail(
		    a, PORTAL_UNREACHABLE, PORTAL_REASON_SERVER, text);
	else
		portal_answer_fail(
		    a, PORTAL_REJECTED, PORTAL_REASON_NONE, text);
}

void
portal_tsa_read(const struct portal_reply *r, struct portal_answer *a)
{
	if (r->failed != PORTAL_REASON_NONE)
		no_answer(r->failed, a);
	else if (r->status >= 400)
		status(r, a);
	else if (r->status >= 300)
		no_answer(PORTAL_REASON_REDIRECT, a);
	else if (strcasecmp(r->type, REPLY) != 0 || r->body.len == 0)
		portal_answer_fail(a, PORTAL_UNREACHABLE, PORTAL_REASON_ANSWER,
		    _("the answer is no time stamp (application/timestamp-reply)"));
	else {
		a->outcome = PORTAL_OK;
		(void)snprintf(a->file, sizeof(a->file), "response.tsr");
	}
}

static void
stamp(struct portal_tsa *tsa, int dir, const struct portal_request *q,
    struct portal_answer *a)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf body = { 0 };
	FIRMA_OWN(portal_reply_done) struct portal_reply reply = { 0 };
	struct portal_octets octets = { QUERY, REPLY,
		tsa->login[0] != '\0' ? tsa->login : NULL, { 0 } };

	if (portal_site_read(dir, q, REQUEST_MAX, &body, a) != 0)
		return;
	octets.body = firma_buf_view(&body);
	if (portal_http_post_octets(tsa->http, tsa->at.base, &octets,
		PORTAL_STAMP_MAX, &reply) != FIRMA_OK) {
		portal_site_failure(a, FIRMA_ERR_NOMEM);
		return;
	}
	portal_tsa_read(&reply, a);
	portal_site_keep(dir, &reply, _("the answer could not be saved"), a);
}

void
portal_tsa_answer(
    void *cls, int dir, const struct portal_request *q, struct portal_answer *a)
{
	if (q->op == PORTAL_OP_OPEN)
		open_authority(cls, q, a);
	else if (q->op == PORTAL_OP_STAMP)
		stamp(cls, dir, q, a);
	else
		portal_site_usage(
		    a, _("this helper does not know the operation"));
}
