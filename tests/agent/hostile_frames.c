/* SPDX-License-Identifier: Apache-2.0 */
/* Cases about single frames and their descriptors. */
#include "tests/agent/hostile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/base/memfd.h"
#include "agent/base/own.h"

#define SEALS (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)

static uint64_t
fresh_id(void)
{
	static uint64_t id = 1000;

	return ++id;
}

/* A frame's head by hand. */
static void
head(uint8_t ret[FIRMA_FRAME_HEAD], uint32_t len, unsigned int type,
    unsigned int version, unsigned int n_fds, uint8_t id)
{
	memset(ret, 0, FIRMA_FRAME_HEAD);
	for (size_t i = 0; i < 4; i++)
		ret[i] = (uint8_t)(len >> (24 - 8 * i));
	ret[4] = (uint8_t)(type >> 8);
	ret[5] = (uint8_t)type;
	ret[6] = (uint8_t)version;
	ret[7] = (uint8_t)n_fds;
	ret[15] = id;
}

/* Send a head on a greeted connection; the agent hangs up with err. */
static void
head_is_refused(uint32_t len, unsigned int type, unsigned int version,
    unsigned int n_fds, uint8_t id, enum firma_err err)
{
	uint8_t h[FIRMA_FRAME_HEAD];
	const int s = hostile_greeted();

	head(h, len, type, version, n_fds, id);
	HOSTILE_CHECK(hostile_send(s, firma_bytes_of(h, sizeof(h))));
	hostile_expect_hang_up(s, err);
}

static void
garbage(void)
{
	uint32_t seed = 12345;
	uint8_t noise[4096];

	for (int i = 0; i < 50; i++) {
		const int s =
		    i % 2 == 0 ? hostile_connect() : hostile_greeted();

		for (size_t k = 0; k < sizeof(noise); k++) {
			seed = seed * 1103515245u + 12345;
			noise[k] = (uint8_t)(seed >> 16);
		}
		noise[0] |= 0x80; /* a length that is no length */
		(void)hostile_send(s, firma_bytes_of(noise, sizeof(noise)));
		while (hostile_receive(s, NULL, NULL) != 0)
			;
		(void)close(s);
	}
}

static void
lengths(void)
{
	static const uint32_t long_ones[] = { FIRMA_FRAME_MAX - 3, 65536,
		0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffc };
	static const uint32_t short_ones[] = { 0, 1, 4, 15 };

	for (size_t i = 0; i < sizeof(long_ones) / sizeof(long_ones[0]); i++)
		head_is_refused(
		    long_ones[i], FIRMA_MSG_key_list, 1, 0, 2, FIRMA_ERR_LIMIT);
	for (size_t i = 0; i < sizeof(short_ones) / sizeof(short_ones[0]); i++)
		head_is_refused(short_ones[i], FIRMA_MSG_key_list, 1, 0, 2,
		    FIRMA_ERR_SHAPE);
}

static void
heads(void)
{
	static const unsigned int unknown[] = { 0, 0x7fff, 0xffff, 0x0700 };

	head_is_refused(16, FIRMA_MSG_ledger_head, 0, 0, 2, FIRMA_ERR_VERSION);
	head_is_refused(16, FIRMA_MSG_ledger_head, 2, 0, 2, FIRMA_ERR_VERSION);
	head_is_refused(
	    16, FIRMA_MSG_ledger_head, 255, 0, 2, FIRMA_ERR_VERSION);
	head_is_refused(16, FIRMA_MSG_ledger_head, 1, 0, 0, FIRMA_ERR_SHAPE);
	head_is_refused(16, FIRMA_MSG_ledger_head, 1, 2, 2, FIRMA_ERR_SHAPE);
	head_is_refused(16, FIRMA_MSG_ledger_head, 1, 255, 2, FIRMA_ERR_SHAPE);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		head_is_refused(16, unknown[i], 1, 0, 2, FIRMA_ERR_SHAPE);
}

/* Well-formed answers, and what is meant for a token process, as requests. */
static void
not_for_the_agent(void)
{
	size_t n;
	const struct firma_msg_desc *table = firma_msg_table(&n);

	for (size_t i = 0; i < n; i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
		const union firma_msg_any zero = { 0 };
		int s;

		if (table[i].direction == 'Q' && table[i].type < 0x8000)
			continue;
		s = hostile_greeted();
		HOSTILE_CHECK(firma_frame_put(&b, table[i].type, &zero, 7, 0,
				  0) == FIRMA_OK);
		HOSTILE_CHECK(hostile_send(s, firma_buf_view(&b)));
		hostile_expect_hang_up(s, FIRMA_ERR_SHAPE);
	}
}

