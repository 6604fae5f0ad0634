/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - what the agent must not forget: renewals, documents, the PIN
 * record, keys and the ledger, in SQLite.
 *
 * One thread (the main thread) opens the store, reads, submits transactions
 * and runs their callbacks; every function here is called by that thread.  A
 * second thread, private to the store, writes: it takes all transactions that
 * wait and commits them together, so one fsync serves many and no commit
 * stalls the main thread.  README.md says what is durable when.
 *
 * May include: agent/base.  Foreign: SQLite, behind db.h.
 */
#ifndef FIRMA_STORE_STORE_H
#define FIRMA_STORE_STORE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/base/err.h"
#include "agent/store/ledger.h"
#include "agent/store/rows.h"

/* Transactions made and not yet freed or called back, at most. */
#define FIRMA_STORE_OUTSTANDING_MAX 65536

enum firma_durability {
	FIRMA_DURABLE_PROCESS, /* survives the agent's death, not the power's */
	FIRMA_DURABLE_DISK     /* survives both: fsync before the callback */
};

struct firma_store;
struct firma_txn;

/*
 * Open DIR/firmad.db (made with mode 0600 when missing) and start the writer.
 * DIR is locked: one agent a folder.
 *
 * FIRMA_ERR_READ_ONLY      DIR or the file cannot be written
 * FIRMA_ERR_NOT_FOUND      there is no DIR
 * FIRMA_ERR_STATE          another process has the store open
 * FIRMA_ERR_VERSION        the file was written by a newer version
 * FIRMA_ERR_DISK_FULL      no room for the file's companions
 * FIRMA_ERR_LEDGER_BROKEN  the ledger's end does not fit its recorded head
 * FIRMA_ERR_IO             anything else; the cause has SQLite's extended code
 */
FIRMA_CHECKED enum firma_err firma_store_open(
    const char *dir, struct firma_store **ret_store, struct firma_cause *cause);

/*
 * Writes all that was submitted, runs the callbacks, writes what these submit,
 * and closes.  Accepts NULL.
 */
void firma_store_close(struct firma_store *s);

/*
 * The same, until the deadline.  False: it passed first.  The store's thread is
 * still at work then, and all that may be done with the store is to close it
 * again.  When the process ends instead, the next opening finds what was written.
 */
FIRMA_CHECKED bool firma_store_close_by(
    struct firma_store *s, uint64_t deadline);

/* ---- knowing when something is done ---- */

/*
 * An eventfd that becomes readable, once armed, when a transaction finishes.
 * Belongs to the store.  When it is readable call firma_store_dispatch().
 */
int firma_store_fd(const struct firma_store *s);

/*
 * The caller is about to sleep.  False: something is finished already, call
 * firma_store_dispatch() instead.  Without arming, nobody is woken: that is
 * what makes a busy loop cheap.
 */
bool firma_store_arm(struct firma_store *s);

/* Run the callbacks of all finished transactions, in order of submission. */
void firma_store_dispatch(struct firma_store *s);

/*
 * True: the ticket's transaction is finished, and its callback and all before
 * it have been run (by this call, if need be).  Never waits.
 */
bool firma_store_poll(struct firma_store *s, uint64_t ticket);

/*
 * Wait until the ticket is finished and run callbacks as poll does.  For
 * start-up, shutdown and tests.
 */
void firma_store_wait(struct firma_store *s, uint64_t ticket);

/*
 * Wait until nothing is unfinished: all that was submitted, and all that the
 * callbacks submit meanwhile.  False: the deadline passed first; callbacks of
 * what was finished by then have run.
 */
FIRMA_CHECKED bool firma_store_drain(struct firma_store *s, uint64_t deadline);

/* Transactions submitted whose callbacks have not run. */
size_t firma_store_n_unfinished(const struct firma_store *s);

/*
 * After a commit the writer looks for the next transaction for so many
 * nanoseconds before it sleeps; 0 is the default.  Good while transactions
 * come every few microseconds and a CPU is to spare; bad in any other case.
 */
void firma_store_set_spin(struct firma_store *s, uint64_t ns);

