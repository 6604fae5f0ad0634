/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/support.h"

#include <openssl/x509_vfy.h>

#include "agent/pki/cms.h"

#define LETTER "Carta de T\xc3\xa9rminos y Condiciones"

static struct firma_certificate *
signer(enum firma_key_algorithm a)
{
	return certificate_of(&(struct recipe){ .key = key_of(a, 0) });
}

static void
sign(enum firma_key_algorithm a, int64_t when, struct firma_buf *ret)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = signer(a);
	struct firma_cause cause = { 0 };
	uint8_t digest[FIRMA_SHA256];

	sha256_of(BYTES(LETTER), digest);
	if (firma_cms_sign_digest(key_of(a, 0), c, firma_bytes_of(digest, 32),
		when, FIRMA_CMS_CADES, ret, &cause) != FIRMA_OK)
		fail_msg("%s", cause.what);
}

static void
signed_over_a_digest_and_verified_over_the_document(void **state)
{
	static const enum firma_key_algorithm kinds[] = { FIRMA_KEY_RSA_2048,
		FIRMA_KEY_EC_P256, FIRMA_KEY_EC_P384 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
		FIRMA_OWN(firma_certificate_done)
		struct firma_certificate *c = signer(kinds[i]);
		FIRMA_OWN(firma_cms_info_done)
		struct firma_cms_info info = { 0 };
		uint8_t digest[FIRMA_SHA256], a[32], b[32];

		sign(kinds[i], NOW, &der);
		assert_int_equal(firma_cms_verify(firma_buf_view(&der),
				     BYTES(LETTER), &info, NULL),
		    FIRMA_OK);
		assert_true(info.has_attributes);
		assert_true(info.has_signing_certificate);
		assert_false(info.is_attached);
		assert_int_equal(info.content.len, 0);
		assert_int_equal(info.signing_time, NOW);
		assert_string_equal(info.digest, "sha256");
		sha256_of(BYTES(LETTER), digest);
		assert_memory_equal(info.message_sha256, digest, 32);
		firma_certificate_spki_sha256(info.signer, a);
		firma_certificate_spki_sha256(c, b);
		assert_memory_equal(a, b, 32);
		assert_int_equal(firma_cms_verify_digest(firma_buf_view(&der),
				     firma_bytes_of(digest, 32), &info, NULL),
		    FIRMA_OK);
	}
}

/* OpenSSL's own reading, with its own check of signingCertificateV2. */
static void
openssl_agrees_that_it_is_cades(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_cms_done) CMS_ContentInfo *cms = NULL;
	FIRMA_OWN(firma_bio_done)
	BIO *letter = BIO_new_mem_buf(LETTER, sizeof(LETTER) - 1);
	X509_STORE *trusted = X509_STORE_new();
	STACK_OF(X509) * in;
	const unsigned char *p;
	int good;

	(void)state;
	sign(FIRMA_KEY_RSA_2048, NOW, &der);
	p = der.at;
	cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.len);
	assert_non_null(cms);
	assert_int_equal(CMS_is_detached(cms), 1);
	in = CMS_get1_certs(cms);
	assert_int_equal(sk_X509_num(in), 1);
	assert_int_equal(X509_STORE_add_cert(trusted, sk_X509_value(in, 0)), 1);
	sk_X509_pop_free(in, X509_free);
	assert_int_equal(
	    X509_STORE_set_flags(
		trusted, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME),
	    1);
	good = CMS_verify(
	    cms, NULL, trusted, letter, NULL, CMS_BINARY | CMS_CADES);
	X509_STORE_free(trusted);
	assert_int_equal(good, 1);
}

