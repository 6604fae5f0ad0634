/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The renewal played through the table, with a portal and a token that only
 * count.  Whatever goes wrong at whatever step, nothing happens twice.
 */
#include "agent/renewal/check.h"
#include "agent/renewal/machine.h"

#include "tests/unit/renewal/support.h"

#define MOVES_MAX 1000

/* What goes wrong, and how often, at one step. */
enum fault {
	NONE,
	DROP_AFTER,  /* the portal has it, the answer is lost */
	DROP_BEFORE, /* it never arrived */
	SAYS_WAIT,
	SAYS_REJECTED,
	SAYS_PERSON,
	SAYS_UNKNOWN,
	SAYS_NONSENSE,
	KILL_AFTER,  /* agent killed when the effect was made, not recorded */
	KILL_BEFORE, /* killed when the intent was written, nothing done */
	FAULTS
};

struct world {
	const struct firma_profile *p;
	struct firma_renewal_place at;
	size_t fault_at;
	enum fault fault;
	unsigned int left; /* times the fault still happens */
	/* the portal's and the token's own memory, per step */
	unsigned int effects[FIRMA_PROFILE_STEPS]; /* accepted or made */
	unsigned int submits[FIRMA_PROFILE_STEPS]; /* since "unknown" */
	unsigned int keys;
	unsigned int told; /* times a person was asked */
	unsigned int moves;
};

static void
give(struct world *w, enum firma_step_event e)
{
	const struct firma_profile_step *s = &w->p->steps[w->at.index];
	const struct firma_step_move m =
	    firma_step_next(firma_step_class(s), w->at.state, e);

	if (m.effect == FIRMA_EFFECT_REFUSE)
		fail_msg("%s refuses %s", s->id, firma_step_event_name(e));
	if (++w->moves > MOVES_MAX)
		fail_msg("%s: no end", s->id);
	w->at = firma_renewal_arrive(w->p, w->at.index, m);
}

static bool
strikes(struct world *w)
{
	if (w->at.index != w->fault_at || w->left == 0)
		return false;
	w->left--;
	return true;
}

/* The agent's own work: the token is looked at before a key is made. */
static void
act(struct world *w)
{
	const size_t i = w->at.index;
	const enum fault f = strikes(w) ? w->fault : NONE;

	if (f == KILL_BEFORE || f == DROP_BEFORE) {
		give(w,
		    f == KILL_BEFORE ? FIRMA_EVENT_RESTART
				     : FIRMA_EVENT_FAILED);
		return;
	}
	if (w->p->steps[i].what == FIRMA_DO_GENERATE && w->keys == 0)
		w->keys++;
	if (f == KILL_AFTER || f == DROP_AFTER)
		give(w,
		    f == KILL_AFTER ? FIRMA_EVENT_RESTART : FIRMA_EVENT_FAILED);
	else if (f == SAYS_REJECTED)
		give(w, FIRMA_EVENT_RESULT_REJECTED);
	else if (f == SAYS_PERSON)
		give(w, FIRMA_EVENT_RESULT_PERSON);
	else
		give(w, FIRMA_EVENT_RESULT_OK);
}

static enum firma_step_event
good_answer(enum firma_portal_op op)
{
	return firma_op_may_answer(op, FIRMA_OUTCOME_ISSUED)
	    ? FIRMA_EVENT_RESULT_ISSUED
	    : FIRMA_EVENT_RESULT_OK;
}

