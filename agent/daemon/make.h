/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make.h - make a key pair on a token, once, and prove what it is.
 *
 * The CKA_ID is chosen by the caller before anything happens.  The token is
 * asked first: a key that is there under that id was made by an earlier try
 * whose answer was lost, and is adopted; so one id never gives two keys.
 * A token that says of the key that it just made anything else than LOCAL,
 * ALWAYS_SENSITIVE and NEVER_EXTRACTABLE gets it deleted again
 * (FIRMA_ERR_KEY_PROOF).  A token that says nothing at all of it yet does not:
 * OpenSC knows these of a SmartCard-HSM only when it reads the card the next
 * time.  Until then the key is listed as not proven, as its flags are.
 */
#ifndef FIRMA_DAEMON_MAKE_H
#define FIRMA_DAEMON_MAKE_H

#include "agent/daemon/key.h"
#include "agent/daemon/token.h"

/* key is in the index, not yet in the store; NULL when r is not FIRMA_OK. */
typedef void firma_make_fn(void *arg, enum firma_err r, struct firma_key *key,
    bool adopted, const struct firma_cause *cause);

/* fn is called from the loop, once, unless this call fails. */
FIRMA_CHECKED enum firma_err firma_make(struct firma_token *t,
    const char *alias, const struct firma_key_id *id,
    enum firma_key_algorithm algorithm, firma_make_fn *fn, void *arg,
    struct firma_cause *cause);

/* For the ledger: what is known of a key that was made. */
const char *firma_make_note(const struct firma_key *key, bool adopted);

#endif