/* Every request cut short, with octets too many, and with noise inside. */
static void
bad_payloads(void)
{
	size_t n;
	const struct firma_msg_desc *table = firma_msg_table(&n);

	for (size_t i = 0; i < n; i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
		const union firma_msg_any zero = { 0 };
		int s;

		if (table[i].direction != 'Q' || table[i].type >= 0x8000)
			continue;
		HOSTILE_CHECK(firma_frame_put(&b, table[i].type, &zero, 7, 0,
				  0) == FIRMA_OK);
		HOSTILE_CHECK(firma_buf_put_u8(&b, 0xff) == FIRMA_OK);
		b.at[3]++;
		s = hostile_greeted();
		HOSTILE_CHECK(hostile_send(s, firma_buf_view(&b)));
		hostile_expect_hang_up(s, FIRMA_ERR_SHAPE);
		if (b.len == FIRMA_FRAME_HEAD + 1)
			continue; /* has no fields to cut */
		b.len -= 2;
		b.at[3] = (uint8_t)(b.at[3] - 2);
		s = hostile_greeted();
		HOSTILE_CHECK(hostile_send(s, firma_buf_view(&b)));
		hostile_expect_hang_up(s, FIRMA_ERR_SHAPE);
	}
}

/* Every request with nothing in its fields: an error or nothing to tell. */
static void
empty_requests(void)
{
	size_t n;
	const struct firma_msg_desc *table = firma_msg_table(&n);
	const int s = hostile_greeted();

	for (size_t i = 0; i < n; i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
		const union firma_msg_any zero = { 0 };
		const uint64_t id = fresh_id();
		uint64_t got = 0;
		unsigned int type;

		if (table[i].direction != 'Q' || table[i].type >= 0x8000 ||
		    table[i].type == FIRMA_MSG_hello)
			continue;
		HOSTILE_CHECK(firma_frame_put(&b, table[i].type, &zero, id, 0,
				  0) == FIRMA_OK);
		HOSTILE_CHECK(hostile_send(s, firma_buf_view(&b)));
		do
			type = hostile_receive(s, &got, NULL);
		while (type != 0 && type != FIRMA_MSG_done &&
		    type != FIRMA_MSG_error);
		if (type == 0 || got != id)
			hostile_fail("no answer to %s", table[i].name);
	}
	(void)close(s);
}

static void
no_hello(void)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	const struct firma_msg_hello old = { .version_min = 2,
		.version_max = 9,
		.program = firma_str_of("from the future") };
	int s = hostile_connect();

	hostile_sign(&b, 5, 0);
	HOSTILE_CHECK(hostile_send(s, firma_buf_view(&b)));
	hostile_expect_hang_up(s, FIRMA_ERR_STATE);

	b.len = 0;
	HOSTILE_CHECK(
	    firma_frame_put(&b, FIRMA_MSG_hello, &old, 1, 0, 0) == FIRMA_OK);
	hostile_sign(&b, 5, 0);
	s = hostile_connect();
	HOSTILE_CHECK(hostile_send(s, firma_buf_view(&b)));
	hostile_expect_error(s, 1, FIRMA_ERR_VERSION);
	hostile_expect_hang_up(s, FIRMA_ERR_STATE);
}

static void
descriptors(void)
{
	static const size_t many[] = { 2, 3, 5, 8, 100, 250 };
	FIRMA_OWN(firma_fd_done) int null = open("/dev/null", O_RDONLY);
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	int s;

	/* Too many with one frame. */
	hostile_sign(&b, 5, 1);
	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++) {
		s = hostile_greeted();
		HOSTILE_CHECK(
		    hostile_send_fds(s, firma_buf_view(&b), null, many[i]));
		hostile_expect_hang_up(s, FIRMA_ERR_SHAPE);
	}
	/* One that is announced and does not come. */
	s = hostile_greeted();
	HOSTILE_CHECK(hostile_send(s, firma_buf_view(&b)));
	hostile_expect_hang_up(s, FIRMA_ERR_SHAPE);
	/* Where none belongs: announced. */
	head_is_refused(16, FIRMA_MSG_ledger_head, 1, 1, 2, FIRMA_ERR_SHAPE);
	/* Where none belongs: not announced, again and again. */
	b.len = 0;
	hostile_sign(&b, 6, 0);
	s = hostile_greeted();
	for (int i = 0; i < 100; i++)
		if (!hostile_send_fds(s, firma_buf_view(&b), null, 1))
			break;
	while (hostile_receive(s, NULL, NULL) != 0)
		;
	(void)close(s);
}

/* Ask for a signature over fd (taken); it is refused, the connection stays. */
static void
document_is_refused(int s, uint64_t id, int fd, enum firma_err err)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };

	HOSTILE_CHECK(fd >= 0);
	hostile_sign(&b, id, 1);
	HOSTILE_CHECK(hostile_send_fds(s, firma_buf_view(&b), fd, 1));
	(void)close(fd);
	hostile_expect_error(s, id, err);
}

