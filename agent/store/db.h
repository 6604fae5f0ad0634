/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db.h - private to agent/store: a connection to firmad.db and its prepared
 * statements.  db.c is the one home of SQLite; here its types are incomplete.
 *
 * A connection belongs to one thread.
 */
#ifndef FIRMA_STORE_DB_H
#define FIRMA_STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/base/err.h"

/* Every statement, once: sql.def. */
enum firma_sql {
#define SQL(name, text) FIRMA_SQL_##name,
#include "agent/store/sql.def"
#undef SQL
	FIRMA_N_SQL
};

struct firma_db;

/*
 * Open an existing file.  writer: the connection that writes, and that puts
 * the file into WAL mode; else one that only reads.
 * Errors as firma_store_open().
 */
FIRMA_CHECKED enum firma_err firma_db_open(const char *path, bool writer,
    struct firma_db **ret_db, struct firma_cause *cause);
void firma_db_close(struct firma_db *db); /* accepts NULL */
void firma_db_done(struct firma_db **db); /* for FIRMA_OWN */

/* Run fixed statements, separated by semicolons. */
FIRMA_CHECKED enum firma_err firma_db_exec(
    struct firma_db *db, const char *sql, struct firma_cause *cause);

/* The writer's commits from now on fsync, or do not.  Not in a transaction. */
FIRMA_CHECKED enum firma_err firma_db_sync(
    struct firma_db *db, bool disk, struct firma_cause *cause);

/* Undo the open transaction, if SQLite has not done so itself. */
void firma_db_rollback(struct firma_db *db);

/*
 * True from a failed fsync until the log was truncated: the kernel may have
 * dropped what it could not write, and a further fsync would not tell.
 */
bool firma_db_doubtful(const struct firma_db *db);

/* Frames in the write-ahead log at the last commit. */
int firma_db_wal_frames(const struct firma_db *db);

/*
 * Move the log's frames into the file.  truncate: all of them, and begin the
 * log anew; else as many as can be moved without waiting for a reader.
 */
FIRMA_CHECKED enum firma_err firma_db_checkpoint(
    struct firma_db *db, bool truncate, struct firma_cause *cause);

/* Octets of the file. */
uint64_t firma_db_size(struct firma_db *db);

/* PRAGMA quick_check.  FIRMA_ERR_IO with its first complaint. */
FIRMA_CHECKED enum firma_err firma_db_quick_check(
    struct firma_db *db, struct firma_cause *cause);

/* One run of a statement.  Reset by firma_query_done(). */
struct sqlite3_stmt;
struct firma_query {
	struct firma_db *db;
	struct sqlite3_stmt *stmt;
	int param, column; /* the next one; from 1, from 0 */
	int rc;            /* of the first bind that failed */
};

/* FIRMA_ERR_STATE: that statement is being run (by a visitor's caller). */
FIRMA_CHECKED enum firma_err firma_query_start(struct firma_db *db,
    enum firma_sql which, struct firma_query *ret_q, struct firma_cause *cause);

/* Parameters in order.  Text and octets must outlive the query. */
void firma_query_put_u64(struct firma_query *q, uint64_t n);
void firma_query_put_text(struct firma_query *q, const char *text, size_t len);
void firma_query_put_blob(struct firma_query *q, struct firma_bytes v);

/*
 * The next row.  FIRMA_ERR_EXISTS: a uniqueness constraint, FIRMA_ERR_NOT_FOUND:
 * a foreign key, FIRMA_ERR_VALUE: another constraint; else as firma_store_open.
 */
FIRMA_CHECKED enum firma_err firma_query_step(
    struct firma_query *q, bool *ret_row, struct firma_cause *cause);

/* Step a statement that gives no rows, and finish it. */
FIRMA_CHECKED enum firma_err firma_query_run(
    struct firma_query *q, struct firma_cause *cause);

/* Columns of the row in order; views live until the next step. */
uint64_t firma_query_get_u64(struct firma_query *q);
struct firma_bytes firma_query_get_bytes(struct firma_query *q);

/* Rows that the last INSERT or UPDATE changed; the last row id inserted. */
int firma_db_changes(const struct firma_db *db);
uint64_t firma_db_row_id(const struct firma_db *db);

void firma_query_done(struct firma_query *q);

#endif
