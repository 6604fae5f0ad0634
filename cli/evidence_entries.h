/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence_entries.h - ledger.jsonl as it goes by: its chain, its SHA-256, and
 * those of its entries that the other files speak of.
 *
 * The entries of a year are more than is held in memory: octets come in pieces
 * of any size, and what is kept does not grow with them.
 */
#ifndef FIRMA_CLI_EVIDENCE_ENTRIES_H
#define FIRMA_CLI_EVIDENCE_ENTRIES_H

#include <jansson.h>
#include <openssl/types.h>

#include "agent/store/ledger.h"

/* Octets of ledger.jsonl: two million entries of a signing agent. */
#define EVIDENCE_LEDGER_MAX ((uint64_t)1024 * 1024 * 1024)
/* What a renewal's own entries may be about; a hundred is much. */
#define EVIDENCE_PURPOSES_MAX 4096

/* Zero-initialise; filled by _begin(), _feed() and _end(). */
struct evidence_entries {
	uint64_t size;     /* octets */
	uint64_t n;        /* entries */
	uint64_t n_others; /* of them, none of this renewal's */
	uint64_t first_seq, last_seq;
	int is_last_own; /* the last one is this renewal's, or a start */
	uint8_t sha256[FIRMA_LEDGER_HASH];
	/* The chain: FIRMA_OK or FIRMA_ERR_LEDGER_BROKEN with its cause. */
	struct firma_ledger_check chain;
	enum firma_err chain_says;
	struct firma_cause cause;
	int is_shapeless; /* one is no JSON object, or is endless */

	/* Of this renewal's entries alone.  seq, as text -> the entry: */
	json_t *steps; /* that renewal.json's steps name */
	/* purpose -> the last good entry; of any kind, and of one */
	json_t *done;
	json_t *signs, *consents;
	/* document -> the last good entry that says that it was made */
	json_t *made;
	/* the first entry, if it begins a renewal; else NULL */
	json_t *start;

	/* ---- private ---- */
	char mine[48];    /* "renewal 1 " */
	char purpose[80]; /* the same, as an entry has it */
	json_t *wanted;
	EVP_MD_CTX *md;
	struct firma_buf part; /* of a line whose end did not come yet */
};
void evidence_entries_done(struct evidence_entries *e);

/* renewal: renewal.json, or NULL.  FIRMA_ERR_NOMEM, _INTERNAL. */
FIRMA_CHECKED enum firma_err evidence_entries_begin(
    struct evidence_entries *e, const json_t *renewal);

/*
 * FIRMA_ERR_LIMIT  over EVIDENCE_LEDGER_MAX or EVIDENCE_PURPOSES_MAX
 * FIRMA_ERR_SHAPE  a line does not begin with an entry's number
 * What else is wrong with one is kept, and is no failure.
 */
FIRMA_CHECKED enum firma_err evidence_entries_feed(
    struct evidence_entries *e, struct firma_bytes octets);
FIRMA_CHECKED enum firma_err evidence_entries_end(struct evidence_entries *e);

/* "ok" or "issued". */
int evidence_entry_is_good(const json_t *entry);

/*
 * Does a good entry mean that its step is done?  That a letter was consented to,
 * or the renewal given up or its old key retired while it stood there, does not.
 */
int evidence_entry_is_done(const json_t *entry);

#endif
