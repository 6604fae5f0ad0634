/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening: what a store finds, refuses and survives.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/base/clock.h"
#include "agent/store/schema.h"
#include "tests/unit/store/fixture.h"
#include "tests/unit/store/vfs.h"

#define NOBODY  65534
#define N_KILLS 6
#define SKIPPED 77

static enum firma_err
try_open(const char *dir, struct firma_cause *cause)
{
	struct firma_store *s = NULL;
	const enum firma_err r = firma_store_open(dir, &s, cause);

	firma_store_close(s);
	return r;
}

static void
sql(struct fixture *f, const char *text)
{
	char path[128];

	fixture_path(f, "firmad.db", path);
	(void)fault_disk_sql(path, text);
}

/* Some entries, then closed. */
static void
write_some(struct fixture *f, int n)
{
	for (int i = 0; i < n; i++)
		assert_int_equal(fixture_commit(f, txn_with_entry(f, "x"),
				     FIRMA_DURABLE_PROCESS)
				     .r,
		    FIRMA_OK);
	fixture_close(f);
}

static void
one_store_a_folder(void **state)
{
	struct fixture *f = *state;
	struct firma_cause cause = { 0 };

	assert_int_equal(try_open(f->dir, &cause), FIRMA_ERR_STATE);
	assert_string_equal(cause.what, f->dir);
	fixture_close(f);
	assert_int_equal(try_open(f->dir, &cause), FIRMA_OK);
}

static void
a_missing_folder_is_said(void **state)
{
	struct firma_cause cause = { 0 };

	(void)state;
	assert_int_equal(
	    try_open("/nonexistent/firmad", &cause), FIRMA_ERR_NOT_FOUND);
	assert_int_equal(cause.kind, FIRMA_CAUSE_ERRNO);
	assert_int_equal(cause.code, ENOENT);
}

static void
a_newer_file_is_refused_and_left_alone(void **state)
{
	struct fixture *f = *state;
	struct firma_cause cause = { 0 };
	char path[128];

	write_some(f, 3);
	sql(f, "PRAGMA user_version=999");
	assert_int_equal(try_open(f->dir, &cause), FIRMA_ERR_VERSION);
	assert_non_null(strstr(cause.what, "999"));
	fixture_path(f, "firmad.db", path);
	assert_int_equal(fault_disk_sql(path, "PRAGMA user_version"), 999);
	assert_int_equal(
	    fault_disk_sql(path, "SELECT count(*) FROM ledger"), 3);
}

/* A file as version 1 wrote it: what it knew of PINs is still known. */
static void
a_file_of_version_1_is_taken_over(void **state)
{
	struct fixture *f = *state;
	struct firma_pin_record row;
	struct firma_renewal_row renewal = { 0 };
	struct firma_cause cause = { 0 };
	const uint8_t zeros[sizeof(row.refused)] = { 0 };
	uint8_t hash[FIRMA_STORE_HASH];
	char path[128];

	fixture_close(f);
	fixture_path(f, "firmad.db", path);
	assert_int_equal(unlink(path), 0);
	(void)fault_disk_sql(path, firma_schema_migration[0]);
	(void)fault_disk_sql(path,
	    "INSERT INTO pin VALUES"
	    " ('refused', randomblob(32), 1,"
	    "  x'00ff000000000000000000000000000000000000000000000000000000"
	    "0000a1', 7, 0, zeroblob(32), 8),"
	    " ('doubtful', randomblob(32), 0, zeroblob(32), 1, 1,"
	    "  x'00ff000000000000000000000000000000000000000000000000000000"
	    "0000a1', 9);"
	    "INSERT INTO renewal VALUES (3, 'imss-idse', 0, 'mail', 0, 4, 'old',"
	    " 'new', 'token', 'portal', '', '', '', '{}', '', x'01', 0, 0, 0, 0,"
	    " 1, zeroblob(32), 0, zeroblob(32), '1', '', 0);"
	    "PRAGMA user_version=1");
	memset(hash, 0, sizeof(hash));
	hash[1] = 0xff;
	hash[31] = 0xa1;

	fixture_open(f);
	assert_int_equal(
	    firma_store_pin(f->store, "refused", 0, &row, &cause), FIRMA_OK);
	assert_int_equal(row.n_refused, 1);
	assert_int_equal(row.n_burnt, 1);
	assert_memory_equal(row.refused, hash, sizeof(hash));
	assert_memory_equal(
	    row.refused + sizeof(hash), zeros, sizeof(zeros) - sizeof(hash));
	assert_int_equal(row.n_presented, 7);
	assert_int_equal(row.updated, 8);
	assert_false(row.presenting || row.is_honest);
	assert_int_equal(
	    firma_store_pin(f->store, "doubtful", 0, &row, &cause), FIRMA_OK);
	assert_int_equal(row.n_refused + row.n_burnt, 0);
	assert_true(row.presenting);
	assert_memory_equal(row.presenting_hash, hash, sizeof(hash));
	assert_int_equal(
	    firma_store_renewal(f->store, 3, &renewal, &cause), FIRMA_OK);
	assert_string_equal(renewal.old_key, "old");
	assert_string_equal(renewal.signer_key, "");
	fixture_close(f);
	assert_int_equal(
	    fault_disk_sql(path, "PRAGMA user_version"), firma_schema_version);
	/* And again: the same file, not migrated twice. */
	fixture_open(f);
	assert_int_equal(
	    firma_store_pin(f->store, "refused", 0, &row, &cause), FIRMA_OK);
}

