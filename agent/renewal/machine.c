/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/renewal/machine.h"

_Static_assert(FIRMA_STEP_STATE_N == FIRMA_STEP_DONE + 1,
    "values.h has another number of step states");

/* Classes and states as masks, so that a row reads like its sentence. */
#define L           (1u << FIRMA_CLASS_LOCAL)
#define F           (1u << FIRMA_CLASS_FETCH)
#define S           (1u << FIRMA_CLASS_SUBMIT)
#define O           (1u << FIRMA_CLASS_ONCE)
#define ALL         (L | F | S | O)

#define TODO        (1u << FIRMA_STEP_TODO)
#define INTENT      (1u << FIRMA_STEP_INTENT)
#define ASK         (1u << FIRMA_STEP_ASK)
#define WAIT        (1u << FIRMA_STEP_WAIT)
#define PERSON      (1u << FIRMA_STEP_PERSON)
#define REFUSED     (1u << FIRMA_STEP_REFUSED)
#define DONE        (1u << FIRMA_STEP_DONE)
#define ANY         ((1u << FIRMA_STEP_STATE_N) - 1)
#define BUT(states) (ANY & ~(states))

#define ROW(classes, states, event, to, effect)                        \
	{                                                              \
		classes, states, FIRMA_EVENT_##event, FIRMA_STEP_##to, \
		    FIRMA_EFFECT_##effect                              \
	}

/* clang-format off */
static const struct firma_step_row rows[] = {
	/* renew_act: begin, or go on where nobody is known to be at work */
	ROW(ALL,     TODO,                    BEGIN, INTENT, JOURNAL_INTENT),
	ROW(L | F,   INTENT | WAIT,           BEGIN, INTENT, JOURNAL_INTENT),
	ROW(L | F,   ASK,                     BEGIN, SAME,   REFUSE),
	ROW(S,       INTENT | WAIT,           BEGIN, ASK,    STORE_RESULT),
	ROW(S,       ASK,                     BEGIN, ASK,    NONE),
	ROW(O,       INTENT | ASK | WAIT,     BEGIN, TODO,   BACK),
	ROW(ALL,     PERSON | REFUSED | DONE, BEGIN, SAME,   REFUSE),

	/* done */
	ROW(ALL,     INTENT,                  RESULT_OK, DONE, NEXT_STEP),
	ROW(S,       ASK,                     RESULT_OK, DONE, NEXT_STEP),
	ROW(S,       BUT(INTENT | ASK),       RESULT_OK, SAME, REFUSE),
	ROW(L|F|O,   BUT(INTENT),             RESULT_OK, SAME, REFUSE),

	/* the certificate exists */
	ROW(F,       INTENT,                  RESULT_ISSUED, DONE, NEXT_STEP),
	ROW(S,       INTENT | ASK,            RESULT_ISSUED, DONE, NEXT_STEP),
	ROW(F,       BUT(INTENT),             RESULT_ISSUED, SAME, REFUSE),
	ROW(S,       BUT(INTENT | ASK),       RESULT_ISSUED, SAME, REFUSE),
	ROW(L | O,   ANY,                     RESULT_ISSUED, SAME, REFUSE),

	/* not yet */
	ROW(F | O,   INTENT,                  RESULT_WAIT, WAIT, RETRY_LATER),
	ROW(S,       INTENT | ASK,            RESULT_WAIT, WAIT, RETRY_LATER),
	ROW(F | O,   BUT(INTENT),             RESULT_WAIT, SAME, REFUSE),
	ROW(S,       BUT(INTENT | ASK),       RESULT_WAIT, SAME, REFUSE),
	ROW(L,       ANY,                     RESULT_WAIT, SAME, REFUSE),

	/* no */
	ROW(ALL,     INTENT,                  RESULT_REJECTED, REFUSED, TELL_PERSON),
	ROW(S,       ASK,                     RESULT_REJECTED, REFUSED, TELL_PERSON),
	ROW(S,       BUT(INTENT | ASK),       RESULT_REJECTED, SAME, REFUSE),
	ROW(L|F|O,   BUT(INTENT),             RESULT_REJECTED, SAME, REFUSE),

	/* nobody knows whether it arrived */
	ROW(F,       INTENT,                  RESULT_UNREACHABLE, TODO, RETRY_LATER),
	ROW(O,       INTENT,                  RESULT_UNREACHABLE, ASK,  RETRY_LATER),
	ROW(S,       INTENT | ASK,            RESULT_UNREACHABLE, ASK,  RETRY_LATER),
	ROW(F | O,   BUT(INTENT),             RESULT_UNREACHABLE, SAME, REFUSE),
	ROW(S,       BUT(INTENT | ASK),       RESULT_UNREACHABLE, SAME, REFUSE),
	ROW(L,       ANY,                     RESULT_UNREACHABLE, SAME, REFUSE),

	/* a person has to act */
	ROW(ALL,     INTENT,                  RESULT_PERSON, PERSON, TELL_PERSON),
	ROW(S,       ASK,                     RESULT_PERSON, PERSON, TELL_PERSON),
	ROW(S,       BUT(INTENT | ASK),       RESULT_PERSON, SAME, REFUSE),
	ROW(L|F|O,   BUT(INTENT),             RESULT_PERSON, SAME, REFUSE),

	/* the portal does not know it: safe to submit, odd for a fetch */
	ROW(S,       ASK,                     RESULT_UNKNOWN, TODO,   STORE_RESULT),
	ROW(S,       INTENT,                  RESULT_UNKNOWN, ASK,    STORE_RESULT),
	ROW(F,       INTENT,                  RESULT_UNKNOWN, PERSON, TELL_PERSON),
	ROW(S,       BUT(INTENT | ASK),       RESULT_UNKNOWN, SAME,   REFUSE),
	ROW(F,       BUT(INTENT),             RESULT_UNKNOWN, SAME,   REFUSE),
	ROW(L | O,   ANY,                     RESULT_UNKNOWN, SAME,   REFUSE),

	/* an error on our side, or an answer without sense */
	ROW(L,       INTENT,                  FAILED, TODO, STORE_RESULT),
	ROW(F,       INTENT,                  FAILED, TODO, RETRY_LATER),
	ROW(O,       INTENT,                  FAILED, ASK,  RETRY_LATER),
	ROW(S,       INTENT | ASK,            FAILED, ASK,  RETRY_LATER),
	ROW(S,       BUT(INTENT | ASK),       FAILED, SAME, REFUSE),
	ROW(L|F|O,   BUT(INTENT),             FAILED, SAME, REFUSE),

	/* the agent was restarted, or the client that had begun it is gone */
	ROW(L | F,   INTENT,                  RESTART, TODO, STORE_RESULT),
	ROW(S,       INTENT,                  RESTART, ASK,  STORE_RESULT),
	ROW(O,       INTENT,                  RESTART, TODO, BACK),
	ROW(ALL,     BUT(INTENT),             RESTART, SAME, NONE),

	/* a person says: go on, and now */
	ROW(ALL,     TODO,                    RESUME, TODO, STORE_RESULT),
	ROW(L | F,   INTENT | ASK | WAIT,     RESUME, TODO, STORE_RESULT),
	ROW(L | F,   PERSON | REFUSED,        RESUME, TODO, BACK),
	ROW(S,       BUT(TODO | DONE),        RESUME, ASK,  STORE_RESULT),
	ROW(O,       BUT(TODO | DONE),        RESUME, TODO, BACK),
	ROW(ALL,     DONE,                    RESUME, SAME, REFUSE),

	/* the state stays as evidence; the renewal's status says aborted */
	ROW(ALL,     BUT(DONE),               ABORT, SAME, STORE_RESULT),
	ROW(ALL,     DONE,                    ABORT, SAME, REFUSE),
};
/* clang-format on */

