/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/client/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "agent/base/own.h"

#define SYSTEM_SOCKET "/run/firmad/socket"
#define PROGRAM_TEXT  65 /* octets, with the terminating zero */
#define IDS_AT_ONCE   32

/* After a lost connection: how long a new agent may take to listen. */
#define RECONNECT_FOR   (3 * FIRMA_S)
#define RECONNECT_AGAIN (20 * FIRMA_MS)

/* How much earlier than we the agent gives up. */
#define MARGIN_MAX_MS 1000

struct firma_client {
	struct firma_channel ch;
	char path[FIRMA_CLIENT_PATH];
	char program[PROGRAM_TEXT];
	char rule[FIRMA_CLIENT_RULE];
	struct firma_client_welcome welcome;
	uint64_t ids[IDS_AT_ONCE]; /* random, [0, n_ids) are unused */
	size_t n_ids;
	union firma_msg_any msg; /* the answer being looked at */
};

static enum firma_err
next_id(struct firma_client *c, uint64_t *ret_id)
{
	do {
		if (c->n_ids == 0) {
			if (getrandom(c->ids, sizeof(c->ids), 0) !=
			    (ssize_t)sizeof(c->ids))
				return FIRMA_ERR_IO;
			c->n_ids = IDS_AT_ONCE;
		}
		*ret_id = c->ids[--c->n_ids];
	} while (*ret_id == 0);
	return FIRMA_OK;
}

/* What the agent is told: a little less than what is left. */
static uint32_t
agent_ms(uint64_t deadline)
{
	const uint64_t now = firma_now();
	uint64_t ms, margin;

	if (deadline <= now)
		return 1;
	ms = (deadline - now) / FIRMA_MS;
	if (ms > FIRMA_DEADLINE_MAX_MS)
		return FIRMA_DEADLINE_MAX_MS;
	margin = ms / 10 < MARGIN_MAX_MS ? ms / 10 : MARGIN_MAX_MS;
	return ms - margin == 0 ? 1 : (uint32_t)(ms - margin);
}

static int
is_last(enum firma_msg_type type)
{
	return type == FIRMA_MSG_done || type == FIRMA_MSG_error ||
	    type == FIRMA_MSG_signed;
}

/* An `error` answer as our result; its rule is kept in c. */
static enum firma_err
agent_error(struct firma_client *c, const struct firma_msg_error *e,
    struct firma_cause *cause)
{
	char what[FIRMA_CAUSE_WHAT];

	firma_str_copy(e->rule, c->rule, sizeof(c->rule));
	firma_str_copy(e->what, what, sizeof(what));
	return firma_fail(cause,
	    firma_err_known(e->err) && e->err != FIRMA_OK
		? (enum firma_err)e->err
		: FIRMA_ERR_INTERNAL,
	    e->cause_kind <= FIRMA_CAUSE_LINE
		? (enum firma_cause_kind)e->cause_kind
		: FIRMA_CAUSE_NONE,
	    (unsigned long)e->cause_code, "%s", what);
}

/* The next answer, whichever request it belongs to. */
static enum firma_err
receive(struct firma_client *c, uint64_t deadline,
    struct firma_client_answer *ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	const struct firma_msg_desc *d;
	struct firma_frame f;
	enum firma_err r;

	r = firma_channel_receive(&c->ch, deadline, &f, &fd, cause);
	if (r != FIRMA_OK)
		return r;
	d = firma_msg_find(f.type);
	if (d == NULL || d->direction != 'A' ||
	    (d->fds == FIRMA_FDS_NONE && fd >= 0) ||
	    (d->fds == FIRMA_FDS_ONE && fd < 0))
		return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		    "answer %u", f.type);
	r = firma_msg_decode(d->type, f.payload, &c->msg, cause);
	if (r != FIRMA_OK)
		return FIRMA_ERR_SHAPE;
	*ret = (struct firma_client_answer){
		.id = f.id,
		.type = d->type,
		.msg = &c->msg,
		.fd = firma_fd_take(&fd),
		.is_last = is_last(d->type),
	};
	return FIRMA_OK;
}

