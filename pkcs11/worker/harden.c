/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/worker/harden.h"

#include <errno.h>
#include <linux/close_range.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/base/own.h"

#define FAMILIES 64 /* more than AF_MAX of any kernel so far */

FIRMA_CHECKED static enum firma_err
fail(struct firma_cause *cause, const char *what, int e)
{
	return firma_fail(cause, FIRMA_ERR_INTERNAL, FIRMA_CAUSE_ERRNO,
	    (unsigned long)e, "%s", what);
}

enum firma_err
firma_harden_early(unsigned int first_unused, struct firma_cause *cause)
{
	const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return fail(cause, "PR_SET_NO_NEW_PRIVS", errno);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return fail(cause, "PR_SET_DUMPABLE", errno);
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return fail(cause, "RLIMIT_CORE", errno);
	(void)umask(077);
	(void)signal(SIGPIPE, SIG_IGN);
	if (syscall(SYS_close_range, first_unused, ~0u, 0u) != 0)
		return fail(cause, "close_range", errno);
	return FIRMA_OK;
}

static void
release(scmp_filter_ctx *f)
{
	if (*f != NULL)
		seccomp_release(*f);
}

static const int denied[] = {
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
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
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(keyctl),
	SCMP_SYS(add_key),
	SCMP_SYS(request_key),
};

static int
deny_sockets(scmp_filter_ctx f)
{
	for (unsigned int family = 0; family < FAMILIES; family++) {
		int e;

		if (family == AF_UNIX || family == AF_NETLINK)
			continue;
		/* The kernel takes an int: what is above bit 31 is no part. */
		e = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket),
		    1, SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffffu, family));
		if (e != 0)
			return e;
	}
	return 0;
}

enum firma_err
firma_harden_late(struct firma_cause *cause)
{
	FIRMA_OWN(release) scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	int e;

	if (f == NULL)
		return FIRMA_ERR_NOMEM;
	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
		if ((e = seccomp_rule_add(
			 f, SCMP_ACT_ERRNO(EPERM), denied[i], 0)) != 0)
			return fail(cause, "seccomp_rule_add", -e);
	if ((e = deny_sockets(f)) != 0)
		return fail(cause, "seccomp_rule_add socket", -e);
	/* The module may have started threads: they are bound too. */
	if ((e = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1)) != 0)
		return fail(cause, "SCMP_FLTATR_CTL_TSYNC", -e);
	if ((e = seccomp_load(f)) != 0)
		return fail(cause, "seccomp_load", -e);
	return FIRMA_OK;
}
