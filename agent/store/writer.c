/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/store/writer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/store/columns.h"
#include "agent/store/get.h"

/* Frames (of 4096 octets) in the log before they are moved into the file. */
#define WAL_SOFT 1000 /* when nobody waits */
#define WAL_HARD 4000 /* in any case */

/* How much is looked at when the last user did not close: a few ms. */
#define UNCLEAN_DEPTH 64                /* entries */
#define UNCLEAN_SIZE  (4 * 1024 * 1024) /* octets of file */

struct firma_writer {
	struct firma_db *db;
	struct firma_ledger_head head; /* of what is committed */
	bool head_unknown;             /* a commit failed: read it again */
};

/* What a transaction is being applied with. */
struct apply {
	struct firma_db *db;
	struct firma_txn *txn;
	struct firma_ledger_head *head;
	struct firma_cause *cause;
};

/* Start a statement whose parameters are row, run it. */
static enum firma_err
run_row(struct apply *a, enum firma_sql which, const struct firma_columns *c,
    const void *row)
{
	FIRMA_OWN(firma_query_done) struct firma_query q = { 0 };
	enum firma_err r;

	if ((r = firma_query_start(a->db, which, &q, a->cause)) != FIRMA_OK)
		return r;
	firma_columns_put(c, row, &q);
	return firma_query_run(&q, a->cause);
}

static enum firma_err
run_plain(struct firma_db *db, enum firma_sql which, struct firma_cause *cause)
{
	FIRMA_OWN(firma_query_done) struct firma_query q = { 0 };
	const enum firma_err r = firma_query_start(db, which, &q, cause);

	return r != FIRMA_OK ? r : firma_query_run(&q, cause);
}

static enum firma_err
refuse(struct apply *a, enum firma_err r, const char *what)
{
	return firma_fail(a->cause, r, FIRMA_CAUSE_NONE, 0, "%s", what);
}

static enum firma_err
apply_ledger(struct apply *a, const struct firma_op *op)
{
	FIRMA_OWN(firma_query_done) struct firma_query q = { 0 };
	char line[FIRMA_LEDGER_LINE_MAX];
	struct firma_ledger_head next = { .seq = a->head->seq + 1 };
	size_t len;
	enum firma_err r;

	r = firma_ledger_line(
	    firma_op_body(op), a->head, firma_wall_ms(), line, &len);
	if (r == FIRMA_OK)
		r = firma_ledger_hash(firma_bytes_of(line, len), next.hash);
	if (r == FIRMA_OK)
		r = firma_query_start(
		    a->db, FIRMA_SQL_LEDGER_PUT, &q, a->cause);
	if (r != FIRMA_OK)
		return r;
	firma_query_put_u64(&q, next.seq);
	firma_query_put_text(&q, line, len);
	if ((r = firma_query_run(&q, a->cause)) != FIRMA_OK)
		return r;
	*a->head = next;
	if (a->txn->seqs.ledger == 0)
		a->txn->seqs.ledger = next.seq;
	return FIRMA_OK;
}

static enum firma_err
apply_renewal(struct apply *a, const struct firma_op *op)
{
	const struct firma_renewal_row *row = firma_op_body(op);
	const bool fresh = row->id == 0;
	enum firma_err r;

	r = run_row(a, fresh ? FIRMA_SQL_RENEWAL_NEW : FIRMA_SQL_RENEWAL_SET,
	    &firma_renewal_columns, row);
	if (r != FIRMA_OK)
		return r;
	if (!fresh && firma_db_changes(a->db) == 0)
		return refuse(a, FIRMA_ERR_NOT_FOUND, "no such renewal");
	a->txn->seqs.renewal = fresh ? firma_db_row_id(a->db) : row->id;
	return FIRMA_OK;
}

/* The hash of the document that is there; ret_there false if there is none. */
static enum firma_err
document_hash(struct apply *a, uint64_t renewal, const char *name,
    uint8_t ret_hash[FIRMA_STORE_HASH], bool *ret_there)
{
	FIRMA_OWN(firma_query_done) struct firma_query q = { 0 };
	struct firma_bytes v;
	enum firma_err r;

	r = firma_query_start(a->db, FIRMA_SQL_DOCUMENT_SHA256, &q, a->cause);
	if (r != FIRMA_OK)
		return r;
	firma_query_put_u64(&q, renewal);
	firma_query_put_text(&q, name, strlen(name));
	if ((r = firma_query_step(&q, ret_there, a->cause)) != FIRMA_OK ||
	    !*ret_there)
		return r;
	v = firma_query_get_bytes(&q);
	if (v.len != FIRMA_STORE_HASH)
		return refuse(a, FIRMA_ERR_IO, "firmad.db: document's hash");
	memcpy(ret_hash, v.at, v.len);
	return FIRMA_OK;
}

