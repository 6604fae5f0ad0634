/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/timestamp.h"

#include <stdio.h>
#include <string.h>

#include <openssl/rand.h>
#include <openssl/ts.h>

#include "agent/pki/der.h"
#include "agent/pki/own_openssl.h"
#include "agent/pki/text.h"

FIRMA_OWN_OPENSSL(ts_req, TS_REQ, TS_REQ_free)
FIRMA_OWN_OPENSSL(ts_resp, TS_RESP, TS_RESP_free)
FIRMA_OWN_OPENSSL(ts_imprint, TS_MSG_IMPRINT, TS_MSG_IMPRINT_free)
FIRMA_OWN_OPENSSL(x509_algor, X509_ALGOR, X509_ALGOR_free)
FIRMA_OWN_OPENSSL(asn1_integer, ASN1_INTEGER, ASN1_INTEGER_free)

/* ---- the request ---- */

static enum firma_err
put_imprint(TS_REQ *req, const uint8_t sha256[FIRMA_SHA256])
{
	FIRMA_OWN(firma_ts_imprint_done)
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	FIRMA_OWN(firma_x509_algor_done) X509_ALGOR *algor = X509_ALGOR_new();
	uint8_t digest[FIRMA_SHA256]; /* OpenSSL's argument is not const */

	memcpy(digest, sha256, sizeof(digest));
	/* RFC 3161's examples and all authorities write the NULL. */
	if (imprint == NULL || algor == NULL ||
	    X509_ALGOR_set0(
		algor, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) != 1 ||
	    TS_MSG_IMPRINT_set_algo(imprint, algor) != 1 ||
	    TS_MSG_IMPRINT_set_msg(imprint, digest, sizeof(digest)) != 1 ||
	    TS_REQ_set_msg_imprint(req, imprint) != 1)
		return firma_openssl_err(FIRMA_ERR_NOMEM);
	return FIRMA_OK;
}

static enum firma_err
put_nonce(TS_REQ *req, const uint8_t nonce[FIRMA_TIMESTAMP_NONCE])
{
	FIRMA_OWN(firma_bn_done)
	BIGNUM *n = BN_bin2bn(nonce, FIRMA_TIMESTAMP_NONCE, NULL);
	FIRMA_OWN(firma_asn1_integer_done)
	ASN1_INTEGER *i = n != NULL ? BN_to_ASN1_INTEGER(n, NULL) : NULL;

	if (i == NULL || TS_REQ_set_nonce(req, i) != 1)
		return firma_openssl_err(FIRMA_ERR_NOMEM);
	return FIRMA_OK;
}

enum firma_err
firma_timestamp_request(const uint8_t sha256[FIRMA_SHA256],
    uint8_t ret_nonce[FIRMA_TIMESTAMP_NONCE], struct firma_buf *ret_der)
{
	FIRMA_OWN(firma_ts_req_done) TS_REQ *req = TS_REQ_new();
	uint8_t nonce[FIRMA_TIMESTAMP_NONCE];
	unsigned char *out = NULL;
	enum firma_err r;
	int len;

	if (RAND_bytes(nonce, sizeof(nonce)) != 1)
		return firma_openssl_err(FIRMA_ERR_INTERNAL);
	/* Some authorities keep it in 63 bits; zero would say little. */
	nonce[0] = (uint8_t)((nonce[0] & 0x3f) | 0x40);
	if (req == NULL || TS_REQ_set_version(req, 1) != 1 ||
	    TS_REQ_set_cert_req(req, 1) != 1)
		return firma_openssl_err(FIRMA_ERR_NOMEM);
	if ((r = put_imprint(req, sha256)) != FIRMA_OK ||
	    (r = put_nonce(req, nonce)) != FIRMA_OK)
		return r;
	len = i2d_TS_REQ(req, &out);
	if ((r = firma_openssl_put(ret_der, out, len)) != FIRMA_OK)
		return r;
	memcpy(ret_nonce, nonce, sizeof(nonce));
	return FIRMA_OK;
}

/* ---- the response ---- */

