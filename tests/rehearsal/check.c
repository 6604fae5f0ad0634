/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rehearsal/check.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ess.h>
#include <string.h>
#include <time.h>

#include "tests/rehearsal/own_openssl.h"
#include "tests/rehearsal/subject.h"

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 4096
#define CLOCK_SKEW_S 600 /* a signing time may be this far in the future */

struct certs {
	STACK_OF(X509) * at;
};

static void
certs_done(struct certs *c)
{
	sk_X509_pop_free(c->at, X509_free);
}

static enum firma_err
parse_cms(
    struct firma_bytes v, CMS_ContentInfo **ret, struct rehearsal_refusal *why)
{
	FIRMA_OWN(cms_done) CMS_ContentInfo *cms = NULL;
	FIRMA_OWN(ossl_mem_done) unsigned char *again = NULL;
	const unsigned char *p = v.at;
	int len;

	if (v.len == 0)
		return rehearsal_refuse(why, 400, "La firma está vacía.");
	if (v.len > REHEARSAL_CMS_MAX)
		return rehearsal_refuse(why, 413,
		    "La firma ocupa más de %zu octetos.", REHEARSAL_CMS_MAX);
	cms = d2i_CMS_ContentInfo(NULL, &p, (long)v.len);
	if (cms == NULL || p != v.at + v.len ||
	    OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		return rehearsal_refuse(why, 400,
		    "El archivo no es una firma CMS (SignedData) en DER.");
	/* X.690 10: one encoding only, so that a hash of it means something. */
	len = i2d_CMS_ContentInfo(cms, &again);
	if (len < 0 ||
	    !firma_bytes_equal(v, firma_bytes_of(again, (size_t)len)))
		return rehearsal_refuse(
		    why, 400, "La firma CMS no está codificada en DER.");
	*ret = cms;
	cms = NULL;
	return FIRMA_OK;
}

enum firma_err
rehearsal_cms_certificate(
    struct firma_bytes v, X509 **ret, struct rehearsal_refusal *why)
{
	FIRMA_OWN(cms_done) CMS_ContentInfo *cms = NULL;
	FIRMA_OWN(certs_done) struct certs all = { NULL };
	enum firma_err r;

