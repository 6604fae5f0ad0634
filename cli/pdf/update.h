/* SPDX-License-Identifier: Apache-2.0 */
/*
 * update.h - write the section that is appended to a PDF: objects, and the
 * cross-reference section that says where they are.
 *
 * The octets before it stay as they are.  A section is of the kind of the last
 * one in the file: a table behind a table (also when that one is half of a
 * hybrid file), a stream behind a stream.
 *
 * Sources: ISO 32000-1 7.5.4 (tables), 7.5.5 (trailer), 7.5.6 (incremental
 * updates), 7.5.8 (streams, hybrid files).
 * May include: agent/base, cli/pdf.  Does no I/O.
 */
#ifndef FIRMA_PDF_UPDATE_H
#define FIRMA_PDF_UPDATE_H

#include "cli/pdf/document.h"

#define PDF_UPDATE_OBJECTS 16
#define PDF_ID_OCTETS      16 /* of a file identifier that is made here */

struct pdf_update {
	struct pdf *p;        /* borrowed */
	struct firma_buf out; /* what is appended */
	struct {
		int id, generation;
		size_t at; /* in the whole file */
	} objects[PDF_UPDATE_OBJECTS];
	size_t n;
	int next; /* number of the next new object */
};

FIRMA_CHECKED enum firma_err pdf_update_init(
    struct pdf_update *u, struct pdf *p);
void pdf_update_done(struct pdf_update *u);

/* A number for an object that is new. */
int pdf_update_new(struct pdf_update *u);

/*
 * Begin an object with this number; its value is put into u->out; end it.
 * FIRMA_ERR_LIMIT: more than PDF_UPDATE_OBJECTS.
 */
FIRMA_CHECKED enum firma_err pdf_update_begin(
    struct pdf_update *u, int id, int generation);
FIRMA_CHECKED enum firma_err pdf_update_end(struct pdf_update *u);

/* An object of qpdf's, as it is now, under the number that it has. */
FIRMA_CHECKED enum firma_err pdf_update_object(
    struct pdf_update *u, qpdf_oh object, struct pdf_refusal *why);

/*
 * The cross-reference section and the end of the file.
 * id  becomes the second half of the file's identifier, if it has one
 */
FIRMA_CHECKED enum firma_err pdf_update_finish(struct pdf_update *u,
    const uint8_t id[PDF_ID_OCTETS], struct pdf_refusal *why);

/* printf(3) into u->out; at most 1023 octets. */
FIRMA_CHECKED enum firma_err pdf_update_put(struct pdf_update *u,
    const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
