/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/client/channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/base/own.h"

#define READ_AT_ONCE   ((size_t)FIRMA_FRAME_MAX)
#define READ_AHEAD_MAX ((size_t)4 * 1024 * 1024) /* octets not taken */
#define CONNECT_AGAIN  (10 * FIRMA_MS) /* the listener's queue is full */

void
firma_channel_init(struct firma_channel *ch)
{
	*ch = (struct firma_channel){ .fd = -1 };
}

void
firma_channel_done(struct firma_channel *ch)
{
	firma_fd_done(&ch->fd);
	for (size_t i = 0; i < ch->n_fds; i++)
		(void)close(ch->fds[i]);
	ch->n_fds = 0;
	ch->taken = 0;
	firma_buf_done(&ch->in);
	firma_buf_done(&ch->out);
}

static enum firma_err
gone(struct firma_cause *cause, int e, const char *what)
{
	return firma_fail(cause, FIRMA_ERR_AGENT_GONE, FIRMA_CAUSE_ERRNO,
	    (unsigned long)e, "%s", what);
}

/*
 * Wait until fd is ready for events.  Wakes for idle() in between.
 * FIRMA_ERR_DEADLINE when the deadline passed first.
 */
static enum firma_err
wait_for(
    struct firma_channel *ch, short events, uint64_t deadline, short *ret_got)
{
	for (;;) {
		struct pollfd p = { .fd = ch->fd, .events = events };
		uint64_t until = deadline;
		int n;

		if (ch->idle != NULL && ch->idle_every != 0) {
			const uint64_t tick = firma_after(ch->idle_every);

			until = tick < deadline ? tick : deadline;
		}
		n = poll(&p, 1, firma_poll_ms(until));
		if (n > 0) {
			*ret_got = p.revents;
			return FIRMA_OK;
		}
		if (n < 0 && errno != EINTR)
			return FIRMA_ERR_IO;
		if (ch->idle != NULL)
			ch->idle(ch->idle_arg);
		if (deadline != FIRMA_FOREVER && firma_now() >= deadline)
			return FIRMA_ERR_DEADLINE;
	}
}

