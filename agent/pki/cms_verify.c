/* SPDX-License-Identifier: Apache-2.0 */
/* The reading half of cms.h. */
#include <limits.h>
#include <string.h>

#include <openssl/rsa.h>
#include <openssl/sha.h>

#include "agent/pki/cms.h"
#include "agent/pki/der.h"
#include "agent/pki/ess.h"
#include "agent/pki/own_openssl.h"

#define LAST_AND_ONLY (-3) /* CMS_signed_get0_data_by_OBJ: once, one value */
#define TAG_SET       0x31

/* What is known of the document. */
struct document {
	struct firma_bytes content;
	int has_content; /* else only digest: of SHA-256 or SHA-1, by its length */
	struct firma_bytes digest;
};

/* Borrowed pieces of the SignedData that is looked at. */
struct signed_data {
	CMS_ContentInfo *cms;
	CMS_SignerInfo *si;
	EVP_PKEY *key;
	const EVP_MD *md;
	const X509_ALGOR *signature_algorithm;
};

static void
certificates_done(STACK_OF(X509) * *at)
{
	sk_X509_pop_free(*at, X509_free);
	*at = NULL;
}

void
firma_cms_info_done(struct firma_cms_info *info)
{
	firma_certificate_free(info->signer);
	firma_buf_done(&info->content);
	*info = (struct firma_cms_info){ 0 };
}

static enum firma_err
bad(struct firma_cause *cause, const char *what)
{
	return firma_openssl_fail(cause, FIRMA_ERR_SIGNATURE, "%s", what);
}

static enum firma_err
parse(struct firma_bytes der, CMS_ContentInfo **ret, struct firma_cause *cause)
{
	const unsigned char *p = der.at;

	ERR_clear_error();
	if (der.len > FIRMA_CMS_MAX + FIRMA_CMS_CONTENT_MAX)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "a SignedData of %zu octets", der.len);
	if (der.len == 0 ||
	    (*ret = d2i_CMS_ContentInfo(NULL, &p, (long)der.len)) == NULL ||
	    OBJ_obj2nid(CMS_get0_type(*ret)) != NID_pkcs7_signed)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_SHAPE, "not a CMS SignedData");
	if (p != der.at + der.len)
		return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		    "octets after the SignedData");
	return FIRMA_OK;
}

/* Exactly one signer, with its certificate in the message. */
static enum firma_err
find_signer(struct signed_data *sd, struct firma_certificate **ret_signer,
    struct firma_cause *cause)
{
	FIRMA_OWN(certificates_done) STACK_OF(X509) *certs = NULL;
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(sd->cms);
	unsigned char *out = NULL;
	X509 *cert = NULL;
	enum firma_err r;
	int len;

	if (sk_CMS_SignerInfo_num(signers) != 1)
		return firma_openssl_fail(cause, FIRMA_ERR_SHAPE,
		    "%d signers, where one is expected",
		    sk_CMS_SignerInfo_num(signers));
	sd->si = sk_CMS_SignerInfo_value(signers, 0);
	certs = CMS_get1_certs(sd->cms);
	for (int i = 0; i < sk_X509_num(certs) && cert == NULL; i++)
		if (CMS_SignerInfo_cert_cmp(sd->si, sk_X509_value(certs, i)) ==
		    0)
			cert = sk_X509_value(certs, i);
	if (cert == NULL)
		return firma_openssl_fail(cause, FIRMA_ERR_SHAPE,
		    "the signer's certificate is not in it");
	len = i2d_X509(cert, &out);
	if ((r = firma_openssl_put(&der, out, len)) != FIRMA_OK ||
	    (r = firma_certificate_parse(
		 firma_buf_view(&der), ret_signer, cause)) != FIRMA_OK)
		return r == FIRMA_ERR_NOMEM ? r : FIRMA_ERR_SHAPE;
	if (firma_certificate_algorithm(*ret_signer) == FIRMA_KEY_UNKNOWN)
		return firma_fail(cause, FIRMA_ERR_NOT_SUPPORTED,
		    FIRMA_CAUSE_NONE, 0, "the signer's kind of key");
	CMS_SignerInfo_set1_signer_cert(sd->si, cert);
	return FIRMA_OK;
}

