/* SPDX-License-Identifier: Apache-2.0 */
/* serve.h - everything the agent has, started, run and stopped. */
#ifndef FIRMA_DAEMON_SERVE_H
#define FIRMA_DAEMON_SERVE_H

#include "agent/daemon/agent.h"

FIRMA_CHECKED enum firma_err firma_serve_start(
    struct firma_agent *a, struct firma_cause *cause);
FIRMA_CHECKED enum firma_err firma_serve_run(struct firma_agent *a);
/* The configuration changed: does any token lock itself when idle? */
void firma_serve_watch_idle(struct firma_agent *a);
void firma_serve_stop(struct firma_agent *a); /* accepts half-started */

#endif