/* After these the stream is out of step: only a new connection helps. */
static int
is_lost(enum firma_err r)
{
	return r == FIRMA_ERR_AGENT_GONE || r == FIRMA_ERR_SHAPE ||
	    r == FIRMA_ERR_VERSION;
}

static int
has_hung_up(enum firma_err r, const struct firma_cause *why)
{
	return r == FIRMA_ERR_AGENT_GONE &&
	    (why->code == EPIPE || why->code == ECONNRESET);
}

static enum firma_err
hello(struct firma_client *c, uint64_t deadline, struct firma_cause *cause)
{
	const struct firma_msg_hello ask = { FIRMA_WIRE_VERSION,
		FIRMA_WIRE_VERSION, firma_str_of(c->program), 0 };
	struct firma_client_answer a;
	const struct firma_msg_welcome *w;
	struct firma_cause why = { 0 };
	uint64_t id;
	enum firma_err r;

	if ((r = next_id(c, &id)) != FIRMA_OK)
		return r;
	r = firma_channel_send(&c->ch, FIRMA_MSG_hello, &ask, id,
	    agent_ms(deadline), -1, deadline, &why);
	/* A full agent may have answered an error and hung up before this. */
	if (r != FIRMA_OK && !has_hung_up(r, &why)) {
		if (cause != NULL)
			*cause = why;
		return r;
	}
	if ((r = receive(c, deadline, &a, cause)) != FIRMA_OK)
		return r;
	firma_fd_done(&a.fd);
	if (a.type == FIRMA_MSG_error)
		return agent_error(c, a.msg, cause);
	if (a.type != FIRMA_MSG_welcome || a.id != id)
		return firma_fail(
		    cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0, "welcome");
	w = a.msg;
	if (w->version != FIRMA_WIRE_VERSION)
		return firma_fail(cause, FIRMA_ERR_VERSION, FIRMA_CAUSE_NONE, 0,
		    "%u", w->version);
	c->welcome.version = w->version;
	c->welcome.instance = w->instance;
	firma_str_copy(w->agent_version, c->welcome.agent_version,
	    sizeof(c->welcome.agent_version));
	firma_str_copy(w->rule, c->welcome.rule, sizeof(c->welcome.rule));
	return FIRMA_OK;
}

static enum firma_err
connect_to(struct firma_client *c, const char *path, uint64_t deadline,
    struct firma_cause *cause)
{
	enum firma_err r;

	r = firma_channel_connect(&c->ch, path, deadline, cause);
	if (r != FIRMA_OK)
		return r;
	if ((r = hello(c, deadline, cause)) != FIRMA_OK)
		firma_channel_done(&c->ch);
	else if (path != c->path)
		(void)snprintf(c->path, sizeof(c->path), "%s", path);
	return r;
}

/* Where the agent may listen, in this order; first come, first served. */
static enum firma_err
look_for(struct firma_client *c, uint64_t deadline, struct firma_cause *cause)
{
	const char *given = getenv("FIRMA_SOCKET");
	const char *run = getenv("XDG_RUNTIME_DIR");
	char user[FIRMA_CLIENT_PATH];
	enum firma_err r;
	int n;

	if (given != NULL && given[0] != '\0')
		return connect_to(c, given, deadline, cause);
	if (run != NULL && run[0] == '/') {
		n = snprintf(user, sizeof(user), "%s/firmad/socket", run);
		if (n > 0 && (size_t)n < sizeof(user) &&
		    (r = connect_to(c, user, deadline, cause)) !=
			FIRMA_ERR_AGENT_GONE)
			return r;
	}
	return connect_to(c, SYSTEM_SOCKET, deadline, cause);
}

