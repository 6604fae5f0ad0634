/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firma-bench - how fast signatures come, by several ways side by side.
 * bench.sh sets up what it needs; README.md says what was measured.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "tests/bench/more.h"
#include "tests/bench/neighbour.h"
#include "tests/bench/table.h"

#define CLIENTS_KINDS 4

struct options {
	struct bench_place place;
	const char *only; /* "rsa" or "p256" */
	unsigned int clients[CLIENTS_KINDS], n_clients;
	unsigned int n_rounds, ms, count;
	long agent_pid;
	const char *arm; /* file that says what the token "bad" does */
};

static struct options opt = { .place = { .token = "bench" },
	.clients = { 1, 4, 8 },
	.n_clients = 3,
	.n_rounds = 7,
	.ms = 400,
	.count = 10 };

void
bench_fail(const char *fmt, ...)
{
	va_list ap;

	(void)fprintf(stderr, "firma-bench: ");
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fprintf(stderr, "\n");
	/* Not exit(): a module's handlers may hang. */
	_Exit(1);
}

/*
 * Keys by their names on the token "bench" and, with 200 keys, on "many";
 * bench.sh makes them.  "-process" has durability = process.
 */
static const struct bench_row rsa[] = {
	{ "direct", &bench_direct, "rsa", NULL },
	{ "firmad, disk", &bench_agent, "rsa", NULL },
	{ "firmad, process", &bench_agent, "rsa-process", NULL },
	{ "p11-kit server", &bench_p11kit, "rsa", NULL },
};
static const struct bench_row p256[] = {
	{ "direct", &bench_direct, "p256", NULL },
	{ "firmad, disk", &bench_agent, "p256", NULL },
	{ "firmad, process", &bench_agent, "p256-process", NULL },
	{ "p11-kit server", &bench_p11kit, "p256", NULL },
};
static const struct bench_row many[] = {
	{ "few keys", &bench_agent, "p256-process", NULL },
	{ "200 keys", &bench_agent, "many-process", NULL },
	{ "few keys, direct", &bench_direct, "p256", NULL },
	{ "200 keys, direct", &bench_direct, "many-process", "many" },
};

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void
table(const char *title, const struct bench_row *rows, size_t n_rows)
{
	/* The last row, where p11-kit is not installed. */
	if (rows[n_rows - 1].way == &bench_p11kit && opt.place.p11kit == NULL)
		n_rows--;
	if (opt.only != NULL && strcmp(opt.only, rows[0].key) != 0)
		return;
	for (unsigned int i = 0; i < opt.n_clients; i++)
		bench_table_run(&(struct bench_table){ title, rows, n_rows,
				    opt.clients[i], opt.n_rounds, opt.ms },
		    &opt.place);
}

static void
run_table(void)
{
	bench_table_head();
	table("RSA-2048", rsa, N(rsa));
	table("P-256", p256, N(p256));
}

static void
run_many(void)
{
	bench_table_head();
	table("P-256, of the first", many, N(many));
}

static void
check(const struct bench_row *rows, size_t n_rows)
{
	struct bench_figure f;

	for (size_t i = 0; i < n_rows; i++) {
		/* p11-kit is not what is tested. */
		if (rows[i].way == &bench_p11kit)
			continue;
		for (unsigned int k = 0; k < opt.n_clients; k++) {
			const struct bench_cell c = { .way = rows[i].way,
				.key = rows[i].key,
				.n_clients = opt.clients[k],
				.check = opt.count };

			bench_cell_run(&c, &opt.place, &f);
		}
	}
}

/* All signatures verify, and each is in the ledger when it arrives. */
static void
run_check(void)
{
	check(rsa, N(rsa));
	check(p256, N(p256));
	(void)printf("checked\n");
}

static void
run_soak(void)
{
	bench_soak(&opt.place, "p256-process", opt.count, opt.agent_pid);
}

static void
run_document(void)
{
	bench_document(&opt.place, "rsa", opt.n_rounds);
}

