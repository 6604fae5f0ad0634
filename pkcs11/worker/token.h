/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token.h - the token that this process serves: which one, where it is now,
 * and when sessions and object handles that were valid no longer are.
 *
 * May include: agent/base.  Any thread, where it says so.
 */
#ifndef FIRMA_WORKER_TOKEN_H
#define FIRMA_WORKER_TOKEN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "pkcs11/worker/module.h"
#include "pkcs11/worker/uri.h"

#define FIRMA_SLOTS_MAX 256 /* slots looked at, more are ignored */

enum firma_selector_kind {
	FIRMA_BY_LABEL,
	FIRMA_BY_SERIAL,
	FIRMA_BY_SLOT,
	FIRMA_BY_URI
};

struct firma_selector {
	enum firma_selector_kind kind;
	const char *text; /* label or serial, borrowed */
	CK_SLOT_ID slot;
	const struct firma_uri *uri; /* borrowed */
};

struct firma_token {
	const struct firma_module *module;
	struct firma_selector selector;
	/* Held for writing by a signature that must not be interrupted. */
	pthread_rwlock_t signing;
	pthread_mutex_t lock; /* of the next two */
	bool is_present;
	CK_SLOT_ID slot;
	/* Sessions opened under another epoch are void. */
	atomic_uint_least64_t epoch;
	/* Object handles found under another generation may be void. */
	atomic_uint_least64_t generation;
	/* It answers no command of this process: another one must connect. */
	atomic_bool is_deaf;
};

void firma_token_init(struct firma_token *t, const struct firma_module *module,
    const struct firma_selector *selector);

/* The slots that have a token; FIRMA_ERR_TOKEN_MODULE: more than the room. */
FIRMA_CHECKED enum firma_err firma_token_slots(const struct firma_token *t,
    CK_SLOT_ID list[FIRMA_SLOTS_MAX], CK_ULONG *ret_n,
    struct firma_cause *cause);

/*
 * Where is it?  Looks at all slots when it is not where it was.  Any thread.
 * FIRMA_ERR_TOKEN_GONE: nowhere (or it is blank); FIRMA_ERR_STATE: several fit,
 * and none is taken: a PIN shown to the wrong one costs it a try.
 */
FIRMA_CHECKED enum firma_err firma_token_find(struct firma_token *t,
    CK_SLOT_ID *ret_slot, CK_TOKEN_INFO *ret_info, struct firma_cause *cause);

/*
 * The slot that w_init may initialise: one with a token that is not
 * initialised and fits the selector, as far as a blank token can: by slot, by
 * serial, by a URI but for the label in it, or, for a label, the only blank one.
 * FIRMA_ERR_NOT_FOUND: none; FIRMA_ERR_STATE: several.
 */
FIRMA_CHECKED enum firma_err firma_token_find_blank(struct firma_token *t,
    CK_SLOT_ID *ret_slot, CK_TOKEN_INFO *ret_info, struct firma_cause *cause);

/* It went away, or all its sessions did.  Any thread. */
void firma_token_lost(struct firma_token *t);

/*
 * The reader says that its card left.  As firma_token_lost(), and the module is
 * told too: it may not have noticed, and take the next card for this one.
 */
void firma_token_abandon(struct firma_token *t);

/* Objects came, went, or became (in)visible.  Any thread. */
void firma_token_changed(struct firma_token *t);

/*
 * After a call failed with rv: did the token go?  Some modules say
 * CKR_GENERAL_ERROR first, so the slot is asked.  Calls firma_token_lost() when
 * sessions are void.  Returns the error as firma_ckr_fail() does, or
 * FIRMA_ERR_TOKEN_GONE.  Any thread.
 */
FIRMA_CHECKED enum firma_err firma_token_fail(struct firma_token *t,
    struct firma_cause *cause, const char *call, CK_RV rv);

#endif
