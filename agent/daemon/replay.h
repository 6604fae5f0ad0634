/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay.h - the same request id gives the same answer and no second effect.
 *
 * Requests that change something are known by (uid, id) while they run and, as
 * long as there is room, after they ended.  A lost connection is mended by
 * asking again with the same id.
 * Test: tests/agent/test_agent.sh, "retry with the same id".
 */
#ifndef FIRMA_DAEMON_REPLAY_H
#define FIRMA_DAEMON_REPLAY_H

#include "agent/daemon/task.h"

#define FIRMA_REPLAY_MAX    2048                  /* answers kept */
#define FIRMA_REPLAY_OCTETS ((size_t)1024 * 1024) /* their size together */

enum firma_replay_found {
	FIRMA_REPLAY_NEW,     /* not seen: go on */
	FIRMA_REPLAY_RUNNING, /* it runs; the answer goes to q's connection */
	FIRMA_REPLAY_ENDED,   /* the kept answer was sent to q's connection */
	FIRMA_REPLAY_OTHER    /* the id was used for another request */
};

FIRMA_CHECKED enum firma_err firma_replay_new(struct firma_replay **ret);
void firma_replay_free(struct firma_replay *r);

/* Look q up by (uid, id) and remember it when it is new. */
enum firma_replay_found firma_replay_begin(
    struct firma_replay *r, struct firma_task *q);

/* q ended: keep its answers (q->out is taken). */
void firma_replay_end(struct firma_replay *r, struct firma_task *q);

#endif
