/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pkey.h - keys of the token as OpenSSL's EVP_PKEY, through libp11.
 *
 * libp11 loads the same module again (Cryptoki is initialised once for the
 * process, libp11 takes "already initialised" for success) and opens sessions
 * of its own; the login is the process's.  It is never told a PIN.
 *
 * What it must not be asked for: PKCS11_CTX_unload() (C_Finalize),
 * PKCS11_open_session() and PKCS11_release_all_slots() (C_CloseAllSessions:
 * our login would end), PKCS11_update_slots() (crashes, see pkey.c), and a key
 * with CKA_ALWAYS_AUTHENTICATE (asks on a terminal; refused here).
 */
#ifndef FIRMA_WORKER_PKEY_H
#define FIRMA_WORKER_PKEY_H

#include <openssl/types.h>

#include "agent/base/buf.h"
#include "pkcs11/worker/session.h"

struct firma_pkeys;

FIRMA_CHECKED enum firma_err firma_pkeys_new(
    struct firma_token *t, struct firma_pkeys **ret);

/*
 * The key with this id; ret_key is borrowed until the next call.  Kept until
 * something on the token changes.
 * s: for what only raw Cryptoki tells.  Errors as firma_key_find().
 */
FIRMA_CHECKED enum firma_err firma_pkeys_get(struct firma_pkeys *p,
    struct firma_session *s, struct firma_bytes id, EVP_PKEY **ret_key,
    struct firma_cause *cause);

/*
 * After an operation with such a key failed: was a CK_RV the reason?  Looks at
 * OpenSSL's queue, where libp11 leaves it; or else returns r.
 */
FIRMA_CHECKED enum firma_err firma_pkeys_fail(
    struct firma_pkeys *p, enum firma_err r, struct firma_cause *cause);

#endif
