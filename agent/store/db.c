/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/store/db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "agent/base/own.h"
#include "agent/store/columns.h"
#include "agent/store/schema.h"

#define BUSY_MS          5000       /* for a checkpoint of the other side */
#define WAL_KEEP         "16777216" /* octets the log keeps when it restarts */
#define CACHE_KIB_READER "-512"     /* negative: KiB, not pages */
#define CACHE_KIB_WRITER "-2048"

static const char *const sql[FIRMA_N_SQL] = {
#define SQL(name, text) [FIRMA_SQL_##name] = text,
#include "agent/store/sql.def"
#undef SQL
};

struct firma_db {
	sqlite3 *conn;
	sqlite3_stmt *stmt[FIRMA_N_SQL];
	int wal_frames;
	int disk; /* -1 not set, 0 NORMAL, 1 FULL */
	bool doubtful;
};

static enum firma_err
err_of_errno(int native)
{
	switch (native) {
	case ENOSPC:
	case EDQUOT:
		return FIRMA_ERR_DISK_FULL;
	case EROFS:
	case EACCES:
	case EPERM:
		return FIRMA_ERR_READ_ONLY;
	default:
		return FIRMA_ERR_IO;
	}
}

/*
 * sqlite3_system_errno() is not set by a COMMIT that fails (3.40), so errno,
 * cleared before each call, is asked first.
 */
static enum firma_err
err_of_io(sqlite3 *conn)
{
	const enum firma_err r = err_of_errno(errno);

	if (r != FIRMA_ERR_IO || conn == NULL)
		return r;
	return err_of_errno(sqlite3_system_errno(conn));
}

static enum firma_err
err_of(sqlite3 *conn, int rc)
{
	switch (rc) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return FIRMA_ERR_EXISTS;
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return FIRMA_ERR_NOT_FOUND;
	}
	switch (rc & 0xff) {
	case SQLITE_CONSTRAINT:
		return FIRMA_ERR_VALUE;
	case SQLITE_FULL:
		return FIRMA_ERR_DISK_FULL;
	case SQLITE_READONLY:
		return FIRMA_ERR_READ_ONLY;
	case SQLITE_NOMEM:
		return FIRMA_ERR_NOMEM;
	case SQLITE_TOOBIG:
		return FIRMA_ERR_LIMIT;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		return err_of_io(conn);
	default:
		return FIRMA_ERR_IO;
	}
}

/* Turn the connection's last error into ours. */
static enum firma_err
fail(struct firma_db *db, struct firma_cause *cause)
{
	const int rc = sqlite3_extended_errcode(db->conn);

	if (rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC)
		db->doubtful = true;
	return firma_fail(cause, err_of(db->conn, rc), FIRMA_CAUSE_SQLITE,
	    (unsigned long)rc, "firmad.db: %s", sqlite3_errmsg(db->conn));
}

enum firma_err
firma_db_exec(struct firma_db *db, const char *text, struct firma_cause *cause)
{
	errno = 0;
	if (sqlite3_exec(db->conn, text, NULL, NULL, NULL) != SQLITE_OK)
		return fail(db, cause);
	return FIRMA_OK;
}

/* The first column of the first row of a statement that is run once. */
static enum firma_err
ask(struct firma_db *db, const char *text, char *ret, size_t size,
    struct firma_cause *cause)
{
	sqlite3_stmt *stmt;
	const unsigned char *got;
	enum firma_err r = FIRMA_OK;

	errno = 0;
	if (sqlite3_prepare_v2(db->conn, text, -1, &stmt, NULL) != SQLITE_OK)
		return fail(db, cause);
	if (sqlite3_step(stmt) != SQLITE_ROW) {
		r = fail(db, cause);
	} else {
		got = sqlite3_column_text(stmt, 0);
		(void)snprintf(
		    ret, size, "%s", got == NULL ? "" : (const char *)got);
	}
	(void)sqlite3_finalize(stmt);
	return r;
}

static enum firma_err
migrate(struct firma_db *db, struct firma_cause *cause)
{
	char text[32];
	unsigned long version;
	enum firma_err r;

	r = ask(db, "PRAGMA user_version", text, sizeof(text), cause);
	if (r != FIRMA_OK)
		return r;
	version = strtoul(text, NULL, 10);
	if (version > firma_schema_version)
		return firma_fail(cause, FIRMA_ERR_VERSION, FIRMA_CAUSE_NONE,
		    version, "firmad.db has version %lu; this program knows %u",
		    version, firma_schema_version);
	for (; version < firma_schema_version; version++) {
		(void)snprintf(
		    text, sizeof(text), "PRAGMA user_version=%lu", version + 1);
		if ((r = firma_db_exec(db, "BEGIN IMMEDIATE", cause)) !=
			FIRMA_OK ||
		    (r = firma_db_exec(db, firma_schema_migration[version],
			 cause)) != FIRMA_OK ||
		    (r = firma_db_exec(db, text, cause)) != FIRMA_OK ||
		    (r = firma_db_exec(db, "COMMIT", cause)) != FIRMA_OK) {
			firma_db_rollback(db);
			return r;
		}
	}
	return FIRMA_OK;
}

