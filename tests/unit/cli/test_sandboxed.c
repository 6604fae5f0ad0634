/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers that are shell scripts: one that answers, and each way of not doing so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/base/clock.h"
#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "cli/file.h"
#include "cli/sandboxed.h"

#define MAX 1000 /* octets of an answer here */

static char dir[] = "/tmp/firma-sandboxed.XXXXXX";
static char program[FILE_PATH_MAX];

static enum firma_err
run(const char *script, uint64_t ns, struct firma_buf *ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	const struct firma_bytes text = firma_bytes_of(script, strlen(script));

	assert_int_equal(
	    firma_memfd_from_bytes(firma_bytes_of("document", 8), &fd, NULL),
	    FIRMA_OK);
	assert_int_equal(file_write(program, 0700, text, NULL), FIRMA_OK);
	const struct sandboxed s = { .program = "helper",
		.ask = firma_bytes_of("question\n", 9),
		.document = fd,
		.max = MAX,
		.deadline = firma_after(ns) };
	const enum firma_err r = sandboxed_run(&s, ret, cause);

	/* Nobody is left behind. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	return r;
}

static void
answer(void **state)
{
	static const char *const wanted = "question\ndocumentC.UTF-8 0 1 2 3\n";
	FIRMA_OWN(firma_buf_done) struct firma_buf got = { 0 };

	(void)state;
	assert_int_equal(setenv("FIRMA_SOCKET", "/nowhere", 1), 0);
	assert_int_equal(
	    run("#!/bin/sh\ncat; cat /proc/self/fd/3\n"
		"printf '%s%s' \"$FIRMA_SOCKET\" \"$LC_ALL\"\n"
		"for fd in 0 1 2 3 4 5 6 7 8 9; do\n"
		"	[ ! -e /proc/$$/fd/$fd ] || printf ' %s' $fd\n"
		"done\n"
		"echo; echo to the terminal >&2\n",
		10 * FIRMA_S, &got, NULL),
	    FIRMA_OK);
	assert_int_equal(got.len, strlen(wanted));
	assert_memory_equal(got.at, wanted, got.len);
}

static void
deadline(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf got = { 0 };
	const uint64_t began = firma_now();

	(void)state;
	assert_int_equal(
	    run("#!/bin/sh\nexec sleep 100\n", 300 * FIRMA_MS, &got, NULL),
	    FIRMA_ERR_DEADLINE);
	/* Its output is closed, and it goes on. */
	assert_int_equal(
	    run("#!/bin/sh\nexec sleep 100 >&2\n", 300 * FIRMA_MS, &got, NULL),
	    FIRMA_ERR_DEADLINE);
	/* It never stops talking. */
	assert_int_equal(
	    run("#!/bin/sh\nwhile :; do printf x; sleep 0.1; done\n",
		500 * FIRMA_MS, &got, NULL),
	    FIRMA_ERR_DEADLINE);
	assert_true(firma_now() - began < 30 * FIRMA_S);
	assert_int_equal(got.len, 0);
}

static void
too_much(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf got = { 0 };

	(void)state;
	assert_int_equal(run("#!/bin/sh\nhead -c 1000 /dev/zero\n",
			     10 * FIRMA_S, &got, NULL),
	    FIRMA_OK);
	assert_int_equal(got.len, MAX);
	assert_int_equal(run("#!/bin/sh\nhead -c 1001 /dev/zero\n",
			     10 * FIRMA_S, &got, NULL),
	    FIRMA_ERR_LIMIT);
	assert_int_equal(
	    run("#!/bin/sh\nexec cat /dev/zero\n", 10 * FIRMA_S, &got, NULL),
	    FIRMA_ERR_LIMIT);
	assert_int_equal(got.len, MAX);
}

static void
other_ends(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf got = { 0 };
	struct firma_cause cause = { 0 };
	const struct sandboxed none = { .program = "none",
		.document = -1,
		.max = MAX,
		.deadline = FIRMA_FOREVER };

	(void)state;
	assert_int_equal(run("#!/bin/sh\necho half; kill -SEGV $$\n",
			     10 * FIRMA_S, &got, &cause),
	    FIRMA_ERR_SHAPE);
	assert_string_equal(cause.what, "helper: ended by signal 11");
	assert_int_equal(
	    run("#!/bin/sh\necho half; exit 3\n", 10 * FIRMA_S, &got, &cause),
	    FIRMA_ERR_INTERNAL);
	assert_string_equal(cause.what, "helper: ended with status 3");
	assert_int_equal(
	    sandboxed_run(&none, &got, &cause), FIRMA_ERR_NOT_FOUND);
	assert_int_equal(got.len, 0);
}

static int
begin(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL ||
	    file_join(dir, "helper", program) != FIRMA_OK)
		return -1;
	return setenv("FIRMA_HELPER_DIR", dir, 1);
}

static int
end(void **state)
{
	(void)state;
	(void)unlink(program);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answer),
		cmocka_unit_test(deadline),
		cmocka_unit_test(too_much),
		cmocka_unit_test(other_ends),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