static enum firma_err
put_document(struct apply *a, const struct firma_op_document *doc,
    uint64_t renewal, struct firma_bytes hash, struct firma_bytes octets)
{
	FIRMA_OWN(firma_query_done) struct firma_query q = { 0 };
	enum firma_err r;

	r = firma_query_start(a->db, FIRMA_SQL_DOCUMENT_PUT, &q, a->cause);
	if (r != FIRMA_OK)
		return r;
	firma_query_put_u64(&q, renewal);
	firma_query_put_text(&q, doc->name, strlen(doc->name));
	firma_query_put_blob(&q, hash);
	firma_query_put_blob(&q, octets);
	firma_query_put_u64(&q, firma_wall_ms());
	return firma_query_run(&q, a->cause);
}

static enum firma_err
apply_document(struct apply *a, const struct firma_op *op)
{
	const struct firma_op_document *doc = firma_op_body(op);
	const struct firma_bytes octets =
	    firma_bytes_of(doc + 1, op->len - sizeof(*doc));
	const uint64_t renewal =
	    doc->renewal == 0 ? a->txn->seqs.renewal : doc->renewal;
	uint8_t new_hash[FIRMA_STORE_HASH], old_hash[FIRMA_STORE_HASH];
	bool there = false;
	enum firma_err r;

	if ((r = firma_ledger_hash(octets, new_hash)) != FIRMA_OK ||
	    (r = document_hash(a, renewal, doc->name, old_hash, &there)) !=
		FIRMA_OK)
		return r;
	if (there && memcmp(new_hash, old_hash, sizeof(new_hash)) == 0)
		return FIRMA_OK;
	if (there && !doc->replace)
		return refuse(a, FIRMA_ERR_EXISTS,
		    "other octets are kept under this name");
	return put_document(a, doc, renewal,
	    firma_bytes_of(new_hash, sizeof(new_hash)), octets);
}

/* The statements that name a key: [alias,] token, spki. */
static enum firma_err
run_key(struct apply *a, enum firma_sql which, const char *alias,
    const struct firma_op_key *key)
{
	FIRMA_OWN(firma_query_done) struct firma_query q = { 0 };
	enum firma_err r;

	if ((r = firma_query_start(a->db, which, &q, a->cause)) != FIRMA_OK)
		return r;
	if (alias != NULL)
		firma_query_put_text(&q, alias, strlen(alias));
	firma_query_put_text(&q, key->token, strlen(key->token));
	firma_query_put_blob(&q, firma_bytes_of(key->spki, sizeof(key->spki)));
	if ((r = firma_query_run(&q, a->cause)) != FIRMA_OK)
		return r;
	if (firma_db_changes(a->db) == 0)
		return refuse(a, FIRMA_ERR_NOT_FOUND, "no such key");
	return FIRMA_OK;
}

static enum firma_err
apply_alias(struct apply *a, const struct firma_op *op)
{
	FIRMA_OWN(firma_query_done) struct firma_query q = { 0 };
	const struct firma_op_key *key = firma_op_body(op);
	enum firma_err r;

	r = firma_query_start(a->db, FIRMA_SQL_ALIAS_CLEAR, &q, a->cause);
	if (r != FIRMA_OK)
		return r;
	firma_query_put_text(&q, key->alias, strlen(key->alias));
	if ((r = firma_query_run(&q, a->cause)) != FIRMA_OK)
		return r;
	return run_key(a, FIRMA_SQL_ALIAS_SET, key->alias, key);
}

static enum firma_err
apply_serial(struct apply *a, const struct firma_op *op)
{
	const struct firma_serial_row *row = firma_op_body(op);
	struct firma_serial_row there;
	enum firma_err r;

	r = run_row(a, FIRMA_SQL_SERIAL_PUT, &firma_serial_columns, row);
	if (r != FIRMA_ERR_EXISTS)
		return r;
	r = firma_get_serial(a->db, row->serial, &there, a->cause);
	if (r != FIRMA_OK)
		return r;
	if (memcmp(there.spki, row->spki, sizeof(row->spki)) != 0)
		return refuse(a, FIRMA_ERR_EXISTS,
		    "the serial belongs to another key's certificate");
	return FIRMA_OK;
}

static enum firma_err
apply_op(struct apply *a, const struct firma_op *op)
{
	const void *body = firma_op_body(op);

	switch (op->kind) {
	case FIRMA_OP_LEDGER:
		return apply_ledger(a, op);
	case FIRMA_OP_RENEWAL:
		return apply_renewal(a, op);
	case FIRMA_OP_DOCUMENT:
		return apply_document(a, op);
	case FIRMA_OP_PIN:
		return run_row(a, FIRMA_SQL_PIN_PUT, &firma_pin_columns, body);
	case FIRMA_OP_KEY:
		return run_row(a, FIRMA_SQL_KEY_PUT, &firma_key_columns, body);
	case FIRMA_OP_ALIAS:
		return apply_alias(a, op);
	case FIRMA_OP_KEY_GONE:
		return run_key(a, FIRMA_SQL_KEY_RETIRE, NULL, body);
	case FIRMA_OP_SERIAL:
		return apply_serial(a, op);
	}
	return FIRMA_ERR_INTERNAL;
}

