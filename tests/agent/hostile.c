/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostile SOCKET PID KEY PUBKEY.pem [CASE] - do everything wrong to a running
 * agent.  After each case another client's signature is right, and the agent
 * (PID) has as many descriptors as before and about as much memory.
 */
#include "tests/agent/hostile.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "agent/base/own.h"
#include "agent/client/client.h"

/* What one case may leave: freed, but not given back. */
#define RSS_CASE_KB 1024
#define FDS_SLACK   0

const char *hostile_socket, *hostile_key;
static const char *agent_pid, *case_name = "start";
static EVP_PKEY *public_key;

void
hostile_fail(const char *fmt, ...)
{
	va_list ap;

	(void)fprintf(stderr, "FAILED: %s: ", case_name);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fprintf(stderr, "\n");
	exit(1);
}

int
hostile_connect(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	HOSTILE_CHECK(s >= 0);
	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s", hostile_socket);
	if (connect(s, (const struct sockaddr *)&to, sizeof(to)) != 0)
		hostile_fail("connect: %s", strerror(errno));
	return s;
}

int
hostile_greeted(void)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	const struct firma_msg_hello m = { .version_min = 1,
		.version_max = 1,
		.program = firma_str_of("hostile") };
	const int s = hostile_connect();

	HOSTILE_CHECK(
	    firma_frame_put(&b, FIRMA_MSG_hello, &m, 1, 0, 0) == FIRMA_OK);
	HOSTILE_CHECK(hostile_send(s, firma_buf_view(&b)));
	HOSTILE_CHECK(hostile_receive(s, NULL, NULL) == FIRMA_MSG_welcome);
	HOSTILE_CHECK(hostile_receive(s, NULL, NULL) == FIRMA_MSG_done);
	return s;
}

bool
hostile_send(int s, struct firma_bytes v)
{
	while (v.len > 0) {
		const ssize_t n = send(s, v.at, v.len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		v.at += n;
		v.len -= (size_t)n;
	}
	return true;
}

bool
hostile_send_fds(int s, struct firma_bytes v, int fd, size_t n)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(250 * sizeof(int))];
	} control = { 0 };
	union {
		const uint8_t *in;
		void *out;
	} p = { .in = v.at };
	struct iovec iov = { p.out, v.len };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = CMSG_SPACE(n * sizeof(int)) };
	struct cmsghdr *c = &control.align;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	for (size_t i = 0; i < n; i++)
		memcpy(CMSG_DATA(c) + i * sizeof(int), &fd, sizeof(int));
	return sendmsg(s, &m, MSG_NOSIGNAL) == (ssize_t)v.len;
}

void
hostile_sign(struct firma_buf *out, uint64_t id, unsigned int n_fds)
{
	static const uint8_t digest[32] = { 1, 2, 3 };
	const struct firma_msg_sign m = { .key = firma_str_of(hostile_key),
		.format = 0,
		.name = firma_str_of("letter"),
		.purpose = firma_str_of("test"),
		.sha256 = firma_bytes_of(digest, n_fds > 0 ? 0 : 32) };

	HOSTILE_CHECK(firma_frame_put(out, FIRMA_MSG_sign, &m, id, 20000,
			  n_fds) == FIRMA_OK);
}

