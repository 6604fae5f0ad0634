/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/support.h"

#include <stdio.h>

#include <openssl/core_names.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "agent/pki/keyfile.h"
#include "agent/pki/keyfile_inner.h"

#define UTF8   "Test_ia\xc3\xb1l750210963!"
#define CP1252 "Test_ia\xf1l750210963!"

/* A key file as the authority's program writes it, or with old ciphers. */
static void
seal(EVP_PKEY *key, int pbe, const char *password, int rounds,
    struct firma_buf *ret)
{
	OSSL_LIB_CTX *legacy = NULL;
	FIRMA_OWN(firma_pkcs8_done)
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	FIRMA_OWN(firma_x509_sig_done) X509_SIG *sig = NULL;
	unsigned char *out = NULL;
	int len;

	assert_int_equal(firma_legacy(&legacy), FIRMA_OK);
	sig = PKCS8_encrypt_ex(pbe == NID_pbes2 ? -1 : pbe,
	    pbe == NID_pbes2 ? EVP_des_ede3_cbc() : NULL, password,
	    (int)strlen(password), NULL, 0, rounds, info, legacy, NULL);
	assert_non_null(sig);
	len = i2d_X509_SIG(sig, &out);
	firma_buf_done(ret);
	assert_int_equal(firma_openssl_put(ret, out, len), FIRMA_OK);
}

static enum firma_err
opened(struct firma_bytes file, struct firma_bytes password, EVP_PKEY *want)
{
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *key = NULL;
	const enum firma_err r = firma_keyfile_open(file, password, &key, NULL);

	if (r == FIRMA_OK)
		assert_int_equal(EVP_PKEY_eq(key, want), 1);
	else
		assert_null(key);
	return r;
}

static void
a_password_is_tried_in_both_encodings(void **state)
{
	EVP_PKEY *key = key_of(FIRMA_KEY_RSA_2048, 0);
	FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };
	const struct firma_bytes utf8 = BYTES(UTF8), old = BYTES(CP1252);

	(void)state;
	seal(key, NID_pbes2, CP1252, 2048, &file);
	assert_int_equal(opened(firma_buf_view(&file), utf8, key), FIRMA_OK);
	assert_int_equal(opened(firma_buf_view(&file), old, key), FIRMA_OK);
	assert_int_equal(
	    opened(firma_buf_view(&file), BYTES("Test_ianl750210963!"), key),
	    FIRMA_ERR_KEY_PASSWORD);
	assert_int_equal(opened(firma_buf_view(&file), BYTES(""), key),
	    FIRMA_ERR_KEY_PASSWORD);
	seal(key, NID_pbes2, UTF8, 2048, &file);
	assert_int_equal(opened(firma_buf_view(&file), utf8, key), FIRMA_OK);
	assert_int_equal(
	    opened(firma_buf_view(&file), old, key), FIRMA_ERR_KEY_PASSWORD);
}

/* Padding is good by chance once in 256: none of these may open. */
static void
no_wrong_password_opens_by_chance(void **state)
{
	EVP_PKEY *key = key_of(FIRMA_KEY_EC_P256, 0);
	FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };
	char password[32];

	(void)state;
	seal(key, NID_pbes2, "right", 1, &file);
	for (int i = 0; i < 600; i++) {
		(void)snprintf(password, sizeof(password), "wrong%d", i);
		assert_int_equal(
		    opened(firma_buf_view(&file), TEXT(password), key),
		    FIRMA_ERR_KEY_PASSWORD);
	}
}

static void
old_ciphers_open_too(void **state)
{
	static const int schemes[] = { NID_pbeWithMD5AndDES_CBC,
		NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
		NID_pbe_WithSHA1And40BitRC2_CBC };
	EVP_PKEY *key = key_of(FIRMA_KEY_RSA_2048, 0);

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };
		struct firma_keyfile_audit audit = { 0 };

		seal(key, schemes[i], "12345678a", 1000, &file);
		assert_int_equal(
		    opened(firma_buf_view(&file), BYTES("12345678a"), key),
		    FIRMA_OK);
		assert_int_equal(
		    opened(firma_buf_view(&file), BYTES("no"), key),
		    FIRMA_ERR_KEY_PASSWORD);
		assert_int_equal(
		    firma_keyfile_audit(firma_buf_view(&file), &audit, NULL),
		    FIRMA_OK);
		assert_memory_equal(audit.scheme, "PBES1 PBE-", 10);
		assert_true(audit.is_weak);
		assert_int_equal(audit.iterations, 1000);
	}
}

