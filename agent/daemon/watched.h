/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watched.h - the PC/SC readers that firmad-reader told of, and what a further
 * word means.  Does no I/O.
 *
 * May include: agent/base, agent/wire.
 */
#ifndef FIRMA_DAEMON_WATCHED_H
#define FIRMA_DAEMON_WATCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/wire/reader.h"

#define FIRMA_WATCHED_MAX 32 /* more than pcscd has */

struct firma_watched_reader {
	char name[FIRMA_READER_NAME];
	uint32_t flags, events;
	bool is_fresh; /* told of since firma_watched_stale() */
};

struct firma_watched {
	struct firma_watched_reader at[FIRMA_WATCHED_MAX];
	size_t n;
};

/* Bits: what happened in a reader. */
#define FIRMA_WATCHED_OUT   0x01u /* a card left, or its reader with it */
#define FIRMA_WATCHED_IN    0x02u /* a card came; after OUT when both */
#define FIRMA_WATCHED_OTHER 0x04u /* the same card, but not as before */

/*
 * Take a word (r_reader).  Returns what happened.  A card that left and came
 * back between two words is known by the counter.  A reader too many is not
 * taken: 0.
 */
unsigned int firma_watched_take(
    struct firma_watched *w, const char *name, uint32_t flags, uint32_t events);

/* What is known is old from now on: another firmad-reader begins to tell. */
void firma_watched_stale(struct firma_watched *w);

/* One that was not told of since then is gone: forget it.  False: none left. */
bool firma_watched_sweep(
    struct firma_watched *w, struct firma_watched_reader *ret_gone);

/* NULL: none.  slot is CK_SLOT_INFO.slotDescription, see below. */
const struct firma_watched_reader *firma_watched_find(
    const struct firma_watched *w, const char *slot);

/*
 * Is that slot this reader?  Modules describe a slot by the name of its
 * reader, cut to 64 octets (PKCS#11 v3.0 3.2); some keep one for a zero.
 * Where the name has '?', firmad-reader found an octet that is no ASCII.
 */
bool firma_watched_is_slot(const char *name, const char *slot);

#endif
