/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/renewal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/daemon/conn.h"
#include "agent/daemon/log.h"

#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

struct firma_renewal *
firma_renewal_find(const struct firma_agent *a, uint64_t id)
{
	const struct firma_renewals *all = a->renewals;
	struct firma_renewal *only = NULL;

	for (size_t i = 0; i < all->n; i++) {
		if (id != 0 && all->at[i]->row.id == id)
			return all->at[i];
		if (id == 0 && all->at[i]->row.status == FIRMA_RENEWAL_OPEN) {
			if (only != NULL)
				return NULL;
			only = all->at[i];
		}
	}
	return only;
}

struct firma_renewal *
firma_renewal_asked(
    struct firma_task *q, uint64_t id, enum firma_ask_action what)
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

struct firma_renewal *
firma_renewal_asked_step(
    struct firma_task *q, uint64_t id, enum firma_ask_action what)
{
	struct firma_renewal *r = firma_renewal_asked(q, id, what);

	if (r == NULL || r->site != NULL)
		return r;
	firma_task_refuse(q, FIRMA_ERR_CONFIG, "",
	    "profile %s, or its step %s, is missing", r->row.profile,
	    r->row.step);
	return NULL;
}

const struct firma_site_profile *
firma_site_find(const struct firma_agent *a, const char *name)
{
	for (size_t i = 0; i < a->renewals->n_sites; i++)
		if (strcmp(a->renewals->sites[i].profile->name, name) == 0)
			return &a->renewals->sites[i];
	return NULL;
}

const struct firma_profile_step *
firma_renewal_step(const struct firma_renewal *r)
{
	return &r->site->profile->steps[r->index];
}

static void
adopt(const struct firma_agent *a, struct firma_renewal *r,
    const struct firma_renewal_row *row)
{
	r->row = *row;
	r->site = firma_site_find(a, row->profile);
	r->index = r->site != NULL
	    ? firma_profile_step(r->site->profile, row->step)
	    : FIRMA_STEP_NONE;
	/* A profile that lost the step cannot go on. */
	if (r->index == FIRMA_STEP_NONE)
		r->site = NULL;
}

static struct firma_renewal *
add(struct firma_agent *a, const struct firma_renewal_row *row)
{
	struct firma_renewals *all = a->renewals;
	struct firma_renewal *r;

	if (all->n == FIRMA_RENEWALS_MAX)
		return NULL;
	if (all->n == all->cap) {
		const size_t cap = all->cap == 0 ? 8 : all->cap * 2;
		struct firma_renewal **p =
		    reallocarray(all->at, cap, sizeof(struct firma_renewal *));

		if (p == NULL)
			return NULL;
		all->at = p;
		all->cap = cap;
	}
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return NULL;
	adopt(a, r, row);
	all->at[all->n++] = r;
	return r;
}

static bool
load_row(void *arg, const struct firma_renewal_row *row)
{
	return add(arg, row) != NULL;
}

enum firma_err
firma_renewals_load(struct firma_agent *a, struct firma_cause *cause)
{
	return firma_store_renewals(a->store, load_row, a, cause);
}

void
firma_renewals_free(struct firma_agent *a)
{
	struct firma_renewals *all = a->renewals;

	if (all == NULL)
		return;
	for (size_t i = 0; i < all->n; i++)
		free(all->at[i]);
	free(all->at);
	for (size_t i = 0; i < all->n_sites; i++) {
		firma_profile_free(all->sites[i].profile);
		for (size_t k = 0; k < all->sites[i].n_issuers; k++)
			firma_certificate_free(all->sites[i].issuers[k]);
	}
	free(all);
	a->renewals = NULL;
}

bool
firma_renewal_is_taken(
    const struct firma_task *q, const struct firma_renewal *r)
{
	return r->row.step_state == FIRMA_STEP_INTENT && r->owner != 0 &&
	    (q->conn == NULL || firma_conn_serial(q->conn) != r->owner) &&
	    firma_conn_is_open(q->agent, r->owner);
}

