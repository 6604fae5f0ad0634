/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signing.h - have the agent sign octets that are in memory.
 */
#ifndef FIRMA_CLI_SIGNING_H
#define FIRMA_CLI_SIGNING_H

#include "agent/wire/values.h"
#include "cli/app.h"

struct signing {
	const char *key;
	enum firma_sign_format format;
	const char *name, *purpose; /* for the ledger */
	struct firma_bytes content;
};

/*
 * Unlocks the key's token if it must be.  An attached format comes back with the
 * content in it.  0 and ret filled, or the exit status of what has been said.
 */
int signing_do(struct app *app, const struct args *a, const struct signing *s,
    struct firma_buf *ret, struct firma_signed *ret_signed);

#endif
