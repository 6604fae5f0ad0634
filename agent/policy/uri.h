/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uri.h - a PKCS#11 URI that says which token is meant, before any process is
 * started for it: what firmad.conf may say, and why not.
 *
 * Narrower than the standard: of the path the four attributes of a token, each
 * once, and no query.  The token process takes the same text with p11-kit and
 * finds the token by it; here there is no code of PKCS#11, so this is written
 * out.  tests/fuzz/uri.c holds the two against each other.
 *
 * Source: RFC 7512 sections 2.3 (grammar) and 2.4 (matching).
 * May include: agent/base.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_POLICY_URI_H
#define FIRMA_POLICY_URI_H

#include "agent/base/err.h"

#define FIRMA_TOKEN_URI 384 /* octets, with the terminating zero */

/* Decoded; "" where the URI says nothing.  Lengths of CK_TOKEN_INFO. */
struct firma_token_uri {
	char token[33]; /* the label */
	char manufacturer[33];
	char model[17];
	char serial[17];
};

/*
 * NULL, and *ret_uri is set; else what is wrong, a sentence for a person that
 * repeats nothing of the text: a PIN might stand in it.
 */
const char *firma_token_uri_parse(
    const char *text, struct firma_token_uri *ret_uri);

#endif
