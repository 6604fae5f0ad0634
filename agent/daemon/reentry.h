/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reentry.h - the portal ended its session in the middle of a renewal.
 *
 * A renewal may take days, a portal's session hours.  When an operation is
 * refused for that reason (fields.reason = "session"), the renewal goes back to
 * the last entry that its profile has (challenge, sign, enter) and from there
 * returns to the step that was refused.  A submit that it returns to is asked
 * about first, as always.
 * Test: tests/renewal/test_reentry.sh
 */
#ifndef FIRMA_DAEMON_REENTRY_H
#define FIRMA_DAEMON_REENTRY_H

#include "agent/daemon/renewal.h"

#define FIRMA_REENTRIES_MAX 3 /* without a step done between them */

/* Was it refused for the session, and is there an entry to go back to? */
bool firma_reentry_is_due(
    const struct firma_renewal *r, const struct firma_msg_renew_result *m);

/* Put the way back into c->row (in place of the machine's move). */
void firma_reentry_begin(struct firma_change *c);

/* The entry was done: if it was such a one, return to where it came from. */
void firma_reentry_end(struct firma_change *c);

#endif
