/* SPDX-License-Identifier: Apache-2.0 */
/*
 * software.h - the agent's own software token: `software = yes`.
 *
 * For a firm whose old key is still a file and whose card cannot import keys:
 * SoftHSM2 in a folder of the state directory holds it until it is retired.
 */
#ifndef FIRMA_DAEMON_SOFTWARE_H
#define FIRMA_DAEMON_SOFTWARE_H

#include "agent/daemon/agent.h"

/* STATE/software-NAME: all that its process may write. */
void firma_software_folder(
    const struct firma_agent *a, const char *name, char *ret, size_t size);

/*
 * Make STATE/software-NAME with its softhsm2.conf, when missing, and give the
 * line "SOFTHSM2_CONF=..." for the token process.
 */
FIRMA_CHECKED enum firma_err firma_software_prepare(const struct firma_agent *a,
    const char *name, char *ret_env, size_t size, struct firma_cause *cause);

#endif
