/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/sandbox.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/in.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "agent/base/own.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define FAMILIES 64          /* more than AF_MAX of any kernel so far */
#define INT_MASK 0xffffffffu /* the kernel takes an int: bits above are none */
#define TYPES    16          /* of a socket: what stands beside its flags */
#define SENDS    3           /* calls that send with flags */

FIRMA_CHECKED static enum firma_err
fail(struct firma_cause *cause, const char *what, int e)
{
	return firma_fail(cause, FIRMA_ERR_INTERNAL, FIRMA_CAUSE_ERRNO,
	    (unsigned long)e, "%s", what);
}

enum firma_err
firma_sandbox_begin(struct firma_cause *cause)
{
	const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return fail(cause, "PR_SET_NO_NEW_PRIVS", errno);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return fail(cause, "PR_SET_DUMPABLE", errno);
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return fail(cause, "RLIMIT_CORE", errno);
	(void)umask(077);
	return FIRMA_OK;
}

static void
release(scmp_filter_ctx *f)
{
	if (*f != NULL)
		seccomp_release(*f);
}

/* Nobody has a use for these; each is refused with EPERM. */
static const int nobodys[] = {
	SCMP_SYS(execve), /* with a path */
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(process_madvise),
	SCMP_SYS(pidfd_getfd),
	SCMP_SYS(kcmp),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(bpf),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(io_uring_setup), /* opens sockets without socket(2) */
	SCMP_SYS(mount),
	SCMP_SYS(umount2),
	SCMP_SYS(move_mount),
	SCMP_SYS(open_tree),
	SCMP_SYS(fsopen),
	SCMP_SYS(fsmount),
	SCMP_SYS(mount_setattr),
	SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),
	SCMP_SYS(unshare),
	SCMP_SYS(setns),
	SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(delete_module),
	SCMP_SYS(reboot),
	SCMP_SYS(swapon),
	SCMP_SYS(swapoff),
	SCMP_SYS(quotactl),
	SCMP_SYS(acct),
	SCMP_SYS(syslog),
	SCMP_SYS(settimeofday),
	SCMP_SYS(clock_settime),
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(keyctl),
	SCMP_SYS(add_key),
	SCMP_SYS(request_key),
};

/*
 * What a program of ours, libc, OpenSSL, libcurl and libpcsclite call: read,
 * write, map, wait, threads.  socket, clone, execveat, prctl and ioctl have
 * rules of their own besides.
 */
