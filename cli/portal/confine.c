/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/portal/confine.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define FILE_OCTETS ((rlim_t)64 * 1024 * 1024)
#define DESCRIPTORS ((rlim_t)64)

#ifdef __SANITIZE_ADDRESS__
/*
 * The leak checker looks into the process with ptrace(2), which is given up
 * here; told so, it does not try (sanitizer/lsan_interface.h).
 */
int __lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
	return 1;
}
#endif

static enum firma_err
failed(struct firma_cause *cause, int e, const char *what)
{
	return firma_fail(cause, FIRMA_ERR_INTERNAL, FIRMA_CAUSE_ERRNO,
	    (unsigned long)e, "%s", what);
}

static int
limit(int what, rlim_t most)
{
	struct rlimit now;

	if (getrlimit((__rlimit_resource_t)what, &now) != 0)
		return -1;
	if (now.rlim_max == RLIM_INFINITY || now.rlim_max > most)
		now.rlim_max = most;
	now.rlim_cur = now.rlim_max;
	return setrlimit((__rlimit_resource_t)what, &now);
}

enum firma_err
portal_confine_begin(struct firma_cause *cause)
{
	if (close_range(STDERR_FILENO + 1, ~0U, 0) != 0)
		return failed(cause, errno, "close_range");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) != 0)
		return failed(cause, errno, "prctl");
	if (limit(RLIMIT_CORE, 0) != 0 ||
	    limit(RLIMIT_FSIZE, FILE_OCTETS) != 0 ||
	    limit(RLIMIT_NOFILE, DESCRIPTORS) != 0)
		return failed(cause, errno, "setrlimit");
	return FIRMA_OK;
}

/* Calls that no helper has a use for; each is refused with EPERM. */
static const int refused[] = {
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(pidfd_getfd),
	SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(keyctl),
	SCMP_SYS(add_key),
	SCMP_SYS(request_key),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(mount),
	SCMP_SYS(umount2),
	SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),
	SCMP_SYS(setns),
	SCMP_SYS(unshare),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(kexec_load),
};

static int
add_rules(scmp_filter_ctx f, enum portal_confine how)
{
	int r;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if ((r = seccomp_rule_add(
			 f, SCMP_ACT_ERRNO(EPERM), refused[i], 0)) != 0)
			return r;
	if (how == PORTAL_CONFINE_NO_NETWORK)
		return seccomp_rule_add(
		    f, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 0);
	/* IPv4, IPv6, and the netlink socket that getaddrinfo() asks. */
	return seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 1,
	    SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
}

enum firma_err
portal_confine_finish(enum portal_confine how, struct firma_cause *cause)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	int r;

	if (f == NULL)
		return FIRMA_ERR_NOMEM;
	if ((r = add_rules(f, how)) == 0)
		r = seccomp_load(f);
	seccomp_release(f);
	return r == 0 ? FIRMA_OK : failed(cause, -r, "seccomp");
}
