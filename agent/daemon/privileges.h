/* SPDX-License-Identifier: Apache-2.0 */
/*
 * privileges.h - what the agent gives up before it takes the first client.
 *
 * - root: it becomes the service's user, or does not start
 * - new privileges through exec (no_new_privs), for its children too
 * - being read: not dumpable, no core file, no ptrace by its own user
 * - the network: socket(2) for anything but AF_UNIX and AF_NETLINK fails, as do
 *   ptrace, process_vm_*, mount, bpf, kexec and module loading (seccomp)
 * Test: tests/agent/test_agent.sh, "privileges".
 */
#ifndef FIRMA_DAEMON_PRIVILEGES_H
#define FIRMA_DAEMON_PRIVILEGES_H

#include "agent/daemon/agent.h"

/*
 * Make the state and socket folders (owned by the user that we become) and
 * become that user.  user is a name or a number; NULL or "" when not given.
 *
 * FIRMA_ERR_DENIED     root, and no user to become
 * FIRMA_ERR_NOT_FOUND  no such user
 * FIRMA_ERR_READ_ONLY, FIRMA_ERR_IO  a folder cannot be made
 */
FIRMA_CHECKED enum firma_err firma_privileges_drop(
    struct firma_agent *a, const char *user, struct firma_cause *cause);

/* The rest, after everything is open. */
FIRMA_CHECKED enum firma_err firma_privileges_seal(struct firma_cause *cause);

#endif
