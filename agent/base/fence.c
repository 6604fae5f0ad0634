/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/fence.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/base/own.h"

/*
 * The kernel's structures as of ABI 6, and bits that a header of an older
 * kernel does not have.  A kernel takes a longer structure than its own when
 * the rest is zero.
 */
struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

struct port_rule {
	uint64_t access;
	uint64_t port;
};

#define RULE_PORT       2 /* LANDLOCK_RULE_NET_PORT */
#define FS_TRUNCATE     (UINT64_C(1) << 14)
#define FS_IOCTL_DEV    (UINT64_C(1) << 15)
#define NET_BIND        (UINT64_C(1) << 0)
#define NET_CONNECT     (UINT64_C(1) << 1)
#define SCOPED_ABSTRACT (UINT64_C(1) << 0)
#define SCOPED_SIGNAL   (UINT64_C(1) << 1)

#define FS_READ         (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_WRITE        (LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV)
#define FS_MAKE                                                            \
	(LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |  \
	    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |   \
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |   \
	    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | \
	    LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER)
/* What can be said of something that is not a folder. */
#define FS_OF_FILE \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | FS_WRITE)

FIRMA_CHECKED static enum firma_err
fail(struct firma_cause *cause, const char *what)
{
	return firma_fail(cause, FIRMA_ERR_INTERNAL, FIRMA_CAUSE_ERRNO,
	    (unsigned long)errno, "Landlock: %.120s", what);
}

static uint64_t
fs_bits(unsigned int what)
{
	return ((what & FIRMA_FENCE_READ) != 0 ? FS_READ : 0) |
	    ((what & FIRMA_FENCE_EXECUTE) != 0 ? LANDLOCK_ACCESS_FS_EXECUTE
					       : 0) |
	    ((what & FIRMA_FENCE_WRITE) != 0 ? FS_WRITE : 0) |
	    ((what & FIRMA_FENCE_MAKE) != 0 ? FS_MAKE : 0);
}

static uint64_t
net_bits(unsigned int what)
{
	return ((what & FIRMA_FENCE_TCP) != 0 ? NET_CONNECT : 0) |
	    ((what & FIRMA_FENCE_LISTEN) != 0 ? NET_BIND : 0);
}

static uint64_t
scope_bits(unsigned int what)
{
	return ((what & FIRMA_FENCE_ABSTRACT) != 0 ? SCOPED_ABSTRACT : 0) |
	    ((what & FIRMA_FENCE_SIGNAL) != 0 ? SCOPED_SIGNAL : 0);
}

/* What this kernel does not know is left out. */
static void
forget(struct ruleset *r, unsigned int abi)
{
	if (abi < 2)
		r->fs &= ~(uint64_t)LANDLOCK_ACCESS_FS_REFER;
	if (abi < 3)
		r->fs &= ~FS_TRUNCATE;
	if (abi < 4)
		r->net = 0;
	if (abi < 5)
		r->fs &= ~FS_IOCTL_DEV;
	if (abi < 6)
		r->scoped = 0;
}

enum firma_err
firma_fence_begin(
    struct firma_fence *f, unsigned int what, struct firma_cause *cause)
{
	struct ruleset r = { fs_bits(what), net_bits(what), scope_bits(what) };
	const long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	long fd;

	*f = (struct firma_fence){ .fd = -1 };
	if (abi <= 0)
		return FIRMA_OK;
	forget(&r, (unsigned int)abi);
	f->abi = (unsigned int)abi;
	if (r.fs == 0 && r.net == 0 && r.scoped == 0)
		return FIRMA_OK; /* the kernel takes no empty rules */
	fd = syscall(SYS_landlock_create_ruleset, &r, sizeof(r), 0u);
	if (fd < 0)
		return fail(cause, "new rules");
	*f = (struct firma_fence){ (int)fd, (unsigned int)abi, r.fs, r.net };
	return FIRMA_OK;
}

