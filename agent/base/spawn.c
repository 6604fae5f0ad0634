/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/own.h"

/* Descriptors are first moved above this, so that dup2() clobbers none. */
#define ABOVE 64

static void
child(const struct firma_spawn *s, pid_t parent, int report)
{
	int moved[FIRMA_SPAWN_FDS], exe = -1, e;
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	if (s->die &&
	    (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent))
		goto fail;
	if (s->leads && setpgid(0, 0) != 0)
		goto fail;
	if ((report = fcntl(report, F_DUPFD_CLOEXEC, ABOVE)) < 0)
		goto fail;
	if (s->exe_fd >= 0 &&
	    (exe = fcntl(s->exe_fd, F_DUPFD_CLOEXEC, ABOVE)) < 0)
		goto fail;
	for (size_t i = 0; i < s->n_fds; i++) {
		if (s->fds[i] >= 0)
			moved[i] = fcntl(s->fds[i], F_DUPFD_CLOEXEC, ABOVE);
		else
			moved[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (moved[i] < 0)
			goto fail;
	}
	for (size_t i = 0; i < s->n_fds; i++)
		if (dup2(moved[i], (int)i) < 0)
			goto fail;
	(void)syscall(
	    SYS_close_range, (unsigned)s->n_fds, ~0u, CLOSE_RANGE_CLOEXEC);
	if (exe >= 0)
		(void)syscall(
		    SYS_execveat, exe, "", s->argv, s->envp, AT_EMPTY_PATH);
	else
		(void)execve(s->path, s->argv, s->envp);
fail:
	e = errno;
	(void)!write(report, &e, sizeof(e));
	_exit(127);
}

enum firma_err
firma_spawn(const struct firma_spawn *s, pid_t *ret_pid, int *ret_pidfd,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int rd = -1;
	FIRMA_OWN(firma_fd_done) int wr = -1;
	int p[2], e = 0;
	const pid_t parent = getpid();
	pid_t pid;
	ssize_t n;

	if (s->n_fds > FIRMA_SPAWN_FDS)
		return FIRMA_ERR_LIMIT;
	if (pipe2(p, O_CLOEXEC) != 0)
		return firma_fail(cause, FIRMA_ERR_IO, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "pipe2");
	rd = p[0];
	wr = p[1];
	if ((pid = fork()) < 0)
		return firma_fail(cause, FIRMA_ERR_IO, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "fork");
	if (pid == 0)
		child(s, parent, wr);
	firma_fd_done(&wr);

	/* End of file: execve() worked and closed the other end. */
	do
		n = read(rd, &e, sizeof(e));
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(e)) {
		(void)waitpid(pid, NULL, 0);
		return firma_fail(cause,
		    e == ENOENT ? FIRMA_ERR_NOT_FOUND : FIRMA_ERR_IO,
		    FIRMA_CAUSE_ERRNO, (unsigned long)e, "%s",
		    s->path != NULL ? s->path : s->argv[0]);
	}
	if (ret_pidfd != NULL)
		*ret_pidfd = (int)syscall(SYS_pidfd_open, pid, 0u);
	*ret_pid = pid;
	return FIRMA_OK;
}

enum firma_err
firma_spawn_apart(
    int (*fn)(void *arg), void *arg, int *ret_status, struct firma_cause *cause)
{
	const pid_t pid = fork();
	int status = 0;

	if (pid < 0)
		return firma_fail_errno(cause, "fork");
	if (pid == 0)
		exit(fn(arg));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	return FIRMA_OK;
}