/* SQLite calls this after each commit; it replaces its own checkpoints. */
static int
on_wal(void *arg, sqlite3 *conn, const char *name, int n_frames)
{
	struct firma_db *db = arg;

	(void)conn;
	(void)name;
	db->wal_frames = n_frames;
	return SQLITE_OK;
}

static enum firma_err
prepare_writer(struct firma_db *db, struct firma_cause *cause)
{
	char mode[16];
	enum firma_err r;

	if (sqlite3_db_readonly(db->conn, "main") != 0)
		return firma_fail(cause, FIRMA_ERR_READ_ONLY, FIRMA_CAUSE_NONE,
		    0, "firmad.db cannot be written");
	r = ask(db, "PRAGMA journal_mode=WAL", mode, sizeof(mode), cause);
	if (r != FIRMA_OK)
		return r;
	if (strcmp(mode, "wal") != 0)
		return firma_fail(cause, FIRMA_ERR_IO, FIRMA_CAUSE_NONE, 0,
		    "firmad.db: no write-ahead log here (journal mode %s)",
		    mode);
	r = firma_db_exec(db,
	    "PRAGMA foreign_keys=ON; PRAGMA cache_size=" CACHE_KIB_WRITER
	    "; PRAGMA journal_size_limit=" WAL_KEEP,
	    cause);
	if (r == FIRMA_OK)
		r = firma_db_sync(db, true, cause);
	if (r == FIRMA_OK)
		r = migrate(db, cause);
	(void)sqlite3_wal_hook(db->conn, on_wal, db);
	return r;
}

static enum firma_err
prepare_reader(struct firma_db *db, struct firma_cause *cause)
{
	return firma_db_exec(db,
	    "PRAGMA query_only=ON; PRAGMA cache_size=" CACHE_KIB_READER, cause);
}

enum firma_err
firma_db_open(const char *path, bool writer, struct firma_db **ret_db,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_db_done) struct firma_db *db = NULL;
	enum firma_err r;

	if ((db = calloc(1, sizeof(*db))) == NULL)
		return FIRMA_ERR_NOMEM;
	db->disk = -1;
	errno = 0;
	if (sqlite3_open_v2(path, &db->conn,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
		    SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_PRIVATECACHE |
		    SQLITE_OPEN_EXRESCODE,
		NULL) != SQLITE_OK) {
		if (db->conn == NULL)
			return FIRMA_ERR_NOMEM;
		return fail(db, cause);
	}
	(void)sqlite3_busy_timeout(db->conn, BUSY_MS);
	if ((r = firma_db_exec(db, "PRAGMA temp_store=MEMORY", cause)) !=
	    FIRMA_OK)
		return r;
	r = writer ? prepare_writer(db, cause) : prepare_reader(db, cause);
	if (r != FIRMA_OK)
		return r;
	*ret_db = db;
	db = NULL;
	return FIRMA_OK;
}

void
firma_db_close(struct firma_db *db)
{
	if (db == NULL)
		return;
	for (size_t i = 0; i < FIRMA_N_SQL; i++)
		(void)sqlite3_finalize(db->stmt[i]);
	(void)sqlite3_close(db->conn);
	free(db);
}

void
firma_db_done(struct firma_db **db)
{
	firma_db_close(*db);
	*db = NULL;
}

enum firma_err
firma_db_sync(struct firma_db *db, bool disk, struct firma_cause *cause)
{
	enum firma_err r;

	if (db->disk == (disk ? 1 : 0))
		return FIRMA_OK;
	/* NORMAL still syncs at checkpoints: no power loss can break the file. */
	r = firma_db_exec(db,
	    disk ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL",
	    cause);
	if (r == FIRMA_OK)
		db->disk = disk ? 1 : 0;
	return r;
}

void
firma_db_rollback(struct firma_db *db)
{
	if (sqlite3_get_autocommit(db->conn) == 0)
		(void)sqlite3_exec(db->conn, "ROLLBACK", NULL, NULL, NULL);
}

bool
firma_db_doubtful(const struct firma_db *db)
{
	return db->doubtful;
}

int
firma_db_wal_frames(const struct firma_db *db)
{
	return db->wal_frames;
}

enum firma_err
firma_db_checkpoint(
    struct firma_db *db, bool truncate, struct firma_cause *cause)
{
	const int mode =
	    truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
	int left = 0, moved = 0;

