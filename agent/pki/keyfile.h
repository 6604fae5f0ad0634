/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyfile.h - private keys in files, on their way to a token.
 *
 * Used in the process of `firma`, never in the agent.  Sources: RFC 5958 and
 * RFC 8018 (PKCS#8, PBES1, PBES2), RFC 8017 A.1 (PKCS#1), RFC 7292 (PKCS#12).
 * Old ciphers (PBES1 with MD5 and DES, RC2) come from OpenSSL's legacy provider,
 * loaded in a library context of its own for the one call.
 * May include: agent/base, agent/pki, OpenSSL's types.  Does no file I/O.
 */
#ifndef FIRMA_PKI_KEYFILE_H
#define FIRMA_PKI_KEYFILE_H

#include <openssl/types.h>

#include "agent/base/secret.h"
#include "agent/pki/certificate.h"

#define FIRMA_KEYFILE_MAX            ((size_t)64 * 1024) /* octets */
#define FIRMA_KEYFILE_PASSWORD_MAX   1024                /* octets */
#define FIRMA_KEYFILE_ITERATIONS_MAX 5000000             /* PBKDF rounds */

/*
 * Open a private key: PKCS#8 (encrypted or plain), PKCS#1, SEC1; DER or PEM.
 *
 * password  tried as it is, then, when it is UTF-8 beyond ASCII, as
 *           windows-1252 (the tax authority's program takes it so); empty for
 *           a plain key
 * ret_key   out; the caller frees it.  An ordinary software key of the default
 *           library context.
 *
 * FIRMA_ERR_KEY_PASSWORD   it is encrypted and the password does not open it
 * FIRMA_ERR_SHAPE          not a key file, or damaged outside the ciphertext
 * FIRMA_ERR_NOT_SUPPORTED  another kind of key, cipher, or old PEM encryption
 * FIRMA_ERR_LIMIT          too large, too many rounds, password too long
 */
FIRMA_CHECKED enum firma_err firma_keyfile_open(struct firma_bytes file,
    struct firma_bytes password, EVP_PKEY **ret_key, struct firma_cause *cause);

/*
 * Open a .pfx/.p12: its key and the certificate that belongs to the key.
 * Errors as above; FIRMA_ERR_NOT_FOUND: no key or no certificate in it.
 */
FIRMA_CHECKED enum firma_err firma_pkcs12_open(struct firma_bytes file,
    struct firma_bytes password, EVP_PKEY **ret_key,
    struct firma_certificate **ret_cert, struct firma_cause *cause);

/* Is it a PKCS#12 file (by its form), rather than a key file? */
int firma_pkcs12_is(struct firma_bytes file);

/* FIRMA_ERR_KEY_MISMATCH unless the private half makes cert's public half. */
FIRMA_CHECKED enum firma_err firma_keyfile_matches(EVP_PKEY *key,
    const struct firma_certificate *cert, struct firma_cause *cause);

/* How a key file is protected. */
struct firma_keyfile_audit {
	int is_encrypted;
	char scheme[64]; /* "PBES2 PBKDF2 hmacWithSHA1 des-ede3-cbc", "plain" */
	int64_t iterations;
	/*
	 * The salt is the constant that the authority's program writes into
	 * every file, so that one table of passwords fits all of them.
	 */
	int has_constant_salt;
	/* The IV equals the plaintext's known first octets. */
	int has_constant_iv;
	int is_weak; /* it has any of oddity.h's */
};

/* Needs no password.  FIRMA_ERR_SHAPE: not a key file. */
FIRMA_CHECKED enum firma_err firma_keyfile_audit(struct firma_bytes file,
    struct firma_keyfile_audit *ret, struct firma_cause *cause);

#define FIRMA_PKCS12_PARTS_MAX 16

/* How a .pfx is protected, part for part. */
struct firma_pkcs12_audit {
	char mac[16];           /* "sha256", "sha1"; "" when there is none */
	int64_t mac_iterations; /* 0 when there is none */
	size_t n_parts;
	struct {
		/* the part's own encryption; is_encrypted = 0 for none */
		struct firma_keyfile_audit protection;
		/* what is seen of a part without encryption */
		size_t n_certificates, n_plain_keys;
	} parts[FIRMA_PKCS12_PARTS_MAX]; /* keys under a cipher: one each */
};

/* Needs no password.  FIRMA_ERR_SHAPE: not a PKCS#12 file; _LIMIT: too much. */
FIRMA_CHECKED enum firma_err firma_pkcs12_audit(struct firma_bytes file,
    struct firma_pkcs12_audit *ret, struct firma_cause *cause);

#endif
