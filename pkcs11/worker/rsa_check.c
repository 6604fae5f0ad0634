/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/worker/rsa_check.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "agent/base/own.h"
#include "pkcs11/worker/spki.h"

struct firma_rsa_check {
	EVP_PKEY_CTX *ctx;
};

void
firma_rsa_check_free(struct firma_rsa_check *c)
{
	if (c == NULL)
		return;
	EVP_PKEY_CTX_free(c->ctx);
	free(c);
}

struct firma_rsa_check *
firma_rsa_check_new(struct firma_bytes n, struct firma_bytes e)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf spki = { 0 };
	struct firma_rsa_check *c = NULL;
	const unsigned char *p;
	EVP_PKEY *key;

	if (firma_spki_rsa(n, e, &spki) != FIRMA_OK)
		return NULL;
	p = spki.at;
	key = d2i_PUBKEY(NULL, &p, (long)spki.len);
	if (key != NULL && (c = calloc(1, sizeof(*c))) != NULL &&
	    ((c->ctx = EVP_PKEY_CTX_new(key, NULL)) == NULL ||
		EVP_PKEY_verify_init(c->ctx) != 1 ||
		EVP_PKEY_CTX_set_rsa_padding(c->ctx, RSA_PKCS1_PADDING) != 1)) {
		firma_rsa_check_free(c);
		c = NULL;
	}
	EVP_PKEY_free(key);
	ERR_clear_error();
	return c;
}

bool
firma_rsa_check_holds(struct firma_rsa_check *c, struct firma_bytes info,
    struct firma_bytes signature)
{
	const bool holds = EVP_PKEY_verify(c->ctx, signature.at, signature.len,
			       info.at, info.len) == 1;

	ERR_clear_error();
	return holds;
}
