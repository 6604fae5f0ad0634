/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/renewal/machine.h"

#include <stdio.h>

#include "tests/unit/renewal/support.h"

#define EACH(v, n) for (unsigned int v = 0; v < (n); v++)

static size_t
rows_for(unsigned int c, unsigned int s, unsigned int e)
{
	size_t n, hits = 0;
	const struct firma_step_row *rows = firma_step_rows(&n);

	for (size_t i = 0; i < n; i++)
		hits += rows[i].event == e && (rows[i].classes & 1u << c) &&
		    (rows[i].states & 1u << s);
	return hits;
}

static void
every_combination_has_exactly_one_row(void **state)
{
	(void)state;
	EACH(c, FIRMA_CLASS_N)
	EACH(s, FIRMA_STEP_STATE_N)
	EACH(e, FIRMA_EVENT_N)
	if (rows_for(c, s, e) != 1)
		fail_msg("%s %s %s: %zu rows", firma_step_class_name(c),
		    firma_step_state_name(s), firma_step_event_name(e),
		    rows_for(c, s, e));
}

static void
refusals_change_nothing(void **state)
{
	(void)state;
	EACH(c, FIRMA_CLASS_N)
	EACH(s, FIRMA_STEP_STATE_N)
	EACH(e, FIRMA_EVENT_N)
	{
		const struct firma_step_move m = firma_step_next(c, s, e);

		if (m.effect == FIRMA_EFFECT_REFUSE ||
		    m.effect == FIRMA_EFFECT_NONE)
			assert_int_equal(m.to, s);
		else if (m.effect == FIRMA_EFFECT_NEXT_STEP)
			assert_int_equal(m.to, FIRMA_STEP_DONE);
		assert_true(m.effect != FIRMA_EFFECT_JOURNAL_INTENT ||
		    e == FIRMA_EVENT_BEGIN);
	}
}

/* Only "unknown" from the op that asks makes a begun submission to-do again. */
static void
a_submission_is_repeated_only_after_unknown(void **state)
{
	(void)state;
	for (unsigned int s = FIRMA_STEP_INTENT; s < FIRMA_STEP_STATE_N; s++)
		EACH(e, FIRMA_EVENT_N)
		{
			const struct firma_step_move m =
			    firma_step_next(FIRMA_CLASS_SUBMIT, s, e);

			assert_true(m.effect != FIRMA_EFFECT_BACK);
			if (m.to == FIRMA_STEP_TODO)
				assert_true(s == FIRMA_STEP_ASK &&
				    e == FIRMA_EVENT_RESULT_UNKNOWN);
			if (m.to == FIRMA_STEP_INTENT)
				assert_int_equal(s, FIRMA_STEP_INTENT);
			assert_true(m.effect != FIRMA_EFFECT_JOURNAL_INTENT);
		}
}

/* A step that cannot be asked about is left, never repeated in place. */
static void
once_goes_back(void **state)
{
	(void)state;
	for (unsigned int s = FIRMA_STEP_INTENT; s < FIRMA_STEP_STATE_N; s++)
		EACH(e, FIRMA_EVENT_N)
		{
			const struct firma_step_move m =
			    firma_step_next(FIRMA_CLASS_ONCE, s, e);

			if (m.to == FIRMA_STEP_TODO)
				assert_int_equal(m.effect, FIRMA_EFFECT_BACK);
		}
}

static void
no_state_is_a_dead_end(void **state)
{
	(void)state;
	EACH(c, FIRMA_CLASS_N)
	EACH(s, FIRMA_STEP_DONE)
	{
		bool leaves = false;

		EACH(e, FIRMA_EVENT_ABORT)
		{
			const struct firma_step_move m =
			    firma_step_next(c, s, e);

			leaves = leaves || m.to != s ||
			    m.effect == FIRMA_EFFECT_BACK;
		}
		assert_true(leaves);
		assert_int_equal(
		    firma_step_next(c, s, FIRMA_EVENT_ABORT).effect,
		    FIRMA_EFFECT_STORE_RESULT);
	}
}

