/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is given up is really refused: a child gives it up and then tries.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/own.h"
#include "agent/base/sandbox.h"

#define MODULES (FIRMA_KEEP_UNLISTED | FIRMA_KEEP_UNIX | FIRMA_KEEP_NETLINK)

/* The line of the first broken promise; 0 when all hold. */
typedef int probe_fn(void);

/* In a child's function: stop at the first thing that is not so. */
#define SO(condition)                    \
	do {                             \
		if (!(condition))        \
			return __LINE__; \
	} while (0)
/* ... refused, by this errno */
#define REFUSED(call, e) SO((errno = 0, (call) < 0 && errno == (e)))

static void
in_child(unsigned int keep, probe_fn *probe)
{
	int pipes[2], line = -1, status = -1;
	pid_t pid;

	assert_int_equal(pipe(pipes), 0);
	assert_true((pid = fork()) >= 0);
	if (pid == 0) {
		line = firma_sandbox_begin(NULL) != FIRMA_OK ||
			firma_sandbox_finish(keep, NULL) != FIRMA_OK
		    ? __LINE__
		    : probe();
		(void)!write(pipes[1], &line, sizeof(line));
		_exit(0);
	}
	(void)close(pipes[1]);
	assert_int_equal(read(pipes[0], &line, sizeof(line)), sizeof(line));
	(void)close(pipes[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (line != 0)
		fail_msg("the promise in line %d is broken", line);
}

static int
nobody_looks_out(void)
{
	struct iovec v = { &v, sizeof(v) };
	char *const none[] = { NULL };

	REFUSED(ptrace(PTRACE_TRACEME, 0, NULL, NULL), EPERM);
	REFUSED(process_vm_readv(getppid(), &v, 1, &v, 1, 0), EPERM);
	REFUSED(process_vm_writev(getppid(), &v, 1, &v, 1, 0), EPERM);
	REFUSED(syscall(SYS_pidfd_getfd, 0, 0, 0), EPERM);
	REFUSED(syscall(SYS_bpf, 0, NULL, 0), EPERM);
	REFUSED(syscall(SYS_io_uring_setup, 1, NULL), EPERM);
	REFUSED(syscall(SYS_perf_event_open, NULL, 0, 0, 0, 0), EPERM);
	REFUSED(syscall(SYS_userfaultfd, 0), EPERM);
	REFUSED(syscall(SYS_keyctl, 0, 0, 0, 0, 0), EPERM);
	REFUSED(mount("none", "/", "tmpfs", 0, NULL), EPERM);
	REFUSED(umount2("/", 0), EPERM);
	REFUSED(syscall(SYS_unshare, 0), EPERM);
	REFUSED(syscall(SYS_setns, -1, 0), EPERM);
	REFUSED(execve("/bin/true", none, none), EPERM);
	return 0;
}

static int
no_new_process(void)
{
	char *const none[] = { NULL };

	REFUSED(syscall(SYS_fork), EPERM);
	REFUSED(syscall(SYS_vfork), EPERM);
	REFUSED(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0), EPERM);
	REFUSED(syscall(SYS_clone3, NULL, 0), ENOSYS);
	REFUSED(fork(), EPERM);
	REFUSED(
	    syscall(SYS_execveat, -1, "", none, none, AT_EMPTY_PATH), EPERM);
	return 0;
}

static void *
nothing(void *arg)
{
	return arg;
}

static int
threads_are_made(void)
{
	pthread_t t;

	SO(pthread_create(&t, NULL, nothing, NULL) == 0);
	SO(pthread_join(t, NULL) == 0);
	return 0;
}

/* The kernel takes an int: what stands in the upper half is no way around. */
static int
socket_with_rubbish_above(int family)
{
	return (int)syscall(SYS_socket,
	    (uint64_t)1 << 32 | (unsigned int)family, SOCK_STREAM, 0);
}

static int
local_sockets_alone(void)
{
	SO(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
	SO(socket(AF_NETLINK, SOCK_RAW, 0) >= 0);
	REFUSED(socket(AF_INET, SOCK_STREAM, 0), EPERM);
	REFUSED(socket(AF_INET6, SOCK_DGRAM, 0), EPERM);
	REFUSED(socket(AF_PACKET, SOCK_RAW, 0), EPERM);
	REFUSED(socket(AF_VSOCK, SOCK_STREAM, 0), EPERM);
	REFUSED(socket_with_rubbish_above(AF_INET), EPERM);
	return 0;
}

static int
the_internet_alone(void)
{
	SO(socket(AF_INET, SOCK_STREAM, 0) >= 0);
	SO(socket(AF_INET6, SOCK_DGRAM, 0) >= 0 || errno == EAFNOSUPPORT);
	REFUSED(socket(AF_UNIX, SOCK_STREAM, 0), EPERM);
	REFUSED(socket_with_rubbish_above(AF_UNIX), EPERM);
	return 0;
}

/* Protocols and calls that connect past a fence, and what reads every packet. */
static int
no_way_past_a_fence(void)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct iovec v = { &v, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	struct mmsghdr mm = { .msg_hdr = m };
	int fd, e;

	REFUSED(socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP), EPERM);
	REFUSED(socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP), EPERM);
	REFUSED(socket(AF_INET6, SOCK_STREAM, 1), EPERM);
	REFUSED(syscall(SYS_socket, AF_INET, SOCK_STREAM,
		    (uint64_t)1 << 32 | IPPROTO_MPTCP),
	    EPERM);
	REFUSED(socket(AF_INET, SOCK_SEQPACKET, 0), EPERM);
	REFUSED(socket(AF_INET, SOCK_RAW, IPPROTO_TCP), EPERM);
	REFUSED(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), EPERM);
	SO((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		IPPROTO_TCP)) >= 0);
	SO(sendto(fd, "", 1, MSG_FASTOPEN, (const struct sockaddr *)&to,
	       sizeof(to)) < 0);
	e = errno; /* a list that lacks it, or a rule against it */
	SO(e == EPERM || e == ENOSYS);
	REFUSED(sendmsg(fd, &m, MSG_FASTOPEN), e);
	REFUSED(sendmmsg(fd, &mm, 1, MSG_FASTOPEN), e);
	SO(sendto(fd, "", 1, MSG_NOSIGNAL, NULL, 0) < 0 && errno == EPIPE);
	return 0;
}

