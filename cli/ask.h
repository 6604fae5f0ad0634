/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask.h - questions to the person at the terminal.
 *
 * Everything goes through /dev/tty, so that stdin and stdout stay data.
 */
#ifndef FIRMA_CLI_ASK_H
#define FIRMA_CLI_ASK_H

#include <stddef.h>

#include "agent/base/secret.h"

/* Is there somebody to ask? */
int ask_can(void);

/*
 * Yes or no.  FIRMA_ERR_PORTAL_PERSON: there is nobody to ask;
 * FIRMA_ERR_CANCELLED: end of input.
 */
FIRMA_CHECKED enum firma_err ask_yes(int *ret_yes, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* One line of text, without its end; may be empty. */
FIRMA_CHECKED enum firma_err ask_line(char *ret, size_t size, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* One line that is not shown.  ret is made with room for cap octets. */
FIRMA_CHECKED enum firma_err ask_secret(struct firma_secret *ret, size_t cap,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
