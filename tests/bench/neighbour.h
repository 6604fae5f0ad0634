/* SPDX-License-Identifier: Apache-2.0 */
/*
 * neighbour.h - signatures of one token while another token's module hangs,
 * crashes or spins, compared with the same while the other one is left alone.
 */
#ifndef FIRMA_BENCH_NEIGHBOUR_H
#define FIRMA_BENCH_NEIGHBOUR_H

#include "tests/bench/way.h"

struct bench_neighbour {
	const char *key;       /* of the token that is measured */
	const char *bad_token; /* the other one, and its key */
	const char *bad_key;
	const char *arm; /* the file that says its sin: tests/badmodule */
	unsigned int n_rounds, ms;
};

/* Measures, interleaved, and prints a table in Markdown. */
void bench_neighbour_run(
    const struct bench_neighbour *n, const struct bench_place *p);

#endif
