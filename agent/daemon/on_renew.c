/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Renewals: start, list, what is next, abort, retire, documents.
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
#include "agent/pki/identifier.h"
#include "agent/pki/identity.h"

#define DELETE_NS      (30 * FIRMA_S)
#define ID_LEN         16 /* octets of the new key's CKA_ID */
#define TAKEN_S        2  /* look again when another operator has the step */

#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

/* The renewal of a request, or the request is answered. */
static struct firma_renewal *
renewal_of(struct firma_task *q, uint64_t id, enum firma_ask_action what)
{
	struct firma_renewal *r;

	if (!firma_task_allowed(q, what, NULL, NULL))
		return NULL;
	if ((r = firma_renewal_find(q->agent, id)) == NULL)
		firma_task_refuse(q, FIRMA_ERR_NOT_FOUND, "",
		    id == 0 ? "one open renewal" : "renewal %llu",
		    (unsigned long long)id);
	return r;
}

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

/* ---- start ---- */

struct beginning {
	const struct firma_site_profile *site;
	struct firma_key *old;
	struct firma_token *token;
	struct firma_identity identity;
	char portal[513], email[255], registro[17], new_alias[65];
	enum firma_key_algorithm algorithm;
};

/* imss -> imss-2026, imss-2026-2, ... */
static void
default_alias(const struct firma_agent *a, const char *old, char ret[65])
{
	const time_t now = time(NULL);
	struct tm tm;

	(void)gmtime_r(&now, &tm);
	for (int i = 1; i < 100; i++) {
		char suffix[24];

		if (i == 1)
			(void)snprintf(
			    suffix, sizeof(suffix), "-%d", tm.tm_year + 1900);
		else
			(void)snprintf(suffix, sizeof(suffix), "-%d-%d",
			    tm.tm_year + 1900, i);
		(void)snprintf(ret, 65, "%.40s%.23s", old, suffix);
		if (firma_key_find(a, ret) == NULL)
			return;
	}
}

FIRMA_CHECKED static enum firma_err
check_old(const struct firma_agent *a, const struct beginning *b,
    struct firma_cause *cause)
{
	const uint64_t now = firma_wall_ms() / 1000;

	for (size_t i = 0; i < a->renewals->n; i++) {
		const struct firma_renewal_row *row = &a->renewals->at[i]->row;

		if (row->status == FIRMA_RENEWAL_OPEN &&
		    strcmp(row->old_key, b->old->alias) == 0)
			return firma_fail(cause, FIRMA_ERR_EXISTS,
			    FIRMA_CAUSE_NONE, 0,
			    "renewal %llu of key %s is open",
			    (unsigned long long)row->id, row->old_key);
	}
	/* Right after the start its certificate is not read yet. */
	if (b->old->certificate.len == 0 &&
	    (b->old->token == NULL ||
		b->old->token->state == FIRMA_TOKEN_STARTING))
		return firma_fail(cause, FIRMA_ERR_TOKEN_BUSY, FIRMA_CAUSE_NONE,
		    0, "key %s: its token is not there yet", b->old->alias);
	if (b->old->certificate.len == 0)
		return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE,
		    0, "certificate of key %s", b->old->alias);
	if (b->site->profile->old_certificate == FIRMA_OLD_MUST_BE_VALID &&
	    b->old->not_after < now)
		return firma_fail(cause, FIRMA_ERR_CERT_NOT_EXPIRED,
		    FIRMA_CAUSE_NONE, 0, "key %s, profile %s", b->old->alias,
		    b->site->profile->name);
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
check_site(const struct beginning *b, struct firma_cause *cause)
{
	if (b->portal[0] == '\0')
		return firma_fail(cause, FIRMA_ERR_CONFIG, FIRMA_CAUSE_NONE, 0,
		    "no portal: give its address, or [profile %s] portal",
		    b->site->profile->name);
	if (b->site->profile->issuer == FIRMA_ISSUER_CONFIGURED &&
	    b->site->n_issuers == 0)
		return firma_fail(cause, FIRMA_ERR_CONFIG, FIRMA_CAUSE_NONE, 0,
		    "no issuers: [profile %s] issuers = FILE",
		    b->site->profile->name);
	return FIRMA_OK;
}