/*
 * RFC 5652 5.3: the key's own identifier, as RSA signers write it, or one that
 * names digest and key; both must be the ones that are used.
 */
static int
algorithm_fits(const struct signed_data *sd)
{
	const int key = EVP_PKEY_get_base_id(sd->key);
	const int nid = OBJ_obj2nid(sd->signature_algorithm->algorithm);
	int named_digest = NID_undef, named_key = NID_undef;

	if (nid == key)
		return 1;
	if (nid == NID_rsassaPss)
		return key == EVP_PKEY_RSA;
	return OBJ_find_sigid_algs(nid, &named_digest, &named_key) == 1 &&
	    named_key == key && named_digest == EVP_MD_get_type(sd->md);
}

static enum firma_err
find_digest(
    struct signed_data *sd, char ret_name[16], struct firma_cause *cause)
{
	static const struct {
		int nid;
		const char *name;
	} known[] = {
		{ NID_sha256, "sha256" },
		{ NID_sha384, "sha384" },
		{ NID_sha512, "sha512" },
		{ NID_sha1, "sha1" },
	};
	X509_ALGOR *digest = NULL, *signature = NULL;
	int nid;

	CMS_SignerInfo_get0_algs(sd->si, &sd->key, NULL, &digest, &signature);
	sd->signature_algorithm = signature;
	nid = OBJ_obj2nid(digest->algorithm);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].nid == nid) {
			sd->md = EVP_get_digestbynid(nid);
			(void)stpcpy(ret_name, known[i].name);
		}
	if (sd->md == NULL || sd->key == NULL)
		return firma_openssl_fail(cause, FIRMA_ERR_NOT_SUPPORTED,
		    "the digest algorithm %s", OBJ_nid2sn(nid));
	if (!algorithm_fits(sd))
		return bad(cause, "the signature algorithm does not fit");
	return FIRMA_OK;
}

/* The document's digest by the signer's algorithm. */
static enum firma_err
digest_document(const struct signed_data *sd, const struct document *doc,
    uint8_t ret[EVP_MAX_MD_SIZE], struct firma_cause *cause)
{
	if (!doc->has_content) {
		/* No two of the digests that find_digest() knows are as long. */
		if ((size_t)EVP_MD_get_size(sd->md) != doc->digest.len)
			return firma_fail(cause, FIRMA_ERR_NOT_SUPPORTED,
			    FIRMA_CAUSE_NONE, 0,
			    "only another digest of the document is known");
		memcpy(ret, doc->digest.at, doc->digest.len);
		return FIRMA_OK;
	}
	if (EVP_Digest(doc->content.at, doc->content.len, ret, NULL, sd->md,
		NULL) != 1)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_INTERNAL, "a digest");
	return FIRMA_OK;
}

static const void *
attribute(const CMS_SignerInfo *si, int nid, int type)
{
	return CMS_signed_get0_data_by_OBJ(
	    si, OBJ_nid2obj(nid), LAST_AND_ONLY, type);
}

static int
has_attribute(const CMS_SignerInfo *si, int nid)
{
	return CMS_signed_get_attr_by_NID(si, nid, -1) >= 0;
}

static enum firma_err
read_time(const CMS_SignerInfo *si, int64_t *ret, struct firma_cause *cause)
{
	const ASN1_TIME *when;

	*ret = -1;
	if (!has_attribute(si, NID_pkcs9_signingTime))
		return FIRMA_OK;
	when = attribute(si, NID_pkcs9_signingTime, V_ASN1_UTCTIME);
	if (when == NULL)
		when = attribute(
		    si, NID_pkcs9_signingTime, V_ASN1_GENERALIZEDTIME);
	if (firma_openssl_time(when, ret) != FIRMA_OK)
		return bad(cause, "the signing time cannot be read");
	return FIRMA_OK;
}

static enum firma_err
read_signing_certificate(const struct signed_data *sd,
    struct firma_cms_info *info, struct firma_cause *cause)
{
	const int nid = NID_id_smime_aa_signingCertificateV2;
	const ASN1_STRING *ess;

