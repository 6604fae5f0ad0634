/* SPDX-License-Identifier: Apache-2.0 */
/* Time stamps by OpenSSL, as an authority makes them, and a stamped message. */
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include "agent/pki/own_openssl.h"
#include "agent/pki/timestamp.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/seeds.h"

#define TEXT   "Carta"
#define SECOND 1790000000

static X509 *
make_certificate(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *n = X509_get_subject_name(x);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(
	    NULL, NULL, NID_ext_key_usage, "critical,timeStamping");

	FUZZ_MUST(X509_set_version(x, X509_VERSION_3) == 1);
	FUZZ_MUST(ASN1_INTEGER_set(X509_get_serialNumber(x), 7) == 1);
	FUZZ_MUST(
	    X509_NAME_add_entry_by_NID(n, NID_commonName, V_ASN1_UTF8STRING,
		(const unsigned char *)"TSA", -1, -1, 0) == 1);
	FUZZ_MUST(X509_set_issuer_name(x, n) == 1);
	FUZZ_MUST(ASN1_TIME_set(X509_getm_notBefore(x), SECOND - 9) != NULL);
	FUZZ_MUST(ASN1_TIME_set(X509_getm_notAfter(x), SECOND + 9) != NULL);
	FUZZ_MUST(X509_set_pubkey(x, key) == 1);
	FUZZ_MUST(X509_add_ext(x, e, -1) == 1);
	FUZZ_MUST(X509_sign(x, key, EVP_sha256()) > 0);
	X509_EXTENSION_free(e);
	return x;
}

static ASN1_INTEGER *
serial(TS_RESP_CTX *ctx, void *arg)
{
	ASN1_INTEGER *i = ASN1_INTEGER_new();

	(void)ctx;
	(void)arg;
	FUZZ_MUST(i != NULL && ASN1_INTEGER_set(i, 1) == 1);
	return i;
}

static int
second(TS_RESP_CTX *ctx, void *arg, long *ret_s, long *ret_us)
{
	(void)ctx;
	(void)arg;
	*ret_s = SECOND;
	*ret_us = 125000;
	return 1;
}

/* What openssl ts answers to our request for that digest. */
static void
answer(EVP_PKEY *key, X509 *cert, const uint8_t sha256[FIRMA_SHA256],
    struct firma_buf *ret)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf request = { 0 };
	FIRMA_OWN(firma_bio_done) BIO *in = NULL;
	TS_RESP_CTX *ctx = TS_RESP_CTX_new();
	ASN1_OBJECT *policy = OBJ_txt2obj("1.2.3.4", 1);
	uint8_t nonce[FIRMA_TIMESTAMP_NONCE];
	unsigned char *out = NULL;
	TS_RESP *resp;
	int len;

	FUZZ_MUST(firma_timestamp_request(sha256, nonce, &request) == FIRMA_OK);
	in = BIO_new_mem_buf(request.at, (int)request.len);
	FUZZ_MUST(TS_RESP_CTX_set_signer_cert(ctx, cert) == 1);
	FUZZ_MUST(TS_RESP_CTX_set_signer_key(ctx, key) == 1);
	FUZZ_MUST(TS_RESP_CTX_set_signer_digest(ctx, EVP_sha256()) == 1);
	FUZZ_MUST(TS_RESP_CTX_set_ess_cert_id_digest(ctx, EVP_sha256()) == 1);
	FUZZ_MUST(TS_RESP_CTX_set_def_policy(ctx, policy) == 1);
	FUZZ_MUST(TS_RESP_CTX_add_md(ctx, EVP_sha256()) == 1);
	FUZZ_MUST(TS_RESP_CTX_set_accuracy(ctx, 1, 500, 100) == 1);
	FUZZ_MUST(TS_RESP_CTX_set_clock_precision_digits(ctx, 3) == 1);
	TS_RESP_CTX_set_serial_cb(ctx, serial, NULL);
	TS_RESP_CTX_set_time_cb(ctx, second, NULL);
	resp = TS_RESP_create_response(ctx, in);
	FUZZ_MUST(resp != NULL);
	len = i2d_TS_RESP(resp, &out);
	FUZZ_MUST(firma_openssl_put(ret, out, len) == FIRMA_OK);
	TS_RESP_free(resp);
	TS_RESP_CTX_free(ctx);
	ASN1_OBJECT_free(policy);
}

void
seeds_stamp(void)
{
	static const uint8_t refusal[] = { 0x30, 14, 0x30, 12, 2, 1, 2, 0x30, 3,
		0x0c, 1, 'n', 3, 2, 5, 0x20 };
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *key = EVP_EC_gen("P-256");
	FIRMA_OWN(firma_x509_done) X509 *x = make_certificate(key);
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 }, cms = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf response = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf token = { 0 }, t = { 0 };
	uint8_t digest[FIRMA_SHA256];
	unsigned char *out = NULL;
	int len;

	len = i2d_X509(x, &out);
	FUZZ_MUST(firma_openssl_put(&der, out, len) == FIRMA_OK);
	FUZZ_MUST(firma_certificate_parse(firma_buf_view(&der), &c, NULL) ==
	    FIRMA_OK);
	FUZZ_MUST(EVP_Digest(TEXT, sizeof(TEXT) - 1, digest, NULL, EVP_sha256(),
		      NULL) == 1);
	FUZZ_MUST(firma_cms_sign_digest(key, c,
		      firma_bytes_of(digest, sizeof(digest)), SECOND,
		      FIRMA_CMS_CADES, &cms, NULL) == FIRMA_OK);
	FUZZ_MUST(firma_cms_signature_sha256(
		      firma_buf_view(&cms), digest, NULL) == FIRMA_OK);
	answer(key, x, digest, &response);
	seed("timestamp", "response", firma_buf_view(&response));
	seed("explain", "stamp-response", firma_buf_view(&response));
	seed("timestamp", "refusal", firma_bytes_of(refusal, sizeof(refusal)));
	FUZZ_MUST(firma_timestamp_open(
		      firma_buf_view(&response), &token, NULL) == FIRMA_OK);
	seed("timestamp", "token", firma_buf_view(&token));
	seed("explain", "stamp-token", firma_buf_view(&token));
	FUZZ_MUST(firma_cms_stamp(firma_buf_view(&cms), firma_buf_view(&token),
		      &t, NULL) == FIRMA_OK);
	seed("timestamp", "stamped", firma_buf_view(&t));
	seed("explain", "stamped", firma_buf_view(&t));
}
