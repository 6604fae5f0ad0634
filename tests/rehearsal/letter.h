/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letter.h - the two letters as real PDFs, in Spanish, one of each a company.
 *
 * The wording is this project's own; the titles are those that users meet.
 */
#ifndef FIRMA_REHEARSAL_LETTER_H
#define FIRMA_REHEARSAL_LETTER_H

#include <stdint.h>

#include "agent/base/buf.h"
#include "tests/rehearsal/subject.h"

enum rehearsal_letter {
	REHEARSAL_LETTER_TERMS,
	REHEARSAL_LETTER_CONDITIONS,
	REHEARSAL_N_LETTERS
};

/* "terms", "conditions" */
const char *rehearsal_letter_name(enum rehearsal_letter which);
/* "terms" or "conditions"; -1 for anything else. */
int rehearsal_letter_of(const char *name);
/* The Spanish title. */
const char *rehearsal_letter_title(enum rehearsal_letter which);

/*
 * Append a PDF that says `who` and the date of `at` (seconds since 1970); link
 * is an address that the page leads to, or NULL.
 */
FIRMA_CHECKED enum firma_err rehearsal_letter_make(enum rehearsal_letter which,
    const struct rehearsal_identity *who, int64_t at, const char *link,
    struct firma_buf *ret);

#endif