static const int listed[] = {
	/* files */
	SCMP_SYS(access), SCMP_SYS(close), SCMP_SYS(close_range),
	SCMP_SYS(copy_file_range), SCMP_SYS(dup), SCMP_SYS(dup2),
	SCMP_SYS(dup3), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
	SCMP_SYS(fadvise64), SCMP_SYS(fallocate), SCMP_SYS(fchdir),
	SCMP_SYS(fchmod), SCMP_SYS(fcntl), SCMP_SYS(fdatasync), SCMP_SYS(flock),
	SCMP_SYS(fstat), SCMP_SYS(fstatfs), SCMP_SYS(fsync),
	SCMP_SYS(ftruncate), SCMP_SYS(getcwd), SCMP_SYS(getdents64),
	SCMP_SYS(lseek), SCMP_SYS(lstat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
	SCMP_SYS(newfstatat), SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(pipe),
	SCMP_SYS(pipe2), SCMP_SYS(pread64), SCMP_SYS(preadv),
	SCMP_SYS(pwrite64), SCMP_SYS(pwritev), SCMP_SYS(read),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(readv),
	SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(stat), SCMP_SYS(statfs), SCMP_SYS(statx), SCMP_SYS(umask),
	SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(write), SCMP_SYS(writev),
	/* memory */
	SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(membarrier),
	SCMP_SYS(memfd_create), SCMP_SYS(mincore), SCMP_SYS(mlock),
	SCMP_SYS(mlock2), SCMP_SYS(mmap), SCMP_SYS(mprotect), SCMP_SYS(mremap),
	SCMP_SYS(munlock), SCMP_SYS(munmap),
	/* the process, its threads and its signals */
	SCMP_SYS(arch_prctl), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(futex), SCMP_SYS(get_robust_list), SCMP_SYS(getegid),
	SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getgroups),
	SCMP_SYS(getpgid), SCMP_SYS(getpgrp), SCMP_SYS(getpid),
	SCMP_SYS(getppid), SCMP_SYS(getrandom), SCMP_SYS(getresgid),
	SCMP_SYS(getresuid), SCMP_SYS(getrlimit), SCMP_SYS(getrusage),
	SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(kill),
	SCMP_SYS(landlock_add_rule), SCMP_SYS(landlock_create_ruleset),
	SCMP_SYS(landlock_restrict_self), SCMP_SYS(prlimit64),
	SCMP_SYS(restart_syscall), SCMP_SYS(rseq), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigpending), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigsuspend), SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_getparam),
	SCMP_SYS(sched_getscheduler), SCMP_SYS(sched_yield), SCMP_SYS(seccomp),
	SCMP_SYS(set_robust_list), SCMP_SYS(set_tid_address),
	SCMP_SYS(setrlimit), SCMP_SYS(sigaltstack), SCMP_SYS(sysinfo),
	SCMP_SYS(tgkill), SCMP_SYS(times), SCMP_SYS(uname),
	/* time and waiting */
	SCMP_SYS(clock_getres), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(epoll_create),
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2), SCMP_SYS(epoll_wait), SCMP_SYS(eventfd2),
	SCMP_SYS(gettimeofday), SCMP_SYS(nanosleep), SCMP_SYS(pause),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(pselect6), SCMP_SYS(select),
	SCMP_SYS(signalfd4), SCMP_SYS(time), SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_gettime), SCMP_SYS(timerfd_settime),
	/* sockets: which, is said below */
	SCMP_SYS(bind), SCMP_SYS(connect), SCMP_SYS(getpeername),
	SCMP_SYS(getsockname), SCMP_SYS(getsockopt), SCMP_SYS(recvfrom),
	SCMP_SYS(recvmmsg), SCMP_SYS(recvmsg), SCMP_SYS(setsockopt),
	SCMP_SYS(shutdown), SCMP_SYS(socketpair)
};

/* socket(2), execveat(2) and what sends are listed by the rules that bound
 * them. */
static int
add_calls(scmp_filter_ctx f, unsigned int keep)
{
	int e = 0;

	for (size_t i = 0; e == 0 && i < COUNT(nobodys); i++)
		e = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), nobodys[i], 0);
	if ((keep & FIRMA_KEEP_UNLISTED) != 0)
		return e;
	for (size_t i = 0; e == 0 && i < COUNT(listed); i++)
		e = seccomp_rule_add(f, SCMP_ACT_ALLOW, listed[i], 0);
	return e;
}

static int
on_int(scmp_filter_ctx f, uint32_t action, int call, unsigned int at,
    unsigned int value)
{
	return seccomp_rule_add(f, action, call, 1,
	    SCMP_CMP(at, SCMP_CMP_MASKED_EQ, INT_MASK, value));
}

static bool
is_internet(unsigned int family)
{
	return family == AF_INET || family == AF_INET6;
}

static bool
keeps_internet(unsigned int keep)
{
	return (keep & (FIRMA_KEEP_INET | FIRMA_KEEP_TCP)) != 0;
}

static bool
keeps_family(unsigned int keep, unsigned int family)
{
	switch (family) {
	case AF_UNIX:
		return (keep & FIRMA_KEEP_UNIX) != 0;
	case AF_NETLINK:
		return (keep & FIRMA_KEEP_NETLINK) != 0;
	case AF_INET:
	case AF_INET6:
		return keeps_internet(keep);
	default:
		return false;
	}
}

/* The protocol that a type of internet socket may have, besides 0, which means
 * the same; 0 for none. */
static unsigned int
protocol_of(unsigned int keep, unsigned int type)
{
	if (type == SOCK_STREAM)
		return IPPROTO_TCP;
	return type == SOCK_DGRAM && (keep & FIRMA_KEEP_INET) != 0 ? IPPROTO_UDP
								   : 0;
}

static int
on_socket(scmp_filter_ctx f, uint32_t action, unsigned int family,
    unsigned int type, struct scmp_arg_cmp protocol)
{
	return seccomp_rule_add(f, action, SCMP_SYS(socket), 3,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, INT_MASK, family),
	    SCMP_A1(SCMP_CMP_MASKED_EQ, TYPES - 1, type), protocol);
}

