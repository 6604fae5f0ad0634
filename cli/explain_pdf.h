/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_pdf.h - who signed a PDF, which of its octets, and what came after.
 *
 * firma-pdf finds the signatures; the octets that they cover, and whether they
 * do, is looked at here.  Of what firma-pdf tells, a wrong word about later
 * changes (`later`) is all that could make a signature look better than it is.
 *
 * Sources: ISO 32000-1 12.8; ISO 32000-2 12.8.5 (document time stamps); ETSI EN
 *          319 142-1.
 */
#ifndef FIRMA_CLI_EXPLAIN_PDF_H
#define FIRMA_CLI_EXPLAIN_PDF_H

#include <jansson.h>

#include "agent/pki/cms.h"
#include "agent/pki/oddity.h"
#include "agent/pki/timestamp.h"
#include "cli/pades.h"
#include "cli/pdf/later.h"

#define EXPLAIN_PDF_SIGNATURES 64
#define EXPLAIN_PDF_WORDS      512 /* octets of a text, with the zero */

struct explained_signature {
	/* Told by firma-pdf. */
	char field[PADES_FIELD], subfilter[64], what[160];
	char name[EXPLAIN_PDF_WORDS], reason[EXPLAIN_PDF_WORDS];
	char location[EXPLAIN_PDF_WORDS], contact[EXPLAIN_PDF_WORDS];
	char time[64]; /* as it is written */
	int has_range, fits, is_in_its_state, permission;
	size_t range[4]; /* ordered, and in the file */
	enum pdf_later later;
	/* Found here. */
	int64_t at;             /* time in seconds since 1970 UTC, or -1 */
	enum firma_err verdict; /* of its cryptography and of its ranges */
	struct firma_cause cause;
	firma_oddities odd;
	struct firma_cms_info cms; /* signer is NULL when it cannot be read */
	struct firma_cms_stamps stamps; /* in it: PAdES B-T */
	/*
	 * A document time stamp: not a person's, but an authority's word that
	 * it saw these octets.  Then cms and stamps are empty.
	 */
	int is_stamp;
	struct firma_timestamp stamp; /* tsa is NULL when it cannot be read */
};

struct explained_pdf {
	int is_refused; /* then: why, and the rest is empty */
	struct pdf_refusal why;
	size_t len; /* octets of the file */
	int n_pages, has_xfa;
	struct explained_signature *at;
	size_t n;
	char (*empty)[PADES_FIELD]; /* fields that wait for a signature */
	size_t n_empty;
};
void explained_pdf_done(struct explained_pdf *e);

/*
 * Read an answer: pure, for tests and fuzzing.  ret is zero-initialised.
 * FIRMA_ERR_INTERNAL  it is no answer; the cause says what of it
 */
FIRMA_CHECKED enum firma_err explain_pdf_parse(struct firma_bytes answer,
    size_t len, struct explained_pdf *ret, struct firma_cause *cause);

/* "D:20261128190512-06'00'": seconds since 1970 UTC, or -1. */
int64_t explain_pdf_time(const char *text);

/*
 * Explain a sealed PDF.  ca may be NULL; tsa_ca is as in timestamp.h; now in
 * seconds since 1970 UTC.
 * confines: when firma-pdf has answered, this process gives up all that it does
 * not need to read signatures (confine.h): for who does nothing else afterwards.
 * FIRMA_ERR_NOT_FOUND  firma-pdf is not installed
 * FIRMA_ERR_CONFIG     tsa_ca cannot be read
 */
FIRMA_CHECKED enum firma_err explain_pdf(int document, int confines,
    const struct firma_certificate *ca, struct firma_bytes tsa_ca, int64_t now,
    struct explained_pdf *ret, struct firma_cause *cause);

/*
 * FIRMA_EXIT_INVALID: no signature (a time stamp is none), one that is not good, or other changes after
 * one; else _REJECTED: another issuer; else _OK.
 */
enum firma_exit explained_pdf_exit(const struct explained_pdf *e);

/* How many signatures: time stamps are none. */
size_t explained_pdf_signatures(const struct explained_pdf *e);

json_t *explained_pdf_json(
    const struct explained_pdf *e, const struct firma_certificate *ca);
void explained_pdf_text(const struct explained_pdf *e, const char *path,
    const struct firma_certificate *ca);
/* What is wrong with it, a line each on stderr. */
void explained_pdf_complain(const struct explained_pdf *e, const char *path);

/* Does a file begin like a PDF, as readers take it? */
int explain_pdf_is(struct firma_bytes file);

#endif
