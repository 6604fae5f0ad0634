/* SPDX-License-Identifier: Apache-2.0 */
/* The client library against an agent that is made from the same tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/client/client.h"
#include "tests/unit/client/fake_agent.h"

#define SOON firma_after(5 * FIRMA_S)

/* ---- what the agents of the tests do ---- */

static void
sign_answer(struct fake_request *q)
{
	const struct firma_msg_sign *s = q->msg;
	uint8_t digest[32] = { 0 };
	struct firma_msg_signed m = { .ledger_seq = 7 };

	if (q->fd >= 0) {
		struct firma_bytes doc;
		struct firma_cause why;

		assert_int_equal(
		    firma_memfd_map(q->fd, 1000, &doc, &why), FIRMA_OK);
		digest[0] = doc.at[0];
		firma_memfd_unmap(&doc);
	}
	m.signature = firma_bytes_of(s->key.at, s->key.len);
	m.sha256 = firma_bytes_of(digest, sizeof(digest));
	fake_answer(q, FIRMA_MSG_signed, &m, -1);
}

static int
honest(void *arg, struct fake_request *q)
{
	(void)arg;
	switch ((int)q->type) {
	case FIRMA_MSG_sign:
		sign_answer(q);
		break;
	case FIRMA_MSG_ledger_read: {
		const struct firma_msg_ledger_read *m = q->msg;

		for (uint64_t i = 0; i < m->max; i++)
			fake_answer(q, FIRMA_MSG_ledger_item,
			    &(struct firma_msg_ledger_item){
				m->from + i, firma_str_of("{}"), 0 },
			    -1);
		fake_done(q);
		break;
	}
	case FIRMA_MSG_token_lock:
		fake_error(q, FIRMA_ERR_DENIED, "nobody-else", "token main");
		break;
	case FIRMA_MSG_token_unlock: {
		int p[2];

		if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p) != 0)
			return 0;
		fake_answer(q, FIRMA_MSG_pin_channel,
		    &(struct firma_msg_pin_channel){ .max_pin = 8 }, p[1]);
		(void)close(p[1]);
		char pin[16] = { 0 };
		const ssize_t n = recv(p[0], pin, sizeof(pin) - 1, 0);

		(void)close(p[0]);
		if (n == 4 && strcmp(pin, "1234") == 0)
			fake_done(q);
		else
			fake_error(q, FIRMA_ERR_PIN, "", "main");
		break;
	}
	default:
		fake_done(q);
	}
	return 1;
}

/* ---- tests ---- */

static void
welcome(void **state)
{
	struct fake_agent a;

	(void)state;
	fake_start(&a, honest, NULL);
	struct firma_client *c = fake_client(&a);

	assert_int_equal(firma_client_welcome(c)->instance, 4711);
	assert_string_equal(firma_client_welcome(c)->agent_version, "0.0-fake");
	assert_string_equal(firma_client_welcome(c)->rule, "owner");
	assert_string_equal(firma_client_path(c), a.path);
	firma_client_free(c);
	fake_stop(&a);
}

static void
socket_from_environment(void **state)
{
	struct fake_agent a;
	struct firma_client *c = NULL;
	struct firma_cause why = { 0 };
	char dir[96], to[128];

	(void)state;
	fake_start(&a, honest, NULL);
	assert_int_equal(setenv("FIRMA_SOCKET", a.path, 1), 0);
	assert_int_equal(
	    firma_client_open(NULL, "test", SOON, &c, &why), FIRMA_OK);
	assert_string_equal(firma_client_path(c), a.path);
	firma_client_free(c);

	/* $XDG_RUNTIME_DIR/firmad/socket comes next. */
	(void)snprintf(dir, sizeof(dir), "%s/firmad", a.dir);
	assert_int_equal(unsetenv("FIRMA_SOCKET"), 0);
	assert_int_equal(setenv("XDG_RUNTIME_DIR", a.dir, 1), 0);
	assert_int_equal(symlink(".", dir), 0);
	c = NULL;
	assert_int_equal(
	    firma_client_open(NULL, "test", SOON, &c, &why), FIRMA_OK);
	(void)snprintf(to, sizeof(to), "%s/firmad/socket", a.dir);
	assert_string_equal(firma_client_path(c), to);
	firma_client_free(c);
	(void)unlink(dir);

	/* FIRMA_SOCKET is a decision: nothing else is tried. */
	assert_int_equal(setenv("FIRMA_SOCKET", "/nonexistent/s", 1), 0);
	assert_int_equal(firma_client_open(NULL, "test", SOON, &c, &why),
	    FIRMA_ERR_AGENT_GONE);
	assert_string_equal(why.what, "/nonexistent/s");
	assert_int_equal(unsetenv("FIRMA_SOCKET"), 0);
	fake_stop(&a);
}

