/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.h - a running firmad-token: its lanes, its calls, its end.
 */
#ifndef FIRMA_DAEMON_PROCESS_H
#define FIRMA_DAEMON_PROCESS_H

#include "agent/daemon/token.h"

/* Why a process ended; told once, from the loop. */
typedef void firma_process_end_fn(
    struct firma_token *t, enum firma_err why, const char *what);
typedef void firma_process_ready_fn(struct firma_token *t);

/*
 * Start firmad-token for t.  ready and ended are called from the loop.
 * suspect: the last one ended and had not worked, see priority.h.
 */
FIRMA_CHECKED enum firma_err firma_process_start(struct firma_token *t,
    bool suspect, firma_process_ready_fn *ready, firma_process_end_fn *ended,
    struct firma_cause *cause);

/* SIGKILL, reap, forget.  Calls end with why.  Does not call `ended`. */
void firma_process_kill(
    struct firma_token_process *p, enum firma_err why, const char *what);

/* End all calls that the process has not been handed yet, but probes. */
void firma_process_refuse(
    struct firma_token_process *p, enum firma_err why, const char *what);

FIRMA_CHECKED enum firma_err firma_process_call(struct firma_token_process *p,
    enum firma_msg_type type, const void *msg, int fd, uint64_t may_take,
    uint64_t deadline, firma_token_fn *fn, void *arg);
FIRMA_CHECKED enum firma_err firma_process_tell(struct firma_token_process *p,
    enum firma_msg_type type, const void *msg, uint64_t may_take);
/* Would a call be taken?  p may be NULL. */
bool firma_process_has_room(const struct firma_token_process *p);
/* Its pid is that of the thread that serves the first lane. */
pid_t firma_process_pid(const struct firma_token_process *p);
bool firma_process_is_idle(const struct firma_token_process *p);

#endif