static void
run_neighbour(void)
{
	const struct bench_neighbour n = { .key = "p256-process",
		.bad_token = "bad",
		.bad_key = "bad",
		.arm = opt.arm,
		.n_rounds = opt.n_rounds,
		.ms = opt.ms };

	if (n.arm == NULL)
		bench_fail("--arm says which file");
	bench_neighbour_run(&n, &opt.place);
}

__attribute__((noreturn)) static void
usage(int status)
{
	(void)fprintf(status == 0 ? stdout : stderr,
	    "usage: firma-bench table|many|check|soak|document|neighbour --socket S\n"
	    "         [--module M] [--p11kit CLIENT.so] [--pin-file F] "
	    "[--public DIR]\n"
	    "         [--clients 1,4] [--rounds N] [--ms N] [--count N]\n"
	    "         [--only rsa|p256] [--agent PID] [--arm FILE]\n"
	    "       firma-bench start SOCKET -- COMMAND...\n"
	    "bench.sh sets up what it needs.\n");
	exit(status);
}

static unsigned int
number(const char *s, unsigned long max)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(s, &end, 10);
	if (*s < '0' || *s > '9' || *end != '\0' || errno != 0 || v == 0 ||
	    v > max)
		usage(2);
	return (unsigned int)v;
}

static void
clients(char *list)
{
	char *save = NULL;

	opt.n_clients = 0;
	for (char *w = strtok_r(list, ",", &save); w != NULL;
	     w = strtok_r(NULL, ",", &save)) {
		if (opt.n_clients == CLIENTS_KINDS)
			usage(2);
		opt.clients[opt.n_clients++] = number(w, BENCH_CLIENTS_MAX);
	}
}

static void
set(int c)
{
	switch (c) {
	case 'm':
		opt.place.module = optarg;
		break;
	case 'k':
		opt.place.p11kit = optarg;
		break;
	case 'f':
		opt.place.pin_file = optarg;
		break;
	case 's':
		opt.place.socket = optarg;
		break;
	case 'p':
		opt.place.public_dir = optarg;
		break;
	case 'o':
		opt.only = optarg;
		break;
	case 'c':
		clients(optarg);
		break;
	case 'r':
		opt.n_rounds = number(optarg, BENCH_ROUNDS_MAX);
		break;
	case 't':
		opt.ms = number(optarg, 60000);
		break;
	case 'n':
		opt.count = number(optarg, 10000000);
		break;
	case 'A':
		opt.arm = optarg;
		break;
	case 'a':
		opt.agent_pid = (long)number(optarg, 1u << 22);
		break;
	case 'h':
		usage(0);
	default:
		usage(2);
	}
}

static void
parse(int argc, char **argv)
{
	static const struct option list[] = {
		{ "module", required_argument, NULL, 'm' },
		{ "p11kit", required_argument, NULL, 'k' },
		{ "pin-file", required_argument, NULL, 'f' },
		{ "socket", required_argument, NULL, 's' },
		{ "public", required_argument, NULL, 'p' },
		{ "only", required_argument, NULL, 'o' },
		{ "clients", required_argument, NULL, 'c' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "ms", required_argument, NULL, 't' },
		{ "count", required_argument, NULL, 'n' },
		{ "agent", required_argument, NULL, 'a' },
		{ "arm", required_argument, NULL, 'A' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", list, NULL)) != -1)
		set(c);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} commands[] = { { "table", run_table }, { "many", run_many },
		{ "check", run_check }, { "soak", run_soak },
		{ "document", run_document }, { "neighbour", run_neighbour } };

	if (argc < 2)
		usage(2);
	if (strcmp(argv[1], "start") == 0 && argc > 4 &&
	    strcmp(argv[3], "--") == 0) {
		bench_start(argv[2], argv + 4);
		return 0;
	}
	parse(argc - 1, argv + 1);
	for (size_t i = 0; i < N(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0) {
			commands[i].run();
			return 0;
		}
	usage(strcmp(argv[1], "--help") == 0 ? 0 : 2);
}
