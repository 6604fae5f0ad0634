/* SPDX-License-Identifier: Apache-2.0 */
/*
 * privileges.h - what the agent gives up before it takes the first client.
 *
 * - root: it becomes the service's user, or does not start
 * - new privileges through exec (no_new_privs), for its children too
 * - being read: not dumpable, no core file, no ptrace by its own user
 * - system calls that nobody needs, and sockets but for AF_UNIX and AF_NETLINK
 *   (agent/base/sandbox.h); when a token has "network =", but for TCP too, which
 *   its process inherits and the others give up themselves.  No list of what is kept: the filter is inherited by
 *   the token's processes, and what a vendor's module calls nobody knows
 * - writing anywhere but in its state folder, the folder of its socket, the
 *   folders that tokens are given by "writable =", and devices
 * - executing anything but firmad-token and firmad-reader
 * - TCP but to the ports that tokens are given by "network =", abstract sockets of others, signals to others (agent/base/fence.h)
 * Its children are behind the same fence, and the token's process behind one
 * more.  Reading is not fenced: profiles, issuers and credentials may be anywhere,
 * and a SIGHUP may name new ones.
 * Tests: tests/agent/test_agent.sh, "privileges" and "fence".
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

/* The rest, before the first thread and the first process. */
FIRMA_CHECKED enum firma_err firma_privileges_seal(
    struct firma_agent *a, struct firma_cause *cause);

/* What this kernel cannot keep us from, for people; "" for nothing. */
const char *firma_privileges_warning(void);

/* May this process, and so those that it starts, still write there? */
bool firma_privileges_may_write(const char *path);

/* The same of connecting to a TCP port. */
bool firma_privileges_may_connect(unsigned int port);

#endif