struct firma_key *
firma_renewal_key(const struct firma_agent *a, const struct firma_renewal *r)
{
	const struct firma_profile_step *s = firma_renewal_step(r);

	return s->key == FIRMA_KEY_NONE
	    ? NULL
	    : firma_key_find(a, firma_renewal_alias(r));
}

const char *
firma_renewal_alias(const struct firma_renewal *r)
{
	switch (firma_renewal_step(r)->key) {
	case FIRMA_KEY_OLD:
		return r->row.old_key;
	case FIRMA_KEY_NEW:
		return r->row.new_key;
	case FIRMA_KEY_SIGNER:
		return r->row.signer_key;
	case FIRMA_KEY_NONE:
	default:
		return "";
	}
}

/* ---- documents ---- */

struct wanted {
	const char *name;
	uint8_t *sha256;
	bool found;
};

static bool
match(void *arg, const struct firma_document_row *row)
{
	struct wanted *w = arg;

	if (strcmp(row->name, w->name) != 0)
		return true;
	memcpy(w->sha256, row->sha256, FIRMA_STORE_HASH);
	w->found = true;
	return false;
}

bool
firma_renewal_sha256(
    const struct firma_agent *a, uint64_t id, const char *name, uint8_t ret[32])
{
	struct wanted w = { name, ret, false };

	return firma_store_documents(a->store, id, match, &w, NULL) ==
	    FIRMA_OK &&
	    w.found;
}

/* ---- changes ---- */

struct firma_change *
firma_change_new(struct firma_task *q, struct firma_renewal *r)
{
	struct firma_change *c;

	if (r != NULL && r->busy) {
		firma_task_refuse(q, FIRMA_ERR_STATE, "one-change-at-a-time",
		    "renewal %llu is being changed",
		    (unsigned long long)r->row.id);
		return NULL;
	}
	c = calloc(1, sizeof(*c));
	if (c == NULL || (c->txn = firma_txn_new(q->agent->store)) == NULL) {
		free(c);
		firma_task_refuse(q, FIRMA_ERR_NOMEM, "", "renewal");
		return NULL;
	}
	c->q = q;
	c->renewal = r;
	if (r != NULL) {
		c->row = r->row;
		r->busy = true;
	}
	return c;
}

static void
change_free(struct firma_change *c)
{
	if (c->renewal != NULL)
		c->renewal->busy = false;
	firma_txn_free(c->txn);
	free(c);
}

void
firma_change_fail(struct firma_change *c, enum firma_err r, const char *rule,
    const struct firma_cause *cause)
{
	firma_task_fail(c->q, r, rule, cause);
	change_free(c);
}

void
firma_change_move(
    struct firma_change *c, struct firma_step_move move, uint64_t retry_after)
{
	struct firma_renewal *r = c->renewal;
	const struct firma_profile *p = r->site->profile;
	const struct firma_renewal_place at =
	    firma_renewal_arrive(p, r->index, move);

	c->row.step_state = (uint32_t)at.state;
	COPY(c->row.step, p->steps[at.index].id);
	c->row.not_earlier = 0;
	if (move.effect == FIRMA_EFFECT_RETRY_LATER) {
		r->n_failed++;
		c->row.not_earlier = firma_wall_ms() +
		    1000 *
			(uint64_t)firma_renewal_wait(
			    firma_renewal_step(r), r->n_failed, retry_after);
	} else if (move.effect != FIRMA_EFFECT_JOURNAL_INTENT) {
		r->n_failed = 0;
	}
	if (move.effect == FIRMA_EFFECT_NEXT_STEP ||
	    move.effect == FIRMA_EFFECT_BACK) {
		c->row.why[0] = '\0';
		c->row.signing_time = 0;
	}
	if (at.complete)
		c->row.status = FIRMA_RENEWAL_COMPLETE;
}

void
firma_change_entry(struct firma_change *c, const char *action,
    const struct firma_key *key, const char *name,
    struct firma_ledger_entry *ret)
{
	firma_task_entry(c->q, action, ret);
	if (key != NULL)
		firma_key_entry(key, ret);
	COPY(ret->name, name);
	if (c->renewal != NULL)
		(void)snprintf(ret->purpose, sizeof(ret->purpose),
		    "renewal %llu %s", (unsigned long long)c->row.id,
		    firma_renewal_step(c->renewal)->id);
}