struct seen {
	unsigned int n, restarts, stop_at;
	uint64_t last;
};

static enum firma_err
count(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	struct seen *s = arg;

	(void)fd;
	if (msg == NULL) {
		s->restarts++;
		s->n = 0;
		return FIRMA_OK;
	}
	assert_int_equal(type, FIRMA_MSG_ledger_item);
	s->last = ((const struct firma_msg_ledger_item *)msg)->seq;
	return ++s->n == s->stop_at ? FIRMA_ERR_CANCELLED : FIRMA_OK;
}

static void
many_items(void **state)
{
	struct fake_agent a;
	struct seen s = { 0 };
	struct firma_cause why;
	const struct firma_msg_ledger_read ask = { 10, 50000, 0 };

	(void)state;
	fake_start(&a, honest, NULL);
	struct firma_client *c = fake_client(&a);

	assert_int_equal(firma_client_call(c, FIRMA_MSG_ledger_read, &ask, -1,
			     SOON, count, &s, &why),
	    FIRMA_OK);
	assert_int_equal(s.n, 50000);
	assert_int_equal(s.last, 50009);

	/* A caller may stop; what still comes is dropped. */
	s = (struct seen){ .stop_at = 3 };
	assert_int_equal(firma_client_call(c, FIRMA_MSG_ledger_read, &ask, -1,
			     SOON, count, &s, &why),
	    FIRMA_ERR_CANCELLED);
	s = (struct seen){ 0 };
	assert_int_equal(firma_client_call(c, FIRMA_MSG_ledger_read,
			     &(struct firma_msg_ledger_read){ 5, 2, 0 }, -1,
			     SOON, count, &s, &why),
	    FIRMA_OK);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.last, 6);
	firma_client_free(c);
	fake_stop(&a);
}

static void
agent_errors(void **state)
{
	struct fake_agent a;
	struct firma_cause why = { 0 };
	const struct firma_msg_token_lock ask = { firma_str_of("main"), 0 };

	(void)state;
	fake_start(&a, honest, NULL);
	struct firma_client *c = fake_client(&a);

	assert_int_equal(firma_client_call(c, FIRMA_MSG_token_lock, &ask, -1,
			     SOON, NULL, NULL, &why),
	    FIRMA_ERR_DENIED);
	assert_string_equal(firma_client_rule(c), "nobody-else");
	assert_string_equal(why.what, "token main");
	assert_int_equal(why.kind, FIRMA_CAUSE_CKR);
	assert_int_equal(why.code, 0xa0);
	/* The rule is of the last request only. */
	assert_int_equal(firma_client_call(c, FIRMA_MSG_agent_status,
			     &(struct firma_msg_agent_status){ 0 }, -1, SOON,
			     NULL, NULL, &why),
	    FIRMA_OK);
	assert_string_equal(firma_client_rule(c), "");
	firma_client_free(c);
	fake_stop(&a);
}

static void
signature(void **state)
{
	struct fake_agent a;
	struct firma_signed s = { 0 };
	struct firma_cause why;
	int fd = -1;

	(void)state;
	fake_start(&a, honest, NULL);
	struct firma_client *c = fake_client(&a);

	firma_client_set_spin(c, 20000);
	assert_int_equal(
	    firma_memfd_from_bytes(firma_bytes_of("Zx", 2), &fd, &why),
	    FIRMA_OK);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(
		    firma_client_sign(c,
			&(struct firma_msg_sign){ .key = firma_str_of("acme") },
			fd, SOON, &s, &why),
		    FIRMA_OK);
		assert_int_equal(s.signature.len, 4);
		assert_memory_equal(s.signature.at, "acme", 4);
		assert_int_equal(s.ledger_seq, 7);
		assert_int_equal(s.sha256[0], 'Z');
	}
	(void)close(fd);
	firma_signed_done(&s);
	firma_client_free(c);
	fake_stop(&a);
}

