/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/support.h"

/*
 * Damaged input: every truncation and every flipped bit of what a parser reads
 * must give an error or a whole result, and never a crash (sanitizers watch).
 */
#include "agent/pki/cms.h"
#include "agent/pki/components.h"
#include "agent/pki/ecdsa_der.h"
#include "agent/pki/identity.h"
#include "agent/pki/keyfile.h"
#include "agent/pki/name.h"
#include "agent/pki/request.h"

#define LETTER "carta"

typedef enum firma_err parser(struct firma_bytes v);

static enum firma_err
certificate(struct firma_bytes v)
{
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	struct firma_identity id = { 0 };
	enum firma_err r = firma_certificate_parse(v, &c, NULL);

	if (r != FIRMA_OK) {
		assert_null(c);
		return r;
	}
	/* What was read can be asked. */
	(void)!firma_identity_of(c, &id, NULL);
	(void)firma_certificate_issued_by(c, c);
	return r;
}

static enum firma_err
request(struct firma_bytes v)
{
	FIRMA_OWN(firma_request_done) struct firma_request got = { 0 };
	const enum firma_err r = firma_request_check(v, &got, NULL);

	if (r != FIRMA_OK)
		assert_null(got.spki_der.at);
	return r;
}

/*
 * Some bits are not signed (versions, the list of digests): what verifies all
 * the same must still be this letter, by this key, with its certificate bound.
 */
static enum firma_err
cms(struct firma_bytes v)
{
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info info = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf spki = { 0 };
	const enum firma_err r =
	    firma_cms_verify(v, BYTES(LETTER), &info, NULL);
	uint8_t letter[32];

	if (r != FIRMA_OK) {
		assert_null(info.signer);
		return r;
	}
	sha256_of(BYTES(LETTER), letter);
	assert_memory_equal(info.message_sha256, letter, sizeof(letter));
	spki_of(key_of(FIRMA_KEY_EC_P256, 0), &spki);
	assert_true(
	    firma_certificate_same_key(info.signer, firma_buf_view(&spki)));
	assert_true(info.has_signing_certificate);
	assert_int_equal(info.signing_time, NOW);
	return r;
}

static enum firma_err
attach(struct firma_bytes v)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf out = { 0 };
	const enum firma_err r = firma_cms_attach(v, BYTES(LETTER), &out, NULL);

	if (r != FIRMA_OK)
		assert_int_equal(out.len, 0);
	return r;
}

static enum firma_err
name(struct firma_bytes v)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf out = { 0 };
	struct firma_identity id = { 0 };

	(void)!firma_identity_of_subject(v, &id, NULL);
	return firma_name_reencode(v, &out, NULL);
}

static enum firma_err
keyfile(struct firma_bytes v)
{
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *key = NULL;
	struct firma_keyfile_audit audit = { 0 };

	(void)!firma_keyfile_audit(v, &audit, NULL);
	if (audit.iterations > 4096)
		return FIRMA_ERR_LIMIT; /* works, and takes long */
	return firma_keyfile_open(v, BYTES("x"), &key, NULL);
}

static enum firma_err
pfx(struct firma_bytes v)
{
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *key = NULL;
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	const enum firma_err r =
	    firma_pkcs12_open(v, BYTES("x"), &key, &c, NULL);

	if (r != FIRMA_OK) {
		assert_null(key);
		assert_null(c);
	}
	return r;
}

static enum firma_err
components(struct firma_bytes v)
{
	struct firma_components c = { 0 };

	return firma_components_parse(v, &c);
}

static enum firma_err
ecdsa(struct firma_bytes v)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf raw = { 0 };

	return firma_ecdsa_from_der(v, 32, &raw);
}

/* A copy that ends exactly at the end of its memory. */
static enum firma_err
parse_exact(parser *parse, struct firma_bytes v)
{
	FIRMA_OWN(firma_mem_done) void *at = malloc(v.len != 0 ? v.len : 1);

	assert_non_null(at);
	if (v.len != 0)
		memcpy(at, v.at, v.len);
	return parse(firma_bytes_of(at, v.len));
}

/*
 * step thins the bits out where a parser is slow.  must_fail: no flipped bit
 * may be taken, since a signature covers it all.
 */
static void
damage(parser *parse, struct firma_bytes good, size_t step, int must_fail)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };

	assert_int_equal(parse_exact(parse, good), FIRMA_OK);
	for (size_t n = 0; n < good.len; n++)
		assert_int_not_equal(
		    parse_exact(parse, firma_bytes_of(good.at, n)), FIRMA_OK);
	assert_int_equal(firma_buf_put(&b, good), FIRMA_OK);
	for (size_t bit = 0; bit < 8 * good.len; bit += step) {
		enum firma_err r;

		b.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
		r = parse_exact(parse, firma_buf_view(&b));
		b.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (must_fail && r == FIRMA_OK)
			fail_msg("bit %zu was flipped and not missed", bit);
	}
	assert_int_equal(ERR_peek_error(), 0);
}

