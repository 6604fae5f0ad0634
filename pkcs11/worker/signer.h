/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signer.h - the hot path: one digest in, one signature out.
 *
 * Each lane has a signer of its own: a session, and a table from CKA_ID to key
 * handle that is emptied whenever objects on the token may have changed.
 * Nothing is looked up or allocated for a key that signed before.
 */
#ifndef FIRMA_WORKER_SIGNER_H
#define FIRMA_WORKER_SIGNER_H

#include "agent/pki/algorithm.h"
#include "pkcs11/worker/object.h"
#include "pkcs11/worker/rsa_check.h"

#define FIRMA_SIGNER_SLOTS      1024 /* a power of two; holds half as many keys */
#define FIRMA_RAW_SIGNATURE_MAX 1024 /* octets: room for a token's answer */

/*
 * The PIN for one signature with a key that asks for it each time.  Given by
 * the operator for this one, presented once.
 */
struct firma_signer_pin {
	struct firma_bytes pin;                /* empty: the reader's keypad */
	enum firma_err (*accepted)(void *arg); /* the token took it */
	void *arg;
	bool is_used;
};

struct firma_signer_key {
	uint8_t id[FIRMA_ID_MAX];
	size_t id_len; /* 0: empty slot */
	CK_OBJECT_HANDLE handle;
	CK_MECHANISM_TYPE mechanism;
	bool asks;        /* CKA_ALWAYS_AUTHENTICATE */
	size_t len;       /* octets of C_Sign's answer */
	uint64_t learned; /* when, counted in keys; from 1 */
	/* of an RSA key; NULL: the token does not show its exponent */
	struct firma_rsa_check *check;
};

struct firma_signer {
	struct firma_session session;
	uint64_t generation;
	uint64_t n_learned; /* in all, never less */
	size_t n_keys;
	struct firma_signer_key keys[FIRMA_SIGNER_SLOTS];
};

/* NULL when there is no memory. */
struct firma_signer *firma_signer_new(struct firma_token *t);

/*
 * Does the key ask for its PIN each time?  ret_learned, unless NULL, is a number
 * that changes when the key was looked for on the token anew: what was read of
 * it before may be another key's.  Errors as firma_key_find().
 */
FIRMA_CHECKED enum firma_err firma_signer_find(struct firma_signer *s,
    struct firma_bytes id, bool *ret_asks, uint64_t *ret_learned,
    struct firma_cause *cause);

/* FIRMA_ERR_PIN_NEEDED, of a key that asks and got none. */
FIRMA_CHECKED enum firma_err firma_signer_needs_pin(struct firma_cause *cause);

/*
 * Sign a digest: RSA as PKCS#1 v1.5 (DigestInfo by us, so that CKM_RSA_PKCS is
 * enough), EC as ECDSA with the result in DER.
 * digest: 32 octets of SHA-256; with RSA also 20 of SHA-1, which old
 * institutions want and many tokens have no mechanism for.
 * pin: for a key that asks; else NULL.
 * ret_signature: appended to.
 *
 * FIRMA_ERR_VALUE         a digest of another length, or SHA-1 with an EC key
 * FIRMA_ERR_PIN_NEEDED    not logged in, or the key asks and there is no pin
 * FIRMA_ERR_NOT_FOUND     no such key
 * FIRMA_ERR_TOKEN_NO_MECH a kind of key that we do not use
 * FIRMA_ERR_TOKEN_ERROR   the token failed or answered with another length, or
 *                         with what is no signature of an RSA key
 */
FIRMA_CHECKED enum firma_err firma_signer_sign(struct firma_signer *s,
    struct firma_bytes id, struct firma_bytes digest,
    struct firma_signer_pin *pin, struct firma_buf *ret_signature,
    struct firma_cause *cause);

#endif
