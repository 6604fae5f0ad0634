/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture.h - a store in a folder of its own, and what the tests do with it.
 */
#ifndef FIRMA_TESTS_STORE_FIXTURE_H
#define FIRMA_TESTS_STORE_FIXTURE_H

#include "agent/store/store.h"

struct fixture {
	char dir[64];
	struct firma_store *store;
};

/* For cmocka: a new folder, an open store in *state; and all of it removed.  On a
 * disk without faults (vfs.h). */
int fixture_setup(void **state);
int fixture_teardown(void **state);

void fixture_open(struct fixture *f);
void fixture_close(struct fixture *f);
void fixture_path(const struct fixture *f, const char *name, char ret[128]);

/* The result of a transaction. */
struct outcome {
	bool done;
	enum firma_err r;
	struct firma_cause cause;
	struct firma_store_seqs seqs;
};
void outcome_set(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs);

/* Submit and wait. */
struct outcome fixture_commit(
    struct fixture *f, struct firma_txn *t, enum firma_durability d);

/* One ledger entry with that name of document; asserted. */
struct firma_ledger_entry entry_named(const char *name);
struct firma_txn *txn_with_entry(struct fixture *f, const char *name);

/* Assert that the chain is whole, and give its head's seq. */
uint64_t fixture_verify(struct fixture *f);

#endif