enum firma_err
firma_fence_allow_fd(
    struct firma_fence *f, int fd, unsigned int what, struct firma_cause *cause)
{
	struct landlock_path_beneath_attr rule = { .allowed_access =
						       fs_bits(what) & f->fs };
	struct stat st;

	if (f->fd < 0)
		return FIRMA_OK;
	if (fstat(fd, &st) != 0)
		return fail(cause, "fstat");
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= FS_OF_FILE;
	if (rule.allowed_access == 0)
		return FIRMA_OK;
	rule.parent_fd = fd;
	if (syscall(SYS_landlock_add_rule, f->fd, LANDLOCK_RULE_PATH_BENEATH,
		&rule, 0u) != 0)
		return fail(cause, "new rule");
	return FIRMA_OK;
}

enum firma_err
firma_fence_allow(struct firma_fence *f, const char *path, unsigned int what,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return firma_fail(cause,
		    errno == ENOENT || errno == ENOTDIR ? FIRMA_ERR_NOT_FOUND
							: FIRMA_ERR_IO,
		    FIRMA_CAUSE_ERRNO, (unsigned long)errno, "%.140s", path);
	return firma_fence_allow_fd(f, fd, what, cause);
}

/* Its path as the program names it, or NULL: it needs none. */
static const char *
loader(void)
{
	const ElfW(Phdr) *ph = NULL;
	const unsigned long at = getauxval(AT_PHDR), n = getauxval(AT_PHNUM);
	unsigned long base = 0;

	memcpy(&ph, &at, sizeof(ph));
	for (unsigned long i = 0; i < n; i++)
		if (ph[i].p_type == PT_PHDR)
			base = at - ph[i].p_vaddr;
	for (unsigned long i = 0; i < n; i++)
		if (ph[i].p_type == PT_INTERP) {
			const unsigned long text = base + ph[i].p_vaddr;
			const char *path;

			memcpy(&path, &text, sizeof(path));
			return path;
		}
	return NULL;
}

enum firma_err
firma_fence_allow_loader(struct firma_fence *f, struct firma_cause *cause)
{
	const char *path = loader();

	return path == NULL
	    ? FIRMA_OK
	    : firma_fence_allow(
		  f, path, FIRMA_FENCE_EXECUTE | FIRMA_FENCE_READ, cause);
}

enum firma_err
firma_fence_allow_all(struct firma_fence *f, const char *const *paths,
    unsigned int what, struct firma_cause *cause)
{
	for (; *paths != NULL; paths++) {
		const enum firma_err r =
		    firma_fence_allow(f, *paths, what, cause);

		/* Nor is what our user cannot reach anyway. */
		if (r != FIRMA_OK && r != FIRMA_ERR_NOT_FOUND &&
		    r != FIRMA_ERR_IO)
			return r;
		/* What was left out is no reason for what comes later. */
		if (r != FIRMA_OK && cause != NULL)
			*cause = (struct firma_cause){ 0 };
	}
	return FIRMA_OK;
}

enum firma_err
firma_fence_allow_port(
    struct firma_fence *f, unsigned int port, struct firma_cause *cause)
{
	const struct port_rule rule = { NET_CONNECT, port };

	if (f->fd < 0 || (f->net & NET_CONNECT) == 0)
		return FIRMA_OK;
	if (syscall(SYS_landlock_add_rule, f->fd, RULE_PORT, &rule, 0u) != 0)
		return fail(cause, "port");
	return FIRMA_OK;
}

enum firma_err
firma_fence_close(struct firma_fence *f, struct firma_cause *cause)
{
	enum firma_err r = FIRMA_OK;

	if (f->fd >= 0 && syscall(SYS_landlock_restrict_self, f->fd, 0u) != 0)
		r = fail(cause, "closing the fence");
	firma_fence_done(f);
	return r;
}

void
firma_fence_done(struct firma_fence *f)
{
	firma_fd_done(&f->fd);
}