static void
plain_keys_in_every_form(void **state)
{
	static const enum firma_key_algorithm kinds[] = { FIRMA_KEY_RSA_2048,
		FIRMA_KEY_EC_P256, FIRMA_KEY_EC_P384 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		EVP_PKEY *key = key_of(kinds[i], 0);
		FIRMA_OWN(firma_pkcs8_done)
		PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
		FIRMA_OWN(firma_buf_done) struct firma_buf old = { 0 };
		FIRMA_OWN(firma_buf_done) struct firma_buf pkcs8 = { 0 };
		struct firma_keyfile_audit audit = { 0 };
		unsigned char *out = NULL;
		int len;

		len = i2d_PrivateKey(key, &out); /* PKCS#1 or SEC1 */
		assert_int_equal(firma_openssl_put(&old, out, len), FIRMA_OK);
		out = NULL;
		len = i2d_PKCS8_PRIV_KEY_INFO(info, &out);
		assert_int_equal(firma_openssl_put(&pkcs8, out, len), FIRMA_OK);
		assert_int_equal(
		    opened(firma_buf_view(&old), BYTES(""), key), FIRMA_OK);
		assert_int_equal(
		    opened(firma_buf_view(&pkcs8), BYTES(""), key), FIRMA_OK);
		assert_int_equal(
		    firma_keyfile_audit(firma_buf_view(&pkcs8), &audit, NULL),
		    FIRMA_OK);
		assert_string_equal(audit.scheme, "plain");
		assert_false(audit.is_encrypted);
		assert_true(audit.is_weak);
		assert_int_equal(firma_buf_put_u8(&pkcs8, 0), FIRMA_OK);
		assert_int_equal(opened(firma_buf_view(&pkcs8), BYTES(""), key),
		    FIRMA_ERR_SHAPE);
	}
}

static void
pem_files(void **state)
{
	EVP_PKEY *key = key_of(FIRMA_KEY_EC_P256, 0);
	char password[] = "12345678a";
	const int len = (int)strlen(password);

	(void)state;
	for (int i = 0; i < 4; i++) {
		FIRMA_OWN(firma_bio_done) BIO *out = BIO_new(BIO_s_mem());
		const EVP_CIPHER *cipher = i < 2 ? NULL : EVP_aes_256_cbc();
		char *at = NULL;
		long n;
		int good;

		good = i % 2 == 0
		    ? PEM_write_bio_PKCS8PrivateKey(
			  out, key, cipher, password, len, NULL, NULL)
		    : PEM_write_bio_PrivateKey_traditional(out, key, cipher,
			  (unsigned char *)password, len, NULL, NULL);
		assert_int_equal(good, 1);
		n = BIO_get_mem_data(out, &at);
		assert_int_equal(opened(firma_bytes_of(at, (size_t)n),
				     BYTES("12345678a"), key),
		    i == 3 ? FIRMA_ERR_NOT_SUPPORTED : FIRMA_OK);
	}
	assert_int_equal(opened(BYTES("-----BEGIN CERTIFICATE-----\n"
				      "AAAA\n-----END CERTIFICATE-----\n"),
			     BYTES(""), key),
	    FIRMA_ERR_SHAPE);
}

