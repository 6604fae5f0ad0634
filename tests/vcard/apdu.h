/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apdu.h - commands to the card, and the words that it ends answers with.
 *
 * Source: ISO/IEC 7816-4 (command-response pairs, status bytes).
 */
#ifndef FIRMA_VCARD_APDU_H
#define FIRMA_VCARD_APDU_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/buf.h"

/* clang-format off */
/* What the SmartCard-HSM knows.  The last column: how long a real chip takes,
 * in ms (RSA-2048; generating: what a person should be prepared for). */
/*        name      CLA   INS   real */
#define APDU_LIST(X) \
	X(SELECT,   0x00, 0xa4,   15) \
	X(READ,     0x00, 0xb1,   25) \
	X(WRITE,    0x00, 0xd7,   50) \
	X(DELETE,   0x00, 0xe4,  100) \
	X(VERIFY,   0x00, 0x20,   40) \
	X(CHANGE,   0x00, 0x24,   60) \
	X(UNBLOCK,  0x00, 0x2c,   60) \
	X(GENERATE, 0x00, 0x46, 30000) \
	X(RANDOM,   0x00, 0x84,   15) \
	X(LIST,     0x80, 0x58,   20) \
	X(INIT,     0x80, 0x50, 1000) \
	X(SIGN,     0x80, 0x68,  200)
/* clang-format on */

enum apdu_name {
#define X(name, cla, ins, real) APDU_##name,
	APDU_LIST(X)
#undef X
	    APDU_OTHER, /* a command that the card does not know */
	APDU_ANY,       /* in rules: each of them */
};
#define APDU_NAMES APDU_OTHER

enum {
	SW_OK = 0x9000,
	SW_END_OF_FILE = 0x6282,
	SW_TRIES = 0x63c0, /* | tries left */
	SW_LENGTH = 0x6700,
	SW_SECURITY = 0x6982,
	SW_BLOCKED = 0x6983,
	SW_NOT_USABLE = 0x6984,
	SW_CONDITIONS = 0x6985,
	SW_DATA = 0x6a80,
	SW_NO_FILE = 0x6a82,
	SW_NO_ROOM = 0x6a84,
	SW_P1P2 = 0x6a86,
	SW_NO_REFERENCE = 0x6a88,
	SW_INS = 0x6d00,
	SW_CLA = 0x6e00,
};

struct apdu {
	enum apdu_name name;
	uint8_t cla, ins, p1, p2;
	struct firma_bytes data; /* borrowed */
	size_t le;               /* octets wanted at most; 0: none */
};

/* False: not a command APDU. */
bool apdu_parse(struct firma_bytes raw, struct apdu *ret);

/* Lower case words: "select", "any"; NULL and APDU_OTHER's word: "other". */
const char *apdu_word(enum apdu_name name);
bool apdu_of_word(const char *word, enum apdu_name *ret);

/* Milliseconds that a real chip takes. */
unsigned apdu_real_ms(enum apdu_name name);

#endif
