/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/own.h"
#include "cli/portal/reply.h"

#define ENDPOINTS                                                    \
	"{\"page-expired\":\"ya no\",\"page-conditions\":\"Falta\"," \
	"\"page-home\":\"Bienvenido\"}"

/* What an HTTP answer is taken for; the caller ends the answer. */
static void
take(enum portal_op op, long status, const char *type, const char *body,
    struct portal_answer *ret)
{
	FIRMA_OWN(portal_reply_done) struct portal_reply r = { 0 };
	struct portal_request q = { .op = op, .letter = "terms" };
	json_t *endpoints = json_loads(ENDPOINTS, 0, NULL);

	assert_non_null(endpoints);
	r.status = status;
	(void)snprintf(r.type, sizeof(r.type), "%s", type);
	assert_int_equal(firma_buf_put_str(&r.body, body), FIRMA_OK);
	portal_reply_read(&r, &q, endpoints, ret);
	json_decref(endpoints);
}

static void
expect(enum portal_op op, long status, const char *type, const char *body,
    enum portal_outcome outcome, const char *reason)
{
	FIRMA_OWN(portal_answer_done) struct portal_answer a = { 0 };
	const char *got;

	take(op, status, type, body, &a);
	got = json_string_value(json_object_get(a.fields, "reason"));
	assert_int_equal(a.outcome, outcome);
	assert_string_equal(got == NULL ? "" : got, reason);
	if (outcome != PORTAL_OK && outcome != PORTAL_ISSUED)
		assert_string_equal(a.file, "");
}

static void
statuses_become_outcomes(void **state)
{
	(void)state;
	expect(PORTAL_OP_DATA, 500, "text/plain", "no", PORTAL_UNREACHABLE,
	    "server");
	expect(
	    PORTAL_OP_DATA, 503, "text/html", "", PORTAL_UNREACHABLE, "server");
	expect(PORTAL_OP_DATA, 429, "", "", PORTAL_UNREACHABLE, "server");
	expect(PORTAL_OP_DATA, 302, "", "", PORTAL_UNREACHABLE, "redirect");
	expect(PORTAL_OP_DATA, 100, "", "", PORTAL_UNREACHABLE, "answer");
	expect(
	    PORTAL_OP_DATA, 401, "text/plain", "x", PORTAL_REJECTED, "session");
	expect(PORTAL_OP_DATA, 409, "text/plain", "x", PORTAL_REJECTED, "");
}

static void
a_refusal_keeps_its_words_without_escapes(void **state)
{
	FIRMA_OWN(portal_answer_done) struct portal_answer a = { 0 };
	FIRMA_OWN(portal_answer_done) struct portal_answer b = { 0 };

	(void)state;
	take(PORTAL_OP_DATA, 409, "text/plain",
	    "Ya se recibi\xc3\xb3.\x1b[2J\nFin \xff", &a);
	assert_string_equal(a.text, "Ya se recibi\xc3\xb3.?[2J Fin ?");
	take(PORTAL_OP_DATA, 404, "text/html", "<html>", &b);
	assert_string_equal(b.text, "HTTP 404");
}

static void
pages_are_known_by_their_mark(void **state)
{
	FIRMA_OWN(portal_answer_done) struct portal_answer a = { 0 };

	(void)state;
	take(PORTAL_OP_ENTER, 200, "text/html", "<p>Falta la carta</p>", &a);
	assert_int_equal(a.outcome, PORTAL_OK);
	assert_string_equal(
	    json_string_value(json_object_get(a.fields, "page")), "conditions");
	expect(PORTAL_OP_ENTER, 200, "text/html", "otra", PORTAL_UNREACHABLE,
	    "answer");
	expect(PORTAL_OP_ENTER, 200, "text/html", "", PORTAL_UNREACHABLE,
	    "answer");
	expect(PORTAL_OP_ENTER, 200, "text/html", "ya no Bienvenido",
	    PORTAL_UNREACHABLE, "answer");
}

static void
a_good_answer_is_taken_whole(void **state)
{
	FIRMA_OWN(portal_answer_done) struct portal_answer a = { 0 };

	(void)state;
	take(PORTAL_OP_FIND_REQUEST, 200, "application/json",
	    "{\"op\":\"find-request\",\"outcome\":\"wait\",\"text\":\"espere\","
	    "\"fields\":{\"x\":\"y\"},\"retry_after\":9}",
	    &a);
	assert_int_equal(a.outcome, PORTAL_WAIT);
	assert_int_equal(a.retry_after, 9);
	assert_string_equal(a.text, "espere");
	assert_string_equal(
	    json_string_value(json_object_get(a.fields, "x")), "y");
}

#define JSON(op, outcome, rest) \
	"{\"op\":\"" op "\",\"outcome\":\"" outcome "\"," rest "}"
