/* SPDX-License-Identifier: Apache-2.0 */
/* serve.h - everything the agent has, started, run and stopped. */
#ifndef FIRMA_DAEMON_SERVE_H
#define FIRMA_DAEMON_SERVE_H

#include "agent/base/clock.h"
#include "agent/daemon/agent.h"

FIRMA_CHECKED enum firma_err firma_serve_start(
    struct firma_agent *a, struct firma_cause *cause);
FIRMA_CHECKED enum firma_err firma_serve_run(struct firma_agent *a);
/* The configuration changed: does any token lock itself when idle? */
void firma_serve_watch_idle(struct firma_agent *a);

/*
 * How long stopping may take: for what is being written, and for clients that
 * have not read their answers.  Together less than the units' TimeoutStopSec and
 * WatchdogSec: units/check.sh.
 */
#define FIRMA_STOP_NS      (15 * FIRMA_S)
#define FIRMA_STOP_SEND_NS (2 * FIRMA_S)

/*
 * End what is under way and write how it ended; README.md has the order.
 * Accepts half-started.  False: FIRMA_STOP_NS was not enough, and the process
 * has to leave by _exit(2), for the store's thread is still at work.
 */
FIRMA_CHECKED bool firma_serve_stop(struct firma_agent *a);

#endif
