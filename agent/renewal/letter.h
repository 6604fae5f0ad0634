/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letter.h - what a profile says that a letter has to name: the options of
 * [letter NAME] that are lists (README.md here).
 *
 * May include: agent/base, agent/pki.  Does no I/O.
 */
#ifndef FIRMA_RENEWAL_LETTER_H
#define FIRMA_RENEWAL_LETTER_H

#include "agent/renewal/profile.h"

/* must-name or allow-rfc; a mistake is added to problems. */
void firma_profile_letter_option(struct firma_profile_letter *letter,
    const struct firma_ini_line *l, struct firma_problems *problems);

#endif
