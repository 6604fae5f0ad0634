/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filled.h - fields of a form that were filled in after a signature.
 *
 * A field may be filled in when nobody locked it, no certification forbids it,
 * and nothing but its value and how that is seen, in its own place, is another:
 * text, and a state that it had.  What had a value when it was signed keeps it,
 * unless the signature itself is a certification that lets fields be filled in:
 * who approves a document approves what is in its fields.
 *
 * Sources: ISO 32000-1 12.7.4 (fields and values), 12.5.5 (appearances), 12.8.2.2
 * (DocMDP), 12.8.2.4 (FieldMDP).
 * May include: agent/base, cli/pdf.  Does no I/O.
 */
#ifndef FIRMA_PDF_FILLED_H
#define FIRMA_PDF_FILLED_H

#include "cli/pdf/walk.h"

/* Before the walk: give the fields of w->a their roles. */
FIRMA_CHECKED enum firma_err pdf_filled_note(
    struct pdf_walk *w, struct pdf_refusal *why);

/* Of an object with such a role: may it be y now?  Marks it when it differs. */
void pdf_filled_compare(
    struct pdf_walk *w, enum pdf_role role, qpdf_oh x, qpdf_oh y);

/*
 * After the walk: keeps as a change what differs and is not filled in as it may
 * be; the names of those that are go to w->filled.
 */
FIRMA_CHECKED enum firma_err pdf_filled_check(
    struct pdf_walk *w, struct pdf_refusal *why);

#endif
