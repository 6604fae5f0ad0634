/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane.h - one SOCK_SEQPACKET socket to the agent: take a request, answer it.
 * One frame a packet, answers in the order of the requests.  One thread each.
 */
#ifndef FIRMA_WORKER_LANE_H
#define FIRMA_WORKER_LANE_H

#include "agent/wire/frame.h"

#define FIRMA_LANE_QUEUED_MAX 32 /* requests put aside, see lane_await() */

struct firma_packet {
	uint8_t *at; /* FIRMA_FRAME_MAX octets */
	size_t len;
	int fd; /* that came with it, or -1 */
};

struct firma_lane {
	int socket;
	uint64_t spin; /* ns: poll for so long before sleeping in recv */
	struct firma_buf out;
	struct firma_packet now; /* what was taken last */
	struct firma_packet queued[FIRMA_LANE_QUEUED_MAX];
	size_t n_queued;
};

FIRMA_CHECKED enum firma_err firma_lane_init(
    struct firma_lane *l, int socket, uint64_t spin);

/*
 * The next request.  Its views, and ret_fd (owned by the lane; take it with
 * firma_lane_take_fd()), are valid until the next call.
 *
 * FIRMA_ERR_AGENT_GONE  the agent closed the lane
 * FIRMA_ERR_SHAPE       a packet that is not one frame
 * FIRMA_ERR_IO          anything else; errno in the cause
 */
FIRMA_CHECKED enum firma_err firma_lane_take(struct firma_lane *l,
    struct firma_frame *ret_frame, struct firma_cause *cause);
int firma_lane_take_fd(struct firma_lane *l);

/*
 * In the middle of request id: wait for a message of this type with that id,
 * decoded into ret_msg (without views: they do not outlive the call).  Other
 * requests that come meanwhile are put aside for firma_lane_take().
 *
 * FIRMA_ERR_DEADLINE, FIRMA_ERR_LIMIT (too many put aside), and as above
 */
FIRMA_CHECKED enum firma_err firma_lane_await(struct firma_lane *l,
    enum firma_msg_type type, uint64_t id, uint64_t deadline, void *ret_msg,
    struct firma_cause *cause);

/* Send one answer.  FIRMA_ERR_LIMIT: a field is too long; nothing was sent. */
FIRMA_CHECKED enum firma_err firma_lane_answer(struct firma_lane *l,
    enum firma_msg_type type, const void *msg, uint64_t id);

FIRMA_CHECKED enum firma_err firma_lane_refuse(struct firma_lane *l,
    enum firma_err err, const struct firma_cause *cause, uint64_t id);

#endif
