/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/daemon/handler.h"
#include "agent/daemon/handover.h"
#include "agent/daemon/log.h"
#include "agent/daemon/replay.h"

#define SEND_AGAIN (10 * FIRMA_MS) /* at the end, to clients that read slowly */

/* A descriptor that goes with the octet at `offset` of the out buffer. */
struct out_fd {
	size_t offset;
	int fd;
};

/* A signature in the out buffer: it is sent when octet `end - 1` is. */
struct mark {
	uint64_t end;
	struct firma_handover *handover; /* held */
};

struct firma_conn {
	struct firma_conn *next;
	struct firma_agent *agent;
	sd_event_source *source;
	int fd;
	uint64_t serial;
	struct firma_peer peer;
	char program[64];
	bool greeted; /* hello was said */
	bool closing; /* hang up once out is empty */
	bool dirty;   /* out was added to since the last flush */
	bool reading; /* EPOLLIN is asked for */
	bool writing; /* EPOLLOUT is asked for */
	struct firma_buf in, out;
	uint64_t n_sent;        /* octets, since the beginning */
	struct firma_buf marks; /* of struct mark, by end */
	int in_fds[FIRMA_CONN_FDS_MAX];
	size_t n_in_fds;
	struct out_fd out_fds[FIRMA_CONN_FDS_MAX];
	size_t n_out_fds;
	struct firma_task *requests; /* list by next_of_conn */
	size_t n_requests;
};

/* The signatures up to octet n_sent are the client's. */
static void
hand_over(struct firma_conn *c)
{
	struct mark m;
	size_t done = 0;

	for (; done < c->marks.len; done += sizeof(m)) {
		memcpy(&m, c->marks.at + done, sizeof(m));
		if (m.end > c->n_sent)
			break;
		firma_handover_done(m.handover);
		firma_handover_drop(m.handover);
	}
	firma_buf_drop(&c->marks, done);
}

static void
drop_marks(struct firma_conn *c)
{
	struct mark m;

	for (size_t at = 0; at < c->marks.len; at += sizeof(m)) {
		memcpy(&m, c->marks.at + at, sizeof(m));
		firma_handover_drop(m.handover);
	}
	firma_buf_done(&c->marks);
}

static void
conn_free(struct firma_conn *c)
{
	struct firma_conn **at = &c->agent->conns;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->agent->n_conns--;
	/* What was begun goes on without a listener. */
	for (struct firma_task *q = c->requests; q != NULL; q = q->next_of_conn)
		q->conn = NULL;
	for (size_t i = 0; i < c->n_in_fds; i++)
		(void)close(c->in_fds[i]);
	for (size_t i = 0; i < c->n_out_fds; i++)
		(void)close(c->out_fds[i].fd);
	firma_buf_done(&c->in);
	firma_buf_done(&c->out);
	drop_marks(c);
	(void)sd_event_source_disable_unref(c->source);
	firma_fd_done(&c->fd);
	free(c);
}

static void
want(struct firma_conn *c, bool reading, bool writing)
{
	if (c->reading == reading && c->writing == writing)
		return;
	c->reading = reading;
	c->writing = writing;
	(void)sd_event_source_set_io_events(c->source,
	    (reading ? (uint32_t)EPOLLIN : 0) |
		(writing ? (uint32_t)EPOLLOUT : 0));
}

/* Can another request be taken from this client now? */
static bool
has_room(const struct firma_conn *c)
{
	return !c->closing && !c->agent->stopping &&
	    c->n_requests < FIRMA_CONN_REQUESTS_MAX &&
	    c->out.len < FIRMA_CONN_OUT_MAX && c->n_out_fds == 0;
}

void
firma_conn_put(struct firma_conn *c, struct firma_bytes v, int fd,
    struct firma_handover *h)
{
	const struct mark m = { c->n_sent + c->out.len + v.len, h };

	if (fd >= 0 && c->n_out_fds == FIRMA_CONN_FDS_MAX) {
		(void)close(fd);
		c->closing = true;
		return;
	}
	if (fd >= 0)
		c->out_fds[c->n_out_fds++] = (struct out_fd){ c->out.len, fd };
	c->dirty = true;
	/* Both or neither. */
	if (firma_buf_reserve(&c->out, v.len) != FIRMA_OK ||
	    (h != NULL &&
		firma_buf_put(&c->marks, firma_bytes_of(&m, sizeof(m))) !=
		    FIRMA_OK)) {
		c->closing = true;
		return;
	}
	(void)firma_handover_hold(h);
	if (firma_buf_put(&c->out, v) != FIRMA_OK)
		c->closing = true;
}