static void
a_file_that_is_no_database_is_refused(void **state)
{
	struct fixture *f = *state;
	struct firma_cause cause = { 0 };
	char path[128];
	FILE *file;

	fixture_close(f);
	fixture_path(f, "firmad.db", path);
	file = fopen(path, "we");
	assert_non_null(file);
	for (int i = 0; i < 5000; i++)
		(void)fputs("garbage", file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(try_open(f->dir, &cause), FIRMA_ERR_IO);
	assert_int_equal(cause.kind, FIRMA_CAUSE_SQLITE);
	assert_true(strlen(cause.what) > 0);
}

static void
a_link_in_place_of_the_file_is_refused(void **state)
{
	struct fixture *f = *state;
	struct firma_cause cause = { 0 };
	char path[128], other[128];

	write_some(f, 1);
	fixture_path(f, "firmad.db", path);
	fixture_path(f, "elsewhere", other);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink("elsewhere", path), 0);
	assert_int_equal(try_open(f->dir, &cause), FIRMA_ERR_IO);
	assert_int_equal(cause.code, ELOOP);
}

/* The last entries and the head must fit whenever the store is opened. */
static void
a_ledger_cut_or_changed_is_refused(void **state)
{
	static const char *const harm[] = {
		"DROP TRIGGER ledger_kept; DELETE FROM ledger WHERE seq = 5",
		"DROP TRIGGER ledger_unchanged;"
		"UPDATE ledger SET line = replace(line, 'ana', 'eva')"
		" WHERE seq = 5",
		"UPDATE head SET seq = 4",
		"UPDATE head SET hash = zeroblob(32)",
		"DELETE FROM head",
		"INSERT INTO ledger SELECT 6, line FROM ledger WHERE seq = 5",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(harm) / sizeof(harm[0]); i++) {
		struct firma_cause cause = { 0 };
		void *own = NULL;
		struct fixture *f;

		assert_int_equal(fixture_setup(&own), 0);
		f = own;
		write_some(f, 5);
		sql(f, harm[i]);
		assert_int_equal(
		    try_open(f->dir, &cause), FIRMA_ERR_LEDGER_BROKEN);
		assert_int_equal(cause.kind, FIRMA_CAUSE_LINE);
		assert_int_equal(fixture_teardown(&own), 0);
	}
}

static void
integrity_finds_what_opening_does_not_look_at(void **state)
{
	struct fixture *f = *state;
	struct firma_cause cause = { 0 };

	write_some(f, 5);
	sql(f,
	    "DROP TRIGGER ledger_unchanged;"
	    "UPDATE ledger SET line = replace(line, 'ana', 'eva')"
	    " WHERE seq = 2");
	fixture_open(f);
	assert_int_equal(
	    firma_store_integrity(f->store, &cause), FIRMA_ERR_LEDGER_BROKEN);
	assert_int_equal(cause.code, 3);
}

