/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/renew_letter.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/daemon/handler.h"

#define CONSENT_MAX    2048 /* octets of its JSON, as in letter_item */

#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

bool
firma_letter_step(const struct firma_profile_step *s)
{
	return s->what == FIRMA_DO_SIGN && s->letter[0] != '\0';
}

/* The document that holds the consent; order.c saw to its length. */
static void
consent_name(
    const struct firma_profile_step *s, char ret[FIRMA_STORE_DOCUMENT_NAME])
{
	(void)snprintf(ret, FIRMA_STORE_DOCUMENT_NAME, "%.24s%s", s->saves,
	    FIRMA_PROFILE_CONSENT);
}

enum firma_err
firma_letter_consented(const struct firma_task *q,
    const struct firma_renewal *r, struct firma_cause *cause)
{
	const struct firma_profile_step *s = firma_renewal_step(r);
	char name[FIRMA_STORE_DOCUMENT_NAME];
	uint8_t sha256[32];

	consent_name(s, name);
	/* What was consented to is the letter that is stored: it is final. */
	if (!firma_letter_step(s) ||
	    firma_renewal_sha256(q->agent, r->row.id, name, sha256))
		return FIRMA_OK;
	return firma_fail(cause, FIRMA_ERR_LETTER_CONSENT, FIRMA_CAUSE_NONE, 0,
	    "step %s, letter %s", s->id, s->letter);
}

/* ---- what there is ---- */

static void
answer_letter(struct firma_task *q, const struct firma_renewal *r,
    const struct firma_profile_step *s)
{
	const struct firma_profile_letter *letter =
	    firma_profile_letter(r->site->profile, s->letter);
	FIRMA_OWN(firma_buf_done) struct firma_buf consent = { 0 };
	char name[FIRMA_STORE_DOCUMENT_NAME];
	struct firma_cause cause;

	if (letter == NULL)
		return;
	consent_name(s, name);
	/* None was given: an empty text. */
	if (firma_store_document(q->agent->store, r->row.id, name, &consent,
		&cause) != FIRMA_OK ||
	    consent.len > CONSENT_MAX)
		consent.len = 0;
	firma_task_answer(q, FIRMA_MSG_letter_item,
	    &(struct firma_msg_letter_item){ .renewal = r->row.id,
		.step = firma_str_of(s->id),
		.letter = firma_str_of(s->letter),
		.heading = firma_str_of(letter->heading),
		.must = letter->must,
		.allow_rfc = firma_str_of(letter->allow_rfc),
		.consent = { (const char *)consent.at, consent.len } });
}

void
firma_on_renew_letters(struct firma_task *q)
{
	const struct firma_msg_renew_letters *m = (const void *)&q->msg;
	const struct firma_profile *p;
	struct firma_renewal *r;
	uint64_t n = 0;

	r = firma_renewal_asked_step(q, m->renewal, FIRMA_ASK_RENEW_READ);
	if (r == NULL)
		return;
	p = r->site->profile;
	for (size_t i = 0; i < p->n_steps; i++)
		if (firma_letter_step(&p->steps[i])) {
			answer_letter(q, r, &p->steps[i]);
			n++;
		}
	firma_task_done(q, n);
}

/* ---- consenting ---- */

/* The renewal stands before signing this very letter. */
FIRMA_CHECKED static enum firma_err
check(const struct firma_task *q, const struct firma_renewal *r,
    const struct firma_msg_renew_consent *m, const char **ret_rule,
    struct firma_cause *cause)
{
	const struct firma_profile_step *s = firma_renewal_step(r);
	uint8_t sha256[32];

