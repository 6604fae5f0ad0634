/* SPDX-License-Identifier: Apache-2.0 */
/*
 * present.h - present a PIN to a token: one at a time, written down before and
 * after, never retried.
 *
 * Whatever needs a PIN (unlock, another PIN, unblock, initialise, a signature that
 * asks for it) goes through here.  One presentation of a token is under way; further
 * ones wait, and are judged by the record that the one before left: the same wrong PIN
 * typed by two operators at once costs one try.
 *
 * In order: the token process is asked, and reads the PIN; w_presenting brings
 * the PIN's slow keyed hash; pin_record.h judges; "about to present" goes to the
 * disk; w_present lets it go; the outcome goes to the disk.  A kill between the
 * last two leaves a record in doubt, which a later agent finds; a process that
 * ends before w_present leaves none.
 * Tests: tests/agent/test_agent.sh, "wrong PIN", "killed while presenting",
 * "killed while the intent is written", "two unlock at once".
 */
#ifndef FIRMA_DAEMON_PRESENT_H
#define FIRMA_DAEMON_PRESENT_H

#include "agent/daemon/pin_record.h"
#include "agent/daemon/task.h"
#include "agent/daemon/token.h"

#define FIRMA_PIN_ITERATIONS   100000u
#define FIRMA_PIN_WAIT_NS      (UINT64_C(120) * 1000000000) /* for a person */
#define FIRMA_PRESENT_WAIT_MAX 16 /* that wait for one token */

/* What each request to the token process says about the PIN; views. */
struct firma_present_terms {
	struct firma_bytes salt, refused;
	uint32_t iterations, flags;
};

struct firma_present_ops {
	enum firma_pin_role role;
	const char *action; /* in the ledger */
	bool sets_pin;      /* success makes the user's PIN a new one */
	bool tells;         /* w_presented, and it alone, says "taken" */
	/*
	 * It is its turn: is there something to present?  ret_done: no, and
	 * that is fine.
	 */
	enum firma_err (*check)(void *arg, const struct firma_token *t,
	    bool *ret_done, struct firma_cause *cause);
	/* Ask the token process; fd, on which the PIN comes, is taken. */
	enum firma_err (*ask)(void *arg, struct firma_token *t,
	    const struct firma_present_terms *terms, int fd, firma_token_fn *fn,
	    void *fn_arg, struct firma_cause *cause);
	/* The token process's own answer, before end(); or NULL. */
	void (*answer)(void *arg, const struct firma_frame *f);
	/* Over; the token is known as it is now.  Called exactly once. */
	void (*end)(void *arg, enum firma_err r, bool presented,
	    const struct firma_cause *cause);
};

struct firma_present {
	const struct firma_present_ops *ops;
	void *arg;
	struct firma_task *q; /* gets the channel; NULL: the agent itself */
	int fd;               /* of the agent itself: a credential; taken */
	bool is_kept;         /* the PIN that the token process keeps */
	const char *rule;     /* without q: why the agent may, for the ledger */
	uint32_t flags;       /* FIRMA_UNLOCK_..., FIRMA_INIT_ERASE */
};

/*
 * Present now, or when its turn comes.  ops->end may be called before this
 * returns; not when it fails:
 *
 * FIRMA_ERR_TOKEN_BUSY  FIRMA_PRESENT_WAIT_MAX wait
 */
FIRMA_CHECKED enum firma_err firma_present_begin(struct firma_token *t,
    const struct firma_present *p, struct firma_cause *cause);

/* Bring what t shows of its PIN records up to date. */
void firma_present_note(struct firma_token *t);

/* Does the token's process keep the PIN of the token that is there? */
bool firma_present_is_kept(const struct firma_token *t);

/* How long a request may take to which fd was given, or -1: no person. */
uint64_t firma_present_ns(const struct firma_token *t, int fd);

/* Both ends of a one-shot channel; theirs goes to the client. */
FIRMA_CHECKED enum firma_err firma_present_channel(
    int *ret_ours, int *ret_theirs, struct firma_cause *cause);

#endif
