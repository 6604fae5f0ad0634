/* SPDX-License-Identifier: Apache-2.0 */
/*
 * components.h - a private key's numbers in the fixed form that is handed to a
 * token process for import.
 *
 *	u32be  algorithm (enum firma_key_algorithm)
 *	RSA:   n e d p q dp dq qinv		each u16be length, octets
 *	EC:    scalar, uncompressed point	each u16be length, octets
 *
 * Big endian.  RSA numbers without leading zeros; the scalar padded to the
 * curve's field, the point 04 || x || y.
 * May include: agent/base, agent/pki, OpenSSL's types.  Does no I/O.
 */
#ifndef FIRMA_PKI_COMPONENTS_H
#define FIRMA_PKI_COMPONENTS_H

#include <openssl/types.h>

#include "agent/base/secret.h"
#include "agent/pki/algorithm.h"

#define FIRMA_COMPONENTS_MAX 4096 /* octets */

/* Views into what was parsed; those of the other kind are empty. */
struct firma_components {
	enum firma_key_algorithm algorithm;
	struct firma_bytes n, e, d, p, q, dp, dq, qinv;
	struct firma_bytes scalar, point;
};

/*
 * Write a software key's numbers.  ret is made by the call; the caller ends it
 * with firma_secret_done().
 *
 * FIRMA_ERR_NOT_SUPPORTED  a kind of key that is not in algorithm.h, or an RSA
 *                          key of more than two primes
 */
FIRMA_CHECKED enum firma_err firma_keyfile_components(
    EVP_PKEY *key, struct firma_secret *ret, struct firma_cause *cause);

/*
 * Read them back.  FIRMA_ERR_SHAPE: a length, a leading zero, or octets left
 * over; FIRMA_ERR_VALUE: unknown algorithm.  That the numbers belong together
 * is not checked: the token signs and the agent verifies before use.
 */
FIRMA_CHECKED enum firma_err firma_components_parse(
    struct firma_bytes bytes, struct firma_components *ret);

#endif