enum firma_err
firma_channel_connect(struct firma_channel *ch, const char *path,
    uint64_t deadline, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	union {
		const struct sockaddr_un *un;
		const struct sockaddr *any;
	} at = { .un = &to };

	if (strlen(path) >= sizeof(to.sun_path))
		return firma_fail(
		    cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0, "%s", path);
	memcpy(to.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return firma_fail(cause, FIRMA_ERR_IO, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "socket");
	while (connect(fd, at.any, sizeof(to)) != 0) {
		const struct timespec again = { 0, (long)CONNECT_AGAIN };

		if (errno == EACCES || errno == EPERM)
			return firma_fail(cause, FIRMA_ERR_DENIED,
			    FIRMA_CAUSE_ERRNO, (unsigned long)errno, "%s",
			    path);
		if (errno != EAGAIN && errno != EINTR)
			return gone(cause, errno, path);
		if (firma_now() >= deadline)
			return firma_fail(cause, FIRMA_ERR_DEADLINE,
			    FIRMA_CAUSE_NONE, 0, "%s", path);
		(void)nanosleep(&again, NULL);
	}
	firma_channel_done(ch);
	ch->fd = firma_fd_take(&fd);
	return FIRMA_OK;
}

/* One recvmsg(2).  FIRMA_ERR_STATE: nothing there now. */
static enum firma_err
read_some(struct firma_channel *ch, struct firma_cause *cause)
{
	enum firma_err r;
	int fd = -1;
	long n;

	if (ch->taken > 0) {
		firma_buf_drop(&ch->in, ch->taken);
		ch->taken = 0;
	}
	if ((r = firma_buf_reserve(&ch->in, READ_AT_ONCE)) != FIRMA_OK)
		return r;
	n = firma_frame_recv(ch->fd, ch->in.at + ch->in.len, READ_AT_ONCE, &fd);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return FIRMA_ERR_STATE;
	if (n < 0 && errno == EPROTO)
		return firma_fail(
		    cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0, "descriptors");
	if (n <= 0)
		return gone(cause, n < 0 ? errno : ECONNRESET, "recvmsg");
	ch->in.len += (size_t)n;
	if (fd < 0)
		return FIRMA_OK;
	if (ch->n_fds == FIRMA_CHANNEL_FDS) {
		(void)close(fd);
		return firma_fail(
		    cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0, "descriptors");
	}
	ch->fds[ch->n_fds++] = fd;
	return FIRMA_OK;
}

/* Send what is in ch->out; fd goes with the first octet. */
static enum firma_err
flush(struct firma_channel *ch, int fd, uint64_t deadline,
    struct firma_cause *cause)
{
	enum firma_err r;

	while (ch->out.len > 0) {
		short got = 0;
		const long n =
		    firma_frame_send(ch->fd, firma_buf_view(&ch->out), fd);

		if (n > 0) {
			firma_buf_drop(&ch->out, (size_t)n);
			fd = -1;
			continue;
		}
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return gone(cause, errno, "sendmsg");
		if ((r = wait_for(ch, POLLOUT | POLLIN, deadline, &got)) !=
		    FIRMA_OK)
			return r;
		if ((got & POLLIN) == 0)
			continue;
		if (ch->in.len - ch->taken > READ_AHEAD_MAX)
			return firma_fail(cause, FIRMA_ERR_LIMIT,
			    FIRMA_CAUSE_NONE, 0, "answers not taken");
		if ((r = read_some(ch, cause)) != FIRMA_OK &&
		    r != FIRMA_ERR_STATE)
			return r;
	}
	return FIRMA_OK;
}

enum firma_err
firma_channel_send(struct firma_channel *ch, enum firma_msg_type type,
    const void *msg, uint64_t id, uint32_t deadline_ms, int fd,
    uint64_t deadline, struct firma_cause *cause)
{
	enum firma_err r;

	if (ch->fd < 0)
		return gone(cause, ENOTCONN, "not connected");
	r = firma_frame_put(
	    &ch->out, type, msg, id, deadline_ms, fd >= 0 ? 1 : 0);
	if (r != FIRMA_OK)
		return firma_fail(cause, r, FIRMA_CAUSE_NONE, 0, "%s",
		    firma_msg_find(type) != NULL ? firma_msg_find(type)->name
						 : "?");
	return flush(ch, fd, deadline, cause);
}

/* Take one whole frame out of ch->in.  FIRMA_ERR_STATE: not there yet. */
static enum firma_err
take_frame(struct firma_channel *ch, struct firma_frame *ret_frame, int *ret_fd,
    struct firma_cause *cause)
{
	const struct firma_bytes rest =
	    firma_bytes_of(ch->in.at + ch->taken, ch->in.len - ch->taken);
	struct firma_frame f;
	size_t used = 0;
	enum firma_err r;

	if (rest.len == 0)
		return FIRMA_ERR_STATE;
	if ((r = firma_frame_parse(rest, &f, &used)) == FIRMA_ERR_STATE)
		return r;
	if (r != FIRMA_OK)
		return firma_fail(
		    cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0, "frame");
	if (f.version != FIRMA_WIRE_VERSION)
		return firma_fail(cause, FIRMA_ERR_VERSION, FIRMA_CAUSE_NONE, 0,
		    "%u", f.version);
	if (f.n_fds > ch->n_fds)
		return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		    "a descriptor is missing");
	ch->taken += used;
	*ret_fd = -1;
	if (f.n_fds == 1) {
		*ret_fd = ch->fds[0];
		ch->n_fds--;
		memmove(ch->fds, ch->fds + 1, ch->n_fds * sizeof(ch->fds[0]));
	}
	*ret_frame = f;
	return FIRMA_OK;
}

enum firma_err
firma_channel_receive(struct firma_channel *ch, uint64_t deadline,
    struct firma_frame *ret_frame, int *ret_fd, struct firma_cause *cause)
{
	const uint64_t spin_end = ch->spin != 0 ? firma_after(ch->spin) : 0;
	enum firma_err r;
	short got;

	if (ch->fd < 0)
		return gone(cause, ENOTCONN, "not connected");
	for (;;) {
		r = take_frame(ch, ret_frame, ret_fd, cause);
		if (r != FIRMA_ERR_STATE)
			return r;
		if ((spin_end == 0 || firma_now() >= spin_end) &&
		    (r = wait_for(ch, POLLIN, deadline, &got)) != FIRMA_OK)
			return r;
		r = read_some(ch, cause);
		if (r != FIRMA_OK && r != FIRMA_ERR_STATE)
			return r;
	}
}
