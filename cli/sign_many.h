/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign_many.h - firma sign KEY FILE FILE ...: one connection, one login, and the
 * token never waits for the next file.
 */
#ifndef FIRMA_CLI_SIGN_MANY_H
#define FIRMA_CLI_SIGN_MANY_H

#include "agent/wire/values.h"
#include "cli/app.h"
#include "cli/sign_pdf.h"
#include "cli/stamp.h"

#define SIGN_MANY_MAX 100000 /* files */

/* What is behind a file's name for a format: ".p7s", ".p7m", ".sig". */
const char *sign_suffix(enum firma_sign_format format);

/* What is made of each file. */
struct sign_many {
	const char *key;
	enum firma_sign_format format;
	const struct sign_pdf *pdf;     /* what its options say, or NULL */
	const struct stamp_config *tsa; /* NULL: no time stamps */
};

/*
 * Each file's signature is written beside it.  A file that cannot be read,
 * written or, as a PDF, signed is told, and the others go on; what the token or
 * a rule refuses ends it.  When a stamp cannot be had, what is signed by then is
 * kept without one, and nothing more is signed.  Gives the exit status, of the
 * first failure if there was one.
 */
int sign_many(
    struct app *app, const struct args *a, const struct sign_many *what);

#endif