static void
the_ledger_is_append_only_in_the_file_too(void **state)
{
	struct fixture *f = *state;
	char path[128];

	write_some(f, 2);
	fixture_path(f, "firmad.db", path);
	assert_int_equal(fault_disk_sql(path, "DELETE FROM ledger"), -1);
	assert_int_equal(
	    fault_disk_sql(path, "UPDATE ledger SET line = ''"), -1);
	fixture_open(f);
	assert_int_equal(fixture_verify(f), 2);
}

static void
opening_takes_a_few_milliseconds(void **state)
{
	struct fixture *f = *state;
	uint64_t best = FIRMA_FOREVER;

	for (int i = 0; i < 3000; i++)
		(void)firma_store_submit(f->store, txn_with_entry(f, "x"),
		    FIRMA_DURABLE_PROCESS, NULL, NULL);
	fixture_close(f);
	/* The best of several: the machine may be busy with other things. */
	for (int i = 0; i < 10; i++) {
		const uint64_t begun = firma_now();
		uint64_t took;

		fixture_open(f);
		took = firma_now() - begun;
		best = took < best ? took : best;
		fixture_close(f);
	}
	assert_true(best < 50 * FIRMA_MS);
}

/* ---- in processes of their own ---- */

/* Run fn in a child; gives its exit status. */
static int
in_child(int (*fn)(void *), void *arg)
{
	const pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(fn(arg));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* 0 when opening fails as it should. */
static int
open_as_nobody(void *arg)
{
	struct firma_cause cause = { 0 };

	if (geteuid() == 0 &&
	    (setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
		setresuid(NOBODY, NOBODY, NOBODY) != 0))
		return SKIPPED;
	if (try_open(arg, &cause) != FIRMA_ERR_READ_ONLY)
		return 1;
	return cause.kind == FIRMA_CAUSE_ERRNO && cause.code == EACCES ? 0 : 2;
}

static void
a_folder_that_may_not_be_written_is_said(void **state)
{
	struct fixture *f = *state;
	int status;

	write_some(f, 1);
	assert_int_equal(chmod(f->dir, 0555), 0);
	status = in_child(open_as_nobody, f->dir);
	assert_int_equal(chmod(f->dir, 0700), 0);
	if (status == SKIPPED)
		skip();
	assert_int_equal(status, 0);
}

/* A real file system of 600 KiB: filled, then freed, then read-only. */
static int
on_a_small_disk(void *arg)
{
	struct fixture f = { 0 };
	struct firma_cause cause = { 0 };
	enum firma_err r = FIRMA_OK;
	uint64_t n = 0;
	char filler[128];
	int fd;

	(void)snprintf(f.dir, sizeof(f.dir), "%s", (const char *)arg);
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", f.dir, "tmpfs", 0, "size=600k,mode=0700") != 0)
		return SKIPPED;
	fixture_path(&f, "filler", filler);
	fd = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || fallocate(fd, 0, 0, 200 * 1024) != 0 || close(fd) != 0)
		return 1;
	if (firma_store_open(f.dir, &f.store, &cause) != FIRMA_OK)
		return 2;
	while (r == FIRMA_OK && n < 100000) {
		r = fixture_commit(
		    &f, txn_with_entry(&f, "x"), FIRMA_DURABLE_DISK)
			.r;
		n++;
	}
	if (r != FIRMA_ERR_DISK_FULL || n < 2 || unlink(filler) != 0)
		return 3;
	if (fixture_verify(&f) != n - 1)
		return 4;
	if (fixture_commit(&f, txn_with_entry(&f, "y"), FIRMA_DURABLE_DISK).r !=
		FIRMA_OK ||
	    fixture_verify(&f) != n)
		return 5;
	fixture_close(&f);
	if (mount("none", f.dir, NULL, MS_REMOUNT | MS_RDONLY, NULL) != 0)
		return 6;
	r = firma_store_open(f.dir, &f.store, &cause);
	return r == FIRMA_ERR_READ_ONLY && cause.code == EROFS ? 0 : 7;
}

static void
a_real_full_disk_and_a_real_read_only_one(void **state)
{
	struct fixture *f = *state;
	int status;

	fixture_close(f);
	status = in_child(on_a_small_disk, f->dir);
	if (status == SKIPPED) {
		print_message("skipped: no mount namespace here\n");
		skip();
	}
	assert_int_equal(status, 0);
}

