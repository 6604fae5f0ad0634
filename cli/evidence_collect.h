/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence_collect.h - the evidence of a renewal, asked of the agent.
 */
#ifndef FIRMA_CLI_EVIDENCE_COLLECT_H
#define FIRMA_CLI_EVIDENCE_COLLECT_H

#include "cli/evidence.h"
#include "cli/renewals.h"

/* How it is to be made. */
struct evidence_how {
	const char
	    *path; /* where it is written to: the entries wait beside it */
	const char
	    *ca; /* a CA certificate's file, goes in as ca.pem; or NULL */
	/* What will be added, as renewal.json and the report say. */
	const char *signed_with; /* a key's alias, or NULL */
	int is_stamped;
};

/*
 * All but the signature and the time stamp.  The same renewal gives the same
 * octets.
 *
 * ret_missing  an array: names of files that are not made yet are added
 *
 * FIRMA_ERR_LIMIT  the entries from the renewal's first to its last, or its
 *                  documents, are more than evidence.h takes
 */
FIRMA_CHECKED enum firma_err evidence_collect(struct app *app,
    const struct renewal *r, const struct evidence_how *how,
    struct evidence *ret, json_t *ret_missing, struct firma_cause *cause);

#endif
