/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/support.h"

#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include "agent/pki/timestamp.h"
#include "tests/unit/pki/tsa.h"

#define LETTER "Carta de T\xc3\xa9rminos y Condiciones"
#define PRACTICE           \
	"AC de Pr\xc3\xa1" \
	"ctica"

static enum firma_err
verify(const struct tsa *t, const struct firma_timestamp_expect *expect,
    struct firma_timestamp *ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf token = { 0 };

	token_of(t, &token);
	return firma_timestamp_verify(
	    firma_buf_view(&token), expect, ret, cause);
}

static void
a_stamp_tells_when_and_who(void **state)
{
	static const uint8_t nonce[FIRMA_TIMESTAMP_NONCE] = { 0x51, 2, 3, 4, 5,
		6, 7, 8 };
	FIRMA_OWN(firma_timestamp_done) struct firma_timestamp got = { 0 };
	struct firma_cause cause = { 0 };
	uint8_t digest[FIRMA_SHA256];

	(void)state;
	sha256_of(BYTES(LETTER), digest);
	if (verify(&(struct tsa){ .data = BYTES(LETTER), .nonce = nonce },
		&(struct firma_timestamp_expect){
		    .sha256 = digest, .nonce = nonce },
		&got, &cause) != FIRMA_OK)
		fail_msg("%s", cause.what);
	assert_int_equal(got.at, NOW);
	assert_int_equal(got.at_ms, 0);
	assert_int_equal(got.accuracy_us, 2000000);
	assert_string_equal(got.policy, POLICY);
	assert_string_equal(got.serial, "1234");
	assert_string_equal(got.imprint, "sha256");
	assert_string_equal(got.digest, "sha256");
	assert_string_equal(got.name, "DISE\xc3\x91OS & OBRAS SA");
	assert_true(got.is_compared);
	assert_false(got.has_chain);
	/* Over the octets themselves, whatever SHA-2 it took; or over anything. */
	assert_int_equal(
	    verify(&(struct tsa){ .data = BYTES(LETTER),
		       .imprint = EVP_sha512(),
		       .md = EVP_sha384() },
		&(struct firma_timestamp_expect){ .data = BYTES(LETTER) }, &got,
		NULL),
	    FIRMA_OK);
	assert_string_equal(got.imprint, "sha512");
	assert_string_equal(got.digest, "sha384");
	assert_int_equal(verify(&(struct tsa){ .data = BYTES(LETTER) },
			     &(struct firma_timestamp_expect){ 0 }, &got, NULL),
	    FIRMA_OK);
	assert_false(got.is_compared);
}

/* What is wrong, and the reason that is told. */
static void
what_does_not_hold_is_refused(void **state)
{
	static const uint8_t nonce[FIRMA_TIMESTAMP_NONCE] = { 0x51, 2, 3, 4, 5,
		6, 7, 8 };
	static const uint8_t other[FIRMA_TIMESTAMP_NONCE] = { 0x52, 2, 3, 4, 5,
		6, 7, 8 };
	const struct {
		struct tsa t;
		const char *why;
	} sins[] = {
		{ { .data = BYTES("another") }, "something else" },
		{ { .imprint = EVP_sha1() }, "no SHA-2" },
		{ { .imprint = EVP_sha384() }, "not over a SHA-256" },
		{ { .md = EVP_sha1() }, "signed with SHA1" },
		{ { .nonce = other }, "nonce" },
		{ { .nonce = NULL }, "nonce" },
		{ { .usage = "" }, "not for time stamps" },
		{ { .usage = "timeStamping" }, "not for time stamps" },
		{ { .usage = "critical,timeStamping,emailProtection" },
		    "not for time stamps" },
		{ { .usage = "critical,emailProtection" },
		    "not for time stamps" },
		{ { .at = NOW - 10 * DAY }, "not valid at that time" },
		{ { .at = NOW + 4000 * DAY }, "not valid at that time" },
		{ { .is_without_ess = 1 }, "signingCertificate is missing" },
		{ { .is_another_named = 1 }, "names another certificate" },
		{ { .is_damaged = 1 }, "does not verify" },
	};
	uint8_t digest[FIRMA_SHA256];

	(void)state;
	sha256_of(BYTES(LETTER), digest);
	for (size_t i = 0; i < sizeof(sins) / sizeof(sins[0]); i++) {
		FIRMA_OWN(firma_timestamp_done)
		struct firma_timestamp got = { 0 };
		struct firma_cause cause = { 0 };
		struct tsa t = sins[i].t;

		if (t.data.at == NULL)
			t.data = BYTES(LETTER);
		if (strcmp(sins[i].why, "nonce") != 0)
			t.nonce = nonce;
		assert_int_equal(verify(&t,
				     &(struct firma_timestamp_expect){
					 .sha256 = digest, .nonce = nonce },
				     &got, &cause),
		    FIRMA_ERR_STAMP);
		if (strstr(cause.what, sins[i].why) == NULL)
			fail_msg("%zu: %s", i, cause.what);
		assert_null(got.tsa);
	}
}

