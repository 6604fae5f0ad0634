/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/support.h"

#include "agent/pki/ecdsa_der.h"
#include "agent/pki/verify.h"

static void
sign(EVP_PKEY *key, const uint8_t digest[32], struct firma_buf *ret)
{
	FIRMA_OWN(firma_evp_pkey_ctx_done)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	size_t len = FIRMA_SIGNATURE_MAX;

	assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()), 1);
	assert_int_equal(firma_buf_reserve(ret, len), FIRMA_OK);
	assert_int_equal(EVP_PKEY_sign(ctx, ret->at, &len, digest, 32), 1);
	ret->len = len;
}

static void
right_and_wrong_signatures(void **state)
{
	static const enum firma_key_algorithm kinds[] = { FIRMA_KEY_RSA_2048,
		FIRMA_KEY_EC_P256, FIRMA_KEY_EC_P384 };
	uint8_t digest[32];

	(void)state;
	sha256_of(BYTES("carta"), digest);
	for (size_t i = 0; i < 3; i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf sig = { 0 };
		FIRMA_OWN(firma_buf_done) struct firma_buf spki = { 0 };
		FIRMA_OWN(firma_certificate_done)
		struct firma_certificate *c = certificate_of(
		    &(struct recipe){ .key = key_of(kinds[i], 0) });
		const enum firma_signature_form form = FIRMA_SIGNATURE_DER;

		sign(key_of(kinds[i], 0), digest, &sig);
		spki_of(key_of(kinds[i], 0), &spki);
		assert_int_equal(firma_pki_verify(firma_buf_view(&spki), digest,
				     firma_buf_view(&sig), form, NULL),
		    FIRMA_OK);
		assert_int_equal(firma_pki_verify_certificate(c, digest,
				     firma_buf_view(&sig), form, NULL),
		    FIRMA_OK);
		digest[7] ^= 1;
		assert_int_equal(firma_pki_verify_certificate(c, digest,
				     firma_buf_view(&sig), form, NULL),
		    FIRMA_ERR_SIGNATURE);
		digest[7] ^= 1;
		sig.at[sig.len - 1] ^= 1;
		assert_int_equal(firma_pki_verify(firma_buf_view(&spki), digest,
				     firma_buf_view(&sig), form, NULL),
		    FIRMA_ERR_SIGNATURE);
		assert_int_equal(firma_pki_verify(firma_buf_view(&spki), digest,
				     BYTES(""), form, NULL),
		    FIRMA_ERR_SIGNATURE);
	}
}

static void
a_tokens_form_is_r_and_s(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf sig = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf raw = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf spki = { 0 };
	uint8_t digest[32], zeros[64] = { 0 };

	(void)state;
	sha256_of(BYTES("carta"), digest);
	sign(key_of(FIRMA_KEY_EC_P256, 0), digest, &sig);
	spki_of(key_of(FIRMA_KEY_EC_P256, 0), &spki);
	assert_int_equal(
	    firma_ecdsa_from_der(firma_buf_view(&sig), 32, &raw), FIRMA_OK);
	assert_int_equal(firma_pki_verify(firma_buf_view(&spki), digest,
			     firma_buf_view(&raw), FIRMA_SIGNATURE_RAW, NULL),
	    FIRMA_OK);
	assert_int_equal(firma_pki_verify(firma_buf_view(&spki), digest,
			     firma_buf_view(&sig), FIRMA_SIGNATURE_RAW, NULL),
	    FIRMA_ERR_SIGNATURE);
	assert_int_equal(
	    firma_pki_verify(firma_buf_view(&spki), digest,
		firma_bytes_of(zeros, 64), FIRMA_SIGNATURE_RAW, NULL),
	    FIRMA_ERR_SIGNATURE);
}

static void
only_keys_of_the_table(void **state)
{
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *small = EVP_RSA_gen(1024);
	FIRMA_OWN(firma_buf_done) struct firma_buf spki = { 0 };
	uint8_t digest[32] = { 0 };

	(void)state;
	spki_of(small, &spki);
	assert_int_equal(firma_pki_verify(firma_buf_view(&spki), digest,
			     BYTES("x"), FIRMA_SIGNATURE_DER, NULL),
	    FIRMA_ERR_NOT_SUPPORTED);
	assert_int_equal(firma_pki_verify(BYTES("rubbish"), digest, BYTES("x"),
			     FIRMA_SIGNATURE_DER, NULL),
	    FIRMA_ERR_SHAPE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_and_wrong_signatures),
		cmocka_unit_test(a_tokens_form_is_r_and_s),
		cmocka_unit_test(only_keys_of_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
