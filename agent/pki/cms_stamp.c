/* SPDX-License-Identifier: Apache-2.0 */
/* Time stamps in a SignedData: declared in timestamp.h. */
#include "agent/pki/der.h"
#include "agent/pki/own_openssl.h"
#include "agent/pki/timestamp.h"

#define STAMP_NID NID_id_smime_aa_timeStampToken

/* The message, and its one signer in it. */
static enum firma_err
parse(struct firma_bytes der, CMS_ContentInfo **ret_cms,
    CMS_SignerInfo **ret_si, struct firma_cause *cause)
{
	const unsigned char *p = der.at;
	STACK_OF(CMS_SignerInfo) * signers;

	ERR_clear_error();
	if (der.len > FIRMA_CMS_MAX + FIRMA_CMS_CONTENT_MAX)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "a SignedData of %zu octets", der.len);
	if (der.len == 0 ||
	    (*ret_cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.len)) == NULL ||
	    p != der.at + der.len ||
	    OBJ_obj2nid(CMS_get0_type(*ret_cms)) != NID_pkcs7_signed)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_SHAPE, "not a CMS SignedData");
	signers = CMS_get0_SignerInfos(*ret_cms);
	if (sk_CMS_SignerInfo_num(signers) != 1)
		return firma_openssl_fail(cause, FIRMA_ERR_SHAPE,
		    "%d signers, where one is expected",
		    sk_CMS_SignerInfo_num(signers));
	*ret_si = sk_CMS_SignerInfo_value(signers, 0);
	return FIRMA_OK;
}

