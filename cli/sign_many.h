/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign_many.h - firma sign KEY FILE FILE ...: one connection, one login, and the
 * token never waits for the next file.
 */
#ifndef FIRMA_CLI_SIGN_MANY_H
#define FIRMA_CLI_SIGN_MANY_H

#include "agent/wire/values.h"
#include "cli/app.h"

#define SIGN_MANY_MAX 100000 /* files */

/* What is behind a file's name for a format: ".p7s", ".p7m", ".sig". */
const char *sign_suffix(enum firma_sign_format format);

/*
 * Each file's signature is written beside it.  A file that cannot be read or
 * written is told, and the others go on; what the token or a rule refuses ends
 * it.  Gives the exit status, of the first failure if there was one.
 */
int sign_many(struct app *app, const struct args *a, const char *key,
    enum firma_sign_format format);

#endif
