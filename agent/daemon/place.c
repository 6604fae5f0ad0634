/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/place.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/daemon/conn.h"
#include "agent/daemon/process.h"
#include "agent/daemon/token.h"

#define HOT_COUNT  32              /* signatures in a row, one client's */
#define PAUSE_NS   (20 * FIRMA_MS) /* a longer pause ends the row */
#define LOOK_NS    (5 * FIRMA_MS)  /* between two looks at where it runs */
#define LOOK_AGAIN FIRMA_S         /* when that cannot be known */
#define SPIN_NS    ((uint64_t)150 * 1000)
/* Signatures further apart than this do not pay for looking out. */
#define SPIN_APART   ((uint64_t)500 * 1000)

#define STAT_TEXT    1024 /* octets of /proc/PID/stat */
#define STAT_THREADS 20   /* proc(5): number of the field, from 1 */
#define STAT_CPU     39

struct firma_place {
	struct firma_agent *agent;
	sd_event_source *timer;
	cpu_set_t allowed; /* where we may run, as we were started */
	uint64_t serial;   /* of the connection that signed last */
	uint64_t last;     /* when */
	uint64_t since;    /* of the row's last look */
	unsigned int count, count_at_look;
	uint64_t look; /* not before this */
	int cpu;       /* where all are, or -1: anywhere */
	const struct firma_token *token;
	pid_t lane; /* the thread that was placed */
};

/* A thread that is gone, or a CPU that is: then it stays where it is. */
static void
put(pid_t tid, const cpu_set_t *set)
{
	(void)sched_setaffinity(tid, sizeof(*set), set);
}

/* The token's process, if it is the one that was placed. */
static pid_t
lane_of(const struct firma_token *t)
{
	return t->process == NULL ? 0 : firma_process_pid(t->process);
}

static bool
is_served(const struct firma_place *p, const struct firma_token *t)
{
	for (size_t i = 0; i < p->agent->n_tokens; i++)
		if (p->agent->tokens[i] == t)
			return true;
	return false;
}

void
firma_place_let_go(struct firma_place *p)
{
	if (p->cpu < 0)
		return;
	p->cpu = -1;
	firma_store_set_spin(p->agent->store, 0);
	put(0, &p->allowed);
	(void)pthread_setaffinity_np(firma_store_thread(p->agent->store),
	    sizeof(p->allowed), &p->allowed);
	if (is_served(p, p->token) && lane_of(p->token) == p->lane)
		put(p->lane, &p->allowed);
	(void)sd_event_source_set_enabled(p->timer, SD_EVENT_OFF);
}

static void
follow(struct firma_place *p, int cpu, const struct firma_token *t)
{
	cpu_set_t one, others = p->allowed;

	if (p->cpu >= 0 && p->token != t)
		firma_place_let_go(p);
	p->token = t;
	p->lane = lane_of(t);
	p->cpu = cpu;
	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	CPU_CLR((size_t)cpu, &others);
	/* The store's thread leaves before we come. */
	(void)pthread_setaffinity_np(
	    firma_store_thread(p->agent->store), sizeof(others), &others);
	put(0, &one);
	if (p->lane > 0)
		put(p->lane, &one);
	(void)sd_event_source_set_time_relative(p->timer, PAUSE_NS / 1000);
	(void)sd_event_source_set_enabled(p->timer, SD_EVENT_ONESHOT);
}

/* The field of proc(5)'s stat after the name, which may hold anything. */
static long
stat_field(const char *text, int number)
{
	const char *at = strrchr(text, ')');

	for (int i = 2; at != NULL && i < number; i++)
		at = strchr(at + 1, ' ');
	return at == NULL ? -1 : strtol(at, NULL, 10);
}

/*
 * The CPU that the client was on last; -1 when it cannot be known: /proc is
 * hidden, or the client has threads and we cannot tell which one asks.
 */
static int
cpu_of(const struct firma_place *p, pid_t pid)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	char path[64], text[STAT_TEXT];
	long n, cpu;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0 ||
	    (n = read(fd, text, sizeof(text) - 1)) <= 0)
		return -1;
	text[n] = '\0';
	cpu = stat_field(text, STAT_CPU);
	if (stat_field(text, STAT_THREADS) != 1 || cpu < 0 ||
	    cpu >= CPU_SETSIZE || !CPU_ISSET((size_t)cpu, &p->allowed))
		return -1;
	return (int)cpu;
}

static void
look(struct firma_place *p, uint64_t now, const struct firma_conn *c,
    const struct firma_token *t)
{
	const unsigned int n = p->count - p->count_at_look;
	const uint64_t apart = (now - p->since) / (n == 0 ? 1 : n);
	const int cpu = cpu_of(p, firma_conn_pid(c));

	p->since = now;
	p->count_at_look = p->count;
	p->look = now + (cpu < 0 ? LOOK_AGAIN : LOOK_NS);
	if (cpu < 0) {
		firma_place_let_go(p);
		return;
	}
	if (cpu != p->cpu || t != p->token || lane_of(t) != p->lane)
		follow(p, cpu, t);
	firma_store_set_spin(p->agent->store, apart < SPIN_APART ? SPIN_NS : 0);
}

void
firma_place_sign(struct firma_agent *a, const struct firma_conn *c,
    const struct firma_token *t)
{
	struct firma_place *p = a->place;
	uint64_t now;

	if (c == NULL || CPU_COUNT(&p->allowed) < 2)
		return;
	now = firma_now();
	if (firma_conn_serial(c) != p->serial || now - p->last > PAUSE_NS) {
		firma_place_let_go(p);
		p->serial = firma_conn_serial(c);
		p->count = p->count_at_look = 0;
		p->since = now;
		p->look = 0;
	}
	p->last = now;
	/* It does not wait for one before it asks for the next.  What another
	 * client waits for, of a token that hangs maybe, does not count. */
	if (firma_conn_requests(c) > 1) {
		firma_place_let_go(p);
		p->count = p->count_at_look = 0;
		p->since = now;
		return;
	}
	if (++p->count >= HOT_COUNT && now >= p->look)
		look(p, now, c, t);
}

static int
on_timer(sd_event_source *s, uint64_t usec, void *arg)
{
	struct firma_place *p = arg;

	(void)usec;
	if (firma_now() - p->last > PAUSE_NS) {
		firma_place_let_go(p);
		return 0;
	}
	(void)sd_event_source_set_time_relative(s, PAUSE_NS / 1000);
	(void)sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
	return 0;
}

enum firma_err
firma_place_new(struct firma_agent *a, struct firma_place **ret)
{
	struct firma_place *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return FIRMA_ERR_NOMEM;
	p->agent = a;
	p->cpu = -1;
	if (sched_getaffinity(0, sizeof(p->allowed), &p->allowed) != 0)
		CPU_ZERO(&p->allowed);
	if (sd_event_add_time_relative(a->loop, &p->timer, CLOCK_MONOTONIC, 0,
		1000, on_timer, p) < 0) {
		free(p);
		return FIRMA_ERR_NOMEM;
	}
	(void)sd_event_source_set_enabled(p->timer, SD_EVENT_OFF);
	*ret = p;
	return FIRMA_OK;
}

void
firma_place_free(struct firma_place *p)
{
	if (p == NULL)
		return;
	firma_place_let_go(p);
	(void)sd_event_source_disable_unref(p->timer);
	free(p);
}
