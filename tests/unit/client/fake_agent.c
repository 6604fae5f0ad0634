/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/client/fake_agent.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Tests only: what must not fail ends the program. */
#define MUST(x)                                                           \
	do {                                                              \
		if (!(x)) {                                               \
			(void)fprintf(stderr, "fake agent: %s: %s\n", #x, \
			    strerror(errno));                             \
			abort();                                          \
		}                                                         \
	} while (0)

void
fake_answer(
    struct fake_request *q, enum firma_msg_type type, const void *msg, int fd)
{
	struct firma_buf out = { 0 };

	MUST(firma_frame_put(&out, type, msg, q->id, 0, fd >= 0 ? 1 : 0) ==
	    FIRMA_OK);
	for (size_t at = 0; at < out.len;) {
		const long n = firma_frame_send(q->socket,
		    firma_bytes_of(out.at + at, out.len - at),
		    at == 0 ? fd : -1);

		if (n <= 0)
			break; /* the client has gone: its affair */
		at += (size_t)n;
	}
	firma_buf_done(&out);
}

void
fake_done(struct fake_request *q)
{
	fake_answer(q, FIRMA_MSG_done, &(struct firma_msg_done){ 0 }, -1);
}

void
fake_error(struct fake_request *q, enum firma_err e, const char *rule,
    const char *what)
{
	const struct firma_msg_error m = { .err = (uint32_t)e,
		.cause_kind = FIRMA_CAUSE_CKR,
		.cause_code = 0xa0,
		.rule = firma_str_of(rule),
		.what = firma_str_of(what) };

	fake_answer(q, FIRMA_MSG_error, &m, -1);
}

static int
one_request(struct fake_agent *a, struct fake_request *q)
{
	if (q->type == FIRMA_MSG_hello) {
		const struct firma_msg_welcome w = { FIRMA_WIRE_VERSION,
			firma_str_of("0.0-fake"), firma_str_of("owner"), 4711,
			0 };

		fake_answer(q, FIRMA_MSG_welcome, &w, -1);
		fake_done(q);
		return 1;
	}
	atomic_fetch_add(&a->n_requests, 1);
	return a->handler(a->arg, q);
}

/* Until the client goes, the handler hangs up or the test stops. */
static void
serve(struct fake_agent *a, int s, unsigned int connection)
{
	struct firma_buf in = { 0 };
	int fds[8], n_fds = 0, up = 1;

	while (up) {
		struct pollfd p[2] = { { .fd = s, .events = POLLIN },
			{ .fd = a->stop[0], .events = POLLIN } };
		struct firma_frame f;
		size_t used = 0;
		int fd = -1;
		long n;

		MUST(poll(p, 2, -1) > 0);
		if (p[1].revents != 0)
			break;
		MUST(firma_buf_reserve(&in, FIRMA_FRAME_MAX) == FIRMA_OK);
		n = firma_frame_recv(s, in.at + in.len, FIRMA_FRAME_MAX, &fd);
		if (n <= 0)
			break;
		in.len += (size_t)n;
		if (fd >= 0) {
			MUST(n_fds < 8);
			fds[n_fds++] = fd;
		}
		while (up &&
		    firma_frame_parse(firma_buf_view(&in), &f, &used) ==
			FIRMA_OK) {
			union firma_msg_any msg;
			struct fake_request q = { a, s, connection, f.id,
				f.deadline_ms, (enum firma_msg_type)f.type,
				&msg, -1 };
			struct firma_cause why;

			if (f.n_fds == 1) {
				MUST(n_fds > 0);
				q.fd = fds[0];
				memmove(fds, fds + 1,
				    (size_t)--n_fds * sizeof(fds[0]));
			}
			MUST(firma_msg_decode(q.type, f.payload, &msg, &why) ==
			    FIRMA_OK);
			up = one_request(a, &q);
			if (q.fd >= 0)
				(void)close(q.fd);
			firma_buf_drop(&in, used);
		}
	}
	firma_buf_done(&in);
	(void)close(s);
}

static void *
run(void *arg)
{
	struct fake_agent *a = arg;

	for (;;) {
		struct pollfd p[2] = { { .fd = a->listener, .events = POLLIN },
			{ .fd = a->stop[0], .events = POLLIN } };
		int s;

		MUST(poll(p, 2, -1) > 0);
		if (p[1].revents != 0)
			return NULL;
		if ((s = accept4(a->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
			serve(a, s, atomic_fetch_add(&a->n_connections, 1));
	}
}

void
fake_start(struct fake_agent *a, fake_handler *handler, void *arg)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	union {
		struct sockaddr_un *un;
		struct sockaddr *any;
	} to = { .un = &at };

	memset(a, 0, sizeof(*a));
	(void)snprintf(a->dir, sizeof(a->dir), "/tmp/firma-fake.XXXXXX");
	MUST(mkdtemp(a->dir) != NULL);
	(void)snprintf(a->path, sizeof(a->path), "%s/socket", a->dir);
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", a->path);
	a->handler = handler;
	a->arg = arg;
	MUST(pipe(a->stop) == 0);
	MUST((a->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) >=
	    0);
	MUST(bind(a->listener, to.any, sizeof(at)) == 0);
	MUST(listen(a->listener, 8) == 0);
	MUST(pthread_create(&a->thread, NULL, run, a) == 0);
}

void
fake_stop(struct fake_agent *a)
{
	MUST(write(a->stop[1], "x", 1) == 1);
	MUST(pthread_join(a->thread, NULL) == 0);
	(void)close(a->listener);
	(void)close(a->stop[0]);
	(void)close(a->stop[1]);
	(void)unlink(a->path);
	(void)rmdir(a->dir);
}

struct firma_client *
fake_client(const struct fake_agent *a)
{
	struct firma_client *c = NULL;

	MUST(firma_client_open(a->path, "test", firma_after(5 * FIRMA_S), &c,
		 NULL) == FIRMA_OK);
	return c;
}
