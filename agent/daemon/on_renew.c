/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Renewals: list, what is next, abort, retire, documents.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <jansson.h>

#include "agent/base/clock.h"
#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/daemon/fields.h"
#include "agent/daemon/handler.h"
#include "agent/daemon/log.h"
#include "agent/daemon/renewal.h"
#include "agent/renewal/file_name.h"

#define DELETE_NS      (30 * FIRMA_S)
#define TAKEN_S        2 /* look again when another operator has the step */

#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

void
firma_on_renew_list(struct firma_task *q)
{
	const struct firma_msg_renew_list *m = (const void *)&q->msg;
	const struct firma_renewals *all = q->agent->renewals;
	uint64_t n = 0;

	if (!firma_task_allowed(q, FIRMA_ASK_RENEW_READ, NULL, NULL))
		return;
	for (size_t i = 0; i < all->n; i++)
		if (m->renewal == 0 || m->renewal == all->at[i]->row.id) {
			firma_renewal_answer(q, all->at[i]);
			n++;
		}
	if (m->renewal != 0 && n == 0)
		firma_task_refuse(q, FIRMA_ERR_NOT_FOUND, "", "renewal %llu",
		    (unsigned long long)m->renewal);
	else
		firma_task_done(q, n);
}

/* ---- what is next ---- */

static void
facts_of(const struct firma_task *q, const struct firma_renewal *r,
    struct firma_renewal_facts *ret, const struct firma_token **ret_token)
{
	const struct firma_profile_step *s = firma_renewal_step(r);
	const struct firma_key *k = firma_renewal_key(q->agent, r);
	const uint64_t now = firma_wall_ms();

	*ret_token = k != NULL ? k->token : NULL;
	if (s->what == FIRMA_DO_GENERATE ||
	    (k == NULL && s->key != FIRMA_KEY_NONE))
		*ret_token = firma_token_find(q->agent, r->row.token);
	*ret = (struct firma_renewal_facts){
		.status = (enum firma_renewal_status)r->row.status,
		/* Only a locked token is unlocked; what else is wrong with it,
		 * renew_act says. */
		.unlocked = *ret_token == NULL ||
		    (*ret_token)->state != FIRMA_TOKEN_LOCKED,
		.now = now,
		/* Set back, the clock would make it wait for that long more. */
		.not_earlier = now < r->row.changed ? 0 : r->row.not_earlier,
	};
}

/* The document that is submitted for a certificate. */
static const char *
handed_in(const struct firma_profile *p)
{
	for (size_t i = 0; i < p->n_steps; i++)
		if (p->steps[i].op == FIRMA_OP_SUBMIT_REQUEST)
			return p->steps[i].sends;
	return "request";
}

struct stored {
	const char *name;
	uint64_t when;
};

static bool
see_stored(void *arg, const struct firma_document_row *row)
{
	struct stored *s = arg;

	if (strcmp(row->name, s->name) != 0)
		return true;
	s->when = row->stored;
	return false;
}

/* What a person finds the document as; "" when the profile does not say. */
static void
file_of(const struct firma_task *q, const struct firma_renewal *r,
    const char *document, char ret[FIRMA_FILE_NAME])
{
	const struct firma_profile *p = r->site->profile;
	const size_t at = firma_profile_saver(p, document);
	struct stored s = { document, 0 };
	json_t *fields;
	const char *rfc;

	if (at == FIRMA_STEP_NONE || p->steps[at].file[0] == '\0' ||
	    firma_store_documents(
		q->agent->store, r->row.id, see_stored, &s, NULL) != FIRMA_OK)
		return;
	fields = json_loads(r->row.fields, 0, NULL);
	rfc = json_string_value(json_object_get(fields, "rfc"));
	firma_file_name(p->steps[at].file, rfc != NULL ? rfc : "",
	    (int64_t)(s.when / 1000), ret);
	json_decref(fields);
}

