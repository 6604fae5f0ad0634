/* SPDX-License-Identifier: Apache-2.0 */
/*
 * look.h - the signatures that a PDF has, as its dictionaries tell it.
 *
 * No cryptography: what is covered and by whom it is signed, firma finds out.
 *
 * Sources: ISO 32000-1 12.8.1 (table 252).
 * May include: agent/base, cli/pdf.  Does no I/O.
 */
#ifndef FIRMA_PDF_LOOK_H
#define FIRMA_PDF_LOOK_H

#include "cli/pdf/changes.h"
#include "cli/pdf/form.h"

#define PDF_LOOK_WORDS 512 /* octets of a text, with the terminating zero */

struct pdf_signature {
	char field[PDF_NAME_MAX];
	char subfilter[64];
	char name[PDF_LOOK_WORDS], reason[PDF_LOOK_WORDS];
	char location[PDF_LOOK_WORDS], contact[PDF_LOOK_WORDS];
	char time[64];      /* as it is written: "D:20261128190512Z" */
	int has_range;      /* four numbers that lie in the file, in order */
	long long range[4]; /* of /ByteRange */
	/* The octets between the two ranges are /Contents: '<', hex, '>'. */
	int fits;
	/* The state that it covers has it, in this field. */
	int is_in_its_state;
	int permission; /* DocMDP: 0, or 1 to 3 */
	enum pdf_later later;
	char what[PDF_CHANGE_MAX];
};

struct pdf_look {
	int n_pages;
	int has_xfa;
	struct pdf_signature *at;
	size_t n;
	char (*empty)[PDF_NAME_MAX]; /* fields that wait */
	size_t n_empty;
};
void pdf_look_done(struct pdf_look *l);

/* Zero-initialised *ret.  Refuses what is damaged, over a limit, encrypted. */
FIRMA_CHECKED enum firma_err pdf_look(
    struct firma_bytes file, struct pdf_look *ret, struct pdf_refusal *why);

#endif