	if ((r = parse_cms(v, &cms, why)) != FIRMA_OK)
		return r;
	all.at = CMS_get1_certs(cms);
	if (all.at == NULL || sk_X509_num(all.at) != 1)
		return rehearsal_refuse(why, 400,
		    "La firma debe traer exactamente un certificado, "
		    "el del firmante.");
	*ret = sk_X509_pop(all.at);
	return FIRMA_OK;
}

/* The attribute's value when it is there exactly once with one value. */
static ASN1_TYPE *
only_attribute(const CMS_SignerInfo *si, int nid)
{
	const int at = CMS_signed_get_attr_by_NID(si, nid, -1);
	X509_ATTRIBUTE *a;

	if (at < 0 || CMS_signed_get_attr_by_NID(si, nid, at) >= 0 ||
	    (a = CMS_signed_get_attr(si, at)) == NULL ||
	    X509_ATTRIBUTE_count(a) != 1)
		return NULL;
	return X509_ATTRIBUTE_get0_type(a, 0);
}

static enum firma_err
check_signing_certificate(
    const CMS_SignerInfo *si, X509 *signer, struct rehearsal_refusal *why)
{
	FIRMA_OWN(certs_done) struct certs chain = { sk_X509_new_null() };
	ASN1_TYPE *t = only_attribute(si, NID_id_smime_aa_signingCertificateV2);
	ESS_SIGNING_CERT_V2 *ess = NULL;
	const unsigned char *p;
	int good;

	if (t == NULL || t->type != V_ASN1_SEQUENCE)
		return rehearsal_refuse(why, 400,
		    "A la firma le falta el atributo signingCertificateV2 "
		    "(CAdES-BES).");
	p = t->value.sequence->data;
	ess =
	    d2i_ESS_SIGNING_CERT_V2(NULL, &p, (long)t->value.sequence->length);
	if (ess == NULL || chain.at == NULL || !X509_up_ref(signer) ||
	    !sk_X509_push(chain.at, signer)) {
		ESS_SIGNING_CERT_V2_free(ess);
		return rehearsal_refuse(why, 400,
		    "El atributo signingCertificateV2 no se entiende.");
	}
	good = OSSL_ESS_check_signing_certs(NULL, ess, chain.at, 1);
	ESS_SIGNING_CERT_V2_free(ess);
	if (good != 1)
		return rehearsal_refuse(why, 400,
		    "El atributo signingCertificateV2 nombra otro "
		    "certificado.");
	return FIRMA_OK;
}

static enum firma_err
check_time(const CMS_SignerInfo *si, struct rehearsal_refusal *why)
{
	const ASN1_TYPE *t = only_attribute(si, NID_pkcs9_signingTime);
	const ASN1_TIME *at;
	time_t latest = time(NULL) + CLOCK_SKEW_S;

	if (t == NULL ||
	    (t->type != V_ASN1_UTCTIME && t->type != V_ASN1_GENERALIZEDTIME))
		return rehearsal_refuse(
		    why, 400, "A la firma le falta la hora (signingTime).");
	at = t->value.utctime;
	if (!ASN1_TIME_check(at) || X509_cmp_time(at, &latest) > 0)
		return rehearsal_refuse(
		    why, 400, "La hora de la firma está en el futuro.");
	return FIRMA_OK;
}

static enum firma_err
check_attributes(
    const CMS_SignerInfo *si, X509 *signer, struct rehearsal_refusal *why)
{
	const ASN1_TYPE *type = only_attribute(si, NID_pkcs9_contentType);
	const ASN1_TYPE *digest = only_attribute(si, NID_pkcs9_messageDigest);
	enum firma_err r;

	if (type == NULL || type->type != V_ASN1_OBJECT ||
	    OBJ_obj2nid(type->value.object) != NID_pkcs7_data)
		return rehearsal_refuse(
		    why, 400, "A la firma le falta el atributo contentType.");
	if (digest == NULL || digest->type != V_ASN1_OCTET_STRING)
		return rehearsal_refuse(
		    why, 400, "A la firma le falta el atributo messageDigest.");
	if ((r = check_time(si, why)) != FIRMA_OK)
		return r;
	return check_signing_certificate(si, signer, why);
}

static enum firma_err
check_signer(CMS_ContentInfo *cms, X509 *signer, struct rehearsal_refusal *why)
{
	STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(cms);
	FIRMA_OWN(certs_done) struct certs all = { CMS_get1_certs(cms) };
	CMS_SignerInfo *si;
	X509_ALGOR *md = NULL;

	if (infos == NULL || sk_CMS_SignerInfo_num(infos) != 1)
		return rehearsal_refuse(
		    why, 400, "La firma debe tener exactamente un firmante.");
	si = sk_CMS_SignerInfo_value(infos, 0);
	if (all.at == NULL || sk_X509_num(all.at) != 1 ||
	    X509_cmp(sk_X509_value(all.at, 0), signer) != 0 ||
	    CMS_SignerInfo_cert_cmp(si, signer) != 0)
		return rehearsal_refuse(why, 403,
		    "El firmante no es el que este paso pide: se firmó con "
		    "otro certificado.");
	CMS_SignerInfo_get0_algs(si, NULL, NULL, &md, NULL);
	if (md == NULL || OBJ_obj2nid(md->algorithm) != NID_sha256)
		return rehearsal_refuse(
		    why, 400, "La firma no usa la huella SHA-256.");
	return check_attributes(si, signer, why);
}

enum firma_err
rehearsal_check_cms(struct firma_bytes v, X509 *signer,
    struct firma_bytes content, struct firma_buf *ret_content,
    struct rehearsal_refusal *why)
{
	FIRMA_OWN(cms_done) CMS_ContentInfo *cms = NULL;
	FIRMA_OWN(bio_done) BIO *in = NULL;
	const int attached = content.at == NULL;
	ASN1_OCTET_STRING **inside;
	enum firma_err r;