	if (!has_attribute(sd->si, nid))
		return FIRMA_OK;
	ess = attribute(sd->si, nid, V_ASN1_SEQUENCE);
	if (ess == NULL ||
	    !firma_ess_v2_names(firma_bytes_of(ASN1_STRING_get0_data(ess),
				    (size_t)ASN1_STRING_length(ess)),
		firma_certificate_der(info->signer)))
		return bad(
		    cause, "signingCertificateV2 names another certificate");
	info->has_signing_certificate = 1;
	return FIRMA_OK;
}

static enum firma_err
verify_attributes(const struct signed_data *sd, const uint8_t *digest,
    struct firma_cms_info *info, struct firma_cause *cause)
{
	const ASN1_OBJECT *type =
	    attribute(sd->si, NID_pkcs9_contentType, V_ASN1_OBJECT);
	const ASN1_OCTET_STRING *md =
	    attribute(sd->si, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING);
	enum firma_err r;

	/* RFC 5652 11.1: it must be the eContentType */
	if (type == NULL || OBJ_cmp(type, CMS_get0_eContentType(sd->cms)) != 0)
		return bad(cause, "the content type does not agree");
	if (md == NULL || ASN1_STRING_length(md) != EVP_MD_get_size(sd->md) ||
	    memcmp(ASN1_STRING_get0_data(md), digest,
		(size_t)EVP_MD_get_size(sd->md)) != 0)
		return bad(
		    cause, "the document is not the one that was signed");
	if (CMS_SignerInfo_verify(sd->si) != 1)
		return bad(
		    cause, "the signature over the attributes does not verify");
	if ((r = read_time(sd->si, &info->signing_time, cause)) != FIRMA_OK)
		return r;
	return read_signing_certificate(sd, info, cause);
}

int
firma_cms_is_attributes(struct firma_bytes document)
{
	struct firma_bytes set = { 0 };

	return firma_der_take(&document, TAG_SET, &set) == FIRMA_OK &&
	    document.len == 0;
}

/* Without signed attributes the content itself is signed: RFC 5652 5.4. */
static enum firma_err
verify_content(const struct signed_data *sd, const struct document *doc,
    const uint8_t *digest, struct firma_cause *cause)
{
	FIRMA_OWN(firma_evp_pkey_ctx_done) EVP_PKEY_CTX *ctx = NULL;
	const ASN1_OCTET_STRING *signature =
	    CMS_SignerInfo_get0_signature(sd->si);
	if (OBJ_obj2nid(CMS_get0_eContentType(sd->cms)) != NID_pkcs7_data)
		return bad(cause, "signed attributes are missing");
	/*
	 * The octets of somebody's signed attributes, taken for content, would
	 * verify too (RFC 5652 5.4 signs either), so such content is refused.
	 */
	if (!doc->has_content || firma_cms_is_attributes(doc->content))
		return bad(cause, "signed attributes are missing");
	if (OBJ_obj2nid(sd->signature_algorithm->algorithm) == NID_rsassaPss)
		return firma_fail(cause, FIRMA_ERR_NOT_SUPPORTED,
		    FIRMA_CAUSE_NONE, 0, "RSA-PSS without signed attributes");
	ctx = EVP_PKEY_CTX_new(sd->key, NULL);
	if (ctx == NULL || EVP_PKEY_verify_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, sd->md) != 1 ||
	    EVP_PKEY_verify(ctx, ASN1_STRING_get0_data(signature),
		(size_t)ASN1_STRING_length(signature), digest,
		(size_t)EVP_MD_get_size(sd->md)) != 1)
		return bad(cause, "the signature does not verify");
	return FIRMA_OK;
}

/* Attached content becomes the document; given content must be the same. */
static enum firma_err
take_content(const struct signed_data *sd, struct document *doc,
    struct firma_cms_info *info, struct firma_cause *cause)
{
	ASN1_OCTET_STRING **at = CMS_get0_content(sd->cms);
	enum firma_err r;

