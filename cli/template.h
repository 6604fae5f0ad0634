/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template.h - a text with words in braces, made into octets.
 *
 *   {rfc}            the value of a word
 *   {b64:TEMPLATE}   base64 of what TEMPLATE becomes
 *   {xml:TEMPLATE}   the same with & < > " ' as XML wants them
 *   {now:FORMAT}, {now+600:FORMAT}, {not-after:FORMAT}
 *                    a time in UTC with %Y %y %m %d %H %M %S; offsets in seconds
 *   {{ and }}        a brace, outside of braces
 *
 * Which words there are, and times, the caller says.  Pure.  Any thread.
 */
#ifndef FIRMA_CLI_TEMPLATE_H
#define FIRMA_CLI_TEMPLATE_H

#include <stdint.h>

#include "agent/base/buf.h"

#define TEMPLATE_DEPTH 8                   /* braces in braces */
#define TEMPLATE_MAX   ((size_t)64 * 1024) /* octets that come of it */
#define TEMPLATE_WORD  64                  /* octets of a word */

struct template_words {
	/*
	 * Append the value of a word.  FIRMA_ERR_NOT_FOUND: there is none, and
	 * FIRMA_ERR_VALUE: it has no value here.
	 */
	enum firma_err (*word)(
	    void *arg, const char *name, struct firma_buf *ret);
	/* Seconds since 1970 of "now", "not-after"; FIRMA_ERR_NOT_FOUND. */
	enum firma_err (*time)(void *arg, const char *name, int64_t *ret);
	void *arg;
};

/*
 * Append what text becomes.
 *
 * FIRMA_ERR_SHAPE      braces that do not fit, a format of time that is none
 * FIRMA_ERR_NOT_FOUND  a word that is not known; the cause names it
 * FIRMA_ERR_VALUE      a word without a value; text in {xml:} that is none
 * FIRMA_ERR_LIMIT      TEMPLATE_DEPTH, TEMPLATE_MAX, TEMPLATE_WORD
 */
FIRMA_CHECKED enum firma_err template_fill(struct firma_bytes text,
    const struct template_words *words, struct firma_buf *ret,
    struct firma_cause *cause);

#endif
