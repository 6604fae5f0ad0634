/* SPDX-License-Identifier: Apache-2.0 */
/*
 * appearance.h - what a visible signature looks like: lines of text in a frame.
 *
 * The font is Helvetica, one of the fourteen that each reader has, in the
 * encoding WinAnsi (windows-1252): Spanish, and most of western Europe.
 *
 * Sources: ISO 32000-1 8.10 (form XObjects), 9.6.2.2 (standard fonts), annex D;
 * Adobe's metrics of Helvetica.
 * May include: agent/base, agent/pki/text.h, cli/pdf.  Does no I/O.
 */
#ifndef FIRMA_PDF_APPEARANCE_H
#define FIRMA_PDF_APPEARANCE_H

#include "agent/base/buf.h"
#include "cli/pdf/reason.h"

#define PDF_TEXT_MAX 2048 /* octets of UTF-8, with the zero */

/* Thousandths of the size that a WinAnsi character takes. */
unsigned int pdf_appearance_width(uint8_t character);

/*
 * Append a stream object's dictionary and data.
 *
 * w, h    points, as they are shown
 * rotate  of the page: 0, 90, 180, 270; the text stands upright when shown
 * text    UTF-8; '\n' ends a line.  Long lines are broken at spaces, and the
 *         letters are as large as fits, from 12 points down to 4.
 *
 * Refuses a character that the font does not have (PDF_CHARACTER), and text
 * that does not fit (PDF_NO_ROOM).
 */
FIRMA_CHECKED enum firma_err pdf_appearance_make(double w, double h, int rotate,
    const char *text, struct firma_buf *ret, struct pdf_refusal *why);

#endif
