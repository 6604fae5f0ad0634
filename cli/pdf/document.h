/* SPDX-License-Identifier: Apache-2.0 */
/*
 * document.h - a PDF in memory, read by qpdf, never repaired.
 *
 * qpdf can rebuild a cross-reference table that is broken.  What is appended to
 * such a file builds on the broken one, and each reader would make something
 * else of it: here it is refused.
 *
 * Sources: ISO 32000-1 7.5 (file structure), 7.6 (encryption), qpdf/qpdf-c.h.
 * May include: agent/base, cli/pdf.  Does no I/O.
 */
#ifndef FIRMA_PDF_DOCUMENT_H
#define FIRMA_PDF_DOCUMENT_H

#include <qpdf/qpdf-c.h>

#include "agent/base/buf.h"
#include "cli/pdf/reason.h"

#define PDF_MAX ((size_t)128 * 1024 * 1024) /* octets, to be signed */
/* To be read: what was signed, with what was appended for it. */
#define PDF_READ_MAX  (PDF_MAX + (size_t)16 * 1024 * 1024)
#define PDF_ID_MAX    8388607 /* ISO 32000-1, table C.1: objects */
#define PDF_DEPTH_MAX 64      /* of the page tree and the field tree */
#define PDF_NODES_MAX 100000  /* of either */

struct pdf {
	qpdf_data q;
	struct firma_bytes file; /* borrowed */
	size_t startxref;        /* where the last cross-reference section is */
	int is_stream;           /* that one is a stream */
	int size;                /* the number that the next new object gets */
	qpdf_oh trailer, root;   /* the catalog: a dictionary, indirect */
};

/* For FIRMA_OWN. */
void pdf_done(struct pdf *p);

/*
 * Zero-initialised *ret; ended by pdf_done(), also after a failure.  Refuses
 * what is no PDF, damaged, over a limit, or encrypted.
 */
FIRMA_CHECKED enum firma_err pdf_open(
    struct firma_bytes file, struct pdf *ret, struct pdf_refusal *why);

/*
 * Has qpdf complained since?  It reads objects when they are asked for: called
 * at the end, before anything is believed.
 */
FIRMA_CHECKED enum firma_err pdf_check(struct pdf *p, struct pdf_refusal *why);

/* A value of a dictionary; null when d is none, or has no such key. */
qpdf_oh pdf_get(struct pdf *p, qpdf_oh d, const char *key);

/* Text as UTF-8, clean and cut off to the room; "" when it is no string. */
void pdf_text(struct pdf *p, qpdf_oh string, char *ret, size_t size);

int pdf_is_dict(struct pdf *p, qpdf_oh o);
int pdf_is_array(struct pdf *p, qpdf_oh o);
int pdf_is_null(struct pdf *p, qpdf_oh o);
int pdf_is_null_or_dict(struct pdf *p, qpdf_oh o);
int pdf_is_name(struct pdf *p, qpdf_oh o, const char *name);

/* An integer, or otherwise what is given. */
long long pdf_int(struct pdf *p, qpdf_oh o, long long otherwise);

/* Four numbers, ordered so that x0 <= x1 and y0 <= y1; 0 when it is no such. */
int pdf_rectangle(struct pdf *p, qpdf_oh o, double ret[4]);

#endif
