/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/own.h"
#include "cli/portal/idse.h"
#include "cli/portal/manual.h"

static void
a_line_is_one_json_object(void **state)
{
	FIRMA_OWN(portal_answer_done)
	struct portal_answer a = { .outcome = PORTAL_WAIT, .retry_after = 3 };
	FIRMA_OWN(firma_buf_done) struct firma_buf line = { 0 };

	(void)state;
	portal_answer_text(&a, firma_bytes_of("di \"si\"", 7));
	assert_int_equal(portal_answer_field(&a, "mail", "sent"), FIRMA_OK);
	assert_int_equal(portal_answer_line(&a, 5, &line), FIRMA_OK);
	assert_int_equal(firma_buf_put_u8(&line, 0), FIRMA_OK);
	assert_string_equal((const char *)line.at,
	    "{\"id\":5,\"outcome\":\"wait\",\"text\":\"di \\\"si\\\"\","
	    "\"session\":\"\",\"fields\":{\"mail\":\"sent\"},\"file\":\"\","
	    "\"retry_after\":3}\n");
}

static void
a_failure_forgets_what_was_found(void **state)
{
	FIRMA_OWN(portal_answer_done)
	struct portal_answer a = { .outcome = PORTAL_OK, .file = "terms.pdf" };

	(void)state;
	assert_int_equal(portal_answer_field(&a, "page", "home"), FIRMA_OK);
	portal_answer_fail(
	    &a, PORTAL_UNREACHABLE, PORTAL_REASON_TIMEOUT, "late");
	assert_string_equal(a.file, "");
	assert_null(json_object_get(a.fields, "page"));
	assert_string_equal(
	    json_string_value(json_object_get(a.fields, "reason")), "timeout");
}

static void
long_text_is_cut_at_a_character(void **state)
{
	FIRMA_OWN(portal_answer_done) struct portal_answer a = { 0 };
	char text[3 * PORTAL_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3); /* a euro sign */
	portal_answer_text(&a, firma_bytes_of(text, sizeof(text)));
	assert_int_equal(strlen(a.text) % 3, 0);
	assert_in_range(
	    strlen(a.text), PORTAL_TEXT_MAX - 4, PORTAL_TEXT_MAX - 1);
	assert_true(portal_text_clean(firma_bytes_of(a.text, strlen(a.text))));
}

static void
fields_are_bounded(void **state)
{
	FIRMA_OWN(portal_answer_done) struct portal_answer a = { 0 };
	char value[PORTAL_FIELD_MAX + 2];
	char name[2] = "a";

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	assert_int_equal(portal_answer_field(&a, "a", value), FIRMA_ERR_LIMIT);
	for (int i = 0; i < PORTAL_FIELDS_MAX; i++, name[0]++)
		assert_int_equal(portal_answer_field(&a, name, "x"), FIRMA_OK);
	assert_int_equal(portal_answer_field(&a, "z", "x"), FIRMA_ERR_LIMIT);
}

static void
every_op_may_fail_and_only_questions_are_unknown(void **state)
{
	(void)state;
	for (int i = 0; i < PORTAL_N_OPS; i++) {
		const enum portal_op op = (enum portal_op)i;

		assert_int_equal(portal_op_of(portal_op_name(op)), i);
		assert_true(portal_op_may_answer(op, PORTAL_UNREACHABLE));
		assert_true(portal_op_may_answer(op, PORTAL_PERSON));
		assert_int_equal(portal_op_may_answer(op, PORTAL_OK),
		    !portal_op_may_answer(op, PORTAL_ISSUED));
	}
	assert_true(
	    portal_op_may_answer(PORTAL_OP_FIND_LETTER, PORTAL_UNKNOWN));
	assert_false(
	    portal_op_may_answer(PORTAL_OP_SUBMIT_REQUEST, PORTAL_UNKNOWN));
	assert_int_equal(portal_op_of("fly"), -1);
	assert_int_equal(portal_outcome_of("issued"), PORTAL_ISSUED);
	assert_int_equal(portal_outcome_of(""), -1);
}

static void
a_login_is_armoured_without_its_first_line(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };

	(void)state;
	assert_int_equal(
	    portal_idse_armour(firma_bytes_of("0\x82", 2), &text), FIRMA_OK);
	assert_int_equal(firma_buf_put_u8(&text, 0), FIRMA_OK);
	assert_string_equal((const char *)text.at, "MII=-----END PKCS7-----");
}

static void
a_downloaded_certificate_may_be_pem(void **state)
{
	static const char pem[] = "x\r\n-----BEGIN CERTIFICATE-----\r\nMI\n"
				  "I=\r\n-----END CERTIFICATE-----\n";
	FIRMA_OWN(firma_buf_done) struct firma_buf a = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf c = { 0 };

	(void)state;
	assert_int_equal(
	    portal_manual_der(firma_bytes_of(pem, sizeof(pem) - 1), &a),
	    FIRMA_OK);
	assert_int_equal(a.len, 2);
	assert_memory_equal(a.at, "0\x82", 2);
	assert_int_equal(
	    portal_manual_der(firma_bytes_of("0\x82", 2), &b), FIRMA_OK);
	assert_int_equal(b.len, 2);
	assert_int_equal(
	    portal_manual_der(firma_bytes_of(pem, sizeof(pem) - 20), &c),
	    FIRMA_ERR_SHAPE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_one_json_object),
		cmocka_unit_test(a_failure_forgets_what_was_found),
		cmocka_unit_test(long_text_is_cut_at_a_character),
		cmocka_unit_test(fields_are_bounded),
		cmocka_unit_test(
		    every_op_may_fail_and_only_questions_are_unknown),
		cmocka_unit_test(a_login_is_armoured_without_its_first_line),
		cmocka_unit_test(a_downloaded_certificate_may_be_pem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
