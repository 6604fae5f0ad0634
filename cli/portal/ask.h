/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask.h - a person at a terminal, or a file of answers in the place of one.
 */
#ifndef FIRMA_PORTAL_ASK_H
#define FIRMA_PORTAL_ASK_H

#include <stdio.h>

#include "agent/base/err.h"

#define PORTAL_REPLY_MAX 4096 /* octets of an answer, with the zero */

/* Zero-initialise; end with _done.  NULL streams: there is nobody to ask. */
struct portal_person {
	FILE *in, *out;
};

/*
 * The terminal, or what FIRMA_MANUAL_ANSWERS names (a file or a FIFO, one
 * answer a line; what is said then goes to stderr).  Opened once, at start.
 */
void portal_person_open(struct portal_person *p);
void portal_person_done(struct portal_person *p);

/* Tell; nothing happens when nobody is there. */
void portal_person_tell(const struct portal_person *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Ask and read a line, without its end and without blanks around.
 *
 * FIRMA_ERR_PORTAL_PERSON  nobody is there, or the answers have ended
 * FIRMA_ERR_VALUE          the answer is too long or has control characters
 */
FIRMA_CHECKED enum firma_err portal_person_ask(const struct portal_person *p,
    const char *question, char ret[PORTAL_REPLY_MAX]);

/*
 * Ask until the answer is one of the letters of `choices` (lower case).
 * FIRMA_ERR_PORTAL_PERSON as above, and after ten wrong answers.
 */
FIRMA_CHECKED enum firma_err portal_person_choose(const struct portal_person *p,
    const char *question, const char *choices, char *ret);

#endif
