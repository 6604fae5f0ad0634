/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

static EVP_PKEY *
read_key(const struct bench_place *p, const char *key)
{
	static EVP_PKEY *last;
	static char last_path[512];
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s.pem", p->public_dir, key);
	if (strcmp(path, last_path) == 0)
		return last;
	if ((f = fopen(path, "re")) == NULL ||
	    (last = PEM_read_PUBKEY(f, NULL, NULL, NULL)) == NULL)
		bench_fail("%s is no public key", path);
	(void)fclose(f);
	memcpy(last_path, path, sizeof(path));
	return last;
}

/* r || s, as a token gives it, to DER; what is DER already stays. */
static size_t
to_der(const struct bench_signature *s, uint8_t **ret)
{
	const int n = (int)s->len / 2;
	ECDSA_SIG *sig;
	int len;

	*ret = NULL;
	if (s->seq != 0) {
		*ret = OPENSSL_memdup(s->at, s->len);
		return s->len;
	}
	sig = ECDSA_SIG_new();
	(void)ECDSA_SIG_set0(
	    sig, BN_bin2bn(s->at, n, NULL), BN_bin2bn(s->at + n, n, NULL));
	len = i2d_ECDSA_SIG(sig, ret);
	ECDSA_SIG_free(sig);
	return len < 0 ? 0 : (size_t)len;
}

int
bench_verifies(const struct bench_place *p, const char *key,
    const uint8_t sha256[BENCH_SHA256], const struct bench_signature *s)
{
	EVP_PKEY *pub = read_key(p, key);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pub, NULL);
	const int is_rsa = EVP_PKEY_get_base_id(pub) == EVP_PKEY_RSA;
	uint8_t *sig = NULL;
	size_t len;
	int ok;

	if (is_rsa) {
		sig = OPENSSL_memdup(s->at, s->len);
		len = s->len;
	} else {
		len = to_der(s, &sig);
	}
	ok = EVP_PKEY_verify_init(ctx) == 1 &&
	    (!is_rsa ||
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1) &&
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	    EVP_PKEY_verify(ctx, sig, len, sha256, BENCH_SHA256) == 1;
	OPENSSL_free(sig);
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

void
bench_verify(const struct bench_place *p, const char *key,
    const uint8_t sha256[BENCH_SHA256], const struct bench_signature *s)
{
	if (!bench_verifies(p, key, sha256, s))
		bench_fail("%s: a signature does not verify", key);
}
