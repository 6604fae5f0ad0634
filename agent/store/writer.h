/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer.h - private to agent/store: commits groups of transactions.  Belongs
 * to the store's thread once firma_writer_open() is done.
 */
#ifndef FIRMA_STORE_WRITER_H
#define FIRMA_STORE_WRITER_H

#include "agent/store/txn.h"

struct firma_writer;

/*
 * Open, migrate and check the ledger's end.  unclean: the file was not closed
 * by its last user, so look more closely.  Errors as firma_store_open().
 */
FIRMA_CHECKED enum firma_err firma_writer_open(const char *path, bool unclean,
    struct firma_writer **ret_writer, struct firma_cause *cause);
void firma_writer_close(struct firma_writer *w); /* accepts NULL */
void firma_writer_done(struct firma_writer **w); /* for FIRMA_OWN */

struct firma_writer_result {
	uint64_t n_groups, n_disk_groups, n_failed;
	uint64_t n_here; /* set by the caller */
};

/*
 * Commit all of the queue (which stays as it is) and give each transaction
 * its result.  A group that fails as a whole is tried again one by one.
 */
struct firma_writer_result firma_writer_commit(
    struct firma_writer *w, const struct firma_txn_queue *group);

/* A commit without fsync would not wait for the disk, as far as we know. */
bool firma_writer_is_quick(const struct firma_writer *w);

/* The log is long enough to be shortened.  idle: nobody waits. */
bool firma_writer_wants_rest(const struct firma_writer *w, bool idle);

/* Between groups: shorten the log if it wants that. */
void firma_writer_rest(struct firma_writer *w, bool idle);

#endif
