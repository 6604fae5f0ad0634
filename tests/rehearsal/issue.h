/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issue.h - the certificates that the portal grants, and those that it makes
 * up when it is told to misbehave.
 */
#ifndef FIRMA_REHEARSAL_ISSUE_H
#define FIRMA_REHEARSAL_ISSUE_H

#include "tests/rehearsal/call.h"

/*
 * Grant the company's accepted request: two years from now, a serial never
 * used, the old certificate's subject octet by octet.  Kept in the state.
 */
FIRMA_CHECKED enum firma_err rehearsal_issue(struct rehearsal_call *call);

/*
 * What `certificate` hands out: the granted one, or a false one made for this
 * occasion alone when a misbehaviour says so.
 */
FIRMA_CHECKED enum firma_err rehearsal_issue_shown(
    struct rehearsal_call *call, struct firma_buf *ret_der);

#endif