static void
rsa_gives_the_same_octets_twice(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = signer(FIRMA_KEY_RSA_2048);
	FIRMA_OWN(firma_buf_done) struct firma_buf a = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf later = { 0 };
	EVP_PKEY *key = key_of(FIRMA_KEY_RSA_2048, 0);
	uint8_t digest[FIRMA_SHA256] = { 7 };

	(void)state;
	assert_int_equal(
	    firma_cms_sign_digest(key, c, firma_bytes_of(digest, 32), NOW,
		FIRMA_CMS_CADES, &a, NULL),
	    FIRMA_OK);
	assert_int_equal(
	    firma_cms_sign_digest(key, c, firma_bytes_of(digest, 32), NOW,
		FIRMA_CMS_CADES, &b, NULL),
	    FIRMA_OK);
	assert_int_equal(
	    firma_cms_sign_digest(key, c, firma_bytes_of(digest, 32), NOW + 1,
		FIRMA_CMS_CADES, &later, NULL),
	    FIRMA_OK);
	assert_true(firma_bytes_equal(firma_buf_view(&a), firma_buf_view(&b)));
	assert_false(
	    firma_bytes_equal(firma_buf_view(&a), firma_buf_view(&later)));
}

static void
times_outside_of_utctime(void **state)
{
	static const int64_t times[] = { 0, INT64_C(2524607999),
		INT64_C(2524608000), INT64_C(253402300799) };
	uint8_t digest[FIRMA_SHA256];

	(void)state;
	sha256_of(BYTES(LETTER), digest);
	for (size_t i = 0; i < 4; i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
		FIRMA_OWN(firma_cms_info_done)
		struct firma_cms_info info = { 0 };

		sign(FIRMA_KEY_EC_P256, times[i], &der);
		assert_int_equal(firma_cms_verify_digest(firma_buf_view(&der),
				     firma_bytes_of(digest, 32), &info, NULL),
		    FIRMA_OK);
		assert_int_equal(info.signing_time, times[i]);
	}
}

static void
wrong_arguments_sign_nothing(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = signer(FIRMA_KEY_EC_P256);
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	EVP_PKEY *key = key_of(FIRMA_KEY_EC_P256, 0);
	const uint8_t digest[FIRMA_SHA256] = { 0 };

	(void)state;
	assert_int_equal(
	    firma_cms_sign_digest(key, c, firma_bytes_of(digest, 32), -1,
		FIRMA_CMS_CADES, &der, NULL),
	    FIRMA_ERR_VALUE);
	assert_int_equal(
	    firma_cms_sign_digest(key, c, firma_bytes_of(digest, 32),
		INT64_C(253402300800), FIRMA_CMS_CADES, &der, NULL),
	    FIRMA_ERR_VALUE);
	assert_int_equal(
	    firma_cms_sign_digest(key, c, firma_bytes_of(digest, 32), NOW,
		FIRMA_CMS_N, &der, NULL),
	    FIRMA_ERR_VALUE);
	assert_int_equal(
	    firma_cms_sign_digest(key, c, firma_bytes_of(digest, 31), NOW,
		FIRMA_CMS_CADES, &der, NULL),
	    FIRMA_ERR_VALUE);
	assert_int_equal(
	    firma_cms_sign_digest(key_of(FIRMA_KEY_EC_P256, 1), c,
		firma_bytes_of(digest, 32), NOW, FIRMA_CMS_CADES, &der, NULL),
	    FIRMA_ERR_KEY_MISMATCH);
	assert_int_equal(der.len, 0);
}