	if ((r = parse_cms(v, &cms, why)) != FIRMA_OK)
		return r;
	inside = CMS_get0_content(cms);
	if (attached != (inside != NULL && *inside != NULL))
		return rehearsal_refuse(why, 400,
		    attached ? "La firma debe llevar dentro el texto firmado."
			     : "La firma no debe llevar dentro el documento.");
	if (OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_pkcs7_data)
		return rehearsal_refuse(
		    why, 400, "El contenido firmado no es del tipo «data».");
	if ((r = check_signer(cms, signer, why)) != FIRMA_OK)
		return r;
	if (!attached &&
	    (in = BIO_new_mem_buf(content.at, (int)content.len)) == NULL)
		return rehearsal_fault(why, "memoria");
	if (CMS_verify(cms, NULL, NULL, in, NULL,
		CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) != 1)
		return rehearsal_refuse(why, 400,
		    attached
			? "La firma no corresponde al texto que lleva dentro."
			: "La firma no corresponde al documento que el portal "
			  "entregó.");
	if (attached)
		return firma_buf_put(ret_content,
		    firma_bytes_of(ASN1_STRING_get0_data(*inside),
			(size_t)ASN1_STRING_length(*inside)));
	return FIRMA_OK;
}

enum firma_err
rehearsal_request_parse(
    struct firma_bytes der, X509_REQ **ret, struct rehearsal_refusal *why)
{
	FIRMA_OWN(req_done) X509_REQ *q = NULL;
	const unsigned char *p = der.at;

	if (der.len == 0 || der.len > REHEARSAL_REQUEST_MAX ||
	    (q = d2i_X509_REQ(NULL, &p, (long)der.len)) == NULL ||
	    p != der.at + der.len || X509_REQ_get0_pubkey(q) == NULL)
		return rehearsal_refuse(
		    why, 400, "El requerimiento no es un PKCS#10 en DER.");
	if (X509_REQ_verify(q, X509_REQ_get0_pubkey(q)) != 1)
		return rehearsal_refuse(why, 400,
		    "El requerimiento no está firmado por su propia llave.");
	*ret = q;
	q = NULL;
	return FIRMA_OK;
}

static enum firma_err
check_key(EVP_PKEY *key, struct rehearsal_refusal *why)
{
	char group[32] = "";
	const int bits = EVP_PKEY_get_bits(key);

	if (EVP_PKEY_is_a(key, "RSA")) {
		if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
			return rehearsal_refuse(why, 400,
			    "La llave RSA nueva es de %d bits; se piden de %d "
			    "a %d.",
			    bits, RSA_BITS_MIN, RSA_BITS_MAX);
		return FIRMA_OK;
	}
	if (EVP_PKEY_is_a(key, "EC") &&
	    EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME,
		group, sizeof(group), NULL) == 1 &&
	    (strcmp(group, SN_X9_62_prime256v1) == 0 ||
		strcmp(group, SN_secp384r1) == 0))
		return FIRMA_OK;
	return rehearsal_refuse(
	    why, 400, "La llave nueva debe ser RSA, P-256 o P-384.");
}

enum firma_err
rehearsal_check_request(struct firma_bytes der, X509 *old, X509_REQ **ret,
    struct rehearsal_refusal *why)
{
	FIRMA_OWN(req_done) X509_REQ *q = NULL;
	int digest = NID_undef;
	enum firma_err r;

	if ((r = rehearsal_request_parse(der, &q, why)) != FIRMA_OK ||
	    (r = check_key(X509_REQ_get0_pubkey(q), why)) != FIRMA_OK)
		return r;
	if (!OBJ_find_sigid_algs(
		X509_REQ_get_signature_nid(q), &digest, NULL) ||
	    (digest != NID_sha256 && digest != NID_sha384 &&
		digest != NID_sha512))
		return rehearsal_refuse(
		    why, 400, "El requerimiento no está firmado con SHA-2.");
	if (!rehearsal_subject_equal(
		X509_REQ_get_subject_name(q), X509_get_subject_name(old)))
		return rehearsal_refuse(why, 400,
		    "El titular del requerimiento no es el del certificado "
		    "anterior.");
	if (EVP_PKEY_eq(X509_REQ_get0_pubkey(q), X509_get0_pubkey(old)) == 1)
		return rehearsal_refuse(why, 400,
		    "El requerimiento lleva la llave anterior; debe ser una "
		    "llave nueva.");
	*ret = q;
	q = NULL;
	return FIRMA_OK;
}
