/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* tests/badmodule/README.md names each sin of both tables, and no other. */
static void
the_page_and_the_table_agree(void **state)
{
	static const struct {
		const char *word, *what;
	} list[] = {
#define SIN(name, word, what) { word, what },
#include "tests/badmodule/sins.def"
#undef SIN
#define VERB(name, verb, arguments, what) { verb ":FUNCTION" arguments, what },
#include "tests/badmodule/verbs.def"
#undef VERB
	};
	const size_t n = sizeof(list) / sizeof(list[0]);
	char line[256], want[256];
	size_t found = 0;
	FILE *f = fopen(README, "re");

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, "| `", 3) != 0 ||
		    strncmp(line, "| `FIRMA_", 9) == 0 ||
		    strstr(line, ".def`") != NULL)
			continue;
		assert_in_range(found, 0, n - 1);
		(void)snprintf(want, sizeof(want), "| `%s` | %s |\n",
		    list[found].word, list[found].what);
		assert_string_equal(line, want);
		found++;
	}
	(void)fclose(f);
	assert_int_equal(found, n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_and_the_table_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