static void
content_is_attached_if_it_is_what_was_signed(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf whole = { 0 };
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info info = { 0 };
	uint8_t digest[FIRMA_SHA256];

	(void)state;
	sign(FIRMA_KEY_RSA_2048, NOW, &der);
	assert_int_equal(firma_cms_attach(firma_buf_view(&der), BYTES("other"),
			     &whole, NULL),
	    FIRMA_ERR_SIGNATURE);
	assert_int_equal(whole.len, 0);
	assert_int_equal(
	    firma_cms_attach(firma_buf_view(&der), BYTES(LETTER), &whole, NULL),
	    FIRMA_OK);
	assert_int_equal(
	    firma_cms_verify(firma_buf_view(&whole), BYTES(""), &info, NULL),
	    FIRMA_OK);
	assert_true(info.is_attached);
	assert_true(
	    firma_bytes_equal(firma_buf_view(&info.content), BYTES(LETTER)));
	assert_int_equal(firma_cms_verify(firma_buf_view(&whole), BYTES(LETTER),
			     &info, NULL),
	    FIRMA_OK);
	assert_int_equal(firma_cms_verify(firma_buf_view(&whole),
			     BYTES("other"), &info, NULL),
	    FIRMA_ERR_SIGNATURE);
	assert_int_equal(
	    firma_cms_attach(firma_buf_view(&whole), BYTES(LETTER), &der, NULL),
	    FIRMA_ERR_STATE);
	sha256_of(BYTES(LETTER), digest);
	assert_int_equal(firma_cms_verify_digest(firma_buf_view(&whole),
			     firma_bytes_of(digest, 32), &info, NULL),
	    FIRMA_ERR_SHAPE);
}

static void
other_documents_do_not_verify(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info info = { 0 };
	struct firma_cause cause = { 0 };
	uint8_t digest[FIRMA_SHA256];

	(void)state;
	sign(FIRMA_KEY_EC_P256, NOW, &der);
	assert_int_equal(firma_cms_verify(firma_buf_view(&der), BYTES("other"),
			     &info, &cause),
	    FIRMA_ERR_SIGNATURE);
	assert_string_equal(
	    cause.what, "the document is not the one that was signed");
	assert_int_equal(
	    firma_cms_verify(firma_buf_view(&der), BYTES(""), &info, NULL),
	    FIRMA_ERR_SIGNATURE);
	sha256_of(BYTES("other"), digest);
	assert_int_equal(firma_cms_verify_digest(firma_buf_view(&der),
			     firma_bytes_of(digest, 32), &info, NULL),
	    FIRMA_ERR_SIGNATURE);
	assert_null(info.signer);
	assert_int_equal(firma_buf_put_u8(&der, 0), FIRMA_OK);
	assert_int_equal(
	    firma_cms_verify(firma_buf_view(&der), BYTES(LETTER), &info, NULL),
	    FIRMA_ERR_SHAPE);
}

/* What OpenSSL signs by other flags, encoded. */
static void
openssl_sign(EVP_PKEY *key, struct firma_certificate *c, const char *content,
    size_t len, unsigned int flags, struct firma_buf *ret)
{
	FIRMA_OWN(firma_bio_done) BIO *in = BIO_new_mem_buf(content, (int)len);
	FIRMA_OWN(firma_cms_done)
	CMS_ContentInfo *cms = CMS_sign(
	    firma_certificate_x509(c), key, NULL, in, flags | CMS_BINARY);
	unsigned char *out = NULL;
	int n;

	assert_non_null(cms);
	n = i2d_CMS_ContentInfo(cms, &out);
	assert_int_equal(firma_openssl_put(ret, out, n), FIRMA_OK);
}

/* IDSE's clients sign the challenge itself, without attributes. */
static void
without_attributes_the_content_is_signed(void **state)
{
	static const enum firma_key_algorithm kinds[] = { FIRMA_KEY_RSA_2048,
		FIRMA_KEY_EC_P256 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		FIRMA_OWN(firma_certificate_done)
		struct firma_certificate *c = signer(kinds[i]);
		FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
		FIRMA_OWN(firma_cms_info_done)
		struct firma_cms_info info = { 0 };

		openssl_sign(
		    key_of(kinds[i], 0), c, "reto", 4, CMS_NOATTR, &der);
		assert_int_equal(firma_cms_verify(firma_buf_view(&der),
				     BYTES(""), &info, NULL),
		    FIRMA_OK);
		assert_false(info.has_attributes);
		assert_false(info.has_signing_certificate);
		assert_int_equal(info.signing_time, -1);
		assert_true(firma_bytes_equal(
		    firma_buf_view(&info.content), BYTES("reto")));
		der.at[der.len - 1] ^= 1;
		assert_int_equal(firma_cms_verify(firma_buf_view(&der),
				     BYTES(""), &info, NULL),
		    FIRMA_ERR_SIGNATURE);
	}
}