static void
pem_of(X509 *c, struct firma_buf *ret)
{
	FIRMA_OWN(firma_bio_done) BIO *out = BIO_new(BIO_s_mem());
	char *at = NULL;
	long n;

	assert_int_equal(PEM_write_bio_X509(out, c), 1);
	n = BIO_get_mem_data(out, &at);
	assert_int_equal(
	    firma_buf_put(ret, firma_bytes_of(at, (size_t)n)), FIRMA_OK);
}

/* The one that issued them all is "AC de Práctica". */
static X509 *
ca_certificate(const char *name, EVP_PKEY *key, int is_ca)
{
	const struct attribute cn = { NID_commonName, V_ASN1_UTF8STRING, name };
	FIRMA_OWN(firma_buf_done) struct firma_buf subject = { 0 };
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	X509_EXTENSION *e;
	X509 *x;

	name_of(&cn, 1, &subject);
	c = certificate_of(&(struct recipe){ .key = key,
	    .subject = firma_buf_view(&subject),
	    .not_before = NOW - DAY });
	x = X509_dup(firma_certificate_x509(c));
	e = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints,
	    is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	return x;
}

static void
the_way_to_an_authority(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf one = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf both = { 0 };
	FIRMA_OWN(firma_timestamp_done) struct firma_timestamp got = { 0 };
	FIRMA_OWN(firma_x509_done)
	X509 *ca = ca_certificate(PRACTICE, key_of(FIRMA_KEY_EC_P256, 1), 1);
	FIRMA_OWN(firma_x509_done)
	X509 *other =
	    ca_certificate("Another", key_of(FIRMA_KEY_EC_P384, 1), 1);
	FIRMA_OWN(firma_x509_done)
	X509 *no_ca = ca_certificate(PRACTICE, key_of(FIRMA_KEY_EC_P256, 1), 0);
	const struct tsa t = { .data = BYTES(LETTER) };
	struct firma_timestamp_expect expect = { .data = BYTES(LETTER) };
	struct firma_cause cause = { 0 };

	(void)state;
	pem_of(other, &one);
	expect.ca = firma_buf_view(&one);
	assert_int_equal(
	    verify(&t, &expect, &got, &cause), FIRMA_ERR_CERT_ISSUER);
	assert_non_null(strstr(cause.what, "time-stamping authority"));
	one.len = 0;
	pem_of(no_ca, &one);
	expect.ca = firma_buf_view(&one);
	assert_int_equal(
	    verify(&t, &expect, &got, &cause), FIRMA_ERR_CERT_ISSUER);
	/* One of several. */
	pem_of(other, &both);
	pem_of(ca, &both);
	expect.ca = firma_buf_view(&both);
	assert_int_equal(verify(&t, &expect, &got, &cause), FIRMA_OK);
	assert_true(got.has_chain);
}

static void
a_file_without_authorities(void **state)
{
	static const char *const files[] = { "no certificate\n",
		"-----BEGIN CERTIFICATE-----\nMIIB\n"
		"-----END CERTIFICATE-----\n",
		"0\x03\x02\x01\x01" };
	FIRMA_OWN(firma_timestamp_done) struct firma_timestamp got = { 0 };
	const struct tsa t = { .data = BYTES(LETTER) };

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		assert_int_equal(verify(&t,
				     &(struct firma_timestamp_expect){
					 .ca = TEXT(files[i]) },
				     &got, NULL),
		    FIRMA_ERR_CONFIG);
}

