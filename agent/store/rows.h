/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows.h - what the store keeps, as plain structs.
 *
 * Texts are zero-terminated UTF-8 in arrays that bound them; the bounds are
 * those of the wire (agent/wire/client.def) and one for the zero.  Times are
 * milliseconds since 1970.  The store gives numbers no meaning: status,
 * step_state, algorithm and flags are the caller's.
 *
 * May include: agent/base.
 */
#ifndef FIRMA_STORE_ROWS_H
#define FIRMA_STORE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIRMA_STORE_HASH          32 /* octets: SHA-256 */
#define FIRMA_STORE_KEY_ID        64 /* octets: CKA_ID, at most */
#define FIRMA_STORE_NAME          65 /* alias, token serial, profile, step */
#define FIRMA_STORE_DOCUMENT_NAME 33
#define FIRMA_STORE_DOCUMENT_MAX  ((size_t)16 * 1024 * 1024) /* octets */

/* CKA_ID; len 0 for none. */
struct firma_key_id {
	uint8_t at[FIRMA_STORE_KEY_ID];
	size_t len;
};

struct firma_renewal_row {
	uint64_t
	    id; /* 0: a new one; its id comes in firma_store_seqs.renewal */
	char profile[FIRMA_STORE_NAME];
	uint32_t status; /* FIRMA_RENEWAL_... */
	char step[FIRMA_STORE_NAME];
	uint32_t step_state; /* FIRMA_STEP_... */
	uint32_t algorithm;  /* of the new key */
	char old_key[FIRMA_STORE_NAME], new_key[FIRMA_STORE_NAME];
	/* Who signs for the old certificate's owner; "" before version 3. */
	char signer_key[FIRMA_STORE_NAME];
	char token[FIRMA_STORE_NAME];
	char portal[513];
	char email[255];
	char registro[17];
	char session[2049]; /* opaque, the portal helper's */
	char fields[8193];  /* JSON text */
	char why[513];
	struct firma_key_id key_id; /* of the new key */
	uint64_t signing_time, not_earlier, started, changed;
	bool has_old_spki, has_new_spki;
	uint8_t old_spki[FIRMA_STORE_HASH], new_spki[FIRMA_STORE_HASH];
	uint8_t signer_spki[FIRMA_STORE_HASH];
	char old_serial[FIRMA_STORE_NAME], new_serial[FIRMA_STORE_NAME];
	uint64_t new_not_after;
};

/* A document without its octets. */
struct firma_document_row {
	char name[FIRMA_STORE_DOCUMENT_NAME];
	uint8_t sha256[FIRMA_STORE_HASH];
	uint64_t size, stored;
};

/* Refused PINs that are remembered for one token and role. */
#define FIRMA_PIN_REFUSED_MAX 16

/* The record that keeps a wrong PIN from being presented twice. */
struct firma_pin_record {
	char token[FIRMA_STORE_NAME]; /* serial */
	uint32_t role;                /* 0 the user's PIN, 1 the SO-PIN */
	uint8_t salt[FIRMA_STORE_HASH];
	uint32_t n_refused; /* hashes, newest first */
	uint8_t refused[FIRMA_PIN_REFUSED_MAX * FIRMA_STORE_HASH];
	uint32_t lost;    /* bit i: nobody knows what became of the i-th */
	uint32_t n_burnt; /* refusals since the token last took one */
	bool is_honest;   /* its flags told of a refusal that we know of */
	uint64_t n_presented;
	bool presenting; /* an intent without a result */
	uint8_t presenting_hash[FIRMA_STORE_HASH];
	uint64_t updated;
};

/* A key is known by (token, spki); alias "" for none. */
struct firma_key_row {
	char token[FIRMA_STORE_NAME]; /* serial */
	struct firma_key_id id;
	uint8_t spki[FIRMA_STORE_HASH];
	char alias[FIRMA_STORE_NAME];
	uint32_t flags; /* FIRMA_KEYFLAG_... */
	uint32_t algorithm;
	bool retired; /* the key is gone from the token */
};

/* A certificate serial that was accepted, and for which key. */
struct firma_serial_row {
	char serial[FIRMA_STORE_NAME];
	uint8_t spki[FIRMA_STORE_HASH];
	uint64_t renewal;
	uint64_t seen;
};

#endif
