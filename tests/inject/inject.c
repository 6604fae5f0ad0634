/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/inject/inject.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static _Thread_local struct {
	bool armed, on_and_on, happened;
	unsigned int held;
	enum inject_what what;
	unsigned long nth, n;
} now;

void
inject_arm(enum inject_what what, unsigned long nth, bool on_and_on)
{
	now.what = what;
	now.nth = nth;
	now.on_and_on = on_and_on;
	now.n = 0;
	now.happened = false;
	now.armed = true;
}

unsigned long
inject_disarm(void)
{
	now.armed = false;
	return now.n;
}

bool
inject_happened(void)
{
	return now.happened;
}

void
inject_hold(void)
{
	now.held++;
}

void
inject_go_on(void)
{
	now.held--;
}

/* Is it the turn of this call? */
static bool
turn(enum inject_what what)
{
	if (!now.armed || now.held != 0 || now.what != what)
		return false;
	now.n++;
	if (now.nth == 0 || now.n < now.nth ||
	    (now.n > now.nth && !now.on_and_on))
		return false;
	now.happened = true;
	return true;
}

static bool
no_memory(void)
{
	if (!turn(INJECT_MEMORY))
		return false;
	errno = ENOMEM;
	return true;
}

static bool
fails(void)
{
	if (!turn(INJECT_IO))
		return false;
	errno = EIO;
	return true;
}

static bool
fails_or_interrupted(void)
{
	if (fails())
		return true;
	if (!turn(INJECT_INTERRUPT))
		return false;
	errno = EINTR;
	return true;
}

static size_t
shortened(size_t len)
{
	return len > 1 && turn(INJECT_SHORT) ? 1 : len;
}

/* What stands behind "return", one a call of the linker's list. */
#define WRAP(type, name, args, call, is_bad, bad)         \
	type __real_##name args;                          \
	type __wrap_##name args;                          \
	type __wrap_##name args                           \
	{                                                 \
		return is_bad ? bad : __real_##name call; \
	}

/* clang-format off */
WRAP(void *, malloc, (size_t n), (n), no_memory(), NULL)
WRAP(void *, calloc, (size_t n, size_t size), (n, size), no_memory(), NULL)
WRAP(void *, realloc, (void *p, size_t n), (p, n), no_memory(), NULL)
WRAP(void *, reallocarray, (void *p, size_t n, size_t size), (p, n, size),
    no_memory(), NULL)
WRAP(char *, strdup, (const char *s), (s), no_memory(), NULL)
WRAP(char *, strndup, (const char *s, size_t n), (s, n), no_memory(), NULL)
WRAP(void *, mmap, (void *p, size_t n, int prot, int flags, int fd, off_t at),
    (p, n, prot, flags, fd, at), no_memory(), MAP_FAILED)

WRAP(ssize_t, read, (int fd, void *to, size_t n), (fd, to, shortened(n)),
    fails_or_interrupted(), -1)
WRAP(ssize_t, write, (int fd, const void *at, size_t n),
    (fd, at, shortened(n)), fails_or_interrupted(), -1)
WRAP(ssize_t, recv, (int fd, void *to, size_t n, int flags),
    (fd, to, n, flags), fails_or_interrupted(), -1)
WRAP(ssize_t, send, (int fd, const void *at, size_t n, int flags),
    (fd, at, n, flags), fails_or_interrupted(), -1)
WRAP(ssize_t, recvmsg, (int fd, struct msghdr *m, int flags), (fd, m, flags),
    fails_or_interrupted(), -1)
WRAP(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags),
    (fd, m, flags), fails_or_interrupted(), -1)
WRAP(int, poll, (struct pollfd *p, nfds_t n, int ms), (p, n, ms),
    fails_or_interrupted(), -1)
WRAP(int, socket, (int family, int type, int protocol),
    (family, type, protocol), fails(), -1)
WRAP(int, socketpair, (int family, int type, int protocol, int *ret),
    (family, type, protocol, ret), fails(), -1)
WRAP(int, connect, (int fd, const struct sockaddr *a, socklen_t len),
    (fd, a, len), fails(), -1)
WRAP(int, fsync, (int fd), (fd), fails(), -1)
WRAP(int, fstat, (int fd, struct stat *st), (fd, st), fails(), -1)
WRAP(int, rename, (const char *a, const char *b), (a, b), fails(), -1)
WRAP(int, memfd_create, (const char *name, unsigned int flags), (name, flags),
    fails(), -1)
WRAP(int, renameat, (int da, const char *a, int db, const char *b),
    (da, a, db, b), fails(), -1)
/* clang-format on */

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int
__wrap_open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if ((flags & O_CREAT) != 0)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	return fails() ? -1 : __real_open(path, flags, mode);
}

int __real_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...);
int
__wrap_openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if ((flags & O_CREAT) != 0)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	return fails() ? -1 : __real_openat(dir, path, flags, mode);
}

/* Seals are set and read by it, and flags. */
int __real_fcntl(int fd, int cmd, ...);
int __wrap_fcntl(int fd, int cmd, ...);
int
__wrap_fcntl(int fd, int cmd, ...)
{
	long arg;
	va_list ap;

	va_start(ap, cmd);
	arg = va_arg(ap, long);
	va_end(ap);
	return fails() ? -1 : __real_fcntl(fd, cmd, arg);
}

/* ---- libraries with hooks ---- */

static void *
crypto_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return __wrap_malloc(n);
}

static void *
crypto_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return __wrap_realloc(p, n);
}

static void
crypto_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* Only of programs that have these libraries. */
__attribute__((weak)) int CRYPTO_set_mem_functions(
    void *(*m)(size_t, const char *, int),
    void *(*r)(void *, size_t, const char *, int),
    void (*f)(void *, const char *, int));
__attribute__((weak)) void json_set_alloc_funcs(
    void *(*m)(size_t), void (*f)(void *));

/*
 * jansson 2.14 does not notice when the text that it scans cannot grow: it goes
 * on with less of it and stops at an assertion.  Its text doubles from 16.
 */
static void *
json_malloc(size_t n)
{
	const bool is_text = n > 16 && (n & (n - 1)) == 0;

	return is_text ? __real_malloc(n) : __wrap_malloc(n);
}

void
inject_start(void)
{
	if (CRYPTO_set_mem_functions != NULL &&
	    CRYPTO_set_mem_functions(
		crypto_malloc, crypto_realloc, crypto_free) != 1)
		abort();
	if (json_set_alloc_funcs != NULL)
		json_set_alloc_funcs(json_malloc, free);
}
