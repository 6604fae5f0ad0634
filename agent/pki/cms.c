/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/cms.h"

#include <string.h>

#include <openssl/asn1t.h>
#include <openssl/pkcs7.h>

#include "agent/pki/own_openssl.h"

#define TIME_MAX INT64_C(253402300799) /* 9999-12-31 23:59:59 UTC */

static const EVP_MD *
md_of(struct firma_bytes digest)
{
	return digest.len == FIRMA_SHA256 ? EVP_sha256()
	    : digest.len == FIRMA_SHA1    ? EVP_sha1()
					  : NULL;
}

static enum firma_err
add_attributes(CMS_SignerInfo *si, struct firma_bytes digest,
    int64_t signing_time, enum firma_cms_form form)
{
	FIRMA_OWN(firma_asn1_octets_done)
	ASN1_OCTET_STRING *md = ASN1_OCTET_STRING_new();
	/* UTCTime up to 2049, GeneralizedTime after: RFC 5652 11.3 */
	FIRMA_OWN(firma_asn1_time_done)
	ASN1_TIME *when = ASN1_TIME_set(NULL, (time_t)signing_time);

	if (md == NULL || when == NULL ||
	    ASN1_OCTET_STRING_set(md, digest.at, (int)digest.len) != 1 ||
	    CMS_signed_add1_attr_by_NID(si, NID_pkcs9_contentType,
		V_ASN1_OBJECT, OBJ_nid2obj(NID_pkcs7_data), -1) != 1 ||
	    CMS_signed_add1_attr_by_NID(si, NID_pkcs9_messageDigest,
		V_ASN1_OCTET_STRING, md, -1) != 1 ||
	    (form != FIRMA_CMS_PADES &&
		CMS_signed_add1_attr_by_NID(si, NID_pkcs9_signingTime,
		    ASN1_STRING_type(when), when, -1) != 1))
		return FIRMA_ERR_NOMEM;
	return FIRMA_OK;
}

static enum firma_err
check_arguments(EVP_PKEY *key, const struct firma_certificate *cert,
    struct firma_bytes digest, int64_t signing_time, enum firma_cms_form form,
    struct firma_cause *cause)
{
	if (signing_time < 0 || signing_time > TIME_MAX ||
	    form >= FIRMA_CMS_N || md_of(digest) == NULL)
		return firma_fail(cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
		    "the signing time, the form or the digest");
	if (X509_check_private_key(firma_certificate_x509(cert), key) != 1)
		return firma_openssl_fail(cause, FIRMA_ERR_KEY_MISMATCH,
		    "the signing key and certificate");
	return FIRMA_OK;
}

/*
 * The key signs the digest itself.  OpenSSL's CMS wants the content for that, so
 * the signature is made, verified with the certificate's key, and put in here.
 */
static enum firma_err
sign_bare(CMS_SignerInfo *si, EVP_PKEY *key, struct firma_bytes digest,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_evp_pkey_ctx_done)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	FIRMA_OWN(firma_evp_pkey_ctx_done) EVP_PKEY_CTX *check = NULL;
	unsigned char sig[FIRMA_SIGNATURE_MAX];
	size_t len = sizeof(sig);
	X509 *cert = NULL;

	if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, md_of(digest)) != 1 ||
	    EVP_PKEY_sign(ctx, sig, &len, digest.at, digest.len) != 1)
		return firma_openssl_fail(cause, FIRMA_ERR_TOKEN_ERROR,
		    "the key did not sign the digest");
	CMS_SignerInfo_get0_algs(si, NULL, &cert, NULL, NULL);
	check = EVP_PKEY_CTX_new(X509_get0_pubkey(cert), NULL);
	if (check == NULL || EVP_PKEY_verify_init(check) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(check, md_of(digest)) != 1 ||
	    EVP_PKEY_verify(check, sig, len, digest.at, digest.len) != 1)
		return firma_openssl_fail(cause, FIRMA_ERR_SIGNATURE,
		    "what the key signed does not verify");
	if (ASN1_OCTET_STRING_set(
		CMS_SignerInfo_get0_signature(si), sig, (int)len) != 1)
		return FIRMA_ERR_NOMEM;
	return FIRMA_OK;
}

