/* SPDX-License-Identifier: Apache-2.0 */
/*
 * killat.c - a library to preload that kills its own process, by SIGKILL, at
 * the N-th point of a kind.  The points are calls of libc, so no program knows
 * of it and nothing is cleaned up.
 *
 *   KILLAT_PROGRAM  only in the program of this name (the environment is
 *                   inherited by others, which go on as if nothing were)
 *   KILLAT_CALL     which points: the name of a call below, or "commit": before
 *                   the first pwrite() that follows an fdatasync(), after that
 *                   fdatasync() - SQLite's transactions, one by one
 *   KILLAT_WHEN     before or after the call
 *   KILLAT_AT       N, from 1; 0: only count
 *   KILLAT_MARK     a file of 16 octets or more: the first becomes 'K' when the
 *                   process is killed, the second eight are the count so far.
 *                   It is mapped: sandboxes that close files do not matter, and
 *                   the count goes on in the next process of the name.  One
 *                   kill a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "tests/probe/next.h"

#define MARK_LEN 16 /* octets */

struct mark {
	_Atomic unsigned char killed;
	_Atomic unsigned long long count;
};
_Static_assert(sizeof(struct mark) <= MARK_LEN, "the mark fits its file");

static struct {
	struct mark *mark; /* NULL: this process goes on for ever */
	const char *call;
	bool after;
	unsigned long long at;
} plan;

static _Atomic bool is_committed = true;

__attribute__((constructor)) static void
killat_plan(void)
{
	const char *program = getenv("KILLAT_PROGRAM");
	const char *call = getenv("KILLAT_CALL");
	const char *when = getenv("KILLAT_WHEN");
	const char *at = getenv("KILLAT_AT");
	const char *path = getenv("KILLAT_MARK");
	void *p;
	int fd;

	if (program == NULL || call == NULL || when == NULL || at == NULL ||
	    path == NULL || strcmp(program, program_invocation_short_name) != 0)
		return;
	if ((fd = open(path, O_RDWR | O_CLOEXEC)) < 0)
		return;
	p = mmap(NULL, MARK_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (p == MAP_FAILED)
		return;
	plan.call = call;
	plan.after = strcmp(when, "after") == 0;
	plan.at = strtoull(at, NULL, 10);
	plan.mark = p;
}

static void
point(const char *call, bool after)
{
	struct mark *m = plan.mark;

	if (m == NULL || after != plan.after || strcmp(call, plan.call) != 0 ||
	    atomic_load(&m->killed) != 0)
		return;
	if (atomic_fetch_add(&m->count, 1) + 1 != plan.at)
		return;
	atomic_store(&m->killed, 'K');
	(void)syscall(SYS_kill, getpid(), SIGKILL);
	__builtin_trap(); /* where a filter forbids kill() */
}

/* Keeps the call's errno: points are nobody's business. */
#define AROUND(type, name, ...)         \
	do {                            \
		type r_;                \
		int e_;                 \
                                        \
		point(#name, false);    \
		r_ = next(__VA_ARGS__); \
		e_ = errno;             \
		point(#name, true);     \
		errno = e_;             \
		return r_;              \
	} while (0)

static void
dirty(void)
{
	if (atomic_exchange(&is_committed, false))
		point("commit", false);
}

int
fdatasync(int fd)
{
	int r;

	NEXT(fdatasync)
	point("fdatasync", false);
	r = next(fd);
	point("fdatasync", true);
	atomic_store(&is_committed, true);
	point("commit", true);
	return r;
}

ssize_t
pwrite(int fd, const void *at, size_t len, off_t where)
{
	NEXT(pwrite)
	dirty();
	AROUND(ssize_t, pwrite, fd, at, len, where);
}

ssize_t
pwrite64(int fd, const void *at, size_t len, off64_t where)
{
	NEXT(pwrite64)
	dirty();
	AROUND(ssize_t, pwrite64, fd, at, len, where);
}

int
fsync(int fd)
{
	NEXT(fsync)
	AROUND(int, fsync, fd);
}

ssize_t
send(int fd, const void *at, size_t len, int flags)
{
	NEXT(send)
	AROUND(ssize_t, send, fd, at, len, flags);
}

ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{
	NEXT(sendmsg)
	AROUND(ssize_t, sendmsg, fd, m, flags);
}

ssize_t
write(int fd, const void *at, size_t len)
{
	NEXT(write)
	AROUND(ssize_t, write, fd, at, len);
}

size_t
fwrite(const void *at, size_t len, size_t n, FILE *f)
{
	NEXT(fwrite)
	AROUND(size_t, fwrite, at, len, n, f);
}

int
fclose(FILE *f)
{
	NEXT(fclose)
	AROUND(int, fclose, f);
}
