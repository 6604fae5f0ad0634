/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/base/memfd.h"
#include "agent/base/own.h"

#define ALL (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)

static void
a_document_cannot_be_changed(void **state)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	struct firma_bytes view = { NULL, 0 };
	void *p;

	(void)state;
	assert_int_equal(
	    firma_memfd_from_bytes(firma_bytes_of("letter", 6), &fd, NULL),
	    FIRMA_OK);
	assert_int_equal(fcntl(fd, F_GET_SEALS), ALL);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_int_equal(pwrite(fd, "L", 1, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(fd, 3), -1);
	assert_int_equal(ftruncate(fd, 30), -1);
	p = mmap(NULL, 6, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_equal(p, MAP_FAILED);

	assert_int_equal(firma_memfd_map(fd, 6, &view, NULL), FIRMA_OK);
	assert_int_equal(view.len, 6);
	assert_memory_equal(view.at, "letter", 6);
	firma_memfd_unmap(&view);
	assert_null(view.at);
	firma_memfd_unmap(&view);
	assert_int_equal(firma_memfd_map(fd, 5, &view, NULL), FIRMA_ERR_LIMIT);
}

static void
an_empty_document(void **state)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	struct firma_bytes view = { (const uint8_t *)"x", 1 };

	(void)state;
	assert_int_equal(
	    firma_memfd_from_bytes(firma_bytes_of(NULL, 0), &fd, NULL),
	    FIRMA_OK);
	assert_int_equal(firma_memfd_map(fd, 0, &view, NULL), FIRMA_OK);
	assert_null(view.at);
	assert_int_equal(view.len, 0);
}

static void
each_seal_is_needed(void **state)
{
	static const int seals[] = { F_SEAL_WRITE, F_SEAL_GROW, F_SEAL_SHRINK,
		F_SEAL_SEAL };
	struct firma_bytes view;
	int pipe_fds[2];

	(void)state;
	for (size_t i = 0; i < sizeof(seals) / sizeof(seals[0]); i++) {
		FIRMA_OWN(firma_fd_done)
		int fd = memfd_create("t", MFD_CLOEXEC | MFD_ALLOW_SEALING);

		assert_int_equal(write(fd, "letter", 6), 6);
		assert_int_equal(
		    firma_memfd_map(fd, 6, &view, NULL), FIRMA_ERR_UNSEALED);
		assert_int_equal(fcntl(fd, F_ADD_SEALS, ALL & ~seals[i]), 0);
		assert_int_equal(
		    firma_memfd_map(fd, 6, &view, NULL), FIRMA_ERR_UNSEALED);
	}
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(
	    firma_memfd_map(pipe_fds[0], 6, &view, NULL), FIRMA_ERR_UNSEALED);
	(void)close(pipe_fds[0]);
	(void)close(pipe_fds[1]);
	assert_int_equal(
	    firma_memfd_map(-1, 6, &view, NULL), FIRMA_ERR_UNSEALED);
}

static void
from_a_pipe(void **state)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	struct firma_bytes view;
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(write(p[1], "0123456789", 10), 10);
	(void)close(p[1]);
	assert_int_equal(firma_memfd_from_fd(p[0], 10, &fd, NULL), FIRMA_OK);
	(void)close(p[0]);
	assert_int_equal(firma_memfd_map(fd, 10, &view, NULL), FIRMA_OK);
	assert_memory_equal(view.at, "0123456789", 10);
	firma_memfd_unmap(&view);
}

static void
a_source_that_is_too_long(void **state)
{
	FIRMA_OWN(firma_fd_done) int file = memfd_create("t", MFD_CLOEXEC);
	int fd = -1, p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(write(p[1], "0123456789", 10), 10);
	(void)close(p[1]);
	assert_int_equal(
	    firma_memfd_from_fd(p[0], 9, &fd, NULL), FIRMA_ERR_LIMIT);
	(void)close(p[0]);
	/* By its size, not by reading 2 GB of nothing. */
	assert_int_equal(ftruncate(file, (off_t)FIRMA_DOCUMENT_MAX + 1), 0);
	assert_int_equal(
	    firma_memfd_from_fd(file, FIRMA_DOCUMENT_MAX, &fd, NULL),
	    FIRMA_ERR_LIMIT);
	assert_int_equal(lseek(file, 0, SEEK_CUR), 0);
	assert_int_equal(fd, -1);
	assert_int_equal(firma_memfd_from_fd(-1, 9, &fd, NULL), FIRMA_ERR_IO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_cannot_be_changed),
		cmocka_unit_test(an_empty_document),
		cmocka_unit_test(each_seal_is_needed),
		cmocka_unit_test(from_a_pipe),
		cmocka_unit_test(a_source_that_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