/* What the operator typed; what stands in the old certificate is taken. */
FIRMA_CHECKED static enum firma_err
check_typed(
    const struct firma_agent *a, struct beginning *b, struct firma_cause *cause)
{
	enum firma_err r;

	if (b->email[0] != '\0' &&
	    (r = firma_email_check(b->email, cause)) != FIRMA_OK)
		return r;
	if (b->registro[0] != '\0' &&
	    (r = firma_registro_check(b->registro, cause)) != FIRMA_OK)
		return r;
	if (!firma_name_fits(b->new_alias))
		return firma_fail(cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
		    "key name %s", b->new_alias);
	if (firma_key_find(a, b->new_alias) != NULL)
		return firma_fail(cause, FIRMA_ERR_EXISTS, FIRMA_CAUSE_NONE, 0,
		    "key %s", b->new_alias);
	for (size_t i = 0; i < a->renewals->n; i++)
		if (a->renewals->at[i]->row.status == FIRMA_RENEWAL_OPEN &&
		    strcmp(a->renewals->at[i]->row.new_key, b->new_alias) == 0)
			return firma_fail(cause, FIRMA_ERR_EXISTS,
			    FIRMA_CAUSE_NONE, 0, "key %s", b->new_alias);
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
look_up(struct firma_agent *a, const struct firma_msg_renew_start *m,
    struct beginning *b, struct firma_cause *cause)
{
	char name[65];

	firma_str_copy(m->profile, name, sizeof(name));
	if ((b->site = firma_site_find(a, name)) == NULL)
		return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE,
		    0, "profile %s", name);
	firma_str_copy(m->old_key, name, sizeof(name));
	if ((b->old = firma_key_find(a, name)) == NULL)
		return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE,
		    0, "key %s", name);
	firma_str_copy(m->token, name, sizeof(name));
	b->token = name[0] != '\0' ? firma_token_find(a, name) : b->old->token;
	if (b->token == NULL)
		return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE,
		    0, "token %s", name);
	firma_str_copy(m->new_alias, b->new_alias, sizeof(b->new_alias));
	if (b->new_alias[0] == '\0')
		default_alias(a, b->old->alias, b->new_alias);
	b->algorithm = m->algorithm != 0
	    ? firma_key_algorithm_from_number(m->algorithm)
	    : firma_key_algorithm_from_name(b->token->config->algorithm);
	if (b->algorithm == FIRMA_KEY_UNKNOWN)
		return firma_fail(
		    cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0, "algorithm");
	firma_str_copy(m->email, b->email, sizeof(b->email));
	firma_str_copy(m->registro, b->registro, sizeof(b->registro));
	firma_str_copy(m->portal, b->portal, sizeof(b->portal));
	if (b->portal[0] == '\0' && b->site->config != NULL)
		COPY(b->portal, b->site->config->portal);
	if (b->portal[0] == '\0')
		COPY(b->portal, b->site->profile->portal);
	return FIRMA_OK;
}

/* The data of step 2, from the old certificate. */
FIRMA_CHECKED static enum firma_err
identify(struct beginning *b, char *ret_fields, size_t size,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	const struct firma_identity *id = &b->identity;
	json_t *o;
	enum firma_err r;

	r = firma_certificate_parse(
	    firma_buf_view(&b->old->certificate), &c, cause);
	if (r != FIRMA_OK ||
	    (r = firma_identity_of(c, &b->identity, cause)) != FIRMA_OK)
		return r;
	if (b->registro[0] == '\0')
		(void)snprintf(b->registro, sizeof(b->registro), "%.16s",
		    id->registro_patronal);
	o = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "name",
	    id->common_name, "rfc", id->rfc, "curp", id->curp,
	    "representative_rfc", id->representative_rfc, "representative_curp",
	    id->representative_curp, "registro_patronal", b->registro, "email",
	    b->email[0] != '\0' ? b->email : id->email, "certificate_serial",
	    b->old->serial);
	return firma_fields_write(o, ret_fields, size, cause);
}

