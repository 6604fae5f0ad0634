/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign_pdf.h - firma sign --pades: what the options ask for, and the result.
 */
#ifndef FIRMA_CLI_SIGN_PDF_H
#define FIRMA_CLI_SIGN_PDF_H

#include "agent/pki/identity.h"
#include "cli/app.h"
#include "cli/file.h"
#include "cli/pades.h"

/* Descriptors -1: SIGN_PDF.  Ended by _done(). */
struct sign_pdf {
	int is_wanted;
	int is_stamped; /* there will be a time stamp in the signature */
	int document, signed_part, whole; /* sealed, or -1 */
	json_t *question;
	struct pades_plan plan;
};
#define SIGN_PDF                                                \
	(struct sign_pdf)                                       \
	{                                                       \
		.document = -1, .signed_part = -1, .whole = -1, \
	}
void sign_pdf_done(struct sign_pdf *s);

/*
 * These functions explain what is wrong and give an exit status; 0 is well.
 *
 * Read the options: needs no agent.
 */
int sign_pdf_options(const struct args *a, struct sign_pdf *s);

/* Who signs, by the key's certificate.  FIRMA_ERR_NOT_FOUND: it has none. */
FIRMA_CHECKED enum firma_err sign_pdf_signer(struct app *app, const char *key,
    struct firma_identity *ret, struct firma_cause *cause);

/* For one of several files: what the options said. */
FIRMA_CHECKED enum firma_err sign_pdf_copy(
    const struct sign_pdf *from, struct sign_pdf *to);

/*
 * Have it prepared: *fd is the sealed document, and becomes what is to be
 * signed.  With FIRMA_OK, s->plan.is_refused tells whether it cannot be.
 *
 * FIRMA_ERR_NOT_FOUND  firma-pdf is not installed
 */
FIRMA_CHECKED enum firma_err sign_pdf_prepare(struct sign_pdf *s,
    const struct firma_identity *signer, int *fd, struct firma_cause *cause);

/*
 * The token has signed: put it in, verify, read it back as a stranger does.
 * s->whole is the result, sealed.
 */
FIRMA_CHECKED enum firma_err sign_pdf_complete(
    struct sign_pdf *s, struct firma_bytes cms, struct firma_cause *cause);

/* "letter.pdf" becomes "letter.signed.pdf".  Gives ret. */
const char *sign_pdf_name(const char *path, char ret[FILE_PATH_MAX]);

/* Would writing to it write over the document at path? */
int sign_pdf_is_over(const char *to, const char *path);

/*
 * sign_pdf_signer() and _prepare(), for one file; what is wrong is said.
 */
int sign_pdf_begin(struct app *app, const struct args *a, const char *key,
    const char *path, struct sign_pdf *s, int *fd);

/*
 * Where the result goes: not over the document, not to a terminal.  Before
 * anything is signed.
 */
int sign_pdf_check_output(const struct args *a, const char *path);

/* Is there room for a signature of so many octets?  FIRMA_ERR_LIMIT: no. */
FIRMA_CHECKED enum firma_err sign_pdf_fits(
    const struct sign_pdf *s, size_t octets, struct firma_cause *cause);

/*
 * The token has signed: sign_pdf_complete(), and write it.
 * cms         what the token signed, with a stamp if there is one
 * has_stamp   there is
 * letter      what --show showed, or NULL; borrowed
 */
int sign_pdf_end(struct app *app, const struct args *a, const char *key,
    const char *path, struct sign_pdf *s, const struct firma_signed *got,
    struct firma_bytes cms, int has_stamp, json_t *letter);

/* For sign's table of options. */
#define SIGN_PDF_OPTIONS                                                      \
	{ "pades", 0, OPTION_FLAG, NULL,                                      \
		N_("the file is a PDF: put the signature into it (PAdES)") }, \
	    { "visible", 0, OPTION_TEXT, N_("PAGE,X,Y,W,H"),                  \
		    N_("show the signature there: points from the page's "    \
		       "lower left; PAGE may be \"last\"") },                 \
	    { "text", 0, OPTION_TEXT, N_("TEXT"),                             \
		    N_("what is shown (default: name, RFC, time)") },         \
	    { "reason", 0, OPTION_TEXT, N_("TEXT"), N_("why it is signed") }, \
	    { "location", 0, OPTION_TEXT, N_("TEXT"),                         \
		    N_("where it is signed") },                               \
	    { "contact", 0, OPTION_TEXT, N_("TEXT"),                          \
		    N_("how to reach who signs") },                           \
	{                                                                     \
		"field", 0, OPTION_TEXT, N_("NAME"),                          \
		    N_("sign this empty field of the PDF")                    \
	}

#endif
