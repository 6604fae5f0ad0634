/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letter_text.h - the wording of the letters: UTF-8, NULL-terminated.
 */
#ifndef FIRMA_REHEARSAL_LETTER_TEXT_H
#define FIRMA_REHEARSAL_LETTER_TEXT_H

#include "tests/rehearsal/letter.h"

struct rehearsal_letter_text {
	const char *name, *title;
	const char *const *paragraphs;
};

extern const struct rehearsal_letter_text
    rehearsal_letter_texts[REHEARSAL_N_LETTERS];

#endif
