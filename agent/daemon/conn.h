/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn.h - one client's connection: frames in, frames out, in any order.
 *
 * The peer is hostile until parsed: a frame that is too long or malformed ends
 * the connection after an error frame with id 0; too many requests at once
 * stop the reading, not the agent.
 */
#ifndef FIRMA_DAEMON_CONN_H
#define FIRMA_DAEMON_CONN_H

#include "agent/daemon/agent.h"
#include "agent/daemon/task.h"

#define FIRMA_CONN_REQUESTS_MAX 64 /* in flight, a connection */
#define FIRMA_CONN_OUT_MAX      ((size_t)4 * 1024 * 1024) /* octets not yet read */
#define FIRMA_CONN_FDS_MAX      8 /* descriptors waiting, each direction */

/* Take an accepted socket. */
FIRMA_CHECKED enum firma_err firma_conn_new(struct firma_agent *a, int fd);

/*
 * Queue octets (whole frames); fd, or -1, goes with the first of them.  h, or
 * NULL, is held until they are sent or the connection is gone.
 */
void firma_conn_put(struct firma_conn *c, struct firma_bytes v, int fd,
    struct firma_handover *h);

/* The request has ended: it no longer counts. */
void firma_conn_forget(struct firma_conn *c, struct firma_task *q);

/* A request that another (lost) connection began answers here from now on. */
void firma_conn_adopt(struct firma_conn *c, struct firma_task *q);

/* A number that no other connection has or had; is it still open? */
uint64_t firma_conn_serial(const struct firma_conn *c);
pid_t firma_conn_pid(const struct firma_conn *c);
/* Requests of it that have not ended. */
size_t firma_conn_requests(const struct firma_conn *c);
bool firma_conn_is_open(const struct firma_agent *a, uint64_t serial);

/*
 * Send what was queued since the last call, on every connection.  Called by the
 * loop after each event and by nobody else: it frees connections.
 */
void firma_conn_flush(struct firma_agent *a);

/*
 * The agent is ending, and its loop is over: send what is queued for as long as
 * clients read, until the deadline at most, and hang up.
 */
void firma_conn_finish(struct firma_agent *a, uint64_t deadline);

#endif
