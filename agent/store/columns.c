/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/store/columns.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define COLUMN(kind, name)                                 \
	{ FIRMA_COLUMN_##kind, offsetof(struct ROW, name), \
		sizeof(((struct ROW *)NULL)->name) },

#define ROW firma_renewal_row
static const struct firma_column renewal[] = { COLUMN(U64, id)
	    FIRMA_RENEWAL_COLUMNS(COLUMN) };
#undef ROW
#define ROW firma_pin_record
static const struct firma_column pin[] = { COLUMN(TEXT, token)
	    FIRMA_PIN_COLUMNS(COLUMN) };
#undef ROW
#define ROW firma_key_row
static const struct firma_column key[] = { COLUMN(TEXT, token)
	    FIRMA_KEY_COLUMNS(COLUMN) };
#undef ROW
#define ROW firma_serial_row
static const struct firma_column serial[] = { COLUMN(TEXT, serial)
	    FIRMA_SERIAL_COLUMNS(COLUMN) };
#undef ROW

#define TABLE(array, row)                               \
	{                                               \
		array, COUNT(array), sizeof(struct row) \
	}
const struct firma_columns firma_renewal_columns =
    TABLE(renewal, firma_renewal_row);
const struct firma_columns firma_pin_columns = TABLE(pin, firma_pin_record);
const struct firma_columns firma_key_columns = TABLE(key, firma_key_row);
const struct firma_columns firma_serial_columns =
    TABLE(serial, firma_serial_row);

enum firma_err
firma_columns_check(const struct firma_columns *c, const void *row)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct firma_column *col = &c->at[i];
		const void *at = (const uint8_t *)row + col->offset;

		if (col->kind == FIRMA_COLUMN_TEXT &&
		    memchr(at, '\0', col->size) == NULL)
			return FIRMA_ERR_VALUE;
		if (col->kind == FIRMA_COLUMN_ID &&
		    ((const struct firma_key_id *)at)->len > FIRMA_STORE_KEY_ID)
			return FIRMA_ERR_LIMIT;
	}
	return FIRMA_OK;
}

static void
put_column(
    const struct firma_column *col, const void *at, struct firma_query *q)
{
	const struct firma_key_id *id = at;

	switch (col->kind) {
	case FIRMA_COLUMN_TEXT:
		firma_query_put_text(q, at, strlen(at));
		break;
	case FIRMA_COLUMN_U32:
		firma_query_put_u64(q, *(const uint32_t *)at);
		break;
	case FIRMA_COLUMN_U64:
		firma_query_put_u64(q, *(const uint64_t *)at);
		break;
	case FIRMA_COLUMN_BOOL:
		firma_query_put_u64(q, *(const bool *)at ? 1 : 0);
		break;
	case FIRMA_COLUMN_HASH:
		firma_query_put_blob(q, firma_bytes_of(at, col->size));
		break;
	case FIRMA_COLUMN_ID:
		firma_query_put_blob(q, firma_bytes_of(id->at, id->len));
		break;
	}
}

void
firma_columns_put(
    const struct firma_columns *c, const void *row, struct firma_query *q)
{
	for (size_t i = 0; i < c->n; i++)
		put_column(
		    &c->at[i], (const uint8_t *)row + c->at[i].offset, q);
}

static enum firma_err
get_bytes(const struct firma_column *col, struct firma_bytes v, void *at)
{
	struct firma_key_id *id = at;

	switch (col->kind) {
	case FIRMA_COLUMN_TEXT: /* its zero is there: rows start as zeros */
		if (v.len >= col->size)
			return FIRMA_ERR_SHAPE;
		break;
	case FIRMA_COLUMN_HASH:
		if (v.len != col->size)
			return FIRMA_ERR_SHAPE;
		break;
	default:
		if (v.len > FIRMA_STORE_KEY_ID)
			return FIRMA_ERR_SHAPE;
		id->len = v.len;
		at = id->at;
		break;
	}
	if (v.len != 0)
		memcpy(at, v.at, v.len);
	return FIRMA_OK;
}

static enum firma_err
get_column(const struct firma_column *col, struct firma_query *q, void *at)
{
	switch (col->kind) {
	case FIRMA_COLUMN_U32:
		*(uint32_t *)at = (uint32_t)firma_query_get_u64(q);
		return FIRMA_OK;
	case FIRMA_COLUMN_U64:
		*(uint64_t *)at = firma_query_get_u64(q);
		return FIRMA_OK;
	case FIRMA_COLUMN_BOOL:
		*(bool *)at = firma_query_get_u64(q) != 0;
		return FIRMA_OK;
	case FIRMA_COLUMN_TEXT:
	case FIRMA_COLUMN_HASH:
	case FIRMA_COLUMN_ID:
		break;
	}
	return get_bytes(col, firma_query_get_bytes(q), at);
}

enum firma_err
firma_columns_get(
    const struct firma_columns *c, struct firma_query *q, void *ret_row)
{
	enum firma_err r;

	memset(ret_row, 0, c->row_size);
	for (size_t i = 0; i < c->n; i++) {
		r = get_column(
		    &c->at[i], q, (uint8_t *)ret_row + c->at[i].offset);
		if (r != FIRMA_OK)
			return r;
	}
	return FIRMA_OK;
}
