/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spawn.h - the one place that forks and executes.
 */
#ifndef FIRMA_BASE_SPAWN_H
#define FIRMA_BASE_SPAWN_H

#include <sys/types.h>

#include "agent/base/err.h"

#define FIRMA_SPAWN_FDS 24 /* descriptors handed to a child, at most */

/*
 * exe_fd   the program, opened O_PATH before privileges were dropped, or -1
 * path     the program, when exe_fd is -1 (argv[0] is what the child sees)
 * argv     NULL-terminated
 * envp     NULL-terminated; the child sees exactly this environment
 * fds      fds[i] becomes descriptor i in the child; -1 opens /dev/null.
 *          Everything else is closed.
 * die      the child gets SIGKILL when the calling thread ends
 * leads    it leads a process group of its own: what a terminal sends us (^C) is
 *          not for it
 */
struct firma_spawn {
	int exe_fd;
	const char *path;
	char *const *argv;
	char *const *envp;
	int fds[FIRMA_SPAWN_FDS];
	size_t n_fds;
	int die, leads;
};

/* ret_pidfd may be NULL; else it becomes readable when the child has ended. */
FIRMA_CHECKED enum firma_err firma_spawn(const struct firma_spawn *s,
    pid_t *ret_pid, int *ret_pidfd, struct firma_cause *cause);

/*
 * Run fn in a process of its own, made of this one, which has one thread; waits
 * for its end.  ret_status is what fn returned, 0 .. 255; -1: a signal ended it.
 */
FIRMA_CHECKED enum firma_err firma_spawn_apart(int (*fn)(void *arg), void *arg,
    int *ret_status, struct firma_cause *cause);

#endif
