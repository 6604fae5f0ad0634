/* SPDX-License-Identifier: Apache-2.0 */
/*
 * appended.h - which objects the sections behind some octet of a PDF list.
 *
 * Readers differ in what they make of a number that is listed twice, or under
 * another generation, or of a section that another skips.  What is appended is
 * therefore read here octet by octet, and has to be plain: each section leads
 * to the one before it and the first of them to the old end; what it lists is
 * where it says, and nothing lies there unlisted.  A hybrid's section is a table
 * and the stream that its trailer names.
 *
 * Sources: ISO 32000-1 7.5.4 (tables), 7.5.6 (updates), 7.5.8 (streams,
 *          hybrid files).
 * May include: agent/base, cli/pdf.  Does no I/O.
 */
#ifndef FIRMA_PDF_APPENDED_H
#define FIRMA_PDF_APPENDED_H

#include "cli/pdf/document.h"

#define PDF_APPENDED_MAX 4096 /* objects behind a signature */

struct pdf_entry {
	int id, generation;
	size_t at;      /* its first octet; 0 for one in an object stream */
	int is_section; /* a cross-reference stream */
	int is_listed;
	int is_free; /* listed as one that is not there */
};

struct pdf_appended {
	struct pdf_entry bodies[PDF_APPENDED_MAX]; /* as they are written */
	size_t n_bodies;
	struct pdf_entry entries[PDF_APPENDED_MAX]; /* as they are listed */
	size_t n_entries;
	const char *wrong; /* what is not plain, or NULL */
};

/*
 * What now has behind its first len octets, which are the document before.
 * Zero-initialised *ret, of which only .wrong counts when that is not NULL.
 */
void pdf_appended_read(
    struct pdf *before, struct pdf *now, size_t len, struct pdf_appended *ret);

#endif
