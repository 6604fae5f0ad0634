/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cell.h - one figure of the table: n clients, each a process of its own,
 * sign as fast as they can for a while.
 */
#ifndef FIRMA_BENCH_CELL_H
#define FIRMA_BENCH_CELL_H

#include "tests/bench/way.h"

#define BENCH_CLIENTS_MAX 16

struct bench_cell {
	const struct bench_way *way;
	const char *key;
	unsigned int n_clients;
	unsigned int ms;    /* how long */
	unsigned int check; /* instead: this many a client, each verified, and
			     * looked up in the ledger at once */
};

struct bench_figure {
	double rate;     /* signatures a second, all clients together */
	double p50, p99; /* microseconds, of one signature */
	uint64_t n;
};

/* Ends the program when a client fails. */
void bench_cell_run(const struct bench_cell *c, const struct bench_place *p,
    struct bench_figure *ret);

#endif