void
firma_conn_forget(struct firma_conn *c, struct firma_task *q)
{
	struct firma_task **at = &c->requests;

	while (*at != q)
		at = &(*at)->next_of_conn;
	*at = q->next_of_conn;
	c->n_requests--;
	q->conn = NULL;
	c->dirty = true; /* reading may go on */
}

static void
attach(struct firma_conn *c, struct firma_task *q)
{
	q->conn = c;
	q->next_of_conn = c->requests;
	c->requests = q;
	c->n_requests++;
}

void
firma_conn_adopt(struct firma_conn *c, struct firma_task *q)
{
	if (q->conn != NULL)
		firma_conn_forget(q->conn, q);
	attach(c, q);
}

static void
out_drop(struct firma_conn *c, size_t n)
{
	firma_buf_drop(&c->out, n);
	for (size_t i = 0; i < c->n_out_fds; i++)
		c->out_fds[i].offset -= n;
}

/* False: the client is gone. */
static bool
send_out(struct firma_conn *c)
{
	while (c->out.len > 0) {
		size_t len = c->out.len;
		int fd = -1;
		long n;

		/* Up to the next descriptor; then with it, on its octet. */
		if (c->n_out_fds > 0 && c->out_fds[0].offset > 0)
			len = c->out_fds[0].offset;
		else if (c->n_out_fds > 0)
			fd = c->out_fds[0].fd;
		n = firma_frame_send(c->fd, firma_bytes_of(c->out.at, len), fd);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n < 0)
			return false;
		if (fd >= 0) {
			(void)close(fd);
			c->n_out_fds--;
			memmove(c->out_fds, c->out_fds + 1,
			    c->n_out_fds * sizeof(c->out_fds[0]));
		}
		out_drop(c, (size_t)n);
		c->n_sent += (size_t)n;
		hand_over(c);
	}
	return true;
}

/* Tell the client why before hanging up: an error frame that names no id. */
static void
hang_up(struct firma_conn *c, enum firma_err e, const char *what)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf frame = { 0 };
	const struct firma_msg_error m = { .err = e,
		.what = firma_str_of(what) };

	firma_log(FIRMA_LOG_WARNING, "client uid %u pid %d: %s (%s); hung up",
	    (unsigned)c->peer.uid, (int)c->peer.pid, firma_err_text(e), what);
	if (firma_frame_put(&frame, FIRMA_MSG_error, &m, 0, 0, 0) == FIRMA_OK)
		firma_conn_put(c, firma_buf_view(&frame), -1, NULL);
	c->closing = true;
}

static uint64_t
fnv1a(uint64_t h, struct firma_bytes v)
{
	for (size_t i = 0; i < v.len; i++)
		h = (h ^ v.at[i]) * UINT64_C(0x100000001b3);
	return h;
}

FIRMA_CHECKED static enum firma_err
request_new(
    struct firma_conn *c, const struct firma_frame *f, struct firma_task **ret)
{
	struct firma_task *q = calloc(1, sizeof(*q));
	const uint8_t type[2] = { (uint8_t)(f->type >> 8), (uint8_t)f->type };
	uint32_t ms = f->deadline_ms;

	if (q == NULL)
		return FIRMA_ERR_NOMEM;
	if (firma_buf_put(&q->payload, f->payload) != FIRMA_OK) {
		free(q);
		return FIRMA_ERR_NOMEM;
	}
	if (ms == 0)
		ms = FIRMA_DEADLINE_DEFAULT_MS;
	if (ms > FIRMA_DEADLINE_MAX_MS)
		ms = FIRMA_DEADLINE_MAX_MS;
	q->agent = c->agent;
	q->peer = c->peer;
	memcpy(q->program, c->program, sizeof(q->program));
	q->type = (enum firma_msg_type)f->type;
	q->id = f->id;
	q->fd = -1;
	q->rule = "";
	q->deadline = firma_after(ms * FIRMA_MS);
	q->fingerprint = fnv1a(fnv1a(UINT64_C(0xcbf29ce484222325),
				   firma_bytes_of(type, sizeof(type))),
	    f->payload);
	*ret = q;
	return FIRMA_OK;
}

static void
request_drop(struct firma_task *q)
{
	firma_buf_done(&q->payload);
	firma_fd_done(&q->fd);
	free(q);
}