static enum firma_err
give_pin(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	(void)msg;
	assert_int_equal(type, FIRMA_MSG_pin_channel);
	assert_true(*fd >= 0);
	assert_true(send(*fd, arg, strlen(arg), MSG_NOSIGNAL) > 0);
	return FIRMA_OK;
}

static void
pin_channel(void **state)
{
	struct fake_agent a;
	struct firma_cause why;
	char good[] = "1234", bad[] = "0000";
	const struct firma_msg_token_unlock ask = { firma_str_of("main"), 0,
		0 };

	(void)state;
	fake_start(&a, honest, NULL);
	struct firma_client *c = fake_client(&a);

	assert_int_equal(firma_client_call(c, FIRMA_MSG_token_unlock, &ask, -1,
			     SOON, give_pin, good, &why),
	    FIRMA_OK);
	assert_int_equal(firma_client_call(c, FIRMA_MSG_token_unlock, &ask, -1,
			     SOON, give_pin, bad, &why),
	    FIRMA_ERR_PIN);
	firma_client_free(c);
	fake_stop(&a);
}

struct drop {
	unsigned int hang_ups; /* how many connections are dropped */
	uint64_t first_id;
	int same_id, after_pin;
};

/* Takes the request and hangs up, at first. */
static int
dropping(void *arg, struct fake_request *q)
{
	struct drop *d = arg;

	if (d->first_id == 0)
		d->first_id = q->id;
	d->same_id = d->first_id == q->id;
	if (q->connection < d->hang_ups) {
		if (q->type == FIRMA_MSG_ledger_read)
			fake_answer(q, FIRMA_MSG_ledger_item,
			    &(struct firma_msg_ledger_item){
				1, firma_str_of("{}"), 0 },
			    -1);
		if (d->after_pin) {
			int p[2];

			if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p) != 0)
				return 0;
			fake_answer(q, FIRMA_MSG_pin_channel,
			    &(struct firma_msg_pin_channel){ 0 }, p[1]);
			(void)close(p[1]);
			(void)close(p[0]);
		}
		return 0;
	}
	return honest(NULL, q);
}

static void
lost_once(void **state)
{
	struct fake_agent a;
	struct drop d = { .hang_ups = 1 };
	struct seen s = { 0 };
	struct firma_cause why;

	(void)state;
	fake_start(&a, dropping, &d);
	struct firma_client *c = fake_client(&a);

	assert_int_equal(firma_client_call(c, FIRMA_MSG_ledger_read,
			     &(struct firma_msg_ledger_read){ 1, 4, 0 }, -1,
			     SOON, count, &s, &why),
	    FIRMA_OK);
	assert_int_equal(a.n_requests, 2);
	assert_true(d.same_id);
	assert_int_equal(s.restarts, 1);
	assert_int_equal(s.n, 4);
	firma_client_free(c);
	fake_stop(&a);
}

static void
lost_for_good(void **state)
{
	struct fake_agent a;
	struct drop d = { .hang_ups = 9 };
	struct firma_cause why;
	const struct firma_msg_agent_status ask = { 0 };

	(void)state;
	fake_start(&a, dropping, &d);
	struct firma_client *c = fake_client(&a);

	assert_int_equal(firma_client_call(c, FIRMA_MSG_agent_status, &ask, -1,
			     SOON, NULL, NULL, &why),
	    FIRMA_ERR_AGENT_GONE);
	assert_int_equal(a.n_requests, 2);
	firma_client_free(c);
	fake_stop(&a);
}

static enum firma_err
take_pin_channel(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	(void)msg;
	(void)fd;
	assert_int_equal(type, FIRMA_MSG_pin_channel);
	++*(int *)arg;
	return FIRMA_OK;
}