#define REST "\"text\":\"\",\"fields\":{},\"retry_after\":0"

static void
nonsense_is_no_answer(void **state)
{
	static const char *const bad[] = { "", "x", "[]", "{}",
		JSON("data", "ok", "\"text\":\"\",\"fields\":{}"),
		JSON(
		    "data", "ok", "\"text\":1,\"fields\":{},\"retry_after\":0"),
		JSON("data", "ok",
		    "\"text\":\"\",\"fields\":{\"a\":1},"
		    "\"retry_after\":0"),
		JSON("data", "ok",
		    "\"text\":\"\",\"fields\":{\"a\":\"\\u001b\"},"
		    "\"retry_after\":0"),
		JSON("data", "ok",
		    "\"text\":\"\",\"fields\":{},"
		    "\"retry_after\":-1"),
		JSON("data", "ok",
		    "\"text\":\"\",\"fields\":{},"
		    "\"retry_after\":99999999999"),
		JSON("mail", "ok", REST), JSON("data", "issued", REST),
		JSON("data", "unknown", REST), JSON("data", "great", REST) };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect(PORTAL_OP_DATA, 200, "application/json", bad[i],
		    PORTAL_UNREACHABLE, "answer");
	expect(PORTAL_OP_DATA, 200, "application/json",
	    JSON("data", "ok", REST), PORTAL_OK, "");
	expect(PORTAL_OP_DATA, 200, "text/html", JSON("data", "ok", REST),
	    PORTAL_UNREACHABLE, "answer");
}

static void
documents_come_as_documents(void **state)
{
	FIRMA_OWN(portal_answer_done) struct portal_answer a = { 0 };

	(void)state;
	take(PORTAL_OP_CERTIFICATE, 200, "application/pkix-cert", "0", &a);
	assert_int_equal(a.outcome, PORTAL_ISSUED);
	assert_string_equal(a.file, "certificate.cer");
	expect(PORTAL_OP_CERTIFICATE, 200, "application/json",
	    JSON("certificate", "issued", REST), PORTAL_UNREACHABLE, "answer");
	expect(PORTAL_OP_CERTIFICATE, 200, "application/json",
	    JSON("certificate", "wait", REST), PORTAL_WAIT, "");
	expect(PORTAL_OP_CERTIFICATE, 200, "application/pkix-cert", "",
	    PORTAL_UNREACHABLE, "answer");
	expect(
	    PORTAL_OP_LETTER, 200, "application/pdf", "%PDF-", PORTAL_OK, "");
	expect(PORTAL_OP_LETTER, 200, "text/html", "%PDF-", PORTAL_UNREACHABLE,
	    "answer");
	expect(PORTAL_OP_CHALLENGE, 200, "text/plain", "||\xc3\xb3||",
	    PORTAL_OK, "");
	expect(PORTAL_OP_CHALLENGE, 200, "text/plain", "a\x01",
	    PORTAL_UNREACHABLE, "answer");
	expect(PORTAL_OP_CHALLENGE, 200, "application/pdf", "a",
	    PORTAL_UNREACHABLE, "answer");
}

/* No input may do more than give a wrong outcome. */
static void
random_octets_never_break_it(void **state)
{
	static const char *const types[] = { "application/json", "text/html",
		"text/plain", "application/pdf", "application/pkix-cert" };
	char body[200];

	(void)state;
	srandom(1);
	for (int i = 0; i < 20000; i++) {
		FIRMA_OWN(portal_answer_done) struct portal_answer a = { 0 };
		FIRMA_OWN(firma_buf_done) struct firma_buf line = { 0 };
		const size_t n = (size_t)random() % (sizeof(body) - 1);

		(void)snprintf(
		    body, sizeof(body), "%s", JSON("data", "ok", REST));
		for (size_t k = 0; k < n / 20 + 1; k++)
			body[(size_t)random() % 70] =
			    (char)(random() % 255 + 1);
		body[sizeof(body) - 1] = '\0';
		take((enum portal_op)((unsigned long)random() % PORTAL_N_OPS),
		    (random() % 2 == 0) ? 200 : random() % 600,
		    types[(size_t)random() % 5], body, &a);
		assert_true(a.outcome < PORTAL_N_OUTCOMES);
		assert_int_equal(portal_answer_line(&a, i, &line), FIRMA_OK);
		assert_true(line.len <= PORTAL_LINE_MAX);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses_become_outcomes),
		cmocka_unit_test(a_refusal_keeps_its_words_without_escapes),
		cmocka_unit_test(pages_are_known_by_their_mark),
		cmocka_unit_test(a_good_answer_is_taken_whole),
		cmocka_unit_test(nonsense_is_no_answer),
		cmocka_unit_test(documents_come_as_documents),
		cmocka_unit_test(random_octets_never_break_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