void
firma_on_renew_start(struct firma_task *q)
{
	const struct firma_msg_renew_start *m = (const void *)&q->msg;
	struct beginning *b;
	struct firma_cause cause = { 0 };
	struct firma_change *c;
	struct firma_renewal_row *row;
	char alias[65];
	enum firma_err r;

	firma_str_copy(m->old_key, alias, sizeof(alias));
	if (!firma_task_allowed(q, FIRMA_ASK_RENEW_START, alias, NULL) ||
	    (c = firma_change_new(q, NULL)) == NULL)
		return;
	row = &c->row;
	if ((b = calloc(1, sizeof(*b))) == NULL) {
		firma_change_fail(c, FIRMA_ERR_NOMEM, "", NULL);
		return;
	}
	if ((r = look_up(q->agent, m, b, &cause)) != FIRMA_OK ||
	    (r = check_old(q->agent, b, &cause)) != FIRMA_OK ||
	    (r = check_site(b, &cause)) != FIRMA_OK ||
	    (r = check_typed(q->agent, b, &cause)) != FIRMA_OK ||
	    (r = identify(b, row->fields, sizeof(row->fields), &cause)) !=
		FIRMA_OK) {
		free(b);
		firma_change_fail(c, r, "", &cause);
		return;
	}
	COPY(row->profile, b->site->profile->name);
	COPY(row->step, b->site->profile->steps[0].id);
	COPY(row->old_key, b->old->alias);
	COPY(row->new_key, b->new_alias);
	COPY(row->token, b->token->config->name);
	COPY(row->portal, b->portal);
	COPY(row->email, b->email);
	COPY(row->registro, b->registro);
	COPY(row->old_serial, b->old->serial);
	row->algorithm = (uint32_t)b->algorithm;
	row->started = firma_wall_ms();
	row->has_old_spki = true;
	memcpy(row->old_spki, b->old->spki_sha256, sizeof(row->old_spki));
	row->key_id.len = ID_LEN;
	if (getrandom(row->key_id.at, ID_LEN, 0) != ID_LEN)
		c->r = FIRMA_ERR_IO;
	/* The row comes first: documents refer to the one inserted before. */
	if (c->r == FIRMA_OK)
		c->r = firma_txn_renewal(c->txn, row);
	firma_change_document(
	    c, "old", firma_buf_view(&b->old->certificate), false);
	firma_change_note(c, "renew-start", b->old, "", row->profile);
	free(b);
	if (c->r != FIRMA_OK)
		firma_change_fail(c, c->r, "", &c->cause);
	else
		firma_change_commit_new(c);
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

void
firma_on_renew_next(struct firma_task *q)
{
	const struct firma_msg_renew_next *m = (const void *)&q->msg;
	struct firma_renewal *r =
	    renewal_of(q, m->renewal, FIRMA_ASK_RENEW_READ);
	const struct firma_profile_step *s;
	const struct firma_token *token = NULL;
	struct firma_renewal_facts facts;
	struct firma_msg_renew_todo t = { 0 };
	uint8_t sends[32], letter[32];
	enum firma_action action;

	if (r == NULL)
		return;
	if (r->site == NULL) {
		firma_task_refuse(q, FIRMA_ERR_CONFIG, "",
		    "profile %s, or its step %s, is missing", r->row.profile,
		    r->row.step);
		return;
	}
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
	t.action = (uint32_t)action;
	t.title_en = firma_str_of(s->title_en);
	t.title_es = firma_str_of(s->title_es);
	t.op = firma_str_of(firma_op_name(firma_renewal_op(s, action)));
	t.letter = firma_str_of(s->letter);
	t.role = firma_str_of(s->role);
	/* A certificate is asked for by the request that it answers. */
	t.sends =
	    firma_str_of(s->op == FIRMA_OP_CERTIFICATE ? "request" : s->sends);
	t.saves = firma_str_of(s->saves);
	if (s->key != FIRMA_KEY_NONE)
		t.key = firma_str_of(
		    s->key == FIRMA_KEY_OLD ? r->row.old_key : r->row.new_key);
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
	    renewal_of(q, m->renewal, FIRMA_ASK_RENEW_ABORT);
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

void
firma_on_renew_retire(struct firma_task *q)
{
	const struct firma_msg_renew_retire *m = (const void *)&q->msg;
	struct firma_renewal *r =
	    renewal_of(q, m->renewal, FIRMA_ASK_RENEW_RETIRE);
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
	    renewal_of(q, m->renewal, FIRMA_ASK_RENEW_READ);
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