static void
a_strong_file_is_not_called_weak(void **state)
{
	FIRMA_OWN(firma_pkcs8_done)
	PKCS8_PRIV_KEY_INFO *info =
	    EVP_PKEY2PKCS8(key_of(FIRMA_KEY_EC_P256, 0));
	FIRMA_OWN(firma_x509_sig_done) X509_SIG *sig = NULL;
	FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };
	struct firma_keyfile_audit audit = { 0 };
	X509_ALGOR *pbe = PKCS5_pbe2_set_iv(
	    EVP_aes_256_cbc(), 200000, NULL, 0, NULL, NID_hmacWithSHA256);
	unsigned char *out = NULL;
	int len;

	(void)state;
	sig = PKCS8_set0_pbe("x", 1, info, pbe);
	assert_non_null(sig);
	len = i2d_X509_SIG(sig, &out);
	assert_int_equal(firma_openssl_put(&file, out, len), FIRMA_OK);
	assert_int_equal(
	    firma_keyfile_audit(firma_buf_view(&file), &audit, NULL), FIRMA_OK);
	assert_string_equal(
	    audit.scheme, "PBES2 PBKDF2 hmacWithSHA256 aes-256-cbc");
	assert_int_equal(audit.iterations, 200000);
	assert_false(audit.has_constant_salt);
	assert_false(audit.has_constant_iv);
	assert_false(audit.is_weak);
}

/* A sealed file whose INTEGER of rounds, found by its octets, is replaced. */
static enum firma_err
opened_with_rounds(int rounds, struct firma_bytes from, const char *to)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };
	uint8_t *at;

	seal(key_of(FIRMA_KEY_EC_P256, 0), NID_pbes2, "x", rounds, &file);
	at = memmem(file.at, file.len, from.at, from.len);
	assert_non_null(at);
	memcpy(at, to, from.len);
	return opened(firma_buf_view(&file), BYTES("x"), NULL);
}

/* The rounds are looked at before the first is done. */
static void
too_many_rounds_are_refused(void **state)
{
	(void)state;
	assert_int_equal(opened_with_rounds(2048, BYTES("\x02\x02\x08\x00"),
			     "\x02\x02\xff\x00"),
	    FIRMA_ERR_LIMIT);
	assert_int_equal(opened_with_rounds(2048, BYTES("\x02\x02\x08\x00"),
			     "\x02\x02\x00\x00"),
	    FIRMA_ERR_SHAPE);
	assert_int_equal(
	    opened_with_rounds(0x010000, BYTES("\x02\x03\x01\x00\x00"),
		"\x02\x03\x7f\xff\xff"),
	    FIRMA_ERR_LIMIT);
}

static void
limits_and_rubbish(void **state)
{
	static uint8_t big[FIRMA_KEYFILE_MAX + 1];
	static uint8_t password[FIRMA_KEYFILE_PASSWORD_MAX + 1];
	FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *small = EVP_RSA_gen(1024);

	(void)state;
	assert_int_equal(
	    opened(firma_bytes_of(big, sizeof(big)), BYTES(""), NULL),
	    FIRMA_ERR_LIMIT);
	assert_int_equal(opened(BYTES(""), BYTES(""), NULL), FIRMA_ERR_SHAPE);
	assert_int_equal(
	    opened(BYTES("rubbish"), BYTES(""), NULL), FIRMA_ERR_SHAPE);
	seal(small, NID_pbes2, "x", 1, &file);
	assert_int_equal(opened(firma_buf_view(&file), BYTES("x"), NULL),
	    FIRMA_ERR_NOT_SUPPORTED);
	memset(password, 'x', sizeof(password));
	assert_int_equal(opened(firma_buf_view(&file),
			     firma_bytes_of(password, sizeof(password)), NULL),
	    FIRMA_ERR_LIMIT);
	assert_int_equal(opened(firma_buf_view(&file), BYTES("x\0y"), NULL),
	    FIRMA_ERR_KEY_PASSWORD);
}

static void
key_and_certificate_belong_together_or_not(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = certificate_of(
	    &(struct recipe){ .key = key_of(FIRMA_KEY_RSA_2048, 0) });

	(void)state;
	assert_int_equal(
	    firma_keyfile_matches(key_of(FIRMA_KEY_RSA_2048, 0), c, NULL),
	    FIRMA_OK);
	assert_int_equal(
	    firma_keyfile_matches(key_of(FIRMA_KEY_RSA_2048, 1), c, NULL),
	    FIRMA_ERR_KEY_MISMATCH);
	assert_int_equal(
	    firma_keyfile_matches(key_of(FIRMA_KEY_EC_P256, 0), c, NULL),
	    FIRMA_ERR_KEY_MISMATCH);
}

