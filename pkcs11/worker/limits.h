/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits.h - how much a module may take of what the process has, and when it
 * has taken all: then the process ends and is replaced, because nothing would
 * work in it any more.
 *
 * Sources: setrlimit(2), proc(5).  May include: agent/base.  Any thread.
 */
#ifndef FIRMA_WORKER_LIMITS_H
#define FIRMA_WORKER_LIMITS_H

#include <stdbool.h>

#include "agent/base/err.h"

#define FIRMA_LIMIT_FILES 1024                /* descriptors */
#define FIRMA_LIMIT_DATA  ((size_t)512 << 20) /* octets, beside what we have */

/*
 * Before the module is loaded.  Also makes this the process that the kernel
 * ends first when the machine runs out of memory.
 */
FIRMA_CHECKED enum firma_err firma_limits_set(struct firma_cause *cause);

/* What there is no more of, in a word; NULL: there is enough. */
const char *firma_limits_reached(void);

#endif
