/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/store/txn.h"

#include <string.h>

#include "agent/store/columns.h"

#define PAD(n) (((n) + 15) & ~(size_t)15)

/*
 * Make room for a change of len octets and give where they go, or NULL.  The
 * caller fills them and calls added().
 */
static void *
room(struct firma_txn *t, enum firma_op_kind kind, size_t len)
{
	struct firma_op *op;

	if (firma_buf_reserve(&t->ops, sizeof(*op) + PAD(len)) != FIRMA_OK)
		return NULL;
	op = (struct firma_op *)(void *)(t->ops.at + t->ops.len);
	op->kind = kind;
	op->len = len;
	return op + 1;
}

static void
added(struct firma_txn *t, size_t len)
{
	t->ops.len += sizeof(struct firma_op) + PAD(len);
	t->n_ops++;
}

static enum firma_err
add(struct firma_txn *t, enum firma_op_kind kind, const void *body, size_t len)
{
	void *at = room(t, kind, len);

	if (at == NULL)
		return FIRMA_ERR_NOMEM;
	memcpy(at, body, len);
	added(t, len);
	return FIRMA_OK;
}

static enum firma_err
add_row(struct firma_txn *t, enum firma_op_kind kind,
    const struct firma_columns *c, const void *row)
{
	const enum firma_err r = firma_columns_check(c, row);

	return r != FIRMA_OK ? r : add(t, kind, row, c->row_size);
}

/* Copy a text into an array of size octets. */
static enum firma_err
text(const char *from, char *to, size_t size)
{
	const size_t n = strnlen(from, size);

	if (n == size)
		return FIRMA_ERR_LIMIT;
	memcpy(to, from, n + 1);
	return FIRMA_OK;
}

enum firma_err
firma_txn_ledger(struct firma_txn *t, const struct firma_ledger_entry *e)
{
	return add(t, FIRMA_OP_LEDGER, e, sizeof(*e));
}

enum firma_err
firma_txn_renewal(struct firma_txn *t, const struct firma_renewal_row *row)
{
	return add_row(t, FIRMA_OP_RENEWAL, &firma_renewal_columns, row);
}

enum firma_err
firma_txn_document(struct firma_txn *t, uint64_t renewal, const char *name,
    struct firma_bytes octets, bool replace)
{
	struct firma_op_document doc = { .renewal = renewal,
		.replace = replace };
	const size_t len = sizeof(doc) + octets.len;
	uint8_t *at;
	enum firma_err r;

	if (octets.len > FIRMA_STORE_DOCUMENT_MAX)
		return FIRMA_ERR_LIMIT;
	if ((r = text(name, doc.name, sizeof(doc.name))) != FIRMA_OK)
		return r;
	if ((at = room(t, FIRMA_OP_DOCUMENT, len)) == NULL)
		return FIRMA_ERR_NOMEM;
	memcpy(at, &doc, sizeof(doc));
	if (octets.len != 0)
		memcpy(at + sizeof(doc), octets.at, octets.len);
	added(t, len);
	return FIRMA_OK;
}

enum firma_err
firma_txn_pin(struct firma_txn *t, const struct firma_pin_record *row)
{
	return add_row(t, FIRMA_OP_PIN, &firma_pin_columns, row);
}

enum firma_err
firma_txn_key(struct firma_txn *t, const struct firma_key_row *row)
{
	return add_row(t, FIRMA_OP_KEY, &firma_key_columns, row);
}

static enum firma_err
add_key(struct firma_txn *t, enum firma_op_kind kind, const char *alias,
    const char *token, const uint8_t spki[FIRMA_STORE_HASH])
{
	struct firma_op_key op = { 0 };
	enum firma_err r;

	if ((r = text(alias, op.alias, sizeof(op.alias))) != FIRMA_OK ||
	    (r = text(token, op.token, sizeof(op.token))) != FIRMA_OK)
		return r;
	memcpy(op.spki, spki, sizeof(op.spki));
	return add(t, kind, &op, sizeof(op));
}

enum firma_err
firma_txn_alias(struct firma_txn *t, const char *alias, const char *token,
    const uint8_t spki[FIRMA_STORE_HASH])
{
	return add_key(t, FIRMA_OP_ALIAS, alias, token, spki);
}

enum firma_err
firma_txn_key_gone(struct firma_txn *t, const char *token,
    const uint8_t spki[FIRMA_STORE_HASH])
{
	return add_key(t, FIRMA_OP_KEY_GONE, "", token, spki);
}

enum firma_err
firma_txn_serial(struct firma_txn *t, const struct firma_serial_row *row)
{
	return add_row(t, FIRMA_OP_SERIAL, &firma_serial_columns, row);
}

const struct firma_op *
firma_txn_next(const struct firma_txn *t, const struct firma_op *op)
{
	const uint8_t *at =
	    op == NULL ? t->ops.at : (const uint8_t *)(op + 1) + PAD(op->len);

	if (at == NULL || at == t->ops.at + t->ops.len)
		return NULL;
	return (const struct firma_op *)(const void *)at;
}

void
firma_txn_queue_put(struct firma_txn_queue *q, struct firma_txn *t)
{
	t->next = NULL;
	if (q->head == NULL)
		q->head = t;
	else
		q->tail->next = t;
	q->tail = t;
}

struct firma_txn *
firma_txn_queue_take(struct firma_txn_queue *q)
{
	struct firma_txn *t = q->head;

	if (t != NULL)
		q->head = t->next;
	return t;
}

void
firma_txn_queue_move(struct firma_txn_queue *q, struct firma_txn_queue *from)
{
	if (from->head == NULL)
		return;
	if (q->head == NULL)
		q->head = from->head;
	else
		q->tail->next = from->head;
	q->tail = from->tail;
	*from = (struct firma_txn_queue){ 0 };
}
