/* SPDX-License-Identifier: Apache-2.0 */
/* How key files are protected: the looking half of keyfile.h. */
#include <stdio.h>
#include <string.h>

#include <openssl/asn1t.h>
#include <openssl/objects.h>

#include "agent/pki/keyfile_inner.h"
#include "agent/pki/oddity.h"

#define SALT_OCTETS 8
#define IV_OCTETS   8

FIRMA_OWN_OPENSSL(pbe2, PBE2PARAM, PBE2PARAM_free)
FIRMA_OWN_OPENSSL(pbkdf2, PBKDF2PARAM, PBKDF2PARAM_free)
FIRMA_OWN_OPENSSL(pbe, PBEPARAM, PBEPARAM_free)
FIRMA_OWN_OPENSSL(scrypt, SCRYPT_PARAMS, SCRYPT_PARAMS_free)

/* The DER header of the authority's own key files, as their salt. */
static const uint8_t constant_salt[SALT_OCTETS] = { 0x02, 0x01, 0x00, 0x02,
	0x82, 0x01, 0x01, 0x00 };

static int
is_constant_salt(const ASN1_STRING *salt)
{
	return ASN1_STRING_length(salt) == SALT_OCTETS &&
	    memcmp(ASN1_STRING_get0_data(salt), constant_salt, SALT_OCTETS) ==
	    0;
}

/* SEQUENCE of a two-octet length, INTEGER 0, SEQUENCE: how PKCS#8 begins. */
static int
is_constant_iv(const ASN1_STRING *iv)
{
	static const uint8_t tail[] = { 0x02, 0x01, 0x00, 0x30 };
	const uint8_t *at = ASN1_STRING_get0_data(iv);

	return ASN1_STRING_length(iv) == IV_OCTETS && at[0] == 0x30 &&
	    at[1] == 0x82 && memcmp(at + 4, tail, sizeof(tail)) == 0;
}

static void *
unpack(const X509_ALGOR *a, const ASN1_ITEM *item)
{
	return a->parameter != NULL
	    ? ASN1_TYPE_unpack_sequence(item, a->parameter)
	    : NULL;
}

static int64_t
integer(const ASN1_INTEGER *n)
{
	int64_t v = 0;

	return n != NULL && ASN1_INTEGER_get_int64(&v, n) == 1 ? v : INT64_MAX;
}

static enum firma_err
audit_pbkdf2(
    const X509_ALGOR *a, const char *cipher, struct firma_keyfile_audit *ret)
{
	FIRMA_OWN(firma_pbkdf2_done)
	PBKDF2PARAM *kdf = unpack(a, ASN1_ITEM_rptr(PBKDF2PARAM));
	const char *prf = "hmacWithSHA1"; /* the DEFAULT: RFC 8018 A.2 */

	if (kdf == NULL)
		return FIRMA_ERR_SHAPE;
	if (kdf->prf != NULL)
		prf = OBJ_nid2sn(OBJ_obj2nid(kdf->prf->algorithm));
	ret->iterations = integer(kdf->iter);
	if (kdf->salt->type == V_ASN1_OCTET_STRING)
		ret->has_constant_salt =
		    is_constant_salt(kdf->salt->value.octet_string);
	(void)snprintf(ret->scheme, sizeof(ret->scheme), "PBES2 PBKDF2 %s %s",
	    prf, cipher);
	return FIRMA_OK;
}