enum firma_err
firma_client_open(const char *path, const char *program, uint64_t deadline,
    struct firma_client **ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_client_done) struct firma_client *c = NULL;
	enum firma_err r;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return FIRMA_ERR_NOMEM;
	firma_channel_init(&c->ch);
	firma_str_copy(firma_str_of(program), c->program, sizeof(c->program));
	r = path != NULL ? connect_to(c, path, deadline, cause)
			 : look_for(c, deadline, cause);
	if (r != FIRMA_OK)
		return r;
	*ret = c;
	c = NULL;
	return FIRMA_OK;
}

void
firma_client_free(struct firma_client *c)
{
	if (c == NULL)
		return;
	firma_channel_done(&c->ch);
	free(c);
}

const struct firma_client_welcome *
firma_client_welcome(const struct firma_client *c)
{
	return &c->welcome;
}

const char *
firma_client_path(const struct firma_client *c)
{
	return c->path;
}

const char *
firma_client_rule(const struct firma_client *c)
{
	return c->rule;
}

void
firma_client_set_idle(
    struct firma_client *c, firma_idle_fn *idle, void *arg, uint64_t every)
{
	c->ch.idle = idle;
	c->ch.idle_arg = arg;
	c->ch.idle_every = every;
}

void
firma_client_set_spin(struct firma_client *c, uint64_t ns)
{
	c->ch.spin = ns;
}

/* Connect again to the same socket; an agent may be starting just now. */
static enum firma_err
reconnect(struct firma_client *c, uint64_t deadline, struct firma_cause *cause)
{
	const uint64_t limit = firma_after(RECONNECT_FOR);
	const uint64_t until = limit < deadline ? limit : deadline;

	for (;;) {
		const struct timespec again = { 0, (long)RECONNECT_AGAIN };
		const enum firma_err r = connect_to(c, c->path, until, cause);

		if (r != FIRMA_ERR_AGENT_GONE || firma_now() >= until)
			return r;
		(void)nanosleep(&again, NULL);
		if (c->ch.idle != NULL)
			c->ch.idle(c->ch.idle_arg);
	}
}

/* One request on its way. */
struct call {
	enum firma_msg_type type;
	const void *msg;
	int fd;
	uint64_t id, deadline;
	firma_client_item_fn *on_item;
	void *arg;
	int is_final; /* a PIN may have been given: never ask again */
};

/* Hand one answer on; *ret_over when it was the last. */
static enum firma_err
answered(struct firma_client *c, struct call *k, struct firma_client_answer *a,
    int *ret_over, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = a->fd;

	/* Another id: a late answer to a request that was given up. */
	if (a->id != k->id)
		return FIRMA_OK;
	*ret_over = a->is_last;
	if (a->type == FIRMA_MSG_error)
		return agent_error(c, a->msg, cause);
	if (a->type == FIRMA_MSG_pin_channel)
		k->is_final = 1;
	if (k->on_item == NULL || (a->is_last && a->type != FIRMA_MSG_signed))
		return FIRMA_OK;
	return k->on_item(k->arg, a->type, a->msg, &fd);
}

/*
 * Send and take answers to the end, on the present connection.  *ret_lost: the
 * connection failed, rather than the request.
 */
static enum firma_err
attempt(struct firma_client *c, struct call *k, int *ret_lost,
    struct firma_cause *cause)
{
	enum firma_err r;
	int over = 0;

	*ret_lost = 0;
	r = firma_channel_send(&c->ch, k->type, k->msg, k->id,
	    agent_ms(k->deadline), k->fd, k->deadline, cause);
	if (r == FIRMA_ERR_LIMIT)
		return r;
	while (r == FIRMA_OK && !over) {
		struct firma_client_answer a;

		r = receive(c, k->deadline, &a, cause);
		if (r == FIRMA_ERR_DEADLINE)
			return firma_fail(cause, r, FIRMA_CAUSE_NONE, 0, "%s",
			    firma_msg_find(k->type)->name);
		if (r != FIRMA_OK)
			break;
		if ((r = answered(c, k, &a, &over, cause)) != FIRMA_OK)
			return r;
	}
	if (r != FIRMA_OK) {
		firma_channel_done(&c->ch);
		*ret_lost = r == FIRMA_ERR_AGENT_GONE;
	}
	return r;
}

