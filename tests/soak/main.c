/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firma-soak - see README.md.  Exit status 0: all that is claimed there held.
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/soak/soak.h"

#define CLIENTS_MAX 64
#define RSS_SLACK   2048  /* KiB: what the C library may keep */
#define RSS_FILLED  25000 /* signatures: a fifth of them fills the caches */
#define RSS_PAGES   2048  /* KiB: SQLite's cache, where it is still filling */
#define SETTLE      (10 * FIRMA_S)

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED true
#else
#define IS_SANITIZED false
#endif

struct soak_options soak_options = { .n_clients = 8,
	.n_signatures = 1000000,
	.every = 300 };
struct soak_shared *soak_shared;

static pid_t children[CLIENTS_MAX + 2];
static size_t n_children;

void
soak_fail(const char *fmt, ...)
{
	va_list ap;

	(void)fflush(stdout);
	(void)fputs("FAILED: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	for (size_t i = 0; i < n_children; i++)
		(void)kill(children[i], SIGKILL);
	_exit(1);
}

struct firma_client *
soak_open(void)
{
	struct firma_client *c = NULL;
	struct firma_cause cause = { 0 };
	const enum firma_err r = firma_client_open(soak_options.socket,
	    "firma-soak", firma_after(SOAK_WAIT), &c, &cause);

	if (r != FIRMA_OK)
		soak_fail("the agent: %s (%s)", firma_err_name(r), cause.what);
	return c;
}

struct soak_size
soak_size(void)
{
	struct soak_size s = { 0 };
	char path[64], line[256];
	FILE *f;
	DIR *d;

	(void)snprintf(
	    path, sizeof(path), "/proc/%d/status", (int)soak_options.agent);
	if ((f = fopen(path, "re")) == NULL)
		soak_fail("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "VmRSS:", 6) == 0)
			s.rss_kb = strtoul(line + 6, NULL, 10);
	(void)fclose(f);
	(void)snprintf(
	    path, sizeof(path), "/proc/%d/fd", (int)soak_options.agent);
	if ((d = opendir(path)) == NULL)
		return s;
	while (readdir(d) != NULL)
		s.n_fds++;
	(void)closedir(d);
	return s;
}

__attribute__((noreturn)) static void
usage(void)
{
	(void)fprintf(stderr,
	    "usage: firma-soak --socket S --agent PID --pin-file F --key ALIAS "
	    "...\n"
	    "           [--fault kill:TOKEN | hang:TOKEN:FILE | "
	    "card:TOKEN:PROGRAM] ...\n"
	    "           [--clients N] [--signatures N] [--every N]\n");
	exit(FIRMA_EXIT_USAGE);
}

static uint64_t
number(const char *s, uint64_t max)
{
	char *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(s, &end, 10);
	if (*s < '1' || *s > '9' || *end != '\0' || errno != 0 || v > max)
		usage();
	return v;
}

static void
add_fault(const char *s)
{
	static const char *const kinds[] = { "kill:", "hang:", "card:" };
	struct soak_fault *f = &soak_options.faults[soak_options.n_faults];
	const char *token = s + strlen(kinds[0]);
	size_t len = strcspn(token, ":");

	if (soak_options.n_faults == SOAK_FAULTS || strlen(s) < 6 || len == 0 ||
	    len >= sizeof(f->token))
		usage();
	for (size_t i = 0; i < 3; i++) {
		if (strncmp(s, kinds[i], strlen(kinds[i])) != 0)
			continue;
		f->kind = (enum soak_fault_kind)i;
		memcpy(f->token, token, len);
		if (token[len] == ':')
			(void)snprintf(f->argument, sizeof(f->argument), "%s",
			    token + len + 1);
		if ((f->kind == SOAK_KILL) != (f->argument[0] == '\0'))
			usage();
		soak_options.n_faults++;
		return;
	}
	usage();
}

static void
parse(int argc, char **argv)
{
	static const struct option list[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "agent", required_argument, NULL, 'a' },
		{ "pin-file", required_argument, NULL, 'p' },
		{ "key", required_argument, NULL, 'k' },
		{ "fault", required_argument, NULL, 'f' },
		{ "clients", required_argument, NULL, 'c' },
		{ "signatures", required_argument, NULL, 'n' },
		{ "every", required_argument, NULL, 'e' },
		{ NULL, 0, NULL, 0 },
	};
	struct soak_options *o = &soak_options;
	int c;

	while ((c = getopt_long(argc, argv, "", list, NULL)) != -1) {
		switch (c) {
		case 's':
			o->socket = optarg;
			break;
		case 'a':
			o->agent = (pid_t)number(optarg, INT32_MAX);
			break;
		case 'p':
			o->pin_file = optarg;
			break;
		case 'k':
			if (o->n_keys == SOAK_KEYS)
				usage();
			o->keys[o->n_keys++] = optarg;
			break;
		case 'f':
			add_fault(optarg);
			break;
		case 'c':
			o->n_clients = number(optarg, CLIENTS_MAX);
			break;
		case 'n':
			o->n_signatures = number(optarg, 100000000);
			break;
		case 'e':
			o->every = number(optarg, 100000000);
			break;
		default:
			usage();
		}
	}
	if (optind != argc || o->socket == NULL || o->agent == 0 ||
	    o->pin_file == NULL || o->n_keys == 0)
		usage();
}

/* fn is done in a process of its own, which ends with us. */
static void
begin(void (*fn)(unsigned int), unsigned int arg)
{
	const pid_t pid = fork();

	if (pid < 0)
		soak_fail("fork: %s", strerror(errno));
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		n_children = 0; /* they are not this one's */
		fn(arg);
		_exit(0);
	}
	children[n_children++] = pid;
}

