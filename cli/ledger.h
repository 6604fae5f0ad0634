/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger.h - the agent's ledger, line by line.
 */
#ifndef FIRMA_CLI_LEDGER_H
#define FIRMA_CLI_LEDGER_H

#include "cli/app.h"

/* One line without its newline; a result other than FIRMA_OK stops. */
typedef enum firma_err ledger_fn(void *arg, struct firma_bytes line);

/* At most max entries from `from` on, in order. */
FIRMA_CHECKED enum firma_err ledger_read(struct app *app, uint64_t from,
    uint64_t max, ledger_fn *fn, void *arg, struct firma_cause *cause);

#endif
