/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/renewal/check.h"

#include <openssl/evp.h>

#include "tests/unit/renewal/support.h"

static const char pdf[] = "%PDF-1.7\nbody\n%%EOF\n";

static enum firma_err
check(const void *at, size_t len, const uint8_t *sha256)
{
	struct firma_cause cause = { 0 };
	const enum firma_err r =
	    firma_renewal_check_letter(firma_bytes_of(at, len),
		firma_bytes_of(sha256, sha256 == NULL ? 0 : 32), &cause);

	if (r != FIRMA_OK)
		assert_true(cause.what[0] != '\0');
	return r;
}

static void
a_letter_is_a_whole_pdf(void **state)
{
	FIRMA_OWN(firma_mem_done) char *big = NULL;

	(void)state;
	assert_int_equal(check(pdf, strlen(pdf), NULL), FIRMA_OK);
	assert_int_equal(check("", 0, NULL), FIRMA_ERR_LETTER_EMPTY);
	assert_int_equal(check("%PDF", 4, NULL), FIRMA_ERR_LETTER_NOT_PDF);
	assert_int_equal(
	    check(pdf + 1, strlen(pdf) - 1, NULL), FIRMA_ERR_LETTER_NOT_PDF);
	assert_int_equal(
	    check(pdf, strlen(pdf) - 3, NULL), FIRMA_ERR_LETTER_NOT_PDF);
	assert_int_equal(
	    check("<html>%PDF-%%EOF", 16, NULL), FIRMA_ERR_LETTER_NOT_PDF);
	/* By its length alone: not an octet of it is there. */
	assert_int_equal(
	    check(NULL, FIRMA_LETTER_MAX + 1, NULL), FIRMA_ERR_LETTER_SIZE);
	assert_int_equal(
	    check(NULL, (size_t)2 << 30, NULL), FIRMA_ERR_LETTER_SIZE);

	big = calloc(1, FIRMA_LETTER_MAX);
	assert_non_null(big);
	memcpy(big, pdf, strlen(pdf));
	assert_int_equal(
	    check(big, FIRMA_LETTER_MAX, NULL), FIRMA_ERR_LETTER_NOT_PDF);
	memcpy(big + FIRMA_LETTER_MAX - 6, "%%EOF\n", 6);
	assert_int_equal(check(big, FIRMA_LETTER_MAX, NULL), FIRMA_OK);
}

static void
a_letter_is_the_one_that_was_served(void **state)
{
	char other[sizeof(pdf)];
	uint8_t sha256[32];

	(void)state;
	assert_int_equal(
	    EVP_Digest(pdf, strlen(pdf), sha256, NULL, EVP_sha256(), NULL), 1);
	assert_int_equal(check(pdf, strlen(pdf), sha256), FIRMA_OK);
	memcpy(other, pdf, sizeof(pdf));
	other[10] ^= 1;
	assert_int_equal(
	    check(other, strlen(pdf), sha256), FIRMA_ERR_LETTER_CHANGED);
	sha256[31] ^= 1;
	assert_int_equal(
	    check(pdf, strlen(pdf), sha256), FIRMA_ERR_LETTER_CHANGED);
}

static enum firma_err
expects(const char *fields)
{
	const struct firma_profile_step s = { .id = "notice.enter",
		.expects_field = "page",
		.expects_value = "expired" };
	struct firma_cause cause = { 0 };
	const enum firma_err r = firma_renewal_expects(
	    &s, firma_bytes_of(fields, strlen(fields)), &cause);

	if (r != FIRMA_OK)
		assert_non_null(strstr(cause.what, "notice.enter"));
	return r;
}

static void
the_page_is_the_expected_one(void **state)
{
	FIRMA_OWN(firma_mem_done) char *big = calloc(1, 9000);
	const struct firma_profile_step any = { .id = "x" };

	(void)state;
	assert_int_equal(expects("{\"page\":\"expired\"}"), FIRMA_OK);
	assert_int_equal(
	    expects("{\"page\":\"home\"}"), FIRMA_ERR_PORTAL_PERSON);
	assert_int_equal(expects("{}"), FIRMA_ERR_PORTAL_ANSWER);
	assert_int_equal(expects(""), FIRMA_ERR_PORTAL_ANSWER);
	assert_int_equal(expects("[]"), FIRMA_ERR_PORTAL_ANSWER);
	assert_int_equal(expects("{\"page\":1}"), FIRMA_ERR_PORTAL_ANSWER);
	assert_int_equal(expects("{\"page\":"), FIRMA_ERR_PORTAL_ANSWER);
	assert_int_equal(expects("{\"page\":\"home\",\"page\":\"expired\"}"),
	    FIRMA_ERR_PORTAL_ANSWER);
	assert_int_equal(
	    expects("{\"page\":\"a\\u0000\"}"), FIRMA_ERR_PORTAL_ANSWER);
	assert_non_null(big);
	memset(big, ' ', 8999);
	assert_int_equal(expects(big), FIRMA_ERR_PORTAL_ANSWER);
	/* Deep nesting must not reach the parser's stack limit. */
	memset(big, '[', 8000);
	big[8000] = '\0';
	assert_int_equal(expects(big), FIRMA_ERR_PORTAL_ANSWER);

	/* A step without expectation takes any object of strings. */
	assert_int_equal(
	    firma_renewal_expects(&any, firma_bytes_of(NULL, 0), NULL),
	    FIRMA_OK);
	assert_int_equal(firma_renewal_expects(
			     &any, firma_bytes_of("{\"a\":\"b\"}", 9), NULL),
	    FIRMA_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_letter_is_a_whole_pdf),
		cmocka_unit_test(a_letter_is_the_one_that_was_served),
		cmocka_unit_test(the_page_is_the_expected_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
