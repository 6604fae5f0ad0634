/* SPDX-License-Identifier: Apache-2.0 */
/* A helper's promises: made in a child, which then tries to break each. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/portal/confine.h"

/* Each promise is a bit of the child's exit status when it is broken. */
enum broken {
	BROKEN_SETUP = 1,
	BROKEN_EXEC = 2,
	BROKEN_PTRACE = 4,
	BROKEN_UNIX = 8,
	BROKEN_INET = 16,
	BROKEN_LIMITS = 32,
	BROKEN_DESCRIPTOR = 64
};

static int
socket_errno(int family)
{
	const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int e = fd < 0 ? errno : 0;

	if (fd >= 0)
		(void)close(fd);
	return e;
}

static int
probe(enum portal_confine how, int open_fd)
{
	const int wanted = how == PORTAL_CONFINE_INTERNET ? 0 : EPERM;
	char *const argv[] = { NULL };
	struct rlimit core = { 1, 1 };
	int broken = 0, dir;

	if (portal_confine_begin(NULL) != FIRMA_OK ||
	    (dir = open("/", O_RDONLY | O_DIRECTORY)) < 0 ||
	    portal_confine_finish(how, dir, NULL) != FIRMA_OK)
		return BROKEN_SETUP;
	if (execve("/bin/true", argv, argv) == 0 || errno != EPERM)
		broken |= BROKEN_EXEC;
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 || errno != EPERM)
		broken |= BROKEN_PTRACE;
	if (socket_errno(AF_UNIX) != EPERM)
		broken |= BROKEN_UNIX;
	if (socket_errno(AF_INET) != wanted)
		broken |= BROKEN_INET;
	if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0 ||
	    prctl(PR_GET_DUMPABLE, 0L, 0L, 0L, 0L) != 0 ||
	    prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L) != 1)
		broken |= BROKEN_LIMITS;
	if (write(open_fd, "", 0) == 0 || errno != EBADF)
		broken |= BROKEN_DESCRIPTOR;
	return broken;
}

static int
probe_in_child(enum portal_confine how)
{
	int pipes[2], status = -1;
	pid_t pid;

	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(probe(how, pipes[1]));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)close(pipes[0]);
	(void)close(pipes[1]);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
internet_helper_keeps_the_internet_alone(void **state)
{
	(void)state;
	assert_int_equal(probe_in_child(PORTAL_CONFINE_INTERNET), 0);
}

static void
persons_helper_has_no_network(void **state)
{
	(void)state;
	assert_int_equal(probe_in_child(PORTAL_CONFINE_NO_NETWORK), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(internet_helper_keeps_the_internet_alone),
		cmocka_unit_test(persons_helper_has_no_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
