/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/support.h"

#include <openssl/objects.h>

#include "agent/pki/request.h"

static void
build(EVP_PKEY *key, const char *challenge, struct firma_buf *ret)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf subject = { 0 };
	struct firma_cause cause = { 0 };

	company_subject(&subject);
	if (firma_request_build(key, firma_buf_view(&subject), challenge, 32,
		ret, &cause) != FIRMA_OK)
		fail_msg("%s", cause.what);
}

static void
what_is_built_is_what_was_asked(void **state)
{
	static const enum firma_key_algorithm kinds[] = { FIRMA_KEY_RSA_2048,
		FIRMA_KEY_EC_P256, FIRMA_KEY_EC_P384 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		EVP_PKEY *key = key_of(kinds[i], 0);
		FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
		FIRMA_OWN(firma_buf_done) struct firma_buf subject = { 0 };
		FIRMA_OWN(firma_buf_done) struct firma_buf spki = { 0 };
		FIRMA_OWN(firma_request_done) struct firma_request r = { 0 };
		uint8_t hash[FIRMA_SPKI_HASH];

		build(key, NULL, &der);
		assert_int_equal(
		    firma_request_check(firma_buf_view(&der), &r, NULL),
		    FIRMA_OK);
		company_subject(&subject);
		spki_of(key, &spki);
		sha256_of(firma_buf_view(&spki), hash);
		assert_int_equal(r.algorithm, kinds[i]);
		assert_string_equal(r.digest, "sha256");
		assert_memory_equal(r.spki_sha256, hash, sizeof(hash));
		assert_true(firma_bytes_equal(
		    firma_buf_view(&r.subject_der), firma_buf_view(&subject)));
		assert_true(firma_bytes_equal(
		    firma_buf_view(&r.spki_der), firma_buf_view(&spki)));
	}
}

static void
the_challenge_is_a_printable_string(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf subject = { 0 };
	FIRMA_OWN(firma_x509_req_done) X509_REQ *req = NULL;
	const unsigned char *p;
	ASN1_TYPE *v;
	int at;

	(void)state;
	build(
	    key_of(FIRMA_KEY_EC_P256, 0), "vNJ4zp78Y7z75+lq99ltUJQPkjw=", &der);
	p = der.at;
	req = d2i_X509_REQ(NULL, &p, (long)der.len);
	assert_non_null(req);
	assert_int_equal(X509_REQ_get_attr_count(req), 1);
	at = X509_REQ_get_attr_by_NID(req, NID_pkcs9_challengePassword, -1);
	v = X509_ATTRIBUTE_get0_type(X509_REQ_get_attr(req, at), 0);
	assert_int_equal(v->type, V_ASN1_PRINTABLESTRING);
	assert_int_equal(ASN1_STRING_length(v->value.printablestring), 28);
	company_subject(&subject);
	firma_buf_done(&der);
	assert_int_equal(firma_request_build(key_of(FIRMA_KEY_EC_P256, 0),
			     firma_buf_view(&subject), "a*b", 32, &der, NULL),
	    FIRMA_ERR_VALUE);
	assert_int_equal(firma_request_build(key_of(FIRMA_KEY_EC_P256, 0),
			     firma_buf_view(&subject), "", 32, &der, NULL),
	    FIRMA_ERR_VALUE);
	assert_int_equal(firma_request_build(key_of(FIRMA_KEY_EC_P256, 0),
			     BYTES("CN=x"), NULL, 32, &der, NULL),
	    FIRMA_ERR_SHAPE);
	assert_int_equal(der.len, 0);
}

static void
rsa_requests_are_the_same_twice(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf a = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };

	(void)state;
	build(key_of(FIRMA_KEY_RSA_2048, 0), NULL, &a);
	build(key_of(FIRMA_KEY_RSA_2048, 0), NULL, &b);
	assert_true(firma_bytes_equal(firma_buf_view(&a), firma_buf_view(&b)));
}

/* A request for one key that another key signed. */
static void
somebody_elses_signature(void **state)
{
	FIRMA_OWN(firma_x509_req_done) X509_REQ *req = X509_REQ_new();
	FIRMA_OWN(firma_request_done) struct firma_request r = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	unsigned char *out = NULL;
	int len;

	(void)state;
	assert_int_equal(
	    X509_REQ_set_pubkey(req, key_of(FIRMA_KEY_EC_P256, 0)), 1);
	assert_true(
	    X509_REQ_sign(req, key_of(FIRMA_KEY_EC_P256, 1), EVP_sha256()) > 0);
	len = i2d_X509_REQ(req, &out);
	assert_int_equal(firma_openssl_put(&der, out, len), FIRMA_OK);
	assert_int_equal(firma_request_check(firma_buf_view(&der), &r, NULL),
	    FIRMA_ERR_SIGNATURE);
	assert_null(r.spki_der.at);
}

static void
strict_in_form_and_size(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_request_done) struct firma_request r = { 0 };

	(void)state;
	build(key_of(FIRMA_KEY_EC_P256, 0), NULL, &der);
	assert_int_equal(firma_buf_put_u8(&der, 0), FIRMA_OK);
	assert_int_equal(firma_request_check(firma_buf_view(&der), &r, NULL),
	    FIRMA_ERR_SHAPE);
	assert_int_equal(firma_buf_reserve(&der, 20000), FIRMA_OK);
	memset(der.at + der.len, 0, 20000);
	der.len += 20000;
	assert_int_equal(firma_request_check(firma_buf_view(&der), &r, NULL),
	    FIRMA_ERR_LIMIT);
	assert_int_equal(
	    firma_request_check(BYTES(""), &r, NULL), FIRMA_ERR_SHAPE);
}

static void
what_others_left_in_the_queue_is_theirs(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_request_done) struct firma_request r = { 0 };

	(void)state;
	build(key_of(FIRMA_KEY_EC_P256, 0), NULL, &der);
	leave_no_memory();
	assert_int_equal(
	    firma_request_check(firma_buf_view(&der), &r, NULL), FIRMA_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_built_is_what_was_asked),
		cmocka_unit_test(the_challenge_is_a_printable_string),
		cmocka_unit_test(rsa_requests_are_the_same_twice),
		cmocka_unit_test(somebody_elses_signature),
		cmocka_unit_test(strict_in_form_and_size),
		cmocka_unit_test(what_others_left_in_the_queue_is_theirs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