/* A file that shows one key's public half and holds another's private one. */
static void
halves_that_do_not_belong_together(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = certificate_of(
	    &(struct recipe){ .key = key_of(FIRMA_KEY_EC_P256, 0) });
	FIRMA_OWN(firma_bn_done) BIGNUM *secret = NULL;
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *mixed = NULL;
	FIRMA_OWN(firma_evp_pkey_ctx_done)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params;
	uint8_t point[65];
	size_t len = 0;

	(void)state;
	assert_int_equal(
	    EVP_PKEY_get_octet_string_param(key_of(FIRMA_KEY_EC_P256, 0),
		OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &len),
	    1);
	assert_int_equal(EVP_PKEY_get_bn_param(key_of(FIRMA_KEY_EC_P256, 1),
			     OSSL_PKEY_PARAM_PRIV_KEY, &secret),
	    1);
	OSSL_PARAM_BLD_push_utf8_string(
	    build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
	OSSL_PARAM_BLD_push_octet_string(
	    build, OSSL_PKEY_PARAM_PUB_KEY, point, len);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, secret);
	params = OSSL_PARAM_BLD_to_param(build);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(
	    EVP_PKEY_fromdata(ctx, &mixed, EVP_PKEY_KEYPAIR, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	assert_int_equal(
	    firma_keyfile_matches(mixed, c, NULL), FIRMA_ERR_KEY_MISMATCH);
}

static void
pfx_of_rounds(int rounds, int mac_rounds, EVP_PKEY *key,
    struct firma_certificate *c, struct firma_buf *ret)
{
	FIRMA_OWN(firma_pkcs12_done)
	PKCS12 *p12 = PKCS12_create("x", "n", key, firma_certificate_x509(c),
	    NULL, 0, 0, rounds, mac_rounds, 0);
	unsigned char *out = NULL;
	const int len = i2d_PKCS12(p12, &out);

	firma_buf_done(ret);
	assert_int_equal(firma_openssl_put(ret, out, len), FIRMA_OK);
}

static void
pfx(int key_pbe, int cert_pbe, const char *password, EVP_PKEY *key,
    struct firma_certificate *c, struct firma_buf *ret)
{
	OSSL_LIB_CTX *legacy = NULL;
	FIRMA_OWN(firma_pkcs12_done) PKCS12 *p12 = NULL;
	unsigned char *out = NULL;
	int len;

	assert_int_equal(firma_legacy(&legacy), FIRMA_OK);
	p12 = PKCS12_create_ex(password, "e.firma", key,
	    c != NULL ? firma_certificate_x509(c) : NULL, NULL, key_pbe,
	    cert_pbe, 100, 100, 0, legacy, NULL);
	assert_non_null(p12);
	len = i2d_PKCS12(p12, &out);
	firma_buf_done(ret);
	assert_int_equal(firma_openssl_put(ret, out, len), FIRMA_OK);
}

static enum firma_err
pfx_opened(struct firma_buf *file, struct firma_bytes password, EVP_PKEY *want)
{
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *key = NULL;
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	const enum firma_err r =
	    firma_pkcs12_open(firma_buf_view(file), password, &key, &c, NULL);

	if (r == FIRMA_OK) {
		assert_int_equal(EVP_PKEY_eq(key, want), 1);
		assert_int_equal(firma_keyfile_matches(key, c, NULL), FIRMA_OK);
	} else {
		assert_null(key);
		assert_null(c);
	}
	return r;
}

static void
pkcs12_files(void **state)
{
	static const int schemes[][2] = { { 0, 0 },
		{ NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
		    NID_pbe_WithSHA1And40BitRC2_CBC } };
	EVP_PKEY *key = key_of(FIRMA_KEY_RSA_2048, 0);
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c =
	    certificate_of(&(struct recipe){ .key = key });

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };

		pfx(schemes[i][0], schemes[i][1], UTF8, key, c, &file);
		assert_true(firma_pkcs12_is(firma_buf_view(&file)));
		assert_int_equal(pfx_opened(&file, BYTES(UTF8), key), FIRMA_OK);
		assert_int_equal(pfx_opened(&file, BYTES("no"), key),
		    FIRMA_ERR_KEY_PASSWORD);
		assert_int_equal(firma_buf_put_u8(&file, 0), FIRMA_OK);
		assert_int_equal(
		    pfx_opened(&file, BYTES(UTF8), key), FIRMA_ERR_SHAPE);
	}
}

