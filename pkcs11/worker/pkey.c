/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/worker/pkey.h"

#include <libp11.h>
#include <string.h>

#include "agent/base/own.h"
#include "pkcs11/worker/key.h"

#define KEPT_MAX 512 /* EVP_PKEYs; then all are dropped and made again */

struct kept {
	uint8_t id[FIRMA_ID_MAX];
	size_t id_len;
	EVP_PKEY *key;
};

struct firma_pkeys {
	struct firma_token *token;
	PKCS11_CTX *ctx;
	PKCS11_SLOT *slots;
	unsigned int n_slots;
	PKCS11_SLOT *slot; /* the token's, in slots */
	uint64_t epoch;
	uint64_t generation;
	struct kept kept[KEPT_MAX];
	size_t n_kept;
};

enum firma_err
firma_pkeys_new(struct firma_token *t, struct firma_pkeys **ret)
{
	struct firma_pkeys *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return FIRMA_ERR_NOMEM;
	p->token = t;
	*ret = p;
	return FIRMA_OK;
}

static void
drop(struct firma_pkeys *p)
{
	for (size_t i = 0; i < p->n_kept; i++)
		EVP_PKEY_free(p->kept[i].key);
	p->n_kept = 0;
}

FIRMA_CHECKED static enum firma_err
fail(struct firma_cause *cause, const char *call)
{
	const unsigned long e = ERR_peek_last_error();
	const CK_RV rv = ERR_GET_LIB(e) == ERR_get_CKR_code()
	    ? (CK_RV)ERR_GET_REASON(e)
	    : CKR_GENERAL_ERROR;

	ERR_clear_error();
	return firma_ckr_fail(cause, call, rv);
}

FIRMA_CHECKED static enum firma_err
load(struct firma_pkeys *p, struct firma_cause *cause)
{
	if (p->ctx != NULL)
		return FIRMA_OK;
	if ((p->ctx = PKCS11_CTX_new()) == NULL)
		return FIRMA_ERR_NOMEM;
	if (PKCS11_CTX_load(p->ctx, p->token->module->path) != 0) {
		PKCS11_CTX_free(p->ctx);
		p->ctx = NULL;
		return fail(cause, "PKCS11_CTX_load");
	}
	return FIRMA_OK;
}

/*
 * Find the token's slot in a new list.  The old list is left behind, a few
 * hundred octets each time that a token went and came back: releasing it would
 * call C_CloseAllSessions, and PKCS11_update_slots() of libp11 0.4.12 takes the
 * old list for an array of pointers and crashes when there are two slots.
 */
FIRMA_CHECKED static enum firma_err
look(struct firma_pkeys *p, struct firma_cause *cause)
{
	CK_TOKEN_INFO info;
	CK_SLOT_ID at;
	enum firma_err r;

	p->slot = NULL;
	p->slots = NULL;
	p->n_slots = 0;
	if ((r = firma_token_find(p->token, &at, &info, cause)) != FIRMA_OK)
		return r;
	p->epoch = atomic_load(&p->token->epoch);
	if (PKCS11_enumerate_slots(p->ctx, &p->slots, &p->n_slots) != 0)
		return fail(cause, "PKCS11_enumerate_slots");
	for (unsigned int i = 0; i < p->n_slots; i++)
		if (PKCS11_get_slotid_from_slot(&p->slots[i]) == at &&
		    p->slots[i].token != NULL)
			p->slot = &p->slots[i];
	return p->slot != NULL
	    ? FIRMA_OK
	    : firma_fail(cause, FIRMA_ERR_TOKEN_GONE, FIRMA_CAUSE_NONE, 0,
		  "PKCS11_enumerate_slots");
}

/* Bring libp11's picture of slots and keys up to date. */
FIRMA_CHECKED static enum firma_err
refresh(struct firma_pkeys *p, struct firma_cause *cause)
{
	const uint64_t generation = atomic_load(&p->token->generation);
	enum firma_err r;

	if (p->slot != NULL && p->generation == generation)
		return FIRMA_OK;
	drop(p);
	if ((r = load(p, cause)) != FIRMA_OK)
		return r;
	if ((p->slot == NULL || p->epoch != atomic_load(&p->token->epoch)) &&
	    (r = look(p, cause)) != FIRMA_OK)
		return r;
	p->generation = generation;
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
make(struct firma_pkeys *p, struct firma_bytes id, EVP_PKEY **ret_key,
    struct firma_cause *cause)
{
	PKCS11_KEY *keys = NULL;
	unsigned int n = 0;
	EVP_PKEY *key;

	ERR_clear_error();
	if (PKCS11_enumerate_keys(p->slot->token, &keys, &n) != 0)
		return fail(cause, "PKCS11_enumerate_keys");
	/* From the end: what it met earlier may be gone from the token. */
	while (n-- != 0) {
		if (!firma_bytes_equal(
			id, firma_bytes_of(keys[n].id, keys[n].id_len)))
			continue;
		if ((key = PKCS11_get_private_key(&keys[n])) == NULL)
			return fail(cause, "PKCS11_get_private_key");
		*ret_key = key;
		return FIRMA_OK;
	}
	return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE, 0,
	    "PKCS11_enumerate_keys");
}

enum firma_err
firma_pkeys_get(struct firma_pkeys *p, struct firma_session *s,
    struct firma_bytes id, EVP_PKEY **ret_key, struct firma_cause *cause)
{
	CK_OBJECT_HANDLE h;
	struct kept *k;
	enum firma_err r;

	if (id.len > FIRMA_ID_MAX)
		return FIRMA_ERR_VALUE;
	/* Also tells "not there" from "locked", and that the token is there. */
	if ((r = firma_key_find(s, id, &h, cause)) != FIRMA_OK)
		return r;
	if (firma_object_flag(s, h, CKA_ALWAYS_AUTHENTICATE))
		return firma_fail(cause, FIRMA_ERR_PIN_NEEDED, FIRMA_CAUSE_NONE,
		    0,
		    "CKA_ALWAYS_AUTHENTICATE: the key wants its PIN for "
		    "each signature");
	if ((r = refresh(p, cause)) != FIRMA_OK)
		return r;
	for (size_t i = 0; i < p->n_kept; i++)
		if (firma_bytes_equal(
			id, firma_bytes_of(p->kept[i].id, p->kept[i].id_len))) {
			*ret_key = p->kept[i].key;
			return FIRMA_OK;
		}
	if (p->n_kept == KEPT_MAX)
		drop(p);
	k = &p->kept[p->n_kept];
	if ((r = make(p, id, &k->key, cause)) != FIRMA_OK)
		return r;
	memcpy(k->id, id.at, id.len);
	k->id_len = id.len;
	p->n_kept++;
	*ret_key = k->key;
	return FIRMA_OK;
}

enum firma_err
firma_pkeys_fail(
    struct firma_pkeys *p, enum firma_err r, struct firma_cause *cause)
{
	CK_RV rv = CKR_OK;

	if (cause != NULL && cause->kind == FIRMA_CAUSE_OPENSSL &&
	    ERR_GET_LIB(cause->code) == ERR_get_CKR_code())
		rv = (CK_RV)ERR_GET_REASON(cause->code);
	ERR_clear_error();
	if (rv == CKR_OK)
		return r;
	p->slot = NULL; /* its sessions may be void: look again next time */
	return firma_token_fail(p->token, cause, "libp11", rv);
}
