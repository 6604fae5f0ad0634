/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct who {
	uid_t uid;
	gid_t gid;
	const char *name; /* NULL: a bare number */
};

FIRMA_CHECKED static enum firma_err
fail(struct firma_cause *cause, enum firma_err r, const char *what)
{
	const int e = errno;

	if (r == FIRMA_ERR_IO && (e == EROFS || e == EACCES))
		r = FIRMA_ERR_READ_ONLY;
	if (r == FIRMA_ERR_IO && e == ENOSPC)
		r = FIRMA_ERR_DISK_FULL;
	return firma_fail(
	    cause, r, FIRMA_CAUSE_ERRNO, (unsigned long)e, "%.140s", what);
}

FIRMA_CHECKED static enum firma_err
find_user(const char *user, struct who *ret, struct firma_cause *cause)
{
	const struct passwd *pw;
	unsigned long n;
	char *end;

	if (user == NULL || user[0] == '\0')
		return firma_fail(cause, FIRMA_ERR_DENIED, FIRMA_CAUSE_NONE, 0,
		    "firmad does not run as root: give --user NAME, or user = "
		    "NAME in [agent]");
	if ((pw = getpwnam(user)) != NULL) {
		*ret = (struct who){ pw->pw_uid, pw->pw_gid, pw->pw_name };
	} else {
		errno = 0;
		n = strtoul(user, &end, 10);
		if (*end != '\0' || errno != 0 || n > 0x7fffffff)
			return firma_fail(cause, FIRMA_ERR_NOT_FOUND,
			    FIRMA_CAUSE_NONE, 0, "user %.64s", user);
		*ret = (struct who){ (uid_t)n, (gid_t)n, NULL };
	}
	if (ret->uid == 0)
		return firma_fail(cause, FIRMA_ERR_DENIED, FIRMA_CAUSE_NONE, 0,
		    "firmad does not run as root: user %.64s is root", user);
	return FIRMA_OK;
}

/* With its parents; the last one belongs to who. */
FIRMA_CHECKED static enum firma_err
make_folder(const char *path, mode_t mode, const struct who *who,
    struct firma_cause *cause)
{
	char part[1024];
	struct stat st;

	(void)snprintf(part, sizeof(part), "%s", path);
	for (char *p = part + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(part, 0755) != 0 && errno != EEXIST &&
		    errno != EACCES && errno != EROFS)
			return fail(cause, FIRMA_ERR_IO, part);
		*p = '/';
	}
	if (mkdir(path, mode) == 0) {
		/* The mode is meant as it stands, whatever the umask. */
		if (chmod(path, mode) != 0)
			return fail(cause, FIRMA_ERR_IO, path);
		if (who != NULL && chown(path, who->uid, who->gid) != 0)
			return fail(cause, FIRMA_ERR_IO, path);
		return FIRMA_OK;
	}
	if (errno != EEXIST || stat(path, &st) != 0)
		return fail(cause, FIRMA_ERR_IO, path);
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return fail(cause, FIRMA_ERR_IO, path);
	}
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
make_folders(const struct firma_agent *a, const struct who *who,
    struct firma_cause *cause)
{
	char folder[512];
	char *slash;
	enum firma_err r;

	if ((r = make_folder(a->state_dir, 0700, who, cause)) != FIRMA_OK)
		return r;
	if (a->listen_fd >= 0)
		return FIRMA_OK; /* systemd made it */
	(void)snprintf(folder, sizeof(folder), "%s", a->socket_path);
	slash = strrchr(folder, '/');
	if (slash == NULL || slash == folder)
		return FIRMA_OK;
	*slash = '\0';
	/* A service lets everybody come to its socket, to be refused by rule. */
	return make_folder(folder, who != NULL ? 0755 : 0700, who, cause);
}

enum firma_err
firma_privileges_drop(
    struct firma_agent *a, const char *user, struct firma_cause *cause)
{
	struct who who = { 0 };
	enum firma_err r;

	(void)umask(077);
	if (geteuid() != 0)
		return make_folders(a, NULL, cause);
	if ((r = find_user(user, &who, cause)) != FIRMA_OK ||
	    (r = make_folders(a, &who, cause)) != FIRMA_OK)
		return r;
	if ((who.name != NULL ? initgroups(who.name, who.gid)
			      : setgroups(0, NULL)) != 0 ||
	    setresgid(who.gid, who.gid, who.gid) != 0 ||
	    setresuid(who.uid, who.uid, who.uid) != 0)
		return fail(cause, FIRMA_ERR_IO, "becoming the user");
	/* Belt and braces: there is no way back. */
	if (setuid(0) == 0 || geteuid() == 0)
		return firma_fail(cause, FIRMA_ERR_INTERNAL, FIRMA_CAUSE_NONE,
		    0, "still root");
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
filter(struct firma_cause *cause)
{
	static const int refused[] = { SCMP_SYS(ptrace),
		SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
		SCMP_SYS(bpf), SCMP_SYS(mount), SCMP_SYS(umount2),
		SCMP_SYS(pivot_root), SCMP_SYS(kexec_load),
		SCMP_SYS(kexec_file_load), SCMP_SYS(init_module),
		SCMP_SYS(finit_module), SCMP_SYS(delete_module),
		SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd),
		SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(io_uring_setup),
		SCMP_SYS(unshare), SCMP_SYS(setns) };
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int e = 0;

	if (ctx == NULL)
		return FIRMA_ERR_NOMEM;
	for (size_t i = 0; e == 0 && i < sizeof(refused) / sizeof(refused[0]);
	     i++)
		e = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
	/* AF_UNIX: clients, pcscd, journal.  AF_NETLINK: libusb in a token
	 * process.  Domains below and above are refused. */
	for (int domain = 0; e == 0 && domain < AF_MAX; domain++)
		if (domain != AF_UNIX && domain != AF_NETLINK)
			e = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM),
			    SCMP_SYS(socket), 1,
			    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)domain));
	if (e == 0)
		e = seccomp_load(ctx);
	seccomp_release(ctx);
	if (e != 0)
		return firma_fail(cause, FIRMA_ERR_INTERNAL, FIRMA_CAUSE_ERRNO,
		    (unsigned long)-e, "seccomp");
	return FIRMA_OK;
}

enum firma_err
firma_privileges_seal(struct firma_cause *cause)
{
	const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    setrlimit(RLIMIT_CORE, &none) != 0)
		return fail(cause, FIRMA_ERR_INTERNAL, "giving up privileges");
	return filter(cause);
}
