/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel.h - one connection: frames out, frames and descriptors in.
 *
 * Knows the framing and deadlines, not what requests mean; client.h does.
 * May include: agent/base, agent/wire.  One thread at a time.
 */
#ifndef FIRMA_CLIENT_CHANNEL_H
#define FIRMA_CLIENT_CHANNEL_H

#include <stddef.h>

#include "agent/base/buf.h"
#include "agent/base/clock.h"
#include "agent/wire/frame.h"

/* Descriptors that arrived and whose frame has not been taken yet. */
#define FIRMA_CHANNEL_FDS 8

/* Called while waiting, each `every` nanoseconds: progress for a person. */
typedef void firma_idle_fn(void *arg);

struct firma_channel {
	int fd;               /* -1: not connected */
	struct firma_buf out; /* not sent yet */
	struct firma_buf in;  /* received; [taken, len) is not taken yet */
	size_t taken;
	int fds[FIRMA_CHANNEL_FDS]; /* oldest first */
	size_t n_fds;
	uint64_t spin; /* ns: look again and again before sleeping */
	firma_idle_fn *idle;
	void *idle_arg;
	uint64_t idle_every; /* ns */
};

void firma_channel_init(struct firma_channel *ch);
void firma_channel_done(struct firma_channel *ch); /* also: hang up */

/*
 * Connect to the socket at path.
 *
 * FIRMA_ERR_AGENT_GONE  nobody listens there (the errno is in the cause)
 * FIRMA_ERR_DENIED      the socket's permissions forbid it
 * FIRMA_ERR_LIMIT       the path is longer than a socket's name may be
 */
FIRMA_CHECKED enum firma_err firma_channel_connect(struct firma_channel *ch,
    const char *path, uint64_t deadline, struct firma_cause *cause);

/*
 * Send one frame, with fd (borrowed) or -1.  Reads what arrives meanwhile, so
 * that two full pipes do not wait for each other.
 *
 * FIRMA_ERR_AGENT_GONE  the connection is lost; hang up
 * FIRMA_ERR_DEADLINE    hang up: part of the frame may have been sent
 * FIRMA_ERR_LIMIT       a field is over its maximum; nothing was sent
 */
FIRMA_CHECKED enum firma_err firma_channel_send(struct firma_channel *ch,
    enum firma_msg_type type, const void *msg, uint64_t id,
    uint32_t deadline_ms, int fd, uint64_t deadline, struct firma_cause *cause);

/*
 * The next frame.  Its payload is valid until the next call on ch.  ret_fd is
 * the descriptor that came with it, now the caller's, or -1.
 *
 * FIRMA_ERR_AGENT_GONE  the connection is lost; hang up
 * FIRMA_ERR_DEADLINE    nothing came; the channel stays good
 * FIRMA_ERR_SHAPE       what came is not the protocol; hang up
 * FIRMA_ERR_VERSION     a frame of another version; hang up
 */
FIRMA_CHECKED enum firma_err firma_channel_receive(struct firma_channel *ch,
    uint64_t deadline, struct firma_frame *ret_frame, int *ret_fd,
    struct firma_cause *cause);

#endif