static void
answers_of_an_authority(void **state)
{
	static const uint8_t refusal[] = { 0x30, 23, 0x30, 21, 2, 1, 2, 0x30, 9,
		0x0c, 7, 'p', 'a', 'y', ' ', 0x1b, '[', 'm', 3, 5, 6, 0, 0, 0,
		0x40 };
	static const uint8_t bare[] = { 0x30, 5, 0x30, 3, 2, 1, 2 };
	static const uint8_t empty[] = { 0x30, 5, 0x30, 3, 2, 1, 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf token = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf response = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf got = { 0 };
	struct firma_cause cause = { 0 };

	(void)state;
	token_of(&(struct tsa){ .data = BYTES(LETTER) }, &token);
	assert_int_equal(
	    firma_timestamp_response(firma_buf_view(&token), &response),
	    FIRMA_OK);
	assert_int_equal(
	    firma_timestamp_open(firma_buf_view(&response), &got, &cause),
	    FIRMA_OK);
	assert_true(
	    firma_bytes_equal(firma_buf_view(&token), firma_buf_view(&got)));
	assert_true(firma_timestamp_is_token(firma_buf_view(&token)));
	assert_false(firma_timestamp_is_token(firma_buf_view(&response)));
	got.len = 0;
	assert_int_equal(
	    firma_timestamp_open(
		firma_bytes_of(refusal, sizeof(refusal)), &got, &cause),
	    FIRMA_ERR_TSA_REFUSED);
	assert_string_equal(cause.what, "rejection, systemFailure: pay ?[m");
	assert_int_equal(firma_timestamp_open(
			     firma_bytes_of(bare, sizeof(bare)), &got, &cause),
	    FIRMA_ERR_TSA_REFUSED);
	assert_string_equal(cause.what, "rejection");
	assert_int_equal(
	    firma_timestamp_open(
		firma_bytes_of(empty, sizeof(empty)), &got, &cause),
	    FIRMA_ERR_TSA_ANSWER);
	assert_int_equal(firma_timestamp_open(BYTES("<html>"), &got, &cause),
	    FIRMA_ERR_TSA_ANSWER);
	assert_int_equal(got.len, 0);
	/* Cut off anywhere, and with an octet more. */
	for (size_t n = 0; n < response.len; n++)
		assert_int_not_equal(
		    firma_timestamp_open(
			firma_bytes_of(response.at, n), &got, NULL),
		    FIRMA_OK);
	assert_int_equal(firma_buf_put_u8(&response, 0), FIRMA_OK);
	assert_int_equal(
	    firma_timestamp_open(firma_buf_view(&response), &got, NULL),
	    FIRMA_ERR_TSA_ANSWER);
}

static void
a_request_is_what_openssl_reads(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	uint8_t digest[FIRMA_SHA256], nonce[FIRMA_TIMESTAMP_NONCE];
	uint8_t again[FIRMA_TIMESTAMP_NONCE];
	const unsigned char *p;
	const ASN1_INTEGER *n;
	TS_REQ *req;

	(void)state;
	sha256_of(BYTES(LETTER), digest);
	assert_int_equal(
	    firma_timestamp_request(digest, nonce, &der), FIRMA_OK);
	assert_true(der.len <= FIRMA_TIMESTAMP_REQUEST_MAX);
	p = der.at;
	req = d2i_TS_REQ(NULL, &p, (long)der.len);
	assert_non_null(req);
	assert_ptr_equal(p, der.at + der.len);
	assert_int_equal(TS_REQ_get_version(req), 1);
	assert_int_not_equal(TS_REQ_get_cert_req(req), 0);
	n = TS_REQ_get_nonce(req);
	assert_int_equal(ASN1_STRING_length(n), sizeof(nonce));
	assert_memory_equal(ASN1_STRING_get0_data(n), nonce, sizeof(nonce));
	assert_memory_equal(ASN1_STRING_get0_data(TS_MSG_IMPRINT_get_msg(
				TS_REQ_get_msg_imprint(req))),
	    digest, sizeof(digest));
	TS_REQ_free(req);
	assert_int_equal(
	    firma_timestamp_request(digest, again, &der), FIRMA_OK);
	assert_memory_not_equal(nonce, again, sizeof(nonce));
}

/* ---- in a SignedData ---- */

static void
sign(struct firma_buf *ret)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = certificate_of(
	    &(struct recipe){ .key = key_of(FIRMA_KEY_RSA_2048, 0) });
	uint8_t digest[FIRMA_SHA256];

	sha256_of(BYTES(LETTER), digest);
	assert_int_equal(firma_cms_sign_digest(key_of(FIRMA_KEY_RSA_2048, 0), c,
			     firma_bytes_of(digest, sizeof(digest)), NOW,
			     FIRMA_CMS_CADES, ret, NULL),
	    FIRMA_OK);
}

