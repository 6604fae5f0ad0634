/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/process_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/base/spawn.h"
#include "agent/daemon/bury.h"
#include "agent/daemon/conn.h"
#include "agent/daemon/log.h"

#define LANE_DEPTH 4              /* calls handed ahead to a lane */
#define PERSON_NS  (5 * FIRMA_S)  /* more, when it waits for a person */
#define READY_NS   (30 * FIRMA_S) /* loading a module may take this long */

void
firma_call_list_init(struct firma_call_list *l)
{
	l->first = NULL;
	l->end = &l->first;
	l->n = 0;
}

static void
list_add(struct firma_call_list *l, struct firma_call *c)
{
	c->next = NULL;
	*l->end = c;
	l->end = &c->next;
	l->n++;
}

static struct firma_call *
list_take(struct firma_call_list *l)
{
	struct firma_call *c = l->first;

	l->first = c->next;
	if (l->first == NULL)
		l->end = &l->first;
	l->n--;
	return c;
}

static void
call_free(struct firma_call *c)
{
	firma_fd_done(&c->fd);
	firma_buf_done(&c->frame);
	free(c);
}

/* ---- the end of a process ---- */

static void
end_calls(struct firma_call_list *l, enum firma_err why,
    const struct firma_cause *cause)
{
	while (l->first != NULL) {
		struct firma_call *c = list_take(l);

		if (c->fn != NULL)
			c->fn(c->arg, why, NULL, true, cause);
		call_free(c);
	}
}

void
firma_process_kill(
    struct firma_token_process *p, enum firma_err why, const char *what)
{
	struct firma_cause cause = { 0 };
	struct firma_call_list all;

	(void)snprintf(cause.what, sizeof(cause.what), "%s: %s",
	    p->token->config->name, what);
	(void)kill(p->pid, SIGKILL);
	(void)sd_event_source_disable_unref(p->exit_source);
	(void)sd_event_source_disable_unref(p->tick_source);
	firma_bury(p->token->agent->loop, p->pid, p->pidfd);
	firma_call_list_init(&all);
	for (size_t i = 0; i < p->n_lanes; i++) {
		(void)sd_event_source_disable_unref(p->lanes[i].source);
		firma_fd_done(&p->lanes[i].fd);
		while (p->lanes[i].sent.first != NULL)
			list_add(&all, list_take(&p->lanes[i].sent));
	}
	while (p->waiting.first != NULL)
		list_add(&all, list_take(&p->waiting));
	if (p->token->process == p)
		p->token->process = NULL;
	end_calls(&all, why, &cause);
	free(p);
}

/* A probe stays: whoever asked wants to know how it is now. */
void
firma_process_refuse(
    struct firma_token_process *p, enum firma_err why, const char *what)
{
	struct firma_cause cause = { 0 };
	struct firma_call_list keep, refused;

	(void)snprintf(cause.what, sizeof(cause.what), "%s: %s",
	    p->token->config->name, what);
	firma_call_list_init(&keep);
	firma_call_list_init(&refused);
	while (p->waiting.first != NULL) {
		struct firma_call *c = list_take(&p->waiting);

		list_add(c->type == FIRMA_MSG_w_probe ? &keep : &refused, c);
	}
	while (keep.first != NULL)
		list_add(&p->waiting, list_take(&keep));
	end_calls(&refused, why, &cause);
}

static void
fell(struct firma_token_process *p, enum firma_err why, const char *what)
{
	struct firma_token *t = p->token;
	firma_process_end_fn *on_end = p->on_end;

	firma_log(FIRMA_LOG_WARNING, "token %s: %s; process %d ended",
	    t->config->name, what, (int)p->pid);
	firma_process_kill(p, why, what);
	on_end(t, why, what);
}

int
firma_process_on_exit(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct firma_token_process *p = arg;

	(void)s;
	(void)fd;
	(void)events;
	fell(p, FIRMA_ERR_TOKEN_STUCK, "its process crashed or left");
	return 0;
}

/* ---- deadlines ---- */

/* End calls whose client gave up; they are not handed out any more. */
static void
expire_waiting(struct firma_token_process *p, uint64_t now)
{
	struct firma_cause cause = { 0 };
	struct firma_call_list keep;

	(void)snprintf(cause.what, sizeof(cause.what), "%s: waiting for it",
	    p->token->config->name);
	firma_call_list_init(&keep);
	while (p->waiting.first != NULL) {
		struct firma_call *c = list_take(&p->waiting);

		if (c->deadline > now) {
			list_add(&keep, c);
			continue;
		}
		c->fn(c->arg, FIRMA_ERR_DEADLINE, NULL, true, &cause);
		call_free(c);
	}
	while (keep.first != NULL)
		list_add(&p->waiting, list_take(&keep));
}