/* A document that is itself somebody's signed attributes. */
static void
attributes_do_not_pass_for_content(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = signer(FIRMA_KEY_RSA_2048);
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info info = { 0 };

	(void)state;
	openssl_sign(key_of(FIRMA_KEY_RSA_2048, 0), c, "1\x02\x30\x00", 4,
	    CMS_NOATTR, &der);
	assert_int_equal(
	    firma_cms_verify(firma_buf_view(&der), BYTES(""), &info, NULL),
	    FIRMA_ERR_SIGNATURE);
}

static void
a_signer_without_certificate_is_nobody(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = signer(FIRMA_KEY_RSA_2048);
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info info = { 0 };
	struct firma_cause cause = { 0 };

	(void)state;
	openssl_sign(
	    key_of(FIRMA_KEY_RSA_2048, 0), c, "reto", 4, CMS_NOCERTS, &der);
	assert_int_equal(
	    firma_cms_verify(firma_buf_view(&der), BYTES(""), &info, &cause),
	    FIRMA_ERR_SHAPE);
	assert_string_equal(
	    cause.what, "the signer's certificate is not in it");
}

/*
 * signingCertificateV2 binds the certificate: another one of the same key, with
 * the same issuer and serial, put in its place, does not do.  The CA signs with
 * RSA here so that both have the same length.
 */
static void
another_certificate_of_the_same_key(void **state)
{
	EVP_PKEY *key = key_of(FIRMA_KEY_RSA_2048, 0);
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c =
	    certificate_of(&(struct recipe){ .key = key, .ca_key = key });
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *twin = certificate_of(&(struct recipe){
	    .key = key, .ca_key = key, .not_after = NOW + 731 * DAY });
	const struct firma_bytes from = firma_certificate_der(c);
	const struct firma_bytes to = firma_certificate_der(twin);
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info info = { 0 };
	struct firma_cause cause = { 0 };
	uint8_t *at;

	(void)state;
	openssl_sign(
	    key, c, LETTER, sizeof(LETTER) - 1, CMS_CADES | CMS_DETACHED, &der);
	at = memmem(der.at, der.len, from.at, from.len);
	assert_non_null(at);
	assert_int_equal(from.len, to.len);
	memcpy(at, to.at, to.len);
	assert_int_equal(firma_cms_verify(firma_buf_view(&der), BYTES(LETTER),
			     &info, &cause),
	    FIRMA_ERR_SIGNATURE);
	/* CMS_CADES of CMS_sign() takes the key's default digest: SHA-256. */
	assert_string_equal(
	    cause.what, "signingCertificateV2 names another certificate");
}

/* The last OID of ecdsa-with-SHA256 is the SignerInfo's; say SHA-384 in it. */
static void
an_algorithm_that_was_not_used(void **state)
{
	static const uint8_t oid[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
		0x04, 0x03, 0x02 };
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info info = { 0 };
	struct firma_cause cause = { 0 };
	uint8_t *last = NULL, *at;

	(void)state;
	sign(FIRMA_KEY_EC_P256, NOW, &der);
	for (at = der.at; at != NULL;
	     at = memmem(
		 at + 1, der.len - (size_t)(at + 1 - der.at), oid, sizeof(oid)))
		last = at;
	if (last == NULL) {
		fail_msg("%s", "no signature algorithm in it");
		return;
	}
	assert_memory_equal(last, oid, sizeof(oid));
	last[sizeof(oid) - 1] = 0x03;
	assert_int_equal(firma_cms_verify(firma_buf_view(&der), BYTES(LETTER),
			     &info, &cause),
	    FIRMA_ERR_SIGNATURE);
	assert_string_equal(cause.what, "the signature algorithm does not fit");
}

