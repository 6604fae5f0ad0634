/* SPDX-License-Identifier: Apache-2.0 */
/*
 * say.h - failures, each with what to do next.
 *
 *	firma: <what>: <why>
 *	  -> <what to do next>
 */
#ifndef FIRMA_CLI_SAY_H
#define FIRMA_CLI_SAY_H

#include "agent/base/err.h"

/*
 * Print a failure on stderr; what is translated by the caller.  Returns the
 * exit status for e.
 *
 * rule  the rule that refused, or NULL or ""
 */
int say_failure(enum firma_err e, const struct firma_cause *cause,
    const char *rule, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* A failure that no error code names, with its own advice (or NULL). */
int say_refusal(enum firma_exit status, const char *advice, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/*
 * A reason that begins with the English text of an error: that text in the
 * user's language, and *ret_rest what follows it; else "" and the whole.
 */
const char *say_begun(const char *why, const char **ret_rest);

/* What to do after e, in the user's language; NULL for FIRMA_OK only. */
const char *say_advice(enum firma_err e);

#endif
