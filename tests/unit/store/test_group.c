/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups: order, what an fsync serves, what a bad disk does.  The disk is
 * tests/unit/store/vfs.h.
 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/base/clock.h"
#include "tests/unit/store/fixture.h"
#include "tests/unit/store/vfs.h"

#define MANY 2000

/* Callbacks counted, and their seqs expected to rise by one. */
struct tally {
	uint64_t n_ok, n_failed, last_seq;
	enum firma_err err;
	char what[FIRMA_CAUSE_WHAT];
};

static void
count(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	struct tally *t = arg;

	if (r != FIRMA_OK) {
		t->n_failed++;
		t->err = r;
		memcpy(t->what, cause->what, sizeof(t->what));
		assert_int_equal(seqs->ledger, 0);
		return;
	}
	t->n_ok++;
	assert_int_equal(seqs->ledger, t->last_seq + 1);
	t->last_seq = seqs->ledger;
}

static uint64_t
submit(struct fixture *f, struct tally *t, enum firma_durability d)
{
	return firma_store_submit(
	    f->store, txn_with_entry(f, "x.pdf"), d, count, t);
}

static void
many_entries_keep_order_and_chain(void **state)
{
	struct fixture *f = *state;
	struct firma_store_stats stats;
	struct tally tally = { 0 };
	uint64_t last = 0;

	for (int i = 0; i < MANY; i++)
		last = submit(f, &tally,
		    i % 3 == 0 ? FIRMA_DURABLE_DISK : FIRMA_DURABLE_PROCESS);
	firma_store_wait(f->store, last);
	assert_int_equal(tally.n_ok, MANY);
	assert_int_equal(fixture_verify(f), MANY);
	firma_store_stats(f->store, &stats);
	assert_int_equal(stats.n_txns, MANY);
	assert_in_range(stats.n_groups, 1, MANY);
}

static void
one_fsync_serves_all_that_wait(void **state)
{
	struct fixture *f = *state;
	struct tally tally = { 0 };
	uint64_t last = 0;

	/* While the first one's fsync takes its time, the others queue up. */
	atomic_store(&fault_disk.sync_delay_us, 50 * 1000);
	atomic_store(&fault_disk.n_log_syncs, 0);
	for (int i = 0; i < 300; i++)
		last = submit(f, &tally, FIRMA_DURABLE_DISK);
	firma_store_wait(f->store, last);
	assert_int_equal(tally.n_ok, 300);
	/* One for the log's first header, a few for the groups. */
	assert_in_range(atomic_load(&fault_disk.n_log_syncs), 1, 10);
}

static void
disk_syncs_and_process_does_not(void **state)
{
	struct fixture *f = *state;
	uint64_t before;

	/* The first commit of a new log syncs its header in any case. */
	(void)fixture_commit(f, txn_with_entry(f, "0"), FIRMA_DURABLE_DISK);
	for (int i = 0; i < 20; i++) {
		before = atomic_load(&fault_disk.n_syncs);
		(void)fixture_commit(
		    f, txn_with_entry(f, "p"), FIRMA_DURABLE_PROCESS);
		assert_int_equal(atomic_load(&fault_disk.n_syncs), before);
		(void)fixture_commit(
		    f, txn_with_entry(f, "d"), FIRMA_DURABLE_DISK);
		assert_int_equal(atomic_load(&fault_disk.n_syncs), before + 1);
	}
}

static void
a_slow_fsync_does_not_stall_the_main_thread(void **state)
{
	struct fixture *f = *state;
	struct tally tally = { 0 };
	uint64_t first, last, begun;

	atomic_store(&fault_disk.sync_delay_us, 300 * 1000);
	begun = firma_now();
	first = submit(f, &tally, FIRMA_DURABLE_DISK);
	last = first;
	for (int i = 0; i < 50; i++)
		last = submit(f, &tally, FIRMA_DURABLE_DISK);
	assert_false(firma_store_poll(f->store, first));
	assert_int_equal(tally.n_ok, 0);
	assert_true(firma_now() - begun < 150 * FIRMA_MS);
	firma_store_wait(f->store, last);
	assert_int_equal(tally.n_ok, 51);
}

