/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The token process with a module that does things beside answering, or lies
 * about its token's PIN, or fails while a token is initialised.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/own.h"
#include "agent/wire/values.h"
#include "pkcs11/worker/cryptoki.h"
#include "tests/softhsm/worker_ops.h"

#define MANY     400                 /* requests; more than any limit stands */
#define DATA_MAX ((size_t)700 << 20) /* octets; the limit and what was there */

/* Sign until the process ends; how many times it signed. */
static unsigned int
until_the_end(struct ops_answer *a)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < MANY; i++) {
		ops_sign(a);
		if (a->end == OPS_DEAD)
			return n;
		n += a->end == OPS_GOOD;
	}
	fail_msg("it lives");
	return n;
}

static void
leaked_descriptors_end_the_process(void **state)
{
	struct ops_answer a;

	(void)state;
	ops_start(NULL, NULL);
	ops_works();
	ops_sin("leak-fds");
	assert_in_range(until_the_end(&a), 1, MANY);
	assert_int_equal(WEXITSTATUS(peer_stop(&sins_peer)), FIRMA_EXIT_FAILED);
	ops_nothing_lost();
}

/* Octets of data and stack, as proc(5) says. */
static size_t
data_of(pid_t pid)
{
	char path[64];
	unsigned long pages = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	if ((f = fopen(path, "re")) == NULL)
		return 0;
	if (fscanf(f, "%*u %*u %*u %*u %*u %lu", &pages) != 1)
		pages = 0;
	(void)fclose(f);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* It may go on without more, or end; it does not take the machine's. */
static void
eaten_memory_has_a_limit(void **state)
{
	struct ops_answer a = { .end = OPS_GOOD };
	size_t before;

	(void)state;
	ops_start(NULL, NULL);
	ops_works();
	before = data_of(sins_peer.pid);
	ops_sin("alloc");
	for (int i = 0; i < 40 && a.end != OPS_DEAD; i++)
		ops_sign(&a);
	ops_sin(NULL);
	if (a.end != OPS_DEAD) {
		assert_in_range(
		    data_of(sins_peer.pid), before + 1, before + DATA_MAX);
		peer_kill(&sins_peer);
	} else {
		(void)peer_stop(&sins_peer);
	}
	ops_nothing_lost();
}

static void
a_changed_process_serves_and_ends(void **state)
{
	(void)state;
	ops_start("handlers", NULL);
	ops_works();
	assert_int_equal(sins_count("changed"), 1);
	(void)sleep(2); /* its alarm goes off */
	for (size_t i = 0; i < ops_n; i++)
		assert_int_equal(
		    ops_commit(&ops_list[i], "handlers"), OPS_GOOD);
	ops_no_surprises();
	assert_int_equal(peer_stop(&sins_peer), 0);
	/* What it takes and blocks does not help against SIGKILL. */
	ops_start("handlers", NULL);
	ops_works();
	peer_kill(&sins_peer);
	ops_nothing_lost();
}

static void
closed_descriptors_end_the_process(void **state)
{
	struct ops_answer a;

	(void)state;
	ops_start(NULL, NULL);
	ops_works();
	ops_sin("close-fds");
	ops_sign(&a);
	assert_int_equal(a.end, OPS_DEAD);
	(void)peer_stop(&sins_peer);
	ops_nothing_lost();
}

/* ---- lies about the PIN ---- */

static void
lies_about_the_pin_cost_no_try(void **state)
{
	static const struct {
		const char *sin;
		enum firma_err err;
	} list[] = { { "flag-no-user-pin", FIRMA_ERR_STATE },
		{ "flag-all", FIRMA_ERR_PIN_LOCKED },
		{ "pin-lengths", FIRMA_ERR_PIN_FORMAT },
		{ "flag-locked", FIRMA_ERR_PIN_LOCKED },
		{ "flag-final-try", FIRMA_ERR_PIN_LAST_TRY } };
	bool presented = true;

	(void)state;
	ops_start(NULL, NULL);
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		ops_sin(list[i].sin);
		assert_int_equal(peer_login(&sins_peer, PEER_PIN,
				     sins_bytes(""), &presented, NULL),
		    list[i].err);
		assert_false(presented);
	}
	assert_int_equal(sins_count("C_Login"), 0);
	/* And once it says the truth again, one presentation is enough. */
	ops_sin(NULL);
	ops_works();
	assert_int_equal(sins_count("C_Login"), 1);
	assert_int_equal(peer_stop(&sins_peer), 0);
}

