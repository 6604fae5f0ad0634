/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_look.h - how a field of text is seen: text in fonts, and lines, in its
 * place alone.
 *
 * A reader that finds no good /BBox does not clip: such a look could cover the
 * page.  What is drawn is read operator by operator, and each is one that text
 * and lines need.
 *
 * Sources: ISO 32000-1 7.8.2 (content streams), 8.10 (form XObjects), annex A
 * (operators), 12.5.5 (appearance streams).
 * May include: agent/base, cli/pdf.  Does no I/O.
 */
#ifndef FIRMA_PDF_TEXT_LOOK_H
#define FIRMA_PDF_TEXT_LOOK_H

#include "cli/pdf/document.h"

/* A font whose glyphs are no drawings of the document itself: no Type 3. */
int pdf_is_text_font(struct pdf *p, qpdf_oh font);

/* Is look a stream that draws text alone, and fits the /Rect of its place? */
int pdf_is_text_look(struct pdf *p, qpdf_oh place, qpdf_oh look);

#endif
