/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key.h - the keys that the agent knows: by alias, with what stands for them
 * on their token and in the store.
 *
 * A key's identity is token serial + SHA-256 of its SPKI; the alias is a name
 * that can move.  Keys that the store knows stay listed while their token is
 * away or locked; keys that are only found on a token get an alias from the
 * configuration, their label, or their SPKI.
 */
#ifndef FIRMA_DAEMON_KEY_H
#define FIRMA_DAEMON_KEY_H

#include "agent/daemon/agent.h"
#include "agent/daemon/task.h"
#include "agent/pki/algorithm.h"

#define FIRMA_KEYS_MAX 4096

struct firma_key {
	char alias[FIRMA_STORE_NAME];
	char token_serial[FIRMA_STORE_NAME];
	struct firma_token *token; /* NULL: not on a token that is here */
	struct firma_key_id id;
	uint8_t spki_sha256[FIRMA_STORE_HASH];
	struct firma_buf spki;
	enum firma_key_algorithm algorithm;
	uint32_t flags;
	bool on_token; /* seen at the last look */
	bool recorded; /* the store has a row */
	bool seen;     /* while a list is being read */
	char label[129];
	struct firma_buf certificate; /* DER; empty for none */
	char subject[512], serial[64];
	uint64_t not_before, not_after; /* seconds since 1970 */
	enum firma_durability durability;
};

/* From the store, at start.  Keys without their token are listed as such. */
FIRMA_CHECKED enum firma_err firma_keys_load(
    struct firma_agent *a, struct firma_cause *cause);
void firma_keys_free(struct firma_agent *a);

/* Read the list from the token again. */
void firma_keys_refresh(struct firma_token *t);
/* The token went away: its keys cannot be used. */
void firma_keys_token_gone(struct firma_token *t);

struct firma_key *firma_key_find(
    const struct firma_agent *a, const char *alias);
/*
 * Why firma_key_find() finds none: what keeps the token from showing it that the
 * configuration names for it; else FIRMA_ERR_NOT_FOUND, and the cause names a
 * token that is away, too: a key that only its card tells of goes with it.
 */
FIRMA_CHECKED enum firma_err firma_key_missing(
    const struct firma_agent *a, const char *alias, struct firma_cause *cause);
struct firma_key *firma_key_find_id(const struct firma_agent *a,
    const struct firma_token *t, struct firma_bytes id);

/*
 * The token told of a key: update or make its entry.  alias may be NULL; given,
 * it is the name of a new key.  NULL when out of memory or over FIRMA_KEYS_MAX.
 */
struct firma_key *firma_key_take(
    struct firma_token *t, const struct firma_msg_w_key *m, const char *alias);

/* The same by an answer of the token process, if it is a w_key. */
void firma_key_take_answer(struct firma_token *t, const struct firma_frame *f);

/* The entry as the store keeps it. */
void firma_key_row(const struct firma_key *k, struct firma_key_row *ret);
/* The key is gone from its token. */
void firma_key_forget(struct firma_agent *a, struct firma_key *k);
/* Its certificate is now this one. */
void firma_key_set_certificate(struct firma_key *k, struct firma_bytes der);

/* Put what a ledger entry says of a key. */
void firma_key_entry(const struct firma_key *k, struct firma_ledger_entry *e);

/* Answer with a key_item. */
void firma_key_answer(struct firma_task *q, const struct firma_key *k);

#endif