static EVP_PKEY *
key(void)
{
	return key_of(FIRMA_KEY_EC_P256, 0);
}

static void
certificates(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c =
	    certificate_of(&(struct recipe){ .key = key() });

	(void)state;
	damage(certificate, firma_certificate_der(c), 1, 0);
}

static void
requests(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf subject = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };

	(void)state;
	company_subject(&subject);
	assert_int_equal(firma_request_build(key(), firma_buf_view(&subject),
			     "abc", 32, &der, NULL),
	    FIRMA_OK);
	damage(request, firma_buf_view(&der), 1, 1);
}

static void
signed_data(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c =
	    certificate_of(&(struct recipe){ .key = key() });
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	uint8_t digest[32];

	(void)state;
	sha256_of(BYTES(LETTER), digest);
	assert_int_equal(
	    firma_cms_sign_digest(key(), c, firma_bytes_of(digest, 32), NOW,
		FIRMA_CMS_CADES, &der, NULL),
	    FIRMA_OK);
	damage(cms, firma_buf_view(&der), 1, 0);
	damage(attach, firma_buf_view(&der), 7, 0);
}

static void
names(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };

	(void)state;
	company_subject(&der);
	damage(name, firma_buf_view(&der), 1, 0);
}

static void
key_files(void **state)
{
	FIRMA_OWN(firma_pkcs8_done)
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key());
	FIRMA_OWN(firma_x509_sig_done)
	X509_SIG *sig =
	    PKCS8_encrypt(-1, EVP_des_ede3_cbc(), "x", 1, NULL, 0, 16, info);
	FIRMA_OWN(firma_buf_done) struct firma_buf sealed = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf plain = { 0 };
	unsigned char *out = NULL;
	int len;

	(void)state;
	len = i2d_X509_SIG(sig, &out);
	assert_int_equal(firma_openssl_put(&sealed, out, len), FIRMA_OK);
	out = NULL;
	len = i2d_PrivateKey(key(), &out);
	assert_int_equal(firma_openssl_put(&plain, out, len), FIRMA_OK);
	damage(keyfile, firma_buf_view(&sealed), 11, 0);
	damage(keyfile, firma_buf_view(&plain), 3, 0);
}

static void
pkcs12_files(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c =
	    certificate_of(&(struct recipe){ .key = key() });
	FIRMA_OWN(firma_pkcs12_done)
	PKCS12 *p12 = PKCS12_create(
	    "x", "n", key(), firma_certificate_x509(c), NULL, 0, 0, 2, 2, 0);
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	unsigned char *out = NULL;
	const int len = i2d_PKCS12(p12, &out);

	(void)state;
	assert_int_equal(firma_openssl_put(&der, out, len), FIRMA_OK);
	damage(pfx, firma_buf_view(&der), 61, 0);
}

static void
small_forms(void **state)
{
	FIRMA_OWN(firma_secret_done) struct firma_secret s = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	uint8_t raw[64];

	(void)state;
	assert_int_equal(firma_keyfile_components(key(), &s, NULL), FIRMA_OK);
	damage(components, firma_secret_view(&s), 1, 0);
	memset(raw, 0x91, sizeof(raw));
	assert_int_equal(
	    firma_ecdsa_to_der(firma_bytes_of(raw, sizeof(raw)), &der),
	    FIRMA_OK);
	damage(ecdsa, firma_buf_view(&der), 1, 0);
}

static void
rubbish_of_every_length(void **state)
{
	static parser *const parsers[] = { certificate, request, cms, attach,
		name, keyfile, pfx, components, ecdsa };
	uint8_t v[300];
	uint32_t x = 2463534242u;

	(void)state;
	for (size_t i = 0; i < sizeof(v); i++) {
		x ^= x << 13, x ^= x >> 17, x ^= x << 5;
		v[i] = (uint8_t)x;
	}
	for (size_t i = 0; i < sizeof(parsers) / sizeof(parsers[0]); i++)
		for (size_t n = 0; n < sizeof(v); n += 3) {
			v[0] = 0x30;
			assert_int_not_equal(
			    parse_exact(parsers[i], firma_bytes_of(v, n)),
			    FIRMA_OK);
			assert_int_not_equal(parse_exact(parsers[i],
						 firma_bytes_of(v + 1, n / 2)),
			    FIRMA_OK);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificates),
		cmocka_unit_test(requests),
		cmocka_unit_test(signed_data),
		cmocka_unit_test(names),
		cmocka_unit_test(key_files),
		cmocka_unit_test(pkcs12_files),
		cmocka_unit_test(small_forms),
		cmocka_unit_test(rubbish_of_every_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