const struct firma_step_row *
firma_step_rows(size_t *ret_n)
{
	*ret_n = sizeof(rows) / sizeof(rows[0]);
	return rows;
}

#define NAME_OF(function, type, list, count)                       \
	const char *function(type v)                               \
	{                                                          \
		static const char *const names[] = { list(NAME) }; \
                                                                   \
		return (unsigned int)v < (count) ? names[v] : "?"; \
	}
#define NAME(name, text) text,
NAME_OF(firma_step_class_name, enum firma_step_class, FIRMA_STEP_CLASSES,
    FIRMA_CLASS_N)
NAME_OF(firma_step_event_name, enum firma_step_event, FIRMA_STEP_EVENTS,
    FIRMA_EVENT_N)
NAME_OF(firma_step_effect_name, enum firma_step_effect, FIRMA_STEP_EFFECTS,
    FIRMA_EFFECT_N)

enum firma_step_class
firma_step_class(const struct firma_profile_step *step)
{
	if (step->what != FIRMA_DO_PORTAL)
		return FIRMA_CLASS_LOCAL;
	switch (firma_op_kind(step->op)) {
	case FIRMA_OP_IS_FETCH:
		return FIRMA_CLASS_FETCH;
	case FIRMA_OP_IS_SUBMIT:
		return FIRMA_CLASS_SUBMIT;
	case FIRMA_OP_IS_ONCE:
	case FIRMA_OP_IS_ASK: /* never a step: the strictest class */
		break;
	}
	return FIRMA_CLASS_ONCE;
}

