/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pdf.h - what a PDF says of itself, and the text of its pages.
 *
 * The one home of poppler.  Runs in firma-letter alone, a process that has
 * given up everything else: the PDF is hostile and the library is large.
 *
 * May include: agent/base, jansson, poppler-glib.  Does no I/O.
 */
#ifndef FIRMA_LETTER_PDF_H
#define FIRMA_LETTER_PDF_H

#include <jansson.h>

#include "agent/base/buf.h"

#define LETTER_PDF_MAX   ((size_t)8 * 1024 * 1024) /* octets, as in the agent */
#define LETTER_PAGES_MAX 100                       /* that are read */
#define LETTER_TEXT_MAX  ((size_t)256 * 1024)      /* octets, of all pages */
#define LETTER_MARKS_MAX 20000 /* runs of one style that are looked at */

/*
 * Describe pdf (borrowed, hostile) as one JSON object; PROTOCOL.md names its
 * members.  The caller owns *ret.
 *
 * FIRMA_ERR_LETTER_NOT_PDF  poppler cannot open it; the cause says why
 * FIRMA_ERR_DENIED          it wants a password
 * FIRMA_ERR_NOMEM
 */
FIRMA_CHECKED enum firma_err letter_pdf_describe(
    struct firma_bytes pdf, json_t **ret, struct firma_cause *cause);

#endif
