/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fence.h - which files and ports a process may still reach (Landlock).
 *
 *	struct firma_fence f;
 *
 *	firma_fence_begin(&f, FIRMA_FENCE_WRITE | FIRMA_FENCE_MAKE, cause);
 *	firma_fence_allow(&f, "/var/lib/firmad", FIRMA_FENCE_WRITE, cause);
 *	firma_fence_close(&f, cause);
 *
 * What begin names is refused from close on, but for what was allowed: for the
 * calling thread, and for the threads and processes that it makes.  Fences add
 * up: a second one takes away more and gives nothing back.  Descriptors that
 * are open stay as they are.
 *
 * An older kernel fences less: below ABI 1 (5.13, or Landlock switched off)
 * nothing, 3 (6.2) truncation too, 4 (6.7) TCP, 5 (6.10) ioctl on devices, 6
 * (6.12) signals and abstract sockets.  f->abi tells; a program says so once.
 * Not fenced by any: chmod, utime and xattr on files of one's own, UDP, SCTP,
 * MPTCP, TCP fast open, listen(2) on a port that was not bound, and connecting
 * to a Unix socket that has a path (see sandbox.h for those).
 *
 * Sources: landlock(7), linux/landlock.h.  May include: agent/base.
 * Tests: tests/unit/base/test_fence.c; for each program beside its own.
 */
#ifndef FIRMA_BASE_FENCE_H
#define FIRMA_BASE_FENCE_H

#include <stdint.h>

#include "agent/base/err.h"

#define FIRMA_FENCE_READ     0x01u /* files and folders */
#define FIRMA_FENCE_EXECUTE  0x02u
#define FIRMA_FENCE_WRITE    0x04u /* what is there: files, devices */
#define FIRMA_FENCE_MAKE     0x08u /* make, rename, remove */
#define FIRMA_FENCE_TCP      0x10u /* connect; see firma_fence_allow_port() */
#define FIRMA_FENCE_LISTEN   0x20u /* TCP */
#define FIRMA_FENCE_ABSTRACT 0x40u /* sockets without a path, of others */
#define FIRMA_FENCE_SIGNAL   0x80u /* to processes outside */
#define FIRMA_FENCE_ALL      0xffu

struct firma_fence {
	int fd; /* the rules; -1: there is nothing that this kernel fences */
	unsigned int abi; /* Landlock's; 0: none */
	uint64_t fs;      /* what is fenced, in the kernel's bits */
	uint64_t net;
};

/* what: FIRMA_FENCE_* or'ed.  FIRMA_ERR_INTERNAL: errno in the cause. */
FIRMA_CHECKED enum firma_err firma_fence_begin(
    struct firma_fence *f, unsigned int what, struct firma_cause *cause);

/*
 * what: READ, EXECUTE, WRITE, MAKE; for path and all below it.
 * FIRMA_ERR_NOT_FOUND  nothing is there
 * FIRMA_ERR_IO
 */
FIRMA_CHECKED enum firma_err firma_fence_allow(struct firma_fence *f,
    const char *path, unsigned int what, struct firma_cause *cause);

/* The same for what is open; O_PATH will do. */
FIRMA_CHECKED enum firma_err firma_fence_allow_fd(struct firma_fence *f, int fd,
    unsigned int what, struct firma_cause *cause);

/*
 * The dynamic loader that this program was started with may be executed: each
 * program that is linked as this one needs it.
 */
FIRMA_CHECKED enum firma_err firma_fence_allow_loader(
    struct firma_fence *f, struct firma_cause *cause);

/* Each of a list that ends with NULL; what is not there is left out. */
FIRMA_CHECKED enum firma_err firma_fence_allow_all(struct firma_fence *f,
    const char *const *paths, unsigned int what, struct firma_cause *cause);

/* A TCP port, 1 .. 65535, that may be connected to, at any address. */
FIRMA_CHECKED enum firma_err firma_fence_allow_port(
    struct firma_fence *f, unsigned int port, struct firma_cause *cause);

/* The fence holds from here on; f is used up.  Needs no_new_privs. */
FIRMA_CHECKED enum firma_err firma_fence_close(
    struct firma_fence *f, struct firma_cause *cause);

/* Without closing it. */
void firma_fence_done(struct firma_fence *f);

#endif
