/* SPDX-License-Identifier: Apache-2.0 */
/* Several requests on their way at the same time, and one that never leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/client/client.h"
#include "tests/unit/client/fake_agent.h"

#define SOON firma_after(5 * FIRMA_S)

/* Signs with the key's name. */
static int
honest(void *arg, struct fake_request *q)
{
	const struct firma_msg_sign *s = q->msg;
	const uint8_t digest[32] = { 1 };

	(void)arg;
	assert_int_equal(q->type, FIRMA_MSG_sign);
	fake_answer(q, FIRMA_MSG_signed,
	    &(struct firma_msg_signed){
		.signature = firma_bytes_of(s->key.at, s->key.len),
		.sha256 = firma_bytes_of(digest, sizeof(digest)) },
	    -1);
	return 1;
}

static void
pipeline(void **state)
{
	struct fake_agent a;
	struct firma_cause why;
	uint64_t ids[200];
	unsigned int n = 0;

	(void)state;
	fake_start(&a, honest, NULL);
	struct firma_client *c = fake_client(&a);

	for (int i = 0; i < 200; i++)
		assert_int_equal(
		    firma_client_send(c, FIRMA_MSG_sign,
			&(struct firma_msg_sign){ .key = firma_str_of("k") },
			-1, SOON, &ids[i], &why),
		    FIRMA_OK);
	while (n < 200) {
		struct firma_client_answer ans;

		assert_int_equal(
		    firma_client_receive(c, SOON, &ans, &why), FIRMA_OK);
		if (ans.type != FIRMA_MSG_signed)
			continue; /* the hello's `done` */
		assert_int_equal(ans.id, ids[n]);
		assert_true(ans.is_last);
		n++;
	}
	firma_client_free(c);
	fake_stop(&a);
}

/* Answers three, and is gone. */
static int
mortal(void *arg, struct fake_request *q)
{
	unsigned int *n = arg;

	(void)honest(NULL, q);
	return ++*n < 3;
}

/* What came before the agent went is still there after a request that cannot go. */
static void
a_send_that_fails_loses_no_answer(void **state)
{
	struct fake_agent a;
	struct firma_client_answer ans = { .fd = -1 };
	struct firma_cause why;
	unsigned int asked = 0, n = 0;
	enum firma_err r = FIRMA_OK;
	uint64_t id;

	(void)state;
	fake_start(&a, mortal, &asked);
	struct firma_client *c = fake_client(&a);

	for (int i = 0; i < 1000 && r == FIRMA_OK; i++) {
		r = firma_client_send(c, FIRMA_MSG_sign,
		    &(struct firma_msg_sign){ .key = firma_str_of("k") }, -1,
		    SOON, &id, &why);
		(void)usleep(1000);
	}
	assert_int_equal(r, FIRMA_ERR_AGENT_GONE);
	while ((r = firma_client_receive(c, SOON, &ans, &why)) == FIRMA_OK)
		n += ans.type == FIRMA_MSG_signed;
	assert_int_equal(r, FIRMA_ERR_AGENT_GONE);
	assert_int_equal(n, 3);
	firma_client_free(c);
	fake_stop(&a);
}

static void
too_long_field(void **state)
{
	struct fake_agent a;
	struct firma_cause why;
	char key[100];

	(void)state;
	memset(key, 'k', sizeof(key));
	fake_start(&a, honest, NULL);
	struct firma_client *c = fake_client(&a);
	struct firma_signed s = { 0 };
	struct firma_msg_sign ask = { .key = { key, sizeof(key) } };

	assert_int_equal(
	    firma_client_sign(c, &ask, -1, SOON, &s, &why), FIRMA_ERR_LIMIT);
	/* Nothing was sent; the connection is still in step. */
	ask.key.len = 3;
	assert_int_equal(
	    firma_client_sign(c, &ask, -1, SOON, &s, &why), FIRMA_OK);
	assert_int_equal(a.n_connections, 1);
	firma_signed_done(&s);
	firma_client_free(c);
	fake_stop(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pipeline),
		cmocka_unit_test(a_send_that_fails_loses_no_answer),
		cmocka_unit_test(too_long_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
