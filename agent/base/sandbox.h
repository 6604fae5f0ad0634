/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox.h - what a process gives up of itself, and which system calls.
 *
 * Every program here calls firma_sandbox_begin() first of all and
 * firma_sandbox_finish() when what it needs is open; which files it may still
 * reach is fence.h's.
 *
 * Nobody keeps: looking into other processes (ptrace and its kin), mounting,
 * loading kernel code, BPF, io_uring (it does what a filter forbids), keyrings,
 * becoming dumpable again, and typing into the terminal (TIOCSTI).  They fail
 * with EPERM.  What else is kept is asked for by FIRMA_KEEP_*.
 *
 * Two kinds of filter.  A process whose every call is known keeps those of the
 * list in sandbox.c; any other fails with ENOSYS, as on a kernel that never had
 * it, which libc has an answer to.  One that holds a vendor's module, or starts
 * such a process (a filter is inherited), keeps FIRMA_KEEP_UNLISTED: nobody
 * knows what such a module calls, and a card that fails once a year by a refused
 * call is worse than the call.
 *
 * Sources: prctl(2), seccomp(2), clone(2).  May include: agent/base.
 * Tests: tests/unit/base/test_sandbox.c; for each program beside its own.
 */
#ifndef FIRMA_BASE_SANDBOX_H
#define FIRMA_BASE_SANDBOX_H

#include "agent/base/err.h"

#define FIRMA_KEEP_UNIX    0x01u /* sockets of AF_UNIX */
#define FIRMA_KEEP_NETLINK 0x02u
/* AF_INET and AF_INET6, TCP and UDP: no other protocol, no raw socket. */
#define FIRMA_KEEP_INET 0x04u
/*
 * New processes, and executing a file that is open (execveat() with
 * AT_EMPTY_PATH).  Without it threads alone can be made; execve() with a path
 * is nobody's.
 */
#define FIRMA_KEEP_SPAWN    0x08u
#define FIRMA_KEEP_UNLISTED 0x10u /* calls that sandbox.c does not list */
/*
 * TCP alone of them, to connect out; listen(2) is refused with it, but for who
 * keeps FIRMA_KEEP_LISTEN too.  Who keeps the internet in either way does
 * without TCP fast open, which connects past a fence.
 */
#define FIRMA_KEEP_TCP    0x20u
#define FIRMA_KEEP_LISTEN 0x40u
/* Changing priorities, its own and others': who keeps all that is not listed
 * does without it else. */
#define FIRMA_KEEP_PRIORITY 0x80u

/* No new privileges, not dumpable, no core file, umask 077. */
FIRMA_CHECKED enum firma_err firma_sandbox_begin(struct firma_cause *cause);

/*
 * The filter, for all threads.  keep: FIRMA_KEEP_* or'ed.
 * FIRMA_ERR_NOMEM; FIRMA_ERR_INTERNAL with errno in the cause.
 */
FIRMA_CHECKED enum firma_err firma_sandbox_finish(
    unsigned int keep, struct firma_cause *cause);

#endif