/* All but one protocol, and but 0, of a type. */
static int
refuse_protocols(
    scmp_filter_ctx f, unsigned int family, unsigned int type, unsigned int but)
{
	const uint32_t no = SCMP_ACT_ERRNO(EPERM);
	int e = on_socket(f, no, family, type, SCMP_A2(SCMP_CMP_GT, but));

	for (unsigned int p = 1; e == 0 && p < but; p++)
		e = on_socket(f, no, family, type,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, INT_MASK, p));
	return e;
}

/* A type of which no protocol is kept. */
static int
refuse_type(scmp_filter_ctx f, unsigned int family, unsigned int type)
{
	return seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 2,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, INT_MASK, family),
	    SCMP_A1(SCMP_CMP_MASKED_EQ, TYPES - 1, type));
}

/*
 * SCTP and MPTCP connect past a fence (fence.h), and raw sockets past
 * everything: a family alone is not what is meant.
 */
static int
add_internet(scmp_filter_ctx f, unsigned int keep, unsigned int family)
{
	int e = 0;

	for (unsigned int type = 0; e == 0 && type < TYPES; type++) {
		const unsigned int protocol = protocol_of(keep, type);

		if (protocol == 0) {
			e = refuse_type(f, family, type);
			continue;
		}
		e = refuse_protocols(f, family, type, protocol);
		if (e != 0 || (keep & FIRMA_KEEP_UNLISTED) != 0)
			continue;
		if ((e = on_socket(f, SCMP_ACT_ALLOW, family, type,
			 SCMP_A2(SCMP_CMP_MASKED_EQ, INT_MASK, 0))) == 0)
			e = on_socket(f, SCMP_ACT_ALLOW, family, type,
			    SCMP_A2(SCMP_CMP_MASKED_EQ, INT_MASK, protocol));
	}
	return e;
}

/* TCP fast open connects by sending, which no fence sees. */
static int
add_sending(scmp_filter_ctx f, unsigned int keep)
{
	static const struct {
		int call;
		unsigned int flags; /* which argument */
	} sends[SENDS] = { { SCMP_SYS(sendto), 3 }, { SCMP_SYS(sendmsg), 2 },
		{ SCMP_SYS(sendmmsg), 3 } };
	const bool is_listed = (keep & FIRMA_KEEP_UNLISTED) == 0;
	int e = 0;

	for (size_t i = 0; e == 0 && i < SENDS; i++)
		if (is_listed)
			e = seccomp_rule_add(f, SCMP_ACT_ALLOW, sends[i].call,
			    1,
			    SCMP_CMP(sends[i].flags, SCMP_CMP_MASKED_EQ,
				MSG_FASTOPEN, 0));
		else if (keeps_internet(keep))
			e = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM),
			    sends[i].call, 1,
			    SCMP_CMP(sends[i].flags, SCMP_CMP_MASKED_EQ,
				MSG_FASTOPEN, MSG_FASTOPEN));
	return e;
}

/* listen(2) takes a port that nobody named with bind(2), past a fence. */
static int
add_listening(scmp_filter_ctx f, unsigned int keep)
{
	const unsigned int both = FIRMA_KEEP_UNLISTED | FIRMA_KEEP_TCP;

	return (keep & both) == both && (keep & FIRMA_KEEP_LISTEN) == 0
	    ? seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(listen), 0)
	    : 0;
}

static int
add_sockets(scmp_filter_ctx f, unsigned int keep)
{
	int e = 0;

	for (unsigned int family = 0; e == 0 && family < FAMILIES; family++)
		if (!keeps_family(keep, family))
			e = on_int(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket),
			    0, family);
		else if (is_internet(family))
			e = add_internet(f, keep, family);
		else if ((keep & FIRMA_KEEP_UNLISTED) == 0)
			e = on_int(
			    f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 0, family);
	if (e == 0)
		e = add_sending(f, keep);
	return e == 0 ? add_listening(f, keep) : e;
}

#ifdef __s390__
#define CLONE_FLAGS 1 /* which argument of clone(2) */
#else
#define CLONE_FLAGS 0
#endif

