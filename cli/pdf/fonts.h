/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fonts.h - fonts that come to a form's own after a signature.
 *
 * A field without a look is drawn by who shows it, in the font that its /DA
 * names.  When the form had none of that name, one that comes later would be
 * what the field is drawn in.
 *
 * Sources: ISO 32000-1 12.7.2 (/DR), 12.7.3.3 (/DA), 7.3.5 (names).
 * May include: agent/base, cli/pdf.  Does no I/O.
 */
#ifndef FIRMA_PDF_FONTS_H
#define FIRMA_PDF_FONTS_H

#include "cli/pdf/walk.h"

/*
 * had, of the form of w->a, and fonts, of that of w->b: dictionaries or null.
 * Keeps as a change what came and is no font of text, or has a name that the
 * form, a field or an annotation already had in its /DA.
 */
void pdf_fonts_compare(struct pdf_walk *w, qpdf_oh had, qpdf_oh fonts);

#endif
