/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/wire/frame.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FDS_ROOM 4 /* descriptors that one message may bring before EPROTO */

static uint64_t
get(const uint8_t *at, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | at[i];
	return v;
}

static void
put(uint8_t *to, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

enum firma_err
firma_frame_parse(
    struct firma_bytes in, struct firma_frame *ret_frame, size_t *ret_used)
{
	uint64_t len;

	if (in.len < 4)
		return FIRMA_ERR_STATE;
	len = get(in.at, 4);
	if (len > FIRMA_FRAME_MAX - 4)
		return FIRMA_ERR_LIMIT;
	if (len < FIRMA_FRAME_HEAD - 4)
		return FIRMA_ERR_SHAPE;
	if (in.len >= 8 && in.at[7] > 1)
		return FIRMA_ERR_SHAPE;
	if (in.len < len + 4)
		return FIRMA_ERR_STATE;
	*ret_frame = (struct firma_frame){
		.type = (unsigned int)get(in.at + 4, 2),
		.version = in.at[6],
		.n_fds = in.at[7],
		.id = get(in.at + 8, 8),
		.deadline_ms = (uint32_t)get(in.at + 16, 4),
		.payload = firma_bytes_of(in.at + FIRMA_FRAME_HEAD,
		    (size_t)len + 4 - FIRMA_FRAME_HEAD),
	};
	*ret_used = (size_t)len + 4;
	return FIRMA_OK;
}

enum firma_err
firma_frame_put(struct firma_buf *out, enum firma_msg_type type,
    const void *msg, uint64_t id, uint32_t deadline_ms, unsigned int n_fds)
{
	const size_t start = out->len;
	enum firma_err r;
	uint8_t *head;

	if ((r = firma_buf_reserve(out, FIRMA_FRAME_HEAD)) != FIRMA_OK)
		return r;
	out->len += FIRMA_FRAME_HEAD;
	if ((r = firma_msg_encode(type, msg, out)) != FIRMA_OK) {
		out->len = start;
		return r;
	}
	if (out->len - start > FIRMA_FRAME_MAX) {
		out->len = start;
		return FIRMA_ERR_LIMIT;
	}
	head = out->at + start;
	put(head, out->len - start - 4, 4);
	put(head + 4, (uint64_t)type, 2);
	head[6] = FIRMA_WIRE_VERSION;
	head[7] = (uint8_t)n_fds;
	put(head + 8, id, 8);
	put(head + 16, deadline_ms, 4);
	return FIRMA_OK;
}

long
firma_frame_send(int socket, struct firma_bytes v, int fd)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	union {
		const uint8_t *in;
		void *out;
	} p = { .in = v.at };
	struct iovec iov = { p.out, v.len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd < 0)
		return send(socket, v.at, v.len, MSG_NOSIGNAL);
	m.msg_control = control.room;
	m.msg_controllen = sizeof(control.room);
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	return sendmsg(socket, &m, MSG_NOSIGNAL);
}

/* Keep the first descriptor, close the others; returns how many came. */
static size_t
take_fds(struct msghdr *m, int *ret_fd)
{
	size_t n_all = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL;
	     c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		const size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(
			    &fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (n_all++ == 0)
				*ret_fd = fd;
			else
				(void)close(fd);
		}
	}
	return n_all;
}

long
firma_frame_recv(int socket, uint8_t *room, size_t size, int *ret_fd)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(FDS_ROOM * sizeof(int))];
	} control;
	struct iovec iov = { room, size };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room) };
	int fd = -1;
	ssize_t n;

	n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
	if (n < 0)
		return -1;
	if (take_fds(&m, &fd) > 1 || (m.msg_flags & MSG_CTRUNC) != 0) {
		if (fd >= 0)
			(void)close(fd);
		errno = EPROTO;
		return -1;
	}
	*ret_fd = fd;
	return n;
}
