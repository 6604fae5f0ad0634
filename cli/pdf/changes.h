/* SPDX-License-Identifier: Apache-2.0 */
/*
 * changes.h - what was appended to a PDF after a signature.
 *
 * A signature covers the file up to some octet.  What comes after it may be a
 * further signature, or may make the document show something else.  The two
 * states are compared object by object, from the catalog on; what is not
 * understood counts as a change.
 *
 * Sources: ISO 32000-1 12.8.2.2 (what a later signature may change), 7.5.6.
 * May include: agent/base, cli/pdf.  Does no I/O.
 */
#ifndef FIRMA_PDF_CHANGES_H
#define FIRMA_PDF_CHANGES_H

#include "cli/pdf/document.h"
#include "cli/pdf/later.h"

#define PDF_CHANGE_MAX 160 /* octets of what was changed, with the zero */

/*
 * What became of the first len octets of p->file in the whole of it.
 * certifies  the permission of the signature over them, when it has one; or 0
 * ret_what   in printable ASCII: with OTHER what was changed, with FIELDS the
 *            names of those that were filled in; else ""
 */
FIRMA_CHECKED enum firma_err pdf_changes_after(struct pdf *p, size_t len,
    int certifies, enum pdf_later *ret, char ret_what[PDF_CHANGE_MAX]);

#endif
