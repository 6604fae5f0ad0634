/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files, and PEM armour. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/base/own.h"
#include "cli/file.h"

static char dir[] = "/tmp/firma-file.XXXXXX";

static void
write_then_read(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	struct firma_cause why = { 0 };
	char path[FILE_PATH_MAX];
	struct stat st;

	(void)state;
	assert_int_equal(file_join(dir, "a/b/c", path), FIRMA_OK);
	path[strlen(path) - 2] = '\0';
	assert_int_equal(file_mkdirs(path, &why), FIRMA_OK);
	assert_int_equal(file_mkdirs(path, &why), FIRMA_OK);
	assert_int_equal(file_join(dir, "a/b/c", path), FIRMA_OK);
	assert_int_equal(
	    file_write(path, 0640, firma_bytes_of("one", 3), &why), FIRMA_OK);
	assert_int_equal(
	    file_write(path, 0600, firma_bytes_of("other", 5), &why), FIRMA_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(file_read(path, 4, &b, &why), FIRMA_ERR_LIMIT);
	b.len = 0;
	assert_int_equal(file_read(path, 5, &b, &why), FIRMA_OK);
	assert_int_equal(b.len, 5);
	assert_memory_equal(b.at, "other", 5);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(file_read(path, 5, &b, &why), FIRMA_ERR_IO);
	assert_string_equal(why.what, path);
	/* Nothing is left beside it. */
	path[strlen(path) - 2] = '\0';
	assert_int_equal(rmdir(path), 0);
	path[strlen(path) - 2] = '\0';
	assert_int_equal(rmdir(path), 0);
}

/* What is no regular file is written to, never replaced. */
static void
special_files_stay(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	struct firma_cause why = { 0 };
	char path[FILE_PATH_MAX], link[FILE_PATH_MAX];
	struct stat st;

	(void)state;
	assert_int_equal(file_join(dir, "link", link), FIRMA_OK);
	assert_int_equal(file_join(dir, "real", path), FIRMA_OK);
	assert_int_equal(symlink("real", link), 0);
	assert_int_equal(
	    file_write(link, 0600, firma_bytes_of("x", 1), &why), FIRMA_OK);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(file_read(path, 9, &b, &why), FIRMA_OK);
	assert_int_equal(b.len, 1);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink("/dev/full", link), 0);
	assert_int_equal(file_write(link, 0600, firma_bytes_of("x", 1), &why),
	    FIRMA_ERR_DISK_FULL);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(unlink(link), 0);
	assert_int_equal(unlink(path), 0);
}

/* One descriptor a file system, whatever the number of files. */
static void
many_are_synced_at_once(void **state)
{
	static char elsewhere[] = "/dev/shm/firma-file.XXXXXX";
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	struct file_batch batch = { 0 };
	struct firma_cause why = { 0 };
	char path[FILE_PATH_MAX], name[16];
	struct stat st;

	(void)state;
	if (mkdtemp(elsewhere) == NULL)
		skip();
	for (int i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof(name), "%d", i / 2 % 10);
		assert_int_equal(
		    file_join(i % 2 ? dir : elsewhere, name, path), FIRMA_OK);
		/* From the second round on they are there, and replaced. */
		assert_int_equal(
		    file_batch_write(&batch, path, 0640,
			firma_bytes_of(i < 20 ? "first" : "second", 5), &why),
		    FIRMA_OK);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0640);
		b.len = 0;
		assert_int_equal(file_read(path, 9, &b, &why), FIRMA_OK);
		assert_memory_equal(b.at, i < 20 ? "first" : "secon", b.len);
	}
	assert_int_equal(stat(dir, &st), 0);
	assert_in_range(batch.n, 1, 2);
	assert_int_equal(file_batch_sync(&batch, &why), FIRMA_OK);
	assert_int_equal(batch.n, 0);
	assert_int_equal(file_batch_sync(&batch, &why), FIRMA_OK);
	/* A folder that is not there; nothing is left beside it. */
	assert_int_equal(file_join(dir, "none/x", path), FIRMA_OK);
	assert_int_equal(
	    file_batch_write(&batch, path, 0640, firma_bytes_of("x", 1), &why),
	    FIRMA_ERR_IO);
	assert_int_equal(batch.n, 0);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof(name), "%d", i / 2);
		assert_int_equal(
		    file_join(i % 2 ? dir : elsewhere, name, path), FIRMA_OK);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(rmdir(elsewhere), 0);
}

static void
armour(void **state)
{
	(void)state;
	for (size_t n = 0; n < 200; n += 7) {
		FIRMA_OWN(firma_buf_done) struct firma_buf pem = { 0 };
		FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
		uint8_t octets[200];

		memset(octets, (int)n, sizeof(octets));
		assert_int_equal(
		    file_pem("X Y", firma_bytes_of(octets, n), &pem), FIRMA_OK);
		assert_int_equal(
		    file_unpem(firma_buf_view(&pem), &der), FIRMA_OK);
		assert_int_equal(der.len, n);
		if (n > 0)
			assert_memory_equal(der.at, octets, n);
	}
}

static void
bad_armour(void **state)
{
	static const char *const bad[] = { "-----BEGIN X-----",
		"-----BEGIN X-----\nAAAA\n",
		"-----BEGIN X-----\nA*AA\n-----END X-----\n",
		"-----BEGIN X-----\nAAA\n-----END X-----\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };

		if (file_unpem(firma_bytes_of(bad[i], strlen(bad[i])), &der) !=
		    FIRMA_ERR_SHAPE)
			fail_msg("%s", bad[i]);
	}
}

static int
make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) == NULL;
}

static int
remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

/* The wire carries UTF-8 of at most 128 octets: anything else is no reason to
 * sign nothing. */
static void
names_for_the_ledger(void **state)
{
	char name[FILE_NAME_ROOM], longest[200];

	(void)state;
	assert_string_equal(file_name("a/b/c.pdf", name), "c.pdf");
	assert_string_equal(file_name("c.pdf", name), "c.pdf");
	assert_string_equal(file_name("a/\xc3\xb1", name), "\xc3\xb1");
	assert_string_equal(file_name("\xf1o\nx\xe2\x80\xae", name), "?o?x?");
	memset(longest, 'a', 199);
	longest[199] = '\0';
	assert_int_equal(strlen(file_name(longest, name)), 128);
	(void)memcpy(longest + 127, "\xc3\xb1", 2);
	assert_int_equal(strlen(file_name(longest, name)), 127);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_for_the_ledger),
		cmocka_unit_test(write_then_read),
		cmocka_unit_test(special_files_stay),
		cmocka_unit_test(many_are_synced_at_once),
		cmocka_unit_test(armour),
		cmocka_unit_test(bad_armour),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