/* RFC 5652 5.4: signed attributes are signed as a SET OF in DER. */
/* clang-format off */
DECLARE_ASN1_ITEM(signed_set)
ASN1_ITEM_TEMPLATE(signed_set) = ASN1_EX_TEMPLATE_TYPE(
    ASN1_TFLG_SET_OF, 0, attributes, X509_ATTRIBUTE)
ASN1_ITEM_TEMPLATE_END(signed_set)
    /* clang-format on */

    static void attributes_done(STACK_OF(X509_ATTRIBUTE) * *at)
{
	sk_X509_ATTRIBUTE_free(*at);
	*at = NULL;
}

/* The octets that a signature over signed attributes is over. */
static enum firma_err
set_of(CMS_SignerInfo *si, struct firma_buf *ret)
{
	FIRMA_OWN(attributes_done)
	STACK_OF(X509_ATTRIBUTE) *set = sk_X509_ATTRIBUTE_new_null();
	unsigned char *out = NULL;

	for (int i = 0; i < CMS_signed_get_attr_count(si); i++)
		if (sk_X509_ATTRIBUTE_push(set, CMS_signed_get_attr(si, i)) ==
		    0)
			return FIRMA_ERR_NOMEM;
	const int n = ASN1_item_i2d(
	    (const ASN1_VALUE *)set, &out, ASN1_ITEM_rptr(signed_set));

	return firma_openssl_put(ret, out, n);
}

/*
 * CMS_SignerInfo_sign() puts a signingTime in where there is none.  Without one
 * the same set is signed here.
 */
static int
sign_set(CMS_SignerInfo *si, EVP_PKEY *key, const EVP_MD *md)
{
	FIRMA_OWN(firma_evp_md_ctx_done) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	unsigned char sig[FIRMA_SIGNATURE_MAX];
	size_t len = sizeof(sig);

	return set_of(si, &der) == FIRMA_OK && ctx != NULL &&
	    EVP_DigestSignInit(ctx, NULL, md, NULL, key) == 1 &&
	    EVP_DigestSign(ctx, sig, &len, der.at, der.len) == 1 &&
	    ASN1_OCTET_STRING_set(
		CMS_SignerInfo_get0_signature(si), sig, (int)len) == 1;
}

/*
 * A token may answer anything.  By the certificate's key, not by what the token
 * shows; the rest of the SignedData was made here, and to read it all again
 * costs as much as a signature.
 */
static int
verify_set(CMS_SignerInfo *si, const EVP_MD *md)
{
	FIRMA_OWN(firma_evp_md_ctx_done) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	const ASN1_OCTET_STRING *sig = CMS_SignerInfo_get0_signature(si);
	X509 *cert = NULL;

	CMS_SignerInfo_get0_algs(si, NULL, &cert, NULL, NULL);
	return set_of(si, &der) == FIRMA_OK && ctx != NULL &&
	    EVP_DigestVerifyInit(ctx, NULL, md, NULL, X509_get0_pubkey(cert)) ==
	    1 &&
	    EVP_DigestVerify(ctx, ASN1_STRING_get0_data(sig),
		(size_t)ASN1_STRING_length(sig), der.at, der.len) == 1;
}

static enum firma_err
sign_attributes(CMS_SignerInfo *si, EVP_PKEY *key, struct firma_bytes digest,
    int64_t signing_time, enum firma_cms_form form, struct firma_cause *cause)
{
	if (add_attributes(si, digest, signing_time, form) != FIRMA_OK)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_INTERNAL, "signed attributes");
	if ((form == FIRMA_CMS_PADES ? sign_set(si, key, md_of(digest))
				     : CMS_SignerInfo_sign(si)) != 1)
		return firma_openssl_fail(cause, FIRMA_ERR_TOKEN_ERROR,
		    "the key did not sign the attributes");
	if (!verify_set(si, md_of(digest)))
		return firma_openssl_fail(cause, FIRMA_ERR_SIGNATURE,
		    "what the key signed does not verify");
	return FIRMA_OK;
}