static void
numbers_outside_are_refused(void **state)
{
	struct firma_step_move m;

	(void)state;
	m = firma_step_next(99, FIRMA_STEP_TODO, FIRMA_EVENT_BEGIN);
	assert_int_equal(m.effect, FIRMA_EFFECT_REFUSE);
	m = firma_step_next(FIRMA_CLASS_LOCAL, 99, FIRMA_EVENT_BEGIN);
	assert_int_equal(m.effect, FIRMA_EFFECT_REFUSE);
	m = firma_step_next(FIRMA_CLASS_LOCAL, FIRMA_STEP_TODO, 99);
	assert_int_equal(m.effect, FIRMA_EFFECT_REFUSE);
	assert_int_equal(m.to, FIRMA_STEP_TODO);
	assert_int_equal(firma_step_event_of(77), FIRMA_EVENT_FAILED);
	assert_int_equal(firma_step_event_of(FIRMA_OUTCOME_UNKNOWN),
	    FIRMA_EVENT_RESULT_UNKNOWN);
	assert_string_equal(firma_step_event_name(99), "?");
}

static void
names_of(unsigned int mask, unsigned int n, const char *(*name)(unsigned int),
    char *ret, size_t size)
{
	size_t len = 0;

	ret[0] = '\0';
	EACH(i, n)
	if (mask & 1u << i)
		len += (size_t)snprintf(ret + len, size - len, "%s%s",
		    len == 0 ? "" : ", ", name(i));
}

static const char *
class_name(unsigned int c)
{
	return firma_step_class_name(c);
}

/* One row as README.md has it. */
static void
row_text(const struct firma_step_row *r, char *ret, size_t size)
{
	char classes[64], states[96];

	names_of(
	    r->classes, FIRMA_CLASS_N, class_name, classes, sizeof(classes));
	names_of(r->states, FIRMA_STEP_STATE_N, firma_step_state_name, states,
	    sizeof(states));
	(void)snprintf(ret, size, "| %s | %s | %s | %s | %s |\n",
	    firma_step_event_name(r->event), classes, states,
	    r->to == FIRMA_STEP_SAME
		? "same"
		: firma_step_state_name((unsigned int)r->to),
	    firma_step_effect_name(r->effect));
}

static void
readme_has_the_same_table(void **state)
{
	static const char begin[] = "|---|---|---|---|---|\n";
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	const struct firma_step_row *rows;
	const char *at;
	char line[256];
	size_t n;

	(void)state;
	read_source("agent/renewal/README.md", &text);
	assert_int_equal(firma_buf_put_u8(&text, 0), FIRMA_OK);
	at = strstr((const char *)text.at, begin);
	assert_non_null(at);
	at += strlen(begin);
	rows = firma_step_rows(&n);
	for (size_t i = 0; i < n; i++) {
		row_text(&rows[i], line, sizeof(line));
		if (strncmp(at, line, strlen(line)) != 0)
			fail_msg("README.md lacks, in its place: %s", line);
		at += strlen(line);
	}
	assert_true(*at != '|');
}