static void
the_main_loop_is_woken_only_when_armed(void **state)
{
	struct fixture *f = *state;
	struct pollfd p = { firma_store_fd(f->store), POLLIN, 0 };
	struct tally tally = { 0 };
	uint64_t ticket;

	ticket = submit(f, &tally, FIRMA_DURABLE_DISK);
	while (!firma_store_poll(f->store, ticket))
		;
	assert_int_equal(tally.n_ok, 1);
	assert_int_equal(poll(&p, 1, 20), 0);

	/* Finished before arming: told at once. */
	(void)submit(f, &tally, FIRMA_DURABLE_DISK);
	(void)usleep(100 * 1000);
	assert_false(firma_store_arm(f->store));
	firma_store_dispatch(f->store);
	assert_int_equal(tally.n_ok, 2);

	/* Armed before it finishes: woken. */
	atomic_store(&fault_disk.sync_delay_us, 100 * 1000);
	(void)submit(f, &tally, FIRMA_DURABLE_DISK);
	assert_true(firma_store_arm(f->store));
	assert_int_equal(poll(&p, 1, 5000), 1);
	firma_store_dispatch(f->store);
	assert_int_equal(tally.n_ok, 3);
	assert_int_equal(poll(&p, 1, 20), 0);
}

/* Arm, sleep, dispatch: no wake-up is lost, whatever the timing. */
static void
no_wake_up_is_lost(void **state)
{
	struct fixture *f = *state;
	struct pollfd p = { firma_store_fd(f->store), POLLIN, 0 };
	struct tally tally = { 0 };

	for (uint64_t i = 0; i < MANY; i++) {
		(void)submit(f, &tally, FIRMA_DURABLE_PROCESS);
		for (uint64_t spin = 0; spin < i % 97 * 50; spin++)
			__asm__ volatile("");
		while (tally.n_ok <= i) {
			if (firma_store_arm(f->store))
				assert_int_equal(poll(&p, 1, 10000), 1);
			firma_store_dispatch(f->store);
		}
	}
	assert_int_equal(fixture_verify(f), MANY);
}

/* Committed here while the writer sleeps, handed over while it works. */
static void
the_main_thread_may_commit_itself(void **state)
{
	struct fixture *f = *state;
	struct firma_store_stats stats;
	struct tally tally = { 0 };
	uint64_t last = 0;

	/* The first commit of a new log syncs its header; then it sleeps. */
	firma_store_wait(f->store, submit(f, &tally, FIRMA_DURABLE_DISK));
	(void)usleep(50 * 1000);
	atomic_store(&fault_disk.n_syncs, 0);
	for (uint64_t i = 2; i < 100; i++) {
		last = firma_store_submit_here(
		    f->store, txn_with_entry(f, "here"), count, &tally);
		assert_int_equal(tally.n_ok, i - 1); /* not from inside */
		assert_false(firma_store_arm(f->store));
		assert_true(firma_store_poll(f->store, last));
		assert_int_equal(tally.n_ok, i);
	}
	assert_int_equal(atomic_load(&fault_disk.n_syncs), 0);
	firma_store_stats(f->store, &stats);
	assert_int_equal(stats.n_here, 98);

	atomic_store(&fault_disk.sync_delay_us, 50 * 1000);
	(void)submit(f, &tally, FIRMA_DURABLE_DISK);
	last = firma_store_submit_here(
	    f->store, txn_with_entry(f, "behind"), count, &tally);
	assert_false(firma_store_poll(f->store, last));
	firma_store_wait(f->store, last);
	assert_int_equal(tally.n_ok, 101); /* in order: count() asserts it */
	firma_store_stats(f->store, &stats);
	assert_int_equal(stats.n_here, 98);
	assert_int_equal(fixture_verify(f), 101);
}