/*
 * As programs before CMS write it: a digest algorithm has NULL parameters, which
 * OpenSSL's CMS leaves out (RFC 5754 2) and its PKCS7 puts in.  In the order of
 * DER, which PKCS7 does not sort for.
 */
static enum firma_err
sign_pkcs7(EVP_PKEY *key, const struct firma_certificate *cert,
    struct firma_bytes digest, int64_t signing_time, struct firma_buf *ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_pkcs7_done) PKCS7 *p7 = PKCS7_new();
	ASN1_TIME *when = ASN1_TIME_set(NULL, (time_t)signing_time);
	PKCS7_SIGNER_INFO *si = NULL;
	unsigned char *out = NULL;

	if (p7 == NULL || PKCS7_set_type(p7, NID_pkcs7_signed) != 1 ||
	    PKCS7_content_new(p7, NID_pkcs7_data) != 1 ||
	    PKCS7_set_detached(p7, 1) != 1 ||
	    (si = PKCS7_add_signature(p7, firma_certificate_x509(cert), key,
		 md_of(digest))) == NULL ||
	    PKCS7_add_certificate(p7, firma_certificate_x509(cert)) != 1 ||
	    PKCS7_add_attrib_content_type(si, NULL) != 1 || when == NULL ||
	    PKCS7_add0_attrib_signing_time(si, when) != 1) {
		/* The last of them alone takes the time over. */
		ASN1_TIME_free(when);
		return firma_openssl_fail(
		    cause, FIRMA_ERR_INTERNAL, "a PKCS#7 SignedData");
	}
	if (PKCS7_add1_attrib_digest(si, digest.at, (int)digest.len) != 1 ||
	    PKCS7_SIGNER_INFO_sign(si) != 1)
		return firma_openssl_fail(cause, FIRMA_ERR_TOKEN_ERROR,
		    "the key did not sign the attributes");
	const int len = i2d_PKCS7(p7, &out);

	return firma_openssl_put(ret, out, len);
}

static enum firma_err
sign_cms(EVP_PKEY *key, const struct firma_certificate *cert,
    struct firma_bytes digest, int64_t signing_time, enum firma_cms_form form,
    struct firma_buf *ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_cms_done) CMS_ContentInfo *cms = NULL;
	const unsigned int form_flag =
	    form == FIRMA_CMS_BARE ? CMS_NOATTR : CMS_CADES;
	CMS_SignerInfo *si;
	unsigned char *out = NULL;
	enum firma_err r;

	cms = CMS_sign(
	    NULL, NULL, NULL, NULL, CMS_DETACHED | CMS_PARTIAL | CMS_BINARY);
	if (cms == NULL ||
	    (si = CMS_add1_signer(cms, firma_certificate_x509(cert), key,
		 md_of(digest),
		 CMS_PARTIAL | CMS_BINARY | CMS_NOSMIMECAP | form_flag)) ==
		NULL)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_INTERNAL, "a SignedData");
	r = form == FIRMA_CMS_BARE
	    ? sign_bare(si, key, digest, cause)
	    : sign_attributes(si, key, digest, signing_time, form, cause);
	if (r != FIRMA_OK)
		return r;
	const int len = i2d_CMS_ContentInfo(cms, &out);

	return firma_openssl_put(ret, out, len);
}

enum firma_err
firma_cms_sign_digest(EVP_PKEY *key, const struct firma_certificate *cert,
    struct firma_bytes digest, int64_t signing_time, enum firma_cms_form form,
    struct firma_buf *ret_der, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info checked = { 0 };
	enum firma_err r;

	if ((r = check_arguments(
		 key, cert, digest, signing_time, form, cause)) != FIRMA_OK)
		return r;
	r = form == FIRMA_CMS_PKCS7
	    ? sign_pkcs7(key, cert, digest, signing_time, &der, cause)
	    : sign_cms(key, cert, digest, signing_time, form, &der, cause);
	if (r == FIRMA_OK && form == FIRMA_CMS_PKCS7)
		r = firma_cms_verify_digest(
		    firma_buf_view(&der), digest, &checked, cause);
	return r == FIRMA_OK ? firma_buf_put(ret_der, firma_buf_view(&der)) : r;
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

	ERR_clear_error();
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
