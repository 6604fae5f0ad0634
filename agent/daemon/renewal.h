/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renewal.h - the renewals that the agent drives.
 *
 * agent/renewal says what may follow what; here it is done: every change of a
 * renewal is one transaction (its row, what was made, a ledger entry) that is
 * on the disk before anybody is told.  One change at a time and renewal, and
 * one operator at a time: who has begun a step owns it until its connection
 * ends.
 */
#ifndef FIRMA_DAEMON_RENEWAL_H
#define FIRMA_DAEMON_RENEWAL_H

#include "agent/daemon/key.h"
#include "agent/daemon/task.h"
#include "agent/daemon/token.h"
#include "agent/pki/certificate.h"
#include "agent/renewal/machine.h"
#include "agent/renewal/profile.h"

#define FIRMA_RENEWALS_MAX 4096
#define FIRMA_ISSUERS_MAX  16

/* A profile and what the site's configuration adds. */
struct firma_site_profile {
	struct firma_profile *profile;
	const struct firma_config_profile *config; /* NULL: not configured */
	struct firma_certificate *issuers[FIRMA_ISSUERS_MAX];
	size_t n_issuers;
};

struct firma_renewal {
	struct firma_renewal_row row;
	const struct firma_site_profile *site; /* NULL: profile is missing */
	size_t index;                          /* of the step */
	bool busy;                             /* a change is being written */
	uint64_t owner; /* connection that began the step; 0 none */
	unsigned int n_failed, n_reentries;
};

struct firma_renewals {
	struct firma_agent *agent;
	struct firma_site_profile sites[FIRMA_CONFIG_PROFILES + 8];
	size_t n_sites;
	struct firma_renewal **at;
	size_t n, cap;
};

/*
 * Read the profiles (files of the configured folder and sections) and the
 * open renewals.  Called before privileges are dropped for the files;
 * firma_renewals_load() after the store is open.
 */
FIRMA_CHECKED enum firma_err firma_renewals_new(
    struct firma_agent *a, struct firma_cause *cause);
FIRMA_CHECKED enum firma_err firma_renewals_load(
    struct firma_agent *a, struct firma_cause *cause);
void firma_renewals_free(struct firma_agent *a);

const struct firma_site_profile *firma_site_find(
    const struct firma_agent *a, const char *name);

/* 0: the only open one.  NULL: none, or several. */
struct firma_renewal *firma_renewal_find(
    const struct firma_agent *a, uint64_t id);

/*
 * The renewal that a request names, if the rules allow what it asks.  NULL: the
 * request is answered.  The second also refuses one whose profile is missing.
 */
struct firma_renewal *firma_renewal_asked(
    struct firma_task *q, uint64_t id, enum firma_ask_action what);
struct firma_renewal *firma_renewal_asked_step(
    struct firma_task *q, uint64_t id, enum firma_ask_action what);

const struct firma_profile_step *firma_renewal_step(
    const struct firma_renewal *r);

/* A change: begun by a request, written as one transaction. */
struct firma_change {
	struct firma_task *q;
	struct firma_renewal *renewal; /* NULL: a new one */
	struct firma_renewal_row row;  /* as it will be */
	struct firma_txn *txn;
	/* Afterwards, when it was written.  NULL: answer with the item. */
	void (*then)(struct firma_change *c);
	/* With then == NULL: fail the request with this after all. */
	enum firma_err r;
	struct firma_cause cause;
};

/*
 * Begin a change of r (or of a new renewal).  NULL: the request was answered
 * (no memory, or another change of r is being written).
 */
struct firma_change *firma_change_new(
    struct firma_task *q, struct firma_renewal *r);

/* Put the machine's move into c->row. */
void firma_change_move(
    struct firma_change *c, struct firma_step_move move, uint64_t retry_after);

/* A ledger entry of this change.  key may be NULL. */
void firma_change_entry(struct firma_change *c, const char *action,
    const struct firma_key *key, const char *name,
    struct firma_ledger_entry *ret);
void firma_change_note(struct firma_change *c, const char *action,
    const struct firma_key *key, const char *name, const char *note);

/* A document; replace as in store.h.  Failures end up in c->r. */
void firma_change_document(struct firma_change *c, const char *name,
    struct firma_bytes octets, bool replace);

/* Write it.  c is gone when this returns or after c->then. */
void firma_change_commit(struct firma_change *c);
/* The same for a new renewal whose row is in the transaction already. */
void firma_change_commit_new(struct firma_change *c);
/* For `then` of a retirement: the old key is no longer listed. */
void firma_change_forget_old(struct firma_change *c);
/* Nothing is written; the request fails. */
void firma_change_fail(struct firma_change *c, enum firma_err r,
    const char *rule, const struct firma_cause *cause);
/* After `then` has taken over: answer and free. */
void firma_change_answer(struct firma_change *c);

/* Answer with a renewal_item. */
void firma_renewal_answer(struct firma_task *q, const struct firma_renewal *r);

/* SHA-256 of a stored document; false when it is not there. */
bool firma_renewal_sha256(const struct firma_agent *a, uint64_t id,
    const char *name, uint8_t ret[32]);

/* Old, new or the signer's, by the step. */
struct firma_key *firma_renewal_key(
    const struct firma_agent *a, const struct firma_renewal *r);

/* Its alias, whether there is such a key or not; "" in a step without one. */
const char *firma_renewal_alias(const struct firma_renewal *r);

/* Owned by another connection that is still there? */
bool firma_renewal_is_taken(
    const struct firma_task *q, const struct firma_renewal *r);

#endif
