/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/keyfile.h"

#include <pthread.h>
#include <string.h>

#include <openssl/evperr.h>
#include <openssl/pem.h>

#include "agent/pki/keyfile_inner.h"
#include "agent/pki/text.h"

#define PEM_BLOCKS_MAX 64 /* looked at before the key */

void
firma_passwords_done(struct firma_passwords *p)
{
	for (size_t i = 0; i < FIRMA_PASSWORDS_MAX; i++)
		firma_secret_done(&p->at[i]);
	p->n = 0;
}

static enum firma_err
add_password(struct firma_passwords *p, struct firma_bytes v)
{
	struct firma_secret *s = &p->at[p->n];
	enum firma_err r;

	if ((r = firma_secret_new(s, v.len + 1)) != FIRMA_OK ||
	    (r = firma_secret_put(s, v)) != FIRMA_OK)
		return r;
	s->at[s->len] = '\0';
	p->n++;
	return FIRMA_OK;
}

enum firma_err
firma_passwords_new(struct firma_bytes password, struct firma_passwords *ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf old = { 0 };
	FIRMA_OWN(firma_passwords_done) struct firma_passwords p = { 0 };
	enum firma_err r;

	if (password.len > FIRMA_KEYFILE_PASSWORD_MAX)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "the password is too long");
	if (password.len != 0 && memchr(password.at, 0, password.len) != NULL)
		return firma_fail(cause, FIRMA_ERR_KEY_PASSWORD,
		    FIRMA_CAUSE_NONE, 0, "the password has a zero octet in it");
	if ((r = add_password(&p, password)) != FIRMA_OK)
		return r;
	if (!firma_text_is_ascii(password)) {
		r = firma_text_to_cp1252(password, &old);
		if (r == FIRMA_OK)
			r = add_password(&p, firma_buf_view(&old));
		else if (r != FIRMA_ERR_NOMEM)
			r = FIRMA_OK; /* not to be written so */
		if (r != FIRMA_OK)
			return r;
	}
	*ret = p;
	p = (struct firma_passwords){ 0 };
	return FIRMA_OK;
}

static pthread_mutex_t legacy_lock = PTHREAD_MUTEX_INITIALIZER;
static OSSL_LIB_CTX *legacy; /* until the process ends */

static enum firma_err
legacy_new(OSSL_LIB_CTX **ret)
{
	FIRMA_OWN(firma_lib_ctx_done) OSSL_LIB_CTX *ctx = OSSL_LIB_CTX_new();

	if (ctx == NULL || OSSL_PROVIDER_load(ctx, "default") == NULL)
		return firma_openssl_err(FIRMA_ERR_INTERNAL);
	/* Not installed: files that need it are "not supported", no others. */
	(void)OSSL_PROVIDER_load(ctx, "legacy");
	if (firma_openssl_err(FIRMA_OK) != FIRMA_OK)
		return FIRMA_ERR_NOMEM;
	*ret = ctx;
	ctx = NULL;
	return FIRMA_OK;
}

enum firma_err
firma_legacy(OSSL_LIB_CTX **ret)
{
	enum firma_err r = FIRMA_OK;

	ERR_clear_error();
	(void)pthread_mutex_lock(&legacy_lock);
	if (legacy == NULL)
		r = legacy_new(&legacy);
	*ret = legacy;
	(void)pthread_mutex_unlock(&legacy_lock);
	return r;
}

enum firma_err
firma_keyfile_refused(struct firma_cause *cause)
{
	const unsigned long code = ERR_peek_error();
	const int reason = ERR_GET_REASON(code);

	if (ERR_GET_LIB(code) == ERR_LIB_EVP &&
	    (reason == EVP_R_UNKNOWN_PBE_ALGORITHM ||
		reason == EVP_R_UNKNOWN_CIPHER ||
		reason == EVP_R_UNKNOWN_DIGEST ||
		reason == EVP_R_UNSUPPORTED_ALGORITHM ||
		reason == EVP_R_UNSUPPORTED_CIPHER ||
		reason == EVP_R_UNSUPPORTED_KEY_DERIVATION_FUNCTION ||
		reason == EVP_R_UNSUPPORTED_PRF))
		return firma_openssl_fail(cause, FIRMA_ERR_NOT_SUPPORTED,
		    "the key file's encryption");
	return firma_openssl_fail(
	    cause, FIRMA_ERR_KEY_PASSWORD, "the password does not open it");
}

static int
is_key_block(const char *name)
{
	return strcmp(name, PEM_STRING_PKCS8) == 0 ||
	    strcmp(name, PEM_STRING_PKCS8INF) == 0 ||
	    strcmp(name, PEM_STRING_RSA) == 0 ||
	    strcmp(name, PEM_STRING_ECPRIVATEKEY) == 0;
}

/* The first private key among the blocks of a PEM text. */
static enum firma_err
unwrap_pem(struct firma_bytes text, struct firma_buf *ret_der,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_bio_done)
	BIO *in = BIO_new_mem_buf(text.at, (int)text.len);

	if (in == NULL)
		return FIRMA_ERR_NOMEM;
	for (int i = 0; i < PEM_BLOCKS_MAX; i++) {
		char *name = NULL, *header = NULL;
		unsigned char *data = NULL;
		enum firma_err r = FIRMA_ERR_SHAPE;
		long len = 0;
		int found, is_encrypted;

		if (PEM_read_bio(in, &name, &header, &data, &len) != 1)
			break;
		found = is_key_block(name);
		is_encrypted = header[0] != '\0';
		if (found && !is_encrypted)
			r = firma_buf_put(
			    ret_der, firma_bytes_of(data, (size_t)len));
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(data, (size_t)len);
		if (found && is_encrypted)
			return firma_fail(cause, FIRMA_ERR_NOT_SUPPORTED,
			    FIRMA_CAUSE_NONE, 0,
			    "old PEM encryption: openssl pkcs8 -topk8 makes "
			    "a PKCS#8 file of it");
		if (found)
			return r;
	}
	return firma_openssl_fail(
	    cause, FIRMA_ERR_SHAPE, "there is no private key in the text");
}

