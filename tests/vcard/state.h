/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.h - what the card remembers without power, in one file.
 *
 * The file is text, and is replaced as a whole after each change: a card that
 * is killed has the state before or after a command, as a chip has.
 *
 *     firma-vcard 1
 *     serial UTVC0000001
 *     device PKCS8            the key with which the maker certified the card
 *     user PIN TRIES MAX      hex; an empty PIN: not initialised ("-")
 *     so PIN TRIES MAX
 *     ef FID CONTENTS         CCxx: a private key (PKCS#8), which nobody reads
 */
#ifndef FIRMA_VCARD_STATE_H
#define FIRMA_VCARD_STATE_H

#include <stdint.h>

#include "agent/base/buf.h"

#define STATE_SERIAL_MAX 11 /* characters: 16 of a CVC's holder, less 5 */
#define STATE_PIN_MAX    16 /* octets */
#define STATE_EFS_MAX    1024

struct state_pin {
	uint8_t value[STATE_PIN_MAX];
	size_t len; /* 0: not initialised */
	unsigned tries, max;
};

struct state_ef {
	uint16_t id;
	struct firma_buf data;
};

struct state {
	const char *path; /* borrowed */
	char serial[STATE_SERIAL_MAX + 1];
	struct firma_buf device;
	struct state_pin user, so;
	struct state_ef *efs;
	size_t n_efs;
};

/* Read the file.  Returns 0 when there is none, and *s is a blank card. */
int state_load(struct state *s, const char *path);

/* Dies when it cannot. */
void state_save(const struct state *s);

/* NULL: none.  Valid until the next change. */
struct state_ef *state_find(struct state *s, unsigned id);

/* The one that is there, or a new empty one; NULL: STATE_EFS_MAX are there. */
struct state_ef *state_make(struct state *s, unsigned id);

void state_drop(struct state *s, unsigned id);
void state_wipe(struct state *s); /* all EFs */
void state_done(struct state *s);

#endif
