/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/cell.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "tests/bench/verify.h"

#define WARM_UP     30 /* signatures: sessions, handles, caches */
#define SAMPLES_MAX (1u << 18)

/* What the clients tell the parent; one mapping, shared. */
struct board {
	atomic_uint n_ready;
	uint64_t start; /* set before the gate opens */
	struct {
		uint64_t n, took;
	} clients[BENCH_CLIENTS_MAX];
	uint32_t ns[BENCH_CLIENTS_MAX][SAMPLES_MAX];
};

static struct board *
board(void)
{
	static struct board *b;

	if (b == NULL &&
	    (b = mmap(NULL, sizeof(*b), PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) ==
		MAP_FAILED)
		bench_fail("no memory");
	return b;
}

/* No two digests are the same, so each is found in the ledger. */
static void
next_digest(uint8_t sha256[BENCH_SHA256])
{
	static uint64_t count;

	if (count == 0 && getrandom(sha256, BENCH_SHA256, 0) != BENCH_SHA256)
		bench_fail("getrandom");
	count++;
	memcpy(sha256, &count, sizeof(count));
}

static void
check(const struct bench_cell *c, const struct bench_place *p, void *way)
{
	uint8_t sha256[BENCH_SHA256];
	struct bench_signature s;

	for (unsigned int i = 0; i < c->check; i++) {
		next_digest(sha256);
		c->way->sign(way, sha256, &s);
		if (c->way->in_ledger != NULL &&
		    !c->way->in_ledger(way, c->key, s.seq, sha256))
			bench_fail("%s %s: signature %u is not in the ledger",
			    c->way->name, c->key, i);
		bench_verify(p, c->key, sha256, &s);
		/* The test of the test: another digest must not verify. */
		sha256[BENCH_SHA256 - 1] ^= 1;
		if (bench_verifies(p, c->key, sha256, &s))
			bench_fail("%s: any signature verifies", c->key);
	}
}

static void
measure(const struct bench_cell *c, void *way, struct board *b, unsigned int me)
{
	const uint64_t end = b->start + c->ms * FIRMA_MS;
	uint8_t sha256[BENCH_SHA256];
	struct bench_signature s;
	uint64_t n = 0, before = firma_now(), now = before;

	while (now < end) {
		next_digest(sha256);
		c->way->sign(way, sha256, &s);
		now = firma_now();
		if (n < SAMPLES_MAX)
			b->ns[me][n] = (uint32_t)(now - before);
		before = now;
		n++;
	}
	b->clients[me].n = n;
	b->clients[me].took = now - b->start;
}

__attribute__((noreturn)) static void
client(const struct bench_cell *c, const struct bench_place *p, struct board *b,
    unsigned int me, int gate)
{
	uint8_t sha256[BENCH_SHA256];
	struct bench_signature s;
	void *way;
	char end;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	way = c->way->open(p, c->key);
	for (int i = 0; c->check == 0 && i < WARM_UP; i++) {
		next_digest(sha256);
		c->way->sign(way, sha256, &s);
	}
	(void)atomic_fetch_add(&b->n_ready, 1);
	if (read(gate, &end, 1) != 0)
		bench_fail("the gate");
	if (c->check != 0)
		check(c, p, way);
	else
		measure(c, way, b, me);
	_exit(0);
}

static int
by_size(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void
summarize(
    const struct bench_cell *c, const struct board *b, struct bench_figure *ret)
{
	uint32_t *all;
	size_t n = 0, room = 0;

	*ret = (struct bench_figure){ 0 };
	for (unsigned int i = 0; i < c->n_clients; i++) {
		ret->n += b->clients[i].n;
		ret->rate +=
		    (double)b->clients[i].n * 1e9 / (double)b->clients[i].took;
		room += b->clients[i].n < SAMPLES_MAX ? b->clients[i].n
						      : SAMPLES_MAX;
	}
	if (room == 0 || (all = malloc(room * sizeof(*all))) == NULL)
		bench_fail("no samples");
	for (unsigned int i = 0; i < c->n_clients; i++) {
		const size_t k = b->clients[i].n < SAMPLES_MAX ? b->clients[i].n
							       : SAMPLES_MAX;

		memcpy(all + n, b->ns[i], k * sizeof(*all));
		n += k;
	}
	qsort(all, n, sizeof(*all), by_size);
	ret->p50 = all[n / 2] / 1e3;
	ret->p99 = all[n * 99 / 100] / 1e3;
	free(all);
}

/*
 * One after the other: a login makes SoftHSM2 write the token's file anew, and
 * who reads it at that moment sees no token.
 */
static void
await_ready(const struct board *b, unsigned int n)
{
	while (atomic_load(&b->n_ready) < n) {
		if (waitpid(-1, NULL, WNOHANG) > 0)
			bench_fail("a client did not start");
		(void)usleep(500);
	}
}

void
bench_cell_run(const struct bench_cell *c, const struct bench_place *p,
    struct bench_figure *ret)
{
	struct board *b = board();
	pid_t pids[BENCH_CLIENTS_MAX];
	int gate[2];

	if (c->n_clients > BENCH_CLIENTS_MAX || pipe(gate) != 0)
		bench_fail("%u clients", c->n_clients);
	atomic_store(&b->n_ready, 0);
	memset(b->clients, 0, sizeof(b->clients));
	(void)fflush(NULL);
	for (unsigned int i = 0; i < c->n_clients; i++) {
		if ((pids[i] = fork()) < 0)
			bench_fail("fork");
		if (pids[i] == 0) {
			(void)close(gate[1]);
			client(c, p, b, i, gate[0]);
		}
		await_ready(b, i + 1);
	}
	(void)close(gate[0]);
	b->start = firma_now();
	(void)close(gate[1]);
	for (unsigned int i = 0; i < c->n_clients; i++) {
		int status = 0;

		if (waitpid(pids[i], &status, 0) != pids[i] || status != 0)
			bench_fail("a client failed");
	}
	if (c->check == 0)
		summarize(c, b, ret);
}
