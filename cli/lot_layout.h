/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lot_layout.h - where each field of a line of a movement lot stands.
 *
 * The layout is data: lot_layout.c has it, one table a kind of line, and
 * nothing else knows a column.  LOT.md has the same tables for people, with
 * the source of each column and what is uncertain; test_lot compares the two.
 * Does no I/O.  Any thread.
 */
#ifndef FIRMA_CLI_LOT_LAYOUT_H
#define FIRMA_CLI_LOT_LAYOUT_H

#include <stddef.h>

#define LOT_WIDTH 168 /* columns of every line; one octet each */

/* What a field may hold. */
enum lot_kind {
	LOT_FILLER,   /* blanks or zeros: the sources use either */
	LOT_FIXED,    /* exactly `set` */
	LOT_ONE_OF,   /* one of the characters in `set` */
	LOT_DIGITS,   /* digits, zeros on the left */
	LOT_AMOUNT,   /* digits, the last two of them cents; not zero */
	LOT_NAME,     /* letters, from the first column on */
	LOT_TEXT,     /* anything that can be printed */
	LOT_DATE,     /* DDMMAAAA */
	LOT_REGISTRO, /* with its check digit, as the next two */
	LOT_NSS,
	LOT_CURP
};

struct lot_field {
	const char *name;    /* stable: --json and LOT.md; NULL ends a table */
	const char *label;   /* for people, an msgid */
	unsigned int column; /* the first one, from 1 */
	unsigned int width;  /* columns */
	enum lot_kind kind;
	int is_optional;      /* blanks will do */
	const char *set;      /* of LOT_FIXED and LOT_ONE_OF */
	const char *expected; /* what should stand there, an msgid */
};

/* The kinds of lines. */
enum lot_type {
	LOT_HIRE,                    /* 08: hired, or hired again */
	LOT_SALARY,                  /* 07: another salary */
	LOT_DISCHARGE,               /* 02 */
	LOT_MOVEMENTS,               /* so many of them are movements */
	LOT_CONTROL = LOT_MOVEMENTS, /* the record with the count */
	LOT_UNKNOWN, /* another movement type: what all lines share */
	LOT_TYPES
};

/* Fields in the order of their columns. */
const struct lot_field *lot_layout(enum lot_type type);

/* "08"; NULL for what is no movement. */
const char *lot_type_code(enum lot_type type);

/* The field of that name; NULL when this kind of line has none. */
const struct lot_field *lot_layout_find(enum lot_type type, const char *name);

#endif