/* After a PIN channel the request is never sent a second time. */
static void
lost_after_pin(void **state)
{
	struct fake_agent a;
	struct drop d = { .hang_ups = 1, .after_pin = 1 };
	struct firma_cause why;
	int n = 0;

	(void)state;
	fake_start(&a, dropping, &d);
	struct firma_client *c = fake_client(&a);

	assert_int_equal(
	    firma_client_call(c, FIRMA_MSG_token_unlock,
		&(struct firma_msg_token_unlock){ firma_str_of("main"), 0, 0 },
		-1, SOON, take_pin_channel, &n, &why),
	    FIRMA_ERR_AGENT_GONE);
	assert_int_equal(n, 1);
	assert_int_equal(a.n_requests, 1);
	firma_client_free(c);
	fake_stop(&a);
}

/* Never answers; remembers what deadline it was told. */
static int
silent(void *arg, struct fake_request *q)
{
	*(uint32_t *)arg = q->deadline_ms;
	return 1;
}

static void
ticked(void *arg)
{
	++*(int *)arg;
}

static void
deadline(void **state)
{
	struct fake_agent a;
	struct firma_cause why;
	uint32_t told = 0;
	int ticks = 0;

	(void)state;
	fake_start(&a, silent, &told);
	struct firma_client *c = fake_client(&a);
	const uint64_t start = firma_now();

	firma_client_set_idle(c, ticked, &ticks, 20 * FIRMA_MS);
	assert_int_equal(firma_client_call(c, FIRMA_MSG_agent_status,
			     &(struct firma_msg_agent_status){ 0 }, -1,
			     firma_after(200 * FIRMA_MS), NULL, NULL, &why),
	    FIRMA_ERR_DEADLINE);
	assert_true(firma_now() - start >= 200 * FIRMA_MS);
	assert_true(firma_now() - start < 4 * FIRMA_S);
	assert_in_range(ticks, 3, 11);
	firma_client_free(c);
	fake_stop(&a);
	assert_in_range(told, 100, 199);
}

/* Answers what is no protocol. */
static int
garbage(void *arg, struct fake_request *q)
{
	static const struct {
		uint8_t at[24];
		size_t len;
	} sins[] = {
		{ { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0 }, 8 },
		{ { 0, 0, 0, 16, 0x77, 0x77, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1 },
		    20 },
		{ { 0, 0, 0, 16, 0, 3, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 20 },
		{ { 0, 0, 0, 16, 0x01, 0x03, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1 },
		    20 },
		{ { 0, 0, 0, 16, 0, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 20 },
	};
	const unsigned int i = *(unsigned int *)arg;

	(void)!write(q->socket, sins[i].at, sins[i].len);
	return 1;
}

static void
hostile_agent(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		struct fake_agent a;
		struct firma_cause why;

		fake_start(&a, garbage, &i);
		struct firma_client *c = fake_client(&a);
		const enum firma_err r =
		    firma_client_call(c, FIRMA_MSG_agent_status,
			&(struct firma_msg_agent_status){ 0 }, -1, SOON, NULL,
			NULL, &why);

		assert_int_equal(
		    r, i == 2 ? FIRMA_ERR_VERSION : FIRMA_ERR_SHAPE);
		firma_client_free(c);
		fake_stop(&a);
	}
}

static void
nobody_there(void **state)
{
	struct firma_client *c = NULL;
	struct firma_cause why = { 0 };
	char long_path[200];

	(void)state;
	assert_int_equal(
	    firma_client_open("/nonexistent/socket", "t", SOON, &c, &why),
	    FIRMA_ERR_AGENT_GONE);
	assert_string_equal(why.what, "/nonexistent/socket");
	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[0] = '/';
	long_path[sizeof(long_path) - 1] = '\0';
	assert_int_equal(
	    firma_client_open(long_path, "t", SOON, &c, &why), FIRMA_ERR_LIMIT);
	assert_null(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(welcome),
		cmocka_unit_test(socket_from_environment),
		cmocka_unit_test(many_items),
		cmocka_unit_test(agent_errors),
		cmocka_unit_test(signature),
		cmocka_unit_test(pin_channel),
		cmocka_unit_test(lost_once),
		cmocka_unit_test(lost_for_good),
		cmocka_unit_test(lost_after_pin),
		cmocka_unit_test(deadline),
		cmocka_unit_test(hostile_agent),
		cmocka_unit_test(nobody_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
