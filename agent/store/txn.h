/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn.h - private to agent/store: a transaction as a list of changes in one
 * piece of memory, and a queue of transactions.
 */
#ifndef FIRMA_STORE_TXN_H
#define FIRMA_STORE_TXN_H

#include "agent/base/buf.h"
#include "agent/store/store.h"

enum firma_op_kind {
	FIRMA_OP_LEDGER,   /* struct firma_ledger_entry */
	FIRMA_OP_RENEWAL,  /* struct firma_renewal_row */
	FIRMA_OP_DOCUMENT, /* struct firma_op_document, then its octets */
	FIRMA_OP_PIN,      /* struct firma_pin_record */
	FIRMA_OP_KEY,      /* struct firma_key_row */
	FIRMA_OP_ALIAS,    /* struct firma_op_key */
	FIRMA_OP_KEY_GONE, /* struct firma_op_key */
	FIRMA_OP_SERIAL    /* struct firma_serial_row */
};

/* In front of each change; what follows is aligned as malloc() aligns. */
struct firma_op {
	_Alignas(16) enum firma_op_kind kind;
	size_t len; /* octets that follow, without padding */
};

struct firma_op_document {
	uint64_t renewal;
	char name[FIRMA_STORE_DOCUMENT_NAME];
	bool replace;
};

struct firma_op_key {
	char alias[FIRMA_STORE_NAME];
	char token[FIRMA_STORE_NAME];
	uint8_t spki[FIRMA_STORE_HASH];
};

struct firma_txn {
	struct firma_store *store;
	struct firma_txn *next;
	struct firma_buf ops;
	size_t n_ops;
	enum firma_durability durability;
	firma_store_done_fn *fn;
	void *arg;
	uint64_t ticket;
	/* The result, set by the writer. */
	enum firma_err r;
	struct firma_cause cause;
	struct firma_store_seqs seqs;
};

/* The first change (op NULL) or the one after op; NULL at the end. */
const struct firma_op *firma_txn_next(
    const struct firma_txn *t, const struct firma_op *op);

static inline const void *
firma_op_body(const struct firma_op *op)
{
	return op + 1;
}

struct firma_txn_queue {
	struct firma_txn *head, *tail;
};

void firma_txn_queue_put(struct firma_txn_queue *q, struct firma_txn *t);
struct firma_txn *firma_txn_queue_take(struct firma_txn_queue *q);
/* Append all of from, which is empty afterwards. */
void firma_txn_queue_move(
    struct firma_txn_queue *q, struct firma_txn_queue *from);

#endif
