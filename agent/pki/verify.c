/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/verify.h"

#include <openssl/rsa.h>

#include "agent/pki/ecdsa_der.h"
#include "agent/pki/own_openssl.h"

#define DIGEST_OCTETS 32

static enum firma_err
verify(EVP_PKEY *key, const uint8_t *digest, struct firma_bytes signature,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_evp_pkey_ctx_done)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);

	if (ctx == NULL || EVP_PKEY_verify_init(ctx) != 1 ||
	    (EVP_PKEY_is_a(key, "RSA") &&
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1) ||
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_INTERNAL, "a verification");
	if (EVP_PKEY_verify(
		ctx, signature.at, signature.len, digest, DIGEST_OCTETS) != 1)
		return firma_openssl_fail(cause, FIRMA_ERR_SIGNATURE,
		    "the signature does not belong to the digest and key");
	return FIRMA_OK;
}

static enum firma_err
verify_form(EVP_PKEY *key, const uint8_t *digest, struct firma_bytes signature,
    enum firma_signature_form form, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	const enum firma_key_algorithm a = firma_key_algorithm_of(key);
	enum firma_err r;

	if (a == FIRMA_KEY_UNKNOWN)
		return firma_fail(cause, FIRMA_ERR_NOT_SUPPORTED,
		    FIRMA_CAUSE_NONE, 0, "this kind of key");
	if (signature.len == 0)
		return firma_fail(cause, FIRMA_ERR_SIGNATURE, FIRMA_CAUSE_NONE,
		    0, "the signature is empty");
	if (firma_key_algorithm_is_rsa(a) || form == FIRMA_SIGNATURE_DER)
		return verify(key, digest, signature, cause);
	if (signature.len != 2 * firma_key_algorithm_field(a))
		return firma_fail(cause, FIRMA_ERR_SIGNATURE, FIRMA_CAUSE_NONE,
		    0, "the signature has %zu octets", signature.len);
	if ((r = firma_ecdsa_to_der(signature, &der)) != FIRMA_OK)
		return r == FIRMA_ERR_NOMEM
		    ? r
		    : firma_fail(cause, FIRMA_ERR_SIGNATURE, FIRMA_CAUSE_NONE,
			  0, "r or s is zero");
	return verify(key, digest, firma_buf_view(&der), cause);
}

enum firma_err
firma_pki_verify(struct firma_bytes spki, const uint8_t digest[32],
    struct firma_bytes signature, enum firma_signature_form form,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *key = NULL;
	const unsigned char *p = spki.at;

	ERR_clear_error();
	if (spki.len == 0 || spki.len > FIRMA_SPKI_MAX ||
	    (key = d2i_PUBKEY(NULL, &p, (long)spki.len)) == NULL ||
	    p != spki.at + spki.len)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_SHAPE, "not a SubjectPublicKeyInfo");
	return verify_form(key, digest, signature, form, cause);
}

enum firma_err
firma_pki_verify_certificate(const struct firma_certificate *c,
    const uint8_t digest[32], struct firma_bytes signature,
    enum firma_signature_form form, struct firma_cause *cause)
{
	return verify_form(X509_get0_pubkey(firma_certificate_x509(c)), digest,
	    signature, form, cause);
}