/* Long enough that the log is shortened many times, by the other thread. */
static void
both_threads_take_turns(void **state)
{
	struct fixture *f = *state;
	struct tally tally = { 0 };
	uint64_t last = 0;

	/* Making the file is the main thread's; nothing after that is. */
	atomic_store(&fault_disk.n_main_syncs, 0);
	for (int i = 0; i < 4000; i++) {
		struct firma_txn *t = txn_with_entry(f, "x");

		if (i % 500 == 0)
			last = firma_store_submit(
			    f->store, t, FIRMA_DURABLE_DISK, count, &tally);
		else
			last =
			    firma_store_submit_here(f->store, t, count, &tally);
		(void)firma_store_poll(f->store, last);
	}
	firma_store_wait(f->store, last);
	assert_int_equal(tally.n_ok, 4000);
	assert_int_equal(atomic_load(&fault_disk.n_main_syncs), 0);
	assert_int_equal(fixture_verify(f), 4000);
}

/* A log that was moved into the file begins with an fsync: not here either. */
static void
the_main_thread_never_begins_a_log(void **state)
{
	struct fixture *f = *state;
	struct tally tally = { 0 };
	uint64_t seen = atomic_load(&fault_disk.n_syncs), last = 0;
	int n_rests = 0;

	atomic_store(&fault_disk.n_main_syncs, 0);
	for (int i = 0; i < 1500; i++) {
		last = firma_store_submit_here(
		    f->store, txn_with_entry(f, "x"), count, &tally);
		(void)usleep(100);
		if (atomic_load(&fault_disk.n_syncs) == seen)
			continue;
		/* The other thread shortens the log: let it fall asleep. */
		(void)usleep(50 * 1000);
		seen = atomic_load(&fault_disk.n_syncs);
		n_rests++;
	}
	firma_store_wait(f->store, last);
	assert_int_equal(tally.n_ok, 1500);
	assert_true(n_rests >= 2);
	assert_int_equal(atomic_load(&fault_disk.n_main_syncs), 0);
}

struct nested {
	struct fixture *f;
	struct tally tally;
	int depth;
};

static void
submit_more(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	struct nested *n = arg;

	count(&n->tally, r, cause, seqs);
	if (--n->depth > 0)
		firma_store_wait(n->f->store,
		    firma_store_submit(n->f->store,
			txn_with_entry(n->f, "deeper"), FIRMA_DURABLE_PROCESS,
			submit_more, n));
}

static void
a_callback_may_submit_and_wait(void **state)
{
	struct fixture *f = *state;
	struct nested n = { .f = f, .depth = 10 };

	firma_store_wait(f->store,
	    firma_store_submit(f->store, txn_with_entry(f, "top"),
		FIRMA_DURABLE_DISK, submit_more, &n));
	assert_int_equal(n.tally.n_ok, 10);
	assert_int_equal(fixture_verify(f), 10);
}

static void
only_the_culprit_of_a_group_fails(void **state)
{
	struct fixture *f = *state;
	struct firma_renewal_row nowhere = { .id = 77 };
	struct tally good = { 0 };
	struct outcome bad = { 0 };
	struct firma_txn *t;
	uint64_t last;

	atomic_store(&fault_disk.sync_delay_us, 50 * 1000);
	(void)submit(f, &good, FIRMA_DURABLE_DISK); /* holds the writer up */
	for (int i = 0; i < 5; i++)
		(void)submit(f, &good, FIRMA_DURABLE_DISK);
	t = txn_with_entry(f, "never");
	assert_int_equal(firma_txn_renewal(t, &nowhere), FIRMA_OK);
	(void)firma_store_submit(
	    f->store, t, FIRMA_DURABLE_DISK, outcome_set, &bad);
	for (int i = 0; i < 4; i++)
		last = submit(f, &good, FIRMA_DURABLE_DISK);
	firma_store_wait(f->store, last);
	assert_int_equal(bad.r, FIRMA_ERR_NOT_FOUND);
	assert_int_equal(good.n_ok, 10);
	assert_int_equal(good.n_failed, 0);
	assert_int_equal(fixture_verify(f), 10);
}