static void
token_for(struct firma_bytes cms, struct firma_buf *ret)
{
	const unsigned char *p = cms.at;
	FIRMA_OWN(firma_cms_done)
	CMS_ContentInfo *c = d2i_CMS_ContentInfo(NULL, &p, (long)cms.len);
	const ASN1_OCTET_STRING *s = CMS_SignerInfo_get0_signature(
	    sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(c), 0));

	token_of(&(struct tsa){ .data = firma_bytes_of(ASN1_STRING_get0_data(s),
				    (size_t)ASN1_STRING_length(s)) },
	    ret);
}

static int
has(struct firma_bytes in, struct firma_bytes piece)
{
	return memmem(in.at, in.len, piece.at, piece.len) != NULL;
}

static void
a_stamp_leaves_what_is_signed(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf before = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf token = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf after = { 0 };
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info info = { 0 };
	FIRMA_OWN(firma_cms_stamps_done) struct firma_cms_stamps stamps = { 0 };
	struct firma_cause cause = { 0 };
	struct firma_bytes inner;

	(void)state;
	sign(&before);
	assert_int_equal(firma_cms_stamps(firma_buf_view(&before),
			     firma_bytes_of(NULL, 0), &stamps, &cause),
	    FIRMA_OK);
	assert_int_equal(stamps.n, 0);
	token_for(firma_buf_view(&before), &token);
	if (firma_cms_stamp(firma_buf_view(&before), firma_buf_view(&token),
		&after, &cause) != FIRMA_OK)
		fail_msg("%s", cause.what);
	/* Behind the headers, whose lengths are others; certificate, signature. */
	inner = firma_bytes_of(before.at + 23, 700);
	assert_true(has(firma_buf_view(&after), inner));
	assert_true(has(firma_buf_view(&after),
	    firma_bytes_of(before.at + before.len - 400, 400)));
	assert_true(has(firma_buf_view(&after), firma_buf_view(&token)));
	assert_int_equal(firma_cms_verify(firma_buf_view(&after), BYTES(LETTER),
			     &info, &cause),
	    FIRMA_OK);
	assert_int_equal(firma_cms_stamps(firma_buf_view(&after),
			     firma_bytes_of(NULL, 0), &stamps, &cause),
	    FIRMA_OK);
	assert_int_equal(stamps.n, 1);
	assert_int_equal(stamps.at[0].verdict, FIRMA_OK);
	assert_true(stamps.at[0].stamp.is_compared);
	assert_int_equal(stamps.at[0].stamp.at, NOW);
	assert_true(firma_bytes_equal(
	    firma_buf_view(&stamps.at[0].token), firma_buf_view(&token)));
}

static void
another_signatures_stamp_is_not_put_in(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf cms = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf token = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf out = { 0 };
	struct firma_cause cause = { 0 };
	uint8_t digest[FIRMA_SHA256];

	(void)state;
	sign(&cms);
	token_of(&(struct tsa){ .data = BYTES(LETTER) }, &token);
	assert_int_equal(firma_cms_stamp(firma_buf_view(&cms),
			     firma_buf_view(&token), &out, &cause),
	    FIRMA_ERR_STAMP);
	assert_int_equal(
	    firma_cms_stamp(firma_buf_view(&cms), BYTES("0\x03"), &out, &cause),
	    FIRMA_ERR_STAMP);
	assert_int_equal(firma_cms_stamp(BYTES(LETTER), firma_buf_view(&token),
			     &out, &cause),
	    FIRMA_ERR_SHAPE);
	assert_int_equal(
	    firma_cms_signature_sha256(BYTES(LETTER), digest, &cause),
	    FIRMA_ERR_SHAPE);
	assert_int_equal(out.len, 0);
}

