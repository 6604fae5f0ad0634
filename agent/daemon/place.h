/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place.h - which CPU the agent's threads run on while one client is hot.
 *
 * A signature passes through three processes.  Waking an idle CPU costs 35 to
 * 50 us, four times a signature; on one CPU the same switches cost a few.  So
 * while ONE client signs without pause, the main thread and the thread that
 * serves the token's first lane follow it to its CPU, and the store's thread,
 * which works beside the token, goes to the others and looks out for a while
 * before it sleeps.  As soon as a second client signs, or the client pauses, or
 * asks for the next signature before it has the last one, all run where they
 * like: what is more than one keeps all CPUs busy anyway.
 *
 * Whether this helps is measured by tests/bench; nothing depends on it.
 */
#ifndef FIRMA_DAEMON_PLACE_H
#define FIRMA_DAEMON_PLACE_H

#include "agent/daemon/agent.h"

FIRMA_CHECKED enum firma_err firma_place_new(
    struct firma_agent *a, struct firma_place **ret);
void firma_place_free(struct firma_place *p); /* accepts NULL */

/* Everybody runs where they like; before a process is started. */
void firma_place_let_go(struct firma_place *p);

/* That client (or NULL: gone) asks that token for a signature. */
void firma_place_sign(struct firma_agent *a, const struct firma_conn *c,
    const struct firma_token *t);

#endif