FIRMA_CHECKED static int
add_no_processes(scmp_filter_ctx f, unsigned int keep)
{
	const uint32_t no = SCMP_ACT_ERRNO(EPERM);
	int e;

	if ((e = seccomp_rule_add(f, no, SCMP_SYS(execveat), 0)) != 0 ||
	    (e = seccomp_rule_add(f, no, SCMP_SYS(fork), 0)) != 0 ||
	    (e = seccomp_rule_add(f, no, SCMP_SYS(vfork), 0)) != 0 ||
	    (e = seccomp_rule_add(f, no, SCMP_SYS(clone), 1,
		 SCMP_CMP(CLONE_FLAGS, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0))) !=
		0)
		return e;
	if ((keep & FIRMA_KEEP_UNLISTED) == 0)
		return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		    SCMP_CMP(CLONE_FLAGS, SCMP_CMP_MASKED_EQ, CLONE_THREAD,
			CLONE_THREAD));
	/* It hides its flags in memory; libc goes on with clone(). */
	return seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

static int
add_processes(scmp_filter_ctx f, unsigned int keep)
{
	if ((keep & FIRMA_KEEP_SPAWN) == 0)
		return add_no_processes(f, keep);
	return seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(execveat), 1,
	    SCMP_A4(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, 0));
}

/* Nobody takes back what priority it was given. */
static int
add_priorities(scmp_filter_ctx f, unsigned int keep)
{
	static const int calls[] = { SCMP_SYS(setpriority),
		SCMP_SYS(sched_setattr), SCMP_SYS(sched_setparam),
		SCMP_SYS(sched_setscheduler), SCMP_SYS(ioprio_set) };
	int e = 0;

	if ((keep & FIRMA_KEEP_UNLISTED) == 0 ||
	    (keep & FIRMA_KEEP_PRIORITY) != 0)
		return 0;
	for (size_t i = 0; e == 0 && i < COUNT(calls); i++)
		e = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), calls[i], 0);
	return e;
}

/* Ways out for who may call anything else. */
static int
add_escapes(scmp_filter_ctx f)
{
	int e;

	/* 0 stays allowed: the processes that we start say it. */
	e = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prctl), 2,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, INT_MASK, PR_SET_DUMPABLE),
	    SCMP_A1(SCMP_CMP_NE, 0));
	if (e == 0)
		e = on_int(
		    f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1, TIOCSTI);
	if (e == 0)
		e = on_int(
		    f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1, TIOCLINUX);
	return e;
}

/* The harmless ones of two calls that do everything. */
static int
add_options(scmp_filter_ctx f)
{
	static const unsigned int prctls[] = { PR_GET_DUMPABLE, PR_SET_NAME,
		PR_GET_NAME, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS,
		PR_SET_PDEATHSIG, PR_SET_VMA };
	static const unsigned int ioctls[] = { FIONBIO, FIONREAD, TCGETS,
		TCSETS, TCSETSW, TCSETSF, TIOCGWINSZ, TIOCGPGRP };
	int e = 0;

	for (size_t i = 0; e == 0 && i < COUNT(prctls); i++)
		e = on_int(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 0, prctls[i]);
	for (size_t i = 0; e == 0 && i < COUNT(ioctls); i++)
		e = on_int(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, ioctls[i]);
	return e;
}

enum firma_err
firma_sandbox_finish(unsigned int keep, struct firma_cause *cause)
{
	FIRMA_OWN(release)
	scmp_filter_ctx f = seccomp_init((keep & FIRMA_KEEP_UNLISTED) != 0
		? SCMP_ACT_ALLOW
		: SCMP_ACT_ERRNO(ENOSYS));
	int e;

	if (f == NULL)
		return FIRMA_ERR_NOMEM;
	if ((e = add_calls(f, keep)) != 0 || (e = add_sockets(f, keep)) != 0 ||
	    (e = add_processes(f, keep)) != 0 ||
	    (e = add_priorities(f, keep)) != 0 ||
	    (e = (keep & FIRMA_KEEP_UNLISTED) != 0 ? add_escapes(f)
						   : add_options(f)) != 0)
		return fail(cause, "seccomp_rule_add", -e);
	/* A module may have started threads: they are bound too. */
	if ((e = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1)) != 0)
		return fail(cause, "SCMP_FLTATR_CTL_TSYNC", -e);
	if ((e = seccomp_load(f)) != 0)
		return fail(cause, "seccomp_load", -e);
	return FIRMA_OK;
}
