/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pin.h - unlock, lock and initialise a token; never burn a PIN.
 *
 * The PIN goes from the client to the token process over a socketpair whose
 * ends the agent hands out; the agent never has it.  What the agent does keep,
 * per token serial, is a slow keyed hash of the last refused PIN and of one
 * whose outcome is not known, so that
 *   - a PIN that was refused is never presented again, not after a restart
 *     either;
 *   - "about to present" is on the disk before the token sees the PIN;
 *   - a PIN whose outcome was lost with a process is not presented again when
 *     the token says that it counted a failure.
 * One presentation for one human entry; nothing is retried.
 * Tests: tests/agent/test_agent.sh, "wrong PIN"; tests/crash.
 */
#ifndef FIRMA_DAEMON_PIN_H
#define FIRMA_DAEMON_PIN_H

#include "agent/daemon/task.h"
#include "agent/daemon/token.h"

#define FIRMA_PIN_ITERATIONS 100000u
#define FIRMA_PIN_WAIT_NS    (UINT64_C(120) * 1000000000) /* for a person */

/*
 * The token changed: does its record hold a presentation without outcome?  And
 * when it came new (at the start, put back, or with a new process) present the
 * PIN of its credential, if one is configured.
 */
void firma_pin_look(struct firma_token *t, bool is_new);

/* Idle for longer than lock-after?  Then lock it. */
void firma_pin_lock_idle(struct firma_token *t);

#endif
