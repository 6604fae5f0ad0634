/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/renewal/support.h"

#include <stdlib.h>
#include <time.h>

#include "agent/renewal/file_name.h"

static void
words_are_replaced(void **state)
{
	char name[FIRMA_FILE_NAME];

	(void)state;
	(void)setenv("TZ", "UTC", 1);
	tzset();
	firma_file_name("Renovacion_FIEL_{rfc}_{date}_{time}.ren",
	    "EKU9003173C9", INT64_C(1668913337), name);
	assert_string_equal(
	    name, "Renovacion_FIEL_EKU9003173C9_20221120_030217.ren");
	firma_file_name("{rfc}", "L&O950913MSA", 0, name);
	assert_string_equal(name, "L_O950913MSA");
	firma_file_name("{rfc}", "IA\xc3\x91L750210963", 0, name);
	assert_string_equal(name, "IA_L750210963");
	firma_file_name("{rfc}.x", "../../../etc/passwd", 0, name);
	assert_string_equal(name, "");
	firma_file_name("a{rfc}.x", "../../../etc/passwd", 0, name);
	assert_string_equal(name, "a.._.._.._etc_.x");
}

static void
what_is_no_pattern_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "{rfc", "{who}", "a/b", "a b", ".hidden", "a\n", "{}",
		"{{rfc}}",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	};
	char name[FIRMA_FILE_NAME] = "x";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(firma_file_name_fits(bad[i]));
		firma_file_name(bad[i], "X", 0, name);
		assert_string_equal(name, "");
	}
	assert_true(firma_file_name_fits("a"));
	assert_true(firma_file_name_fits("{rfc}_{date}_{time}.req"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_replaced),
		cmocka_unit_test(what_is_no_pattern_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
