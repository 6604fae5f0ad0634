/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame.h - the 20 octets in front of every payload, and descriptors.
 *
 *   offset  size
 *        0     4  length of everything after these 4 octets: 16 .. 65532
 *        4     2  message type
 *        6     1  protocol version (FIRMA_WIRE_VERSION)
 *        7     1  number of descriptors that come with the frame: 0 or 1
 *        8     8  request id, chosen by the client, not 0
 *       16     4  deadline in milliseconds from arrival, 0 for the default
 *       20        payload
 * All integers are big endian.
 *
 * May include: agent/base.
 */
#ifndef FIRMA_WIRE_FRAME_H
#define FIRMA_WIRE_FRAME_H

#include "agent/wire/msg.h"

#define FIRMA_WIRE_VERSION    1
#define FIRMA_FRAME_HEAD      20
#define FIRMA_FRAME_MAX       65536  /* octets, header included */
#define FIRMA_DEADLINE_MAX_MS 600000 /* a longer wish is cut to this */

struct firma_frame {
	unsigned int type;
	unsigned int version;
	unsigned int n_fds;
	uint64_t id;
	uint32_t deadline_ms;
	struct firma_bytes payload;
};

/*
 * Look at the start of in.
 *
 * FIRMA_OK           a whole frame; ret_used octets of in belong to it
 * FIRMA_ERR_STATE    not all of it is there yet: read more
 * FIRMA_ERR_LIMIT    the length is over FIRMA_FRAME_MAX: hang up
 * FIRMA_ERR_SHAPE    the length is too small, or more than one descriptor
 */
FIRMA_CHECKED enum firma_err firma_frame_parse(
    struct firma_bytes in, struct firma_frame *ret_frame, size_t *ret_used);

/* Append a frame with msg, a struct firma_msg_<type>, to out. */
FIRMA_CHECKED enum firma_err firma_frame_put(struct firma_buf *out,
    enum firma_msg_type type, const void *msg, uint64_t id,
    uint32_t deadline_ms, unsigned int n_fds);

/*
 * Send octets, with fd (or -1) attached to the first.  One sendmsg(2).
 * Returns the number sent, or -1 with errno (EAGAIN included).
 */
long firma_frame_send(int socket, struct firma_bytes v, int fd);

/*
 * One recvmsg(2) into room.  ret_fd is a received descriptor (close-on-exec)
 * or -1; a second descriptor in one message is closed and reported as -2
 * through errno EPROTO.  Returns octets, 0 at the end, -1 with errno.
 */
long firma_frame_recv(int socket, uint8_t *room, size_t size, int *ret_fd);

#endif