/* The writer, for placing it on a CPU. */
pthread_t firma_store_thread(const struct firma_store *s);

/* ---- transactions ---- */

/* NULL: no memory, or FIRMA_STORE_OUTSTANDING_MAX of them are out. */
struct firma_txn *firma_txn_new(struct firma_store *s);

/* Drop one that was not submitted.  Accepts NULL. */
void firma_txn_free(struct firma_txn *t);
void firma_txn_done(struct firma_txn **t); /* for FIRMA_OWN */

/*
 * Each adds one change to t and copies what it is given.  Changes are made in
 * the order in which they were added, all or none.
 *
 * FIRMA_ERR_VALUE  a text is not zero-terminated in its array
 * FIRMA_ERR_LIMIT  something is over a bound of rows.h
 * FIRMA_ERR_NOMEM
 *
 * After a failure t holds what it held before.
 */

/*
 * Append to the ledger.  An entry that makes no line (firma_ledger_line) fails
 * the transaction with FIRMA_ERR_VALUE or FIRMA_ERR_LIMIT.
 */
FIRMA_CHECKED enum firma_err firma_txn_ledger(
    struct firma_txn *t, const struct firma_ledger_entry *e);

/*
 * Insert (id 0) or replace a renewal.
 * The transaction fails with FIRMA_ERR_NOT_FOUND when the id is unknown.
 */
FIRMA_CHECKED enum firma_err firma_txn_renewal(
    struct firma_txn *t, const struct firma_renewal_row *row);

/*
 * Keep a document of a renewal.  renewal 0: the one inserted before in this
 * transaction.  A document is final: the same octets again are fine, others
 * fail the transaction with FIRMA_ERR_EXISTS unless replace is set.
 * FIRMA_ERR_NOT_FOUND when there is no such renewal.
 */
FIRMA_CHECKED enum firma_err firma_txn_document(struct firma_txn *t,
    uint64_t renewal, const char *name, struct firma_bytes octets,
    bool replace);

/* Insert or replace the record of row->token and row->role. */
FIRMA_CHECKED enum firma_err firma_txn_pin(
    struct firma_txn *t, const struct firma_pin_record *row);

/*
 * Insert or replace a key.  The transaction fails with FIRMA_ERR_EXISTS when
 * another key that is not retired has the alias.
 */
FIRMA_CHECKED enum firma_err firma_txn_key(
    struct firma_txn *t, const struct firma_key_row *row);

/*
 * Move an alias: whatever key has it loses it, this one gets it.
 * FIRMA_ERR_NOT_FOUND when there is no such key, or it is retired.
 */
FIRMA_CHECKED enum firma_err firma_txn_alias(struct firma_txn *t,
    const char *alias, const char *token, const uint8_t spki[FIRMA_STORE_HASH]);

/*
 * Mark a key retired; its row stays, with the alias that it had last, which
 * is free for others.  FIRMA_ERR_NOT_FOUND when there is no such key.
 */
FIRMA_CHECKED enum firma_err firma_txn_key_gone(struct firma_txn *t,
    const char *token, const uint8_t spki[FIRMA_STORE_HASH]);

/*
 * Remember a certificate's serial.  The same serial for the same key is fine;
 * for another key the transaction fails with FIRMA_ERR_EXISTS.
 */
FIRMA_CHECKED enum firma_err firma_txn_serial(
    struct firma_txn *t, const struct firma_serial_row *row);

/* Numbers that the store gave; 0 for none. */
struct firma_store_seqs {
	uint64_t ledger;  /* seq of the transaction's first ledger entry */
	uint64_t renewal; /* id of the renewal last written */
};

/*
 * r is FIRMA_OK, one of the refusals named above, FIRMA_ERR_DISK_FULL,
 * FIRMA_ERR_READ_ONLY, FIRMA_ERR_NOMEM or FIRMA_ERR_IO.  On failure nothing of
 * the transaction is there.  cause and seqs live during the call only.
 */
typedef void firma_store_done_fn(void *arg, enum firma_err r,
    const struct firma_cause *cause, const struct firma_store_seqs *seqs);