/* ---- initialising ---- */

static enum ops_end
init(struct ops_answer *a)
{
	const struct firma_msg_w_init m = { .flags = FIRMA_INIT_ERASE };

	ops_ask(
	    a, FIRMA_MSG_w_init, &m, peer_secret_two(PEER_SO_PIN, PEER_PIN));
	return a->end;
}

/* An error, or a token that takes its PIN; and then it can be done again. */
static void
initialising_with(const char *sin)
{
	struct ops_answer a;
	bool presented = false;

	ops_sin(sin);
	(void)init(&a);
	ops_sin(NULL);
	if (a.end == OPS_SILENT)
		peer_kill(&sins_peer);
	else if (a.end == OPS_DEAD)
		(void)peer_stop(&sins_peer);
	if (a.end == OPS_SILENT || a.end == OPS_DEAD) {
		ops_start(NULL, NULL);
		assert_int_equal(sins_peer.frame.type, FIRMA_MSG_w_ready);
	}
	if (a.end == OPS_GOOD &&
	    peer_login(&sins_peer, PEER_PIN, sins_bytes(""), &presented,
		NULL) != FIRMA_OK)
		ops_surprise("%s: not initialised", sin);
	if (init(&a) != OPS_GOOD)
		fail_msg("after %s: %s", sin, a.what);
	assert_int_equal(
	    peer_login(&sins_peer, PEER_PIN, sins_bytes(""), &presented, NULL),
	    FIRMA_OK);
}

static void
a_token_that_cannot_be_initialised(void **state)
{
	static const char *const functions[] = { "C_InitToken", "C_InitPIN",
		"C_Login", "C_Logout", "C_OpenSession", "C_CloseSession",
		"C_CloseAllSessions", "C_GetSlotList", "C_GetTokenInfo" };
	static const char *const sins[] = { "hang:%s", "crash:%s",
		"done-crash:%s", "rv:%s:0x0", "rv:%s:0x5", "rv:%s:0x32",
		"rv:%s:0xa0", "done-rv:%s:0x6" };

	(void)state;
	ops_start(NULL, NULL);
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		for (size_t k = 0; k < sizeof(sins) / sizeof(sins[0]); k++) {
			char sin[64], *at = sin;

			/* sins[k] with the function's name for its %s. */
			const char *s = strchr(sins[k], '%');

			at += snprintf(at, 32, "%.*s%s", (int)(s - sins[k]),
			    sins[k], functions[i]);
			(void)snprintf(at, 16, "%s", s + 2);
			initialising_with(sin);
		}
	ops_no_surprises();
	assert_int_equal(peer_stop(&sins_peer), 0);
}

static int
setup(void **state)
{
	assert_int_equal(ops_setup(state), 0);
	return peer_stop(&sins_peer);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaked_descriptors_end_the_process),
		cmocka_unit_test(eaten_memory_has_a_limit),
		cmocka_unit_test(a_changed_process_serves_and_ends),
		cmocka_unit_test(closed_descriptors_end_the_process),
		cmocka_unit_test(lies_about_the_pin_cost_no_try),
		/* Last: it erases the token. */
		cmocka_unit_test(a_token_that_cannot_be_initialised),
	};

	/* A pattern: those tests alone. */
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, setup, ops_teardown);
}
