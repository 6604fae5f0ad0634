/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pcsc.h - which configured tokens are, or may be, in a PC/SC reader.
 *
 * watch-readers = no    none
 *                 yes   all but the agent's own software token
 *                 auto  those whose module's file name has one of the words
 *                       below in it: modules that ask pcscd
 *
 * May include: agent/base.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_POLICY_PCSC_H
#define FIRMA_POLICY_PCSC_H

#include "agent/policy/config.h"

/* Without regard to case. */
#define FIRMA_PCSC_MODULES                                                 \
	"opensc", "ykcs11", "etpkcs11", "idprimepkcs11", "bit4", "asep11", \
	    "aetpkss", "beidpkcs11", "cackey", "coolkey"

/* May it be in a reader that the agent watches? */
bool firma_pcsc_may_hold(
    const struct firma_config *c, const struct firma_config_token *t);

/*
 * The socket of the pcscd that is watched: what environment =
 * PCSCLITE_CSOCK_NAME=PATH of the first such token says; "" for the usual one;
 * NULL when there is nothing to watch.  Tokens of another pcscd are not held by
 * a reader that is watched.
 */
const char *firma_pcsc_socket(const struct firma_config *c);

#endif
