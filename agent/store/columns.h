/* SPDX-License-Identifier: Apache-2.0 */
/*
 * columns.h - private to agent/store: which member of a row's struct is which
 * column.  Written once; SQL, binding and reading come from these tables.
 */
#ifndef FIRMA_STORE_COLUMNS_H
#define FIRMA_STORE_COLUMNS_H

#include <stddef.h>

#include "agent/store/db.h"
#include "agent/store/rows.h"

/* clang-format off */
/* id is the first column and stands apart: the store gives it. */
#define FIRMA_RENEWAL_COLUMNS(X) \
	X(TEXT, profile) X(U32, status) X(TEXT, step) X(U32, step_state) \
	X(U32, algorithm) X(TEXT, old_key) X(TEXT, new_key) X(TEXT, token) \
	X(TEXT, portal) X(TEXT, email) X(TEXT, registro) X(TEXT, session) \
	X(TEXT, fields) X(TEXT, why) X(ID, key_id) X(U64, signing_time) \
	X(U64, not_earlier) X(U64, started) X(U64, changed) \
	X(BOOL, has_old_spki) X(HASH, old_spki) X(BOOL, has_new_spki) \
	X(HASH, new_spki) X(TEXT, old_serial) X(TEXT, new_serial) \
	X(U64, new_not_after) X(TEXT, signer_key) X(HASH, signer_spki)
#define FIRMA_PIN_COLUMNS(X) \
	X(U32, role) X(HASH, salt) X(U32, n_refused) X(HASH, refused) \
	X(U32, lost) X(U32, n_burnt) X(BOOL, is_honest) X(U64, n_presented) \
	X(BOOL, presenting) X(HASH, presenting_hash) X(U64, updated)
#define FIRMA_KEY_COLUMNS(X) \
	X(HASH, spki) X(ID, id) X(TEXT, alias) X(U32, flags) \
	X(U32, algorithm) X(BOOL, retired)
#define FIRMA_SERIAL_COLUMNS(X) \
	X(HASH, spki) X(U64, renewal) X(U64, seen)
/* clang-format on */

/* The first column of each is not preceded by a comma and stands in sql.def. */
#define FIRMA_COLUMN_NAME(kind, name) ", " #name
#define FIRMA_COLUMN_MARK(kind, name) ", ?"
#define FIRMA_COLUMN_NEW(kind, name)  ", " #name " = excluded." #name

enum firma_column_kind {
	FIRMA_COLUMN_TEXT,
	FIRMA_COLUMN_U32,
	FIRMA_COLUMN_U64,
	FIRMA_COLUMN_BOOL,
	FIRMA_COLUMN_HASH,
	FIRMA_COLUMN_ID
};

struct firma_column {
	enum firma_column_kind kind;
	size_t offset, size;
};

struct firma_columns {
	const struct firma_column *at;
	size_t n, row_size;
};

/* With the first column. */
extern const struct firma_columns firma_renewal_columns;
extern const struct firma_columns firma_pin_columns;
extern const struct firma_columns firma_key_columns;
extern const struct firma_columns firma_serial_columns;

/* FIRMA_ERR_VALUE: a text without its zero; FIRMA_ERR_LIMIT: an id too long. */
FIRMA_CHECKED enum firma_err firma_columns_check(
    const struct firma_columns *c, const void *row);

/* All columns of a checked row as the query's next parameters. */
void firma_columns_put(
    const struct firma_columns *c, const void *row, struct firma_query *q);

/*
 * All columns of the query's row.  FIRMA_ERR_SHAPE: the file holds something
 * that does not fit.
 */
FIRMA_CHECKED enum firma_err firma_columns_get(
    const struct firma_columns *c, struct firma_query *q, void *ret_row);

#endif