struct firma_step_move
firma_step_next(enum firma_step_class c, enum firma_step_state state,
    enum firma_step_event event)
{
	if ((unsigned int)c < FIRMA_CLASS_N &&
	    (unsigned int)state < FIRMA_STEP_STATE_N)
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			const struct firma_step_row *r = &rows[i];

			if (r->event == event && (r->classes & 1u << c) != 0 &&
			    (r->states & 1u << state) != 0)
				return (struct firma_step_move){ r->to ==
						FIRMA_STEP_SAME
					    ? state
					    : (enum firma_step_state)r->to,
					r->effect };
		}
	return (struct firma_step_move){ state, FIRMA_EFFECT_REFUSE };
}

enum firma_step_event
firma_step_event_of(unsigned int outcome)
{
	switch (outcome) {
#define X(name, n, text)           \
	case FIRMA_OUTCOME_##name: \
		return FIRMA_EVENT_RESULT_##name;
		FIRMA_OUTCOMES(X)
#undef X
	default:
		return FIRMA_EVENT_FAILED;
	}
}

struct firma_renewal_place
firma_renewal_arrive(
    const struct firma_profile *p, size_t index, struct firma_step_move move)
{
	struct firma_renewal_place at = { index, move.to, false };

	if (index >= p->n_steps)
		return at;
	if (move.effect == FIRMA_EFFECT_NEXT_STEP) {
		at.complete = index + 1 == p->n_steps;
		if (!at.complete) {
			at.index = index + 1;
			at.state = FIRMA_STEP_TODO;
		}
	} else if (move.effect == FIRMA_EFFECT_BACK) {
		if (p->steps[index].again < p->n_steps)
			at.index = p->steps[index].again;
		at.state =
		    firma_step_class(&p->steps[at.index]) == FIRMA_CLASS_SUBMIT
		    ? FIRMA_STEP_ASK
		    : FIRMA_STEP_TODO;
	}
	return at;
}

/* A step with its turn now: what is done about it. */
static enum firma_action
act_on(const struct firma_profile_step *step, enum firma_step_state state,
    const struct firma_renewal_facts *facts)
{
	const enum firma_step_class c = firma_step_class(step);

	if (c == FIRMA_CLASS_LOCAL && step->what == FIRMA_DO_CONFIRM)
		return FIRMA_ACTION_CONFIRM;
	if (c == FIRMA_CLASS_LOCAL)
		return facts->unlocked ? FIRMA_ACTION_ACT : FIRMA_ACTION_UNLOCK;
	if (c == FIRMA_CLASS_FETCH || state == FIRMA_STEP_TODO)
		return FIRMA_ACTION_PORTAL;
	/* Begun, and not known how it went: ask, or renew_act leads back. */
	return c == FIRMA_CLASS_SUBMIT ? FIRMA_ACTION_ASK : FIRMA_ACTION_ACT;
}

enum firma_action
firma_renewal_todo(const struct firma_profile *p, size_t index,
    enum firma_step_state state, const struct firma_renewal_facts *facts)
{
	if (facts->status != FIRMA_RENEWAL_OPEN || index >= p->n_steps)
		return FIRMA_ACTION_NOTHING;
	switch (state) {
	case FIRMA_STEP_DONE:
		return FIRMA_ACTION_NOTHING;
	case FIRMA_STEP_PERSON:
	case FIRMA_STEP_REFUSED:
		return FIRMA_ACTION_PERSON;
	case FIRMA_STEP_TODO:
	case FIRMA_STEP_ASK:
	case FIRMA_STEP_WAIT:
		if (facts->now < facts->not_earlier)
			return FIRMA_ACTION_WAIT;
		break;
	case FIRMA_STEP_INTENT:
		break;
	}
	return act_on(&p->steps[index], state, facts);
}

enum firma_portal_op
firma_renewal_op(
    const struct firma_profile_step *step, enum firma_action action)
{
	if (action == FIRMA_ACTION_ASK)
		return step->reconcile;
	return action == FIRMA_ACTION_PORTAL ? step->op : FIRMA_OP_NONE;
}

unsigned int
firma_renewal_wait(const struct firma_profile_step *step, unsigned int n_failed,
    uint64_t retry_after)
{
	unsigned int wait = 1;

	if (retry_after > 0)
		return retry_after > FIRMA_RETRY_MAX
		    ? FIRMA_RETRY_MAX
		    : (unsigned int)retry_after;
	if (n_failed == 0 && step->poll_s > 0)
		return step->poll_s;
	while (n_failed > 1 && wait < FIRMA_BACKOFF_MAX) {
		wait *= 2;
		n_failed--;
	}
	return wait < FIRMA_BACKOFF_MAX ? wait : FIRMA_BACKOFF_MAX;
}
