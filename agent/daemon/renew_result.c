/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a portal helper answered: check it, keep it, move on.
 */
#include <stdio.h>
#include <string.h>

#include "agent/base/memfd.h"
#include "agent/daemon/fields.h"
#include "agent/daemon/handler.h"
#include "agent/daemon/log.h"
#include "agent/daemon/reentry.h"
#include "agent/daemon/renewal.h"
#include "agent/pki/text.h"
#include "agent/renewal/check.h"

#define CHALLENGE_MAX \
	((size_t)64 * 1024) /* octets of what IDSE gives to sign */

#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

/* Lines of text that can be shown. */
static bool
is_text(struct firma_bytes v)
{
	while (v.len != 0) {
		size_t n = 0;

		while (n < v.len && memchr("\r\n\t", v.at[n], 3) == NULL)
			n++;
		if (!firma_text_is_utf8(firma_bytes_of(v.at, n)) ||
		    !firma_text_is_clean(firma_bytes_of(v.at, n)))
			return false;
		n += n < v.len;
		v = firma_bytes_of(v.at + n, v.len - n);
	}
	return true;
}

/*
 * It is signed without being shown to anybody, so that it may only be text: no
 * letter in its place, and no other document.
 */
FIRMA_CHECKED static enum firma_err
check_challenge(const struct firma_profile_step *s, struct firma_bytes v,
    struct firma_cause *cause)
{
	if (v.len == 0 || v.len > CHALLENGE_MAX)
		return firma_fail(cause, FIRMA_ERR_PORTAL_ANSWER,
		    FIRMA_CAUSE_NONE, 0, "%s: %zu octets", s->id, v.len);
	if (!is_text(v) || (v.len > 4 && memcmp(v.at, "%PDF", 4) == 0))
		return firma_fail(cause, FIRMA_ERR_PORTAL_ANSWER,
		    FIRMA_CAUSE_NONE, 0,
		    "%s: what is to be signed to enter is no text", s->id);
	return FIRMA_OK;
}

/* A letter, by what the step says; else a certificate or a challenge. */
FIRMA_CHECKED static enum firma_err
check_document(const struct firma_task *q, const struct firma_renewal *r,
    struct firma_bytes v, struct firma_cause *cause)
{
	const struct firma_profile_step *s = firma_renewal_step(r);
	struct firma_certificate *c = NULL;
	struct firma_bytes served = { NULL, 0 };
	uint8_t sha256[32];
	enum firma_err e;

	switch (s->op) {
	case FIRMA_OP_LETTER:
		if (s->same[0] != '\0' &&
		    firma_renewal_sha256(q->agent, r->row.id, s->same, sha256))
			served = firma_bytes_of(sha256, sizeof(sha256));
		return firma_renewal_check_letter(v, served, cause);
	case FIRMA_OP_CERTIFICATE:
		e = firma_certificate_parse(v, &c, cause);
		firma_certificate_free(c);
		return e;
	default:
		return check_challenge(s, v, cause);
	}
}

/*
 * The document that the step saves (or compares), if the outcome has one.
 * ret_entry: its name and digest, of one that is saved.
 */
FIRMA_CHECKED static enum firma_err
take_document(struct firma_change *c, struct firma_ledger_entry *ret_entry,
    struct firma_cause *cause)
{
	const struct firma_profile_step *s = firma_renewal_step(c->renewal);
	struct firma_bytes v = { NULL, 0 };
	enum firma_err e;

	if (s->saves[0] == '\0' && s->same[0] == '\0')
		return FIRMA_OK;
	if (c->q->fd < 0)
		return firma_fail(cause, FIRMA_ERR_PORTAL_ANSWER,
		    FIRMA_CAUSE_NONE, 0, "%s: no document came", s->id);
	e = firma_memfd_map(c->q->fd, FIRMA_LETTER_MAX, &v, cause);
	if (e == FIRMA_ERR_LIMIT && s->op == FIRMA_OP_LETTER)
		e = FIRMA_ERR_LETTER_SIZE;
	if (e == FIRMA_OK)
		e = check_document(c->q, c->renewal, v, cause);
	/*
	 * A challenge is new each time, and a certificate is nobody's before
	 * it is accepted; everything else is final.
	 */
	if (e == FIRMA_OK && s->saves[0] != '\0') {
		firma_change_document(c, s->saves, v,
		    s->op == FIRMA_OP_CHALLENGE ||
			s->op == FIRMA_OP_CERTIFICATE);
		/* So that the ledger has what came, signed later or not. */
		COPY(ret_entry->name, s->saves);
		e = firma_ledger_hash(v, ret_entry->digest);
		ret_entry->has_digest = e == FIRMA_OK;
	}
	firma_memfd_unmap(&v);
	return e;
}

/*
 * Good news is believed only when it fits: what the step expects, the document,
 * whose name and digest come in ret_entry.
 * The event that follows, and in c->r what the client is told.
 */
static enum firma_step_event
judge(struct firma_change *c, const struct firma_msg_renew_result *m,
    enum firma_step_event event, struct firma_ledger_entry *ret_entry)
{
	const struct firma_profile_step *s = firma_renewal_step(c->renewal);
	enum firma_err e;