static enum firma_err
audit_pbes2(const X509_ALGOR *a, struct firma_keyfile_audit *ret)
{
	FIRMA_OWN(firma_pbe2_done)
	PBE2PARAM *pbe2 = unpack(a, ASN1_ITEM_rptr(PBE2PARAM));
	FIRMA_OWN(firma_scrypt_done) SCRYPT_PARAMS *scrypt = NULL;
	const char *cipher;
	const ASN1_TYPE *iv;
	int nid;

	if (pbe2 == NULL)
		return FIRMA_ERR_SHAPE;
	nid = OBJ_obj2nid(pbe2->keyfunc->algorithm);
	cipher = OBJ_nid2ln(OBJ_obj2nid(pbe2->encryption->algorithm));
	iv = pbe2->encryption->parameter;
	if (iv != NULL && iv->type == V_ASN1_OCTET_STRING)
		ret->has_constant_iv = is_constant_iv(iv->value.octet_string);
	if (nid == NID_id_pbkdf2)
		return audit_pbkdf2(pbe2->keyfunc, cipher, ret);
	if (nid != NID_id_scrypt)
		return FIRMA_ERR_NOT_SUPPORTED;
	scrypt = unpack(pbe2->keyfunc, ASN1_ITEM_rptr(SCRYPT_PARAMS));
	if (scrypt == NULL)
		return FIRMA_ERR_SHAPE;
	ret->iterations = integer(scrypt->costParameter);
	(void)snprintf(
	    ret->scheme, sizeof(ret->scheme), "PBES2 scrypt %s", cipher);
	return FIRMA_OK;
}

static enum firma_err
audit_pbes1(const X509_ALGOR *a, struct firma_keyfile_audit *ret)
{
	FIRMA_OWN(firma_pbe_done)
	PBEPARAM *pbe = unpack(a, ASN1_ITEM_rptr(PBEPARAM));

	if (pbe == NULL)
		return FIRMA_ERR_SHAPE;
	ret->iterations = integer(pbe->iter);
	ret->has_constant_salt = is_constant_salt(pbe->salt);
	(void)snprintf(ret->scheme, sizeof(ret->scheme), "PBES1 %s",
	    OBJ_nid2sn(OBJ_obj2nid(a->algorithm)));
	return FIRMA_OK;
}

enum firma_err
firma_keyfile_audit_algorithm(
    const X509_ALGOR *algorithm, struct firma_keyfile_audit *ret)
{
	const int nid = OBJ_obj2nid(algorithm->algorithm);
	enum firma_err r;

	ret->is_encrypted = 1;
	r = nid == NID_pbes2 ? audit_pbes2(algorithm, ret)
			     : audit_pbes1(algorithm, ret);
	/* Also where a number could not be read. */
	if (firma_openssl_err(FIRMA_OK) != FIRMA_OK)
		return FIRMA_ERR_NOMEM;
	return r;
}

enum firma_err
firma_keyfile_rounds_check(
    const X509_ALGOR *algorithm, struct firma_cause *cause)
{
	struct firma_keyfile_audit audit = { 0 };
	enum firma_err r;

	r = firma_keyfile_audit_algorithm(algorithm, &audit);
	if (r != FIRMA_OK)
		return firma_fail(cause, r, FIRMA_CAUSE_NONE, 0,
		    "the key file's encryption cannot be read");
	if (audit.iterations < 1 ||
	    audit.iterations > FIRMA_KEYFILE_ITERATIONS_MAX)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "the key file asks for %lld rounds",
		    (long long)audit.iterations);
	return FIRMA_OK;
}

enum firma_err
firma_keyfile_audit(struct firma_bytes file, struct firma_keyfile_audit *ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_x509_sig_done) X509_SIG *sealed = NULL;
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *plain = NULL;
	struct firma_keyfile_audit audit = { .scheme = "plain" };
	const X509_ALGOR *algorithm = NULL;
	const unsigned char *p;
	enum firma_err r;

	ERR_clear_error();
	if ((r = firma_keyfile_unwrap(file, &der, cause)) != FIRMA_OK)
		return r;
	p = der.at;
	if ((sealed = d2i_X509_SIG(NULL, &p, (long)der.len)) != NULL) {
		X509_SIG_get0(sealed, &algorithm, NULL);
		r = firma_keyfile_audit_algorithm(algorithm, &audit);
	} else {
		p = der.at;
		plain = d2i_AutoPrivateKey(NULL, &p, (long)der.len);
		r = plain != NULL ? FIRMA_OK : FIRMA_ERR_SHAPE;
	}
	if (r == FIRMA_OK && p != der.at + der.len)
		r = FIRMA_ERR_SHAPE;
	if (r != FIRMA_OK)
		return firma_openssl_fail(
		    cause, r, "not a private key file that can be read");
	audit.is_weak = firma_oddities_of_protection(&audit) != 0;
	ERR_clear_error();
	*ret = audit;
	return FIRMA_OK;
}
