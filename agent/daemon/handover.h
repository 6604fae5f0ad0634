/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handover.h - a signature, from its entry in the ledger to its client's hands.
 *
 * The entry says "begun"; a client that was sent all of the answer is its end.
 * Until then the signature is held by whoever may still give it to one: the
 * request, a connection's output, the answers that are kept for who asks again.
 * When the last of them lets go of it, nobody will ever have it, and a second
 * entry (failure.h) says so.
 * Test: tests/agent/test_agent.sh, "signatures that nobody took".
 */
#ifndef FIRMA_DAEMON_HANDOVER_H
#define FIRMA_DAEMON_HANDOVER_H

#include "agent/daemon/task.h"

struct firma_handover;

/*
 * Of q, which asks for a signature of that key; held once.  action is static, the
 * first entry's.  NULL: no memory.
 */
struct firma_handover *firma_handover_new(
    const struct firma_task *q, const char *action, const char *alias);

/* It is made, and entry seq is its own.  Without this nothing is ever written. */
void firma_handover_made(struct firma_handover *h, uint64_t seq);

/* One more holder, one less.  Both accept NULL. */
struct firma_handover *firma_handover_hold(struct firma_handover *h);
void firma_handover_drop(struct firma_handover *h);

/* All octets of the answer were sent on a connection that was open. */
void firma_handover_done(struct firma_handover *h);

#endif
