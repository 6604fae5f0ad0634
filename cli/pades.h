/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pades.h - sign a PDF inside of itself: what is appended, what of the whole is
 * signed, and where the signature goes.
 *
 * firma-pdf (cli/pdf) says what to append; nothing that it says is believed: the
 * octets of the document are kept before it, the hole is looked at, the range is
 * written here, and the finished whole is verified.
 *
 * Sources: ISO 32000-1 12.8.1 (ByteRange, Contents); ETSI EN 319 142-1.
 */
#ifndef FIRMA_CLI_PADES_H
#define FIRMA_CLI_PADES_H

#include <jansson.h>

#include "agent/base/buf.h"
#include "cli/pdf/reason.h"

#define PADES_FILE_MAX   ((size_t)128 * 1024 * 1024) /* octets of a PDF */
#define PADES_APPEND_MAX ((size_t)16 * 1024 * 1024)  /* octets appended */
#define PADES_ANSWER_MAX (PADES_APPEND_MAX + 4096)
#define PADES_FIELD      256 /* octets, with the terminating zero */

/*
 * Room for a signature: one certificate, RSA-4096, in DER.  One place says so;
 * a time-stamp's token brings its authority's certificates.
 */
#define PADES_OCTETS         16384
#define PADES_OCTETS_STAMPED 32768

/* What firma-pdf answered.  Zero-initialise; ended by _done(). */
struct pades_plan {
	int is_refused;
	struct pdf_refusal why; /* then: clean, and the rest is empty */
	struct firma_buf out;   /* what is appended */
	/* Places in the whole file. */
	size_t contents, contents_len; /* the hole: '<', zeros, '>' */
	size_t range;                  /* of /ByteRange's array */
	char field[PADES_FIELD];
};
void pades_plan_done(struct pades_plan *p);

/*
 * Read an answer: pure, for tests and fuzzing.
 * document_len  octets that what is appended comes after
 *
 * FIRMA_ERR_INTERNAL  it is no answer, or its hole or range is not where it may
 *                     be; the cause says what
 */
FIRMA_CHECKED enum firma_err pades_plan_parse(struct firma_bytes answer,
    size_t document_len, struct pades_plan *ret, struct firma_cause *cause);

/*
 * Ask firma-pdf.  Takes question, an object without "op".
 * document  sealed; borrowed
 * A helper that the document ended, or that took too long, is a refusal.
 *
 * FIRMA_ERR_NOT_FOUND  the helper is not installed
 */
FIRMA_CHECKED enum firma_err pades_plan_make(int document, json_t *question,
    struct pades_plan *ret, struct firma_cause *cause);

/*
 * What is signed: all but the hole, in a sealed memfd.  The range is written
 * into the plan.
 */
FIRMA_CHECKED enum firma_err pades_signed_part(int document,
    struct pades_plan *plan, int *ret_fd, struct firma_cause *cause);

/*
 * Put the signature into the hole, and verify that it is one of signed_part.
 * ret_fd  the finished file, sealed
 *
 * FIRMA_ERR_LIMIT      the hole is too small
 * FIRMA_ERR_SIGNATURE  it does not verify
 */
FIRMA_CHECKED enum firma_err pades_finish(int document, int signed_part,
    const struct pades_plan *plan, struct firma_bytes cms, int *ret_fd,
    struct firma_cause *cause);

/* One question to firma-pdf: appends its answer; a refusal as above. */
FIRMA_CHECKED enum firma_err pades_ask(int document, json_t *question,
    struct firma_buf *ret, int *ret_is_refused, struct pdf_refusal *ret_why,
    struct firma_cause *cause);

/*
 * Take a refusal out of an answer: 1 when it is one, 0 when it is none, -1 when
 * it is nonsense.
 */
int pades_refusal_from(const json_t *answer, struct pdf_refusal *ret);

/* An answer of firma-pdf that cannot be used: always FIRMA_ERR_INTERNAL. */
FIRMA_CHECKED enum firma_err pades_nonsense(
    struct firma_cause *cause, const char *what);

/*
 * Take the clean text called name out of an answer: 0 when it is none, or does
 * not fit with its NUL into size octets.
 */
int pades_take_text(const json_t *j, const char *name, char *ret, size_t size);

/* firma-pdf is not installed: cause says where it was looked for. */
int pades_say_missing(const struct firma_cause *cause);

/* Say why on stderr, and what to do next; gives the exit status. */
int pades_say(const struct pdf_refusal *why, const char *path);

#endif
