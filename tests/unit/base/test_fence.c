/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fence holds: a child closes one and then tries to get over it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/fence.h"
#include "agent/base/own.h"

#define SO(condition)                    \
	do {                             \
		if (!(condition))        \
			return __LINE__; \
	} while (0)
#define REFUSED(call, e) SO((errno = 0, (call) < 0 && errno == (e)))

typedef int probe_fn(void);

static char folder[PATH_MAX]; /* has in/, out/, and a file in each */
static unsigned int abi;

static const char *
at(const char *name)
{
	static char path[4][PATH_MAX + 32];
	static unsigned int n;
	char *p = path[n++ % 4];

	(void)snprintf(p, sizeof(path[0]), "%s/%s", folder, name);
	return p;
}

static int
setup(void **state)
{
	struct firma_fence f;

	(void)state;
	assert_int_equal(firma_fence_begin(&f, 0, NULL), FIRMA_OK);
	abi = f.abi;
	firma_fence_done(&f);
	(void)snprintf(folder, sizeof(folder), "%s/fence.XXXXXX",
	    getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(mkdir(at("in"), 0700), 0);
	assert_int_equal(mkdir(at("out"), 0700), 0);
	assert_int_equal(close(creat(at("in/file"), 0600)), 0);
	assert_int_equal(close(creat(at("out/file"), 0600)), 0);
	return 0;
}

static int
teardown(void **state)
{
	char command[PATH_MAX + 16];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static void
in_child(probe_fn *probe)
{
	int pipes[2], line = -1, status = -1;
	pid_t pid;

	assert_int_equal(pipe(pipes), 0);
	assert_true((pid = fork()) >= 0);
	if (pid == 0) {
		line = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ? __LINE__
								   : probe();
		(void)!write(pipes[1], &line, sizeof(line));
		_exit(0);
	}
	(void)close(pipes[1]);
	assert_int_equal(read(pipes[0], &line, sizeof(line)), sizeof(line));
	(void)close(pipes[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (line != 0)
		fail_msg("not so in line %d", line);
}

/* Skip what this kernel cannot fence. */
static void
needs_abi(unsigned int least)
{
	if (abi >= least)
		return;
	print_message(
	    "skipped: Landlock's ABI is %u here, not %u\n", abi, least);
	skip();
}

static int
can_open(const char *path, int flags)
{
	const int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		(void)close(fd);
	return fd;
}

static int
writes_inside(void)
{
	struct firma_fence f;

	SO(firma_fence_begin(&f, FIRMA_FENCE_WRITE | FIRMA_FENCE_MAKE, NULL) ==
	    FIRMA_OK);
	SO(firma_fence_allow(&f, at("in"), FIRMA_FENCE_WRITE | FIRMA_FENCE_MAKE,
	       NULL) == FIRMA_OK);
	SO(firma_fence_close(&f, NULL) == FIRMA_OK);
	SO(can_open(at("in/file"), O_RDWR | O_TRUNC) >= 0);
	SO(can_open(at("in/new"), O_WRONLY | O_CREAT) >= 0);
	SO(rename(at("in/new"), at("in/newer")) == 0);
	SO(mkdir(at("in/folder"), 0700) == 0 && rmdir(at("in/folder")) == 0);
	SO(unlink(at("in/newer")) == 0);
	SO(can_open(at("out/file"), O_RDONLY) >= 0);
	REFUSED(can_open(at("out/file"), O_WRONLY), EACCES);
	REFUSED(can_open(at("out/new"), O_WRONLY | O_CREAT), EACCES);
	REFUSED(mkdir(at("out/folder"), 0700), EACCES);
	REFUSED(unlink(at("out/file")), EACCES);
	REFUSED(symlink("/", at("out/link")), EACCES);
	REFUSED(
	    rename(at("in/file"), at("out/stolen")), abi < 2 ? EXDEV : EACCES);
	if (abi >= 3)
		REFUSED(truncate(at("out/file"), 0), EACCES);
	return 0;
}

static int
reads_and_executes_inside(void)
{
	char *const none[] = { NULL };
	struct firma_fence f;

	SO(firma_fence_begin(
	       &f, FIRMA_FENCE_READ | FIRMA_FENCE_EXECUTE, NULL) == FIRMA_OK);
	SO(firma_fence_allow(&f, at("in"), FIRMA_FENCE_READ, NULL) == FIRMA_OK);
	SO(firma_fence_allow(&f, at("out/file"), FIRMA_FENCE_READ, NULL) ==
	    FIRMA_OK);
	SO(firma_fence_close(&f, NULL) == FIRMA_OK);
	SO(can_open(at("in/file"), O_RDONLY) >= 0);
	SO(can_open(at("in"), O_RDONLY | O_DIRECTORY) >= 0);
	SO(can_open(at("out/file"), O_RDONLY) >= 0);
	REFUSED(can_open(at("out"), O_RDONLY | O_DIRECTORY), EACCES);
	REFUSED(can_open("/etc/passwd", O_RDONLY), EACCES);
	REFUSED(execve("/bin/true", none, none), EACCES);
	return 0;
}

/* A listening TCP socket's port; the socket stays open. */
static unsigned int
listen_tcp(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 &&
		bind(fd, (const struct sockaddr *)&a, sizeof(a)) == 0 &&
		listen(fd, 4) == 0 &&
		getsockname(fd, (struct sockaddr *)&a, &len) == 0
	    ? ntohs(a.sin_port)
	    : 0;
}

static int
connect_tcp(unsigned int port)
{
	const struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	FIRMA_OWN(firma_fd_done)
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (const struct sockaddr *)&a, sizeof(a));
}

static int
one_port_alone(void)
{
	const unsigned int mine = listen_tcp(), other = listen_tcp();
	struct firma_fence f;

	SO(mine != 0 && other != 0);
	SO(firma_fence_begin(&f, FIRMA_FENCE_TCP | FIRMA_FENCE_LISTEN, NULL) ==
	    FIRMA_OK);
	SO(firma_fence_allow_port(&f, mine, NULL) == FIRMA_OK);
	SO(firma_fence_close(&f, NULL) == FIRMA_OK);
	SO(connect_tcp(mine) == 0);
	REFUSED(connect_tcp(other), EACCES);
	SO(listen_tcp() == 0);
	return 0;
}

static int
abstract_socket(const char *name, bool is_server)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "%s", name);
	return fd < 0 ||
		(is_server ? bind(fd, (const struct sockaddr *)&a, sizeof(a)) !=
				0 ||
			    listen(fd, 1) != 0
			   : connect(fd, (const struct sockaddr *)&a,
				 sizeof(a)) != 0)
	    ? -1
	    : fd;
}

static char abstract_name[64];

static int
outside_is_out_of_reach(void)
{
	struct firma_fence f;

	SO(abstract_socket(abstract_name, false) >= 0);
	SO(kill(getppid(), 0) == 0);
	SO(firma_fence_begin(&f, FIRMA_FENCE_ABSTRACT | FIRMA_FENCE_SIGNAL,
	       NULL) == FIRMA_OK);
	SO(firma_fence_close(&f, NULL) == FIRMA_OK);
	REFUSED(abstract_socket(abstract_name, false), EPERM);
	REFUSED(kill(getppid(), 0), EPERM);
	SO(kill(getpid(), 0) == 0);
	return 0;
}

static void
files_outside_stay_as_they_are(void **state)
{
	(void)state;
	needs_abi(1);
	in_child(writes_inside);
}

static void
only_what_is_named_is_read(void **state)
{
	(void)state;
	needs_abi(1);
	in_child(reads_and_executes_inside);
}

static void
only_the_port_that_is_named(void **state)
{
	(void)state;
	needs_abi(4);
	in_child(one_port_alone);
}

static void
others_are_not_reached(void **state)
{
	int fd;

	(void)state;
	needs_abi(6);
	(void)snprintf(
	    abstract_name, sizeof(abstract_name), "fence-%d", (int)getpid());
	assert_true((fd = abstract_socket(abstract_name, true)) >= 0);
	in_child(outside_is_out_of_reach);
	(void)close(fd);
}

static void
a_missing_path_is_said(void **state)
{
	const char *const list[] = { at("nothing"), at("in"), NULL };
	struct firma_cause cause = { 0 };
	struct firma_fence f;

	(void)state;
	assert_int_equal(
	    firma_fence_begin(&f, FIRMA_FENCE_WRITE, NULL), FIRMA_OK);
	assert_int_equal(
	    firma_fence_allow(&f, at("nothing"), FIRMA_FENCE_WRITE, &cause),
	    FIRMA_ERR_NOT_FOUND);
	assert_int_equal(cause.code, ENOENT);
	assert_non_null(strstr(cause.what, "nothing"));
	/* What is left out is no cause of what comes later. */
	cause = (struct firma_cause){ 0 };
	assert_int_equal(
	    firma_fence_allow_all(&f, list, FIRMA_FENCE_WRITE, &cause),
	    FIRMA_OK);
	assert_string_equal(cause.what, "");
	firma_fence_done(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_outside_stay_as_they_are),
		cmocka_unit_test(only_what_is_named_is_read),
		cmocka_unit_test(only_the_port_that_is_named),
		cmocka_unit_test(others_are_not_reached),
		cmocka_unit_test(a_missing_path_is_said),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
