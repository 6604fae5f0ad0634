/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence.h - what proves a renewal, as files in memory: one ZIP.
 *
 *   report.html      to be read and printed; made of the others
 *   renewal.json     what the agent says: steps, times, data, receipts
 *   SHA256SUMS       of all others, as sha256sum writes it
 *   SHA256SUMS.p7s   a signature over it, if a key was named
 *   SHA256SUMS.tsr   a time stamp over it, if one was asked for
 *   and the documents, certificates and entries of the ledger
 *
 * Pure but for evidence_collect.c and what is read of a ZIP's descriptor: no agent,
 * no clock.
 */
#ifndef FIRMA_CLI_EVIDENCE_H
#define FIRMA_CLI_EVIDENCE_H

#include <jansson.h>

#include "agent/base/buf.h"
#include "cli/evidence_entries.h"

#define EVIDENCE_FILES_MAX 24
#define EVIDENCE_NAME_MAX  64                         /* with the zero */
#define EVIDENCE_FILE_MAX  ((size_t)16 * 1024 * 1024) /* octets of one */
#define EVIDENCE_ALL_MAX   ((size_t)40 * 1024 * 1024) /* without the ledger */
#define EVIDENCE_STEPS_MAX 64
#define EVIDENCE_FORMAT    2 /* of report.html: another one is not compared */

/* The names that other code speaks of. */
#define EVIDENCE_REPORT  "report.html"
#define EVIDENCE_RENEWAL "renewal.json"
#define EVIDENCE_SUMS    "SHA256SUMS"
#define EVIDENCE_STAMP   "SHA256SUMS.tsr"
#define EVIDENCE_SEAL    "SHA256SUMS.p7s"
#define EVIDENCE_LEDGER  "ledger.jsonl"

struct evidence_file {
	char name[EVIDENCE_NAME_MAX];
	struct firma_buf content;
};

/* In the order of their names, however they came.  Zero-initialise. */
struct evidence {
	struct evidence_file at[EVIDENCE_FILES_MAX];
	size_t n;
	/*
	 * ledger.jsonl, which may be larger than memory: what is kept of it, and
	 * where its octets are.  When it was given to evidence_put() they are
	 * with the others, and these stay empty.
	 */
	struct evidence_entries entries;
	int has_entries;
	int has_spool, spool; /* a file of its own, without a name */
};
void evidence_done(struct evidence *e);

/* Is there a file of that name?  It may be empty. */
int evidence_has(const struct evidence *e, const char *name);

/* The content of that name; len 0 and NULL when it is not there. */
struct firma_bytes evidence_find(const struct evidence *e, const char *name);

/* Add or replace.  FIRMA_ERR_LIMIT: too many, too large, or the name. */
FIRMA_CHECKED enum firma_err evidence_put(
    struct evidence *e, const char *name, struct firma_bytes content);

/*
 * Its ledger.jsonl is what has been fed to e->entries, which is ended here; spool
 * is the file that has it, and is taken, or -1.
 */
FIRMA_CHECKED enum firma_err evidence_put_entries(
    struct evidence *e, int spool);

/*
 * What is kept of ledger.jsonl.  room is used when nothing was kept yet, and
 * ended by the caller whatever comes.
 */
FIRMA_CHECKED enum firma_err evidence_entries_of(const struct evidence *e,
    struct evidence_entries *room, const struct evidence_entries **ret);

/* Which document of the store becomes which file. */
struct evidence_piece {
	const char *document, *file;
	const char *content; /* of a signature: what it is over; or NULL */
	int is_certificate;  /* written as PEM */
	int is_by_new;       /* a signature of the new certificate's key */
};
extern const struct evidence_piece evidence_pieces[];
extern const size_t evidence_n_pieces;

/* SHA256SUMS: of all but itself and its stamp, in their order.  Appends. */
FIRMA_CHECKED enum firma_err evidence_sums(
    const struct evidence *e, struct firma_buf *ret);

/*
 * report.html of what is there, in the language that renewal.json names.
 * Appends UTF-8 without anything that is fetched or run.  The same files give
 * the same octets.
 *
 * FIRMA_ERR_SHAPE  renewal.json or ledger.jsonl cannot be read
 */
FIRMA_CHECKED enum firma_err evidence_report(
    const struct evidence *e, struct firma_buf *ret, struct firma_cause *cause);

/* SHA-256 of a file of the evidence.  FIRMA_ERR_INTERNAL. */
FIRMA_CHECKED enum firma_err evidence_hash(const struct evidence *e,
    const struct evidence_file *f, uint8_t ret[FIRMA_LEDGER_HASH]);

/* As a ZIP, dated with the renewal's last change, in pieces. */
typedef enum firma_err evidence_fn(void *arg, struct firma_bytes octets);
FIRMA_CHECKED enum firma_err evidence_pack(const struct evidence *e,
    evidence_fn *fn, void *arg, struct firma_cause *cause);
FIRMA_CHECKED enum firma_err evidence_pack_buf(
    const struct evidence *e, struct firma_buf *ret, struct firma_cause *cause);

/*
 * And back, strictly, from memory or from a regular file; of ledger.jsonl what
 * the check wants is kept.
 */
FIRMA_CHECKED enum firma_err evidence_unpack(
    struct firma_bytes zip, struct evidence *ret, struct firma_cause *cause);
FIRMA_CHECKED enum firma_err evidence_unpack_fd(
    int fd, struct evidence *ret, struct firma_cause *cause);

/* Is it a ZIP with renewal.json and SHA256SUMS in it?  No more is looked at. */
int evidence_is(struct firma_bytes file);
int evidence_is_fd(int fd); /* 0 too when it is no regular file */

/* renewal.json, parsed; NULL when it is none.  The caller owns it. */
json_t *evidence_renewal(const struct evidence *e);

/* A member's text, or "". */
const char *evidence_text(const json_t *j, const char *name);

#endif