static void
operate(unsigned int unused)
{
	(void)unused;
	soak_operate();
}

static void
do_harm(unsigned int unused)
{
	(void)unused;
	soak_harm();
}

/* How many have ended; whoever failed has said why. */
static size_t
reap(void)
{
	static size_t n;
	int status;

	while (waitpid(-1, &status, WNOHANG) > 0) {
		if (status != 0)
			soak_fail("a process ended with status %#x", status);
		n++;
	}
	return n;
}

static void
tell(const struct soak_size *s)
{
	(void)printf("%llu signatures, %llu kills, %llu hangs, %llu pulls, "
		     "%llu unlocks; agent %lu KiB, %lu descriptors\n",
	    (unsigned long long)atomic_load(&soak_shared->n_signed),
	    (unsigned long long)atomic_load(&soak_shared->n_faults[SOAK_KILL]),
	    (unsigned long long)atomic_load(&soak_shared->n_faults[SOAK_HANG]),
	    (unsigned long long)atomic_load(&soak_shared->n_faults[SOAK_CARD]),
	    (unsigned long long)atomic_load(&soak_shared->n_unlocks), s->rss_kb,
	    s->n_fds);
	(void)fflush(stdout);
}

/* Until all is signed.  The memory after a fifth of it is what counts. */
static struct soak_size
watch(void)
{
	const struct timespec pause = { 0, 100 * FIRMA_MS };
	struct soak_size early = { 0 };
	uint64_t told = firma_now();

	for (;;) {
		const uint64_t n = atomic_load(&soak_shared->n_signed);
		const struct soak_size s = soak_size();

		if (early.rss_kb == 0 && n >= soak_options.n_signatures / 5)
			early = s;
		if (firma_now() - told > 10 * FIRMA_S) {
			told = firma_now();
			tell(&s);
		}
		(void)reap();
		if (n >= soak_options.n_signatures)
			break;
		(void)nanosleep(&pause, NULL);
	}
	atomic_store(&soak_shared->is_over, true);
	while (reap() < n_children)
		(void)nanosleep(&pause, NULL);
	n_children = 0;
	return early;
}

static void
check_size(const struct soak_size *before, const struct soak_size *early)
{
	const struct timespec pause = { 0, 100 * FIRMA_MS };
	const uint64_t until = firma_after(SETTLE);
	const unsigned long slack = RSS_SLACK +
	    (soak_options.n_signatures < RSS_FILLED ? RSS_PAGES : 0);
	struct soak_size s = soak_size();

	while (s.n_fds != before->n_fds && firma_now() < until) {
		(void)nanosleep(&pause, NULL);
		s = soak_size();
	}
	tell(&s);
	if (s.n_fds != before->n_fds)
		soak_fail("the agent has %lu descriptors, at first it had %lu",
		    s.n_fds, before->n_fds);
	if (s.n_fds == 0)
		(void)printf("the agent's descriptors are not ours to see\n");
	/* A sanitizer keeps what was freed. */
	if (!IS_SANITIZED && s.rss_kb > early->rss_kb + slack)
		soak_fail("the agent grew from %lu to %lu KiB", early->rss_kb,
		    s.rss_kb);
}

int
main(int argc, char **argv)
{
	struct soak_size before, early;

	parse(argc, argv);
	soak_shared = mmap(NULL,
	    sizeof(*soak_shared) +
		soak_options.n_signatures * sizeof(soak_shared->records[0]),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (soak_shared == MAP_FAILED)
		soak_fail("no memory");
	before = soak_size();
	for (size_t i = 0; i < soak_options.n_clients; i++)
		begin(soak_sign, (unsigned int)i);
	begin(operate, 0);
	begin(do_harm, 0);
	early = watch();
	check_size(&before, &early);
	for (unsigned int i = 0; i < SOAK_ERRS; i++)
		if (atomic_load(&soak_shared->n_errors[i]) != 0)
			(void)printf("told to clients: %s, %llu times\n",
			    firma_err_name((enum firma_err)i),
			    (unsigned long long)atomic_load(
				&soak_shared->n_errors[i]));
	soak_check_ledger();
	return 0;
}
