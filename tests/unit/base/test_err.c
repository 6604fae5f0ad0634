/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/err.h"

static const enum firma_err all[] = {
#define X(name, wire, exit, text) name,
	FIRMA_ERR_LIST(X)
#undef X
};

#define N_ALL (sizeof(all) / sizeof(all[0]))

static void
each_is_one_of_its_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ALL; i++) {
		assert_true(firma_err_known((unsigned)all[i]));
		for (size_t k = 0; k < i; k++) {
			assert_int_not_equal(all[i], all[k]);
			assert_string_not_equal(
			    firma_err_name(all[i]), firma_err_name(all[k]));
			assert_string_not_equal(
			    firma_err_text(all[i]), firma_err_text(all[k]));
		}
		assert_true((all[i] == FIRMA_OK) ==
		    (firma_err_exit(all[i]) == FIRMA_EXIT_OK));
	}
	assert_string_equal(firma_err_name(FIRMA_ERR_PIN), "FIRMA_ERR_PIN");
	assert_int_equal(firma_err_exit(FIRMA_ERR_PIN), 5);
}

static void
a_strange_number_is_internal(void **state)
{
	static const unsigned int strange[] = { 20, 31, 63, 200, 0xffffffffu };

	(void)state;
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		assert_false(firma_err_known(strange[i]));
		assert_string_equal(firma_err_name((enum firma_err)strange[i]),
		    "FIRMA_ERR_INTERNAL");
		assert_int_equal(firma_err_exit((enum firma_err)strange[i]),
		    FIRMA_EXIT_FAILED);
	}
}

/* n times x, then whole characters of tail, and as many as fit. */
static void
check_whole(const char *what, size_t n, const char *tail)
{
	const size_t len = strlen(what);
	const size_t width = (unsigned char)tail[0] < 0xe0 ? 2
	    : (unsigned char)tail[0] < 0xf0                ? 3
							   : 4;

	assert_true(len >= n && len < FIRMA_CAUSE_WHAT);
	assert_memory_equal(what + n, tail, len - n < 4 ? len - n : 4);
	if (width < 4)
		assert_int_equal((len - n) % width, 0);
	else
		assert_true(len == n || len - n >= 4);
	assert_true(len + width >= FIRMA_CAUSE_WHAT);
}

static void
a_cause_is_cut_and_terminated(void **state)
{
	struct firma_cause c;
	char many[400];

	(void)state;
	memset(many, 'x', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	memset(&c, 0xff, sizeof(c));
	assert_int_equal(firma_fail(&c, FIRMA_ERR_IO, FIRMA_CAUSE_ERRNO, 28,
			     "%s %d", many, 1),
	    FIRMA_ERR_IO);
	assert_int_equal(strlen(c.what), FIRMA_CAUSE_WHAT - 1);
	assert_int_equal(c.kind, FIRMA_CAUSE_ERRNO);
	assert_int_equal(c.code, 28);
	/* Never half a character: it would not be text on the wire. */
	for (size_t n = FIRMA_CAUSE_WHAT - 5; n < FIRMA_CAUSE_WHAT; n++) {
		static const char *const tails[] = { "\xc3\xb1\xc3\xb1",
			"\xe2\x82\xac\xe2\x82\xac", "\xf0\x9f\x92\xa9zz" };

		for (size_t i = 0; i < 3; i++) {
			many[n] = '\0';
			assert_int_equal(
			    firma_fail(&c, FIRMA_ERR_IO, FIRMA_CAUSE_NONE, 0,
				"%s%s%s", many, tails[i], tails[i]),
			    FIRMA_ERR_IO);
			many[n] = 'x';
			check_whole(c.what, n, tails[i]);
		}
	}
	assert_int_equal(
	    firma_fail(NULL, FIRMA_ERR_IO, FIRMA_CAUSE_NONE, 0, "x"),
	    FIRMA_ERR_IO);
}

static void
deadlines(void **state)
{
	const uint64_t now = firma_now();

	(void)state;
	assert_true(firma_after(0) >= now);
	assert_true(firma_after(FIRMA_FOREVER) == FIRMA_FOREVER);
	assert_true(firma_after(FIRMA_FOREVER - 1) == FIRMA_FOREVER);
	assert_int_equal(firma_poll_ms(FIRMA_FOREVER), -1);
	assert_int_equal(firma_poll_ms(0), 0);
	assert_int_equal(firma_poll_ms(now), 0);
	/* Rounded up: never a turn too early, which would be a busy loop. */
	assert_int_equal(firma_poll_ms(firma_now() + FIRMA_S * 10), 10000);
	assert_int_equal(firma_poll_ms(FIRMA_FOREVER - 1), 0x7fffffff);
	assert_true(firma_wall_ms() > UINT64_C(1700000000000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_one_of_its_kind),
		cmocka_unit_test(a_strange_number_is_internal),
		cmocka_unit_test(a_cause_is_cut_and_terminated),
		cmocka_unit_test(deadlines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