void
firma_on_renew_next(struct firma_task *q)
{
	const struct firma_msg_renew_next *m = (const void *)&q->msg;
	struct firma_renewal *r =
	    firma_renewal_asked_step(q, m->renewal, FIRMA_ASK_RENEW_READ);
	const struct firma_profile_step *s;
	const struct firma_token *token = NULL;
	struct firma_renewal_facts facts;
	struct firma_msg_renew_todo t = { 0 };
	uint8_t sends[32], letter[32];
	char file[FIRMA_FILE_NAME] = "";
	enum firma_action action;

	if (r == NULL)
		return;
	s = firma_renewal_step(r);
	facts_of(q, r, &facts, &token);
	action = firma_renewal_todo(r->site->profile, r->index,
	    (enum firma_step_state)r->row.step_state, &facts);
	t.not_earlier = (facts.not_earlier + 999) / 1000;
	t.why = firma_str_of(r->row.why);
	if (firma_renewal_is_taken(q, r) || r->busy) {
		action = FIRMA_ACTION_WAIT;
		t.not_earlier = firma_wall_ms() / 1000 + TAKEN_S;
		/* Busy: begun by somebody who hung up; it is being ended. */
		t.why =
		    firma_str_of(r->busy ? "this step is being done"
					 : "another operator is at this step");
	}
	t.renewal = r->row.id;
	t.step = firma_str_of(s->id);
	t.step_index = (uint32_t)r->index;
	t.user_step = s->user_step;
	t.n_user_steps = firma_profile_user_steps(r->site->profile);
	t.action = (uint32_t)action;
	t.title_en = firma_str_of(s->title_en);
	t.title_es = firma_str_of(s->title_es);
	t.op = firma_str_of(firma_op_name(firma_renewal_op(s, action)));
	t.letter = firma_str_of(s->letter);
	t.role = firma_str_of(s->role);
	/* A certificate is asked for by what was handed in for it. */
	t.sends = firma_str_of(s->op == FIRMA_OP_CERTIFICATE
		? handed_in(r->site->profile)
		: s->sends);
	file_of(q, r, t.sends.at, file);
	t.sends_file = firma_str_of(file);
	t.saves = firma_str_of(s->saves);
	t.key = firma_str_of(firma_renewal_alias(r));
	t.token = firma_str_of(token != NULL ? token->config->name : "");
	t.token_state = token != NULL ? (uint32_t)token->state : 0;
	if (t.sends.len != 0 &&
	    firma_renewal_sha256(q->agent, r->row.id, t.sends.at, sends))
		t.sends_sha256 = firma_bytes_of(sends, sizeof(sends));
	if (s->signs[0] != '\0' &&
	    firma_renewal_sha256(q->agent, r->row.id, s->signs, letter))
		t.letter_sha256 = firma_bytes_of(letter, sizeof(letter));
	t.helper = firma_str_of(r->site->profile->helper);
	t.portal = firma_str_of(r->row.portal);
	t.session = firma_str_of(r->row.session);
	t.endpoints = firma_str_of(r->site->profile->endpoints);
	t.fields = firma_str_of(r->row.fields);
	firma_task_answer(q, FIRMA_MSG_renew_todo, &t);
	firma_task_done(q, 1);
}

/* ---- abort ---- */

void
firma_on_renew_abort(struct firma_task *q)
{
	const struct firma_msg_renew_abort *m = (const void *)&q->msg;
	struct firma_renewal *r =
	    firma_renewal_asked(q, m->renewal, FIRMA_ASK_RENEW_ABORT);
	struct firma_change *c;
	char reason[257];

	if (r == NULL)
		return;
	if (r->row.status != FIRMA_RENEWAL_OPEN) {
		firma_task_refuse(q, FIRMA_ERR_STATE, "", "renewal %llu is %s",
		    (unsigned long long)r->row.id,
		    firma_renewal_status_name(r->row.status));
		return;
	}
	if ((c = firma_change_new(q, r)) == NULL)
		return;
	firma_str_copy(m->reason, reason, sizeof(reason));
	c->row.status = FIRMA_RENEWAL_ABORTED;
	COPY(c->row.why, reason);
	if (r->site == NULL) /* no step to name in the ledger's purpose */
		c->renewal = NULL;
	firma_change_note(c, "renew-abort", NULL, "", reason);
	c->renewal = r;
	firma_change_commit(c);
}

/* ---- retire ---- */

static void
retire_in_store(
    struct firma_change *c, const struct firma_key *k, const char *note)
{
	firma_change_note(c, "renew-retire", k, "", note);
	if (c->r == FIRMA_OK && k != NULL)
		c->r =
		    firma_txn_key_gone(c->txn, k->token_serial, k->spki_sha256);
	c->row.status = FIRMA_RENEWAL_RETIRED;
	if (c->r != FIRMA_OK)
		firma_change_fail(c, c->r, "", &c->cause);
	else
		firma_change_commit(c);
}

static void
deleted(void *arg, enum firma_err r, const struct firma_frame *f, bool last,
    const struct firma_cause *cause)
{
	struct firma_change *c = arg;
	struct firma_key *k = firma_key_find(c->q->agent, c->row.old_key);

	(void)f;
	if (!last)
		return;
	/* Gone already: an earlier try deleted it and could not write it. */
	if (r != FIRMA_OK && r != FIRMA_ERR_NOT_FOUND) {
		firma_change_fail(c, r, "", cause);
		return;
	}
	c->then = firma_change_forget_old;
	retire_in_store(c, k, "the key was deleted from its token");
}

void
firma_change_forget_old(struct firma_change *c)
{
	struct firma_key *k = firma_key_find(c->q->agent, c->row.old_key);

	if (k != NULL)
		firma_key_forget(c->q->agent, k);
	firma_change_answer(c);
}

