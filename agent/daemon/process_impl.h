/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process_impl.h - what process.c (calls, deadlines, the end) and
 * process_start.c (locks, descriptors, the beginning) share.
 */
#ifndef FIRMA_DAEMON_PROCESS_IMPL_H
#define FIRMA_DAEMON_PROCESS_IMPL_H

#include "agent/base/clock.h"
#include "agent/daemon/priority.h"
#include "agent/daemon/process.h"

#define TICK (25 * FIRMA_MS) /* how exactly deadlines are kept */

struct firma_call {
	struct firma_call *next;
	enum firma_msg_type type;
	uint64_t id;
	uint64_t may_take, deadline, started;
	uint64_t person_takes, token_takes; /* may_take, by w_asking */
	firma_token_fn *fn;                 /* NULL: nobody waits any more */
	void *arg;
	int fd;
	struct firma_buf frame;
};

struct firma_call_list {
	struct firma_call *first, **end;
	size_t n;
};

struct firma_lane {
	struct firma_token_process *process;
	sd_event_source *source;
	int fd;
	struct firma_call_list
	    sent;      /* the first is the one that the module works on */
	uint64_t seen; /* the call that it was at, at the last tick */
};

struct firma_token_process {
	struct firma_token *token;
	pid_t pid;
	struct firma_priority priority;
	int pidfd;
	sd_event_source *exit_source, *tick_source;
	struct firma_lane lanes[FIRMA_LANES_MAX];
	size_t n_lanes;
	struct firma_call_list waiting;
	uint64_t next_id, started;
	bool ready, ticking;
	bool lane_lost; /* it closed its end of one */
	firma_process_ready_fn *on_ready;
	firma_process_end_fn *on_end;
	uint8_t room[FIRMA_FRAME_MAX];
};

void firma_call_list_init(struct firma_call_list *l);

/* The loop's callbacks; arg is the lane, or the process. */
int firma_process_on_lane(
    sd_event_source *s, int fd, uint32_t events, void *arg);
int firma_process_on_exit(
    sd_event_source *s, int fd, uint32_t events, void *arg);
int firma_process_on_tick(sd_event_source *s, uint64_t usec, void *arg);

#endif
