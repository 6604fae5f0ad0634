/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bury.h - a killed child until it is reaped; it may linger inside a driver.
 */
#ifndef FIRMA_DAEMON_BURY_H
#define FIRMA_DAEMON_BURY_H

#include <sys/types.h>

#include <systemd/sd-event.h>

/* Reap pid, now or when it has ended.  pidfd is taken. */
void firma_bury(sd_event *loop, pid_t pid, int pidfd);

#endif