/* Another renewal that this key signs for, as a representative's; or NULL. */
static const struct firma_renewal *
needs(const struct firma_agent *a, const struct firma_renewal *r)
{
	for (size_t i = 0; i < a->renewals->n; i++) {
		const struct firma_renewal *other = a->renewals->at[i];

		if (other != r && other->row.status == FIRMA_RENEWAL_OPEN &&
		    memcmp(other->row.signer_spki, r->row.old_spki, 32) == 0)
			return other;
	}
	return NULL;
}

void
firma_on_renew_retire(struct firma_task *q)
{
	const struct firma_msg_renew_retire *m = (const void *)&q->msg;
	struct firma_renewal *r =
	    firma_renewal_asked(q, m->renewal, FIRMA_ASK_RENEW_RETIRE);
	const struct firma_renewal *other;
	struct firma_key *k;
	struct firma_change *c;
	struct firma_msg_w_delete d;
	struct firma_cause cause = { 0 };
	enum firma_err e;

	if (r == NULL)
		return;
	if (r->row.status != FIRMA_RENEWAL_COMPLETE) {
		firma_task_refuse(q, FIRMA_ERR_STATE, "first-login-first",
		    "renewal %llu is %s, at step %s",
		    (unsigned long long)r->row.id,
		    firma_renewal_status_name(r->row.status), r->row.step);
		return;
	}
	if ((other = needs(q->agent, r)) != NULL) {
		firma_task_refuse(q, FIRMA_ERR_STATE, "",
		    "key %s signs for renewal %llu, which is open",
		    r->row.old_key, (unsigned long long)other->row.id);
		return;
	}
	if ((c = firma_change_new(q, r)) == NULL)
		return;
	k = firma_key_find(q->agent, r->row.old_key);
	if ((m->flags & FIRMA_RETIRE_KEEP) != 0 || k == NULL) {
		retire_in_store(c, NULL, "the key stays on its token");
		return;
	}
	if (memcmp(k->spki_sha256, r->row.old_spki, 32) != 0) {
		firma_change_fail(c, FIRMA_ERR_WRONG_KEY, "old-key-only",
		    &(struct firma_cause){
			.what = "the name is another key's" });
		return;
	}
	d.id = firma_bytes_of(k->id.at, k->id.len);
	e = k->token == NULL ? FIRMA_ERR_TOKEN_GONE
			     : firma_token_ready(k->token, &cause);
	if (e == FIRMA_OK)
		e = firma_token_call(k->token, FIRMA_MSG_w_delete, &d, -1,
		    DELETE_NS, FIRMA_FOREVER, deleted, c, &cause);
	if (e != FIRMA_OK)
		firma_change_fail(c, e, "", &cause);
}

/* ---- documents ---- */

static bool
list_document(void *arg, const struct firma_document_row *row)
{
	struct firma_task *q = arg;

	firma_task_answer(q, FIRMA_MSG_document_item,
	    &(struct firma_msg_document_item){ .name = firma_str_of(row->name),
		.sha256 = firma_bytes_of(row->sha256, sizeof(row->sha256)),
		.size = row->size });
	return true;
}

void
firma_on_renew_document(struct firma_task *q)
{
	const struct firma_msg_renew_document *m = (const void *)&q->msg;
	struct firma_renewal *r =
	    firma_renewal_asked(q, m->renewal, FIRMA_ASK_RENEW_READ);
	FIRMA_OWN(firma_buf_done) struct firma_buf octets = { 0 };
	struct firma_msg_document_item item = { 0 };
	struct firma_cause cause = { 0 };
	uint8_t sha256[32] = { 0 };
	char name[FIRMA_STORE_DOCUMENT_NAME];
	enum firma_err e;
	int fd = -1;

	/* The request is answered and gone. */
	if (r == NULL)
		return;
	item.name = m->name;
	firma_str_copy(m->name, name, sizeof(name));
	if (name[0] == '\0') {
		e = firma_store_documents(
		    q->agent->store, r->row.id, list_document, q, &cause);
		if (e == FIRMA_OK)
			firma_task_done(q, 0);
		else
			firma_task_fail(q, e, "", &cause);
		return;
	}
	e = firma_store_document(
	    q->agent->store, r->row.id, name, &octets, &cause);
	if (e == FIRMA_OK)
		e = firma_memfd_from_bytes(
		    firma_buf_view(&octets), &fd, &cause);
	if (e != FIRMA_OK) {
		firma_task_refuse(q, e, "", "document %s of renewal %llu", name,
		    (unsigned long long)r->row.id);
		return;
	}
	(void)firma_renewal_sha256(q->agent, r->row.id, name, sha256);
	item.sha256 = firma_bytes_of(sha256, sizeof(sha256));
	item.size = octets.len;
	firma_task_answer_fd(q, FIRMA_MSG_document_item, &item, fd);
	firma_task_done(q, 1);
}
