/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger.h - one entry of the ledger as a line, and the check of the chain.
 *
 * A line is one JSON object (RFC 8259) in one canonical form: members in the
 * order below, no white space, UTF-8, escapes only where JSON demands them.
 * It has no newline and at most FIRMA_LEDGER_LINE_MAX octets.
 *
 *   {"seq":7,"time":"2026-11-23T12:00:00.123Z","prev":"<64 hex>","uid":0,
 *    "user":"root","pid":123,"program":"firma","request":"<16 hex>",
 *    "action":"sign","key":"alias","token":"serial","spki":"<64 hex>",
 *    "digest":"<64 hex>","name":"terms.pdf","purpose":"renewal 1 terms old",
 *    "format":"detached","rule":"owner","result":"begun","ref":0,"note":""}
 *
 * `prev` is the SHA-256 of the octets of the line before (64 zeros for seq 1),
 * so sha256sum alone can check a chain.
 *
 * May include: agent/base.  OpenSSL's EVP for SHA-256.  Does no I/O, knows no
 * database.  Any thread.  Library: agent_store_ledger.
 */
#ifndef FIRMA_STORE_LEDGER_H
#define FIRMA_STORE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/base/err.h"

#define FIRMA_LEDGER_LINE_MAX 4096 /* octets */
#define FIRMA_LEDGER_HASH     32   /* octets */
#define FIRMA_LEDGER_TIME     25   /* with its terminating zero */

/* Room for each text, with its terminating zero. */
#define FIRMA_LEDGER_USER    33
#define FIRMA_LEDGER_PROGRAM 65
#define FIRMA_LEDGER_ACTION  33
#define FIRMA_LEDGER_KEY     65
#define FIRMA_LEDGER_TOKEN   65
#define FIRMA_LEDGER_NAME    129
#define FIRMA_LEDGER_PURPOSE 129
#define FIRMA_LEDGER_FORMAT  17
#define FIRMA_LEDGER_RULE    65
#define FIRMA_LEDGER_RESULT  41
#define FIRMA_LEDGER_NOTE    257

/*
 * What the writer of an entry knows.  seq, time and prev come from the store.
 * Texts are zero-terminated; octets that are not UTF-8 become U+FFFD.
 */
struct firma_ledger_entry {
	uint32_t uid;
	uint32_t pid;
	uint64_t request; /* the client's id of the request; 0 for none */
	uint64_t ref;     /* seq of the entry that this one answers, or 0 */
	bool has_spki, has_digest;
	uint8_t spki[FIRMA_LEDGER_HASH];
	uint8_t digest[FIRMA_LEDGER_HASH];
	char user[FIRMA_LEDGER_USER];
	char program[FIRMA_LEDGER_PROGRAM]; /* as the client calls itself */
	char action[FIRMA_LEDGER_ACTION];
	char key[FIRMA_LEDGER_KEY];     /* alias */
	char token[FIRMA_LEDGER_TOKEN]; /* serial */
	char name[FIRMA_LEDGER_NAME];   /* of the document */
	char purpose[FIRMA_LEDGER_PURPOSE];
	char format[FIRMA_LEDGER_FORMAT];
	char rule[FIRMA_LEDGER_RULE];
	char result[FIRMA_LEDGER_RESULT]; /* begun, ok or an error's name */
	char
	    note[FIRMA_LEDGER_NOTE]; /* last; cut when the line gets too long */
};

/* Where a chain stands: the last entry and its hash.  All zero: empty. */
struct firma_ledger_head {
	uint64_t seq;
	uint8_t hash[FIRMA_LEDGER_HASH];
};

/*
 * Write entry head->seq + 1 into ret_line.
 *
 * wall_ms   milliseconds since 1970 (UTC)
 * ret_line  out; not zero-terminated; ret_len octets of it are the line
 *
 * FIRMA_ERR_VALUE  a text is not zero-terminated, or the year is over 9999
 * FIRMA_ERR_LIMIT  over FIRMA_LEDGER_LINE_MAX even without its note; texts
 *                  within the bounds above and without control characters in
 *                  action, format, rule and result never get there
 */
FIRMA_CHECKED enum firma_err firma_ledger_line(
    const struct firma_ledger_entry *e, const struct firma_ledger_head *head,
    uint64_t wall_ms, char ret_line[FIRMA_LEDGER_LINE_MAX], size_t *ret_len);

/* SHA-256 of a line.  FIRMA_ERR_INTERNAL: OpenSSL has no SHA-256. */
FIRMA_CHECKED enum firma_err firma_ledger_hash(
    struct firma_bytes line, uint8_t ret_hash[FIRMA_LEDGER_HASH]);

/*
 * The check of a chain, fed line by line.  Zero-initialise to check from the
 * first entry on; set at to a known head to go on from there; set anywhere to
 * let the first line fed be any entry (a part of a ledger).
 */
struct firma_ledger_check {
	struct firma_ledger_head at; /* the last line that was good */
	bool anywhere;
	/*
	 * Times are what the wall clock said and may go back when it was set;
	 * the order is that of the entries.  Where, for people:
	 */
	uint64_t n_back;     /* entries with an earlier time than the last */
	uint64_t first_back; /* seq of the first of them, or 0 */
	char time[FIRMA_LEDGER_TIME]; /* of the last line; "": none yet */
};

/*
 * line  without its newline
 *
 * FIRMA_ERR_LEDGER_BROKEN  not the entry that follows; the cause's code is the
 *                          seq that was expected and what says why.  The
 *                          check stays where it was.
 */
FIRMA_CHECKED enum firma_err firma_ledger_feed(struct firma_ledger_check *c,
    struct firma_bytes line, struct firma_cause *cause);

/*
 * All lines of a text, each ended by a newline.  The last one may lack it.
 * As firma_ledger_feed; check->at is then the text's head.
 */
FIRMA_CHECKED enum firma_err firma_ledger_verify(struct firma_ledger_check *c,
    struct firma_bytes text, struct firma_cause *cause);

#endif
