/* SPDX-License-Identifier: Apache-2.0 */
/*
 * harden.h - what the token process gives up, before the vendor's first line.
 *
 * - new privileges, core files, being dumpable (so being traced by others of
 *   its user), every descriptor that is not its own
 * - new processes and programs; threads stay.  Two processes would work on one
 *   token, and the second would outlive the first
 * - sockets but for AF_UNIX (pcscd, D-Bus) and AF_NETLINK (udev, for readers);
 *   with --network, but for outgoing TCP too
 * - writing, but for devices, /dev/shm and what --writable names
 * - reading, but for what belongs to the system, the module's folder, what
 *   --writable names, and each path that stands in the environment
 *   (SOFTHSM2_CONF=/a/path).  So neither the agent's state, another token's
 *   credential nor anybody's home
 * - TCP but to the ports that --network names, abstract sockets of others,
 *   signals to others
 *
 * System calls by a list of what is refused, not of what is kept: nobody knows
 * what a vendor's module calls.  Files and the rest by agent/base/fence.h, as far
 * as the kernel goes.
 */
#ifndef FIRMA_WORKER_HARDEN_H
#define FIRMA_WORKER_HARDEN_H

#include "agent/base/err.h"

#define FIRMA_WRITABLE_MAX 16 /* options --writable */
#define FIRMA_NETWORK_MAX  8  /* options --network */

struct firma_harden {
	unsigned int first_unused; /* descriptors from here on are closed */
	const char *module;        /* its path */
	const char *writable[FIRMA_WRITABLE_MAX + 1]; /* NULL at the end */
	unsigned int n_ports;
	unsigned int ports[FIRMA_NETWORK_MAX]; /* TCP, 1 .. 65535 */
};

/*
 * FIRMA_ERR_NOT_FOUND  a path of writable is not there
 * FIRMA_ERR_INTERNAL   the kernel refused to take something away
 */
FIRMA_CHECKED enum firma_err firma_harden(
    const struct firma_harden *h, struct firma_cause *cause);

#endif
