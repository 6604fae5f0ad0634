/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/readers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/base/spawn.h"
#include "agent/daemon/bury.h"
#include "agent/daemon/log.h"
#include "agent/daemon/place.h"
#include "agent/daemon/watched.h"
#include "agent/policy/pcsc.h"
#include "agent/wire/frame.h"

#define BACKOFF_MIN (100 * FIRMA_MS)
#define BACKOFF_MAX (30 * FIRMA_S)
#define HEALTHY_NS  (60 * FIRMA_S) /* after this a fall is a first fall */

struct firma_readers {
	struct firma_agent *agent;
	sd_event_source *timer; /* until it is started again */
	sd_event_source *io, *exit;
	pid_t pid;
	int fd, pidfd; /* -1: it does not run */
	uint64_t started, pause;
	char socket[FIRMA_CONFIG_ENV_LEN]; /* of pcscd; "" for the usual one */
	bool tells; /* this process has said how pcscd is */
	enum firma_service service;
	struct firma_watched watched;
	uint8_t room[FIRMA_FRAME_MAX];
};

/* ---- what its words mean for tokens ---- */

static bool
may_hold(const struct firma_readers *r, const struct firma_token *t)
{
	return firma_pcsc_may_hold(r->agent->config, t->config);
}

/* A card left the reader of that name. */
static void
taken_out(struct firma_readers *r, const char *name, const char *why)
{
	for (size_t i = 0; i < r->agent->n_tokens; i++) {
		struct firma_token *t = r->agent->tokens[i];

		if (firma_watched_is_slot(name, t->slot))
			firma_token_taken_out(t, why);
		else if (t->present && may_hold(r, t) &&
		    firma_watched_find(&r->watched, t->slot) == NULL)
			/* Its module calls slots by names of its own. */
			firma_token_probe(t);
	}
}

/* A token may have come. */
static void
look(struct firma_readers *r)
{
	for (size_t i = 0; i < r->agent->n_tokens; i++)
		if (may_hold(r, r->agent->tokens[i]))
			firma_token_look(r->agent->tokens[i]);
}

static void
on_reader_word(struct firma_readers *r, const struct firma_msg_r_reader *m)
{
	char name[FIRMA_READER_NAME], why[160];
	unsigned int what;

	firma_str_copy(m->name, name, sizeof(name));
	what = firma_watched_take(&r->watched, name, m->flags, m->events);
	firma_log(FIRMA_LOG_DEBUG, "reader %s: flags %#x, events %u", name,
	    m->flags, m->events);
	if ((what & FIRMA_WATCHED_OUT) != 0) {
		(void)snprintf(why, sizeof(why),
		    (m->flags & FIRMA_READER_GONE) != 0
			? "its reader %.128s is gone"
			: "taken out of reader %.128s",
		    name);
		taken_out(r, name, why);
	}
	/* Its start ends with "up", which looks for all. */
	if (r->tells && (what & (FIRMA_WATCHED_IN | FIRMA_WATCHED_OTHER)) != 0)
		look(r);
}

static const char *
service_why(enum firma_service service)
{
	switch (service) {
	case FIRMA_SERVICE_DOWN:
		return "pcscd does not run";
	case FIRMA_SERVICE_REFUSED:
		return "pcscd refuses this user (polkit, or its socket's "
		       "permissions)";
	case FIRMA_SERVICE_UP:
	default:
		return NULL;
	}
}

/* Readers that nobody told of are gone, with their cards. */
static void
sweep(struct firma_readers *r)
{
	struct firma_watched_reader gone;
	char why[160];

	while (firma_watched_sweep(&r->watched, &gone)) {
		if ((gone.flags & FIRMA_READER_PRESENT) == 0)
			continue;
		(void)snprintf(
		    why, sizeof(why), "its reader %.128s is gone", gone.name);
		taken_out(r, gone.name, why);
	}
}

static void
on_service_word(struct firma_readers *r, const struct firma_msg_r_service *m)
{
	const enum firma_service is = m->state == FIRMA_SERVICE_UP
	    ? FIRMA_SERVICE_UP
	    : m->state == FIRMA_SERVICE_REFUSED ? FIRMA_SERVICE_REFUSED
						: FIRMA_SERVICE_DOWN;
	const char *why = service_why(is);

	r->tells = true;
	r->service = is;
	if (why != NULL) {
		firma_log(FIRMA_LOG_WARNING, "%s: %.*s", why, (int)m->what.len,
		    m->what.at);
		firma_watched_stale(&r->watched);
	} else {
		firma_log(
		    FIRMA_LOG_INFO, "pcscd runs, %zu readers", r->watched.n);
	}
	sweep(r);
	look(r);
}

