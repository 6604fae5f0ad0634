/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key.h - what the token says about a key: id, label, flags, public key,
 * certificate.
 *
 * Keys are told apart by CKA_ID and by their SubjectPublicKeyInfo, never by
 * their labels: those collide, and OpenSC changes them.
 */
#ifndef FIRMA_WORKER_KEY_H
#define FIRMA_WORKER_KEY_H

#include "agent/pki/algorithm.h"
#include "agent/wire/msg.h"
#include "pkcs11/worker/object.h"

#define FIRMA_LABEL_MAX    128  /* octets, as in w_key.label */
#define FIRMA_KEY_SPKI_MAX 1024 /* octets, as in w_key.spki */

/* Zero-initialise; ended by firma_key_done(). */
struct firma_key {
	struct firma_object object; /* private, or what stands for it */
	char label[FIRMA_LABEL_MAX + 1];
	unsigned int flags; /* FIRMA_KEYFLAG_* */
	enum firma_key_algorithm algorithm;
	struct firma_buf spki;        /* empty when it cannot be built */
	struct firma_buf certificate; /* empty when there is none */
};
void firma_key_done(struct firma_key *k);

/*
 * Call fn for each key: each private key that can be seen, and while the user
 * is not logged in also each id that only public objects show (its flags tell
 * nothing of the private key then).  An empty id means all.
 * Stops at the first error of fn and returns it.
 */
typedef enum firma_err firma_key_fn(void *arg, const struct firma_key *key);
FIRMA_CHECKED enum firma_err firma_key_each(struct firma_session *s,
    struct firma_bytes id, firma_key_fn *fn, void *arg, size_t *ret_n,
    struct firma_cause *cause);

/*
 * The handle of the private key with this id.
 * FIRMA_ERR_NOT_FOUND   there is none
 * FIRMA_ERR_PIN_NEEDED  none can be seen, and the user is not logged in
 */
FIRMA_CHECKED enum firma_err firma_key_find(struct firma_session *s,
    struct firma_bytes id, CK_OBJECT_HANDLE *ret, struct firma_cause *cause);

/*
 * The SubjectPublicKeyInfo of the key with this id, from its public key object,
 * its certificate, or, RSA, its private key.  Empty: the token shows none.
 */
FIRMA_CHECKED enum firma_err firma_key_public(struct firma_session *s,
    struct firma_bytes id, struct firma_buf *ret_spki,
    struct firma_cause *cause);

/* The SubjectPublicKeyInfo from a public or private key object. */
FIRMA_CHECKED enum firma_err firma_key_spki(struct firma_session *s,
    CK_OBJECT_HANDLE h, struct firma_buf *ret_spki, struct firma_cause *cause);

#endif