	if (event != FIRMA_EVENT_RESULT_OK &&
	    event != FIRMA_EVENT_RESULT_ISSUED)
		return event;
	e = firma_renewal_expects(
	    s, firma_bytes_of(m->fields.at, m->fields.len), &c->cause);
	/* Only the step's own operation brings documents, not the question. */
	if (e == FIRMA_OK && firma_str_is(m->op, firma_op_name(s->op)))
		e = take_document(c, ret_entry, &c->cause);
	if (e == FIRMA_OK)
		return event;
	COPY(c->row.why, firma_err_text(e));
	if (c->cause.what[0] != '\0')
		(void)snprintf(c->row.why, sizeof(c->row.why), "%s (%s)",
		    firma_err_text(e), c->cause.what);
	c->r = e;
	if (e == FIRMA_ERR_PORTAL_ANSWER)
		return FIRMA_EVENT_FAILED;
	if (e == FIRMA_ERR_PORTAL_PERSON)
		return FIRMA_EVENT_RESULT_PERSON;
	return FIRMA_EVENT_RESULT_REJECTED;
}

/* A step is done: only those of an entry keep the count of entries. */
static void
arrived(struct firma_change *c)
{
	const enum firma_portal_op op = firma_renewal_step(c->renewal)->op;

	if (op != FIRMA_OP_CHALLENGE && op != FIRMA_OP_ENTER)
		c->renewal->n_reentries = 0;
	firma_reentry_end(c);
}

static void
copy_document(
    const struct firma_ledger_entry *came, struct firma_ledger_entry *ret)
{
	COPY(ret->name, came->name);
	ret->has_digest = came->has_digest;
	memcpy(ret->digest, came->digest, sizeof(ret->digest));
}

static void
conclude(struct firma_change *c, const struct firma_msg_renew_result *m,
    enum firma_step_event event, enum firma_step_state state)
{
	struct firma_renewal *r = c->renewal;
	const struct firma_profile_step *s = firma_renewal_step(r);
	struct firma_ledger_entry came = { 0 };
	const enum firma_step_event judged = judge(c, m, event, &came);
	const struct firma_step_move move =
	    firma_step_next(firma_step_class(s), state, judged);
	const enum firma_err told = c->r;
	struct firma_ledger_entry e;

	if (move.effect == FIRMA_EFFECT_REFUSE) {
		firma_change_fail(c, FIRMA_ERR_STATE, "step-order",
		    &(struct firma_cause){ .what = "no such answer now" });
		return;
	}
	if (told == FIRMA_OK)
		firma_str_copy(m->text, c->row.why, sizeof(c->row.why));
	firma_str_copy(m->session, c->row.session, sizeof(c->row.session));
	if (told == FIRMA_OK && move.effect == FIRMA_EFFECT_NEXT_STEP)
		firma_fields_merge(c->row.fields, sizeof(c->row.fields), s,
		    m->fields.at, m->fields.len);
	if (firma_reentry_is_due(r, m)) {
		firma_reentry_begin(c);
	} else {
		firma_change_move(c, move, m->retry_after);
		if (move.effect == FIRMA_EFFECT_NEXT_STEP)
			arrived(c);
	}
	firma_change_entry(c, "renew", NULL, "", &e);
	COPY(e.result,
	    told != FIRMA_OK ? firma_err_name(told)
			     : firma_outcome_name(m->outcome));
	firma_str_copy(m->op, e.format, sizeof(e.format));
	firma_str_copy(m->text, e.note, sizeof(e.note));
	if (told == FIRMA_OK)
		copy_document(&came, &e);
	if (c->r == told)
		c->r = firma_txn_ledger(c->txn, &e);
	if (c->r != FIRMA_OK) {
		firma_change_fail(c, c->r, "", NULL);
		return;
	}
	c->r = told;
	r->owner = 0;
	firma_change_commit(c);
}

void
firma_on_renew_result(struct firma_task *q)
{
	const struct firma_msg_renew_result *m = (const void *)&q->msg;
	struct firma_renewal *r;
	const struct firma_profile_step *s;
	enum firma_step_state state;
	enum firma_portal_op op;
	struct firma_change *c;
	char name[33];

	r = firma_renewal_asked_step(q, m->renewal, FIRMA_ASK_RENEW);
	if (r == NULL)
		return;
	if (r->row.status != FIRMA_RENEWAL_OPEN) {
		firma_task_refuse(q, FIRMA_ERR_NOT_FOUND, "",
		    "open renewal %llu", (unsigned long long)m->renewal);
		return;
	}
	s = firma_renewal_step(r);
	if (!firma_str_is(m->step, s->id)) {
		firma_task_refuse(q, FIRMA_ERR_WRONG_STEP, "step-order",
		    "it is at %s", s->id);
		return;
	}
	if (firma_renewal_is_taken(q, r)) {
		firma_task_refuse(q, FIRMA_ERR_STATE, "one-operator-at-a-time",
		    "step %s", s->id);
		return;
	}
	firma_str_copy(m->op, name, sizeof(name));
	if (!firma_op_from(name, &op) || (op != s->op && op != s->reconcile) ||
	    !firma_op_may_answer(op, m->outcome)) {
		firma_task_refuse(q, FIRMA_ERR_PORTAL_ANSWER, "",
		    "%s: %s to %s", s->id, firma_outcome_name(m->outcome),
		    name);
		return;
	}
	/* Who asks about a step that was begun takes it over from whoever
	 * began it and is gone; one that waited is asked about in the end. */
	state = (enum firma_step_state)r->row.step_state;
	if (op == s->reconcile &&
	    (state == FIRMA_STEP_INTENT || state == FIRMA_STEP_WAIT))
		state = FIRMA_STEP_ASK;
	if (op == s->op && op != s->reconcile && state != FIRMA_STEP_INTENT) {
		firma_task_refuse(q, FIRMA_ERR_STATE, "intent-first",
		    "step %s was not begun", s->id);
		return;
	}
	if ((c = firma_change_new(q, r)) != NULL)
		conclude(c, m, firma_step_event_of(m->outcome), state);
}
