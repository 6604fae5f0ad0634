/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/cms.h"

#include <string.h>

#include "agent/pki/own_openssl.h"

#define TIME_MAX INT64_C(253402300799) /* 9999-12-31 23:59:59 UTC */

static enum firma_err
add_attributes(CMS_SignerInfo *si, const uint8_t *digest, int64_t signing_time)
{
	FIRMA_OWN(firma_asn1_octets_done)
	ASN1_OCTET_STRING *md = ASN1_OCTET_STRING_new();
	/* UTCTime up to 2049, GeneralizedTime after: RFC 5652 11.3 */
	FIRMA_OWN(firma_asn1_time_done)
	ASN1_TIME *when = ASN1_TIME_set(NULL, (time_t)signing_time);

	if (md == NULL || when == NULL ||
	    ASN1_OCTET_STRING_set(md, digest, FIRMA_SHA256) != 1 ||
	    CMS_signed_add1_attr_by_NID(si, NID_pkcs9_contentType,
		V_ASN1_OBJECT, OBJ_nid2obj(NID_pkcs7_data), -1) != 1 ||
	    CMS_signed_add1_attr_by_NID(si, NID_pkcs9_messageDigest,
		V_ASN1_OCTET_STRING, md, -1) != 1 ||
	    CMS_signed_add1_attr_by_NID(si, NID_pkcs9_signingTime,
		ASN1_STRING_type(when), when, -1) != 1)
		return FIRMA_ERR_NOMEM;
	return FIRMA_OK;
}

static enum firma_err
check_arguments(EVP_PKEY *key, const struct firma_certificate *cert,
    int64_t signing_time, unsigned int flags, struct firma_cause *cause)
{
	if (signing_time < 0 || signing_time > TIME_MAX ||
	    (flags & ~FIRMA_CMS_ATTACHED_LATER) != 0)
		return firma_fail(cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
		    "the signing time or the flags");
	if (X509_check_private_key(firma_certificate_x509(cert), key) != 1)
		return firma_openssl_fail(cause, FIRMA_ERR_KEY_MISMATCH,
		    "the signing key and certificate");
	return FIRMA_OK;
}

enum firma_err
firma_cms_sign_digest(EVP_PKEY *key, const struct firma_certificate *cert,
    const uint8_t digest[FIRMA_SHA256], int64_t signing_time,
    unsigned int flags, struct firma_buf *ret_der, struct firma_cause *cause)
{
	FIRMA_OWN(firma_cms_done) CMS_ContentInfo *cms = NULL;
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info checked = { 0 };
	CMS_SignerInfo *si;
	unsigned char *out = NULL;
	enum firma_err r;
	int len;

	if ((r = check_arguments(key, cert, signing_time, flags, cause)) !=
	    FIRMA_OK)
		return r;
	cms = CMS_sign(
	    NULL, NULL, NULL, NULL, CMS_DETACHED | CMS_PARTIAL | CMS_BINARY);
	if (cms == NULL ||
	    (si = CMS_add1_signer(cms, firma_certificate_x509(cert), key,
		 EVP_sha256(),
		 CMS_PARTIAL | CMS_BINARY | CMS_CADES | CMS_NOSMIMECAP)) ==
		NULL ||
	    add_attributes(si, digest, signing_time) != FIRMA_OK)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_INTERNAL, "a SignedData");
	if (CMS_SignerInfo_sign(si) != 1)
		return firma_openssl_fail(cause, FIRMA_ERR_TOKEN_ERROR,
		    "the key did not sign the attributes");
	len = i2d_CMS_ContentInfo(cms, &out);
	if ((r = firma_openssl_put(&der, out, len)) != FIRMA_OK ||
	    (r = firma_cms_verify_digest(
		 firma_buf_view(&der), digest, &checked, cause)) != FIRMA_OK)
		return r;
	return firma_buf_put(ret_der, firma_buf_view(&der));
}

static enum firma_err
put_content(
    CMS_ContentInfo *cms, struct firma_bytes content, struct firma_cause *cause)
{
	ASN1_OCTET_STRING **at = CMS_get0_content(cms);

	if (at == NULL || OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_SHAPE, "not a SignedData");
	if (*at != NULL)
		return firma_fail(cause, FIRMA_ERR_STATE, FIRMA_CAUSE_NONE, 0,
		    "there is content in the SignedData already");
	if ((*at = ASN1_OCTET_STRING_new()) == NULL ||
	    ASN1_OCTET_STRING_set(*at,
		content.len != 0 ? content.at : (const uint8_t *)"",
		(int)content.len) != 1)
		return FIRMA_ERR_NOMEM;
	return FIRMA_OK;
}

enum firma_err
firma_cms_attach(struct firma_bytes der, struct firma_bytes content,
    struct firma_buf *ret_der, struct firma_cause *cause)
{
	FIRMA_OWN(firma_cms_done) CMS_ContentInfo *cms = NULL;
	FIRMA_OWN(firma_buf_done) struct firma_buf whole = { 0 };
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info checked = { 0 };
	const unsigned char *p = der.at;
	unsigned char *out = NULL;
	enum firma_err r;
	int len;

	if (der.len > FIRMA_CMS_MAX || content.len > FIRMA_CMS_CONTENT_MAX)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "content of %zu octets", content.len);
	if (der.len == 0 ||
	    (cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.len)) == NULL ||
	    p != der.at + der.len)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_SHAPE, "not a SignedData");
	if ((r = put_content(cms, content, cause)) != FIRMA_OK)
		return r;
	len = i2d_CMS_ContentInfo(cms, &out);
	if ((r = firma_openssl_put(&whole, out, len)) != FIRMA_OK ||
	    (r = firma_cms_verify(firma_buf_view(&whole),
		 (struct firma_bytes){ 0 }, &checked, cause)) != FIRMA_OK)
		return r;
	return firma_buf_put(ret_der, firma_buf_view(&whole));
}
