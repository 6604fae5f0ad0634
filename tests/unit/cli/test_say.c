/* SPDX-License-Identifier: Apache-2.0 */
/* Every error says what to do next, and has an exit status of the manual. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/say.h"

static const enum firma_err errors[] = {
#define X(name, wire, exit, text) name,
	FIRMA_ERR_LIST(X)
#undef X
};
#define N_ERRORS (sizeof(errors) / sizeof(errors[0]))

static void
every_error_has_advice(void **state)
{
	(void)state;
	assert_null(say_advice(FIRMA_OK));
	for (size_t i = 0; i < N_ERRORS; i++) {
		if (errors[i] == FIRMA_OK)
			continue;
		if (say_advice(errors[i]) == NULL)
			fail_msg("%s", firma_err_name(errors[i]));
		assert_true(strlen(say_advice(errors[i])) > 10);
	}
}

static void
exit_status_is_the_errors(void **state)
{
	const struct firma_cause why = { FIRMA_CAUSE_CKR, 0xa0, "main" };

	(void)state;
	assert_int_equal(
	    say_failure(FIRMA_ERR_PIN, &why, "owner", "x"), FIRMA_EXIT_PIN);
	assert_int_equal(
	    say_failure(FIRMA_ERR_DENIED, NULL, NULL, "x"), FIRMA_EXIT_DENIED);
	assert_int_equal(
	    say_refusal(FIRMA_EXIT_PERSON, NULL, "x"), FIRMA_EXIT_PERSON);
}

static void
reasons_that_begin_with_an_error(void **state)
{
	const char *rest;

	(void)state;
	assert_string_equal(
	    say_begun("the portal refused (no)", &rest), "the portal refused");
	assert_string_equal(rest, " (no)");
	assert_string_equal(say_begun("something else", &rest), "");
	assert_string_equal(rest, "something else");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_error_has_advice),
		cmocka_unit_test(exit_status_is_the_errors),
		cmocka_unit_test(reasons_that_begin_with_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
