/* SPDX-License-Identifier: Apache-2.0 */
/*
 * readers.h - firmad-reader, the process that watches PC/SC readers, and what
 * its words mean for tokens.
 *
 * A card that leaves locks its token at once, whatever the module believes; a
 * card that comes is looked for at once.  While the process tells, no token of
 * a reader is looked for by the clock; without it, each second as ever.
 */
#ifndef FIRMA_DAEMON_READERS_H
#define FIRMA_DAEMON_READERS_H

#include "agent/daemon/token.h"

struct firma_readers;

FIRMA_CHECKED enum firma_err firma_readers_new(
    struct firma_agent *a, struct firma_readers **ret);
void firma_readers_free(struct firma_readers *r); /* ends the process */

/* The configuration is new: start the process, end it, or leave it. */
void firma_readers_configure(struct firma_readers *r);

/* Will we be told when this token may have come?  r may be NULL. */
bool firma_readers_tell_of(
    const struct firma_readers *r, const struct firma_token *t);

/*
 * The reader in which the token is, or was last; "" when that is not known.
 * Valid until the loop goes on.
 */
const char *firma_readers_name(
    const struct firma_readers *r, const struct firma_token *t);

/*
 * Why a token that its module does not find may be missing, as far as readers
 * tell; NULL when they do not.
 */
const char *firma_readers_why(
    const struct firma_readers *r, const struct firma_token *t);

#endif