static void
expire_sent(struct firma_lane *l, uint64_t now)
{
	struct firma_cause cause = { 0 };

	(void)snprintf(cause.what, sizeof(cause.what), "%s: asking it",
	    l->process->token->config->name);
	for (struct firma_call *c = l->sent.first; c != NULL; c = c->next) {
		firma_token_fn *fn = c->fn;

		if (fn == NULL || c->deadline > now)
			continue;
		c->fn = NULL;
		fn(c->arg, FIRMA_ERR_DEADLINE, NULL, true, &cause);
	}
}

/* Does it compute without end? */
static void
look_how_busy(struct firma_token_process *p, uint64_t now)
{
	bool is_same = false;

	for (size_t i = 0; i < p->n_lanes; i++) {
		struct firma_lane *l = &p->lanes[i];
		const uint64_t id =
		    l->sent.first != NULL ? l->sent.first->id : 0;

		is_same = is_same || (id != 0 && id == l->seen);
		l->seen = id;
	}
	if (firma_priority_look(&p->priority, now, is_same))
		firma_log(FIRMA_LOG_DEBUG,
		    "token %s: process %d computes without a pause; it gives "
		    "way to the others until it has answered",
		    p->token->config->name, (int)p->pid);
}

int
firma_process_on_tick(sd_event_source *s, uint64_t usec, void *arg)
{
	struct firma_token_process *p = arg;
	const uint64_t now = firma_now();
	bool busy = !p->ready || p->waiting.n > 0;

	(void)usec;
	if (!p->ready && now - p->started > READY_NS) {
		fell(p, FIRMA_ERR_TOKEN_STUCK, "its module does not load");
		return 0;
	}
	if (p->lane_lost) {
		fell(p, FIRMA_ERR_TOKEN_STUCK,
		    "its process crashed or closed a lane");
		return 0;
	}
	for (size_t i = 0; i < p->n_lanes; i++) {
		const struct firma_call *c = p->lanes[i].sent.first;

		busy = busy || c != NULL;
		if (c != NULL && now - c->started > c->may_take) {
			char what[96];

			(void)snprintf(what, sizeof(what),
			    "no answer to %s in %u s",
			    firma_msg_find(c->type)->name,
			    (unsigned)(c->may_take / FIRMA_S));
			fell(p, FIRMA_ERR_TOKEN_STUCK, what);
			return 0;
		}
	}
	look_how_busy(p, now);
	expire_waiting(p, now);
	for (size_t i = 0; i < p->n_lanes; i++)
		expire_sent(&p->lanes[i], now);
	if (!busy) {
		p->ticking = false;
		return 0;
	}
	(void)sd_event_source_set_time_relative(s, TICK / 1000);
	(void)sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
	return 0;
}

static void
tick(struct firma_token_process *p)
{
	if (p->ticking)
		return;
	p->ticking = true;
	(void)sd_event_source_set_time_relative(p->tick_source, TICK / 1000);
	(void)sd_event_source_set_enabled(p->tick_source, SD_EVENT_ONESHOT);
}

/* ---- calls ---- */

/* Every lane takes these; lane 0 alone takes the others. */
static bool
is_signature(enum firma_msg_type type)
{
	return type == FIRMA_MSG_w_sign || type == FIRMA_MSG_w_cms;
}

static struct firma_lane *
lane_for(struct firma_token_process *p, enum firma_msg_type type)
{
	struct firma_lane *best = NULL;

	if (!is_signature(type) || p->n_lanes == 1)
		return p->lanes[0].sent.n < LANE_DEPTH ? &p->lanes[0] : NULL;
	/* Lane 0 does slow things; signatures never wait behind them. */
	for (size_t i = 0; i < p->n_lanes; i++) {
		struct firma_lane *l = &p->lanes[i];
		const struct firma_call *c = l->sent.first;

		if (l->sent.n >= LANE_DEPTH ||
		    (i == 0 && c != NULL && !is_signature(c->type)))
			continue;
		if (best == NULL || l->sent.n < best->sent.n)
			best = l;
	}
	return best;
}

/* False: the lane is broken. */
static bool
hand_over(struct firma_lane *l, struct firma_call *c)
{
	long n;

	do
		n = firma_frame_send(l->fd, firma_buf_view(&c->frame), c->fd);
	while (n < 0 && errno == EINTR);
	firma_fd_done(&c->fd);
	if (l->sent.first == NULL)
		c->started = firma_now();
	list_add(&l->sent, c);
	return n >= 0;
}

static bool
pump(struct firma_token_process *p)
{
	while (p->ready && p->waiting.first != NULL) {
		struct firma_lane *l = lane_for(p, p->waiting.first->type);

		if (l == NULL)
			return true;
		if (!hand_over(l, list_take(&p->waiting)))
			return false;
	}
	return true;
}