/* RFC 5652 11.1: the attribute repeats the content's type. */
static void
another_content_type_in_the_attributes(void **state)
{
	EVP_PKEY *key = key_of(FIRMA_KEY_EC_P256, 0);
	static const int types[] = { NID_pkcs7_data, NID_id_smime_ct_TSTInfo };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		FIRMA_OWN(firma_certificate_done)
		struct firma_certificate *c = signer(FIRMA_KEY_EC_P256);
		FIRMA_OWN(firma_cms_done)
		CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL,
		    CMS_PARTIAL | CMS_BINARY | CMS_DETACHED);
		FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
		FIRMA_OWN(firma_cms_info_done)
		struct firma_cms_info info = { 0 };
		CMS_SignerInfo *si =
		    CMS_add1_signer(cms, firma_certificate_x509(c), key,
			EVP_sha256(), CMS_PARTIAL | CMS_BINARY);
		struct firma_cause cause = { 0 };
		unsigned char *out = NULL;
		uint8_t digest[FIRMA_SHA256];
		int n;

		sha256_of(BYTES(LETTER), digest);
		assert_non_null(si);
		assert_int_equal(
		    CMS_signed_add1_attr_by_NID(si, NID_pkcs9_contentType,
			V_ASN1_OBJECT, OBJ_nid2obj(types[i]), -1),
		    1);
		assert_int_equal(
		    CMS_signed_add1_attr_by_NID(si, NID_pkcs9_messageDigest,
			V_ASN1_OCTET_STRING, digest, FIRMA_SHA256),
		    1);
		assert_int_equal(CMS_SignerInfo_sign(si), 1);
		n = i2d_CMS_ContentInfo(cms, &out);
		assert_int_equal(firma_openssl_put(&der, out, n), FIRMA_OK);
		assert_int_equal(firma_cms_verify(firma_buf_view(&der),
				     BYTES(LETTER), &info, &cause),
		    i == 0 ? FIRMA_OK : FIRMA_ERR_SIGNATURE);
		assert_string_equal(cause.what,
		    i == 0 ? "" : "the content type does not agree");
	}
}

static void
other_digests_are_named(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = signer(FIRMA_KEY_RSA_2048);
	FIRMA_OWN(firma_cms_done) CMS_ContentInfo *cms = NULL;
	FIRMA_OWN(firma_bio_done) BIO *in = BIO_new_mem_buf("reto", 4);
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info info = { 0 };
	unsigned char *out = NULL;
	uint8_t digest[FIRMA_SHA256];
	int n;

	(void)state;
	cms = CMS_sign(
	    NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_BINARY | CMS_DETACHED);
	assert_non_null(CMS_add1_signer(cms, firma_certificate_x509(c),
	    key_of(FIRMA_KEY_RSA_2048, 0), EVP_sha512(),
	    CMS_BINARY | CMS_CADES));
	assert_int_equal(
	    CMS_final(cms, in, NULL, CMS_BINARY | CMS_DETACHED), 1);
	n = i2d_CMS_ContentInfo(cms, &out);
	assert_int_equal(firma_openssl_put(&der, out, n), FIRMA_OK);
	assert_int_equal(
	    firma_cms_verify(firma_buf_view(&der), BYTES("reto"), &info, NULL),
	    FIRMA_OK);
	assert_string_equal(info.digest, "sha512");
	assert_true(info.has_signing_certificate);
	sha256_of(BYTES("reto"), digest);
	assert_memory_equal(info.message_sha256, digest, 32);
	assert_int_equal(firma_cms_verify_digest(firma_buf_view(&der),
			     firma_bytes_of(digest, 32), &info, NULL),
	    FIRMA_ERR_NOT_SUPPORTED);
}

