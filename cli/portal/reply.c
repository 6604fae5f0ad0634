/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/portal/reply.h"

#include <stdio.h>
#include <string.h>

#include "cli/portal/lang.h"

#define PAGE_OCTETS        ((size_t)256 * 1024)
#define LETTER_OCTETS      ((size_t)16 * 1024 * 1024)
#define CERTIFICATE_OCTETS ((size_t)64 * 1024)

static const struct {
	const char *endpoint, *page;
} pages[] = {
	{ "page-expired", "expired" },
	{ "page-conditions", "conditions" },
	{ "page-home", "home" },
};

void
portal_reply_done(struct portal_reply *r)
{
	firma_buf_done(&r->body);
}

size_t
portal_reply_max(enum portal_op op)
{
	return op == PORTAL_OP_LETTER     ? LETTER_OCTETS
	    : op == PORTAL_OP_CERTIFICATE ? CERTIFICATE_OCTETS
	    : op == PORTAL_OP_CHALLENGE   ? PORTAL_CHALLENGE_MAX
					  : PAGE_OCTETS;
}

static void
nonsense(struct portal_answer *a)
{
	portal_answer_fail(a, PORTAL_UNREACHABLE, PORTAL_REASON_ANSWER,
	    _("the portal's answer makes no sense"));
}

static void
no_answer(enum portal_reason why, struct portal_answer *a)
{
	portal_answer_fail(a, PORTAL_UNREACHABLE, why,
	    why == PORTAL_REASON_TIMEOUT
		? _("the portal did not answer in time")
		: why == PORTAL_REASON_TLS
		? _("the server could not prove that it is the portal")
		: why == PORTAL_REASON_REDIRECT
		? _("the portal sends us to another place; not followed")
		: why == PORTAL_REASON_TOO_BIG
		? _("the portal's answer is too large")
		: _("the portal cannot be reached or broke the connection"));
}

/* The refusal's own words, when they are text; else the number. */
static void
refused(const struct portal_reply *r, struct portal_answer *a)
{
	char number[64];

	a->outcome = PORTAL_REJECTED;
	if (r->status == 401)
		portal_answer_fail(
		    a, PORTAL_REJECTED, PORTAL_REASON_SESSION, "");
	if (strcmp(r->type, "text/plain") == 0 && r->body.len > 0)
		portal_answer_text(a, firma_buf_view(&r->body));
	else {
		(void)snprintf(number, sizeof(number), "HTTP %ld", r->status);
		portal_answer_text(a, firma_bytes_of(number, strlen(number)));
	}
}

static void
challenge(const struct portal_reply *r, struct portal_answer *a)
{
	if (strncmp(r->type, "text/", 5) != 0 || r->body.len == 0 ||
	    r->body.len > PORTAL_CHALLENGE_MAX ||
	    !portal_text_clean(firma_buf_view(&r->body))) {
		nonsense(a);
		return;
	}
	(void)snprintf(a->file, sizeof(a->file), "challenge.txt");
}

/* A page is known by the one mark of the profile that stands in it. */
static void
page(const struct portal_reply *r, const json_t *endpoints,
    struct portal_answer *a)
{
	const char *found = NULL;

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		const char *mark = json_string_value(
		    json_object_get(endpoints, pages[i].endpoint));

		if (mark == NULL || mark[0] == '\0' || r->body.len == 0 ||
		    memmem(r->body.at, r->body.len, mark, strlen(mark)) == NULL)
			continue;
		if (found != NULL) {
			nonsense(a);
			return;
		}
		found = pages[i].page;
	}
	if (found == NULL || portal_answer_field(a, "page", found) != FIRMA_OK)
		nonsense(a);
}

