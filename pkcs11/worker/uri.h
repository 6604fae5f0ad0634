/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uri.h - a token by its PKCS#11 URI (RFC 7512), parsed and compared by
 * p11-kit, as the other programs of a host do it: what p11tool(1) prints names
 * the same token here.
 *
 * Only that library's functions for URIs are used: no module is loaded by it,
 * and nothing of its configuration is read.
 *
 * May include: agent/base, agent/wire.  Any thread.
 */
#ifndef FIRMA_WORKER_URI_H
#define FIRMA_WORKER_URI_H

#include <stdbool.h>

#include "agent/wire/msg.h"
#include "pkcs11/worker/cryptoki.h"

struct firma_uri;

/*
 * FIRMA_ERR_VALUE: not a URI, or it names no token, or more than a token: a PIN
 * or where one is kept, a module, a slot, an object.  cause repeats nothing of
 * the text.
 */
FIRMA_CHECKED enum firma_err firma_uri_parse(
    const char *text, struct firma_uri **ret_uri, struct firma_cause *cause);
void firma_uri_free(struct firma_uri *u);  /* accepts NULL */
void firma_uri_done(struct firma_uri **u); /* for FIRMA_OWN */

bool firma_uri_fits(const struct firma_uri *u, const CK_TOKEN_INFO *info);

/* Of a blank token: all but its label, which it does not have yet. */
bool firma_uri_fits_blank(const struct firma_uri *u, const CK_TOKEN_INFO *info);

/* The label in it, without padding; len 0: it says none.  Borrowed. */
struct firma_str firma_uri_label(const struct firma_uri *u);

#endif
