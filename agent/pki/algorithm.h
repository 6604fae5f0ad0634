/* SPDX-License-Identifier: Apache-2.0 */
/*
 * algorithm.h - the kinds of keys that are made, kept and accepted.
 *
 * The numbers cross the wire and stand in the store: append, never renumber.
 * May include: agent/base, OpenSSL's types.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_PKI_ALGORITHM_H
#define FIRMA_PKI_ALGORITHM_H

#include <stddef.h>

#include <openssl/types.h>

#include "agent/base/buf.h"

/* clang-format off */
/*  name          number  text        bits  RSA? longest signature (EC: DER) */
#define FIRMA_KEY_LIST(X) \
	X(RSA_2048, 1, "rsa-2048", 2048, 1, 256) \
	X(RSA_3072, 2, "rsa-3072", 3072, 1, 384) \
	X(RSA_4096, 3, "rsa-4096", 4096, 1, 512) \
	X(EC_P256,  4, "p-256",     256, 0,  72) \
	X(EC_P384,  5, "p-384",     384, 0, 104)
/* clang-format on */

enum firma_key_algorithm {
	FIRMA_KEY_UNKNOWN = 0, /* any other: never made, never accepted */
#define X(name, number, text, bits, rsa, signature) FIRMA_KEY_##name = (number),
	FIRMA_KEY_LIST(X)
#undef X
};

#define FIRMA_SIGNATURE_MAX 512            /* octets, over all algorithms */
#define FIRMA_SPKI_MAX      ((size_t)2048) /* octets of DER */

/* "rsa-2048"; "unknown" for FIRMA_KEY_UNKNOWN and numbers not in the table. */
const char *firma_key_algorithm_name(enum firma_key_algorithm a);

/* FIRMA_KEY_UNKNOWN when there is none of that name or number. */
enum firma_key_algorithm firma_key_algorithm_from_name(const char *name);
enum firma_key_algorithm firma_key_algorithm_from_number(unsigned int n);

/*
 * By the public part; a key that lives on a token is fine.  FIRMA_KEY_UNKNOWN is
 * no error; FIRMA_ERR_NOMEM is.  Empties OpenSSL's queue.
 */
FIRMA_CHECKED enum firma_err firma_key_algorithm_find(
    const EVP_PKEY *key, enum firma_key_algorithm *ret_algorithm);
/* The same, where "no memory" and "unknown" lead to the same refusal. */
enum firma_key_algorithm firma_key_algorithm_of(const EVP_PKEY *key);
enum firma_key_algorithm firma_key_algorithm_of_spki(struct firma_bytes spki);

int firma_key_algorithm_is_rsa(enum firma_key_algorithm a);
unsigned int firma_key_algorithm_bits(enum firma_key_algorithm a);

/* Octets: RSA the modulus, EC the longest Ecdsa-Sig-Value in DER. */
size_t firma_key_algorithm_signature_max(enum firma_key_algorithm a);

/* Octets of one coordinate or scalar; 0 for RSA. */
size_t firma_key_algorithm_field(enum firma_key_algorithm a);

#endif
