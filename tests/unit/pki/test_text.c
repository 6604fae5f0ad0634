/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/support.h"

#include "agent/pki/text.h"

static void
shortest_form_utf8_only(void **state)
{
	static const char *const good[] = { "", "a", "\xc3\x91", "\xe2\x82\xac",
		"\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf" };
	static const char *const bad[] = { "\x80", "\xc3", "\xc0\x80",
		"\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3\x28",
		"\xe2\x82", "IA\xd1L" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(firma_text_is_utf8(TEXT(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(firma_text_is_utf8(TEXT(bad[i])));
}

static void
what_put_writes_take_reads(void **state)
{
	static const uint32_t edges[] = { 0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff,
		0xe000, 0xffff, 0x10000, 0x10ffff };
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf one = { 0 };
		struct firma_bytes v;
		uint32_t c = 0xabcdef;

		assert_int_equal(firma_text_put(&one, edges[i]), FIRMA_OK);
		v = firma_buf_view(&one);
		assert_true(firma_text_take(&v, &c));
		assert_int_equal(c, edges[i]);
		assert_int_equal(v.len, 0);
	}
	assert_int_equal(firma_text_put(&b, 0xd800), FIRMA_ERR_VALUE);
	assert_int_equal(firma_text_put(&b, 0x110000), FIRMA_ERR_VALUE);
	assert_int_equal(b.len, 0);
}

static void
cp1252_there_and_back(void **state)
{
	static const uint8_t undefined[] = { 0x81, 0x8d, 0x8f, 0x90, 0x9d };

	(void)state;
	for (unsigned int i = 0; i < 256; i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf utf8 = { 0 };
		FIRMA_OWN(firma_buf_done) struct firma_buf back = { 0 };
		const uint8_t octet = (uint8_t)i;
		const enum firma_err want =
		    memchr(undefined, (int)i, sizeof(undefined)) != NULL
		    ? FIRMA_ERR_VALUE
		    : FIRMA_OK;

		assert_int_equal(
		    firma_text_from_cp1252(firma_bytes_of(&octet, 1), &utf8),
		    want);
		if (want != FIRMA_OK)
			continue;
		assert_int_equal(
		    firma_text_to_cp1252(firma_buf_view(&utf8), &back),
		    FIRMA_OK);
		assert_int_equal(back.len, 1);
		assert_int_equal(back.at[0], octet);
	}
}

static void
the_euro_and_n_tilde_are_where_they_belong(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf out = { 0 };

	(void)state;
	assert_int_equal(
	    firma_text_to_cp1252(BYTES("\xe2\x82\xac\xc3\xb1"), &out),
	    FIRMA_OK);
	assert_int_equal(out.len, 2);
	assert_memory_equal(out.at, "\x80\xf1", 2);
	/* U+0100 is not in it */
	assert_int_equal(
	    firma_text_to_cp1252(BYTES("\xc4\x80"), &out), FIRMA_ERR_VALUE);
	assert_int_equal(out.len, 2);
}

static void
what_could_deceive_is_not_clean(void **state)
{
	static const char *const bad[] = { "a\nb", "a\x7f", "\xc2\x85",
		"\xe2\x80\xae"
		"ABC",
		"a\xe2\x80\x8b"
		"b",
		"\xef\xbb\xbf"
		"a",
		"\xef\xbf\xbf", "\xe2\x81\xa6", "\xff" };

	(void)state;
	assert_true(firma_text_is_clean(BYTES("DISE\xc3\x91OS & OBRAS")));
	assert_false(firma_text_is_clean(BYTES("a\0b")));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(firma_text_is_clean(TEXT(bad[i])));
}

static void
what_is_shown_is_clean(void **state)
{
	char room[8];

	(void)state;
	firma_text_show(BYTES("ab"), room, sizeof(room));
	assert_string_equal(room, "ab");
	firma_text_show(BYTES("a\xff\nb"), room, sizeof(room));
	assert_string_equal(room, "a??b");
	firma_text_show(BYTES("\xe2\x80\xae"), room, sizeof(room));
	assert_string_equal(room, "?");
	firma_text_show(BYTES("123456\xc3\xb1"), room, sizeof(room));
	assert_string_equal(room, "123456");
	firma_text_show(firma_bytes_of(NULL, 0), room, sizeof(room));
	assert_string_equal(room, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_shown_is_clean),
		cmocka_unit_test(shortest_form_utf8_only),
		cmocka_unit_test(what_put_writes_take_reads),
		cmocka_unit_test(cp1252_there_and_back),
		cmocka_unit_test(the_euro_and_n_tilde_are_where_they_belong),
		cmocka_unit_test(what_could_deceive_is_not_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
