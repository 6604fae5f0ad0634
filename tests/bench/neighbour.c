/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/neighbour.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/client/client.h"
#include "agent/wire/values.h"
#include "tests/bench/table.h"

#define PATIENCE (30 * FIRMA_S)
#define PAUSE_US 20000 /* after a refusal */
#define PIN_MAX  256
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *title;
	const char *sin; /* NULL: nobody asks the other token anything */
} cases[] = { { "is left alone", NULL }, { "signs", "none" },
	{ "hangs in C_Sign", "hang:C_Sign" },
	{ "crashes in C_Sign", "crash:C_Sign" },
	{ "spins in C_Sign", "spin:C_Sign" } };

/* ---- somebody who uses the other token, whatever it does ---- */

static enum firma_err
give_pin(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	const char *pin = arg;

	(void)msg;
	if (type == FIRMA_MSG_pin_channel)
		(void)send(*fd, pin, strlen(pin), MSG_NOSIGNAL);
	return FIRMA_OK;
}

static void
read_pin(const struct bench_place *p, char pin[PIN_MAX])
{
	FILE *f = fopen(p->pin_file, "re");

	if (f == NULL || fgets(pin, PIN_MAX, f) == NULL)
		bench_fail("%s", p->pin_file);
	(void)fclose(f);
	pin[strcspn(pin, "\n")] = '\0';
}

/* Unlock and sign once; did it? */
static bool
use(const struct bench_neighbour *n, struct firma_client *c, char *pin)
{
	static const uint8_t sha256[BENCH_SHA256] = { 1 };
	const struct firma_msg_token_unlock u = { .token = firma_str_of(
						      n->bad_token) };
	const struct firma_msg_sign m = { .key = firma_str_of(n->bad_key),
		.format = FIRMA_SIGN_RAW,
		.name = firma_str_of("bench"),
		.sha256 = firma_bytes_of(sha256, BENCH_SHA256) };
	struct firma_signed answer = { 0 };
	struct firma_cause cause = { 0 };
	enum firma_err r;

	r = firma_client_sign(
	    c, &m, -1, firma_after(PATIENCE), &answer, &cause);
	firma_signed_done(&answer);
	if (r == FIRMA_OK)
		return true;
	if (r == FIRMA_ERR_PIN_NEEDED)
		r = firma_client_call(c, FIRMA_MSG_token_unlock, &u, -1,
		    firma_after(PATIENCE), give_pin, pin, &cause);
	if (r != FIRMA_OK)
		(void)usleep(PAUSE_US);
	return false;
}

static struct firma_client *
dial(const struct bench_place *p)
{
	struct firma_client *c = NULL;
	struct firma_cause cause = { 0 };

	if (firma_client_open(p->socket, "firma-bench", firma_after(PATIENCE),
		&c, &cause) != FIRMA_OK)
		bench_fail("agent: %s", cause.what);
	return c;
}

static pid_t
begin_using(const struct bench_neighbour *n, const struct bench_place *p)
{
	const pid_t pid = fork();
	char pin[PIN_MAX];
	struct firma_client *c;

	if (pid < 0)
		bench_fail("fork");
	if (pid > 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	read_pin(p, pin);
	c = dial(p);
	/* No more than a hundred a second: what it costs is not the point. */
	for (;;) {
		(void)use(n, c, pin);
		(void)usleep(PAUSE_US / 2);
	}
}

/* Without a sin: until the other token works again. */
static void
mend(const struct bench_neighbour *n, const struct bench_place *p)
{
	const uint64_t until = firma_after(2 * PATIENCE);
	struct firma_client *c = dial(p);
	char pin[PIN_MAX];

	(void)unlink(n->arm);
	read_pin(p, pin);
	while (!use(n, c, pin))
		if (firma_now() > until)
			bench_fail("%s does not come back", n->bad_token);
	firma_client_free(c);
}

static void
arm(const struct bench_neighbour *n, const char *sin)
{
	const int fd =
	    open(n->arm, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, sin, strlen(sin)) != (ssize_t)strlen(sin))
		bench_fail("%s", n->arm);
	(void)close(fd);
}

static enum firma_err
take_restarts(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	(void)fd;
	if (type == FIRMA_MSG_token_item)
		*(uint32_t *)arg =
		    ((const struct firma_msg_token_item *)msg)->n_restarts;
	return FIRMA_OK;
}

static uint32_t
restarts(const struct bench_neighbour *n, const struct bench_place *p)
{
	const struct firma_msg_token_list m = { .token = firma_str_of(
						    n->bad_token) };
	struct firma_client *c = dial(p);
	struct firma_cause cause = { 0 };
	uint32_t ret = 0;

	if (firma_client_call(c, FIRMA_MSG_token_list, &m, -1,
		firma_after(PATIENCE), take_restarts, &ret, &cause) != FIRMA_OK)
		bench_fail("agent: %s", cause.what);
	firma_client_free(c);
	return ret;
}

/* ---- one figure ---- */

struct outcome {
	struct bench_figure f;
	double ended; /* processes of the other token */
};

static void
measure(const struct bench_neighbour *n, const struct bench_place *p,
    const char *sin, struct outcome *ret)
{
	const struct bench_cell c = {
		.way = &bench_agent, .key = n->key, .n_clients = 1, .ms = n->ms
	};
	const uint32_t before = restarts(n, p);
	pid_t pid = 0;

	if (sin != NULL) {
		arm(n, sin);
		pid = begin_using(n, p);
	}
	bench_cell_run(&c, p, &ret->f);
	if (pid != 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		mend(n, p);
	}
	ret->ended = restarts(n, p) - before;
}

void
bench_neighbour_run(
    const struct bench_neighbour *n, const struct bench_place *p)
{
	static struct outcome o[COUNT(cases)][BENCH_ROUNDS_MAX];
	double v[6][BENCH_ROUNDS_MAX];

	mend(n, p);
	for (unsigned int round = 0; round < n->n_rounds; round++)
		for (size_t i = 0; i < COUNT(cases); i++)
			measure(n, p, cases[i].sin, &o[i][round]);
	(void)printf("| the other token | signatures/s | p50 us | p50 ratio | "
		     "p99 us | p99 ratio | processes ended |\n"
		     "|---|---:|---:|---:|---:|---:|---:|\n");
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (unsigned int r = 0; r < n->n_rounds; r++) {
			v[0][r] = o[i][r].f.rate;
			v[1][r] = o[i][r].f.p50;
			v[2][r] = o[i][r].f.p50 / o[0][r].f.p50;
			v[3][r] = o[i][r].f.p99;
			v[4][r] = o[i][r].f.p99 / o[0][r].f.p99;
			v[5][r] = o[i][r].ended;
		}
		(void)printf("| %s | %.0f | %.0f | %.2f | %.0f | %.2f | %.0f "
			     "|\n",
		    cases[i].title, bench_median(v[0], n->n_rounds),
		    bench_median(v[1], n->n_rounds),
		    bench_median(v[2], n->n_rounds),
		    bench_median(v[3], n->n_rounds),
		    bench_median(v[4], n->n_rounds),
		    bench_median(v[5], n->n_rounds));
	}
}