/*
 * Hand t (taken) to the writer.  Cheap: a lock held for a few instructions and
 * a wake-up only if the writer sleeps.  fn may be NULL.  Transactions are
 * committed, and fn called, in the order of submission.  Gives the ticket.
 */
uint64_t firma_store_submit(struct firma_store *s, struct firma_txn *t,
    enum firma_durability durability, firma_store_done_fn *fn, void *arg);

/*
 * As firma_store_submit() with FIRMA_DURABLE_PROCESS, but when the writer
 * sleeps the calling thread commits t itself, which costs less than waking
 * another thread and does not touch the disk: about as long as a P-256
 * signature on a token takes at best, so call it while the token signs.  The
 * callback is run by poll, dispatch or wait, as always.
 */
uint64_t firma_store_submit_here(struct firma_store *s, struct firma_txn *t,
    firma_store_done_fn *fn, void *arg);

/* ---- reading: what is committed ---- */

/* A visitor gives false to stop the list.  Rows live during the call only. */
typedef bool firma_store_renewal_fn(
    void *arg, const struct firma_renewal_row *row);
typedef bool firma_store_document_fn(
    void *arg, const struct firma_document_row *row);
typedef bool firma_store_key_fn(void *arg, const struct firma_key_row *row);
typedef bool firma_store_line_fn(
    void *arg, uint64_t seq, struct firma_bytes line);

/* By id.  FIRMA_ERR_IO and its kin, here as in all of the following. */
FIRMA_CHECKED enum firma_err firma_store_renewals(struct firma_store *s,
    firma_store_renewal_fn *fn, void *arg, struct firma_cause *cause);
/* FIRMA_ERR_NOT_FOUND */
FIRMA_CHECKED enum firma_err firma_store_renewal(struct firma_store *s,
    uint64_t id, struct firma_renewal_row *ret_row, struct firma_cause *cause);
/* In the order in which they were stored. */
FIRMA_CHECKED enum firma_err firma_store_documents(struct firma_store *s,
    uint64_t renewal, firma_store_document_fn *fn, void *arg,
    struct firma_cause *cause);
/* FIRMA_ERR_NOT_FOUND; else ret_octets is replaced. */
FIRMA_CHECKED enum firma_err firma_store_document(struct firma_store *s,
    uint64_t renewal, const char *name, struct firma_buf *ret_octets,
    struct firma_cause *cause);
/* FIRMA_ERR_NOT_FOUND: no PIN of that token and role was ever presented. */
FIRMA_CHECKED enum firma_err firma_store_pin(struct firma_store *s,
    const char *token, uint32_t role, struct firma_pin_record *ret_row,
    struct firma_cause *cause);
/* Retired ones too, oldest first. */
FIRMA_CHECKED enum firma_err firma_store_keys(struct firma_store *s,
    firma_store_key_fn *fn, void *arg, struct firma_cause *cause);
/* FIRMA_ERR_NOT_FOUND: the serial is new. */
FIRMA_CHECKED enum firma_err firma_store_serial(struct firma_store *s,
    const char *serial, struct firma_serial_row *ret_row,
    struct firma_cause *cause);
/* At most max entries from seq `from` on. */
FIRMA_CHECKED enum firma_err firma_store_ledger(struct firma_store *s,
    uint64_t from, uint32_t max, firma_store_line_fn *fn, void *arg,
    struct firma_cause *cause);
/* All zero for an empty ledger. */
FIRMA_CHECKED enum firma_err firma_store_ledger_head(struct firma_store *s,
    struct firma_ledger_head *ret_head, struct firma_cause *cause);

/*
 * Check everything: the file's structure and the whole chain.  Takes time
 * that grows with the ledger; opening checks only the ledger's end.
 */
FIRMA_CHECKED enum firma_err firma_store_integrity(
    struct firma_store *s, struct firma_cause *cause);

/* ---- numbers, for status and tests ---- */
struct firma_store_stats {
	uint64_t n_txns, n_groups, n_disk_groups, n_failed;
	uint64_t n_here; /* groups that the main thread committed */
};
void firma_store_stats(struct firma_store *s, struct firma_store_stats *ret);

#endif
