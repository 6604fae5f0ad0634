/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wake.h - the machine was suspended and goes on, or its wall clock was set.
 *
 * Known at once and without polling: a timer that never comes and is cancelled
 * when the wall clock jumps (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET), which
 * it also does when the machine goes on.  Then tokens that nobody may use any
 * more are locked, and all are looked at anew: readers are often reset.
 *
 * Which clock is for what stands in agent/daemon/README.md.
 */
#ifndef FIRMA_DAEMON_WAKE_H
#define FIRMA_DAEMON_WAKE_H

#include "agent/daemon/agent.h"

struct firma_wake;

FIRMA_CHECKED enum firma_err firma_wake_new(
    struct firma_agent *a, struct firma_wake **ret, struct firma_cause *cause);
void firma_wake_free(struct firma_wake *w);

#endif