static int
outgoing_tcp_alone(void)
{
	int fd;

	SO((fd = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	SO(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP) >= 0 ||
	    errno == EAFNOSUPPORT);
	REFUSED(socket(AF_INET, SOCK_DGRAM, 0), EPERM);
	REFUSED(socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP), EPERM);
	REFUSED(listen(fd, 1), EPERM);
	return 0;
}

static int
may_listen(void)
{
	SO(listen(socket(AF_INET, SOCK_STREAM, 0), 1) == 0);
	return 0;
}

static int
no_way_back(void)
{
	struct rlimit core = { 1, 1 };

	SO(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	SO(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	SO(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0);
	SO(umask(0) == 077);
	SO(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0);
	SO(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	return 0;
}

/* What is on nobody's list was never there. */
static int
unknown_calls(void)
{
	REFUSED(syscall(SYS_setuid, 0), ENOSYS);
	REFUSED(syscall(SYS_chmod, "/", 0755), ENOSYS);
	REFUSED(syscall(SYS_link, "/a", "/b"), ENOSYS);
	REFUSED(syscall(SYS_listen, 0, 0), ENOSYS);
	REFUSED(syscall(SYS_shmget, 0, 0, 0), ENOSYS);
	REFUSED(syscall(SYS_sethostname, "x", 1), ENOSYS);
	REFUSED(syscall(1000), ENOSYS);
	REFUSED(syscall(SYS_ioctl, 0, 0x5412, ""), ENOSYS); /* TIOCSTI */
	return 0;
}

static int
no_typing(void)
{
	REFUSED(syscall(SYS_ioctl, 0, 0x5412, ""), EPERM); /* TIOCSTI */
	REFUSED(syscall(SYS_ioctl, 0, (uint64_t)1 << 32 | 0x5412, ""), EPERM);
	return 0;
}

static int
priorities_stay(void)
{
	REFUSED(setpriority(PRIO_PROCESS, 0, 1), EPERM);
	REFUSED(syscall(SYS_sched_setattr, 0, NULL, 0), EPERM);
	REFUSED(syscall(SYS_sched_setscheduler, 0, 0, NULL), EPERM);
	REFUSED(syscall(SYS_sched_setparam, 0, NULL), EPERM);
	REFUSED(syscall(SYS_ioprio_set, 1, 0, 0), EPERM);
	return 0;
}

static int
may_change_priorities(void)
{
	SO(setpriority(PRIO_PROCESS, 0, 1) == 0);
	return 0;
}

/* An open program may be started, a path not. */
static int
open_programs_alone(void)
{
	char *const none[] = { NULL };
	const int fd = open("/bin/true", O_PATH | O_CLOEXEC);
	int status = -1;
	pid_t pid;

	SO(fd >= 0);
	REFUSED(execve("/bin/true", none, none), EPERM);
	REFUSED(
	    syscall(SYS_execveat, AT_FDCWD, "/bin/true", none, none, 0), EPERM);
	SO((pid = fork()) >= 0);
	if (pid == 0) {
		static char name[] = "true";
		char *const argv[] = { name, NULL };

		(void)syscall(SYS_execveat, fd, "", argv, none, AT_EMPTY_PATH);
		_exit(9);
	}
	SO(waitpid(pid, &status, 0) == pid && status == 0);
	return 0;
}

static void
nobody_looks_into_others(void **state)
{
	(void)state;
	in_child(MODULES, nobody_looks_out);
	in_child(MODULES | FIRMA_KEEP_SPAWN, nobody_looks_out);
	in_child(FIRMA_KEEP_UNIX, nobody_looks_out);
	in_child(FIRMA_KEEP_INET, nobody_looks_out);
}

static void
no_processes_but_threads(void **state)
{
	(void)state;
	in_child(MODULES, no_new_process);
	in_child(FIRMA_KEEP_INET, no_new_process);
	in_child(MODULES, threads_are_made);
	in_child(FIRMA_KEEP_INET, threads_are_made);
}

static void
a_program_is_started_by_its_descriptor(void **state)
{
	(void)state;
	in_child(MODULES | FIRMA_KEEP_SPAWN, open_programs_alone);
}

static void
sockets_are_those_kept(void **state)
{
	(void)state;
	in_child(MODULES, local_sockets_alone);
	in_child(FIRMA_KEEP_UNIX | FIRMA_KEEP_NETLINK, local_sockets_alone);
	in_child(FIRMA_KEEP_INET, the_internet_alone);
	in_child(FIRMA_KEEP_UNLISTED | FIRMA_KEEP_INET, the_internet_alone);
	in_child(MODULES | FIRMA_KEEP_TCP, outgoing_tcp_alone);
	in_child(MODULES | FIRMA_KEEP_TCP | FIRMA_KEEP_LISTEN, may_listen);
}

static void
no_socket_gets_past_a_fence(void **state)
{
	(void)state;
	in_child(FIRMA_KEEP_INET, no_way_past_a_fence);
	in_child(FIRMA_KEEP_UNLISTED | FIRMA_KEEP_INET, no_way_past_a_fence);
	in_child(MODULES | FIRMA_KEEP_TCP, no_way_past_a_fence);
}

static void
a_priority_is_not_taken_back(void **state)
{
	(void)state;
	in_child(MODULES, priorities_stay);
	in_child(MODULES | FIRMA_KEEP_PRIORITY, may_change_priorities);
}

static void
there_is_no_way_back(void **state)
{
	(void)state;
	in_child(MODULES, no_way_back);
	in_child(FIRMA_KEEP_UNIX, no_way_back);
}

static void
what_is_not_listed_is_not_there(void **state)
{
	(void)state;
	in_child(FIRMA_KEEP_UNIX, unknown_calls);
	in_child(FIRMA_KEEP_INET, unknown_calls);
	in_child(MODULES, no_typing);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_looks_into_others),
		cmocka_unit_test(no_processes_but_threads),
		cmocka_unit_test(a_program_is_started_by_its_descriptor),
		cmocka_unit_test(sockets_are_those_kept),
		cmocka_unit_test(no_socket_gets_past_a_fence),
		cmocka_unit_test(a_priority_is_not_taken_back),
		cmocka_unit_test(there_is_no_way_back),
		cmocka_unit_test(what_is_not_listed_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