	errno = 0;
	if (sqlite3_wal_checkpoint_v2(db->conn, "main", mode, &left, &moved) !=
	    SQLITE_OK)
		return fail(db, cause);
	if (truncate || left == moved)
		db->wal_frames = 0; /* the next commit begins the log anew */
	if (truncate)
		db->doubtful = false;
	return FIRMA_OK;
}

uint64_t
firma_db_size(struct firma_db *db)
{
	char pages[24], size[24];

	if (ask(db, "PRAGMA page_count", pages, sizeof(pages), NULL) !=
		FIRMA_OK ||
	    ask(db, "PRAGMA page_size", size, sizeof(size), NULL) != FIRMA_OK)
		return UINT64_MAX;
	return strtoull(pages, NULL, 10) * strtoull(size, NULL, 10);
}

enum firma_err
firma_db_quick_check(struct firma_db *db, struct firma_cause *cause)
{
	char text[FIRMA_CAUSE_WHAT];
	enum firma_err r;

	r = ask(db, "PRAGMA quick_check(1)", text, sizeof(text), cause);
	if (r != FIRMA_OK)
		return r;
	if (strcmp(text, "ok") != 0)
		return firma_fail(cause, FIRMA_ERR_IO, FIRMA_CAUSE_SQLITE,
		    SQLITE_CORRUPT, "firmad.db: %s", text);
	return FIRMA_OK;
}

enum firma_err
firma_query_start(struct firma_db *db, enum firma_sql which,
    struct firma_query *ret_q, struct firma_cause *cause)
{
	sqlite3_stmt **stmt = &db->stmt[which];

	errno = 0;
	if (*stmt == NULL &&
	    sqlite3_prepare_v3(db->conn, sql[which], -1,
		SQLITE_PREPARE_PERSISTENT, stmt, NULL) != SQLITE_OK)
		return fail(db, cause);
	if (sqlite3_stmt_busy(*stmt) != 0)
		return firma_fail(cause, FIRMA_ERR_STATE, FIRMA_CAUSE_NONE, 0,
		    "firmad.db: a list is read inside the same list");
	*ret_q = (struct firma_query){ db, *stmt, 1, 0, SQLITE_OK };
	return FIRMA_OK;
}

static void
keep_first(struct firma_query *q, int rc)
{
	if (q->rc == SQLITE_OK)
		q->rc = rc;
}

void
firma_query_put_u64(struct firma_query *q, uint64_t n)
{
	keep_first(
	    q, sqlite3_bind_int64(q->stmt, q->param++, (sqlite3_int64)n));
}

void
firma_query_put_text(struct firma_query *q, const char *text, size_t len)
{
	keep_first(q,
	    sqlite3_bind_text64(
		q->stmt, q->param++, text, len, SQLITE_STATIC, SQLITE_UTF8));
}

void
firma_query_put_blob(struct firma_query *q, struct firma_bytes v)
{
	/* A NULL pointer would bind NULL, not an empty blob. */
	const void *at = v.at == NULL ? (const void *)"" : v.at;

	keep_first(q,
	    sqlite3_bind_blob64(q->stmt, q->param++, at, v.len, SQLITE_STATIC));
}

enum firma_err
firma_query_step(
    struct firma_query *q, bool *ret_row, struct firma_cause *cause)
{
	int rc = q->rc;

	if (rc != SQLITE_OK)
		return firma_fail(cause, err_of(NULL, rc), FIRMA_CAUSE_SQLITE,
		    (unsigned long)rc, "firmad.db: bind: %s",
		    sqlite3_errstr(rc));
	errno = 0;
	rc = sqlite3_step(q->stmt);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return fail(q->db, cause);
	q->column = 0;
	*ret_row = rc == SQLITE_ROW;
	return FIRMA_OK;
}

enum firma_err
firma_query_run(struct firma_query *q, struct firma_cause *cause)
{
	bool row;
	const enum firma_err r = firma_query_step(q, &row, cause);

	firma_query_done(q);
	return r;
}

uint64_t
firma_query_get_u64(struct firma_query *q)
{
	return (uint64_t)sqlite3_column_int64(q->stmt, q->column++);
}

struct firma_bytes
firma_query_get_bytes(struct firma_query *q)
{
	const int i = q->column++;
	/* In this order: asking for the length first may convert. */
	const void *at = sqlite3_column_blob(q->stmt, i);

	return firma_bytes_of(at, (size_t)sqlite3_column_bytes(q->stmt, i));
}

int
firma_db_changes(const struct firma_db *db)
{
	return sqlite3_changes(db->conn);
}

uint64_t
firma_db_row_id(const struct firma_db *db)
{
	return (uint64_t)sqlite3_last_insert_rowid(db->conn);
}

void
firma_query_done(struct firma_query *q)
{
	if (q->stmt == NULL)
		return;
	(void)sqlite3_reset(q->stmt);
	(void)sqlite3_clear_bindings(q->stmt);
	q->stmt = NULL;
}