/* Exactly n octets; false at the end of the connection. */
static bool
read_all(int s, uint8_t *room, size_t n)
{
	while (n > 0) {
		struct pollfd p = { .fd = s, .events = POLLIN };
		ssize_t got;

		if (poll(&p, 1, HOSTILE_WAIT_MS) == 0)
			hostile_fail("neither an answer nor the end");
		got = recv(s, room, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		/* ECONNRESET: what we had sent was not all read. */
		if (got <= 0)
			return false;
		room += got;
		n -= (size_t)got;
	}
	return true;
}

unsigned int
hostile_receive(int s, uint64_t *ret_id, uint32_t *ret_err)
{
	static uint8_t room[FIRMA_FRAME_MAX];
	struct firma_frame f;
	struct firma_msg_error e;
	size_t len, used;

	if (!read_all(s, room, 4))
		return 0;
	len = (size_t)room[0] << 24 | (size_t)room[1] << 16 |
	    (size_t)room[2] << 8 | room[3];
	HOSTILE_CHECK(len <= sizeof(room) - 4);
	if (!read_all(s, room + 4, len))
		return 0;
	HOSTILE_CHECK(firma_frame_parse(firma_bytes_of(room, len + 4), &f,
			  &used) == FIRMA_OK);
	if (ret_id != NULL)
		*ret_id = f.id;
	if (f.type == FIRMA_MSG_error && ret_err != NULL) {
		HOSTILE_CHECK(firma_msg_decode(FIRMA_MSG_error, f.payload, &e,
				  NULL) == FIRMA_OK);
		*ret_err = e.err;
	}
	return f.type;
}

void
hostile_expect_hang_up(int s, enum firma_err err)
{
	uint64_t id = 99;
	uint32_t got = 0;

	if (hostile_receive(s, &id, &got) != FIRMA_MSG_error || id != 0)
		hostile_fail("no error with id 0");
	if (got != (uint32_t)err)
		hostile_fail("%s instead of %s",
		    firma_err_name((enum firma_err)got), firma_err_name(err));
	if (hostile_receive(s, NULL, NULL) != 0)
		hostile_fail("not hung up on");
	(void)close(s);
}

void
hostile_expect_error(int s, uint64_t id, enum firma_err err)
{
	uint64_t got_id = 0;
	uint32_t got = 0;

	if (hostile_receive(s, &got_id, &got) != FIRMA_MSG_error ||
	    got_id != id || got != (uint32_t)err)
		hostile_fail("id %llu %s instead of %s",
		    (unsigned long long)got_id,
		    firma_err_name((enum firma_err)got), firma_err_name(err));
}

void
hostile_expect_signed(int s, uint64_t id)
{
	uint64_t got = 0;
	uint32_t err = 0;
	const unsigned int type = hostile_receive(s, &got, &err);

	if (type != FIRMA_MSG_signed || got != id)
		hostile_fail("message %#x id %llu %s instead of signed", type,
		    (unsigned long long)got,
		    firma_err_name((enum firma_err)err));
}

void
hostile_good_client(void)
{
	FIRMA_OWN(firma_client_done) struct firma_client *c = NULL;
	FIRMA_OWN(firma_signed_done) struct firma_signed got = { 0 };
	struct firma_cause cause = { 0 };
	const uint64_t deadline = firma_after(10 * FIRMA_S);
	uint8_t digest[32];
	struct firma_msg_sign ask = { .key = firma_str_of(hostile_key),
		.sha256 = firma_bytes_of(digest, sizeof(digest)) };
	EVP_PKEY_CTX *ctx;
	enum firma_err r;

	memset(digest, (int)(deadline & 0xff), sizeof(digest));
	r = firma_client_open(hostile_socket, "good", deadline, &c, &cause);
	if (r == FIRMA_OK)
		r = firma_client_sign(c, &ask, -1, deadline, &got, &cause);
	if (r != FIRMA_OK)
		hostile_fail(
		    "another client: %s (%s)", firma_err_name(r), cause.what);
	ctx = EVP_PKEY_CTX_new(public_key, NULL);
	HOSTILE_CHECK(EVP_PKEY_verify_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1);
	if (EVP_PKEY_verify(ctx, got.signature.at, got.signature.len, digest,
		sizeof(digest)) != 1)
		hostile_fail("another client's signature is wrong");
	EVP_PKEY_CTX_free(ctx);
}

size_t
hostile_rss_kb(void)
{
	char path[64], line[256];
	size_t kb = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%.20s/status", agent_pid);
	if ((f = fopen(path, "re")) == NULL)
		hostile_fail("the agent is gone");
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "VmRSS:", 6) == 0)
			kb = strtoul(line + 6, NULL, 10);
	(void)fclose(f);
	return kb;
}

/* -1: only root may look. */
static int
n_descriptors(void)
{
	char path[64];
	DIR *d;
	int n = 0;

	(void)snprintf(path, sizeof(path), "/proc/%.20s/fd", agent_pid);
	if ((d = opendir(path)) == NULL)
		return -1;
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n;
}

/* The agent has noticed our going, in a moment. */
static void
expect_descriptors(int before)
{
	int now = n_descriptors();

	for (int i = 0; i < 500 && now > before + FDS_SLACK; i++) {
		(void)usleep(10000);
		now = n_descriptors();
	}
	if (now > before + FDS_SLACK)
		hostile_fail("%d descriptors, %d before", now, before);
}

static void
run(const struct hostile_case *c, size_t slack_kb)
{
	const int fds = n_descriptors();
	size_t before, after;

	case_name = c->name;
	(void)printf("- %s\n", c->name);
	(void)fflush(stdout);
	/* Once to warm up: what grows the second time grows every time. */
	c->run();
	hostile_good_client();
	before = hostile_rss_kb();
	c->run();
	hostile_good_client();
	expect_descriptors(fds);
	after = hostile_rss_kb();
	if (after > before + slack_kb)
		hostile_fail("%zu KB, %zu before", after, before);
}

int
main(int argc, char **argv)
{
	const char *only = argc > 5 ? argv[5] : NULL;
	const bool is_sanitized = getenv("FIRMA_SANITIZED") != NULL;
	const size_t slack = is_sanitized ? (size_t)16 * 1024 : RSS_CASE_KB;
	size_t before;
	FILE *f;

	if (argc < 5)
		return 2;
	hostile_socket = argv[1];
	agent_pid = argv[2];
	hostile_key = argv[3];
	f = fopen(argv[4], "re");
	HOSTILE_CHECK(f != NULL);
	public_key = PEM_read_PUBKEY(f, NULL, NULL, NULL);
	HOSTILE_CHECK(public_key != NULL);
	(void)fclose(f);
	hostile_good_client();
	if (n_descriptors() < 0)
		(void)printf("not root: the agent's descriptors are not "
			     "counted\n");
	before = hostile_rss_kb();
	for (const struct hostile_case *c = hostile_frames; c->name != NULL;
	     c++)
		if (only == NULL || strcmp(only, c->name) == 0)
			run(c, slack);
	for (const struct hostile_case *c = hostile_load; c->name != NULL; c++)
		if (only == NULL || strcmp(only, c->name) == 0)
			run(c, slack);
	(void)printf(
	    "memory: %zu KB, %zu KB afterwards\n", before, hostile_rss_kb());
	EVP_PKEY_free(public_key);
	return 0;
}
