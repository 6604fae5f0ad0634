/* SPDX-License-Identifier: Apache-2.0 */
/* firma-pdf's promises: made in a child, which then tries to break each. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
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

#include "agent/base/fence.h"
#include "cli/pdf/confine.h"

/* Each promise is a bit of the child's exit status when it is broken. */
enum broken {
	BROKEN_SETUP = 1,
	BROKEN_EXEC = 2,
	BROKEN_PROCESS = 4,
	BROKEN_SOCKET = 8,
	BROKEN_FILES = 16,
	BROKEN_LIMITS = 32,
	BROKEN_DESCRIPTOR = 64
};

/* What this kernel has of Landlock; 0: none, and then nothing is fenced. */
static unsigned int abi;

static int
can_open(const char *path, int flags)
{
	return open(path, flags, 0600) >= 0 || errno != EACCES;
}

static int
can_reach_files(void)
{
	/* With all its descriptors in use it could open none anyway. */
	if (open("/etc/passwd", O_RDONLY) >= 0)
		return 1;
	(void)close(STDIN_FILENO);
	return abi != 0 &&
	    (can_open("/etc/passwd", O_RDONLY) ||
		can_open("/dev/null", O_WRONLY) ||
		can_open("/tmp/firma-pdf-was-here", O_CREAT | O_WRONLY) ||
		can_open(".", O_RDONLY | O_DIRECTORY));
}

static int
can_make_sockets(void)
{
	static const int families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK,
		AF_PACKET };

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (socket(families[i], SOCK_STREAM, 0) >= 0 || errno != EPERM)
			return 1;
	return 0;
}

static int
is_unlimited(int what, rlim_t most)
{
	struct rlimit now = { RLIM_INFINITY, RLIM_INFINITY };

	return getrlimit((__rlimit_resource_t)what, &now) != 0 ||
	    now.rlim_cur > most || now.rlim_max > most;
}

static int
probe(int open_fd)
{
	char *const argv[] = { NULL };
	int broken = 0;

	if (pdf_confine(NULL) != FIRMA_OK)
		return BROKEN_SETUP;
	if (execve("/bin/true", argv, argv) == 0 || errno != EPERM)
		broken |= BROKEN_EXEC;
	if (fork() >= 0 || ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
		broken |= BROKEN_PROCESS;
	if (can_make_sockets())
		broken |= BROKEN_SOCKET;
	if (write(open_fd, "", 0) == 0 || errno != EBADF)
		broken |= BROKEN_DESCRIPTOR;
	if (can_reach_files())
		broken |= BROKEN_FILES;
	if (is_unlimited(RLIMIT_CPU, 20) || is_unlimited(RLIMIT_FSIZE, 0) ||
	    is_unlimited(RLIMIT_NOFILE, 4) || is_unlimited(RLIMIT_CORE, 0) ||
	    prctl(PR_GET_DUMPABLE, 0L, 0L, 0L, 0L) != 0 ||
	    prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L) != 1)
		broken |= BROKEN_LIMITS;
	return broken;
}

static void
keeps_nothing(void **state)
{
	int pipes[2], status = -1;
	pid_t pid;
	struct firma_fence f = { .fd = -1 };

	(void)state;
	if (firma_fence_begin(&f, FIRMA_FENCE_READ, NULL) == FIRMA_OK)
		abi = f.abi;
	firma_fence_done(&f);
	assert_int_equal(pipe(pipes), 0);
	while (pipes[1] <= 3)
		assert_true((pipes[1] = dup(pipes[1])) >= 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		/* Four descriptors, as firma-pdf has. */
		(void)dup2(STDERR_FILENO, 3);
		_exit(probe(pipes[1]));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

#ifndef __SANITIZE_ADDRESS__
static void
memory_is_bounded(void **state)
{
	int status = -1;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(pdf_confine(NULL) == FIRMA_OK &&
			    malloc((size_t)2 << 30) == NULL
			? 0
			: 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_nothing),
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(memory_is_bounded),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
