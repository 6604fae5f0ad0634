/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/support.h"

#include <openssl/core_names.h>

#include "agent/pki/components.h"

static void
check_number(EVP_PKEY *key, const char *name, struct firma_bytes v)
{
	FIRMA_OWN(firma_bn_done) BIGNUM *want = NULL;
	FIRMA_OWN(firma_bn_done) BIGNUM *got = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(key, name, &want), 1);
	got = BN_bin2bn(v.at, (int)v.len, NULL);
	assert_int_equal(BN_cmp(want, got), 0);
}

static void
rsa_numbers_arrive(void **state)
{
	FIRMA_OWN(firma_secret_done) struct firma_secret s = { 0 };
	EVP_PKEY *key = key_of(FIRMA_KEY_RSA_2048, 0);
	struct firma_components c = { 0 };

	(void)state;
	assert_int_equal(firma_keyfile_components(key, &s, NULL), FIRMA_OK);
	assert_memory_equal(s.at, "\0\0\0\1\1\0", 6);
	assert_int_equal(
	    firma_components_parse(firma_secret_view(&s), &c), FIRMA_OK);
	assert_int_equal(c.algorithm, FIRMA_KEY_RSA_2048);
	check_number(key, OSSL_PKEY_PARAM_RSA_N, c.n);
	check_number(key, OSSL_PKEY_PARAM_RSA_E, c.e);
	check_number(key, OSSL_PKEY_PARAM_RSA_D, c.d);
	check_number(key, OSSL_PKEY_PARAM_RSA_FACTOR1, c.p);
	check_number(key, OSSL_PKEY_PARAM_RSA_FACTOR2, c.q);
	check_number(key, OSSL_PKEY_PARAM_RSA_EXPONENT1, c.dp);
	check_number(key, OSSL_PKEY_PARAM_RSA_EXPONENT2, c.dq);
	check_number(key, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, c.qinv);
	assert_int_equal(c.scalar.len + c.point.len, 0);
}

static void
ec_numbers_arrive_padded(void **state)
{
	static const enum firma_key_algorithm kinds[] = { FIRMA_KEY_EC_P256,
		FIRMA_KEY_EC_P384 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		FIRMA_OWN(firma_secret_done) struct firma_secret s = { 0 };
		EVP_PKEY *key = key_of(kinds[i], 0);
		const size_t n = firma_key_algorithm_field(kinds[i]);
		struct firma_components c = { 0 };
		uint8_t point[1 + 2 * 48];
		size_t len = 0;

		assert_int_equal(
		    firma_keyfile_components(key, &s, NULL), FIRMA_OK);
		assert_int_equal(
		    firma_components_parse(firma_secret_view(&s), &c),
		    FIRMA_OK);
		assert_int_equal(c.algorithm, kinds[i]);
		assert_int_equal(c.scalar.len, n);
		check_number(key, OSSL_PKEY_PARAM_PRIV_KEY, c.scalar);
		assert_int_equal(
		    EVP_PKEY_get_octet_string_param(key,
			OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &len),
		    1);
		assert_true(
		    firma_bytes_equal(c.point, firma_bytes_of(point, len)));
		assert_int_equal(c.n.len, 0);
	}
}

static void
other_keys_are_refused(void **state)
{
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *small = EVP_RSA_gen(1024);
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *public = NULL;
	FIRMA_OWN(firma_buf_done) struct firma_buf spki = { 0 };
	struct firma_secret s = { 0 };
	const unsigned char *p;

	(void)state;
	assert_int_equal(
	    firma_keyfile_components(small, &s, NULL), FIRMA_ERR_NOT_SUPPORTED);
	spki_of(key_of(FIRMA_KEY_RSA_2048, 0), &spki);
	p = spki.at;
	public = d2i_PUBKEY(NULL, &p, (long)spki.len);
	assert_int_equal(firma_keyfile_components(public, &s, NULL),
	    FIRMA_ERR_NOT_SUPPORTED);
	assert_null(s.at);
}

/* Every truncation, and every wrong algorithm or length, is refused. */
static void
the_form_is_exact(void **state)
{
	FIRMA_OWN(firma_secret_done) struct firma_secret s = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	struct firma_components c = { 0 };

	(void)state;
	assert_int_equal(
	    firma_keyfile_components(key_of(FIRMA_KEY_RSA_2048, 0), &s, NULL),
	    FIRMA_OK);
	for (size_t n = 0; n < s.len; n++)
		assert_int_equal(
		    firma_components_parse(firma_bytes_of(s.at, n), &c),
		    FIRMA_ERR_SHAPE);
	assert_int_equal(firma_buf_put(&b, firma_secret_view(&s)), FIRMA_OK);
	assert_int_equal(firma_buf_put_u8(&b, 0), FIRMA_OK);
	assert_int_equal(
	    firma_components_parse(firma_buf_view(&b), &c), FIRMA_ERR_SHAPE);
	b.len--;
	b.at[3] = FIRMA_KEY_RSA_3072;
	assert_int_equal(
	    firma_components_parse(firma_buf_view(&b), &c), FIRMA_ERR_SHAPE);
	b.at[3] = FIRMA_KEY_EC_P256;
	assert_int_equal(
	    firma_components_parse(firma_buf_view(&b), &c), FIRMA_ERR_SHAPE);
	b.at[3] = 9;
	assert_int_equal(
	    firma_components_parse(firma_buf_view(&b), &c), FIRMA_ERR_VALUE);
	b.at[3] = FIRMA_KEY_RSA_2048;
	b.at[6] = 0; /* a leading zero of the modulus */
	assert_int_equal(
	    firma_components_parse(firma_buf_view(&b), &c), FIRMA_ERR_SHAPE);
	assert_int_equal(c.algorithm, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rsa_numbers_arrive),
		cmocka_unit_test(ec_numbers_arrive_padded),
		cmocka_unit_test(other_keys_are_refused),
		cmocka_unit_test(the_form_is_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
