/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <string.h>

#include "agent/base/own.h"
#include "agent/pki/algorithm.h"
#include "agent/pki/own_openssl.h"
#include "pkcs11/worker/spki.h"

static uint8_t p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01,
	0x07 };
static uint8_t p384[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 };

static void
check(EVP_PKEY *key, const struct firma_buf *made)
{
	FIRMA_OWN(firma_openssl_mem_done) unsigned char *der = NULL;
	const int len = i2d_PUBKEY(key, &der);

	assert_true(len > 0);
	assert_int_equal(made->len, len);
	assert_memory_equal(made->at, der, (size_t)len);
}

/* What OpenSSL writes for the same key is the judge. */
static void
rsa_as_openssl_writes_it(void **state)
{
	FIRMA_OWN(firma_evp_pkey_done)
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	FIRMA_OWN(firma_bn_done) BIGNUM *n = NULL;
	FIRMA_OWN(firma_bn_done) BIGNUM *e = NULL;
	/* With a leading zero, as some tokens keep it. */
	uint8_t n_at[257] = { 0 }, e_at[4] = { 0 };

	(void)state;
	assert_int_equal(
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n), 1);
	assert_int_equal(
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e), 1);
	assert_int_equal(BN_bn2binpad(n, n_at, sizeof(n_at)), sizeof(n_at));
	assert_int_equal(BN_bn2binpad(e, e_at, sizeof(e_at)), sizeof(e_at));
	for (size_t skip = 0; skip < 2; skip++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf made = { 0 };

		assert_int_equal(
		    firma_spki_rsa(
			firma_bytes_of(n_at + skip, sizeof(n_at) - skip),
			firma_bytes_of(e_at + skip, sizeof(e_at) - skip),
			&made),
		    FIRMA_OK);
		check(key, &made);
		assert_int_equal(
		    firma_key_algorithm_of_spki(firma_buf_view(&made)),
		    FIRMA_KEY_RSA_2048);
	}
}

static void
ec_wrapped_and_bare(void **state)
{
	static const struct {
		const char *curve;
		struct firma_bytes params;
	} list[] = { { "P-256", { p256, sizeof(p256) } },
		{ "P-384", { p384, sizeof(p384) } } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		FIRMA_OWN(firma_evp_pkey_done)
		EVP_PKEY *key =
		    EVP_PKEY_Q_keygen(NULL, NULL, "EC", list[i].curve);
		uint8_t point[2 + 133];
		size_t len = 0;

		assert_int_equal(EVP_PKEY_get_octet_string_param(key,
				     OSSL_PKEY_PARAM_PUB_KEY, point + 2,
				     sizeof(point) - 2, &len),
		    1);
		point[0] = 0x04;
		point[1] = (uint8_t)len;
		for (size_t bare = 0; bare <= 2; bare += 2) {
			FIRMA_OWN(firma_buf_done)
			struct firma_buf made = { 0 };

			assert_int_equal(
			    firma_spki_ec(list[i].params,
				firma_bytes_of(point + bare, len + 2 - bare),
				&made),
			    FIRMA_OK);
			check(key, &made);
		}
	}
}

static void
nonsense_is_refused(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf made = { 0 };
	const struct firma_bytes params = { p256, sizeof(p256) };
	uint8_t point[67] = { 0x04, 0x41, 0x04 }, zero[2] = { 0 };

	(void)state;
	assert_int_equal(firma_spki_rsa(firma_bytes_of(zero, 2),
			     firma_bytes_of("\3", 1), &made),
	    FIRMA_ERR_SHAPE);
	assert_int_equal(firma_spki_rsa(firma_bytes_of("\3", 1),
			     firma_bytes_of(NULL, 0), &made),
	    FIRMA_ERR_SHAPE);
	/* Explicit parameters: a SEQUENCE. */
	assert_int_equal(firma_spki_ec(firma_bytes_of("\x30\0", 2),
			     firma_bytes_of(point, sizeof(point)), &made),
	    FIRMA_ERR_NOT_SUPPORTED);
	for (size_t len = 0; len < sizeof(point); len++)
		if (len != 65) /* by its length it is a bare point */
			assert_int_equal(firma_spki_ec(params,
					     firma_bytes_of(point, len), &made),
			    FIRMA_ERR_SHAPE);
	point[2] = 0x02; /* compressed */
	assert_int_equal(
	    firma_spki_ec(params, firma_bytes_of(point, sizeof(point)), &made),
	    FIRMA_ERR_SHAPE);
	assert_int_equal(made.len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rsa_as_openssl_writes_it),
		cmocka_unit_test(ec_wrapped_and_bare),
		cmocka_unit_test(nonsense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
