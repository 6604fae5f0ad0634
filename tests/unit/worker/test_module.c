/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "pkcs11/worker/module.h"

static void
text_comes_out_clean(void **state)
{
	static const struct {
		const char *in, *out;
	} list[] = {
		{ "label           ", "label" }, { "", "" }, { "     ", "" },
		{ "two words  ", "two words" },
		{ "a\xc3\xb1o  ", "a\xc3\xb1o" }, { "a\xf1o", "a?o" },
		{ "\033[31mred", "?[31mred" }, { "cut\xc3", "cut?" },
		{ "\xff\xff\xff", "???" }, { "what?", "what?" },
		{ "line\nfeed", "line?feed" },
		{ "\xe2\x80\xaetxt", "?txt" }, /* right-to-left override */
	};
	char room[65];

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		firma_module_text((const unsigned char *)list[i].in,
		    strlen(list[i].in), room, sizeof(room));
		assert_string_equal(room, list[i].out);
	}
}

static void
text_fits_its_room(void **state)
{
	char room[4];

	(void)state;
	firma_module_text(
	    (const unsigned char *)"abcdef", 6, room, sizeof(room));
	assert_string_equal(room, "abc");
	/* Never half a character. */
	firma_module_text(
	    (const unsigned char *)"ab\xc3\xb1", 4, room, sizeof(room));
	assert_string_equal(room, "ab");
	firma_module_text(
	    (const unsigned char *)"a\0\0\0", 4, room, sizeof(room));
	assert_string_equal(room, "a");
}

static void
what_is_no_module_is_refused(void **state)
{
	static const char *const list[] = { "/nonexistent.so", "/etc/passwd",
		"libm.so.6" };

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		struct firma_module m = { .path = "untouched" };
		struct firma_cause c = { 0 };

		assert_int_equal(
		    firma_module_load(list[i], &m, &c), FIRMA_ERR_TOKEN_MODULE);
		assert_string_equal(m.path, "untouched");
		assert_non_null(strstr(c.what, list[i]));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_comes_out_clean),
		cmocka_unit_test(text_fits_its_room),
		cmocka_unit_test(what_is_no_module_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