static void
a_full_disk_fails_clearly_and_recovers(void **state)
{
	struct fixture *f = *state;
	struct tally tally = { 0 };
	struct outcome o;
	uint64_t last = 0;

	(void)fixture_commit(
	    f, txn_with_entry(f, "before"), FIRMA_DURABLE_DISK);
	tally.last_seq = 1;
	atomic_store(&fault_disk.room, 0);
	for (int i = 0; i < 40; i++)
		last = submit(f, &tally, FIRMA_DURABLE_DISK);
	firma_store_wait(f->store, last);
	assert_int_equal(tally.n_ok, 0);
	assert_int_equal(tally.n_failed, 40);
	assert_int_equal(tally.err, FIRMA_ERR_DISK_FULL);
	assert_non_null(strstr(tally.what, "full"));
	assert_int_equal(fixture_verify(f), 1);

	atomic_store(&fault_disk.room, -1);
	o = fixture_commit(f, txn_with_entry(f, "after"), FIRMA_DURABLE_DISK);
	assert_int_equal(o.r, FIRMA_OK);
	assert_int_equal(o.seqs.ledger, 2);
	fixture_close(f);
	fixture_open(f);
	assert_int_equal(fixture_verify(f), 2);
}

/* Making the file needs room too; when there is some, it is made. */
static void
opening_on_a_full_disk_says_so(void **state)
{
	struct fixture *f = *state;
	struct firma_store *s = NULL;
	struct firma_cause cause = { 0 };
	char path[128];

	fixture_close(f);
	fixture_path(f, "firmad.db", path);
	for (int64_t room = 0; room < 20000; room += 1999) {
		assert_int_equal(unlink(path), 0);
		atomic_store(&fault_disk.room, room);
		assert_int_equal(
		    firma_store_open(f->dir, &s, &cause), FIRMA_ERR_DISK_FULL);
		assert_null(s);
	}
	atomic_store(&fault_disk.room, -1);
	fixture_open(f);
	assert_int_equal(fixture_verify(f), 0);
}

/* The disk fills up at every possible octet of a group's writing. */
static void
a_disk_that_fills_anywhere_leaves_nothing_half(void **state)
{
	struct fixture *f = *state;
	struct tally tally = { 0 };
	uint64_t want = 0;

	for (int64_t room = 0; room < 60000; room += 1371) {
		uint64_t last = 0;

		atomic_store(&fault_disk.room, room);
		tally.n_ok = tally.n_failed = 0;
		for (int i = 0; i < 8; i++)
			last = submit(f, &tally, FIRMA_DURABLE_DISK);
		firma_store_wait(f->store, last);
		assert_int_equal(tally.n_ok + tally.n_failed, 8);
		want += tally.n_ok;
		atomic_store(&fault_disk.room, -1);
		assert_int_equal(fixture_verify(f), want);
	}
	assert_true(want > 0);
	fixture_close(f);
	fixture_open(f);
	assert_int_equal(fixture_verify(f), want);
}

static void
a_disk_turned_read_only_says_so(void **state)
{
	struct fixture *f = *state;
	struct outcome o;

	atomic_store(&fault_disk.read_only, 1);
	o = fixture_commit(f, txn_with_entry(f, "x"), FIRMA_DURABLE_PROCESS);
	assert_int_equal(o.r, FIRMA_ERR_READ_ONLY);
	assert_int_equal(o.cause.kind, FIRMA_CAUSE_SQLITE);
	atomic_store(&fault_disk.read_only, 0);
	o = fixture_commit(f, txn_with_entry(f, "y"), FIRMA_DURABLE_PROCESS);
	assert_int_equal(o.r, FIRMA_OK);
	assert_int_equal(fixture_verify(f), 1);
}

