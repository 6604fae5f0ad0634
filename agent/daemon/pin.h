/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pin.h - unlock, lock, initialise a token; give it another PIN.
 *
 * The PIN goes from the client to the token process over a socketpair whose
 * ends the agent hands out; the agent never has it.  present.h presents it and
 * writes down that it was, pin_record.h says what must not be presented.
 * One presentation for one human entry; nothing is retried.
 */
#ifndef FIRMA_DAEMON_PIN_H
#define FIRMA_DAEMON_PIN_H

#include "agent/daemon/task.h"
#include "agent/daemon/token.h"

/*
 * The token changed: does its record hold a presentation without outcome?  And
 * when it came new (at the start, put back, or with a new process) present the
 * PIN of its credential, if one is configured.
 */
void firma_pin_look(struct firma_token *t, bool is_new);

/* Idle for longer than lock-after?  Then lock it. */
void firma_pin_lock_idle(struct firma_token *t, uint64_t now);

#endif
