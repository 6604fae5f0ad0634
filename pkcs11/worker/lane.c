/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/worker/lane.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"

FIRMA_CHECKED static enum firma_err
packet_init(struct firma_packet *p)
{
	*p = (struct firma_packet){ .at = malloc(FIRMA_FRAME_MAX), .fd = -1 };
	return p->at == NULL ? FIRMA_ERR_NOMEM : FIRMA_OK;
}

static void
packet_done(struct firma_packet *p)
{
	firma_fd_done(&p->fd);
	free(p->at);
	*p = (struct firma_packet){ .fd = -1 };
}

enum firma_err
firma_lane_init(struct firma_lane *l, int socket, uint64_t spin)
{
	enum firma_err r;

	*l = (struct firma_lane){ .socket = socket, .spin = spin };
	if ((r = packet_init(&l->now)) != FIRMA_OK)
		return r;
	/* The longest answer, at once: no allocation while signing. */
	return firma_buf_reserve(&l->out, FIRMA_FRAME_MAX);
}

/* While the agent is hot its next request is microseconds away. */
static void
spin(const struct firma_lane *l)
{
	const uint64_t until = firma_after(l->spin);
	uint8_t first;

	while (recv(l->socket, &first, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	    errno == EAGAIN && firma_now() < until)
		;
}

FIRMA_CHECKED static enum firma_err
receive(struct firma_lane *l, struct firma_packet *p, struct firma_cause *cause)
{
	long n;

	firma_fd_done(&p->fd);
	do
		n = firma_frame_recv(l->socket, p->at, FIRMA_FRAME_MAX, &p->fd);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return firma_fail(cause, FIRMA_ERR_IO, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "lane");
	if (n == 0)
		return FIRMA_ERR_AGENT_GONE;
	p->len = (size_t)n;
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
parse(const struct firma_packet *p, struct firma_frame *ret,
    struct firma_cause *cause)
{
	struct firma_frame f;
	size_t used = 0;

	if (firma_frame_parse(firma_bytes_of(p->at, p->len), &f, &used) !=
		FIRMA_OK ||
	    used != p->len)
		return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		    "a packet that is not one frame");
	*ret = f;
	return FIRMA_OK;
}

enum firma_err
firma_lane_take(struct firma_lane *l, struct firma_frame *ret_frame,
    struct firma_cause *cause)
{
	enum firma_err r;

	if (l->n_queued != 0) {
		packet_done(&l->now);
		l->now = l->queued[0];
		l->n_queued--;
		memmove(l->queued, l->queued + 1,
		    l->n_queued * sizeof(l->queued[0]));
		return parse(&l->now, ret_frame, cause);
	}
	if (l->spin != 0)
		spin(l);
	if ((r = receive(l, &l->now, cause)) != FIRMA_OK)
		return r;
	return parse(&l->now, ret_frame, cause);
}

int
firma_lane_take_fd(struct firma_lane *l)
{
	return firma_fd_take(&l->now.fd);
}

FIRMA_CHECKED static enum firma_err
wait_readable(int fd, uint64_t deadline, struct firma_cause *cause)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, firma_poll_ms(deadline));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return firma_fail(cause, FIRMA_ERR_IO, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "poll");
	return n == 0 ? FIRMA_ERR_DEADLINE : FIRMA_OK;
}

enum firma_err
firma_lane_await(struct firma_lane *l, enum firma_msg_type type, uint64_t id,
    uint64_t deadline, void *ret_msg, struct firma_cause *cause)
{
	for (;;) {
		FIRMA_OWN(packet_done) struct firma_packet p = { .fd = -1 };
		struct firma_frame f;
		enum firma_err r;

		if ((r = wait_readable(l->socket, deadline, cause)) !=
			FIRMA_OK ||
		    (r = packet_init(&p)) != FIRMA_OK ||
		    (r = receive(l, &p, cause)) != FIRMA_OK ||
		    (r = parse(&p, &f, cause)) != FIRMA_OK)
			return r;
		if (f.type == (unsigned int)type && f.id == id)
			return firma_msg_decode(
			    type, f.payload, ret_msg, cause);
		if (l->n_queued == FIRMA_LANE_QUEUED_MAX)
			return firma_fail(cause, FIRMA_ERR_LIMIT,
			    FIRMA_CAUSE_NONE, 0, "too many requests wait");
		l->queued[l->n_queued++] = p;
		p = (struct firma_packet){ .fd = -1 };
	}
}

enum firma_err
firma_lane_answer(struct firma_lane *l, enum firma_msg_type type,
    const void *msg, uint64_t id)
{
	enum firma_err r;
	long n;

	l->out.len = 0;
	if ((r = firma_frame_put(&l->out, type, msg, id, 0, 0)) != FIRMA_OK)
		return r;
	do
		n = firma_frame_send(l->socket, firma_buf_view(&l->out), -1);
	while (n < 0 && errno == EINTR);
	return n < 0 ? FIRMA_ERR_AGENT_GONE : FIRMA_OK;
}

enum firma_err
firma_lane_refuse(struct firma_lane *l, enum firma_err err,
    const struct firma_cause *cause, uint64_t id)
{
	const struct firma_msg_w_error e = {
		.err = (uint32_t)err,
		.cause_kind = (uint32_t)cause->kind,
		.cause_code = cause->code,
		.what = firma_str_of(cause->what),
	};

	return firma_lane_answer(l, FIRMA_MSG_w_error, &e, id);
}
