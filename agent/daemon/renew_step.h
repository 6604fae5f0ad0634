/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renew_step.h - the second half of a local step: its result, after the intent
 * was written and the token has answered.
 */
#ifndef FIRMA_DAEMON_RENEW_STEP_H
#define FIRMA_DAEMON_RENEW_STEP_H

#include "agent/daemon/renewal.h"

const struct firma_profile_step *firma_renew_step_of(
    const struct firma_change *c);

/*
 * The result as a new change of the same request, with the machine's move for
 * event already in its row.  NULL: the request was answered, c is gone.
 */
struct firma_change *firma_renew_second(
    struct firma_change *c, enum firma_step_event event);

/* The step failed: back to where it can be tried again, and say why. */
void firma_renew_failed(struct firma_change *c, enum firma_step_event event,
    enum firma_err r, const struct firma_cause *cause);

/* Write the result; what went wrong while it was put together ends it. */
void firma_renew_succeed(struct firma_change *c);

/* Check the certificate that was fetched and write it to the token. */
void firma_renew_accept(struct firma_change *c);

#endif
