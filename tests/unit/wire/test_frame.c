/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/own.h"
#include "agent/wire/frame.h"
#include "tests/unit/wire/support.h"

/* A frame of token_list "soft", id 9, 300 ms. */
static void
make(struct firma_buf *b, unsigned int n_fds)
{
	const struct firma_msg_token_list m = { .token = firma_str_of("soft") };

	assert_int_equal(
	    firma_frame_put(b, FIRMA_MSG_token_list, &m, 9, 300, n_fds),
	    FIRMA_OK);
}

static void
a_frame_is_as_written(void **state)
{
	static const uint8_t wanted[] = { 0, 0, 0, 22, 0x01, 0x00, 1, 1, 0, 0,
		0, 0, 0, 0, 0, 9, 0, 0, 0x01, 0x2c, 0, 4, 's', 'o', 'f', 't' };
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	struct firma_frame f;
	size_t used = 0;

	(void)state;
	make(&b, 1);
	assert_int_equal(b.len, sizeof(wanted));
	assert_memory_equal(b.at, wanted, sizeof(wanted));
	assert_int_equal(
	    firma_frame_parse(firma_buf_view(&b), &f, &used), FIRMA_OK);
	assert_int_equal(used, b.len);
	assert_int_equal(f.type, FIRMA_MSG_token_list);
	assert_int_equal(f.version, FIRMA_WIRE_VERSION);
	assert_int_equal(f.n_fds, 1);
	assert_true(f.id == 9);
	assert_int_equal(f.deadline_ms, 300);
	assert_int_equal(f.payload.len, 6);
	assert_ptr_equal(f.payload.at, b.at + FIRMA_FRAME_HEAD);
}

static void
a_part_waits_for_the_rest(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	struct firma_frame f;
	size_t one, used;

	(void)state;
	make(&b, 0);
	one = b.len;
	make(&b, 0);
	for (size_t len = 0; len < one; len++)
		assert_int_equal(
		    firma_frame_parse(firma_bytes_of(b.at, len), &f, &used),
		    FIRMA_ERR_STATE);
	/* What follows is not touched. */
	for (size_t len = one; len <= b.len; len++) {
		assert_int_equal(
		    firma_frame_parse(firma_bytes_of(b.at, len), &f, &used),
		    FIRMA_OK);
		assert_int_equal(used, one);
	}
}

static void
lengths_have_bounds(void **state)
{
	static const struct {
		uint32_t len;
		enum firma_err r;
	} list[] = {
		{ 0, FIRMA_ERR_SHAPE },
		{ 1, FIRMA_ERR_SHAPE },
		{ FIRMA_FRAME_HEAD - 5, FIRMA_ERR_SHAPE },
		{ FIRMA_FRAME_HEAD - 4, FIRMA_OK },
		{ FIRMA_FRAME_MAX - 4, FIRMA_OK },
		{ FIRMA_FRAME_MAX - 3, FIRMA_ERR_LIMIT },
		{ 0x7fffffff, FIRMA_ERR_LIMIT },
		{ 0x80000000, FIRMA_ERR_LIMIT },
		{ 0xffffffff, FIRMA_ERR_LIMIT },
		{ 0xfffffffc, FIRMA_ERR_LIMIT },
	};
	FIRMA_OWN(firma_mem_done) uint8_t *room = calloc(1, FIRMA_FRAME_MAX);
	struct firma_frame f;
	size_t used;

	(void)state;
	assert_non_null(room);
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		for (size_t k = 0; k < 4; k++)
			room[k] = (uint8_t)(list[i].len >> (24 - 8 * k));
		assert_int_equal(
		    firma_frame_parse(
			firma_bytes_of(room, FIRMA_FRAME_MAX), &f, &used),
		    list[i].r);
		/* Told from the first four octets, not after waiting. */
		if (list[i].r != FIRMA_OK)
			assert_int_equal(
			    firma_frame_parse(
				firma_bytes_of(room, 4), &f, &used),
			    list[i].r);
		else
			assert_int_equal(used, list[i].len + 4);
	}
}

static void
one_descriptor_at_most(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	struct firma_frame f;
	size_t used;

	(void)state;
	make(&b, 0);
	for (unsigned int n = 2; n < 256; n++) {
		b.at[7] = (uint8_t)n;
		assert_int_equal(
		    firma_frame_parse(firma_buf_view(&b), &f, &used),
		    FIRMA_ERR_SHAPE);
	}
}