/*
 * A refusal concerns one transaction; anything else says that the database
 * does not work just now, and ends the group.
 */
static bool
is_refusal(enum firma_err r)
{
	return r == FIRMA_ERR_EXISTS || r == FIRMA_ERR_NOT_FOUND ||
	    r == FIRMA_ERR_VALUE || r == FIRMA_ERR_LIMIT ||
	    r == FIRMA_ERR_STATE;
}

/*
 * One statement that fails leaves nothing behind, so a lone ledger entry, the
 * hot path, needs no savepoint.
 */
static bool
needs_savepoint(const struct firma_txn *t)
{
	return t->n_ops != 1 ||
	    firma_txn_next(t, NULL)->kind != FIRMA_OP_LEDGER;
}

static enum firma_err
apply_ops(struct apply *a)
{
	enum firma_err r = FIRMA_OK;

	for (const struct firma_op *op = firma_txn_next(a->txn, NULL);
	     op != NULL && r == FIRMA_OK; op = firma_txn_next(a->txn, op))
		r = apply_op(a, op);
	return r;
}

/* FIRMA_OK also when t was refused; t->r says. */
static enum firma_err
apply_txn(struct firma_writer *w, struct firma_txn *t,
    struct firma_ledger_head *head, struct firma_cause *cause)
{
	const struct firma_ledger_head before = *head;
	const bool savepoint = needs_savepoint(t);
	struct apply a = { w->db, t, head, &t->cause };
	enum firma_err r;

	t->cause = (struct firma_cause){ 0 };
	t->seqs = (struct firma_store_seqs){ 0 };
	if (savepoint &&
	    (r = run_plain(w->db, FIRMA_SQL_SAVEPOINT, cause)) != FIRMA_OK)
		return r;
	t->r = apply_ops(&a);
	if (t->r != FIRMA_OK) {
		*head = before;
		t->seqs = (struct firma_store_seqs){ 0 };
		if (!is_refusal(t->r)) {
			*cause = t->cause;
			return t->r;
		}
		if (savepoint &&
		    (r = run_plain(w->db, FIRMA_SQL_ROLLBACK_TO, cause)) !=
			FIRMA_OK)
			return r;
	}
	return savepoint ? run_plain(w->db, FIRMA_SQL_RELEASE, cause)
			 : FIRMA_OK;
}

static enum firma_err
put_head(struct firma_writer *w, const struct firma_ledger_head *head,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_query_done) struct firma_query q = { 0 };
	const enum firma_err r =
	    firma_query_start(w->db, FIRMA_SQL_HEAD_PUT, &q, cause);

	if (r != FIRMA_OK)
		return r;
	firma_query_put_u64(&q, head->seq);
	firma_query_put_blob(
	    &q, firma_bytes_of(head->hash, sizeof(head->hash)));
	return firma_query_run(&q, cause);
}

/* Make sure of the ground before a group. */
static enum firma_err
ready(struct firma_writer *w, bool disk, struct firma_cause *cause)
{
	enum firma_err r;

	/*
	 * After a failed fsync the log may have a hole on the disk that only
	 * a power loss would show, and everything behind the hole would be
	 * lost with it.  The log's octets are still in memory: move them into
	 * the file, with its own fsync, and begin the log anew.
	 */
	if (firma_db_doubtful(w->db) &&
	    (r = firma_db_checkpoint(w->db, true, cause)) != FIRMA_OK)
		return r;
	if (w->head_unknown) {
		r = firma_get_head(w->db, &w->head, cause);
		if (r != FIRMA_OK)
			return r;
		w->head_unknown = false;
	}
	return firma_db_sync(w->db, disk, cause);
}

/*
 * One BEGIN .. COMMIT for t and the n - 1 that follow it.  The head in memory
 * advances only after the commit.
 */
static enum firma_err
commit(struct firma_writer *w, struct firma_txn *t, size_t n, bool disk,
    struct firma_cause *cause)
{
	struct firma_ledger_head head;
	enum firma_err r;

	if ((r = ready(w, disk, cause)) != FIRMA_OK)
		return r;
	head = w->head;
	r = run_plain(w->db, FIRMA_SQL_BEGIN, cause);
	for (size_t i = 0; i < n && r == FIRMA_OK; i++, t = t->next)
		r = apply_txn(w, t, &head, cause);
	if (r == FIRMA_OK && head.seq != w->head.seq)
		r = put_head(w, &head, cause);
	if (r == FIRMA_OK)
		r = run_plain(w->db, FIRMA_SQL_COMMIT, cause);
	if (r != FIRMA_OK) {
		firma_db_rollback(w->db);
		w->head_unknown = true;
		return r;
	}
	w->head = head;
	return FIRMA_OK;
}