static int
memfd(int seals, off_t size)
{
	const int fd = memfd_create("t", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	HOSTILE_CHECK(fd >= 0 && ftruncate(fd, size) == 0);
	HOSTILE_CHECK(fcntl(fd, F_ADD_SEALS, seals) == 0);
	return fd;
}

static void
documents(void)
{
	static const int seals[] = { F_SEAL_WRITE, F_SEAL_GROW, F_SEAL_SHRINK,
		F_SEAL_SEAL };
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	const int s = hostile_greeted();
	char path[] = "/tmp/firma-hostile.XXXXXX";
	uint64_t id;
	int fd, p[2];

	document_is_refused(s, fresh_id(), memfd(0, 100), FIRMA_ERR_UNSEALED);
	for (size_t i = 0; i < sizeof(seals) / sizeof(seals[0]); i++)
		document_is_refused(s, fresh_id(),
		    memfd(SEALS & ~seals[i], 100), FIRMA_ERR_UNSEALED);
	HOSTILE_CHECK(pipe(p) == 0);
	document_is_refused(s, fresh_id(), p[0], FIRMA_ERR_UNSEALED);
	(void)close(p[1]);
	HOSTILE_CHECK((fd = mkstemp(path)) >= 0 && unlink(path) == 0);
	document_is_refused(s, fresh_id(), fd, FIRMA_ERR_UNSEALED);
	document_is_refused(s, fresh_id(), open("/tmp", O_RDONLY | O_DIRECTORY),
	    FIRMA_ERR_UNSEALED);
	document_is_refused(
	    s, fresh_id(), open("/tmp", O_PATH), FIRMA_ERR_UNSEALED);
	/* 2 GB and one octet, sparse: by its size, not by reading it. */
	document_is_refused(s, fresh_id(),
	    memfd(SEALS, (off_t)FIRMA_DOCUMENT_MAX + 1), FIRMA_ERR_LIMIT);
	/* An empty one and a small one are signed, on the same connection. */
	for (off_t size = 0; size < 400000; size = size * 2 + 100000) {
		id = fresh_id();
		b.len = 0;
		fd = memfd(SEALS, size);
		hostile_sign(&b, id, 1);
		HOSTILE_CHECK(hostile_send_fds(s, firma_buf_view(&b), fd, 1));
		(void)close(fd);
		hostile_expect_signed(s, id);
	}
	(void)close(s);
}

/* Gone after each octet of hello and sign; and half-closed there. */
static void
disconnects(void)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	const struct firma_msg_hello m = { .version_min = 1,
		.version_max = 1,
		.program = firma_str_of("hostile") };

	HOSTILE_CHECK(
	    firma_frame_put(&b, FIRMA_MSG_hello, &m, 1, 0, 0) == FIRMA_OK);
	hostile_sign(&b, fresh_id(), 0);
	for (size_t len = 0; len <= b.len; len++) {
		const int s = hostile_connect();

		HOSTILE_CHECK(hostile_send(s, firma_bytes_of(b.at, len)));
		(void)close(s);
	}
}

static void
octet_by_octet(void)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	const int s = hostile_greeted();
	const uint64_t id = fresh_id();

	hostile_sign(&b, id, 0);
	for (size_t i = 0; i < b.len; i++) {
		HOSTILE_CHECK(hostile_send(s, firma_bytes_of(b.at + i, 1)));
		if (i % 16 == 0)
			(void)usleep(1000);
	}
	hostile_expect_signed(s, id);
	(void)close(s);
}

/* Refused before the token is asked, many in one packet: one answer each. */
static void
refusals_in_a_row(void)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	const int s = hostile_greeted();
	const uint64_t first = fresh_id();

	for (int i = 0; i < 40; i++) {
		const uint64_t id = i == 0 ? first : fresh_id();
		const struct firma_msg_sign m = {
			.key = firma_str_of(hostile_key),
			.format = i % 2 == 0 ? 0 : 1, /* no certificate */
			.sha256 = firma_bytes_of("0123456789abcdef"
						 "0123456789abcdef",
			    i % 2 == 0 ? 31 : 32),
		};

		HOSTILE_CHECK(firma_frame_put(&b, FIRMA_MSG_sign, &m, id, 0,
				  0) == FIRMA_OK);
	}
	HOSTILE_CHECK(hostile_send(s, firma_buf_view(&b)));
	for (uint64_t i = 0; i < 40; i++)
		hostile_expect_error(s, first + i,
		    i % 2 == 0 ? FIRMA_ERR_VALUE : FIRMA_ERR_NOT_FOUND);
	b.len = 0;
	hostile_sign(&b, fresh_id(), 0);
	HOSTILE_CHECK(hostile_send(s, firma_buf_view(&b)));
	hostile_expect_signed(s, first + 40);
	(void)close(s);
}

const struct hostile_case hostile_frames[] = {
	{ "garbage", garbage },
	{ "lengths", lengths },
	{ "heads", heads },
	{ "not for the agent", not_for_the_agent },
	{ "bad payloads", bad_payloads },
	{ "empty requests", empty_requests },
	{ "no hello", no_hello },
	{ "descriptors", descriptors },
	{ "documents", documents },
	{ "disconnects", disconnects },
	{ "octet by octet", octet_by_octet },
	{ "refusals in a row", refusals_in_a_row },
	{ NULL, NULL },
};
