/* SPDX-License-Identifier: Apache-2.0 */
/*
 * same.h - values of two documents compared, and keys with a list.
 *
 * May include: agent/base, cli/pdf.  Does no I/O.
 */
#ifndef FIRMA_PDF_SAME_H
#define FIRMA_PDF_SAME_H

#include "cli/pdf/document.h"

/* As they are written: a reference is its number. */
int pdf_is_same(struct pdf *a, qpdf_oh x, struct pdf *b, qpdf_oh y);
/* The same, of what x and y refer to. */
int pdf_is_same_resolved(struct pdf *a, qpdf_oh x, struct pdf *b, qpdf_oh y);
/* x is a stream: dictionary and octets, as they are in the file. */
int pdf_is_same_stream(struct pdf *a, qpdf_oh x, struct pdf *b, qpdf_oh y);

/* References to one object of p. */
int pdf_is_same_object(struct pdf *p, qpdf_oh x, qpdf_oh y);

/* keys ends with NULL. */
int pdf_is_one_of(const char *key, const char *const *keys);
/* Has d no others? */
int pdf_has_only(struct pdf *p, qpdf_oh d, const char *const *keys);

#endif
