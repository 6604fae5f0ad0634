/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence_collect.h - the evidence of a renewal, asked of the agent.
 */
#ifndef FIRMA_CLI_EVIDENCE_COLLECT_H
#define FIRMA_CLI_EVIDENCE_COLLECT_H

#include "cli/evidence.h"
#include "cli/renewals.h"

/*
 * All but the time stamp.  The same renewal gives the same octets.
 *
 * ca           a CA certificate's file that goes in as ca.pem, or NULL
 * ret_missing  an array: names of files that are not made yet are added
 *
 * FIRMA_ERR_LIMIT  the entries from the renewal's first to its last, or its
 *                  documents, are more than evidence.h takes
 */
FIRMA_CHECKED enum firma_err evidence_collect(struct app *app,
    const struct renewal *r, const char *ca, struct evidence *ret,
    json_t *ret_missing, struct firma_cause *cause);

#endif
