/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/worker/harden.h"

#include <errno.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/base/fence.h"
#include "agent/base/own.h"
#include "agent/base/sandbox.h"

/*
 * What belongs to the system.  Not all of /run: credentials are there.  Of
 * /proc/PID the kernel shows no more than it did.
 */
static const char *const system_paths[] = { "/usr", "/lib", "/lib32", "/lib64",
	"/bin", "/sbin", "/opt", "/etc", "/dev", "/proc", "/sys", "/run/udev",
	"/run/pcscd", "/run/lock", "/nix/store", "/gnu/store", NULL };
static const char *const devices[] = { "/dev", NULL };
static const char *const shared[] = { "/dev/shm", NULL };
/* Where /etc/resolv.conf may lead to. */
static const char *const resolver[] = { "/run/systemd/resolve",
	"/run/resolvconf", "/run/NetworkManager/resolv.conf", NULL };

#define ALL (FIRMA_FENCE_READ | FIRMA_FENCE_WRITE | FIRMA_FENCE_MAKE)

/* A path, or several with colons between. */
FIRMA_CHECKED static enum firma_err
allow_list(struct firma_fence *f, const char *text, struct firma_cause *cause)
{
	char path[PATH_MAX];
	const char *const one[] = { path, NULL };
	enum firma_err r;

	while (*text != '\0') {
		const size_t n = strcspn(text, ":");

		(void)snprintf(path, sizeof(path), "%.*s", (int)n, text);
		if (path[0] == '/' &&
		    (r = firma_fence_allow_all(
			 f, one, FIRMA_FENCE_READ, cause)) != FIRMA_OK)
			return r;
		text += n + (text[n] == ':');
	}
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
allow_environment(struct firma_fence *f, struct firma_cause *cause)
{
	for (char **e = environ; *e != NULL; e++) {
		const char *value = strchr(*e, '=');
		enum firma_err r;

		if (value != NULL &&
		    (r = allow_list(f, value + 1, cause)) != FIRMA_OK)
			return r;
	}
	return FIRMA_OK;
}

/* Modules load what lies beside them, also where a link leads to. */
FIRMA_CHECKED static enum firma_err
allow_module(struct firma_fence *f, const char *path, struct firma_cause *cause)
{
	char folder[2][PATH_MAX];
	const char *const both[] = { folder[0], folder[1], NULL };

	(void)snprintf(folder[0], sizeof(folder[0]), "%s", path);
	if (realpath(path, folder[1]) == NULL)
		folder[1][0] = '\0';
	for (size_t i = 0; i < 2; i++) {
		char *slash = strrchr(folder[i], '/');

		if (slash != NULL)
			slash[slash == folder[i] ? 1 : 0] = '\0';
	}
	return firma_fence_allow_all(f, both, FIRMA_FENCE_READ, cause);
}

FIRMA_CHECKED static enum firma_err
allow_network(struct firma_fence *f, const struct firma_harden *h,
    struct firma_cause *cause)
{
	enum firma_err r;

	for (unsigned int i = 0; i < h->n_ports; i++)
		if ((r = firma_fence_allow_port(f, h->ports[i], cause)) !=
		    FIRMA_OK)
			return r;
	return h->n_ports == 0
	    ? FIRMA_OK
	    : firma_fence_allow_all(f, resolver, FIRMA_FENCE_READ, cause);
}

FIRMA_CHECKED static enum firma_err
fence(const struct firma_harden *h, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fence_done) struct firma_fence f = { .fd = -1 };
	enum firma_err r;

	if ((r = firma_fence_begin(&f,
		 ALL | FIRMA_FENCE_EXECUTE | FIRMA_FENCE_TCP |
		     FIRMA_FENCE_LISTEN | FIRMA_FENCE_ABSTRACT |
		     FIRMA_FENCE_SIGNAL,
		 cause)) != FIRMA_OK ||
	    (r = firma_fence_allow_all(
		 &f, system_paths, FIRMA_FENCE_READ, cause)) != FIRMA_OK ||
	    (r = firma_fence_allow_all(
		 &f, devices, FIRMA_FENCE_WRITE, cause)) != FIRMA_OK ||
	    (r = firma_fence_allow_all(&f, shared, ALL, cause)) != FIRMA_OK ||
	    (r = allow_module(&f, h->module, cause)) != FIRMA_OK ||
	    (r = allow_environment(&f, cause)) != FIRMA_OK ||
	    (r = allow_network(&f, h, cause)) != FIRMA_OK)
		return r;
	for (const char *const *p = h->writable; *p != NULL; p++)
		if ((r = firma_fence_allow(&f, *p, ALL, cause)) != FIRMA_OK)
			return r;
	return firma_fence_close(&f, cause);
}

enum firma_err
firma_harden(const struct firma_harden *h, struct firma_cause *cause)
{
	enum firma_err r;

	if ((r = firma_sandbox_begin(cause)) != FIRMA_OK)
		return r;
	(void)signal(SIGPIPE, SIG_IGN);
	if (syscall(SYS_close_range, h->first_unused, ~0u, 0u) != 0)
		return firma_fail(cause, FIRMA_ERR_INTERNAL, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "close_range");
	if ((r = fence(h, cause)) != FIRMA_OK)
		return r;
	return firma_sandbox_finish(FIRMA_KEEP_UNLISTED | FIRMA_KEEP_UNIX |
		FIRMA_KEEP_NETLINK | (h->n_ports != 0 ? FIRMA_KEEP_TCP : 0),
	    cause);
}