/* The descriptor that belongs to this frame, if the message takes one. */
FIRMA_CHECKED static enum firma_err
take_fd(struct firma_conn *c, const struct firma_frame *f,
    const struct firma_msg_desc *d, int *ret_fd)
{
	if (f->n_fds == 1 && d->fds == FIRMA_FDS_NONE)
		return FIRMA_ERR_SHAPE;
	if (f->n_fds == 0 && d->fds == FIRMA_FDS_ONE)
		return FIRMA_ERR_SHAPE;
	if (f->n_fds == 0)
		return FIRMA_OK;
	if (c->n_in_fds == 0)
		return FIRMA_ERR_SHAPE;
	*ret_fd = c->in_fds[0];
	c->n_in_fds--;
	memmove(c->in_fds, c->in_fds + 1, c->n_in_fds * sizeof(int));
	return FIRMA_OK;
}

/* Not kept: the same id again after the answer. */
static void
start(struct firma_conn *c, struct firma_task *q)
{
	const struct firma_handler *h = firma_handler_find(q->type);

	if (h->changes) {
		q->conn = c;
		switch (firma_replay_begin(c->agent->replay, q)) {
		case FIRMA_REPLAY_NEW:
			q->kept = true;
			break;
		case FIRMA_REPLAY_OTHER:
			attach(c, q);
			firma_task_refuse(q, FIRMA_ERR_VALUE, "request-id",
			    "request id used for another request");
			return;
		case FIRMA_REPLAY_RUNNING:
		case FIRMA_REPLAY_ENDED:
		default:
			request_drop(q);
			return;
		}
	}
	attach(c, q);
	h->run(q);
}

static void
greet(struct firma_conn *c, struct firma_task *q)
{
	const struct firma_msg_hello *m = (const void *)&q->msg;
	struct firma_msg_welcome w = { .version = FIRMA_WIRE_VERSION,
		.agent_version = firma_str_of(FIRMA_VERSION),
		.instance = c->agent->instance };
	struct firma_verdict v;

	firma_str_copy(m->program, c->program, sizeof(c->program));
	attach(c, q);
	if (m->version_min > FIRMA_WIRE_VERSION ||
	    m->version_max < FIRMA_WIRE_VERSION) {
		firma_task_refuse(q, FIRMA_ERR_VERSION, "",
		    "the agent speaks version %d", FIRMA_WIRE_VERSION);
		return;
	}
	c->greeted = true;
	/* Whoever is refused everything still learns by which rule. */
	v = firma_rule_decide(
	    &(struct firma_rule_facts){ c->agent->owner, c->agent->config },
	    &c->peer,
	    &(struct firma_ask){
		.action = FIRMA_ASK_CONNECT, .key = "", .token = "" });
	w.rule = firma_str_of(v.rule);
	firma_task_answer(q, FIRMA_MSG_welcome, &w);
	firma_task_done(q, 1);
}

/* One frame of the client's.  Mistakes in it end the connection. */
static void
take_frame(struct firma_conn *c, const struct firma_frame *f)
{
	const struct firma_msg_desc *d = firma_msg_find(f->type);
	struct firma_task *q = NULL;
	struct firma_cause cause = { 0 };
	enum firma_err r;

	if (f->version != FIRMA_WIRE_VERSION) {
		hang_up(c, FIRMA_ERR_VERSION, "frame version");
		return;
	}
	if (d == NULL || f->id == 0 ||
	    (d->type != FIRMA_MSG_hello &&
		firma_handler_find(d->type) == NULL)) {
		hang_up(c, FIRMA_ERR_SHAPE,
		    f->id == 0 ? "request id 0" : "unknown message");
		return;
	}
	if ((r = request_new(c, f, &q)) != FIRMA_OK) {
		hang_up(c, r, d->name);
		return;
	}
	if ((r = take_fd(c, f, d, &q->fd)) != FIRMA_OK) {
		request_drop(q);
		hang_up(c, r, "descriptor");
		return;
	}
	r = firma_msg_decode(
	    d->type, firma_buf_view(&q->payload), &q->msg, &cause);
	if (r != FIRMA_OK) {
		request_drop(q);
		hang_up(c, r, cause.what);
		return;
	}
	if (d->type == FIRMA_MSG_hello) {
		greet(c, q);
	} else if (!c->greeted) {
		request_drop(q);
		hang_up(c, FIRMA_ERR_STATE, "hello comes first");
	} else {
		start(c, q);
	}
}