enum firma_err
firma_process_call(struct firma_token_process *p, enum firma_msg_type type,
    const void *msg, int fd, uint64_t may_take, uint64_t deadline,
    firma_token_fn *fn, void *arg)
{
	FIRMA_OWN(firma_fd_done) int own = fd;
	const uint32_t ms = may_take / FIRMA_MS > FIRMA_DEADLINE_MAX_MS
	    ? FIRMA_DEADLINE_MAX_MS
	    : (uint32_t)(may_take / FIRMA_MS);
	struct firma_call *c;
	enum firma_err r;

	if (p->waiting.n >= FIRMA_TOKEN_QUEUE_MAX)
		return FIRMA_ERR_TOKEN_BUSY;
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return FIRMA_ERR_NOMEM;
	c->fd = -1;
	c->type = type;
	c->id = ++p->next_id;
	/* The process itself stops waiting for a PIN at may_take. */
	c->person_takes = may_take + PERSON_NS;
	c->token_takes = firma_token_sign_ns(p->token);
	c->may_take = own >= 0 ? c->token_takes : may_take;
	c->deadline = deadline;
	c->fn = fn;
	c->arg = arg;
	r = firma_frame_put(&c->frame, type, msg, c->id, ms, own >= 0 ? 1 : 0);
	if (r != FIRMA_OK) {
		call_free(c);
		return r;
	}
	c->fd = firma_fd_take(&own);
	list_add(&p->waiting, c);
	tick(p);
	/* A broken lane is noticed by firma_process_on_exit(); the call ends there. */
	(void)pump(p);
	return FIRMA_OK;
}

enum firma_err
firma_process_tell(struct firma_token_process *p, enum firma_msg_type type,
    const void *msg, uint64_t may_take)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf frame = { 0 };
	struct firma_call *c = p->lanes[0].sent.first;
	enum firma_err r;

	if (c == NULL)
		return FIRMA_ERR_STATE;
	if ((r = firma_frame_put(&frame, type, msg, c->id, 0, 0)) != FIRMA_OK)
		return r;
	c->started = firma_now();
	c->may_take = may_take;
	return firma_frame_send(p->lanes[0].fd, firma_buf_view(&frame), -1) < 0
	    ? FIRMA_ERR_TOKEN_STUCK
	    : FIRMA_OK;
}

bool
firma_process_has_room(const struct firma_token_process *p)
{
	return p != NULL && p->waiting.n < FIRMA_TOKEN_QUEUE_MAX;
}

pid_t
firma_process_pid(const struct firma_token_process *p)
{
	return p->pid;
}

bool
firma_process_is_idle(const struct firma_token_process *p)
{
	return p->ready && p->lanes[0].sent.n == 0 && p->waiting.n == 0;
}

static bool
is_last(unsigned int answer)
{
	return answer != FIRMA_MSG_w_presenting &&
	    answer != FIRMA_MSG_w_presented && answer != FIRMA_MSG_w_key &&
	    answer != FIRMA_MSG_w_report && answer != FIRMA_MSG_w_mechanism;
}

/* w_error: back to an error and its cause. */
static enum firma_err
error_of(const struct firma_token_process *p, const struct firma_frame *f,
    struct firma_cause *ret_cause)
{
	struct firma_msg_w_error m;
	size_t len;

	if (firma_msg_decode(FIRMA_MSG_w_error, f->payload, &m, NULL) !=
		FIRMA_OK ||
	    !firma_err_known(m.err) || m.err == FIRMA_OK)
		return FIRMA_ERR_INTERNAL;
	/* A long text loses its end, not the token's name. */
	(void)snprintf(ret_cause->what, sizeof(ret_cause->what), "%s%s",
	    p->token->config->name, m.what.len != 0 ? ": " : "");
	len = strlen(ret_cause->what);
	firma_str_copy(
	    m.what, ret_cause->what + len, sizeof(ret_cause->what) - len);
	ret_cause->kind = (enum firma_cause_kind)m.cause_kind;
	ret_cause->code = (unsigned long)m.cause_code;
	return (enum firma_err)m.err;
}

/* What a card that was pulled out, or put back, makes of a call. */
static bool
is_about_the_token(enum firma_err r)
{
	return r == FIRMA_ERR_TOKEN_GONE || r == FIRMA_ERR_TOKEN_ERROR ||
	    r == FIRMA_ERR_PIN_NEEDED;
}

/* Not what the agent asks by itself, nor a login: a PIN that is presented
 * again after each crash must not make the pauses short. */
