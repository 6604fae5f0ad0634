/* SPDX-License-Identifier: Apache-2.0 */
/*
 * later.h - what came after a signature, in words that cross from firma-pdf to
 * firma (PROTOCOL.md).
 */
#ifndef FIRMA_PDF_LATER_H
#define FIRMA_PDF_LATER_H

/* clang-format off */
#define PDF_LATERS(X) \
	X(NOTHING,    "nothing")    /* it covers the whole file */ \
	X(SPACES,     "spaces")     /* blanks or ends of lines, no more */ \
	X(SIGNATURES, "signatures") /* signatures, their fields, their evidence */ \
	X(FIELDS,     "fields")     /* also fields that were filled in, as allowed */ \
	X(OTHER,      "other")      /* something else: the detail says what */
/* clang-format on */

enum pdf_later {
#define X(name, text) PDF_LATER_##name,
	PDF_LATERS(X)
#undef X
};

#endif
