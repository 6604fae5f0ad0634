/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence_judging.h - what the parts of evidence_check.h share; for
 * evidence_check.c, evidence_ledger.c and evidence_whole.c alone.
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
	json_t *renewal;                        /* renewal.json */
	const struct evidence_entries *entries; /* of ledger.jsonl */
	struct evidence_entries room;
	int n_missing; /* files and what the ledger has and the ZIP has not */
	int n_strange; /* of them, in the list and no known file */
	json_t *kept;  /* purposes in signs whose signature is in the ZIP */
	json_t *consented; /* steps whose consent is in the ZIP */
	enum firma_err r;  /* a failure of ours */
};

void evidence_found(struct judging *j, enum evidence_check check,
    const char *file, enum evidence_verdict verdict, const char *why);
/* Something is missing: file, and why. */
void evidence_lacks(struct judging *j, enum evidence_check check,
    const char *file, const char *why);
void evidence_holds(
    struct judging *j, enum evidence_check check, const char *file, int is_so);

/* r is the verdict on the file, unless it is a failure of ours. */
void evidence_judged(struct judging *j, enum evidence_check check,
    const char *file, enum firma_err r, const struct firma_cause *cause);

/* ---- evidence_ledger.c ---- */

/* Its chain and its end; and the entries for what follows. */
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

/* After all of them: what the ledger has and the ZIP has not. */
void evidence_ledger_missing(struct judging *j);

/* ---- evidence_whole.c ---- */

/* SHA256SUMS, and that each file that it or renewal.json names is here. */
void evidence_sums_check(struct judging *j);
void evidence_documents(struct judging *j);

/* What holds all of it together: signature, stamp, or nothing but itself. */
void evidence_seal(struct judging *j);
void evidence_stamp(struct judging *j);

/* Does renewal.json say that it is complete, its old key retired or not? */
int evidence_is_finished(const struct judging *j);

/* Its state is that of its steps. */
void evidence_state(struct judging *j);

#endif
