/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/daemon/fields.h"

static void
is(const char *before, enum firma_portal_op op, const char *answer,
    const char *name, const char *value)
{
	const struct firma_profile_step step = { .id = "x", .op = op };
	char fields[1024];
	const char *got;
	json_t *j;

	(void)snprintf(fields, sizeof(fields), "%s", before);
	firma_fields_merge(
	    fields, sizeof(fields), &step, answer, strlen(answer));
	j = json_loads(fields, 0, NULL);
	assert_non_null(j);
	got = json_string_value(json_object_get(j, name));
	assert_string_equal(got != NULL ? got : "-", value);
	json_decref(j);
}

static void
what_the_portal_says_of_the_company_is_kept_apart(void **state)
{
	(void)state;
	is("{\"name\":\"A\"}", FIRMA_OP_DATA, "{\"name\":\"B\"}", "name", "A");
	is("{\"name\":\"A\"}", FIRMA_OP_DATA, "{\"name\":\"B\"}", "portal_name",
	    "B");
	is("{\"email\":\"\"}", FIRMA_OP_DATA, "{\"email\":\"B\"}", "email",
	    "B");
	is("{}", FIRMA_OP_FINISH, "{\"folio\":\"7\"}", "x.folio", "7");
	is("{\"name\":\"A\"}", FIRMA_OP_FINISH, "{\"name\":\"B\"}", "name",
	    "A");
}

/* Letters are judged by it: a portal does not choose whose are accepted. */
static void
the_employer_s_number_is_never_the_portal_s(void **state)
{
	static const char answer[] = "{\"registro_patronal\":\"Y5472318103\"}";

	(void)state;
	is("{}", FIRMA_OP_DATA, answer, "registro_patronal", "-");
	is("{\"registro_patronal\":\"\"}", FIRMA_OP_DATA, answer,
	    "registro_patronal", "");
	is("{\"registro_patronal\":\"E5352621109\"}", FIRMA_OP_DATA, answer,
	    "registro_patronal", "E5352621109");
	is("{}", FIRMA_OP_DATA, answer, "portal_registro_patronal",
	    "Y5472318103");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_the_portal_says_of_the_company_is_kept_apart),
		cmocka_unit_test(the_employer_s_number_is_never_the_portal_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