static void
todo_says_what_the_client_does(void **state)
{
	FIRMA_OWN(firma_profile_done) struct firma_profile *p = read_imss();
	struct firma_renewal_facts f = { FIRMA_RENEWAL_OPEN, true, 100, 0 };
	const size_t sign = firma_profile_step(p, "notice.sign");
	const size_t enter = firma_profile_step(p, "notice.enter");
	const size_t data = firma_profile_step(p, "data.confirm");
	const size_t submit = firma_profile_step(p, "request.submit");
	const size_t fetch = firma_profile_step(p, "certificate.fetch");

	(void)state;
#define WANT(step, st) firma_renewal_todo(p, step, FIRMA_STEP_##st, &f)
	assert_int_equal(WANT(sign, TODO), FIRMA_ACTION_ACT);
	assert_int_equal(WANT(data, TODO), FIRMA_ACTION_CONFIRM);
	assert_int_equal(WANT(submit, TODO), FIRMA_ACTION_PORTAL);
	assert_int_equal(WANT(submit, INTENT), FIRMA_ACTION_ASK);
	assert_int_equal(WANT(submit, ASK), FIRMA_ACTION_ASK);
	assert_int_equal(WANT(submit, WAIT), FIRMA_ACTION_ASK);
	assert_int_equal(WANT(submit, PERSON), FIRMA_ACTION_PERSON);
	assert_int_equal(WANT(submit, REFUSED), FIRMA_ACTION_PERSON);
	assert_int_equal(WANT(submit, DONE), FIRMA_ACTION_NOTHING);
	assert_int_equal(WANT(fetch, INTENT), FIRMA_ACTION_PORTAL);
	assert_int_equal(WANT(enter, TODO), FIRMA_ACTION_PORTAL);
	assert_int_equal(WANT(enter, INTENT), FIRMA_ACTION_ACT);
	assert_int_equal(WANT(enter, ASK), FIRMA_ACTION_ACT);
	assert_int_equal(WANT(p->n_steps, TODO), FIRMA_ACTION_NOTHING);

	f.not_earlier = 101;
	assert_int_equal(WANT(fetch, WAIT), FIRMA_ACTION_WAIT);
	assert_int_equal(WANT(fetch, TODO), FIRMA_ACTION_WAIT);
	assert_int_equal(WANT(submit, ASK), FIRMA_ACTION_WAIT);
	assert_int_equal(WANT(submit, PERSON), FIRMA_ACTION_PERSON);
	f.now = 101;
	assert_int_equal(WANT(fetch, WAIT), FIRMA_ACTION_PORTAL);

	f.unlocked = false;
	assert_int_equal(WANT(sign, TODO), FIRMA_ACTION_UNLOCK);
	assert_int_equal(WANT(data, TODO), FIRMA_ACTION_CONFIRM);
	assert_int_equal(WANT(submit, TODO), FIRMA_ACTION_PORTAL);
	f.status = FIRMA_RENEWAL_ABORTED;
	assert_int_equal(WANT(sign, TODO), FIRMA_ACTION_NOTHING);
#undef WANT
	assert_int_equal(firma_renewal_op(&p->steps[submit], FIRMA_ACTION_ASK),
	    FIRMA_OP_FIND_REQUEST);
	assert_int_equal(
	    firma_renewal_op(&p->steps[submit], FIRMA_ACTION_PORTAL),
	    FIRMA_OP_SUBMIT_REQUEST);
	assert_int_equal(firma_renewal_op(&p->steps[submit], FIRMA_ACTION_WAIT),
	    FIRMA_OP_NONE);
}

static void
waits_grow_and_end(void **state)
{
	static const unsigned int want[] = { 1, 1, 2, 4, 8, 16, 32, 60, 60 };
	const struct firma_profile_step s = { .poll_s = 0 };
	const struct firma_profile_step polls = { .poll_s = 5 };

	(void)state;
	EACH(i, 9)
	assert_int_equal(firma_renewal_wait(&s, i, 0), want[i]);
	assert_int_equal(firma_renewal_wait(&s, UINT32_MAX, 0), 60);
	assert_int_equal(firma_renewal_wait(&polls, 0, 0), 5);
	assert_int_equal(firma_renewal_wait(&polls, 3, 0), 4);
	assert_int_equal(firma_renewal_wait(&polls, 3, 17), 17);
	assert_int_equal(
	    firma_renewal_wait(&s, 0, UINT64_MAX), FIRMA_RETRY_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_combination_has_exactly_one_row),
		cmocka_unit_test(refusals_change_nothing),
		cmocka_unit_test(a_submission_is_repeated_only_after_unknown),
		cmocka_unit_test(once_goes_back),
		cmocka_unit_test(no_state_is_a_dead_end),
		cmocka_unit_test(numbers_outside_are_refused),
		cmocka_unit_test(readme_has_the_same_table),
		cmocka_unit_test(todo_says_what_the_client_does),
		cmocka_unit_test(waits_grow_and_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