/* False: that is no word of firmad-reader. */
static bool
take_word(struct firma_readers *r, const struct firma_frame *f)
{
	struct firma_msg_r_reader reader;
	struct firma_msg_r_service service;

	switch (f->type) {
	case FIRMA_MSG_r_reader:
		if (firma_msg_decode(FIRMA_MSG_r_reader, f->payload, &reader,
			NULL) != FIRMA_OK)
			return false;
		on_reader_word(r, &reader);
		return true;
	case FIRMA_MSG_r_service:
		if (firma_msg_decode(FIRMA_MSG_r_service, f->payload, &service,
			NULL) != FIRMA_OK)
			return false;
		on_service_word(r, &service);
		return true;
	default:
		return false;
	}
}

/* ---- the process ---- */

static void
later(struct firma_readers *r)
{
	if (firma_now() - r->started > HEALTHY_NS || r->pause == 0)
		r->pause = BACKOFF_MIN;
	else if ((r->pause *= 2) > BACKOFF_MAX)
		r->pause = BACKOFF_MAX;
	(void)sd_event_source_set_time_relative(r->timer, r->pause / 1000);
	(void)sd_event_source_set_enabled(r->timer, SD_EVENT_ONESHOT);
}

/* It is gone, or has to go.  Nobody tells now: tokens are looked for again. */
static void
let_go(struct firma_readers *r)
{
	(void)sd_event_source_set_enabled(r->timer, SD_EVENT_OFF);
	if (r->pidfd < 0)
		return;
	(void)kill(r->pid, SIGKILL);
	r->io = sd_event_source_disable_unref(r->io);
	r->exit = sd_event_source_disable_unref(r->exit);
	firma_bury(r->agent->loop, r->pid, firma_fd_take(&r->pidfd));
	firma_fd_done(&r->fd);
	r->tells = false;
	/* What happens until the next one tells is found by comparing. */
	firma_watched_stale(&r->watched);
	for (size_t i = 0; i < r->agent->n_tokens; i++)
		firma_token_unwatched(r->agent->tokens[i]);
}

static void
fell(struct firma_readers *r, const char *what)
{
	firma_log(FIRMA_LOG_WARNING, "firmad-reader: %s; process %d ended",
	    what, (int)r->pid);
	let_go(r);
	if (!r->agent->stopping)
		later(r);
}

static int
on_exit_(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	(void)s;
	(void)fd;
	(void)events;
	fell(arg, "it crashed or left");
	return 0;
}

static int
on_io(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct firma_readers *r = arg;
	struct firma_frame f;
	size_t used;
	int got = -1;
	const long n = firma_frame_recv(fd, r->room, sizeof(r->room), &got);

	(void)events;
	firma_fd_done(&got);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0) {
		/* on_exit_() tells, when it gets its turn. */
		(void)sd_event_source_set_enabled(s, SD_EVENT_OFF);
		return 0;
	}
	if (firma_frame_parse(firma_bytes_of(r->room, (size_t)n), &f, &used) !=
		FIRMA_OK ||
	    used != (size_t)n || !take_word(r, &f))
		fell(r, "it told nonsense");
	return 0;
}

FIRMA_CHECKED static enum firma_err
execute(struct firma_readers *r, int theirs, struct firma_cause *cause)
{
	static char prog[] = "firmad-reader", lang[] = "LANG=C.UTF-8";
	char socket_env[FIRMA_CONFIG_ENV_LEN + 32];
	char *argv[] = { prog, NULL };
	char *envp[] = { lang, r->socket[0] != '\0' ? socket_env : NULL, NULL };
	const struct firma_spawn s = { .exe_fd = r->agent->reader_fd,
		.path = r->agent->reader_path,
		.argv = argv,
		.envp = envp,
		.fds = { -1, STDERR_FILENO, STDERR_FILENO, theirs },
		.n_fds = 4,
		.die = 1,
		.leads = 1 };

	(void)snprintf(socket_env, sizeof(socket_env), "PCSCLITE_CSOCK_NAME=%s",
	    r->socket);
	/* A child begins where we are. */
	firma_place_let_go(r->agent->place);
	return firma_spawn(&s, &r->pid, &r->pidfd, cause);
}

