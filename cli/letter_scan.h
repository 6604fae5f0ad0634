/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letter_scan.h - identifiers and dates in the plain text of a page.
 *
 * Plain text has one octet a character: upper case; a letter with an accent as
 * its lower case, so that 'n' is N with tilde; a line feed ends a line.
 * May include: agent/base, agent/pki.  Does no I/O.
 */
#ifndef FIRMA_CLI_LETTER_SCAN_H
#define FIRMA_CLI_LETTER_SCAN_H

#include "cli/letter_facts.h"

#define LETTER_PLAIN_OTHER 0xffu /* a character of no Latin text */

/*
 * The next one from *at on, which is moved past it; 0 at the end.  Fills kind,
 * text and is_valid.
 */
int letter_scan(struct firma_bytes plain, size_t *at, struct letter_id *ret);

static inline int
letter_plain_is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static inline int
letter_plain_is_letter(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

#endif