static int
take_fields(const json_t *o, struct portal_answer *a)
{
	json_t *fields = json_object_get(o, "fields");
	const char *name;
	json_t *v;

	if (!json_is_object(fields) ||
	    json_object_size(fields) > PORTAL_FIELDS_MAX)
		return 0;
	json_object_foreach(fields, name, v)
	{
		const char *s = json_string_value(v);
		const size_t n = json_string_length(v);

		if (s == NULL || strlen(s) != n || strlen(name) > 32 ||
		    !portal_text_clean(firma_bytes_of(name, strlen(name))) ||
		    !portal_text_clean(firma_bytes_of(s, n)) ||
		    portal_answer_field(a, name, s) != FIRMA_OK)
			return 0;
	}
	return 1;
}

static int
take_json(
    const json_t *o, const struct portal_request *q, struct portal_answer *a)
{
	const char *op = json_string_value(json_object_get(o, "op"));
	const char *outcome = json_string_value(json_object_get(o, "outcome"));
	const char *text = json_string_value(json_object_get(o, "text"));
	const json_t *again = json_object_get(o, "retry_after");
	int known;

	/* The op is repeated by the portal: a stale answer shows itself. */
	if (op == NULL || strcmp(op, portal_op_name(q->op)) != 0 ||
	    outcome == NULL || (known = portal_outcome_of(outcome)) < 0 ||
	    text == NULL || !json_is_integer(again) ||
	    json_integer_value(again) < 0 ||
	    json_integer_value(again) > PORTAL_RETRY_MAX)
		return 0;
	a->outcome = (enum portal_outcome)known;
	if (!portal_op_may_answer(q->op, a->outcome) || !take_fields(o, a))
		return 0;
	a->retry_after = (unsigned int)json_integer_value(again);
	portal_answer_text(a, firma_bytes_of(text, strlen(text)));
	return 1;
}

static void
json_answer(const struct portal_reply *r, const struct portal_request *q,
    int is_document, struct portal_answer *a)
{
	json_t *o = r->body.len == 0
	    ? NULL
	    : json_loadb((const char *)r->body.at, r->body.len,
		  JSON_REJECT_DUPLICATES, NULL);

	/* A document's good outcomes come as a document, never as words. */
	if (strcmp(r->type, "application/json") != 0 || !json_is_object(o) ||
	    !take_json(o, q, a) ||
	    (is_document &&
		(a->outcome == PORTAL_OK || a->outcome == PORTAL_ISSUED)))
		nonsense(a);
	json_decref(o);
}

static void
document(const struct portal_reply *r, const struct portal_request *q,
    const char *type, const char *name, enum portal_outcome good,
    struct portal_answer *a)
{
	if (strcmp(r->type, type) != 0) {
		json_answer(r, q, 1, a);
		return;
	}
	if (r->body.len == 0) {
		nonsense(a);
		return;
	}
	a->outcome = good;
	(void)snprintf(a->file, sizeof(a->file), "%s", name);
}

void
portal_reply_read(const struct portal_reply *r, const struct portal_request *q,
    const json_t *endpoints, struct portal_answer *a)
{
	a->outcome = PORTAL_OK;
	if (r->failed != PORTAL_REASON_NONE)
		no_answer(r->failed, a);
	else if (r->status >= 500 || r->status == 408 || r->status == 429)
		portal_answer_fail(a, PORTAL_UNREACHABLE, PORTAL_REASON_SERVER,
		    _("the portal reports a failure"));
	else if (r->status >= 400)
		refused(r, a);
	else if (r->status >= 300)
		no_answer(PORTAL_REASON_REDIRECT, a);
	else if (r->status < 200 || r->body.len > portal_reply_max(q->op))
		nonsense(a);
	else if (q->op == PORTAL_OP_CHALLENGE)
		challenge(r, a);
	else if (q->op == PORTAL_OP_ENTER)
		page(r, endpoints, a);
	else if (q->op == PORTAL_OP_LETTER)
		document(r, q, "application/pdf",
		    strcmp(q->letter, "terms") == 0 ? "terms.pdf"
						    : "conditions.pdf",
		    PORTAL_OK, a);
	else if (q->op == PORTAL_OP_CERTIFICATE)
		document(r, q, "application/pkix-cert", "certificate.cer",
		    PORTAL_ISSUED, a);
	else
		json_answer(r, q, 0, a);
}
