/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence_judging.h - what the parts of evidence_check.h share; for
 * evidence_check.c and evidence_ledger.c alone.
 */
#ifndef FIRMA_CLI_EVIDENCE_JUDGING_H
#define FIRMA_CLI_EVIDENCE_JUDGING_H

#include "cli/evidence_check.h"

/* What is looked at, and what was found. */
struct judging {
	const struct evidence *e;
	const struct evidence_with *with;
	struct evidence_findings *to;
	/* signer is NULL too when signer.pem is not there */
	struct firma_certificate *old, *new, *signer;
	json_t *renewal;   /* renewal.json */
	json_t *numbers;   /* seq, as text -> the entry */
	json_t *last;      /* entry, or NULL */
	json_t *signs;     /* purpose -> the last good "sign" entry */
	json_t *consents;  /* purpose -> the last good "letter-consent" entry */
	json_t *kept;      /* purposes in signs whose signature is in the ZIP */
	json_t *consented; /* steps whose consent is in the ZIP */
	enum firma_err r;  /* a failure of ours */
};

void evidence_found(struct judging *j, enum evidence_check check,
    const char *file, enum evidence_verdict verdict, const char *why);
void evidence_holds(
    struct judging *j, enum evidence_check check, const char *file, int is_so);

/* r is the verdict on the file, unless it is a failure of ours. */
void evidence_judged(struct judging *j, enum evidence_check check,
    const char *file, enum firma_err r, const struct firma_cause *cause);

/* ---- evidence_ledger.c ---- */

/* "ok" or "issued". */
int evidence_entry_is_good(const json_t *entry);

/* Its chain; and numbers, signs and consents for what follows. */
void evidence_ledger(struct judging *j);

/*
 * Is the last entry this renewal's?  Else renewal.json has another number, and
 * the entries would be nobody's.
 */
int evidence_ledger_is_its_own(const struct judging *j);

/* The ledger has the signature in this file, which verifies, as by's. */
void evidence_ledger_signature(struct judging *j, const char *file,
    struct firma_bytes content, const struct firma_certificate *by);

/* Each consent that is there is an entry, and of the letter that is there. */
void evidence_ledger_consents(struct judging *j);

/* After all of them: those that the ledger has and the ZIP has not. */
void evidence_ledger_missing(struct judging *j);

#endif
