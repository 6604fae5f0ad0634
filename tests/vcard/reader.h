/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader.h - the card in the reader or beside it, and the command that it is
 * busy with.
 *
 * A command is carried out when its time has passed, not when it comes: a card
 * that is pulled while it generates has no new key.  Until then the script may
 * still be changed.
 */
#ifndef FIRMA_VCARD_READER_H
#define FIRMA_VCARD_READER_H

#include <stdio.h>

#include "tests/vcard/card.h"
#include "tests/vcard/script.h"

struct reader {
	struct card card;
	struct script script;
	uint16_t port;
	bool in;        /* the card shall be in the reader */
	int fd;         /* to vpcd; -1: not (yet) */
	uint64_t retry; /* when to try again */
	bool seen;      /* pcscd asked for the ATR since it is in */
	FILE *trace;    /* or NULL; a line per command */
	unsigned long n_commands;
	/* the command under way */
	bool busy;
	struct firma_buf command;
	const struct script_fault *fault;
	uint64_t due;
};

void reader_put(struct reader *r);
void reader_pull(struct reader *r);

/* A command that is under way is carried out as if there were none. */
void reader_no_faults(struct reader *r);

/* The descriptor has something, or is gone. */
void reader_receive(struct reader *r);

/* What is due is done.  Returns when to come again, FIRMA_FOREVER: never. */
uint64_t reader_turn(struct reader *r);

void reader_done(struct reader *r);

#endif
