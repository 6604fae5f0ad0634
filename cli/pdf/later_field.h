/* SPDX-License-Identifier: Apache-2.0 */
/*
 * later_field.h - signature fields that came, or were signed, after a signature:
 * which of them do no harm.
 *
 * Source: ISO 32000-1 12.7.4.5, 12.8.2.2.
 * May include: agent/base, cli/pdf.  Does no I/O.
 */
#ifndef FIRMA_PDF_LATER_FIELD_H
#define FIRMA_PDF_LATER_FIELD_H

#include "cli/pdf/walk.h"

/* What may change in a field is what it seems to be, and nothing else. */
int pdf_later_is_typed(struct pdf *p, qpdf_oh o);

/* Is o of the state b a signature field's, new or signed only now? */
int pdf_later_is_harmless(struct pdf_walk *w, qpdf_oh o);

/* Is f of the state b a document time stamp that came since and is not seen? */
int pdf_later_is_stamp(struct pdf_walk *w, const struct pdf_field *f);

/*
 * Only who signs a field may show it, and something in it: the form says that
 * it is signed, and so the signature is looked at.
 */
int pdf_later_is_signed(struct pdf_walk *w, qpdf_oh o);

#endif
