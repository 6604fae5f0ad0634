/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firma-probe.so - tries, inside a process of ours, what that process has given
 * up, and says on stderr what came of it: "probe PROGRAM NAME: EPERM" or
 * "... worked".
 *
 * It gets in in two ways.  As a PKCS#11 module: C_GetFunctionList() probes and
 * then fails.  Preloaded: PROBE_AT names the call ("accept4", "connect",
 * "read", "write" to stdout, "exit") before whose first time it probes, when the program has given up all that it will;
 * PROBE_AFTER, so many times later.  With PROBE_STDOUT it says so on stdout.
 *
 * PROBE_CONF is a file of lines, each one more thing to try:
 *   read PATH | write PATH | make PATH | abstract NAME
 *   connect TCP-PORT | mptcp PORT | fastopen TCP-PORT | listen BACKLOG
 * PROBE_LINE is one such line, for a process that can read no file.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <p11-kit/pkcs11.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/probe/next.h"

static void
report(const char *what, const char *which, long result)
{
	char line[512];
	const int n = snprintf(line, sizeof(line), "probe %s %s%s%s: %s\n",
	    program_invocation_short_name, what, which[0] != '\0' ? " " : "",
	    which, result >= 0 ? "worked" : strerrorname_np(errno));

	(void)!write(
	    getenv("PROBE_STDOUT") != NULL ? STDOUT_FILENO : STDERR_FILENO,
	    line, (size_t)n);
}

static void
close_all(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

static void
try_open(const char *what, const char *path, int flags)
{
	const int fd = open(path, flags | O_CLOEXEC, 0600);

	report(what, path, fd);
	close_all(fd);
}

/* Each process a file of its own, and once only. */
static void
try_make(const char *path)
{
	char own[4096];

	(void)snprintf(own, sizeof(own), "%s.%d", path, (int)getpid());
	try_open("make", own, O_WRONLY | O_CREAT | O_EXCL);
}

/* No list of ours names a port for these. */
static void
try_past_a_fence(const char *how, const char *port)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const bool is_mptcp = strcmp(how, "mptcp") == 0;
	const int fd = socket(
	    AF_INET, SOCK_STREAM | SOCK_CLOEXEC, is_mptcp ? IPPROTO_MPTCP : 0);
	long result = fd;

	if (fd >= 0 && is_mptcp)
		result = connect(fd, (const struct sockaddr *)&to, sizeof(to));
	else if (fd >= 0)
		result = sendto(fd, "", 1, MSG_FASTOPEN | MSG_NOSIGNAL,
		    (const struct sockaddr *)&to, sizeof(to));
	report(how, port, result);
	close_all(fd);
}

/* Without a name: any port that is free. */
static void
try_listen(const char *backlog)
{
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	report("listen", backlog,
	    fd < 0 ? fd : listen(fd, (int)strtol(backlog, NULL, 10)));
	close_all(fd);
}

static void
try_tcp(const char *port)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	report("connect", port,
	    fd < 0 ? fd
		   : connect(fd, (const struct sockaddr *)&to, sizeof(to)));
	close_all(fd);
}

static void
try_abstract(const char *name)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const size_t len = strlen(name);

	memcpy(to.sun_path + 1, name, len);
	report("abstract", "",
	    fd < 0 ? fd
		   : connect(fd, (const struct sockaddr *)&to,
			 (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			     1 + len)));
	close_all(fd);
}

static void
try_line(char *line)
{
	char *rest = strchr(line, ' ');

	line[strcspn(line, "\n")] = '\0';
	if (rest == NULL)
		return;
	*rest++ = '\0';
	if (strcmp(line, "read") == 0)
		try_open("read", rest, O_RDONLY);
	else if (strcmp(line, "write") == 0)
		try_open("write", rest, O_WRONLY);
	else if (strcmp(line, "make") == 0)
		try_make(rest);
	else if (strcmp(line, "connect") == 0)
		try_tcp(rest);
	else if (strcmp(line, "mptcp") == 0 || strcmp(line, "fastopen") == 0)
		try_past_a_fence(line, rest);
	else if (strcmp(line, "listen") == 0)
		try_listen(rest);
	else if (strcmp(line, "abstract") == 0)
		try_abstract(rest);
}

