/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret.h - the one type that holds a PIN, a password or a private key.
 *
 * Its pages are locked into memory, left out of core files, zeroed in a fork's
 * child and wiped on every path.  It is never printed and never put into an
 * argument or the environment.
 */
#ifndef FIRMA_BASE_SECRET_H
#define FIRMA_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/buf.h"

#define FIRMA_SECRET_MAX 16384 /* octets */

struct firma_secret {
	uint8_t *at; /* NULL when empty; writable up to cap */
	size_t len, cap;
};

/*
 * Room for cap octets.  FIRMA_ERR_LIMIT over FIRMA_SECRET_MAX; FIRMA_ERR_NOMEM.
 * Pages that the kernel will not lock (RLIMIT_MEMLOCK) are used unlocked: who
 * may not lock 16 KiB has no swap to fear more than a token that never opens.
 * The other protections hold, and firmad says so (firma_secret_locks()).
 */
FIRMA_CHECKED enum firma_err firma_secret_new(
    struct firma_secret *s, size_t cap);
FIRMA_CHECKED enum firma_err firma_secret_put(
    struct firma_secret *s, struct firma_bytes v);
struct firma_bytes firma_secret_view(const struct firma_secret *s);

/* Does the kernel lock this process's pages? */
bool firma_secret_locks(void);

void firma_secret_done(struct firma_secret *s); /* wipes; accepts empty */

/*
 * For libraries that keep copies of what they are given (JSON, HTTP): free() and
 * realloc() of memory from malloc() that leave nothing behind.
 */
void firma_wiping_free(void *at);
void *firma_wiping_realloc(void *at, size_t size);

#endif