/* PKIStatus and PKIFailureInfo, RFC 3161 2.4.2. */
static const struct {
	int value;
	const char *name;
} statuses[] = {
	{ 2, "rejection" },
	{ 3, "waiting" },
	{ 4, "revocationWarning" },
	{ 5, "revocationNotification" },
}, failures[] = {
	{ 0, "badAlg" },
	{ 2, "badRequest" },
	{ 5, "badDataFormat" },
	{ 14, "timeNotAvailable" },
	{ 15, "unacceptedPolicy" },
	{ 16, "unacceptedExtension" },
	{ 17, "addInfoNotAvailable" },
	{ 25, "systemFailure" },
};

static const char *
status_name(int64_t value)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].value == value)
			return statuses[i].name;
	return "an unknown status";
}

static const char *
failure_name(const ASN1_BIT_STRING *bits)
{
	for (size_t i = 0;
	     bits != NULL && i < sizeof(failures) / sizeof(failures[0]); i++)
		if (ASN1_BIT_STRING_get_bit(bits, failures[i].value))
			return failures[i].name;
	return "";
}

static enum firma_err
refused(const TS_STATUS_INFO *info, int64_t status, struct firma_cause *cause)
{
	const STACK_OF(ASN1_UTF8STRING) *texts = TS_STATUS_INFO_get0_text(info);
	const char *failure =
	    failure_name(TS_STATUS_INFO_get0_failure_info(info));
	char words[100] = "";

	if (sk_ASN1_UTF8STRING_num(texts) > 0) {
		const ASN1_UTF8STRING *s = sk_ASN1_UTF8STRING_value(texts, 0);

		/* They reach a terminal. */
		firma_text_show(firma_bytes_of(ASN1_STRING_get0_data(s),
				    (size_t)ASN1_STRING_length(s)),
		    words, sizeof(words));
	}
	return firma_fail(cause, FIRMA_ERR_TSA_REFUSED, FIRMA_CAUSE_NONE, 0,
	    "%s%s%s%s%s", status_name(status), failure[0] != '\0' ? ", " : "",
	    failure, words[0] != '\0' ? ": " : "", words);
}

static enum firma_err
nonsense(struct firma_cause *cause, const char *what)
{
	return firma_openssl_fail(cause, FIRMA_ERR_TSA_ANSWER, "%s", what);
}

enum firma_err
firma_timestamp_open(struct firma_bytes response, struct firma_buf *ret_token,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_ts_resp_done) TS_RESP *resp = NULL;
	struct firma_bytes in = response, body = { 0 }, status = { 0 };
	const unsigned char *p = response.at;
	int64_t value = -1;

	ERR_clear_error();
	if (response.len > FIRMA_TIMESTAMP_MAX)
		return firma_fail(cause, FIRMA_ERR_TSA_ANSWER, FIRMA_CAUSE_NONE,
		    0, "an answer of %zu octets", response.len);
	if (response.len == 0 ||
	    (resp = d2i_TS_RESP(NULL, &p, (long)response.len)) == NULL ||
	    p != response.at + response.len ||
	    ASN1_INTEGER_get_int64(&value,
		TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(resp))) != 1)
		return nonsense(cause, "not a TimeStampResp");
	/* granted, and grantedWithMods: what came is compared all the same */
	if (value != TS_STATUS_GRANTED && value != TS_STATUS_GRANTED_WITH_MODS)
		return refused(TS_RESP_get_status_info(resp), value, cause);
	/* The token as it came: OpenSSL would write it anew. */
	if (firma_der_take(&in, FIRMA_DER_SEQUENCE, &body) != FIRMA_OK ||
	    firma_der_take(&body, FIRMA_DER_SEQUENCE, &status) != FIRMA_OK ||
	    TS_RESP_get_token(resp) == NULL || body.len == 0)
		return nonsense(cause, "granted, and no token in it");
	return firma_buf_put(ret_token, body);
}

enum firma_err
firma_timestamp_response(
    struct firma_bytes token, struct firma_buf *ret_response)
{
	static const uint8_t granted[] = { FIRMA_DER_SEQUENCE, 3,
		FIRMA_DER_INTEGER, 1, TS_STATUS_GRANTED };
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	enum firma_err r;

	if ((r = firma_der_put_header(&der, FIRMA_DER_SEQUENCE,
		 sizeof(granted) + token.len)) != FIRMA_OK ||
	    (r = firma_buf_put(
		 &der, firma_bytes_of(granted, sizeof(granted)))) != FIRMA_OK ||
	    (r = firma_buf_put(&der, token)) != FIRMA_OK)
		return r;
	return firma_buf_put(ret_response, firma_buf_view(&der));
}