static void
after_a_failed_fsync_the_log_begins_anew(void **state)
{
	struct fixture *f = *state;
	struct firma_store_stats stats;
	struct tally tally = { 0 };
	struct outcome o;
	uint64_t before, last = 0;

	for (int i = 0; i < 10; i++)
		last = submit(f, &tally, FIRMA_DURABLE_PROCESS);
	firma_store_wait(f->store, last);
	atomic_store(&fault_disk.fail_syncs, 1);
	o = fixture_commit(f, txn_with_entry(f, "x"), FIRMA_DURABLE_DISK);
	assert_int_equal(o.r, FIRMA_ERR_IO);
	assert_int_equal(o.cause.kind, FIRMA_CAUSE_SQLITE);
	before = atomic_load(&fault_disk.n_syncs);
	o = fixture_commit(f, txn_with_entry(f, "y"), FIRMA_DURABLE_PROCESS);
	assert_int_equal(o.r, FIRMA_OK);
	assert_int_equal(o.seqs.ledger, 11);
	/* The checkpoint: the log, then the file. */
	assert_in_range(atomic_load(&fault_disk.n_syncs) - before, 2, 4);
	firma_store_stats(f->store, &stats);
	assert_int_equal(stats.n_failed, 1);
	assert_int_equal(fixture_verify(f), 11);
}

/* Whatever the log's length, it is moved into the file and cut. */
static void
the_log_does_not_grow_for_ever(void **state)
{
	struct fixture *f = *state;
	const struct firma_ledger_entry e = entry_named("x");
	char path[128];
	struct tally tally = { 0 };
	uint64_t last = 0;
	FILE *log;
	long size;

	for (int i = 0; i < 8000; i++) {
		struct firma_txn *t = firma_txn_new(f->store);

		assert_int_equal(firma_txn_ledger(t, &e), FIRMA_OK);
		last = firma_store_submit(
		    f->store, t, FIRMA_DURABLE_PROCESS, count, &tally);
		if (i % 2 == 0) /* small groups: many frames */
			firma_store_wait(f->store, last);
	}
	firma_store_wait(f->store, last);
	fixture_path(f, "firmad.db-wal", path);
	log = fopen(path, "re");
	assert_non_null(log);
	assert_int_equal(fseek(log, 0, SEEK_END), 0);
	size = ftell(log);
	(void)fclose(log);
	assert_in_range(size, 1, 24 * 1024 * 1024);
	assert_int_equal(fixture_verify(f), 8000);
	fixture_close(f);
	fixture_path(f, "firmad.db", path);
	assert_int_equal(
	    fault_disk_sql(path, "SELECT count(*) FROM ledger"), 8000);
	fixture_open(f);
}

static void
too_many_outstanding_are_refused(void **state)
{
	struct fixture *f = *state;
	struct firma_txn **t = calloc(FIRMA_STORE_OUTSTANDING_MAX, sizeof(*t));

	assert_non_null(t);
	for (size_t i = 0; i < FIRMA_STORE_OUTSTANDING_MAX; i++)
		assert_non_null(t[i] = firma_txn_new(f->store));
	assert_null(firma_txn_new(f->store));
	for (size_t i = 0; i < FIRMA_STORE_OUTSTANDING_MAX; i++)
		firma_txn_free(t[i]);
	free(t);
	t = NULL;
	firma_txn_free(firma_txn_new(f->store));
}

#define TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(many_entries_keep_order_and_chain),
		TEST(one_fsync_serves_all_that_wait),
		TEST(disk_syncs_and_process_does_not),
		TEST(a_slow_fsync_does_not_stall_the_main_thread),
		TEST(the_main_loop_is_woken_only_when_armed),
		TEST(no_wake_up_is_lost),
		TEST(the_main_thread_may_commit_itself),
		TEST(both_threads_take_turns),
		TEST(the_main_thread_never_begins_a_log),
		TEST(a_callback_may_submit_and_wait),
		TEST(only_the_culprit_of_a_group_fails),
		TEST(a_full_disk_fails_clearly_and_recovers),
		TEST(opening_on_a_full_disk_says_so),
		TEST(a_disk_that_fills_anywhere_leaves_nothing_half),
		TEST(a_disk_turned_read_only_says_so),
		TEST(after_a_failed_fsync_the_log_begins_anew),
		TEST(the_log_does_not_grow_for_ever),
		TEST(too_many_outstanding_are_refused),
	};

	fault_disk_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
