/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence_range.h - which of the agent's entries are a renewal's evidence, and
 * those entries, without holding them in memory.
 */
#ifndef FIRMA_CLI_EVIDENCE_RANGE_H
#define FIRMA_CLI_EVIDENCE_RANGE_H

#include "cli/evidence.h"
#include "cli/renewals.h"

/* From the entry that begins the renewal to its last.  Zero-initialise. */
struct evidence_range {
	uint64_t first, last; /* seq; 0: the ledger has none of it */
	uint8_t last_sha256[FIRMA_LEDGER_HASH];
	json_t *done; /* step -> its last good entry */
};
void evidence_range_done(struct evidence_range *r);

FIRMA_CHECKED enum firma_err evidence_range_find(struct app *app,
    const struct renewal *of, struct evidence_range *ret,
    struct firma_cause *cause);

/*
 * These entries as ledger.jsonl of ret, which has renewal.json already.  Until ret
 * is ended they are in a file without a name, where path is.
 *
 * FIRMA_ERR_LIMIT  over EVIDENCE_LEDGER_MAX
 */
FIRMA_CHECKED enum firma_err evidence_range_put(struct app *app,
    const struct evidence_range *r, const char *path, struct evidence *ret,
    struct firma_cause *cause);

#endif
