/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/fence.h"
#include "agent/base/own.h"
#include "agent/base/sandbox.h"
#include "agent/base/secret.h"
#include "agent/daemon/log.h"
#include "agent/daemon/priority.h"

#define PORTS_ABI 4 /* Landlock's, from which on it fences TCP */

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
	firma_priority_permit();
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

/* What "writable =" gave when the fence was closed. */
static char *inside[FIRMA_TOKENS_MAX * FIRMA_CONFIG_WRITABLE];
static size_t n_inside;
/* What "network =" gave. */
static unsigned int open_ports[FIRMA_TOKENS_MAX * FIRMA_CONFIG_PORTS];
static size_t n_open;
static char warnings[512]; /* lines */
static bool is_fenced;

bool
firma_privileges_may_write(const char *path)
{
	for (size_t i = 0; i < n_inside; i++) {
		const size_t len = strlen(inside[i]);

		if (strncmp(path, inside[i], len) == 0 &&
		    (path[len] == '/' || path[len] == '\0'))
			return true;
	}
	return !is_fenced;
}

bool
firma_privileges_may_connect(unsigned int port)
{
	for (size_t i = 0; i < n_open; i++)
		if (open_ports[i] == port)
			return true;
	return false;
}

FIRMA_CHECKED static enum firma_err
allow_ports(struct firma_fence *f, const struct firma_config *c,
    struct firma_cause *cause)
{
	for (size_t i = 0; i < c->n_tokens; i++)
		for (size_t j = 0; j < c->tokens[i].n_ports; j++) {
			const unsigned int port = c->tokens[i].ports[j];
			const enum firma_err r =
			    firma_fence_allow_port(f, port, cause);

			if (r != FIRMA_OK)
				return r;
			open_ports[n_open++] = port;
		}
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
allow_tokens(struct firma_fence *f, const struct firma_config *c,
    struct firma_cause *cause)
{
	for (size_t i = 0; i < c->n_tokens; i++)
		for (size_t j = 0; j < c->tokens[i].n_writable; j++) {
			const char *path = c->tokens[i].writable[j];
			const enum firma_err r = firma_fence_allow(f, path,
			    FIRMA_FENCE_WRITE | FIRMA_FENCE_MAKE, cause);

			if (r == FIRMA_ERR_INTERNAL)
				return r;
			if (r != FIRMA_OK)
				firma_log(FIRMA_LOG_ERROR,
				    "token %s: writable = %s: %s",
				    c->tokens[i].name, path, firma_err_text(r));
			else if ((inside[n_inside] = strdup(path)) != NULL)
				n_inside++;
		}
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
allow_own(struct firma_fence *f, const struct firma_agent *a,
    struct firma_cause *cause)
{
	static const char *const devices[] = { "/dev", NULL };
	static const char *const shared[] = { "/dev/shm", NULL };
	const unsigned int all = FIRMA_FENCE_WRITE | FIRMA_FENCE_MAKE;
	char folder[512];
	char *slash;
	enum firma_err r;

	if ((r = firma_fence_allow(f, a->state_dir, all, cause)) != FIRMA_OK ||
	    (r = firma_fence_allow_all(f, devices, FIRMA_FENCE_WRITE, cause)) !=
		FIRMA_OK ||
	    (r = firma_fence_allow_all(f, shared, all, cause)) != FIRMA_OK ||
	    (r = firma_fence_allow_fd(
		 f, a->worker_fd, FIRMA_FENCE_EXECUTE, cause)) != FIRMA_OK ||
	    (a->reader_fd >= 0 &&
		(r = firma_fence_allow_fd(f, a->reader_fd, FIRMA_FENCE_EXECUTE,
		     cause)) != FIRMA_OK) ||
	    (r = firma_fence_allow_loader(f, cause)) != FIRMA_OK)
		return r;
	if (a->listen_fd >= 0)
		return FIRMA_OK; /* bound by systemd */
	(void)snprintf(folder, sizeof(folder), "%s", a->socket_path);
	if ((slash = strrchr(folder, '/')) != NULL)
		slash[slash == folder ? 1 : 0] = '\0';
	return firma_fence_allow(f, folder, all, cause);
}

/* systemd may be spoken to by an abstract socket. */
static unsigned int
abstract(void)
{
	const char *notify = getenv("NOTIFY_SOCKET");

	return notify != NULL && notify[0] == '@' ? 0 : FIRMA_FENCE_ABSTRACT;
}

/* In the log, and for `firma doctor`. */
static void
warn(const char *text)
{
	const size_t len = strlen(warnings);

	firma_log(FIRMA_LOG_WARNING, "%s", text);
	(void)snprintf(warnings + len, sizeof(warnings) - len, "%s%s",
	    len != 0 ? "\n" : "", text);
}

/* A token's process, which inherits this, keeps a PIN in locked memory. */
static void
lock_memory(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_MEMLOCK, &l) == 0) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_MEMLOCK, &l);
	}
	if (!firma_secret_locks())
		warn("memory cannot be locked (RLIMIT_MEMLOCK): a PIN that is "
		     "being presented may get into the swap");
}

FIRMA_CHECKED static enum firma_err
fence(struct firma_agent *a, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fence_done) struct firma_fence f = { .fd = -1 };
	enum firma_err r;

	if ((r = firma_fence_begin(&f,
		 FIRMA_FENCE_WRITE | FIRMA_FENCE_MAKE | FIRMA_FENCE_EXECUTE |
		     FIRMA_FENCE_TCP | FIRMA_FENCE_LISTEN | FIRMA_FENCE_SIGNAL |
		     abstract(),
		 cause)) != FIRMA_OK ||
	    (r = allow_own(&f, a, cause)) != FIRMA_OK ||
	    (r = allow_tokens(&f, a->config, cause)) != FIRMA_OK ||
	    (r = allow_ports(&f, a->config, cause)) != FIRMA_OK)
		return r;
	is_fenced = f.abi != 0;
	if (!is_fenced)
		warn("this kernel has no Landlock: a token's process may "
		     "write wherever the agent's user may");
	if (n_open != 0 && f.abi < PORTS_ABI)
		warn("this kernel does not fence TCP ports (Linux 6.7 does): a "
		     "token with network = may connect to any");
	return firma_fence_close(&f, cause);
}

const char *
firma_privileges_warning(void)
{
	return warnings;
}

enum firma_err
firma_privileges_seal(struct firma_agent *a, struct firma_cause *cause)
{
	enum firma_err r;

	lock_memory();
	firma_priority_try();
	if ((r = firma_sandbox_begin(cause)) != FIRMA_OK ||
	    (r = fence(a, cause)) != FIRMA_OK)
		return r;
	return firma_sandbox_finish(FIRMA_KEEP_UNLISTED | FIRMA_KEEP_UNIX |
		FIRMA_KEEP_NETLINK | FIRMA_KEEP_SPAWN | FIRMA_KEEP_PRIORITY |
		(n_open != 0 ? FIRMA_KEEP_TCP | FIRMA_KEEP_LISTEN : 0),
	    cause);
}