static struct firma_bytes
signature_of(CMS_SignerInfo *si)
{
	const ASN1_OCTET_STRING *s = CMS_SignerInfo_get0_signature(si);

	return firma_bytes_of(
	    ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

enum firma_err
firma_cms_signature_sha256(struct firma_bytes der,
    uint8_t ret_sha256[FIRMA_SHA256], struct firma_cause *cause)
{
	FIRMA_OWN(firma_cms_done) CMS_ContentInfo *cms = NULL;
	CMS_SignerInfo *si = NULL;
	struct firma_bytes signature;
	enum firma_err r;

	if ((r = parse(der, &cms, &si, cause)) != FIRMA_OK)
		return r;
	signature = signature_of(si);
	if (EVP_Digest(signature.at, signature.len, ret_sha256, NULL,
		EVP_sha256(), NULL) != 1)
		return firma_openssl_err(FIRMA_ERR_INTERNAL);
	return FIRMA_OK;
}

/* How many stamps there are, and the i-th token; each attribute has one. */
static int
count(CMS_SignerInfo *si)
{
	int n = 0, at = -1;

	while ((at = CMS_unsigned_get_attr_by_NID(si, STAMP_NID, at)) >= 0)
		n += X509_ATTRIBUTE_count(CMS_unsigned_get_attr(si, at));
	return n;
}

/* Is it written so that OpenSSL would write the same? */
static enum firma_err
check_same(
    CMS_ContentInfo *cms, struct firma_bytes der, struct firma_cause *cause)
{
	FIRMA_OWN(firma_openssl_mem_done) unsigned char *out = NULL;
	const int len = i2d_CMS_ContentInfo(cms, &out);

	if (len <= 0)
		return firma_openssl_err(FIRMA_ERR_INTERNAL);
	if (!firma_bytes_equal(der, firma_bytes_of(out, (size_t)len)))
		return firma_fail(cause, FIRMA_ERR_NOT_SUPPORTED,
		    FIRMA_CAUSE_NONE, 0,
		    "it is not written in DER and would have to be rewritten");
	return FIRMA_OK;
}

enum firma_err
firma_cms_stamp(struct firma_bytes der, struct firma_bytes token,
    struct firma_buf *ret_der, struct firma_cause *cause)
{
	FIRMA_OWN(firma_cms_done) CMS_ContentInfo *cms = NULL;
	FIRMA_OWN(firma_timestamp_done) struct firma_timestamp stamp = { 0 };
	struct firma_timestamp_expect expect = { 0 };
	CMS_SignerInfo *si = NULL;
	unsigned char *out = NULL;
	enum firma_err r;
	int len;

	if ((r = parse(der, &cms, &si, cause)) != FIRMA_OK ||
	    (r = check_same(cms, der, cause)) != FIRMA_OK)
		return r;
	if (count(si) >= FIRMA_TIMESTAMPS_MAX)
		return firma_fail(cause, FIRMA_ERR_EXISTS, FIRMA_CAUSE_NONE, 0,
		    "%d time stamps in it already", count(si));
	expect.data = signature_of(si);
	r = firma_timestamp_verify(token, &expect, &stamp, cause);
	if (r == FIRMA_ERR_SHAPE)
		r = FIRMA_ERR_STAMP;
	if (r != FIRMA_OK)
		return r;
	if (CMS_unsigned_add1_attr_by_NID(
		si, STAMP_NID, V_ASN1_SEQUENCE, token.at, (int)token.len) != 1)
		return firma_openssl_err(FIRMA_ERR_NOMEM);
	len = i2d_CMS_ContentInfo(cms, &out);
	return firma_openssl_put(ret_der, out, len);
}

void
firma_cms_stamps_done(struct firma_cms_stamps *s)
{
	for (size_t i = 0; i < s->n; i++) {
		firma_timestamp_done(&s->at[i].stamp);
		firma_buf_done(&s->at[i].token);
	}
	*s = (struct firma_cms_stamps){ 0 };
}

/* One value of the attribute; what is no token is a stamp that is not good. */
static enum firma_err
add(const ASN1_TYPE *value, const struct firma_timestamp_expect *expect,
    struct firma_cms_stamps *ret)
{
	struct firma_cause *cause = &ret->at[ret->n].cause;
	enum firma_err r, *verdict = &ret->at[ret->n].verdict;
	const ASN1_STRING *s;

	ret->n++;
	if (value == NULL || value->type != V_ASN1_SEQUENCE) {
		*verdict = firma_fail(cause, FIRMA_ERR_STAMP, FIRMA_CAUSE_NONE,
		    0, "not a time stamp token");
		return FIRMA_OK;
	}
	s = value->value.sequence;
	if ((r = firma_buf_put(&ret->at[ret->n - 1].token,
		 firma_bytes_of(ASN1_STRING_get0_data(s),
		     (size_t)ASN1_STRING_length(s)))) != FIRMA_OK)
		return r;
	r = firma_timestamp_read(firma_buf_view(&ret->at[ret->n - 1].token),
	    expect, &ret->at[ret->n - 1].stamp, verdict, cause);
	if (r == FIRMA_OK || r == FIRMA_ERR_NOMEM || r == FIRMA_ERR_INTERNAL ||
	    r == FIRMA_ERR_CONFIG)
		return r;
	*verdict = FIRMA_ERR_STAMP;
	return FIRMA_OK;
}

enum firma_err
firma_cms_stamps(struct firma_bytes der, struct firma_bytes ca,
    struct firma_cms_stamps *ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_cms_done) CMS_ContentInfo *cms = NULL;
	FIRMA_OWN(firma_cms_stamps_done) struct firma_cms_stamps got = { 0 };
	struct firma_timestamp_expect expect = { .ca = ca };
	CMS_SignerInfo *si = NULL;
	enum firma_err r;
	int at = -1;

	if ((r = parse(der, &cms, &si, cause)) != FIRMA_OK)
		return r;
	if (count(si) > FIRMA_TIMESTAMPS_MAX)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "more than %d time stamps", FIRMA_TIMESTAMPS_MAX);
	expect.data = signature_of(si);
	while ((at = CMS_unsigned_get_attr_by_NID(si, STAMP_NID, at)) >= 0) {
		X509_ATTRIBUTE *a = CMS_unsigned_get_attr(si, at);

		for (int i = 0; i < X509_ATTRIBUTE_count(a); i++)
			if ((r = add(X509_ATTRIBUTE_get0_type(a, i), &expect,
				 &got)) != FIRMA_OK)
				return r;
	}
	firma_cms_stamps_done(ret);
	*ret = got;
	got = (struct firma_cms_stamps){ 0 };
	return FIRMA_OK;
}