/* Other people's messages: what is put there is read, and judged. */
static void
a_foreign_stamp_is_judged(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf plain = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf token = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_cms_stamps_done) struct firma_cms_stamps stamps = { 0 };
	FIRMA_OWN(firma_cms_done) CMS_ContentInfo *cms = NULL;
	const unsigned char *p;
	unsigned char *out = NULL;
	CMS_SignerInfo *si;
	int len;

	(void)state;
	sign(&plain);
	token_of(&(struct tsa){ .data = BYTES(LETTER) }, &token);
	p = plain.at;
	cms = d2i_CMS_ContentInfo(NULL, &p, (long)plain.len);
	si = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	assert_int_equal(
	    CMS_unsigned_add1_attr_by_NID(si, NID_id_smime_aa_timeStampToken,
		V_ASN1_SEQUENCE, token.at, (int)token.len),
	    1);
	assert_int_equal(
	    CMS_unsigned_add1_attr_by_NID(si, NID_id_smime_aa_timeStampToken,
		V_ASN1_OCTET_STRING, "x", 1),
	    1);
	len = i2d_CMS_ContentInfo(cms, &out);
	assert_int_equal(firma_openssl_put(&der, out, len), FIRMA_OK);
	assert_int_equal(firma_cms_stamps(firma_buf_view(&der),
			     firma_bytes_of(NULL, 0), &stamps, NULL),
	    FIRMA_OK);
	assert_int_equal(stamps.n, 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(stamps.at[i].verdict, FIRMA_ERR_STAMP);
	for (int i = 0; i < FIRMA_TIMESTAMPS_MAX; i++)
		assert_int_equal(CMS_unsigned_add1_attr_by_NID(si,
				     NID_id_smime_aa_timeStampToken,
				     V_ASN1_SEQUENCE, token.at, (int)token.len),
		    1);
	der.len = 0;
	out = NULL;
	len = i2d_CMS_ContentInfo(cms, &out);
	assert_int_equal(firma_openssl_put(&der, out, len), FIRMA_OK);
	assert_int_equal(firma_cms_stamps(firma_buf_view(&der),
			     firma_bytes_of(NULL, 0), &stamps, NULL),
	    FIRMA_ERR_LIMIT);
}

static void
a_token_without_its_certificate(void **state)
{
	FIRMA_OWN(firma_timestamp_done) struct firma_timestamp got = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf token = { 0 };
	struct firma_cause cause = { 0 };

	(void)state;
	assert_int_equal(
	    verify(&(struct tsa){ .data = BYTES(LETTER),
		       .is_without_certificate = 1 },
		&(struct firma_timestamp_expect){ 0 }, &got, &cause),
	    FIRMA_ERR_SHAPE);
	token_of(&(struct tsa){ .data = BYTES(LETTER) }, &token);
	for (size_t n = 0; n < token.len; n++)
		assert_int_not_equal(
		    firma_timestamp_verify(firma_bytes_of(token.at, n),
			&(struct firma_timestamp_expect){ 0 }, &got, NULL),
		    FIRMA_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_what_openssl_reads),
		cmocka_unit_test(answers_of_an_authority),
		cmocka_unit_test(a_stamp_tells_when_and_who),
		cmocka_unit_test(what_does_not_hold_is_refused),
		cmocka_unit_test(the_way_to_an_authority),
		cmocka_unit_test(a_file_without_authorities),
		cmocka_unit_test(a_token_without_its_certificate),
		cmocka_unit_test(a_stamp_leaves_what_is_signed),
		cmocka_unit_test(another_signatures_stamp_is_not_put_in),
		cmocka_unit_test(a_foreign_stamp_is_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