/* The helper runs the step's operation. */
static void
portal(struct world *w)
{
	const size_t i = w->at.index;
	const struct firma_profile_step *s = &w->p->steps[i];
	const enum fault f = strikes(w) ? w->fault : NONE;
	const bool arrives = f == NONE || f == DROP_AFTER || f == KILL_AFTER ||
	    f == SAYS_WAIT || f == SAYS_NONSENSE;

	if (firma_op_kind(s->op) != FIRMA_OP_IS_FETCH && ++w->submits[i] > 1)
		fail_msg("%s is submitted twice on a guess", s->id);
	if (arrives)
		w->effects[i]++;
	switch (f) {
	case NONE:
		give(w, good_answer(s->op));
		return;
	case DROP_AFTER:
	case DROP_BEFORE:
		give(w, FIRMA_EVENT_RESULT_UNREACHABLE);
		return;
	case SAYS_WAIT:
		give(w, FIRMA_EVENT_RESULT_WAIT);
		return;
	case SAYS_REJECTED:
		give(w, FIRMA_EVENT_RESULT_REJECTED);
		return;
	case SAYS_PERSON:
		give(w, FIRMA_EVENT_RESULT_PERSON);
		return;
	case SAYS_UNKNOWN:
		/* Not an answer to every operation: then it is nonsense. */
		give(w,
		    firma_op_may_answer(s->op, FIRMA_OUTCOME_UNKNOWN)
			? FIRMA_EVENT_RESULT_UNKNOWN
			: FIRMA_EVENT_FAILED);
		return;
	case SAYS_NONSENSE:
		give(w, FIRMA_EVENT_FAILED);
		return;
	case KILL_AFTER:
	case KILL_BEFORE:
		give(w, FIRMA_EVENT_RESTART);
		return;
	case FAULTS:
		break;
	}
	fail();
}

/* The helper runs the operation that asks; the portal tells the truth. */
static void
ask(struct world *w)
{
	const size_t i = w->at.index;

	if (w->effects[i] > 0) {
		give(w, good_answer(w->p->steps[i].reconcile));
		return;
	}
	w->submits[i] = 0;
	give(w, FIRMA_EVENT_RESULT_UNKNOWN);
}

/* A new login takes a new challenge: it is another submission. */
static void
forget_logins(struct world *w)
{
	for (size_t i = w->at.index; i < w->p->n_steps; i++)
		if (w->p->steps[i].op == FIRMA_OP_ENTER)
			w->submits[i] = 0;
}

static void
turn(struct world *w)
{
	const struct firma_renewal_facts facts = { FIRMA_RENEWAL_OPEN, true, 1,
		0 };
	const enum firma_action a =
	    firma_renewal_todo(w->p, w->at.index, w->at.state, &facts);
	const size_t before = w->at.index;

	if (a == FIRMA_ACTION_PERSON) {
		w->told++;
		give(w, FIRMA_EVENT_RESUME);
	} else {
		give(w, FIRMA_EVENT_BEGIN);
		if (w->at.index != before)
			; /* renew_act led back */
		else if (a == FIRMA_ACTION_PORTAL)
			portal(w);
		else if (a == FIRMA_ACTION_ASK)
			ask(w);
		else
			act(w);
	}
	if (w->at.index < before)
		forget_logins(w);
}

static void
play(struct world *w)
{
	while (!w->at.complete)
		turn(w);
	assert_int_equal(w->at.index, w->p->n_steps - 1);
	assert_int_equal(w->at.state, FIRMA_STEP_DONE);
	assert_int_equal(w->keys, 1);
	for (size_t i = 0; i < w->p->n_steps; i++) {
		const struct firma_profile_step *s = &w->p->steps[i];

		if (firma_step_class(s) == FIRMA_CLASS_SUBMIT &&
		    w->effects[i] != 1)
			fail_msg("%s: accepted %u times after fault %d at %s",
			    s->id, w->effects[i], w->fault,
			    w->p->steps[w->fault_at].id);
	}
}

static void
all_goes_well(void **state)
{
	FIRMA_OWN(firma_profile_done) struct firma_profile *p = read_imss();
	struct world w = { .p = p, .fault_at = FIRMA_STEP_NONE };

	(void)state;
	play(&w);
	assert_int_equal(w.told, 0);
	/* begin and result, once a step */
	assert_int_equal(w.moves, 2 * p->n_steps);
}

static void
each_fault_at_each_step(void **state)
{
	FIRMA_OWN(firma_profile_done) struct firma_profile *p = read_imss();

	(void)state;
	for (size_t i = 0; i < p->n_steps; i++)
		for (unsigned int f = NONE + 1; f < FAULTS; f++)
			for (unsigned int times = 1; times <= 3; times++) {
				struct world w = { .p = p,
					.fault_at = i,
					.fault = f,
					.left = times };

				play(&w);
				assert_true(w.left < times);
			}
}

