/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/table.h"

#include <stdio.h>
#include <stdlib.h>

static int
by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double
bench_median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), by_size);
	return n % 2 != 0 ? values[n / 2]
			  : (values[n / 2 - 1] + values[n / 2]) / 2;
}

void
bench_table_head(void)
{
	(void)printf("| key, clients | way | signatures/s | of direct | p50 us "
		     "| p50 more | p99 us |\n"
		     "|---|---|---:|---:|---:|---:|---:|\n");
}

void
bench_table_run(const struct bench_table *t, const struct bench_place *p)
{
	static struct bench_figure f[BENCH_ROWS_MAX][BENCH_ROUNDS_MAX];
	double v[5][BENCH_ROUNDS_MAX];

	for (unsigned int round = 0; round < t->n_rounds; round++)
		for (size_t i = 0; i < t->n_rows; i++) {
			const struct bench_row *row = &t->rows[i];
			const struct bench_cell c = { .way = row->way,
				.key = row->key,
				.n_clients = t->n_clients,
				.ms = t->ms };
			struct bench_place at = *p;

			if (row->token != NULL)
				at.token = row->token;
			bench_cell_run(&c, &at, &f[i][round]);
		}
	for (size_t i = 0; i < t->n_rows; i++) {
		for (unsigned int r = 0; r < t->n_rounds; r++) {
			v[0][r] = f[i][r].rate;
			v[1][r] = 100 * f[i][r].rate / f[0][r].rate;
			v[2][r] = f[i][r].p50;
			v[3][r] = f[i][r].p50 - f[0][r].p50;
			v[4][r] = f[i][r].p99;
		}
		(void)printf(
		    "| %s, %u | %s | %.0f | %.0f %% | %.0f | %+.0f | %.0f |\n",
		    t->title, t->n_clients, t->rows[i].title,
		    bench_median(v[0], t->n_rounds),
		    bench_median(v[1], t->n_rounds),
		    bench_median(v[2], t->n_rounds),
		    bench_median(v[3], t->n_rounds),
		    bench_median(v[4], t->n_rounds));
	}
	(void)fflush(stdout);
}
