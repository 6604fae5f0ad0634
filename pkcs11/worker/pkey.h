/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pkey.h - a key of the token as OpenSSL's EVP_PKEY, for requests and
 * SignedData: it signs through signer.h.
 *
 * Not libp11's: 0.4.12 writes as many octets as C_Sign says it wrote, waits for
 * ever when C_OpenSession fails, asks for the PIN of a key with
 * CKA_ALWAYS_AUTHENTICATE on a terminal, opens sessions that another login is
 * not valid for (p11-kit's client), and keeps a list of slots for each time
 * that a token came back.
 */
#ifndef FIRMA_WORKER_PKEY_H
#define FIRMA_WORKER_PKEY_H

#include <openssl/types.h>

#include "pkcs11/worker/signer.h"

struct firma_pkey;

/*
 * Everything that is asked of the token before the signature is asked here.
 * s is borrowed until firma_pkey_free(), which takes NULL; id is copied.
 * pin: for a key that asks each time; else NULL.  Borrowed until it has signed,
 * or until firma_pkey_again().
 *
 * Errors as firma_signer_sign(), and
 * FIRMA_ERR_NOT_SUPPORTED  the token does not show the public key
 */
FIRMA_CHECKED enum firma_err firma_pkey_new(struct firma_signer *s,
    struct firma_bytes id, struct firma_signer_pin *pin,
    struct firma_pkey **ret, struct firma_cause *cause);
void firma_pkey_free(struct firma_pkey *k);

/* For another signature with it: the PIN for that one, or NULL. */
void firma_pkey_again(struct firma_pkey *k, struct firma_signer_pin *pin);

/* Borrowed. */
EVP_PKEY *firma_pkey_key(const struct firma_pkey *k);

/* After an operation failed with r: why, if the token was the reason. */
FIRMA_CHECKED enum firma_err firma_pkey_fail(
    const struct firma_pkey *k, enum firma_err r, struct firma_cause *cause);

#endif