	if (at == NULL)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_SHAPE, "no place for content");
	if (*at != NULL) {
		const struct firma_bytes in =
		    firma_bytes_of(ASN1_STRING_get0_data(*at),
			(size_t)ASN1_STRING_length(*at));

		if (!doc->has_content)
			return firma_fail(cause, FIRMA_ERR_SHAPE,
			    FIRMA_CAUSE_NONE, 0, "the content is attached");
		if (doc->content.len != 0 &&
		    !firma_bytes_equal(doc->content, in))
			return bad(
			    cause, "the attached content is not the document");
		if ((r = firma_buf_put(&info->content, in)) != FIRMA_OK)
			return r;
		info->is_attached = 1;
		doc->content = firma_buf_view(&info->content);
	}
	if (!doc->has_content) {
		if (doc->digest.len == FIRMA_SHA256)
			memcpy(
			    info->message_sha256, doc->digest.at, FIRMA_SHA256);
	} else if (SHA256(doc->content.at, doc->content.len,
		       info->message_sha256) == NULL) {
		return FIRMA_ERR_INTERNAL;
	}
	return FIRMA_OK;
}

/* Does what was read verify?  Fills the rest of info on the way. */
static enum firma_err
judge(struct signed_data *sd, const struct document *doc,
    struct firma_cms_info *info, struct firma_cause *cause)
{
	uint8_t digest[EVP_MAX_MD_SIZE] = { 0 };
	enum firma_err r;

	if ((r = find_digest(sd, info->digest, cause)) != FIRMA_OK ||
	    (r = digest_document(sd, doc, digest, cause)) != FIRMA_OK)
		return r;
	r = info->has_attributes ? verify_attributes(sd, digest, info, cause)
				 : verify_content(sd, doc, digest, cause);
	ERR_clear_error();
	return r;
}

static enum firma_err
read_message(struct firma_bytes der, struct document doc,
    struct firma_cms_info *ret, enum firma_err *ret_verdict,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_cms_done) CMS_ContentInfo *cms = NULL;
	FIRMA_OWN(firma_cms_info_done)
	struct firma_cms_info info = { .signing_time = -1 };
	struct signed_data sd = { 0 };
	enum firma_err r, verdict;

	if ((r = parse(der, &cms, cause)) != FIRMA_OK)
		return r;
	sd.cms = cms;
	if ((r = find_signer(&sd, &info.signer, cause)) != FIRMA_OK ||
	    (r = take_content(&sd, &doc, &info, cause)) != FIRMA_OK)
		return r;
	info.is_der = firma_der_is_strict(der);
	info.has_attributes = CMS_signed_get_attr_count(sd.si) > 0;
	verdict = judge(&sd, &doc, &info, cause);
	if (verdict == FIRMA_ERR_NOMEM || verdict == FIRMA_ERR_INTERNAL)
		return verdict;
	firma_cms_info_done(ret);
	*ret = info;
	info = (struct firma_cms_info){ 0 };
	*ret_verdict = verdict;
	return FIRMA_OK;
}

static enum firma_err
verify(struct firma_bytes der, struct document doc, struct firma_cms_info *ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info info = { 0 };
	enum firma_err verdict = FIRMA_ERR_INTERNAL;
	enum firma_err r;

	r = read_message(der, doc, &info, &verdict, cause);
	if (r == FIRMA_OK)
		r = verdict;
	if (r != FIRMA_OK)
		return r;
	firma_cms_info_done(ret);
	*ret = info;
	info = (struct firma_cms_info){ 0 };
	return FIRMA_OK;
}

enum firma_err
firma_cms_verify(struct firma_bytes der, struct firma_bytes content,
    struct firma_cms_info *ret, struct firma_cause *cause)
{
	return verify(der,
	    (struct document){ .content = content, .has_content = 1 }, ret,
	    cause);
}

enum firma_err
firma_cms_read(struct firma_bytes der, struct firma_bytes content,
    struct firma_cms_info *ret, enum firma_err *ret_verdict,
    struct firma_cause *cause)
{
	return read_message(der,
	    (struct document){ .content = content, .has_content = 1 }, ret,
	    ret_verdict, cause);
}

enum firma_err
firma_cms_verify_digest(struct firma_bytes der, struct firma_bytes digest,
    struct firma_cms_info *ret, struct firma_cause *cause)
{
	return verify(der, (struct document){ .digest = digest }, ret, cause);
}