	*ret_rule = "step-order";
	if (r->row.status != FIRMA_RENEWAL_OPEN ||
	    !firma_str_is(m->step, s->id) || !firma_letter_step(s))
		return firma_fail(cause, FIRMA_ERR_WRONG_STEP, FIRMA_CAUSE_NONE,
		    0, "it is at %s", s->id);
	*ret_rule = "one-operator-at-a-time";
	if (firma_renewal_is_taken(q, r))
		return firma_fail(cause, FIRMA_ERR_STATE, FIRMA_CAUSE_NONE, 0,
		    "step %s", s->id);
	*ret_rule = "served-letter-only";
	if (!firma_renewal_sha256(q->agent, r->row.id, s->signs, sha256) ||
	    m->sha256.len != sizeof(sha256) ||
	    memcmp(m->sha256.at, sha256, sizeof(sha256)) != 0)
		return firma_fail(cause, FIRMA_ERR_LETTER_CHANGED,
		    FIRMA_CAUSE_NONE, 0, "letter %s", s->letter);
	*ret_rule = "";
	if (strcmp(firma_consent_name(m->how), "?") == 0)
		return firma_fail(cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
		    "how %u", m->how);
	return FIRMA_OK;
}

/* Who, when, how, to what: to be read by a stranger as well. */
FIRMA_CHECKED static enum firma_err
write_down(struct firma_change *c, const struct firma_msg_renew_consent *m,
    const struct firma_ledger_entry *e, char ret[CONSENT_MAX + 1])
{
	const struct firma_profile_step *s = firma_renewal_step(c->renewal);
	char hex[65];
	json_t *j;
	size_t n;

	firma_hex(m->sha256, hex);
	j = json_pack("{ss ss ss ss ss% ss% ss sI sI}", "step", s->id, "letter",
	    s->letter, "sha256", hex, "how", firma_consent_name(m->how),
	    "title", m->title.at, (size_t)m->title.len, "odd", m->odd.at,
	    (size_t)m->odd.len, "user", e->user, "uid", (json_int_t)e->uid,
	    "time", (json_int_t)(firma_wall_ms() / 1000));
	n = json_dumpb(j, ret, CONSENT_MAX, JSON_COMPACT);
	json_decref(j);
	if (n == 0 || n > CONSENT_MAX)
		return FIRMA_ERR_LIMIT;
	ret[n] = '\0';
	return FIRMA_OK;
}

void
firma_on_renew_consent(struct firma_task *q)
{
	const struct firma_msg_renew_consent *m = (const void *)&q->msg;
	char text[CONSENT_MAX + 1], name[FIRMA_STORE_DOCUMENT_NAME];
	struct firma_cause cause = { 0 };
	struct firma_ledger_entry entry;
	const char *rule = "";
	struct firma_renewal *r;
	struct firma_change *c;
	enum firma_err e;

	r = firma_renewal_asked_step(q, m->renewal, FIRMA_ASK_RENEW);
	if (r == NULL)
		return;
	if ((e = check(q, r, m, &rule, &cause)) != FIRMA_OK) {
		firma_task_fail(q, e, rule, &cause);
		return;
	}
	if ((c = firma_change_new(q, r)) == NULL)
		return;
	firma_change_entry(
	    c, "letter-consent", NULL, firma_renewal_step(r)->letter, &entry);
	entry.has_digest = true;
	memcpy(entry.digest, m->sha256.at, sizeof(entry.digest));
	(void)snprintf(entry.note, sizeof(entry.note), "%s%s%.*s",
	    firma_consent_name(m->how), m->odd.len > 0 ? ", odd: " : "",
	    (int)m->odd.len, m->odd.len > 0 ? m->odd.at : "");
	c->r = write_down(c, m, &entry, text);
	if (c->r == FIRMA_OK) {
		consent_name(firma_renewal_step(r), name);
		firma_change_document(
		    c, name, firma_bytes_of(text, strlen(text)), true);
	}
	if (c->r == FIRMA_OK)
		c->r = firma_txn_ledger(c->txn, &entry);
	if (c->r != FIRMA_OK)
		firma_change_fail(c, c->r, "", &c->cause);
	else
		firma_change_commit(c);
}
