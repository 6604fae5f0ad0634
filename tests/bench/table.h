/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h - the ways side by side, interleaved: A B C D A B C D ..., because a
 * machine's speed changes from minute to minute.  Each way's ratio is taken
 * within a round; the table has the median of the rounds.
 */
#ifndef FIRMA_BENCH_TABLE_H
#define FIRMA_BENCH_TABLE_H

#include "tests/bench/cell.h"

#define BENCH_ROUNDS_MAX 64
#define BENCH_ROWS_MAX   8

struct bench_row {
	const char *title;
	const struct bench_way *way;
	const char *key;
	const char *token; /* NULL: the place's */
};

/* The first row is what the others are compared with. */
struct bench_table {
	const char *title;
	const struct bench_row *rows;
	size_t n_rows;
	unsigned int n_clients, n_rounds, ms;
};

/* Measures, and prints the table's lines in Markdown. */
void bench_table_run(const struct bench_table *t, const struct bench_place *p);
void bench_table_head(void);

double bench_median(double *values, size_t n); /* sorts them */

#endif
