/* SPDX-License-Identifier: Apache-2.0 */
/*
 * get.h - private to agent/store: reads that either connection makes.
 */
#ifndef FIRMA_STORE_GET_H
#define FIRMA_STORE_GET_H

#include "agent/store/db.h"
#include "agent/store/store.h"

/* As the public functions of store.h with the same last word. */
FIRMA_CHECKED enum firma_err firma_get_head(struct firma_db *db,
    struct firma_ledger_head *ret_head, struct firma_cause *cause);
FIRMA_CHECKED enum firma_err firma_get_lines(struct firma_db *db, uint64_t from,
    uint32_t max, firma_store_line_fn *fn, void *arg,
    struct firma_cause *cause);
FIRMA_CHECKED enum firma_err firma_get_serial(struct firma_db *db,
    const char *serial, struct firma_serial_row *ret_row,
    struct firma_cause *cause);

/*
 * Check that the ledger ends at its recorded head.
 * depth  entries whose chain is checked before it; UINT64_MAX: all
 * FIRMA_ERR_LEDGER_BROKEN
 */
FIRMA_CHECKED enum firma_err firma_get_check(struct firma_db *db,
    uint64_t depth, struct firma_ledger_head *ret_head,
    struct firma_cause *cause);

#endif
