/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/own.h"

static struct firma_bytes
bytes(const char *s)
{
	return firma_bytes_of(s, strlen(s));
}

static void
it_grows_and_drops(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	char wanted[3001];

	(void)state;
	for (size_t i = 0; i < 3000; i++) {
		wanted[i] = (char)('a' + i % 26);
		assert_int_equal(
		    firma_buf_put_u8(&b, (uint8_t)wanted[i]), FIRMA_OK);
	}
	assert_int_equal(b.len, 3000);
	assert_memory_equal(b.at, wanted, 3000);
	firma_buf_drop(&b, 0);
	assert_int_equal(b.len, 3000);
	firma_buf_drop(&b, 1000);
	assert_int_equal(b.len, 2000);
	assert_memory_equal(b.at, wanted + 1000, 2000);
	/* What was dropped is not left behind the end. */
	for (size_t i = 2000; i < 3000; i++)
		assert_int_equal(b.at[i], 0);
	firma_buf_drop(&b, 2000);
	assert_int_equal(b.len, 0);
	assert_int_equal(firma_buf_put_str(&b, "again"), FIRMA_OK);
	assert_memory_equal(b.at, "again", 5);
	assert_int_equal(firma_buf_put(&b, firma_bytes_of(NULL, 0)), FIRMA_OK);
	assert_int_equal(b.len, 5);
}

static void
it_has_a_maximum(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };

	(void)state;
	assert_int_equal(firma_buf_put_str(&b, "abc"), FIRMA_OK);
	const uint8_t *at = b.at;

	assert_int_equal(
	    firma_buf_reserve(&b, FIRMA_BUF_MAX - 2), FIRMA_ERR_NOMEM);
	assert_int_equal(firma_buf_reserve(&b, SIZE_MAX), FIRMA_ERR_NOMEM);
	assert_ptr_equal(b.at, at);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.at, "abc", 3);
	assert_int_equal(firma_buf_reserve(&b, FIRMA_BUF_MAX - 3), FIRMA_OK);
	assert_true(b.cap >= FIRMA_BUF_MAX);
	firma_buf_done(&b);
	assert_null(b.at);
	firma_buf_done(&b);
}

static void
views_are_compared_whole(void **state)
{
	(void)state;
	assert_true(firma_bytes_equal(bytes("ab"), bytes("ab")));
	assert_false(firma_bytes_equal(bytes("ab"), bytes("ac")));
	assert_false(firma_bytes_equal(bytes("ab"), bytes("abc")));
	assert_true(firma_bytes_equal(bytes(""), firma_bytes_of(NULL, 0)));
}

static void
hex(void **state)
{
	static const char *const bad[] = { "0", "000", "0g", "g0", " 00", "00 ",
		"0x00", "-1", "\xc3\xb1" };
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	uint8_t all[256];
	char text[513];

	(void)state;
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	firma_hex(firma_bytes_of(all, sizeof(all)), text);
	assert_int_equal(strlen(text), 512);
	assert_memory_equal(text, "000102030405060708090a0b0c0d0e0f10", 34);
	assert_int_equal(firma_unhex(text, &b), FIRMA_OK);
	assert_int_equal(b.len, sizeof(all));
	assert_memory_equal(b.at, all, sizeof(all));
	b.len = 0;
	assert_int_equal(firma_unhex("AbCdEf", &b), FIRMA_OK);
	assert_memory_equal(b.at, "\xab\xcd\xef", 3);
	assert_int_equal(b.len, 3);
	assert_int_equal(firma_unhex("", &b), FIRMA_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(firma_unhex(bad[i], &b), FIRMA_ERR_SHAPE);
	firma_hex(firma_bytes_of(NULL, 0), text);
	assert_string_equal(text, "");
}

/* RFC 4648 section 10. */
static void
base64(void **state)
{
	static const struct {
		const char *plain, *text;
	} list[] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
		{ "\xfb\xff\xbf", "+/+/" } };
	static const char *const bad[] = { "Z", "Zg",
		"Zg=", "Zg===", "Z===", "====", "Zm9v\n", "Zm 9", "-_-_",
		"=g==", "Zg==Zg==" };

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
		FIRMA_OWN(firma_buf_done) struct firma_buf plain = { 0 };

		assert_int_equal(
		    firma_base64(bytes(list[i].plain), &text), FIRMA_OK);
		assert_true(firma_bytes_equal(
		    firma_buf_view(&text), bytes(list[i].text)));
		assert_int_equal(
		    firma_unbase64(bytes(list[i].text), &plain), FIRMA_OK);
		assert_true(firma_bytes_equal(
		    firma_buf_view(&plain), bytes(list[i].plain)));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf plain = { 0 };

		if (firma_unbase64(bytes(bad[i]), &plain) == FIRMA_OK)
			fail_msg("taken: \"%s\"", bad[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_grows_and_drops),
		cmocka_unit_test(it_has_a_maximum),
		cmocka_unit_test(views_are_compared_whole),
		cmocka_unit_test(hex),
		cmocka_unit_test(base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
