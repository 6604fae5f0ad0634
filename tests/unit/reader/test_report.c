/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/base/own.h"
#include "agent/wire/frame.h"
#include "pkcs11/reader/report.h"

struct ends {
	int ours, theirs;
	uint8_t room[FIRMA_FRAME_MAX];
};

static struct ends ends;

static int
open_ends(void **state)
{
	int pair[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return -1;
	ends.ours = pair[0];
	ends.theirs = pair[1];
	return 0;
}

static int
close_ends(void **state)
{
	(void)state;
	firma_fd_done(&ends.ours);
	firma_fd_done(&ends.theirs);
	return 0;
}

/* The next packet: one frame, unasked. */
static void
hear(enum firma_msg_type type, void *ret_msg)
{
	struct firma_frame f;
	size_t used;
	int fd = -1;
	const long n =
	    firma_frame_recv(ends.theirs, ends.room, sizeof(ends.room), &fd);

	assert_true(n > 0);
	assert_int_equal(fd, -1);
	assert_int_equal(
	    firma_frame_parse(firma_bytes_of(ends.room, (size_t)n), &f, &used),
	    FIRMA_OK);
	assert_int_equal(used, n);
	assert_int_equal(f.type, type);
	assert_int_equal(f.id, 0);
	assert_int_equal(
	    firma_msg_decode(type, f.payload, ret_msg, NULL), FIRMA_OK);
}

static void
what_is_told_arrives(void **state)
{
	const struct firma_watch_sink sink = firma_report_to(&ends.ours);
	const struct firma_reader d = { .name = "Reader 00 00",
		.flags = FIRMA_READER_PRESENT | FIRMA_READER_MUTE,
		.events = 65535,
		.atr = { 0x3b, 0x01 },
		.atr_len = 2 };
	struct firma_msg_r_reader reader;
	struct firma_msg_r_service service;

	(void)state;
	assert_int_equal(sink.reader(sink.arg, &d), FIRMA_OK);
	assert_int_equal(
	    sink.service(sink.arg, FIRMA_SERVICE_UP, "why"), FIRMA_OK);
	hear(FIRMA_MSG_r_reader, &reader);
	assert_true(firma_str_is(reader.name, "Reader 00 00"));
	assert_int_equal(reader.flags, d.flags);
	assert_int_equal(reader.events, 65535);
	assert_int_equal(reader.atr.len, 2);
	assert_memory_equal(reader.atr.at, d.atr, 2);
	hear(FIRMA_MSG_r_service, &service);
	assert_int_equal(service.state, FIRMA_SERVICE_UP);
	assert_true(firma_str_is(service.what, "why"));
}

static void
the_longest_name_fits(void **state)
{
	const struct firma_watch_sink sink = firma_report_to(&ends.ours);
	struct firma_reader d = { .atr_len = FIRMA_ATR_MAX };
	struct firma_msg_r_reader reader;

	(void)state;
	memset(d.name, 'n', sizeof(d.name) - 1);
	assert_int_equal(sink.reader(sink.arg, &d), FIRMA_OK);
	hear(FIRMA_MSG_r_reader, &reader);
	assert_int_equal(reader.name.len, sizeof(d.name) - 1);
	assert_int_equal(reader.atr.len, FIRMA_ATR_MAX);
}

static void
without_an_agent_it_ends(void **state)
{
	const struct firma_watch_sink sink = firma_report_to(&ends.ours);

	(void)state;
	firma_fd_done(&ends.theirs);
	assert_int_equal(
	    sink.service(sink.arg, FIRMA_SERVICE_UP, ""), FIRMA_ERR_AGENT_GONE);
	firma_report_await_end(ends.ours); /* returns */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    what_is_told_arrives, open_ends, close_ends),
		cmocka_unit_test_setup_teardown(
		    the_longest_name_fits, open_ends, close_ends),
		cmocka_unit_test_setup_teardown(
		    without_an_agent_it_ends, open_ends, close_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
