/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - the command line of firmad, and where things are by default.
 */
#ifndef FIRMA_DAEMON_OPTIONS_H
#define FIRMA_DAEMON_OPTIONS_H

#include <stdbool.h>

#include "agent/daemon/agent.h"

struct firma_options {
	const char *config, *socket, *state, *user;
	bool check;
};

/* Exits for --help, --version and mistakes. */
void firma_options_parse(int argc, char **argv, struct firma_options *ret);

/*
 * Where the configuration is: as given, or by who runs us: as root (or as the
 * service) FIRMA_SYSCONFDIR/firmad.conf, else
 * $XDG_CONFIG_HOME/firmad/firmad.conf.
 */
FIRMA_CHECKED enum firma_err firma_options_config_path(
    const struct firma_options *o, char *ret, size_t size,
    struct firma_cause *cause);

/*
 * Fill a->socket_path and a->state_dir from options, configuration,
 * $STATE_DIRECTORY, or by who runs us.
 */
FIRMA_CHECKED enum firma_err firma_options_places(const struct firma_options *o,
    struct firma_agent *a, struct firma_cause *cause);

#endif
