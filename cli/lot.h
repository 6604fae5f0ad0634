/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lot.h - check a lot of affiliation movements, line by line.
 *
 * A lot is the text file in which an employer files movements with IMSS (the
 * form of DISP-MAG): lines of 168 columns, one octet each, windows-1252 or
 * ISO-8859-1, all ended by CRLF or all by LF.  LOT.md says what is checked,
 * from which source, and what is a warning because the sources are thin.
 *
 * Memory is constant: the text comes in pieces of any size, one line is kept,
 * and so many problems of each weight; the rest is counted.
 * Allocates nothing, does no I/O.  Any thread.
 */
#ifndef FIRMA_CLI_LOT_H
#define FIRMA_CLI_LOT_H

#include "agent/base/buf.h"
#include "cli/lot_problem.h"

#define LOT_LINES_MAX 100000 /* the control record included */
#define LOT_FILE_MAX  ((size_t)LOT_LINES_MAX * (LOT_WIDTH + 2)) /* octets */
#define LOT_FEW       5    /* movements; from so many on a file is due */
#define LOT_YEAR_MIN  1943 /* the institute's first */
#define LOT_AHEAD     1    /* years; a date beyond is told of */
#define LOT_BACK      5
#define LOT_LINE_KEPT (4 * LOT_WIDTH) /* octets: room to know UTF-8 by */

enum lot_ends { LOT_ENDS_NONE, LOT_ENDS_LF, LOT_ENDS_CRLF };

struct lot {
	/* The results, after lot_end(). */
	struct lot_problems errors, warnings; /* each by line */
	unsigned long n_lines, n_movements;
	unsigned long n_of[LOT_MOVEMENTS];
	unsigned int first_date, last_date; /* yyyymmdd; 0: none */
	uint8_t registro[11];               /* of the first line, as it is */
	int has_registro;
	int has_control;
	enum lot_ends ends;
	/* While it is read. */
	unsigned int today;
	uint8_t line[LOT_LINE_KEPT];
	size_t width; /* octets of the line so far, kept or not */
	uint8_t last; /* the last of them */
	int is_over;  /* too many lines: nothing more is read */
	uint8_t guide[5];
	enum lot_type type; /* of the first movement */
	unsigned int said;  /* rules that are told once, by bit */
};

/* today  yyyymmdd, for LOT_W_FAR_DATE; 0: no date is far */
void lot_init(struct lot *l, unsigned int today);
void lot_take(struct lot *l, struct firma_bytes piece);
void lot_end(struct lot *l);

/* The registro patronal of the first line, for people; or "". */
const char *lot_registro(const struct lot *l, char ret[LOT_TEXT_MAX]);

/* May it be signed?  After lot_end(). */
int lot_is_good(const struct lot *l);

#endif