void
firma_change_note(struct firma_change *c, const char *action,
    const struct firma_key *key, const char *name, const char *note)
{
	struct firma_ledger_entry e;
	enum firma_err r;

	firma_change_entry(c, action, key, name, &e);
	COPY(e.note, note);
	r = firma_txn_ledger(c->txn, &e);
	if (r != FIRMA_OK && c->r == FIRMA_OK)
		c->r = r;
}

void
firma_change_document(struct firma_change *c, const char *name,
    struct firma_bytes octets, bool replace)
{
	const enum firma_err r =
	    firma_txn_document(c->txn, c->row.id, name, octets, replace);

	if (r != FIRMA_OK && c->r == FIRMA_OK) {
		c->r = r;
		COPY(c->cause.what, name);
	}
}

void
firma_change_answer(struct firma_change *c)
{
	struct firma_task *q = c->q;

	if (c->r != FIRMA_OK) {
		firma_task_fail(q, c->r, "", &c->cause);
	} else {
		firma_renewal_answer(q, c->renewal);
		firma_task_done(q, 1);
	}
	change_free(c);
}

static void
written(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	struct firma_change *c = arg;
	struct firma_agent *a = c->q->agent;

	c->txn = NULL;
	if (r != FIRMA_OK) {
		firma_change_fail(c, r, "", cause);
		return;
	}
	if (c->row.id == 0)
		c->row.id = seqs->renewal;
	if (c->renewal == NULL)
		c->renewal = add(a, &c->row);
	else
		adopt(a, c->renewal, &c->row);
	if (c->renewal == NULL) {
		firma_change_fail(c, FIRMA_ERR_NOMEM, "", NULL);
		return;
	}
	if (c->then != NULL)
		c->then(c);
	else
		firma_change_answer(c);
}

void
firma_change_commit(struct firma_change *c)
{
	struct firma_txn *txn = c->txn;

	c->row.changed = firma_wall_ms();
	/* What could not even be put together is not written. */
	if (firma_txn_renewal(txn, &c->row) != FIRMA_OK) {
		firma_change_fail(c, FIRMA_ERR_LIMIT, "", &c->cause);
		return;
	}
	c->txn = NULL;
	(void)firma_store_submit(
	    c->q->agent->store, txn, FIRMA_DURABLE_DISK, written, c);
}

void
firma_change_commit_new(struct firma_change *c)
{
	struct firma_txn *txn = c->txn;

	c->txn = NULL;
	(void)firma_store_submit(
	    c->q->agent->store, txn, FIRMA_DURABLE_DISK, written, c);
}

void
firma_renewal_answer(struct firma_task *q, const struct firma_renewal *r)
{
	const struct firma_renewal_row *row = &r->row;
	const struct firma_profile_step *s =
	    r->site != NULL ? firma_renewal_step(r) : NULL;
	const struct firma_msg_renewal_item m = {
		.renewal = row->id,
		.profile = firma_str_of(row->profile),
		.status = row->status,
		.step = firma_str_of(row->step),
		.step_index = s != NULL ? (uint32_t)r->index : 0,
		.n_steps = s != NULL ? (uint32_t)r->site->profile->n_steps : 0,
		.user_step = s != NULL ? s->user_step : 0,
		.step_state = row->step_state,
		.old_key = firma_str_of(row->old_key),
		.new_key = firma_str_of(row->new_key),
		.old_serial = firma_str_of(row->old_serial),
		.new_serial = firma_str_of(row->new_serial),
		.new_not_after = row->new_not_after,
		.email = firma_str_of(row->email),
		.portal = firma_str_of(row->portal),
		.why = firma_str_of(s != NULL
			? row->why
			: "the profile, or this step of it, is missing"),
		.started = row->started / 1000,
		.changed = row->changed / 1000,
		.not_earlier = (row->not_earlier + 999) / 1000,
	};

	firma_task_answer(q, FIRMA_MSG_renewal_item, &m);
}
