/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/store/store.h"

#include <string.h>

#include "agent/base/own.h"
#include "agent/store/columns.h"
#include "agent/store/get.h"
#include "agent/store/store_impl.h"

static enum firma_err
misfit(enum firma_err r, struct firma_cause *cause)
{
	if (r != FIRMA_ERR_SHAPE)
		return r;
	return firma_fail(cause, FIRMA_ERR_IO, FIRMA_CAUSE_NONE, 0,
	    "firmad.db holds a value that this program did not write");
}

enum firma_err
firma_store_renewals(struct firma_store *s, firma_store_renewal_fn *fn,
    void *arg, struct firma_cause *cause)
{
	FIRMA_OWN(firma_query_done) struct firma_query q = { 0 };
	struct firma_renewal_row row;
	bool more;
	enum firma_err r;

	r = firma_query_start(s->reader, FIRMA_SQL_RENEWAL_ALL, &q, cause);
	if (r != FIRMA_OK)
		return r;
	while ((r = firma_query_step(&q, &more, cause)) == FIRMA_OK && more) {
		r = firma_columns_get(&firma_renewal_columns, &q, &row);
		if (r != FIRMA_OK)
			return misfit(r, cause);
		if (!fn(arg, &row))
			break;
	}
	return r;
}

/* One row by one text or number. */
static enum firma_err
get_row(struct firma_query *q, const struct firma_columns *c, void *ret_row,
    struct firma_cause *cause)
{
	bool there;
	enum firma_err r;

	if ((r = firma_query_step(q, &there, cause)) != FIRMA_OK)
		return r;
	if (!there)
		return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE,
		    0, "firmad.db has no such record");
	return misfit(firma_columns_get(c, q, ret_row), cause);
}

enum firma_err
firma_store_renewal(struct firma_store *s, uint64_t id,
    struct firma_renewal_row *ret_row, struct firma_cause *cause)
{
	FIRMA_OWN(firma_query_done) struct firma_query q = { 0 };
	enum firma_err r;

	r = firma_query_start(s->reader, FIRMA_SQL_RENEWAL_ONE, &q, cause);
	if (r != FIRMA_OK)
		return r;
	firma_query_put_u64(&q, id);
	return get_row(&q, &firma_renewal_columns, ret_row, cause);
}

static enum firma_err
get_document(struct firma_query *q, struct firma_document_row *ret_row,
    struct firma_cause *cause)
{
	const struct firma_bytes name = firma_query_get_bytes(q);
	const struct firma_bytes hash = firma_query_get_bytes(q);

	if (name.len >= sizeof(ret_row->name) ||
	    hash.len != sizeof(ret_row->sha256))
		return misfit(FIRMA_ERR_SHAPE, cause);
	*ret_row = (struct firma_document_row){ 0 };
	memcpy(ret_row->name, name.at, name.len);
	memcpy(ret_row->sha256, hash.at, hash.len);
	ret_row->size = firma_query_get_u64(q);
	ret_row->stored = firma_query_get_u64(q);
	return FIRMA_OK;
}

enum firma_err
firma_store_documents(struct firma_store *s, uint64_t renewal,
    firma_store_document_fn *fn, void *arg, struct firma_cause *cause)
{
	FIRMA_OWN(firma_query_done) struct firma_query q = { 0 };
	struct firma_document_row row;
	bool more;
	enum firma_err r;

	r = firma_query_start(s->reader, FIRMA_SQL_DOCUMENT_ALL, &q, cause);
	if (r != FIRMA_OK)
		return r;
	firma_query_put_u64(&q, renewal);
	while ((r = firma_query_step(&q, &more, cause)) == FIRMA_OK && more) {
		if ((r = get_document(&q, &row, cause)) != FIRMA_OK)
			return r;
		if (!fn(arg, &row))
			break;
	}
	return r;
}

enum firma_err
firma_store_document(struct firma_store *s, uint64_t renewal, const char *name,
    struct firma_buf *ret_octets, struct firma_cause *cause)
{
	FIRMA_OWN(firma_query_done) struct firma_query q = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf got = { 0 };
	struct firma_buf old;
	bool there;
	enum firma_err r;

	r = firma_query_start(s->reader, FIRMA_SQL_DOCUMENT_ONE, &q, cause);
	if (r != FIRMA_OK)
		return r;
	firma_query_put_u64(&q, renewal);
	firma_query_put_text(&q, name, strlen(name));
	if ((r = firma_query_step(&q, &there, cause)) != FIRMA_OK)
		return r;
	if (!there)
		return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE,
		    0, "the renewal has no document \"%.32s\"", name);
	r = firma_buf_put(&got, firma_query_get_bytes(&q));
	if (r != FIRMA_OK)
		return r;
	old = *ret_octets;
	*ret_octets = got;
	got = old; /* freed with this scope */
	return FIRMA_OK;
}

enum firma_err
firma_store_pin(struct firma_store *s, const char *token, uint32_t role,
    struct firma_pin_record *ret_row, struct firma_cause *cause)
{
	FIRMA_OWN(firma_query_done) struct firma_query q = { 0 };
	enum firma_err r;

	r = firma_query_start(s->reader, FIRMA_SQL_PIN_ONE, &q, cause);
	if (r != FIRMA_OK)
		return r;
	firma_query_put_text(&q, token, strlen(token));
	firma_query_put_u64(&q, role);
	return get_row(&q, &firma_pin_columns, ret_row, cause);
}

enum firma_err
firma_store_keys(struct firma_store *s, firma_store_key_fn *fn, void *arg,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_query_done) struct firma_query q = { 0 };
	struct firma_key_row row;
	bool more;
	enum firma_err r;

	r = firma_query_start(s->reader, FIRMA_SQL_KEY_ALL, &q, cause);
	if (r != FIRMA_OK)
		return r;
	while ((r = firma_query_step(&q, &more, cause)) == FIRMA_OK && more) {
		r = firma_columns_get(&firma_key_columns, &q, &row);
		if (r != FIRMA_OK)
			return misfit(r, cause);
		if (!fn(arg, &row))
			break;
	}
	return r;
}

enum firma_err
firma_store_serial(struct firma_store *s, const char *serial,
    struct firma_serial_row *ret_row, struct firma_cause *cause)
{
	return misfit(
	    firma_get_serial(s->reader, serial, ret_row, cause), cause);
}

enum firma_err
firma_store_ledger(struct firma_store *s, uint64_t from, uint32_t max,
    firma_store_line_fn *fn, void *arg, struct firma_cause *cause)
{
	return firma_get_lines(s->reader, from, max, fn, arg, cause);
}

enum firma_err
firma_store_ledger_head(struct firma_store *s,
    struct firma_ledger_head *ret_head, struct firma_cause *cause)
{
	return firma_get_head(s->reader, ret_head, cause);
}

enum firma_err
firma_store_integrity(struct firma_store *s, struct firma_cause *cause)
{
	struct firma_ledger_head head;
	const enum firma_err r = firma_db_quick_check(s->reader, cause);

	if (r != FIRMA_OK)
		return r;
	return firma_get_check(s->reader, UINT64_MAX, &head, cause);
}
