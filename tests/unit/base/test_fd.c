/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/fd.h"
#include "agent/base/own.h"

#define MUCH ((size_t)1 << 20) /* more than a pipe holds */

/* What a slow reader leaves is written later. */
static void
all_of_it_arrives(void **state)
{
	static uint8_t octets[MUCH], got[MUCH];
	size_t n = 0;
	ssize_t k;
	int fd[2], status;
	pid_t child;

	(void)state;
	for (size_t i = 0; i < MUCH; i++)
		octets[i] = (uint8_t)(i * 31 >> 3);
	assert_int_equal(pipe(fd), 0);
	if ((child = fork()) == 0) {
		(void)close(fd[0]);
		_exit(firma_fd_write(fd[1], firma_bytes_of(octets, MUCH)) !=
		    FIRMA_OK);
	}
	assert_true(child > 0);
	(void)close(fd[1]);
	while (n < MUCH && (k = read(fd[0], got + n, MUCH - n)) > 0)
		n += (size_t)k;
	(void)close(fd[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(n, MUCH);
	assert_memory_equal(got, octets, MUCH);
}

static void
why_it_failed_is_told(void **state)
{
	FIRMA_OWN(firma_fd_done) int full = open("/dev/full", O_WRONLY);
	int fd[2];

	(void)state;
	assert_int_equal(
	    firma_fd_write(full, firma_bytes_of("x", 1)), FIRMA_ERR_DISK_FULL);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(pipe(fd), 0);
	(void)close(fd[0]);
	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(
	    firma_fd_write(fd[1], firma_bytes_of("x", 1)), FIRMA_ERR_IO);
	assert_int_equal(errno, EPIPE);
	/* Of nothing, nothing is asked. */
	assert_int_equal(
	    firma_fd_write(fd[1], firma_bytes_of(NULL, 0)), FIRMA_OK);
	(void)close(fd[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_arrives),
		cmocka_unit_test(why_it_failed_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
