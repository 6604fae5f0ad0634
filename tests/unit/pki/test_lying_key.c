/* SPDX-License-Identifier: Apache-2.0 */
/* As in pkcs11/worker/pkey.c: RSA_METHOD stands for a token. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "tests/unit/pki/support.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "agent/pki/cms.h"

/* A key of a token that answers something of the right length. */
static int
lying_rsa(int type, const unsigned char *digest, unsigned int len,
    unsigned char *sig, unsigned int *sig_len, const RSA *rsa)
{
	(void)type;
	(void)digest;
	(void)len;
	*sig_len = (unsigned int)RSA_size(rsa);
	memset(sig, 0x17, *sig_len);
	return 1;
}

/* One bit beside the true answer, as a fault in a chip leaves it. */
static int
faulty_ec(int type, const unsigned char *digest, int len, unsigned char *sig,
    unsigned int *sig_len, const BIGNUM *kinv, const BIGNUM *r, EC_KEY *ec)
{
	int (*sign_)(int, const unsigned char *, int, unsigned char *,
	    unsigned int *, const BIGNUM *, const BIGNUM *, EC_KEY *) = NULL;

	EC_KEY_METHOD_get_sign(EC_KEY_OpenSSL(), &sign_, NULL, NULL);
	if (sign_(type, digest, len, sig, sig_len, kinv, r, ec) != 1)
		return 0;
	sig[*sig_len - 1] ^= 1;
	return 1;
}

static EVP_PKEY *
lying(enum firma_key_algorithm kind, RSA_METHOD *rsa_method,
    EC_KEY_METHOD *ec_method)
{
	EVP_PKEY *ret = EVP_PKEY_new();

	assert_non_null(ret);
	if (kind == FIRMA_KEY_RSA_2048) {
		RSA *rsa =
		    RSAPrivateKey_dup(EVP_PKEY_get0_RSA(key_of(kind, 0)));

		assert_int_equal(RSA_meth_set_sign(rsa_method, lying_rsa), 1);
		assert_int_equal(RSA_set_method(rsa, rsa_method), 1);
		assert_int_equal(EVP_PKEY_assign_RSA(ret, rsa), 1);
	} else {
		EC_KEY *ec = EC_KEY_dup(EVP_PKEY_get0_EC_KEY(key_of(kind, 0)));

		int (*setup)(EC_KEY *, BN_CTX *, BIGNUM **, BIGNUM **) = NULL;
		ECDSA_SIG *(*sign_)(const unsigned char *, int, const BIGNUM *,
		    const BIGNUM *, EC_KEY *) = NULL;

		EC_KEY_METHOD_get_sign(ec_method, NULL, &setup, &sign_);
		EC_KEY_METHOD_set_sign(ec_method, faulty_ec, setup, sign_);
		assert_int_equal(EC_KEY_set_method(ec, ec_method), 1);
		assert_int_equal(EVP_PKEY_assign_EC_KEY(ret, ec), 1);
	}
	return ret;
}

static void
what_a_token_made_up_does_not_leave(void **state)
{
	static const enum firma_key_algorithm kinds[] = { FIRMA_KEY_RSA_2048,
		FIRMA_KEY_EC_P256 };
	const uint8_t digest[FIRMA_SHA256] = { 7 };

	(void)state;
	for (size_t i = 0; i < 2 * FIRMA_CMS_N; i++) {
		const enum firma_key_algorithm kind = kinds[i % 2];
		RSA_METHOD *rsa = RSA_meth_dup(RSA_get_default_method());
		EC_KEY_METHOD *ec = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
		EVP_PKEY *key = lying(kind, rsa, ec);
		FIRMA_OWN(firma_certificate_done)
		struct firma_certificate *c =
		    certificate_of(&(struct recipe){ .key = key_of(kind, 0) });
		FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };

		assert_int_equal(
		    firma_cms_sign_digest(key, c, firma_bytes_of(digest, 32),
			NOW, (enum firma_cms_form)(i / 2), &der, NULL),
		    FIRMA_ERR_SIGNATURE);
		assert_int_equal(der.len, 0);
		EVP_PKEY_free(key);
		RSA_meth_free(rsa);
		EC_KEY_METHOD_free(ec);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_token_made_up_does_not_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