enum firma_err
firma_keyfile_unwrap(struct firma_bytes file, struct firma_buf *ret_der,
    struct firma_cause *cause)
{
	if (file.len > FIRMA_KEYFILE_MAX)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "a key file of %zu octets", file.len);
	if (file.len == 0)
		return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		    "the key file is empty");
	if (file.at[0] != 0x30 &&
	    memmem(file.at, file.len, "-----BEGIN ", 11) != NULL)
		return unwrap_pem(file, ret_der, cause);
	return firma_buf_put(ret_der, file);
}

/* Decrypt in a context of its own; what comes out belongs to none. */
static enum firma_err
decrypt(const X509_SIG *sealed, struct firma_bytes password,
    PKCS8_PRIV_KEY_INFO **ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_passwords_done) struct firma_passwords tries = { 0 };
	OSSL_LIB_CTX *ctx = NULL;
	const X509_ALGOR *algorithm = NULL;
	enum firma_err r;

	X509_SIG_get0(sealed, &algorithm, NULL);
	if ((r = firma_keyfile_rounds_check(algorithm, cause)) != FIRMA_OK ||
	    (r = firma_passwords_new(password, &tries, cause)) != FIRMA_OK ||
	    (r = firma_legacy(&ctx)) != FIRMA_OK)
		return r;
	for (size_t i = 0; i < tries.n; i++) {
		ERR_clear_error();
		*ret = PKCS8_decrypt_ex(sealed, (const char *)tries.at[i].at,
		    (int)tries.at[i].len, ctx, NULL);
		if (*ret != NULL)
			return FIRMA_OK;
	}
	return firma_keyfile_refused(cause);
}

static enum firma_err
open_sealed(const X509_SIG *sealed, struct firma_bytes password,
    EVP_PKEY **ret_key, struct firma_cause *cause)
{
	FIRMA_OWN(firma_pkcs8_done) PKCS8_PRIV_KEY_INFO *info = NULL;
	enum firma_err r;

	if ((r = decrypt(sealed, password, &info, cause)) != FIRMA_OK)
		return r;
	/* One wrong password in 256 leaves good padding and rubbish. */
	if ((*ret_key = EVP_PKCS82PKEY(info)) == NULL)
		return firma_keyfile_refused(cause);
	return FIRMA_OK;
}

static enum firma_err
open_der(struct firma_bytes der, struct firma_bytes password,
    EVP_PKEY **ret_key, struct firma_cause *cause)
{
	FIRMA_OWN(firma_x509_sig_done) X509_SIG *sealed = NULL;
	const unsigned char *p = der.at;

	sealed = d2i_X509_SIG(NULL, &p, (long)der.len);
	if (firma_openssl_err(FIRMA_OK) != FIRMA_OK)
		return FIRMA_ERR_NOMEM;
	if (sealed != NULL && p == der.at + der.len)
		return open_sealed(sealed, password, ret_key, cause);
	if (sealed != NULL)
		return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		    "octets after the key");
	p = der.at;
	*ret_key = d2i_AutoPrivateKey(NULL, &p, (long)der.len);
	if (*ret_key == NULL)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_SHAPE, "not a private key file");
	if (p != der.at + der.len)
		return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		    "octets after the key");
	return FIRMA_OK;
}

enum firma_err
firma_keyfile_open(struct firma_bytes file, struct firma_bytes password,
    EVP_PKEY **ret_key, struct firma_cause *cause)
{
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *key = NULL;
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	enum firma_key_algorithm a;
	enum firma_err r;

	ERR_clear_error();
	if ((r = firma_keyfile_unwrap(file, &der, cause)) != FIRMA_OK ||
	    (r = open_der(firma_buf_view(&der), password, &key, cause)) !=
		FIRMA_OK ||
	    (r = firma_key_algorithm_find(key, &a)) != FIRMA_OK)
		return r;
	if (a == FIRMA_KEY_UNKNOWN)
		return firma_fail(cause, FIRMA_ERR_NOT_SUPPORTED,
		    FIRMA_CAUSE_NONE, 0,
		    "a key of %d bits that is not one of "
		    "RSA 2048, 3072, 4096, P-256, P-384",
		    EVP_PKEY_get_bits(key));
	*ret_key = key;
	key = NULL;
	return FIRMA_OK;
}

enum firma_err
firma_keyfile_matches(EVP_PKEY *key, const struct firma_certificate *cert,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_evp_pkey_ctx_done)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);

	if (ctx == NULL)
		return FIRMA_ERR_NOMEM;
	if (X509_check_private_key(firma_certificate_x509(cert), key) != 1)
		return firma_openssl_fail(cause, FIRMA_ERR_KEY_MISMATCH,
		    "the key file and the certificate");
	/* A file can carry anybody's public half beside another private one. */
	if (EVP_PKEY_pairwise_check(ctx) != 1)
		return firma_openssl_fail(cause, FIRMA_ERR_KEY_MISMATCH,
		    "the key file's private and public halves");
	return FIRMA_OK;
}