static void
each_form_has_its_attributes(void **state)
{
	static const struct {
		enum firma_cms_form form;
		unsigned int digest;
		int attributes, time, ess;
	} forms[] = {
		{ FIRMA_CMS_CADES, 32, 1, 1, 1 },
		{ FIRMA_CMS_PADES, 32, 1, 0, 1 },
		{ FIRMA_CMS_BARE, 32, 0, 0, 0 },
		{ FIRMA_CMS_PKCS7, 32, 1, 1, 0 },
		{ FIRMA_CMS_PKCS7, 20, 1, 1, 0 },
		{ FIRMA_CMS_BARE, 20, 0, 0, 0 },
	};
	static const enum firma_key_algorithm kinds[] = { FIRMA_KEY_RSA_2048,
		FIRMA_KEY_EC_P256 };

	(void)state;
	for (size_t i = 0; i < 12; i++) {
		const enum firma_key_algorithm kind = kinds[i % 2];
		const unsigned int n = forms[i / 2].digest;
		FIRMA_OWN(firma_certificate_done)
		struct firma_certificate *c = signer(kind);
		FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
		FIRMA_OWN(firma_buf_done) struct firma_buf whole = { 0 };
		FIRMA_OWN(firma_cms_info_done)
		struct firma_cms_info info = { 0 };
		uint8_t digest[32];

		assert_int_equal(
		    EVP_Digest(LETTER, strlen(LETTER), digest, NULL,
			n == 20 ? EVP_sha1() : EVP_sha256(), NULL),
		    1);
		assert_int_equal(firma_cms_sign_digest(key_of(kind, 0), c,
				     firma_bytes_of(digest, n), NOW,
				     forms[i / 2].form, &der, NULL),
		    FIRMA_OK);
		assert_int_equal(firma_cms_verify(firma_buf_view(&der),
				     BYTES(LETTER), &info, NULL),
		    FIRMA_OK);
		assert_int_equal(
		    info.has_attributes != 0, forms[i / 2].attributes);
		assert_int_equal(
		    info.signing_time, forms[i / 2].time ? NOW : -1);
		assert_int_equal(
		    info.has_signing_certificate != 0, forms[i / 2].ess);
		assert_string_equal(info.digest, n == 20 ? "sha1" : "sha256");
		assert_true(info.is_der);
		assert_int_equal(firma_cms_attach(firma_buf_view(&der),
				     BYTES(LETTER), &whole, NULL),
		    FIRMA_OK);
		whole.len = 0;
		assert_int_equal(firma_cms_attach(firma_buf_view(&der),
				     BYTES("another"), &whole, NULL),
		    FIRMA_ERR_SIGNATURE);
	}
}

static void
a_set_looks_like_attributes(void **state)
{
	(void)state;
	assert_true(firma_cms_is_attributes(BYTES("\x31\x00")));
	assert_true(firma_cms_is_attributes(BYTES("\x31\x02\x05\x00")));
	assert_false(firma_cms_is_attributes(BYTES("\x31\x02\x05\x00x")));
	assert_false(firma_cms_is_attributes(BYTES("\x31\x02\x05")));
	assert_false(firma_cms_is_attributes(BYTES("1|2|3")));
	assert_false(firma_cms_is_attributes(BYTES("\x30\x00")));
	assert_false(firma_cms_is_attributes(firma_bytes_of(NULL, 0)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_has_its_attributes),
		cmocka_unit_test(a_set_looks_like_attributes),
		cmocka_unit_test(
		    signed_over_a_digest_and_verified_over_the_document),
		cmocka_unit_test(openssl_agrees_that_it_is_cades),
		cmocka_unit_test(rsa_gives_the_same_octets_twice),
		cmocka_unit_test(times_outside_of_utctime),
		cmocka_unit_test(wrong_arguments_sign_nothing),
		cmocka_unit_test(content_is_attached_if_it_is_what_was_signed),
		cmocka_unit_test(other_documents_do_not_verify),
		cmocka_unit_test(without_attributes_the_content_is_signed),
		cmocka_unit_test(attributes_do_not_pass_for_content),
		cmocka_unit_test(a_signer_without_certificate_is_nobody),
		cmocka_unit_test(another_certificate_of_the_same_key),
		cmocka_unit_test(an_algorithm_that_was_not_used),
		cmocka_unit_test(another_content_type_in_the_attributes),
		cmocka_unit_test(other_digests_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
