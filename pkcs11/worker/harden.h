/* SPDX-License-Identifier: Apache-2.0 */
/*
 * harden.h - what the token process gives up.
 */
#ifndef FIRMA_WORKER_HARDEN_H
#define FIRMA_WORKER_HARDEN_H

#include "agent/base/err.h"

/*
 * Before the module is loaded: no new privileges, no core files, not
 * dumpable (so not traceable by others of the same user), umask 077, and every
 * descriptor from first_unused on closed.
 */
FIRMA_CHECKED enum firma_err firma_harden_early(
    unsigned int first_unused, struct firma_cause *cause);

/*
 * After it: a deny-list by seccomp, for all threads.  Denied with EPERM:
 * executing programs, looking into or stopping other processes, mounting,
 * loading kernel code, and every socket but AF_UNIX (pcscd) and AF_NETLINK
 * (udev, for readers).  A deny-list, because nobody knows what a vendor's
 * module calls.
 */
FIRMA_CHECKED enum firma_err firma_harden_late(struct firma_cause *cause);

#endif