static void
try_lines(const char *path)
{
	char line[4096];
	FILE *f = path == NULL ? NULL : fopen(path, "re");

	report("conf", "", f == NULL ? -1 : 0);
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		try_line(line);
	if (f != NULL)
		(void)fclose(f);
}

static void
try_processes(void)
{
	char *const none[] = { NULL };
	const int fd = open("/bin/true", O_PATH | O_CLOEXEC);
	pid_t pid;

	report("execve", "", execve("/bin/true", none, none));
	/* In a child: it may be this program's right to make one. */
	pid = fork();
	if (pid == 0) {
		report("execveat", "",
		    syscall(SYS_execveat, fd, "", none, none, AT_EMPTY_PATH));
		_exit(0);
	}
	report("fork", "", pid);
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
	close_all(fd);
}

static void
try_others(void)
{
	static char at[8];
	struct iovec v = { at, sizeof(at) };

	report("ptrace", "", ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
	report("vm-read", "", process_vm_readv(getppid(), &v, 1, &v, 1, 0));
	report("vm-write", "", process_vm_writev(getppid(), &v, 1, &v, 1, 0));
	report("kill", "", kill(getppid(), 0));
	report("mount", "", mount("none", "/mnt", "tmpfs", 0, NULL));
	report("bpf", "", syscall(SYS_bpf, 0, NULL, 0));
	report("io_uring", "", syscall(SYS_io_uring_setup, 1, NULL));
	report("dumpable", "", prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
	errno = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? EPERM : 0;
	report("is-dumpable", "", errno == 0 ? 0 : -1);
}

static void
try_sockets(void)
{
	static const struct {
		int family, type;
		const char *name;
	} all[] = { { AF_INET, SOCK_STREAM, "inet" },
		{ AF_INET6, SOCK_DGRAM, "inet6" },
		{ AF_PACKET, SOCK_RAW, "packet" },
		{ AF_UNIX, SOCK_STREAM, "unix" },
		{ AF_NETLINK, SOCK_RAW, "netlink" } };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const int fd = socket(all[i].family, all[i].type, 0);

		report("socket", all[i].name, fd);
		close_all(fd);
	}
}

static void
probe(void)
{
	char *line = NULL;

	try_processes();
	try_others();
	try_sockets();
	try_lines(getenv("PROBE_CONF"));
	if (getenv("PROBE_LINE") != NULL &&
	    (line = strdup(getenv("PROBE_LINE"))) != NULL)
		try_line(line);
	free(line);
	report("end", "", 0);
}

__attribute__((visibility("default"))) CK_RV
C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR ret)
{
	(void)ret;
	probe();
	return CKR_GENERAL_ERROR;
}

static void
point(const char *call)
{
	static atomic_ulong n_seen;
	const char *at = getenv("PROBE_AT"), *after = getenv("PROBE_AFTER");
	const int e = errno;

	if (at != NULL && strcmp(at, call) == 0 &&
	    atomic_fetch_add(&n_seen, 1) ==
		(after == NULL ? 0 : strtoul(after, NULL, 10)))
		probe();
	errno = e;
}

int
accept4(int fd, __SOCKADDR_ARG from, socklen_t *len, int flags)
{
	NEXT(accept4)
	point("accept4");
	return next(fd, from, len, flags);
}

int
connect(int fd, __CONST_SOCKADDR_ARG to, socklen_t len)
{
	NEXT(connect)
	point("connect");
	return next(fd, to, len);
}

ssize_t
read(int fd, void *at, size_t len)
{
	NEXT(read)
	if (fd == STDIN_FILENO)
		point("read");
	return next(fd, at, len);
}

/* For what prints by stdio alone, which calls no write() that is seen here. */
__attribute__((destructor)) static void
at_exit(void)
{
	point("exit");
}

ssize_t
write(int fd, const void *at, size_t len)
{
	NEXT(write)
	if (fd == STDOUT_FILENO)
		point("write");
	return next(fd, at, len);
}
