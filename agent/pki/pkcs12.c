/* SPDX-License-Identifier: Apache-2.0 */
/* .pfx and .p12 files: the PKCS#12 half of keyfile.h. */
#include <string.h>

#include <openssl/objects.h>
#include <openssl/pkcs12err.h>
#include <openssl/pkcs7.h>

#include "agent/pki/der.h"
#include "agent/pki/keyfile_inner.h"

#define PFX_VERSION 3 /* RFC 7292 4 */
#define SAFES_MAX   16
#define CERTS_MAX   32

static void
safes_done(STACK_OF(PKCS7) * *at)
{
	sk_PKCS7_pop_free(*at, PKCS7_free);
	*at = NULL;
}

static void
certificates_done(STACK_OF(X509) * *at)
{
	sk_X509_pop_free(*at, X509_free);
	*at = NULL;
}

int
firma_pkcs12_is(struct firma_bytes file)
{
	/* SEQUENCE { INTEGER 3, ... }: BER, so the length may be indefinite */
	static const uint8_t version[] = { 0x02, 0x01, PFX_VERSION, 0x30 };
	size_t at = 2;

	if (file.len < 8 || file.at[0] != FIRMA_DER_SEQUENCE)
		return 0;
	if (file.at[1] > 0x80)
		at += file.at[1] & 0x7f;
	return at + sizeof(version) <= file.len &&
	    memcmp(file.at + at, version, sizeof(version)) == 0;
}

/* Rounds are asked for in three places; none may keep us busy for ever. */
static enum firma_err
check_rounds(const PKCS12 *p12, struct firma_cause *cause)
{
	FIRMA_OWN(safes_done) STACK_OF(PKCS7) *safes = NULL;
	const ASN1_INTEGER *mac = NULL;
	int64_t n = 1;
	enum firma_err r;

	PKCS12_get0_mac(NULL, NULL, NULL, &mac, p12);
	if (mac != NULL &&
	    (ASN1_INTEGER_get_int64(&n, mac) != 1 || n < 1 ||
		n > FIRMA_KEYFILE_ITERATIONS_MAX))
		return firma_openssl_fail(cause, FIRMA_ERR_LIMIT,
		    "the file asks for too many rounds");
	safes = PKCS12_unpack_authsafes(p12);
	if (safes == NULL)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_SHAPE, "not a PKCS#12 file");
	if (sk_PKCS7_num(safes) > SAFES_MAX)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "%d parts in the file", sk_PKCS7_num(safes));
	for (int i = 0; i < sk_PKCS7_num(safes); i++) {
		const PKCS7 *p7 = sk_PKCS7_value(safes, i);

		if (OBJ_obj2nid(p7->type) != NID_pkcs7_encrypted ||
		    p7->d.encrypted == NULL)
			continue;
		r = firma_keyfile_rounds_check(
		    p7->d.encrypted->enc_data->algorithm, cause);
		if (r != FIRMA_OK)
			return r;
	}
	return FIRMA_OK;
}

/* The keys' own encryption, where their bags are readable without password. */
static enum firma_err
check_bags(const PKCS12 *p12, struct firma_cause *cause)
{
	FIRMA_OWN(safes_done)
	STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(p12);
	enum firma_err r = FIRMA_OK;

	if (safes == NULL)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_SHAPE, "not a PKCS#12 file");
	for (int i = 0; i < sk_PKCS7_num(safes) && r == FIRMA_OK; i++) {
		PKCS7 *p7 = sk_PKCS7_value(safes, i);
		STACK_OF(PKCS12_SAFEBAG) *bags = NULL;

		/* What cannot be looked into is not opened either. */
		if (OBJ_obj2nid(p7->type) == NID_pkcs7_data &&
		    (bags = PKCS12_unpack_p7data(p7)) == NULL)
			return firma_openssl_fail(
			    cause, FIRMA_ERR_SHAPE, "a part of the file");
		for (int k = 0; k < sk_PKCS12_SAFEBAG_num(bags); k++) {
			const PKCS12_SAFEBAG *bag =
			    sk_PKCS12_SAFEBAG_value(bags, k);
			const X509_ALGOR *algorithm = NULL;

			if (PKCS12_SAFEBAG_get_nid(bag) !=
			    NID_pkcs8ShroudedKeyBag)
				continue;
			X509_SIG_get0(
			    PKCS12_SAFEBAG_get0_pkcs8(bag), &algorithm, NULL);
			r = firma_keyfile_rounds_check(algorithm, cause);
			if (r != FIRMA_OK)
				break;
		}
		sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	}
	ERR_clear_error();
	return r;
}