FIRMA_CHECKED static enum firma_err
start(struct firma_readers *r, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int ours = -1;
	FIRMA_OWN(firma_fd_done) int theirs = -1;
	int pair[2];
	enum firma_err e;

	r->started = firma_now();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return firma_fail(cause, FIRMA_ERR_IO, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "socketpair");
	ours = pair[0];
	theirs = pair[1];
	(void)fcntl(ours, F_SETFL, O_NONBLOCK);
	if ((e = execute(r, theirs, cause)) != FIRMA_OK)
		return e;
	r->fd = firma_fd_take(&ours);
	if (sd_event_add_io(r->agent->loop, &r->io, r->fd, EPOLLIN, on_io, r) <
		0 ||
	    sd_event_add_io(
		r->agent->loop, &r->exit, r->pidfd, EPOLLIN, on_exit_, r) < 0)
		return FIRMA_ERR_NOMEM;
	/* What it told before it died is read before its death. */
	(void)sd_event_source_set_priority(r->exit, SD_EVENT_PRIORITY_IDLE - 1);
	return FIRMA_OK;
}

static void
try_start(struct firma_readers *r)
{
	struct firma_cause cause = { 0 };
	const enum firma_err e = start(r, &cause);

	if (e == FIRMA_OK)
		return;
	firma_log(FIRMA_LOG_ERROR, "firmad-reader: %s (%s)", firma_err_text(e),
	    cause.what);
	let_go(r);
	later(r);
}

static int
on_timer(sd_event_source *s, uint64_t usec, void *arg)
{
	(void)s;
	(void)usec;
	try_start(arg);
	return 0;
}

void
firma_readers_configure(struct firma_readers *r)
{
	const char *socket = firma_pcsc_socket(r->agent->config);

	if (socket != NULL && r->pidfd >= 0 && strcmp(socket, r->socket) == 0)
		return;
	let_go(r);
	r->watched.n = 0;
	if (socket == NULL)
		return;
	(void)snprintf(r->socket, sizeof(r->socket), "%s", socket);
	if (r->agent->reader_fd >= 0)
		try_start(r);
	else
		firma_log(FIRMA_LOG_WARNING,
		    "there is no %s: readers are not watched, tokens are "
		    "looked for each second",
		    r->agent->reader_path);
}

enum firma_err
firma_readers_new(struct firma_agent *a, struct firma_readers **ret)
{
	struct firma_readers *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return FIRMA_ERR_NOMEM;
	r->agent = a;
	r->fd = r->pidfd = -1;
	if (sd_event_add_time_relative(a->loop, &r->timer, CLOCK_MONOTONIC,
		UINT64_C(1000000), 1000, on_timer, r) < 0) {
		free(r);
		return FIRMA_ERR_NOMEM;
	}
	(void)sd_event_source_set_enabled(r->timer, SD_EVENT_OFF);
	*ret = r;
	return FIRMA_OK;
}

void
firma_readers_free(struct firma_readers *r)
{
	if (r == NULL)
		return;
	let_go(r);
	(void)sd_event_source_disable_unref(r->timer);
	free(r);
}

/* ---- what others ask ---- */

bool
firma_readers_tell_of(
    const struct firma_readers *r, const struct firma_token *t)
{
	return r != NULL && r->tells && may_hold(r, t);
}

const char *
firma_readers_name(const struct firma_readers *r, const struct firma_token *t)
{
	const struct firma_watched_reader *d =
	    r == NULL ? NULL : firma_watched_find(&r->watched, t->slot);

	if (d != NULL)
		return d->name;
	return r != NULL && may_hold(r, t) ? t->slot : "";
}

const char *
firma_readers_why(const struct firma_readers *r, const struct firma_token *t)
{
	const struct firma_watched_reader *d;

	if (!firma_readers_tell_of(r, t))
		return NULL;
	if (r->service != FIRMA_SERVICE_UP)
		return service_why(r->service);
	d = firma_watched_find(&r->watched, t->slot);
	if (d != NULL && (d->flags & FIRMA_READER_MUTE) != 0)
		return "the card in its reader does not answer";
	if (d != NULL && (d->flags & FIRMA_READER_EXCLUSIVE) != 0)
		return "another program has its reader for itself";
	return NULL;
}
