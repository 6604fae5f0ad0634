/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/own.h"
#include "cli/portal/request.h"

#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static enum firma_err
parse(const char *line, struct portal_request *q)
{
	struct firma_cause cause = { 0 };

	return portal_request_parse(
	    firma_bytes_of(line, strlen(line)), q, &cause);
}

static void
a_whole_request_is_taken(void **state)
{
	FIRMA_OWN(portal_request_done) struct portal_request q = { 0 };

	(void)state;
	assert_int_equal(parse("{\"id\":7,\"op\":\"submit-letter\","
			       "\"letter\":\"terms\",\"role\":\"old\","
			       "\"file\":\"terms.old\","
			       "\"signature_sha256\":\"" HASH "\",\"new\":1}",
			     &q),
	    FIRMA_OK);
	assert_int_equal(q.id, 7);
	assert_int_equal(q.op, PORTAL_OP_SUBMIT_LETTER);
	assert_string_equal(q.letter, "terms");
	assert_string_equal(q.role, "old");
	assert_string_equal(q.file, "terms.old");
	assert_string_equal(q.sha256, HASH);
}

static void
open_brings_site_and_session(void **state)
{
	FIRMA_OWN(portal_request_done) struct portal_request q = { 0 };

	(void)state;
	assert_int_equal(parse("{\"id\":1,\"op\":\"open\",\"base\":\"https://"
			       "h/\",\"endpoints\":{\"data\":\"d\"},"
			       "\"session\":\"a\\tb\\n\",\"lang\":\"es\"}",
			     &q),
	    FIRMA_OK);
	assert_string_equal(q.session, "a\tb\n");
	assert_string_equal(q.lang, "es");
	assert_string_equal(
	    json_string_value(json_object_get(q.endpoints, "data")), "d");
}

static void
the_id_is_known_even_when_the_rest_is_wrong(void **state)
{
	struct portal_request q = { 0 };

	(void)state;
	assert_int_equal(
	    parse("{\"id\":42,\"op\":\"fly\"}", &q), FIRMA_ERR_VALUE);
	assert_int_equal(q.id, 42);
	assert_int_equal(
	    parse("{\"id\":1.5,\"op\":\"data\"}", &q), FIRMA_ERR_SHAPE);
	assert_int_equal(q.id, 0);
}

static void
wrong_requests_are_refused(void **state)
{
	static const char *const bad[] = { "", "null", "[]", "{}", "{\"id\":1}",
		"{\"id\":\"1\",\"op\":\"data\"}", "{\"id\":1,\"op\":7}",
		"{\"id\":1,\"id\":2,\"op\":\"data\"}",
		"{\"id\":1,\"op\":\"data\"} x", "{\"id\":1,\"op\":\"letter\"}",
		"{\"id\":1,\"op\":\"letter\",\"letter\":\"love\"}",
		"{\"id\":1,\"op\":\"letter\",\"letter\":{}}",
		"{\"id\":1,\"op\":\"enter\",\"file\":\"x\"}",
		"{\"id\":1,\"op\":\"data\",\"file\":\"../x\"}",
		"{\"id\":1,\"op\":\"find-request\",\"request_sha256\":\"E3\"}",
		"{\"id\":1,\"op\":\"confirm\",\"email\":\"a\\u001b[2J\"}",
		"{\"id\":1,\"op\":\"confirm\",\"email\":\"a\\u009b\"}",
		"{\"id\":1,\"op\":\"confirm\",\"email\":\"a\\u0000\"}",
		"{\"id\":1,\"op\":\"open\",\"base\":\"b\",\"endpoints\":[]}",
		"{\"id\":1,\"op\":\"open\",\"base\":\"b\","
		"\"endpoints\":{\"a\":1}}" };
	struct portal_request q = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_not_equal(parse(bad[i], &q), FIRMA_OK);
	assert_null(q.endpoints);
}

static void
file_names_stay_in_the_folder(void **state)
{
	static const char *const bad[] = { "", ".", "..", ".hidden", "a/b",
		"../x", "a b", "a\n", "\xc3\xb1" };
	char longest[PORTAL_FILE_MAX + 1];

	(void)state;
	assert_true(portal_file_plain("terms.old-2_x"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(portal_file_plain(bad[i]));
	memset(longest, 'a', PORTAL_FILE_MAX);
	longest[PORTAL_FILE_MAX] = '\0';
	assert_false(portal_file_plain(longest));
}

static void
clean_text_is_utf8_without_controls(void **state)
{
	static const char *const good[] = { "", "abc",
		"se\xc3\xb1or \xe2\x82\xac", "\xf0\x9f\x98\x80" };
	static const char *const bad[] = { "\x1b[0m", "a\tb", "\x7f",
		"\xc2\x9b", "\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80",
		"\xf4\x90\x80\x80", "\xe2\x82" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(portal_text_clean(
		    firma_bytes_of(good[i], strlen(good[i]))));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(
		    portal_text_clean(firma_bytes_of(bad[i], strlen(bad[i]))));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_request_is_taken),
		cmocka_unit_test(open_brings_site_and_session),
		cmocka_unit_test(the_id_is_known_even_when_the_rest_is_wrong),
		cmocka_unit_test(wrong_requests_are_refused),
		cmocka_unit_test(file_names_stay_in_the_folder),
		cmocka_unit_test(clean_text_is_utf8_without_controls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
