/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script.h - what shall go wrong, and when; how long things take.
 *
 * A fault counts the commands of its kind from the moment that it is set, and
 * happens at the n-th, once; "n+": at that one and each later one.
 */
#ifndef FIRMA_VCARD_SCRIPT_H
#define FIRMA_VCARD_SCRIPT_H

#include "tests/vcard/apdu.h"

/* clang-format off */
/*          name          word           argument */
#define SCRIPT_LIST(X) \
	X(PULL,         "pull",         "")     /* out before it is done */ \
	X(PULL_AFTER,   "pull-after",   "")     /* done, but the answer is lost */ \
	X(MUTE,         "mute",         "")     /* not done, and no answer */ \
	X(RESET,        "reset",        "")     /* forgets the PIN, then does it */ \
	X(SW,           "sw",           "HHHH") /* not done; this word instead */ \
	X(LATE_SW,      "late-sw",      "HHHH") /* done; this word instead */ \
	X(CUT,          "cut",          "N")    /* N octets of the data at most */ \
	X(LONG,         "long",         "N")    /* N octets more than there are */ \
	X(RAW,          "raw",          "HEX")  /* done; this is the answer */ \
	X(DELAY,        "delay",        "MS")   /* this much later */
/* clang-format on */

enum script_action {
	SCRIPT_NONE,
#define X(name, word, argument) SCRIPT_##name,
	SCRIPT_LIST(X)
#undef X
};

struct script_fault {
	enum apdu_name when;
	unsigned long at;
	bool on; /* and each later one */
	enum script_action action;
	unsigned long number; /* status word, octets or milliseconds */
	struct firma_buf raw;
	unsigned long seen;
	bool fired;
};

#define SCRIPT_FAULTS_MAX 32

struct script {
	struct script_fault faults[SCRIPT_FAULTS_MAX];
	size_t n_faults;
	unsigned delay_ms[APDU_NAMES];
	unsigned long n_fired;
};

/* "N[+] KIND ACTION [ARGUMENT]".  NULL, or what is wrong. */
const char *script_set(struct script *s, char *words);

/* "KIND MS".  NULL, or what is wrong. */
const char *script_delay(struct script *s, char *words);

void script_real(struct script *s);  /* as slow as a chip */
void script_clear(struct script *s); /* no faults */

/* The fault that happens at this command; it is counted.  NULL: none. */
const struct script_fault *script_next(struct script *s, enum apdu_name name);

/* Change an answer (data, status word) as the fault says. */
void script_spoil(const struct script_fault *f, struct firma_buf *answer);

#endif