static void
commit_alone(struct firma_writer *w, struct firma_txn *t,
    struct firma_writer_result *res)
{
	const bool disk = t->durability == FIRMA_DURABLE_DISK;
	struct firma_cause cause = { 0 };
	const enum firma_err r = commit(w, t, 1, disk, &cause);

	res->n_groups++;
	res->n_disk_groups += disk ? 1 : 0;
	if (r != FIRMA_OK) {
		t->r = r;
		t->cause = cause;
		t->seqs = (struct firma_store_seqs){ 0 };
	}
}

struct firma_writer_result
firma_writer_commit(struct firma_writer *w, const struct firma_txn_queue *group)
{
	struct firma_writer_result res = { 0 };
	struct firma_cause cause = { 0 };
	bool disk = false;
	size_t n = 0;

	for (const struct firma_txn *t = group->head; t != NULL; t = t->next) {
		disk = disk || t->durability == FIRMA_DURABLE_DISK;
		n++;
	}
	if (n == 1) {
		commit_alone(w, group->head, &res);
	} else if (commit(w, group->head, n, disk, &cause) == FIRMA_OK) {
		res.n_groups = 1;
		res.n_disk_groups = disk ? 1 : 0;
	} else {
		for (struct firma_txn *t = group->head; t != NULL; t = t->next)
			commit_alone(w, t, &res);
	}
	for (const struct firma_txn *t = group->head; t != NULL; t = t->next)
		res.n_failed += t->r != FIRMA_OK ? 1 : 0;
	return res;
}

bool
firma_writer_is_quick(const struct firma_writer *w)
{
	return !firma_db_doubtful(w->db) && !w->head_unknown &&
	    !firma_writer_wants_rest(w, false);
}

bool
firma_writer_wants_rest(const struct firma_writer *w, bool idle)
{
	return firma_db_wal_frames(w->db) >= (idle ? WAL_SOFT : WAL_HARD);
}

/*
 * Write the head as it is: the first commit of a new log fsyncs its header.
 * By way of another head, for SQLite writes no page that does not change.
 */
static enum firma_err
begin_log(struct firma_writer *w, struct firma_cause *cause)
{
	const struct firma_ledger_head other = { .seq = UINT64_MAX };
	struct firma_ledger_head head;
	enum firma_err r;

	if ((r = firma_get_head(w->db, &head, cause)) != FIRMA_OK ||
	    (r = run_plain(w->db, FIRMA_SQL_BEGIN, cause)) != FIRMA_OK)
		return r;
	if ((r = put_head(w, &other, cause)) == FIRMA_OK &&
	    (r = put_head(w, &head, cause)) == FIRMA_OK)
		r = run_plain(w->db, FIRMA_SQL_COMMIT, cause);
	if (r != FIRMA_OK)
		firma_db_rollback(w->db);
	return r;
}

void
firma_writer_rest(struct firma_writer *w, bool idle)
{
	struct firma_cause cause;

	if (!firma_writer_wants_rest(w, idle))
		return;
	/*
	 * What cannot be moved now stays in the log and is as safe there; a
	 * disk that fails here fails the next commit too, and is told then.
	 */
	if (firma_db_checkpoint(w->db, false, &cause) == FIRMA_OK &&
	    firma_db_wal_frames(w->db) == 0 && begin_log(w, &cause) != FIRMA_OK)
		w->head_unknown = true;
}

enum firma_err
firma_writer_open(const char *path, bool unclean,
    struct firma_writer **ret_writer, struct firma_cause *cause)
{
	FIRMA_OWN(firma_writer_done) struct firma_writer *w = NULL;
	enum firma_err r;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return FIRMA_ERR_NOMEM;
	if ((r = firma_db_open(path, true, &w->db, cause)) != FIRMA_OK ||
	    (r = firma_get_check(w->db, unclean ? UNCLEAN_DEPTH : 1, &w->head,
		 cause)) != FIRMA_OK)
		return r;
	if (unclean && firma_db_size(w->db) <= UNCLEAN_SIZE &&
	    (r = firma_db_quick_check(w->db, cause)) != FIRMA_OK)
		return r;
	*ret_writer = w;
	w = NULL;
	return FIRMA_OK;
}

void
firma_writer_close(struct firma_writer *w)
{
	if (w == NULL)
		return;
	firma_db_close(w->db);
	free(w);
}

void
firma_writer_done(struct firma_writer **w)
{
	firma_writer_close(*w);
	*w = NULL;
}