/* The which-th INTEGER of 65536 rounds becomes 8388607. */
static void
raise_rounds(struct firma_buf *file, int which)
{
	static const uint8_t rounds[] = { 0x02, 0x03, 0x01, 0x00, 0x00 };
	uint8_t *at = file->at;

	for (int i = 0; i <= which; i++) {
		at = memmem(at + 1, file->len - (size_t)(at + 1 - file->at),
		    rounds, sizeof(rounds));
		assert_non_null(at);
	}
	memcpy(at + 2, "\x7f\xff\xff", 3);
}

/* In each of the places: certificates, key, integrity check. */
static void
pkcs12_of_too_many_rounds(void **state)
{
	EVP_PKEY *key = key_of(FIRMA_KEY_EC_P256, 0);
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c =
	    certificate_of(&(struct recipe){ .key = key });

	(void)state;
	for (int which = 0; which < 3; which++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };

		pfx_of_rounds(65536, 65536, key, c, &file);
		raise_rounds(&file, which);
		assert_int_equal(
		    pfx_opened(&file, BYTES("x"), key), FIRMA_ERR_LIMIT);
	}
}

static void
pkcs12_without_the_half_of_it(void **state)
{
	EVP_PKEY *key = key_of(FIRMA_KEY_EC_P256, 0);
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c =
	    certificate_of(&(struct recipe){ .key = key });
	FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };

	(void)state;
	pfx(0, 0, "x", key, NULL, &file);
	assert_int_equal(
	    pfx_opened(&file, BYTES("x"), key), FIRMA_ERR_NOT_FOUND);
	pfx(0, 0, "x", NULL, c, &file);
	assert_int_equal(
	    pfx_opened(&file, BYTES("x"), key), FIRMA_ERR_NOT_FOUND);
	seal(key, NID_pbes2, "x", 1, &file);
	assert_false(firma_pkcs12_is(firma_buf_view(&file)));
	assert_int_equal(pfx_opened(&file, BYTES("x"), key), FIRMA_ERR_SHAPE);
}

static void
what_others_left_in_the_queue_is_theirs(void **state)
{
	EVP_PKEY *key = key_of(FIRMA_KEY_RSA_2048, 0);
	OSSL_LIB_CTX *legacy = NULL;
	FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };
	struct firma_keyfile_audit audit = { 0 };

	(void)state;
	leave_no_memory();
	assert_int_equal(firma_legacy(&legacy), FIRMA_OK);
	seal(key, NID_pbes2, "right", 1, &file);
	leave_no_memory();
	assert_int_equal(
	    opened(firma_buf_view(&file), BYTES("right"), key), FIRMA_OK);
	leave_no_memory();
	assert_int_equal(opened(firma_buf_view(&file), BYTES("wrong"), key),
	    FIRMA_ERR_KEY_PASSWORD);
	leave_no_memory();
	assert_int_equal(
	    firma_keyfile_audit(firma_buf_view(&file), &audit, NULL), FIRMA_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_password_is_tried_in_both_encodings),
		cmocka_unit_test(no_wrong_password_opens_by_chance),
		cmocka_unit_test(old_ciphers_open_too),
		cmocka_unit_test(plain_keys_in_every_form),
		cmocka_unit_test(pem_files),
		cmocka_unit_test(a_strong_file_is_not_called_weak),
		cmocka_unit_test(too_many_rounds_are_refused),
		cmocka_unit_test(limits_and_rubbish),
		cmocka_unit_test(key_and_certificate_belong_together_or_not),
		cmocka_unit_test(halves_that_do_not_belong_together),
		cmocka_unit_test(pkcs12_files),
		cmocka_unit_test(pkcs12_of_too_many_rounds),
		cmocka_unit_test(pkcs12_without_the_half_of_it),
		cmocka_unit_test(what_others_left_in_the_queue_is_theirs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
