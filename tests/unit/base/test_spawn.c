/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/own.h"
#include "agent/base/spawn.h"

/* Run a shell line whose descriptor 1 is ours; its output and exit status. */
static int
run(char *line, char *const *envp, const int *more, size_t n_more, char *ret,
    size_t size)
{
	char sh[] = "sh", c[] = "-c";
	char *argv[] = { sh, c, line, NULL };
	struct firma_spawn s = { .exe_fd = -1,
		.path = "/bin/sh",
		.argv = argv,
		.envp = envp,
		.fds = { -1, -1, STDERR_FILENO },
		.n_fds = 3 };
	size_t len = 0;
	int p[2], pidfd = -1, status = -1;
	struct pollfd wait_for;
	pid_t pid = -1;
	ssize_t n;

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	s.fds[1] = p[1];
	for (size_t i = 0; i < n_more; i++)
		s.fds[s.n_fds++] = more[i];
	assert_int_equal(firma_spawn(&s, &pid, &pidfd, NULL), FIRMA_OK);
	(void)close(p[1]);
	while ((n = read(p[0], ret + len, size - 1 - len)) > 0)
		len += (size_t)n;
	ret[len] = '\0';
	(void)close(p[0]);
	wait_for = (struct pollfd){ .fd = pidfd, .events = POLLIN };
	assert_int_equal(poll(&wait_for, 1, 10000), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)close(pidfd);
	return status;
}

static void
the_environment_is_what_was_given(void **state)
{
	char line[] = "/usr/bin/env -u PWD -u SHLVL -u _; exit 3";
	char one[] = "ONE=1";
	char *envp[] = { one, NULL };
	char out[1024];

	(void)state;
	assert_int_equal(setenv("FIRMA_TEST_SECRET", "x", 1), 0);
	assert_int_equal(
	    WEXITSTATUS(run(line, envp, NULL, 0, out, sizeof(out))), 3);
	assert_string_equal(out, "ONE=1\n");
}

static void
descriptors_are_those_given(void **state)
{
	char line[] = "ls /proc/$$/fd; cat <&3; cat <&4";
	char path[] = "PATH=/usr/bin:/bin";
	char *envp[] = { path, NULL };
	char out[1024];
	int a[2], b[2], more[2], spare;

	(void)state;
	/* Not close-on-exec, and high and low: none of it may get across. */
	assert_int_equal(pipe(a), 0);
	assert_int_equal(pipe(b), 0);
	assert_true((spare = fcntl(a[0], F_DUPFD, 100)) >= 100);
	assert_int_equal(write(a[1], "from a\n", 7), 7);
	assert_int_equal(write(b[1], "from b\n", 7), 7);
	(void)close(a[1]);
	(void)close(b[1]);
	/* Crosswise, so that one stands where another must go. */
	more[0] = b[0];
	more[1] = a[0];
	assert_int_equal(run(line, envp, more, 2, out, sizeof(out)), 0);
	assert_string_equal(out, "0\n1\n2\n3\n4\nfrom b\nfrom a\n");
	(void)close(a[0]);
	(void)close(b[0]);
	(void)close(spare);
}

static void
standard_input_is_empty(void **state)
{
	char line[] = "cat | wc -c";
	char path[] = "PATH=/usr/bin:/bin";
	char *envp[] = { path, NULL };
	char out[64];

	(void)state;
	assert_int_equal(run(line, envp, NULL, 0, out, sizeof(out)), 0);
	assert_string_equal(out, "0\n");
}

static void
no_program(void **state)
{
	char name[] = "none";
	char *argv[] = { name, NULL }, *envp[] = { NULL };
	struct firma_spawn s = { .exe_fd = -1,
		.path = "/nonexistent/none",
		.argv = argv,
		.envp = envp };
	struct firma_cause cause = { 0 };
	pid_t pid = -7;

	(void)state;
	assert_int_equal(
	    firma_spawn(&s, &pid, NULL, &cause), FIRMA_ERR_NOT_FOUND);
	assert_string_equal(cause.what, "/nonexistent/none");
	assert_int_equal(cause.code, ENOENT);
	assert_int_equal(pid, -7);
	s.path = "/etc/passwd"; /* there, but no program */
	assert_int_equal(firma_spawn(&s, &pid, NULL, &cause), FIRMA_ERR_IO);
	assert_int_equal(cause.code, EACCES);
	s.n_fds = FIRMA_SPAWN_FDS + 1;
	assert_int_equal(firma_spawn(&s, &pid, NULL, NULL), FIRMA_ERR_LIMIT);
	/* No zombie of the failed tries. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void
by_descriptor(void **state)
{
	FIRMA_OWN(firma_fd_done) int exe = open("/bin/sh", O_PATH | O_CLOEXEC);
	char sh[] = "sh", c[] = "-c", line[] = "exit 5";
	char *argv[] = { sh, c, line, NULL }, *envp[] = { NULL };
	const struct firma_spawn s = { .exe_fd = exe,
		.argv = argv,
		.envp = envp,
		.fds = { -1, -1, -1 },
		.n_fds = 3 };
	int status = -1;
	pid_t pid;

	(void)state;
	assert_int_equal(firma_spawn(&s, &pid, NULL, NULL), FIRMA_OK);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 5);
}

/* die: the child of a process that is killed is killed too. */
static void
it_dies_with_its_parent(void **state)
{
	char name[] = "sleep", time[] = "60";
	char *argv[] = { name, time, NULL }, *envp[] = { NULL };
	const struct firma_spawn s = { .exe_fd = -1,
		.path = "/bin/sleep",
		.argv = argv,
		.envp = envp,
		.die = 1 };
	pid_t parent, child = -1;
	int p[2], i;

	(void)state;
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	if ((parent = fork()) == 0) {
		if (firma_spawn(&s, &child, NULL, NULL) != FIRMA_OK ||
		    write(p[1], &child, sizeof(child)) != sizeof(child))
			_exit(1);
		for (;;)
			(void)pause();
	}
	assert_int_equal(read(p[0], &child, sizeof(child)), sizeof(child));
	assert_int_equal(kill(child, 0), 0);
	assert_int_equal(kill(parent, SIGKILL), 0);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	/* It is reaped by somebody else: gone, or a zombie of theirs. */
	for (i = 0; i < 200; i++) {
		char path[64], line[256] = "";
		FILE *f;

		(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)child);
		if ((f = fopen(path, "re")) == NULL)
			break;
		(void)!fgets(line, sizeof(line), f);
		(void)fclose(f);
		if (line[0] == '\0' || strstr(line, ") Z ") != NULL ||
		    strstr(line, ") X ") != NULL)
			break;
		(void)usleep(10000);
	}
	assert_true(i < 200);
	(void)close(p[0]);
	(void)close(p[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_environment_is_what_was_given),
		cmocka_unit_test(descriptors_are_those_given),
		cmocka_unit_test(standard_input_is_empty),
		cmocka_unit_test(no_program),
		cmocka_unit_test(by_descriptor),
		cmocka_unit_test(it_dies_with_its_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
