/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pkey_own.h - a key of the token as OpenSSL's EVP_PKEY, that signs once,
 * through signer.h, with the PIN for this once.
 *
 * For keys with CKA_ALWAYS_AUTHENTICATE: libp11 would log in by itself, with a
 * PIN that it asks for on a terminal or keeps.
 */
#ifndef FIRMA_WORKER_PKEY_OWN_H
#define FIRMA_WORKER_PKEY_OWN_H

#include <openssl/types.h>

#include "pkcs11/worker/signer.h"

struct firma_pkey_own;

/*
 * Everything that is asked of the token before the signature is asked here.
 * s, id and pin are borrowed until firma_pkey_own_free(), which takes NULL.
 *
 * FIRMA_ERR_NOT_SUPPORTED  the token does not show the public key
 */
FIRMA_CHECKED enum firma_err firma_pkey_own_new(struct firma_signer *s,
    struct firma_bytes id, struct firma_signer_pin *pin,
    struct firma_pkey_own **ret, struct firma_cause *cause);
void firma_pkey_own_free(struct firma_pkey_own *k);

/* Borrowed. */
EVP_PKEY *firma_pkey_own_key(const struct firma_pkey_own *k);

/* After an operation failed with r: why, if the token was the reason. */
FIRMA_CHECKED enum firma_err firma_pkey_own_fail(const struct firma_pkey_own *k,
    enum firma_err r, struct firma_cause *cause);

#endif
