/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.h - the renewal's state table: class, state, event -> state, effect.
 *
 * README.md here has the same table in prose; a test compares the two.
 *
 * The caller (the daemon) journals: it writes the new state before it acts
 * (JOURNAL_INTENT) and the result before it answers.  After a restart, or when
 * the client that had begun a step is gone, it gives RESTART to the step.  So
 * nothing that must not happen twice is ever repeated on a guess: the portal
 * is asked by hash, the token by CKA_ID.
 *
 * Pure.  May include: agent/base, agent/wire/values.h.  Any thread.
 */
#ifndef FIRMA_RENEWAL_MACHINE_H
#define FIRMA_RENEWAL_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/renewal/profile.h"

/*
 * What may be done again:
 *   LOCAL   the agent itself: sign, confirm; generate, request and accept look
 *           at the token first and adopt what is there
 *   FETCH   a portal operation that changes nothing when repeated
 *   SUBMIT  a portal operation that is asked about before it is repeated
 *   ONCE    a portal operation that is neither: back to the step `again`
 */
/* clang-format off */
#define FIRMA_STEP_CLASSES(X) \
	X(LOCAL,  "local") \
	X(FETCH,  "fetch") \
	X(SUBMIT, "submit") \
	X(ONCE,   "once")

#define FIRMA_STEP_EVENTS(X) \
	X(BEGIN,              "begin")       /* renew_act */ \
	X(RESULT_OK,          "ok") \
	X(RESULT_ISSUED,      "issued") \
	X(RESULT_WAIT,        "wait") \
	X(RESULT_REJECTED,    "rejected")    /* portal, or our own check of it */ \
	X(RESULT_UNREACHABLE, "unreachable") \
	X(RESULT_PERSON,      "person") \
	X(RESULT_UNKNOWN,     "unknown") \
	X(FAILED,             "failed")      /* local error, senseless answer */ \
	X(RESTART,            "restart")     /* who had begun it is gone */ \
	X(RESUME,             "resume")      /* a person says: go on */ \
	X(ABORT,              "abort")

#define FIRMA_STEP_EFFECTS(X) \
	X(NONE,           "nothing")     /* nothing to write */ \
	X(JOURNAL_INTENT, "journal")     /* write the intent, then act */ \
	X(STORE_RESULT,   "store")       /* write; stay at this step */ \
	X(NEXT_STEP,      "next")        /* write; on to the next step */ \
	X(BACK,           "back")        /* write; back to the step `again` */ \
	X(RETRY_LATER,    "later")       /* write, with not_earlier */ \
	X(TELL_PERSON,    "tell")        /* write, with why */ \
	X(REFUSE,         "refuse")      /* FIRMA_ERR_STATE; nothing changes */
/* clang-format on */

enum firma_step_class {
#define X(name, text) FIRMA_CLASS_##name,
	FIRMA_STEP_CLASSES(X)
#undef X
	    FIRMA_CLASS_N
};
enum firma_step_event {
#define X(name, text) FIRMA_EVENT_##name,
	FIRMA_STEP_EVENTS(X)
#undef X
	    FIRMA_EVENT_N
};
enum firma_step_effect {
#define X(name, text) FIRMA_EFFECT_##name,
	FIRMA_STEP_EFFECTS(X)
#undef X
	    FIRMA_EFFECT_N
};
#define FIRMA_STEP_STATE_N 7 /* values.h, asserted in machine.c */

const char *firma_step_class_name(enum firma_step_class v);
const char *firma_step_event_name(enum firma_step_event v);
const char *firma_step_effect_name(enum firma_step_effect v);

enum firma_step_class firma_step_class(const struct firma_profile_step *step);

struct firma_step_move {
	enum firma_step_state to; /* this step's state afterwards */
	enum firma_step_effect effect;
};

/* Numbers outside the enums are refused and change nothing. */
struct firma_step_move firma_step_next(enum firma_step_class c,
    enum firma_step_state state, enum firma_step_event event);

/* The event of a helper's outcome; FAILED for a number without meaning. */
enum firma_step_event firma_step_event_of(unsigned int outcome);

/*
 * Where the renewal stands after a move at step index.
 * NEXT_STEP: the next one, to-do, or complete.  BACK: the step `again` (this
 * one when it has none), to-do; if that is a submit, it is asked about first.
 */
struct firma_renewal_place {
	size_t index; /* the last step when complete */
	enum firma_step_state state;
	bool complete;
};
struct firma_renewal_place firma_renewal_arrive(
    const struct firma_profile *p, size_t index, struct firma_step_move move);

/* The rows behind firma_step_next(); masks have bit 1 << value set. */
struct firma_step_row {
	unsigned int classes, states;
	enum firma_step_event event;
	int to; /* enum firma_step_state, or FIRMA_STEP_SAME */
	enum firma_step_effect effect;
};
#define FIRMA_STEP_SAME (-1)
const struct firma_step_row *firma_step_rows(size_t *ret_n);

/* What a decision about the next thing to do is made from. */
struct firma_renewal_facts {
	enum firma_renewal_status status;
	bool unlocked;        /* the token of the step's key */
	uint64_t now;         /* same unit and clock as not_earlier */
	uint64_t not_earlier; /* 0: none */
};

/* What the client does now (renew_todo.action). */
enum firma_action firma_renewal_todo(const struct firma_profile *p,
    size_t index, enum firma_step_state state,
    const struct firma_renewal_facts *facts);

/* The operation for that action: the step's, or the one that asks. */
enum firma_portal_op firma_renewal_op(
    const struct firma_profile_step *step, enum firma_action action);

/*
 * Seconds to wait: what the portal asked for (at most FIRMA_RETRY_MAX), else
 * the step's poll, else 1, 2, 4 .. 60 by the number of failures in a row.
 * The number may be kept in memory only: a restart begins with 1 again.
 */
#define FIRMA_RETRY_MAX   3600
#define FIRMA_BACKOFF_MAX 60
unsigned int firma_renewal_wait(const struct firma_profile_step *step,
    unsigned int n_failed, uint64_t retry_after);

#endif
