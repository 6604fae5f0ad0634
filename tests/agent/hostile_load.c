/* SPDX-License-Identifier: Apache-2.0 */
/* Cases about too much of something. */
#include "tests/agent/hostile.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/own.h"

#define MANY  1000
#define FLOOD 3000
/* FIRMA_CONN_OUT_MAX, one answer over it, sockets, and some room. */
#define SLOW_READER_KB ((size_t)16 * 1024)
#define SANITIZED_KB   ((size_t)96 * 1024)

/* It never reads; the agent's memory has a bound, and others go on. */
static void
slow_reader(void)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	const struct firma_msg_ledger_read m = { .from = 1, .max = 500 };
	const size_t bound =
	    getenv("FIRMA_SANITIZED") != NULL ? SANITIZED_KB : SLOW_READER_KB;
	const size_t before = hostile_rss_kb();
	const int s = hostile_greeted();
	uint64_t id = 1;

	for (int i = 0; i < 64; i++)
		HOSTILE_CHECK(firma_frame_put(&b, FIRMA_MSG_ledger_read, &m,
				  ++id, 0, 0) == FIRMA_OK);
	/* Until the agent takes no more from us. */
	for (int quiet = 0; quiet < 5;) {
		const ssize_t n =
		    send(s, b.at, b.len, MSG_DONTWAIT | MSG_NOSIGNAL);

		HOSTILE_CHECK(n >= 0 || errno == EAGAIN);
		if (n < 0) {
			quiet++;
			(void)usleep(50000);
			hostile_good_client();
		}
	}
	if (hostile_rss_kb() > before + bound)
		hostile_fail("%zu KB, %zu before", hostile_rss_kb(), before);
	(void)close(s);
}

static void
many_connections(void)
{
	struct rlimit limit;
	int s[MANY], n = 0, n_turned_away = 0, n_kept = 0;

	HOSTILE_CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = limit.rlim_max;
	HOSTILE_CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	while (n < MANY && (rlim_t)n + 20 < limit.rlim_cur)
		s[n++] = hostile_connect();
	/* The agent has looked at each when the last one has an answer. */
	for (int i = n - 1; i >= 0; i--) {
		struct pollfd p = { .fd = s[i], .events = POLLIN };

		(void)poll(&p, 1, i == n - 1 ? HOSTILE_WAIT_MS : 0);
		if ((p.revents & (POLLIN | POLLHUP)) != 0)
			n_turned_away++;
		else
			n_kept++;
	}
	/* max-connections = 128 by default */
	if (n > 200 && (n_kept > 128 || n_kept < 100))
		hostile_fail("%d kept, %d turned away", n_kept, n_turned_away);
	for (int i = 0; i < n; i++)
		(void)close(s[i]);
	(void)usleep(200000);
}

/* As fast as it can, reading the answers; each gets exactly one. */
static void
flood(void)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	const struct firma_msg_ledger_head m = { 0 };
	const int s = hostile_greeted();
	uint64_t sent = 0, done = 0, last = 1;

	while (done < FLOOD) {
		struct pollfd p = { .fd = s, .events = POLLIN };
		uint64_t id = 0;
		unsigned int type;

		if (sent < FLOOD) {
			b.len = 0;
			HOSTILE_CHECK(firma_frame_put(&b, FIRMA_MSG_ledger_head,
					  &m, 2 + sent, 0, 0) == FIRMA_OK);
			if (send(s, b.at, b.len, MSG_DONTWAIT | MSG_NOSIGNAL) ==
			    (ssize_t)b.len) {
				sent++;
				continue;
			}
		}
		(void)poll(&p, 1, HOSTILE_WAIT_MS);
		type = hostile_receive(s, &id, NULL);
		HOSTILE_CHECK(
		    type == FIRMA_MSG_ledger_headed || type == FIRMA_MSG_done);
		if (type == FIRMA_MSG_done) {
			HOSTILE_CHECK(id == last + 1);
			last = id;
			done++;
		}
	}
	(void)close(s);
}

/* More signatures at once than one connection may have in flight. */
static void
signatures_ahead(void)
{
	static uint64_t first = UINT64_C(1) << 40;
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	const int s = hostile_greeted();
	bool seen[200] = { false };

	for (uint64_t i = 0; i < 200; i++)
		hostile_sign(&b, first + i, 0);
	HOSTILE_CHECK(hostile_send(s, firma_buf_view(&b)));
	for (int i = 0; i < 200; i++) {
		uint64_t id = 0;
		const unsigned int type = hostile_receive(s, &id, NULL);

		HOSTILE_CHECK(type == FIRMA_MSG_signed);
		HOSTILE_CHECK(id >= first && id < first + 200);
		HOSTILE_CHECK(!seen[id - first]);
		seen[id - first] = true;
	}
	first += 200;
	(void)close(s);
}

/* Gone while the token works: the signature is nobody's, and not in the way. */
static void
gone_while_it_signs(void)
{
	static uint64_t id = UINT64_C(1) << 50;

	for (int i = 0; i < 100; i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
		const int s = hostile_greeted();

		hostile_sign(&b, ++id, 0);
		HOSTILE_CHECK(hostile_send(s, firma_buf_view(&b)));
		(void)close(s);
	}
}

/* Unlocking begun and never ended: the channel closes with the client. */
static void
pin_channels_left(void)
{
	static uint64_t id = UINT64_C(1) << 55;

	for (int i = 0; i < 20; i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
		const struct firma_msg_token_init m = { .token = firma_str_of(
							    "spare"),
			.label = firma_str_of("spare") };
		const int s = hostile_greeted();

		HOSTILE_CHECK(firma_frame_put(&b, FIRMA_MSG_token_init, &m,
				  ++id, 0, 0) == FIRMA_OK);
		HOSTILE_CHECK(hostile_send(s, firma_buf_view(&b)));
		HOSTILE_CHECK(
		    hostile_receive(s, NULL, NULL) == FIRMA_MSG_pin_channel);
		(void)close(s);
	}
}

const struct hostile_case hostile_load[] = {
	{ "slow reader", slow_reader },
	{ "many connections", many_connections },
	{ "flood", flood },
	{ "signatures ahead", signatures_ahead },
	{ "gone while it signs", gone_while_it_signs },
	{ "PIN channels left", pin_channels_left },
	{ NULL, NULL },
};