static enum firma_err
refused(struct firma_cause *cause)
{
	const unsigned long code = ERR_peek_last_error();

	if (ERR_GET_LIB(code) == ERR_LIB_PKCS12 &&
	    ERR_GET_REASON(code) == PKCS12_R_MAC_VERIFY_FAILURE)
		return firma_openssl_fail(cause, FIRMA_ERR_KEY_PASSWORD,
		    "the password does not open it");
	if (ERR_GET_LIB(code) == ERR_LIB_PKCS12 &&
	    ERR_GET_REASON(code) == PKCS12_R_MAC_ABSENT)
		return firma_openssl_fail(cause, FIRMA_ERR_NOT_SUPPORTED,
		    "a PKCS#12 file without integrity check");
	return firma_keyfile_refused(cause);
}

/* A key made by one library context, as one of the default context. */
static enum firma_err
move_key(EVP_PKEY *key, EVP_PKEY **ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_pkcs8_done)
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	enum firma_key_algorithm a;
	enum firma_err r;

	if (info == NULL || (*ret = EVP_PKCS82PKEY(info)) == NULL)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_NOT_SUPPORTED, "this kind of key");
	if ((r = firma_key_algorithm_find(*ret, &a)) != FIRMA_OK)
		return r;
	if (a == FIRMA_KEY_UNKNOWN)
		return firma_fail(cause, FIRMA_ERR_NOT_SUPPORTED,
		    FIRMA_CAUSE_NONE, 0, "this kind of key");
	return FIRMA_OK;
}

static enum firma_err
find_certificate(EVP_PKEY *key, X509 *first, STACK_OF(X509) * others,
    struct firma_certificate **ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	unsigned char *out = NULL;
	X509 *cert = NULL;
	enum firma_err r;
	int len;

	if (first != NULL && X509_check_private_key(first, key) == 1)
		cert = first;
	for (int i = 0;
	     cert == NULL && i < sk_X509_num(others) && i < CERTS_MAX; i++)
		if (X509_check_private_key(sk_X509_value(others, i), key) == 1)
			cert = sk_X509_value(others, i);
	if (cert == NULL)
		return firma_openssl_fail(cause, FIRMA_ERR_NOT_FOUND,
		    "no certificate in the file belongs to its key");
	ERR_clear_error();
	len = i2d_X509(cert, &out);
	if ((r = firma_openssl_put(&der, out, len)) != FIRMA_OK)
		return r;
	return firma_certificate_parse(firma_buf_view(&der), ret, cause);
}

static enum firma_err
open_parsed(PKCS12 *p12, struct firma_bytes password, EVP_PKEY **ret_key,
    struct firma_certificate **ret_cert, struct firma_cause *cause)
{
	FIRMA_OWN(firma_passwords_done) struct firma_passwords tries = { 0 };
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *foreign = NULL;
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *key = NULL;
	FIRMA_OWN(firma_x509_done) X509 *cert = NULL;
	FIRMA_OWN(certificates_done) STACK_OF(X509) *others = NULL;
	enum firma_err r;
	int good = 0;

	if ((r = firma_passwords_new(password, &tries, cause)) != FIRMA_OK)
		return r;
	for (size_t i = 0; i < tries.n && !good; i++) {
		ERR_clear_error();
		good = PKCS12_parse(p12, (const char *)tries.at[i].at, &foreign,
			   &cert, &others) == 1;
	}
	if (!good)
		return refused(cause);
	if (foreign == NULL)
		return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE,
		    0, "there is no private key in the file");
	if ((r = move_key(foreign, &key, cause)) != FIRMA_OK ||
	    (r = find_certificate(key, cert, others, ret_cert, cause)) !=
		FIRMA_OK)
		return r;
	*ret_key = key;
	key = NULL;
	return FIRMA_OK;
}

enum firma_err
firma_pkcs12_parse(struct firma_bytes file, OSSL_LIB_CTX *ctx, PKCS12 **ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_pkcs12_done)
	PKCS12 *p12 = PKCS12_init_ex(NID_pkcs7_data, ctx, NULL);
	const unsigned char *p = file.at;

	ERR_clear_error();
	if (p12 == NULL)
		return FIRMA_ERR_NOMEM;
	if (file.len > FIRMA_KEYFILE_MAX)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "a key file of %zu octets", file.len);
	if (file.len == 0 || !firma_pkcs12_is(file) ||
	    d2i_PKCS12(&p12, &p, (long)file.len) == NULL ||
	    p != file.at + file.len)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_SHAPE, "not a PKCS#12 file");
	*ret = p12;
	p12 = NULL;
	return FIRMA_OK;
}

enum firma_err
firma_pkcs12_open(struct firma_bytes file, struct firma_bytes password,
    EVP_PKEY **ret_key, struct firma_certificate **ret_cert,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_pkcs12_done) PKCS12 *p12 = NULL;
	OSSL_LIB_CTX *ctx = NULL;
	enum firma_err r;

	if ((r = firma_legacy(&ctx)) != FIRMA_OK ||
	    (r = firma_pkcs12_parse(file, ctx, &p12, cause)) != FIRMA_OK ||
	    (r = check_rounds(p12, cause)) != FIRMA_OK ||
	    (r = check_bags(p12, cause)) != FIRMA_OK)
		return r;
	return open_parsed(p12, password, ret_key, ret_cert, cause);
}
