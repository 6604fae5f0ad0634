/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write.h - everything that changes what is on the token: initialise,
 * generate, import, write a certificate, delete.
 *
 * Each opens a read-write session of its own for as long as it lasts; the
 * user's login, which belongs to the whole process, counts for it too.
 */
#ifndef FIRMA_WORKER_WRITE_H
#define FIRMA_WORKER_WRITE_H

#include "agent/pki/algorithm.h"
#include "agent/pki/components.h"
#include "agent/wire/msg.h"
#include "pkcs11/worker/object.h"

#define FIRMA_INIT_LABEL 32 /* octets, blank-padded: C_InitToken */

/* Which token C_InitToken is called on, and with what. */
struct firma_init {
	CK_SLOT_ID slot;
	CK_TOKEN_INFO info; /* before */
	/* No text by PKCS#11, but p11-kit-client.so looks for its end. */
	uint8_t label[FIRMA_INIT_LABEL + 1];
};

/*
 * A blank token, or with FIRMA_INIT_ERASE in flags the one that is there.
 * label: empty for the selector's; when tokens are selected by label no other.
 * Changes nothing.
 *
 * FIRMA_ERR_EXISTS     it is initialised, and FIRMA_INIT_ERASE is not set
 * FIRMA_ERR_NOT_FOUND  no blank token
 * FIRMA_ERR_VALUE      the label
 */
FIRMA_CHECKED enum firma_err firma_write_init_plan(struct firma_token *t,
    struct firma_str label, unsigned int flags, struct firma_init *ret,
    struct firma_cause *cause);

/* C_InitToken, once.  All sessions end; plan->slot follows the token. */
FIRMA_CHECKED enum firma_err firma_write_init_token(struct firma_token *t,
    struct firma_init *plan, struct firma_bytes so_pin,
    struct firma_cause *cause);

/*
 * Log in as SO, once, and set the user's PIN.  All sessions end.  accepted (or
 * NULL) is called when the token took the SO-PIN.  Empty PINs are typed on the
 * reader's keypad.
 */
FIRMA_CHECKED enum firma_err firma_write_user_pin(struct firma_token *t,
    CK_SLOT_ID slot, struct firma_bytes so_pin, struct firma_bytes user_pin,
    enum firma_err (*accepted)(void *arg), void *arg,
    struct firma_cause *cause);

/* C_SetPIN, once; a login stays as it is. */
FIRMA_CHECKED enum firma_err firma_write_pin(struct firma_token *t,
    struct firma_bytes old_pin, struct firma_bytes new_pin,
    struct firma_cause *cause);

/*
 * Make a key pair on the token: on it, private, sensitive, not extractable.
 * A public object left over under the id by an interrupted generation goes
 * first.
 *
 * FIRMA_ERR_EXISTS        a private key with that id is there
 * FIRMA_ERR_VALUE         unknown algorithm or empty id
 * FIRMA_ERR_TOKEN_NO_MECH the token does not make such keys
 */
FIRMA_CHECKED enum firma_err firma_write_generate(struct firma_token *t,
    struct firma_bytes id, struct firma_str label,
    enum firma_key_algorithm algorithm, struct firma_cause *cause);

/* FIRMA_ERR_EXISTS; FIRMA_ERR_TOKEN_NO_IMPORT; FIRMA_ERR_TOKEN_FULL. */
FIRMA_CHECKED enum firma_err firma_write_import(struct firma_token *t,
    struct firma_bytes id, struct firma_str label,
    const struct firma_components *key, struct firma_cause *cause);

/*
 * Put the certificate beside the key with this id.  The same one again changes
 * nothing; another one under the id goes only when the new one is there.
 *
 * *ret_is_stale: set when the module read the card after half a certificate had
 * cost it the public key; it must read the card again to sign with a key on a
 * curve, and, when this failed, to see that the half is gone.
 *
 * FIRMA_ERR_NOT_FOUND  no key with this id
 * FIRMA_ERR_CERT_KEY   the certificate is another key's
 */
FIRMA_CHECKED enum firma_err firma_write_certificate(struct firma_token *t,
    struct firma_bytes id, struct firma_str label, struct firma_bytes der,
    bool *ret_is_stale, struct firma_cause *cause);

/*
 * Private key, public key and certificate with this id.  ret_n of them were
 * there: none is not an error.
 */
FIRMA_CHECKED enum firma_err firma_write_delete(struct firma_token *t,
    struct firma_bytes id, size_t *ret_n, struct firma_cause *cause);

#endif
