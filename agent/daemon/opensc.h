/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opensc.h - the configuration that a token with OpenSC's module is given.
 *
 * OpenSC's own default keeps the PIN and presents it again by itself; the file
 * opensc.conf beside this one says otherwise, and why.
 */
#ifndef FIRMA_DAEMON_OPENSC_H
#define FIRMA_DAEMON_OPENSC_H

#include "agent/daemon/agent.h"

/*
 * The line "OPENSC_CONF=..." for the token's process; "" for another module,
 * and when the token's section has such a line itself.
 * FIRMA_ERR_LIMIT  the path is too long
 */
FIRMA_CHECKED enum firma_err firma_opensc_env(const struct firma_config *c,
    const struct firma_config_token *t, char *ret_env, size_t size,
    struct firma_cause *cause);

/*
 * Does such a token lack its file, so that OpenSC would keep PINs?  Then one
 * line for people is put into ret, else "".
 */
void firma_opensc_warning(const struct firma_config *c, char *ret, size_t size);

#endif
