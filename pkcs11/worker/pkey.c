/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSA_METHOD and EC_KEY_METHOD are deprecated since OpenSSL 3.0 in favour of
 * providers: a provider for one signature would be many times as long.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "pkcs11/worker/pkey.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <string.h>

#include "agent/base/own.h"
#include "pkcs11/worker/key.h"

#define SHA256_LEN 32
#define SHA1_LEN   20

struct firma_pkey {
	EVP_PKEY *key;
	struct firma_signer *signer;
	uint8_t id[FIRMA_ID_MAX];
	size_t id_len;
	struct firma_signer_pin *pin;
	enum firma_err r; /* of the signature */
	struct firma_cause cause;
	RSA_METHOD *rsa;
	EC_KEY_METHOD *ec;
};

static int rsa_index = -1, ec_index = -1; /* of ex_data; all lanes' */
static pthread_once_t indexed = PTHREAD_ONCE_INIT;

static void
index_all(void)
{
	rsa_index = RSA_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	ec_index = EC_KEY_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

/* One signature into room for size octets; its length, or 0. */
static unsigned int
sign(struct firma_pkey *k, int type, const unsigned char *digest, size_t len,
    unsigned char *to, size_t size)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf sig = { 0 };

	if (k == NULL ||
	    !((len == SHA256_LEN && type == NID_sha256) ||
		(len == SHA1_LEN && type == NID_sha1)))
		return 0;
	k->r = firma_signer_sign(k->signer, firma_bytes_of(k->id, k->id_len),
	    firma_bytes_of(digest, len), k->pin, &sig, &k->cause);
	k->pin = NULL; /* it was for this one */
	if (k->r != FIRMA_OK || sig.len > size)
		return 0;
	memcpy(to, sig.at, sig.len);
	return (unsigned int)sig.len;
}

static int
rsa_sign(int type, const unsigned char *digest, unsigned int len,
    unsigned char *sig, unsigned int *sig_len, const RSA *rsa)
{
	*sig_len = sign(RSA_get_ex_data(rsa, rsa_index), type, digest, len, sig,
	    (size_t)RSA_size(rsa));
	return *sig_len != 0;
}

/* OpenSSL passes no type here; our callers sign SHA-256 and nothing else. */
static int
ec_sign(int type, const unsigned char *digest, int len, unsigned char *sig,
    unsigned int *sig_len, const BIGNUM *kinv, const BIGNUM *r, EC_KEY *ec)
{
	(void)type;
	(void)kinv;
	(void)r;
	*sig_len = sign(EC_KEY_get_ex_data(ec, ec_index), NID_sha256, digest,
	    (size_t)len, sig, (size_t)ECDSA_size(ec));
	return *sig_len != 0;
}

/* Put our method into the public key's RSA or EC_KEY, and that into k->key. */
FIRMA_CHECKED static bool
dress_rsa(struct firma_pkey *k, EVP_PKEY *public_)
{
	RSA *rsa = EVP_PKEY_get1_RSA(public_);

	if (rsa == NULL || rsa_index < 0 ||
	    (k->rsa = RSA_meth_dup(RSA_get_default_method())) == NULL ||
	    RSA_meth_set_sign(k->rsa, rsa_sign) != 1 ||
	    RSA_set_method(rsa, k->rsa) != 1 ||
	    RSA_set_ex_data(rsa, rsa_index, k) != 1 ||
	    EVP_PKEY_assign_RSA(k->key, rsa) != 1) {
		RSA_free(rsa);
		return false;
	}
	return true;
}

FIRMA_CHECKED static bool
dress_ec(struct firma_pkey *k, EVP_PKEY *public_)
{
	EC_KEY *ec = EVP_PKEY_get1_EC_KEY(public_);

	if (ec == NULL || ec_index < 0 ||
	    (k->ec = EC_KEY_METHOD_new(EC_KEY_OpenSSL())) == NULL) {
		EC_KEY_free(ec);
		return false;
	}
	EC_KEY_METHOD_set_sign(k->ec, ec_sign, NULL, NULL);
	if (EC_KEY_set_method(ec, k->ec) != 1 ||
	    EC_KEY_set_ex_data(ec, ec_index, k) != 1 ||
	    EVP_PKEY_assign_EC_KEY(k->key, ec) != 1) {
		EC_KEY_free(ec);
		return false;
	}
	return true;
}

/* The public key that the token shows for the id. */
FIRMA_CHECKED static enum firma_err
public_of(struct firma_signer *s, struct firma_bytes id, bool has_pin,
    EVP_PKEY **ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf spki = { 0 };
	const unsigned char *p;
	bool asks = false;
	enum firma_err r;

	/* Also tells "not there" from "locked". */
	if ((r = firma_signer_find(s, id, &asks, NULL, cause)) != FIRMA_OK ||
	    (r = firma_key_public(&s->session, id, &spki, cause)) != FIRMA_OK)
		return r;
	if (asks && !has_pin)
		return firma_signer_needs_pin(cause);
	p = spki.at;
	if (spki.len == 0 ||
	    (*ret = d2i_PUBKEY(NULL, &p, (long)spki.len)) == NULL)
		return firma_fail(cause, FIRMA_ERR_NOT_SUPPORTED,
		    FIRMA_CAUSE_NONE, 0,
		    "the token does not show the public key");
	return FIRMA_OK;
}

enum firma_err
firma_pkey_new(struct firma_signer *s, struct firma_bytes id,
    struct firma_signer_pin *pin, struct firma_pkey **ret,
    struct firma_cause *cause)
{
	struct firma_pkey *k;
	EVP_PKEY *public_ = NULL;
	enum firma_err r;
	bool dressed;

	if ((r = public_of(s, id, pin != NULL, &public_, cause)) != FIRMA_OK)
		return r;
	if ((k = calloc(1, sizeof(*k))) == NULL ||
	    (k->key = EVP_PKEY_new()) == NULL) {
		EVP_PKEY_free(public_);
		free(k);
		return FIRMA_ERR_NOMEM;
	}
	(void)pthread_once(&indexed, index_all);
	k->signer = s;
	/* Its length: firma_signer_find() took it. */
	memcpy(k->id, id.at, id.len);
	k->id_len = id.len;
	k->pin = pin;
	dressed = EVP_PKEY_get_base_id(public_) == EVP_PKEY_RSA
	    ? dress_rsa(k, public_)
	    : dress_ec(k, public_);
	EVP_PKEY_free(public_);
	ERR_clear_error();
	if (!dressed) {
		firma_pkey_free(k);
		return firma_fail(cause, FIRMA_ERR_INTERNAL, FIRMA_CAUSE_NONE,
		    0, "a key as OpenSSL wants it");
	}
	*ret = k;
	return FIRMA_OK;
}

void
firma_pkey_free(struct firma_pkey *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->key);
	RSA_meth_free(k->rsa);
	/* This one of the two takes no NULL. */
	if (k->ec != NULL)
		EC_KEY_METHOD_free(k->ec);
	free(k);
}

void
firma_pkey_again(struct firma_pkey *k, struct firma_signer_pin *pin)
{
	k->pin = pin;
	k->r = FIRMA_OK;
	k->cause = (struct firma_cause){ 0 };
}

EVP_PKEY *
firma_pkey_key(const struct firma_pkey *k)
{
	return k->key;
}

enum firma_err
firma_pkey_fail(
    const struct firma_pkey *k, enum firma_err r, struct firma_cause *cause)
{
	ERR_clear_error();
	if (k->r == FIRMA_OK)
		return r;
	if (cause != NULL)
		*cause = k->cause;
	return k->r;
}
