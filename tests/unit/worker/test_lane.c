/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "pkcs11/worker/lane.h"

static struct firma_lane lane;
static int agent; /* the other end */

static int
setup(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	agent = pair[0];
	assert_int_equal(firma_lane_init(&lane, pair[1], 0), FIRMA_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	firma_fd_done(&agent);
	firma_fd_done(&lane.socket);
	firma_buf_done(&lane.out);
	firma_fd_done(&lane.now.fd);
	free(lane.now.at);
	for (size_t i = 0; i < lane.n_queued; i++) {
		firma_fd_done(&lane.queued[i].fd);
		free(lane.queued[i].at);
	}
	return 0;
}

static void
ask(enum firma_msg_type type, const void *msg, uint64_t id, int fd)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf out = { 0 };

	assert_int_equal(
	    firma_frame_put(&out, type, msg, id, 0, fd >= 0), FIRMA_OK);
	assert_int_equal(
	    firma_frame_send(agent, firma_buf_view(&out), fd), out.len);
}

static void
requests_come_in_order(void **state)
{
	const struct firma_msg_w_probe probe = { 0 };
	struct firma_frame f;

	(void)state;
	for (uint64_t id = 1; id <= 5; id++)
		ask(FIRMA_MSG_w_probe, &probe, id, -1);
	for (uint64_t id = 1; id <= 5; id++) {
		assert_int_equal(firma_lane_take(&lane, &f, NULL), FIRMA_OK);
		assert_int_equal(f.id, id);
	}
	firma_fd_done(&agent);
	assert_int_equal(
	    firma_lane_take(&lane, &f, NULL), FIRMA_ERR_AGENT_GONE);
}

static void
packets_that_are_no_frame_are_refused(void **state)
{
	static const struct {
		const char *at;
		size_t len;
	} list[] = {
		{ "x", 1 },
		{ "\0\0\0\1x", 5 },
		{ "\0\0\xff\xff", 4 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff", 8 },
		/* one frame and one octet more */
		{ "\0\0\0\x10\x80\x10\1\0\0\0\0\0\0\0\0\1\0\0\0\0+", 21 },
		/* half a frame */
		{ "\0\0\0\x20\x80\x10\1\0\0\0\0\0\0\0\0\1\0\0\0\0", 20 },
	};
	struct firma_frame f = { .id = 77 };

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		struct firma_cause c = { 0 };

		assert_int_equal(
		    send(agent, list[i].at, list[i].len, 0), list[i].len);
		assert_int_equal(
		    firma_lane_take(&lane, &f, &c), FIRMA_ERR_SHAPE);
		assert_int_equal(f.id, 77);
		assert_int_not_equal(c.what[0], 0);
	}
}

static void
others_wait_while_one_is_awaited(void **state)
{
	const struct firma_msg_w_present go = { .go = 1 };
	const struct firma_msg_w_probe probe = { 0 };
	struct firma_msg_w_present got = { 0 };
	struct firma_frame f;

	(void)state;
	ask(FIRMA_MSG_w_probe, &probe, 8, -1);
	ask(FIRMA_MSG_w_present, &go, 9, -1); /* for another request */
	ask(FIRMA_MSG_w_present, &go, 7, -1);
	assert_int_equal(firma_lane_await(&lane, FIRMA_MSG_w_present, 7,
			     firma_after(5 * FIRMA_S), &got, NULL),
	    FIRMA_OK);
	assert_int_equal(got.go, 1);
	assert_int_equal(firma_lane_take(&lane, &f, NULL), FIRMA_OK);
	assert_int_equal(f.id, 8);
	assert_int_equal(firma_lane_take(&lane, &f, NULL), FIRMA_OK);
	assert_int_equal(f.id, 9);
	assert_int_equal(lane.n_queued, 0);
}

static void
waiting_has_an_end(void **state)
{
	const struct firma_msg_w_probe probe = { 0 };
	struct firma_msg_w_present got = { .go = 5 };

	(void)state;
	assert_int_equal(firma_lane_await(&lane, FIRMA_MSG_w_present, 7,
			     firma_after(20 * FIRMA_MS), &got, NULL),
	    FIRMA_ERR_DEADLINE);
	for (uint64_t i = 0; i < FIRMA_LANE_QUEUED_MAX + 1; i++)
		ask(FIRMA_MSG_w_probe, &probe, i + 10, -1);
	assert_int_equal(firma_lane_await(&lane, FIRMA_MSG_w_present, 7,
			     firma_after(5 * FIRMA_S), &got, NULL),
	    FIRMA_ERR_LIMIT);
	assert_int_equal(got.go, 5);
}

/* A descriptor belongs to its request: never left open, never mixed up. */
static void
descriptors_stay_with_their_request(void **state)
{
	const struct firma_msg_w_init m = { .flags = 0 };
	const struct firma_msg_w_probe probe = { 0 };
	struct firma_frame f;
	int fd;

	(void)state;
	ask(FIRMA_MSG_w_init, &m, 1, STDERR_FILENO);
	ask(FIRMA_MSG_w_probe, &probe, 2, -1);
	assert_int_equal(firma_lane_take(&lane, &f, NULL), FIRMA_OK);
	fd = firma_lane_take_fd(&lane);
	assert_true(fd > STDERR_FILENO);
	assert_int_equal(firma_lane_take_fd(&lane), -1);
	(void)close(fd);
	assert_int_equal(firma_lane_take(&lane, &f, NULL), FIRMA_OK);
	assert_int_equal(firma_lane_take_fd(&lane), -1);
	/* Not taken: closed with the next request. */
	ask(FIRMA_MSG_w_init, &m, 3, STDERR_FILENO);
	ask(FIRMA_MSG_w_probe, &probe, 4, -1);
	assert_int_equal(firma_lane_take(&lane, &f, NULL), FIRMA_OK);
	fd = lane.now.fd;
	assert_true(fd >= 0);
	assert_int_equal(firma_lane_take(&lane, &f, NULL), FIRMA_OK);
	assert_int_equal(close(fd), -1);
}

static void
errors_carry_their_cause(void **state)
{
	struct firma_cause c = { .kind = FIRMA_CAUSE_CKR, .code = 0xa0 };
	struct firma_msg_w_error m;
	struct firma_frame f;
	uint8_t room[1024];
	size_t used;

	(void)state;
	memcpy(c.what, "C_Login", 8);
	assert_int_equal(
	    firma_lane_refuse(&lane, FIRMA_ERR_PIN, &c, 5), FIRMA_OK);
	const ssize_t n = recv(agent, room, sizeof(room), 0);

	assert_true(n > 0);
	assert_int_equal(
	    firma_frame_parse(firma_bytes_of(room, (size_t)n), &f, &used),
	    FIRMA_OK);
	assert_int_equal(f.id, 5);
	assert_int_equal(
	    firma_msg_decode(FIRMA_MSG_w_error, f.payload, &m, NULL), FIRMA_OK);
	assert_int_equal(m.err, FIRMA_ERR_PIN);
	assert_int_equal(m.cause_kind, FIRMA_CAUSE_CKR);
	assert_int_equal(m.cause_code, 0xa0);
	assert_true(firma_str_is(m.what, "C_Login"));
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(requests_come_in_order),
		T(packets_that_are_no_frame_are_refused),
		T(others_wait_while_one_is_awaited),
		T(waiting_has_an_end),
		T(descriptors_stay_with_their_request),
		T(errors_carry_their_cause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