static void
random_octets(void **state)
{
	uint32_t seed = 0xf4a3e;
	uint8_t room[128];

	(void)state;
	for (int i = 0; i < 100000; i++) {
		const size_t len = next_random(&seed) % sizeof(room);
		struct firma_frame f;
		size_t used = 0;

		for (size_t k = 0; k < len; k++)
			room[k] = k < 3 ? 0 : (uint8_t)next_random(&seed);
		if (firma_frame_parse(firma_bytes_of(room, len), &f, &used) !=
		    FIRMA_OK)
			continue;
		assert_true(used <= len && used >= FIRMA_FRAME_HEAD);
		assert_true(f.payload.at >= room &&
		    f.payload.at + f.payload.len == room + used);
		assert_true(f.n_fds <= 1);
	}
}

static void
what_does_not_fit_is_not_put(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	const struct firma_msg_token_list m = { .token = {
						    pattern_text(), 65 } };

	(void)state;
	make(&b, 0);
	const size_t before = b.len;

	assert_int_equal(firma_frame_put(&b, FIRMA_MSG_token_list, &m, 9, 0, 0),
	    FIRMA_ERR_LIMIT);
	assert_int_equal(b.len, before);
}

static size_t
n_open(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void
pair(int s[2])
{
	assert_int_equal(socketpair(AF_UNIX,
			     SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, s),
	    0);
}

static void
a_descriptor_goes_along(void **state)
{
	uint8_t room[64];
	int s[2], got = -1;

	(void)state;
	pair(s);
	assert_int_equal(
	    firma_frame_send(s[0], firma_bytes_of("abcd", 4), s[0]), 4);
	assert_int_equal(firma_frame_recv(s[1], room, sizeof(room), &got), 4);
	assert_memory_equal(room, "abcd", 4);
	assert_true(got >= 0);
	assert_true((fcntl(got, F_GETFD) & FD_CLOEXEC) != 0);
	(void)close(got);
	assert_int_equal(
	    firma_frame_send(s[0], firma_bytes_of("ef", 2), -1), 2);
	assert_int_equal(firma_frame_recv(s[1], room, sizeof(room), &got), 2);
	assert_int_equal(got, -1);
	assert_int_equal(firma_frame_recv(s[1], room, sizeof(room), &got), -1);
	assert_int_equal(errno, EAGAIN);
	(void)close(s[0]);
	assert_int_equal(firma_frame_recv(s[1], room, sizeof(room), &got), 0);
	/* No SIGPIPE: the process is still there to say so. */
	assert_int_equal(
	    firma_frame_send(s[1], firma_bytes_of("gh", 2), -1), -1);
	assert_int_equal(errno, EPIPE);
	(void)close(s[1]);
}

/* n descriptors in one message: refused, and none of them stays open. */
static void
send_many(int to, size_t n)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(200 * sizeof(int))];
	} control = { 0 };
	char octet = 'x';
	struct iovec iov = { &octet, 1 };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = CMSG_SPACE(n * sizeof(int)) };
	struct cmsghdr *c = &control.align;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	for (size_t i = 0; i < n; i++)
		memcpy(CMSG_DATA(c) + i * sizeof(int), &to, sizeof(int));
	assert_int_equal(sendmsg(to, &m, 0), 1);
}

static void
many_descriptors_are_refused_and_closed(void **state)
{
	static const size_t counts[] = { 2, 3, 4, 5, 8, 100, 200 };
	uint8_t room[8];
	int s[2];

	(void)state;
	pair(s);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		const size_t before = n_open();
		int got = -1;

		send_many(s[0], counts[i]);
		assert_int_equal(
		    firma_frame_recv(s[1], room, sizeof(room), &got), -1);
		assert_int_equal(errno, EPROTO);
		assert_int_equal(got, -1);
		assert_int_equal(n_open(), before);
	}
	(void)close(s[0]);
	(void)close(s[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_is_as_written),
		cmocka_unit_test(a_part_waits_for_the_rest),
		cmocka_unit_test(lengths_have_bounds),
		cmocka_unit_test(one_descriptor_at_most),
		cmocka_unit_test(random_octets),
		cmocka_unit_test(what_does_not_fit_is_not_put),
		cmocka_unit_test(a_descriptor_goes_along),
		cmocka_unit_test(many_descriptors_are_refused_and_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
