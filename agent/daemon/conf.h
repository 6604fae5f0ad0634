/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf.h - the configuration: read at start, checked, read again on SIGHUP.
 */
#ifndef FIRMA_DAEMON_CONF_H
#define FIRMA_DAEMON_CONF_H

#include "agent/daemon/options.h"

/*
 * Read a->config_path, and the profiles and issuers that it names.  A default
 * file that does not exist is an empty configuration.
 */
FIRMA_CHECKED enum firma_err firma_conf_load(
    struct firma_agent *a, bool must_exist, struct firma_cause *cause);

/* firmad --check: prints "file:line: text" for each mistake; exit status. */
int firma_conf_check(struct firma_agent *a, const struct firma_options *o);

/*
 * SIGHUP: the new file whole, or the old one as it was.  Tokens whose section
 * did not change stay as they are, unlocked ones unlocked.
 */
void firma_conf_reload(struct firma_agent *a);

#endif