static void
take_frames(struct firma_conn *c)
{
	struct firma_frame f;
	size_t used, done = 0;

	while (has_room(c)) {
		const enum firma_err r = firma_frame_parse(
		    firma_bytes_of(c->in.at + done, c->in.len - done), &f,
		    &used);

		if (r == FIRMA_ERR_STATE)
			break;
		if (r != FIRMA_OK) {
			hang_up(c, r, "frame length");
			break;
		}
		done += used;
		take_frame(c, &f);
	}
	firma_buf_drop(&c->in, done);
}

/* False: the client is gone. */
static bool
receive(struct firma_conn *c)
{
	for (;;) {
		int fd = -1;
		long n;

		if (firma_buf_reserve(&c->in, FIRMA_FRAME_MAX) != FIRMA_OK)
			return false;
		n = firma_frame_recv(
		    c->fd, c->in.at + c->in.len, FIRMA_FRAME_MAX, &fd);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n < 0 && errno == EPROTO) {
			hang_up(c, FIRMA_ERR_SHAPE, "too many descriptors");
			return true;
		}
		if (n <= 0) {
			firma_fd_done(&fd);
			return false;
		}
		if (fd >= 0 && c->n_in_fds == FIRMA_CONN_FDS_MAX) {
			firma_fd_done(&fd);
			hang_up(c, FIRMA_ERR_LIMIT, "descriptors");
			return true;
		}
		if (fd >= 0)
			c->in_fds[c->n_in_fds++] = fd;
		c->in.len += (size_t)n;
		/* A short read emptied the socket; the loop comes back. */
		return true;
	}
}

static int
on_io(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct firma_conn *c = arg;

	(void)s;
	(void)fd;
	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !receive(c)) {
		conn_free(c);
		return 0;
	}
	c->dirty = true;
	take_frames(c);
	return 0;
}

void
firma_conn_flush(struct firma_agent *a)
{
	struct firma_conn *next;

	for (struct firma_conn *c = a->conns; c != NULL; c = next) {
		next = c->next;
		if (!c->dirty)
			continue;
		c->dirty = false;
		/* Room may have come back for frames that were read already. */
		if (c->in.len > 0 && has_room(c))
			take_frames(c);
		if (!send_out(c) || (c->closing && c->out.len == 0)) {
			conn_free(c);
			continue;
		}
		want(c, has_room(c), c->out.len > 0);
	}
}

static bool
all_is_sent(const struct firma_agent *a)
{
	for (const struct firma_conn *c = a->conns; c != NULL; c = c->next)
		if (c->out.len > 0)
			return false;
	return true;
}

void
firma_conn_finish(struct firma_agent *a, uint64_t deadline)
{
	const struct timespec pause = { 0, (long)SEND_AGAIN };

	for (;;) {
		for (struct firma_conn *c = a->conns; c != NULL; c = c->next)
			c->dirty = c->out.len > 0;
		firma_conn_flush(a);
		if (all_is_sent(a) || firma_now() >= deadline)
			break;
		(void)nanosleep(&pause, NULL);
	}
	while (a->conns != NULL)
		conn_free(a->conns);
}

uint64_t
firma_conn_serial(const struct firma_conn *c)
{
	return c->serial;
}

size_t
firma_conn_requests(const struct firma_conn *c)
{
	return c->n_requests;
}

pid_t
firma_conn_pid(const struct firma_conn *c)
{
	return c->peer.pid;
}

bool
firma_conn_is_open(const struct firma_agent *a, uint64_t serial)
{
	for (const struct firma_conn *c = a->conns; c != NULL; c = c->next)
		if (c->serial == serial)
			return true;
	return false;
}

enum firma_err
firma_conn_new(struct firma_agent *a, int fd)
{
	static uint64_t last_serial;
	FIRMA_OWN(firma_fd_done) int own = fd;
	struct firma_conn *c;
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(own, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return FIRMA_ERR_IO;
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return FIRMA_ERR_NOMEM;
	if (sd_event_add_io(a->loop, &c->source, own, EPOLLIN, on_io, c) < 0) {
		free(c);
		return FIRMA_ERR_NOMEM;
	}
	c->agent = a;
	c->fd = firma_fd_take(&own);
	c->peer = (struct firma_peer){ cred.uid, cred.gid, cred.pid };
	c->reading = true;
	c->serial = ++last_serial;
	c->next = a->conns;
	a->conns = c;
	a->n_conns++;
	return FIRMA_OK;
}
