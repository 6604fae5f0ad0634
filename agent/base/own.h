/* SPDX-License-Identifier: Apache-2.0 */
/*
 * own.h - say at the declaration who releases a value.
 */
#ifndef FIRMA_BASE_OWN_H
#define FIRMA_BASE_OWN_H

#include <stdlib.h>
#include <unistd.h>

/* Run fn(&var) when var leaves scope, on every path. */
#define FIRMA_OWN(fn) __attribute__((cleanup(fn)))

/* For FIRMA_OWN: a descriptor, closed unless it is -1. */
static inline void
firma_fd_done(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* For FIRMA_OWN: memory from malloc(). */
static inline void
firma_mem_done(void *p)
{
	void **at = p;

	free(*at);
	*at = NULL;
}

/* Move a descriptor out of an owned variable. */
static inline int
firma_fd_take(int *fd)
{
	const int got = *fd;

	*fd = -1;
	return got;
}

#endif
