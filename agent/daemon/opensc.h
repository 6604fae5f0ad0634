/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opensc.h - the configuration that a token with OpenSC's module is given.
 *
 * OpenSC's own default keeps the PIN and presents it again by itself; the file
 * opensc.conf beside this one says otherwise, and why.
 */
#ifndef FIRMA_DAEMON_OPENSC_H
#define FIRMA_DAEMON_OPENSC_H

#include "agent/daemon/token.h"

/*
 * The line "OPENSC_CONF=..." for the token's process; "" for another module,
 * and when the token's section has such a line itself.
 * FIRMA_ERR_LIMIT  the path is too long
 */
FIRMA_CHECKED enum firma_err firma_opensc_env(const struct firma_config *c,
    const struct firma_config_token *t, char *ret_env, size_t size,
    struct firma_cause *cause);

/*
 * Readers that a process is to leave alone.  OpenSC's module connects to every
 * card that it sees and selects its application; a SmartCard-HSM then forgets
 * that anybody was logged in.
 */
struct firma_apart {
	size_t n;
	char readers[FIRMA_TOKENS_MAX][65]; /* CK_SLOT_INFO's words */
};

/*
 * Those that hold another token now.  None for another module, and for a token
 * of which it is not known in which reader it was: it may be on the same card.
 */
void firma_opensc_apart(const struct firma_token *t, struct firma_apart *ret);

/* Has one of them no other token any more, so that t may be there? */
bool firma_opensc_is_stale(
    const struct firma_token *t, const struct firma_apart *apart);

/*
 * Write a configuration that is the token's own and leaves those readers alone,
 * and put its line into ret_env; without readers the token's own line.
 * FIRMA_ERR_*  of reading the one and writing the other; FIRMA_ERR_LIMIT
 */
FIRMA_CHECKED enum firma_err firma_opensc_env_apart(const struct firma_token *t,
    const struct firma_apart *apart, char *ret_env, size_t size,
    struct firma_cause *cause);

/*
 * Does such a token lack its file, so that OpenSC would keep PINs?  Then one
 * line for people is put into ret, else "".
 */
void firma_opensc_warning(const struct firma_config *c, char *ret, size_t size);

#endif