/* Write one entry and die without closing. */
static int
end_uncleanly(void *arg)
{
	struct fixture f = { 0 };

	(void)snprintf(f.dir, sizeof(f.dir), "%s", (const char *)arg);
	if (firma_store_open(f.dir, &f.store, NULL) != FIRMA_OK)
		return 1;
	return fixture_commit(&f, txn_with_entry(&f, "x"), FIRMA_DURABLE_DISK)
		    .r == FIRMA_OK
	    ? 0
	    : 2;
}

static void
after_an_unclean_end_opening_looks_closer(void **state)
{
	struct fixture *f = *state;
	struct firma_cause cause = { 0 };

	write_some(f, 5);
	assert_int_equal(in_child(end_uncleanly, f->dir), 0);
	fixture_open(f);
	assert_int_equal(fixture_verify(f), 6);
	fixture_close(f);
	sql(f,
	    "DROP TRIGGER ledger_unchanged;"
	    "UPDATE ledger SET line = replace(line, 'ana', 'eva')"
	    " WHERE seq = 3");
	assert_int_equal(try_open(f->dir, &cause), FIRMA_OK);
	assert_int_equal(in_child(end_uncleanly, f->dir), 0);
	assert_int_equal(try_open(f->dir, &cause), FIRMA_ERR_LEDGER_BROKEN);
	assert_int_equal(cause.code, 4);
}

/* ---- kill -9 ---- */

static void
tell(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	const int *fd = arg;

	(void)cause;
	if (r != FIRMA_OK ||
	    write(*fd, &seqs->ledger, sizeof(seqs->ledger)) !=
		(ssize_t)sizeof(seqs->ledger))
		_exit(1);
}

/* Submit for ever; write the seq of each entry that is acknowledged. */
static void
write_for_ever(struct fixture *f, int fd)
{
	uint64_t n = 0, ticket = 0;

	if (firma_store_open(f->dir, &f->store, NULL) != FIRMA_OK)
		_exit(2);
	for (;;) {
		ticket = firma_store_submit(f->store, txn_with_entry(f, "k"),
		    n % 2 == 0 ? FIRMA_DURABLE_DISK : FIRMA_DURABLE_PROCESS,
		    tell, &fd);
		if (++n % 16 == 0)
			firma_store_wait(f->store, ticket);
	}
}

/* Start that, kill it after a while; gives the last seq acknowledged. */
static uint64_t
kill_while_writing(struct fixture *f, useconds_t after)
{
	uint64_t seq, last = 0;
	int fd[2], status;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	assert_true((pid = fork()) >= 0);
	if (pid == 0) {
		(void)close(fd[0]);
		write_for_ever(f, fd[1]);
	}
	(void)close(fd[1]);
	/* Not before it has begun; the pipe must not fill up either. */
	for (useconds_t t = 0; last == 0 || t < after; t++) {
		assert_int_equal(read(fd[0], &seq, sizeof(seq)), sizeof(seq));
		last = seq;
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	while (read(fd[0], &seq, sizeof(seq)) == (ssize_t)sizeof(seq)) {
		assert_int_equal(seq, last + 1);
		last = seq;
	}
	(void)close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	return last;
}

static void
what_was_acknowledged_survives_kill_9(void **state)
{
	struct fixture *f = *state;
	uint64_t there = 0;

	fixture_close(f);
	for (useconds_t i = 0; i < N_KILLS; i++) {
		const uint64_t last = kill_while_writing(f, i * i * 40 + 1);

		assert_true(last > there);
		fixture_open(f);
		there = fixture_verify(f);
		assert_true(there >= last);
		fixture_close(f);
	}
}

#define TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_store_a_folder),
		TEST(a_missing_folder_is_said),
		TEST(a_newer_file_is_refused_and_left_alone),
		TEST(a_file_of_version_1_is_taken_over),
		TEST(a_file_that_is_no_database_is_refused),
		TEST(a_link_in_place_of_the_file_is_refused),
		cmocka_unit_test(a_ledger_cut_or_changed_is_refused),
		TEST(integrity_finds_what_opening_does_not_look_at),
		TEST(the_ledger_is_append_only_in_the_file_too),
		TEST(opening_takes_a_few_milliseconds),
		TEST(a_folder_that_may_not_be_written_is_said),
		TEST(a_real_full_disk_and_a_real_read_only_one),
		TEST(after_an_unclean_end_opening_looks_closer),
		TEST(what_was_acknowledged_survives_kill_9),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