static enum firma_err
call(struct firma_client *c, struct call *k, struct firma_cause *cause)
{
	enum firma_err r;
	int lost = 0;

	c->rule[0] = '\0';
	if ((r = next_id(c, &k->id)) != FIRMA_OK)
		return r;
	if (c->ch.fd < 0 && (r = reconnect(c, k->deadline, cause)) != FIRMA_OK)
		return r;
	r = attempt(c, k, &lost, cause);
	if (!lost || k->is_final)
		return r;

	if ((r = reconnect(c, k->deadline, cause)) != FIRMA_OK)
		return r;
	if (k->on_item != NULL) {
		int none = -1;

		r = k->on_item(k->arg, (enum firma_msg_type)0, NULL, &none);
		if (r != FIRMA_OK)
			return r;
	}
	return attempt(c, k, &lost, cause);
}

enum firma_err
firma_client_call(struct firma_client *c, enum firma_msg_type type,
    const void *msg, int fd, uint64_t deadline, firma_client_item_fn *on_item,
    void *arg, struct firma_cause *cause)
{
	struct call k = { .type = type,
		.msg = msg,
		.fd = fd,
		.deadline = deadline,
		.on_item = on_item,
		.arg = arg };

	return call(c, &k, cause);
}

void
firma_signed_done(struct firma_signed *s)
{
	firma_buf_done(&s->signature);
	*s = (struct firma_signed){ 0 };
}

enum firma_err
firma_signed_keep(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	struct firma_signed *ret = arg;
	const struct firma_msg_signed *s = msg;
	enum firma_err r;

	(void)fd;
	if (type != FIRMA_MSG_signed)
		return FIRMA_OK;
	ret->signature.len = 0;
	if ((r = firma_buf_put(&ret->signature, s->signature)) != FIRMA_OK)
		return r;
	ret->ledger_seq = s->ledger_seq;
	if (s->sha256.len == sizeof(ret->sha256))
		memcpy(ret->sha256, s->sha256.at, sizeof(ret->sha256));
	return FIRMA_OK;
}

enum firma_err
firma_client_sign(struct firma_client *c, const struct firma_msg_sign *ask,
    int fd, uint64_t deadline, struct firma_signed *ret,
    struct firma_cause *cause)
{
	struct call k = { .type = FIRMA_MSG_sign,
		.msg = ask,
		.fd = fd,
		.deadline = deadline,
		.on_item = firma_signed_keep,
		.arg = ret };

	return call(c, &k, cause);
}

enum firma_err
firma_client_send(struct firma_client *c, enum firma_msg_type type,
    const void *msg, int fd, uint64_t deadline, uint64_t *ret_id,
    struct firma_cause *cause)
{
	uint64_t id;
	enum firma_err r;

	if ((r = next_id(c, &id)) != FIRMA_OK)
		return r;
	r = firma_channel_send(
	    &c->ch, type, msg, id, agent_ms(deadline), fd, deadline, cause);
	/* Answers that have come are still there, for firma_client_receive(). */
	if (r == FIRMA_OK)
		*ret_id = id;
	return r;
}

enum firma_err
firma_client_receive(struct firma_client *c, uint64_t deadline,
    struct firma_client_answer *ret, struct firma_cause *cause)
{
	struct firma_client_answer a;
	enum firma_err r;

	if ((r = receive(c, deadline, &a, cause)) != FIRMA_OK) {
		if (is_lost(r))
			firma_channel_done(&c->ch);
		return r;
	}
	if (a.type == FIRMA_MSG_error)
		a.err = agent_error(c, a.msg, cause);
	*ret = a;
	return FIRMA_OK;
}