/* A person is asked exactly when somebody said no or asked for one. */
static void
a_person_is_asked_when_needed(void **state)
{
	FIRMA_OWN(firma_profile_done) struct firma_profile *p = read_imss();

	(void)state;
	for (size_t i = 0; i < p->n_steps; i++)
		for (unsigned int f = NONE + 1; f < FAULTS; f++) {
			struct world w = {
				.p = p, .fault_at = i, .fault = f, .left = 1
			};
			const bool fetch =
			    p->steps[i].op == FIRMA_OP_CERTIFICATE &&
			    f == SAYS_UNKNOWN;

			play(&w);
			assert_int_equal(w.told,
			    f == SAYS_REJECTED || f == SAYS_PERSON || fetch);
		}
}

/* The portal lost the request: asked about first, then submitted again. */
static void
a_lost_request_is_found_again(void **state)
{
	FIRMA_OWN(firma_profile_done) struct firma_profile *p = read_imss();
	const size_t submit = firma_profile_step(p, "request.submit");
	const size_t fetch = firma_profile_step(p, "certificate.fetch");
	struct world w = { .p = p,
		.at = { fetch, FIRMA_STEP_TODO, false },
		.fault_at = fetch,
		.fault = SAYS_UNKNOWN,
		.left = 1,
		.keys = 1 };

	(void)state;
	turn(&w);
	assert_int_equal(w.at.state, FIRMA_STEP_PERSON);
	turn(&w);
	assert_int_equal(w.at.index, submit);
	assert_int_equal(w.at.state, FIRMA_STEP_ASK);
	turn(&w); /* unknown */
	assert_int_equal(w.at.state, FIRMA_STEP_TODO);
	turn(&w);
	assert_int_equal(w.effects[submit], 1);
	assert_int_equal(w.at.index, fetch);
}

/* Not accepted: resuming asks the portal for another, not for the same again. */
static void
a_refused_certificate_is_fetched_again(void **state)
{
	FIRMA_OWN(firma_profile_done) struct firma_profile *p = read_imss();
	const size_t fetch = firma_profile_step(p, "certificate.fetch");
	const size_t accept = firma_profile_step(p, "certificate.accept");
	struct world w = { .p = p,
		.at = { accept, FIRMA_STEP_TODO, false },
		.fault_at = accept,
		.fault = SAYS_REJECTED,
		.left = 1,
		.keys = 1 };

	(void)state;
	turn(&w);
	assert_int_equal(w.at.index, accept);
	assert_int_equal(w.at.state, FIRMA_STEP_REFUSED);
	turn(&w);
	assert_int_equal(w.at.index, fetch);
	assert_int_equal(w.at.state, FIRMA_STEP_TODO);
}

static void
the_wrong_key_is_refused_in_each_step(void **state)
{
	FIRMA_OWN(firma_profile_done) struct firma_profile *p = read_imss();

	(void)state;
	for (size_t i = 0; i < p->n_steps; i++) {
		const struct firma_profile_step *s = &p->steps[i];
		struct firma_cause cause = { 0 };
		const enum firma_step_key other =
		    s->key == FIRMA_KEY_OLD ? FIRMA_KEY_NEW : FIRMA_KEY_OLD;

		if (s->key == FIRMA_KEY_NONE) {
			assert_int_equal(
			    firma_renewal_check_key(s, FIRMA_KEY_OLD, &cause),
			    FIRMA_ERR_WRONG_STEP);
			continue;
		}
		assert_int_equal(
		    firma_renewal_check_key(s, s->key, &cause), FIRMA_OK);
		assert_int_equal(firma_renewal_check_key(s, other, &cause),
		    FIRMA_ERR_WRONG_KEY);
		assert_non_null(strstr(cause.what, s->id));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_goes_well),
		cmocka_unit_test(each_fault_at_each_step),
		cmocka_unit_test(a_person_is_asked_when_needed),
		cmocka_unit_test(a_lost_request_is_found_again),
		cmocka_unit_test(a_refused_certificate_is_fetched_again),
		cmocka_unit_test(the_wrong_key_is_refused_in_each_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
