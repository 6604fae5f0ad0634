/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letter_say.h - a letter for people and for programs.
 */
#ifndef FIRMA_CLI_LETTER_SAY_H
#define FIRMA_CLI_LETTER_SAY_H

#include <jansson.h>

#include "cli/letter_rule.h"

/*
 * What it is, whose, and what was found, on stdout.  rules may be NULL, and so
 * may path: the file to be opened by who wants to read it.
 */
void letter_say(const struct letter *l, const struct letter_rules *rules,
    const struct letter_verdict *v, const char *path);

/* The same as one JSON object, which the caller owns. */
json_t *letter_json(const struct letter *l, const struct letter_rules *rules,
    const struct letter_verdict *v);

/*
 * A refused letter, and what to do; in_renewal, how that goes on.  The reasons
 * are among what letter_say() says, so they are said here for --json alone.
 * path is what the letter is called.  The exit status.
 */
int letter_say_refused(
    const struct letter_verdict *v, const char *path, int in_renewal);

/* The first reason for a refusal, with its page, cut to fit. */
void letter_reason(const struct letter_verdict *v, char *ret, size_t size);

/* The words of what is odd, with blanks between, cut to fit. */
void letter_odd_words(const struct letter_verdict *v, char *ret, size_t size);

/* The title that the letter itself has: a known one, else its first line. */
void letter_title(const struct letter *l, const struct letter_rules *rules,
    char ret[LETTER_HEADING_MAX]);

#endif
