/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pinentry.h - a PIN from the pinentry program.
 *
 * Source: the Assuan protocol as pinentry's manual describes it: one line a
 * command, "OK", "ERR code text", "D data"; octets %, CR and LF as %XX.
 */
#ifndef FIRMA_CLI_PINENTRY_H
#define FIRMA_CLI_PINENTRY_H

#include "agent/base/secret.h"

/*
 * Where the program is: FIRMA_PINENTRY in the environment ("none" for no use
 * of it), else `pinentry` in PATH.  0 when there is none, or neither a display
 * nor a terminal that it could use.
 */
int pinentry_find(char *ret, size_t size);

/*
 * Ask.  ret is made by the call.
 *
 * FIRMA_ERR_CANCELLED      the person did
 * FIRMA_ERR_NOT_SUPPORTED  the program does not work here: ask otherwise
 * FIRMA_ERR_DEADLINE       nobody answered
 */
FIRMA_CHECKED enum firma_err pinentry_ask(const char *program,
    const char *description, const char *prompt, uint64_t deadline,
    struct firma_secret *ret);

#endif
