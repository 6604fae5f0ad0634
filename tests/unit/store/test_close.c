/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Closing: what is waited for, and for how long.  The disk is
 * tests/unit/store/vfs.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/base/clock.h"
#include "tests/unit/store/fixture.h"
#include "tests/unit/store/vfs.h"

#define SLOW_US (400 * 1000) /* an fsync, where the deadline passes */
#define SOON    (100 * FIRMA_MS)
#define NOT_YET (350 * FIRMA_MS) /* before the first fsync is over */

/* Each callback submits the next one, `left` times together. */
struct chain {
	struct fixture *f;
	unsigned int left;
};

static void chain_on(void *arg, enum firma_err r,
    const struct firma_cause *cause, const struct firma_store_seqs *seqs);

static uint64_t
submit(struct chain *c)
{
	return firma_store_submit(c->f->store, txn_with_entry(c->f, "x"),
	    FIRMA_DURABLE_DISK, chain_on, c);
}

static void
chain_on(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	struct chain *c = arg;

	(void)cause;
	assert_int_equal(r, FIRMA_OK);
	assert_int_not_equal(seqs->ledger, 0);
	if (--c->left > 0)
		(void)submit(c);
}

/* n chains of so many entries each, on a disk that takes its time. */
static void
close_behind(struct fixture *f, size_t n, unsigned int each)
{
	static struct chain c[1000];

	atomic_store(&fault_disk.sync_delay_us, 20 * 1000);
	for (size_t i = 0; i < n; i++) {
		c[i] = (struct chain){ f, each };
		(void)submit(&c[i]);
	}
	fixture_close(f);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(c[i].left, 0);
	fixture_open(f);
	assert_int_equal(fixture_verify(f), n * each);
}

static void
closing_writes_all_that_was_submitted(void **state)
{
	close_behind(*state, 1000, 1);
}

/* A failure is written when what failed has been: one behind the other. */
static void
closing_writes_what_a_callback_submits(void **state)
{
	close_behind(*state, 20, 5);
}

static void
draining_leaves_nothing_unfinished(void **state)
{
	struct fixture *f = *state;
	struct chain c = { f, 5 };

	assert_true(firma_store_drain(f->store, 0)); /* nothing to wait for */
	(void)submit(&c);
	assert_true(firma_store_drain(f->store, firma_after(10 * FIRMA_S)));
	assert_int_equal(c.left, 0);
	assert_int_equal(firma_store_n_unfinished(f->store), 0);
	assert_int_equal(fixture_verify(f), 5);
}

/* Of what was not on the disk yet nobody was told that it is. */
static void
a_disk_that_hangs_is_waited_for_until_the_deadline(void **state)
{
	struct fixture *f = *state;
	struct chain c = { f, 2 };
	uint64_t begun;

	atomic_store(&fault_disk.sync_delay_us, SLOW_US);
	begun = firma_now();
	(void)submit(&c);
	assert_false(firma_store_drain(f->store, firma_after(SOON)));
	assert_false(firma_store_close_by(f->store, firma_after(SOON)));
	assert_true(firma_now() - begun < NOT_YET);
	assert_int_equal(c.left, 2);
	assert_int_equal(firma_store_n_unfinished(f->store), 1);

	fixture_close(f);
	assert_int_equal(c.left, 0);
	fixture_open(f);
	assert_int_equal(fixture_verify(f), 2);
}

/* All is written, and moving the log into the file takes too long. */
static void
closing_the_file_has_a_deadline_too(void **state)
{
	struct fixture *f = *state;
	struct chain c = { f, 1 };
	uint64_t begun;

	firma_store_wait(f->store, submit(&c));
	atomic_store(&fault_disk.sync_delay_us, SLOW_US);
	begun = firma_now();
	assert_false(firma_store_close_by(f->store, firma_after(SOON)));
	assert_true(firma_now() - begun < NOT_YET);

	fixture_close(f);
	fixture_open(f);
	assert_int_equal(fixture_verify(f), 1);
}

#define TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(closing_writes_all_that_was_submitted),
		TEST(closing_writes_what_a_callback_submits),
		TEST(draining_leaves_nothing_unfinished),
		TEST(a_disk_that_hangs_is_waited_for_until_the_deadline),
		TEST(closing_the_file_has_a_deadline_too),
	};

	fault_disk_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