static bool
is_work(enum firma_msg_type type)
{
	return type != FIRMA_MSG_w_probe && type != FIRMA_MSG_w_keys &&
	    type != FIRMA_MSG_w_find && type != FIRMA_MSG_w_login &&
	    type != FIRMA_MSG_w_logout && type != FIRMA_MSG_w_removed;
}

/* Instead of w_ready: why it cannot.  The process ends with it. */
static bool
is_refusal(const struct firma_token_process *p, const struct firma_frame *f)
{
	return f->type == FIRMA_MSG_w_error && f->id == 0 && !p->ready;
}

static void
refused(struct firma_token_process *p, const struct firma_frame *f)
{
	struct firma_msg_w_error m;
	char what[161] = "it answered nonsense";
	enum firma_err r = FIRMA_ERR_TOKEN_STUCK;

	if (firma_msg_decode(FIRMA_MSG_w_error, f->payload, &m, NULL) ==
		FIRMA_OK &&
	    firma_err_known(m.err) && m.err != FIRMA_OK) {
		r = (enum firma_err)m.err;
		firma_str_copy(m.what, what, sizeof(what));
	}
	fell(p, r, what[0] != '\0' ? what : firma_err_text(r));
}

/* A person takes as long as the call may; the token as long as it may. */
static bool
take_asking(struct firma_call *c, const struct firma_frame *f)
{
	struct firma_msg_w_asking m;

	if (firma_msg_decode(FIRMA_MSG_w_asking, f->payload, &m, NULL) !=
	    FIRMA_OK)
		return false;
	c->started = firma_now();
	c->may_take = m.person != 0 ? c->person_takes : c->token_takes;
	return true;
}

/* False: what came is not an answer of firmad-token. */
static bool
take_answer(struct firma_lane *l, const struct firma_frame *f)
{
	struct firma_token_process *p = l->process;
	struct firma_call *c = l->sent.first;
	struct firma_cause cause = { 0 };
	enum firma_err r = FIRMA_OK;
	bool last;

	if (f->type == FIRMA_MSG_w_ready && l == &p->lanes[0] && !p->ready) {
		p->ready = true;
		p->on_ready(p->token);
		return pump(p);
	}
	if (c == NULL || f->id != c->id)
		return f->id != 0 && f->id <= p->next_id;
	if (f->type == FIRMA_MSG_w_asking)
		return take_asking(c, f);
	last = is_last(f->type);
	if (f->type == FIRMA_MSG_w_error)
		r = error_of(p, f, &cause);
	if (last) {
		(void)list_take(&l->sent);
		if (l->sent.first != NULL)
			l->sent.first->started = firma_now();
	}
	if (last && r == FIRMA_OK) {
		firma_priority_answered(&p->priority, is_work(c->type));
		if (is_work(c->type))
			firma_token_worked(p->token);
	}
	/* The token may be another, or locked, by now: look before the next
	 * request is judged by what it was. */
	if (is_about_the_token(r) && c->type != FIRMA_MSG_w_probe)
		firma_token_probe(p->token);
	if (c->fn != NULL)
		c->fn(c->arg, r, r == FIRMA_OK ? f : NULL, last,
		    r == FIRMA_OK ? NULL : &cause);
	if (last)
		call_free(c);
	return true;
}

int
firma_process_on_lane(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct firma_lane *l = arg;
	struct firma_token_process *p = l->process;
	struct firma_token *t = p->token;
	struct firma_frame f;
	size_t used;
	bool more;

	(void)s;
	(void)fd;
	(void)events;
	do {
		int got_fd = -1;
		const long n =
		    firma_frame_recv(l->fd, p->room, sizeof(p->room), &got_fd);

		firma_fd_done(&got_fd);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			break;
		if (n <= 0) {
			/* Its end: firma_process_on_exit() tells, when it gets
			 * its turn; if it lives on, the next tick does. */
			(void)sd_event_source_set_enabled(
			    l->source, SD_EVENT_OFF);
			p->lane_lost = true;
			tick(p);
			break;
		}
		if (firma_frame_parse(firma_bytes_of(p->room, (size_t)n), &f,
			&used) != FIRMA_OK ||
		    used != (size_t)n) {
			fell(p, FIRMA_ERR_TOKEN_STUCK, "it answered nonsense");
			return 0;
		}
		if (is_refusal(p, &f)) {
			refused(p, &f);
			return 0;
		}
		if (!take_answer(l, &f)) {
			fell(p, FIRMA_ERR_TOKEN_STUCK, "it answered nonsense");
			return 0;
		}
		/* A callback may have killed the process. */
		if (t->process != p)
			return 0;
		more = l->sent.n > 0;
	} while (more);
	if (t->process == p)
		(void)pump(p);
	return 0;
}
