/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/store/schema.h"

/*
 * STRICT makes SQLite check types.  The triggers keep the ledger append-only
 * against our own mistakes; against a person with the file in hand only the
 * chain helps.
 */
static const char version_1[] =
    "CREATE TABLE head ("
    " one INTEGER PRIMARY KEY CHECK (one = 1),"
    " seq INTEGER NOT NULL,"
    " hash BLOB NOT NULL CHECK (length(hash) = 32)) STRICT;"
    "INSERT INTO head VALUES (1, 0, zeroblob(32));"

    "CREATE TABLE ledger ("
    " seq INTEGER PRIMARY KEY,"
    " line TEXT NOT NULL) STRICT;"
    "CREATE TRIGGER ledger_kept BEFORE DELETE ON ledger BEGIN"
    " SELECT raise(ABORT, 'the ledger is append-only'); END;"
    "CREATE TRIGGER ledger_unchanged BEFORE UPDATE ON ledger BEGIN"
    " SELECT raise(ABORT, 'the ledger is append-only'); END;"

    /* AUTOINCREMENT: an id is never given twice. */
    "CREATE TABLE renewal ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " profile TEXT NOT NULL,"
    " status INTEGER NOT NULL,"
    " step TEXT NOT NULL,"
    " step_state INTEGER NOT NULL,"
    " algorithm INTEGER NOT NULL,"
    " old_key TEXT NOT NULL,"
    " new_key TEXT NOT NULL,"
    " token TEXT NOT NULL,"
    " portal TEXT NOT NULL,"
    " email TEXT NOT NULL,"
    " registro TEXT NOT NULL,"
    " session TEXT NOT NULL,"
    " fields TEXT NOT NULL,"
    " why TEXT NOT NULL,"
    " key_id BLOB NOT NULL,"
    " signing_time INTEGER NOT NULL,"
    " not_earlier INTEGER NOT NULL,"
    " started INTEGER NOT NULL,"
    " changed INTEGER NOT NULL,"
    " has_old_spki INTEGER NOT NULL,"
    " old_spki BLOB NOT NULL,"
    " has_new_spki INTEGER NOT NULL,"
    " new_spki BLOB NOT NULL,"
    " old_serial TEXT NOT NULL,"
    " new_serial TEXT NOT NULL,"
    " new_not_after INTEGER NOT NULL) STRICT;"

    "CREATE TABLE document ("
    " number INTEGER PRIMARY KEY,"
    " renewal INTEGER NOT NULL REFERENCES renewal(id),"
    " name TEXT NOT NULL,"
    " sha256 BLOB NOT NULL,"
    " stored INTEGER NOT NULL,"
    " octets BLOB NOT NULL,"
    " UNIQUE (renewal, name)) STRICT;"

    "CREATE TABLE pin ("
    " token TEXT PRIMARY KEY,"
    " salt BLOB NOT NULL,"
    " has_refused INTEGER NOT NULL,"
    " refused_hash BLOB NOT NULL,"
    " n_presented INTEGER NOT NULL,"
    " presenting INTEGER NOT NULL,"
    " presenting_hash BLOB NOT NULL,"
    " updated INTEGER NOT NULL) STRICT;"

    "CREATE TABLE key ("
    " number INTEGER PRIMARY KEY,"
    " token TEXT NOT NULL,"
    " spki BLOB NOT NULL,"
    " id BLOB NOT NULL,"
    " alias TEXT NOT NULL,"
    " flags INTEGER NOT NULL,"
    " algorithm INTEGER NOT NULL,"
    " retired INTEGER NOT NULL,"
    " UNIQUE (token, spki)) STRICT;"
    "CREATE UNIQUE INDEX key_alias ON key(alias)"
    " WHERE retired = 0 AND alias <> '';"

    "CREATE TABLE serial ("
    " serial TEXT PRIMARY KEY,"
    " spki BLOB NOT NULL,"
    " renewal INTEGER NOT NULL,"
    " seen INTEGER NOT NULL) STRICT;";

/*
 * A record for the PIN and one for the SO-PIN, all refused PINs instead of the
 * last.  zeroblob(480): room for 15 hashes more, FIRMA_PIN_REFUSED_MAX in all;
 * || makes a text of the octets, which the cast undoes.
 */
static const char version_2[] =
    "CREATE TABLE pin_2 ("
    " token TEXT NOT NULL,"
    " role INTEGER NOT NULL,"
    " salt BLOB NOT NULL,"
    " n_refused INTEGER NOT NULL,"
    " refused BLOB NOT NULL,"
    " lost INTEGER NOT NULL,"
    " n_burnt INTEGER NOT NULL,"
    " is_honest INTEGER NOT NULL,"
    " n_presented INTEGER NOT NULL,"
    " presenting INTEGER NOT NULL,"
    " presenting_hash BLOB NOT NULL,"
    " updated INTEGER NOT NULL,"
    " PRIMARY KEY (token, role)) STRICT;"
    "INSERT INTO pin_2 SELECT token, 0, salt, has_refused,"
    " CASE has_refused WHEN 0 THEN zeroblob(512)"
    "  ELSE CAST(refused_hash || zeroblob(480) AS BLOB) END,"
    " 0, has_refused, 0, n_presented, presenting,"
    " CASE presenting WHEN 0 THEN zeroblob(32) ELSE presenting_hash END,"
    " updated FROM pin;"
    "DROP TABLE pin;"
    "ALTER TABLE pin_2 RENAME TO pin;";

/* Who signs for the owner of the old certificate. */
static const char version_3[] =
    "ALTER TABLE renewal ADD COLUMN signer_key TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE renewal ADD COLUMN signer_spki BLOB NOT NULL"
    " DEFAULT (x'0000000000000000000000000000000000000000000000000000000000000000');";

const char *const firma_schema_migration[] = { version_1, version_2,
	version_3 };
const unsigned int firma_schema_version =
    sizeof(firma_schema_migration) / sizeof(firma_schema_migration[0]);
