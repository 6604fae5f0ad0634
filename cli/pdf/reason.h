/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reason.h - why a PDF is not signed, or not read.
 *
 * The names cross from firma-pdf to firma (PROTOCOL.md): append, never rename.
 * May include: agent/base.
 */
#ifndef FIRMA_PDF_REASON_H
#define FIRMA_PDF_REASON_H

#include "agent/base/err.h"

/* clang-format off */
/*	  name        in JSON        detail */
#define PDF_REASONS(X) \
	X(NOT_PDF,    "not-pdf")     /* */ \
	X(DAMAGED,    "damaged")     /* what is broken, and where */ \
	X(LIMIT,      "limit")       /* which */ \
	X(ENCRYPTED,  "encrypted")   /* */ \
	X(CERTIFIED,  "certified")   /* */ \
	X(LOCKED,     "locked")      /* the field */ \
	X(XFA,        "xfa")         /* */ \
	X(NO_FIELD,   "no-field")    /* the empty signature fields there are */ \
	X(FILLED,     "filled")      /* the field that is signed already */ \
	X(DEMANDS,    "demands")     /* what the field asks of its signature */ \
	X(NO_PAGE,    "no-page")     /* how many there are */ \
	X(PLACE,      "place")       /* width and height of the page */ \
	X(CHARACTER,  "character")   /* "U+0416" */ \
	X(NO_ROOM,    "no-room")     /* */ \
	X(QUESTION,   "question")    /* which part of it makes no sense */
/* clang-format on */

enum pdf_reason {
#define X(name, text) PDF_##name,
	PDF_REASONS(X)
#undef X
};

/* What is not printable ASCII becomes '?'. */
void pdf_clean(char *text);

/* Why, in printable ASCII, when a function here gives another than FIRMA_OK. */
struct pdf_refusal {
	enum pdf_reason reason;
	char detail[512];
};

const char *pdf_reason_name(enum pdf_reason reason);
/* 0 when there is no such name. */
int pdf_reason_from(const char *name, enum pdf_reason *ret);

/*
 * Fill why and give FIRMA_ERR_SHAPE, for `return`.  What is not printable ASCII
 * becomes '?'; what is too long is cut off.
 */
FIRMA_CHECKED enum firma_err pdf_refuse(
    struct pdf_refusal *why, enum pdf_reason reason, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
