/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The token process, with a module that sins in every function in turn.
 *
 * Which functions: those that the walk of worker_ops.h is seen to call, from
 * the start on.  FIRMA_MATRIX=all: every CK_RV in every function.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/own.h"
#include "agent/wire/values.h"
#include "pkcs11/worker/cryptoki.h"
#include "tests/softhsm/worker_ops.h"

#define FUNCTIONS_MAX 80
#define NAME_LEN      32

struct functions {
	char name[FUNCTIONS_MAX][NAME_LEN];
	size_t n;
};
/* At the start, and in each op of the walk. */
static struct functions at_start, in_all, in_op[16];
static unsigned int n_pairs;

static bool
knows(const struct functions *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->name[i], name) == 0)
			return true;
	return false;
}

static void
add(struct functions *f, const char *name)
{
	if (knows(f, name))
		return;
	assert_in_range(f->n, 0, FUNCTIONS_MAX - 1);
	(void)snprintf(f->name[f->n++], NAME_LEN, "%s", name);
}

/* What was called since the last time. */
static void
take_trace(struct functions *f)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = peer_read("trace");
	char line[NAME_LEN];
	size_t len = 0;

	for (size_t i = 0; i < b.len; i++) {
		if (b.at[i] != '\n') {
			assert_in_range(len, 0, NAME_LEN - 2);
			line[len++] = (char)b.at[i];
			continue;
		}
		line[len] = '\0';
		len = 0;
		add(f, line);
	}
	peer_file("trace", sins_bytes(""));
}

/* A walk without sin: what does it call? */
static void
look_what_is_called(void)
{
	static char trace[PATH_MAX + 32];
	struct ops_answer a;

	(void)snprintf(
	    trace, sizeof(trace), "FIRMA_BAD_TRACE=%s/trace", peer_folder());
	peer_file("trace", sins_bytes(""));
	ops_start(NULL, trace);
	assert_int_equal(sins_peer.frame.type, FIRMA_MSG_w_ready);
	take_trace(&at_start);
	for (size_t i = 0; i < ops_n; i++) {
		if (ops_list[i].prepare != NULL)
			ops_list[i].prepare();
		peer_file("trace", sins_bytes(""));
		ops_list[i].run(&a);
		assert_int_equal(a.end, OPS_GOOD);
		take_trace(&in_op[i]);
		for (size_t k = 0; k < in_op[i].n; k++)
			add(&in_all, in_op[i].name[k]);
		ops_list[i].check(&a);
		ops_works();
	}
	assert_int_equal(peer_stop(&sins_peer), 0);
	print_message("%zu functions at the start, %zu afterwards:\n ",
	    at_start.n, in_all.n);
	for (size_t k = 0; k < in_all.n; k++)
		print_message(" %s", in_all.name[k]);
	print_message("\n");
	assert_in_range(at_start.n, 3, FUNCTIONS_MAX);
	assert_in_range(in_all.n, 18, FUNCTIONS_MAX);
}

static int
setup(void **state)
{
	assert_int_equal(ops_setup(state), 0);
	assert_int_equal(peer_stop(&sins_peer), 0);
	look_what_is_called();
	return 0;
}

static int
teardown(void **state)
{
	print_message("%u pairs of function and sin\n", n_pairs);
	return ops_teardown(state);
}

static bool
is_full(void)
{
	const char *v = getenv("FIRMA_MATRIX");

	return v != NULL && strcmp(v, "all") == 0;
}

/* ---- no return, or no process ---- */

/* The first op that calls it meets it.  The process is gone afterwards. */
static void
meets(const char *function, const char *verb, enum ops_end wanted)
{
	char sin[64];
	enum ops_end end = OPS_GOOD;

	(void)snprintf(sin, sizeof(sin), "%s:%s", verb, function);
	ops_start(NULL, NULL);
	ops_works();
	for (size_t i = 0; i < ops_n && end != wanted; i++) {
		if (!knows(&in_op[i], function))
			continue;
		end = ops_commit(&ops_list[i], sin);
		if (end != wanted && (end == OPS_DEAD || end == OPS_SILENT))
			fail_msg("%s at %s: ended %d", sin, ops_list[i].name,
			    (int)end);
	}
	if (end != wanted)
		fail_msg("%s: nothing met it", sin);
	if (wanted == OPS_SILENT)
		peer_kill(&sins_peer);
	else
		(void)peer_stop(&sins_peer);
	ops_nothing_lost();
	n_pairs++;
}

/* Half of the functions in a short run: each has one of two verbs. */
static void
in_turn(const char *verb, const char *other, enum ops_end wanted)
{
	for (size_t i = 0; i < in_all.n; i++) {
		meets(in_all.name[i], i % 2 == 0 ? verb : other, wanted);
		if (is_full())
			meets(
			    in_all.name[i], i % 2 == 0 ? other : verb, wanted);
	}
}

static void
every_function_never_returns(void **state)
{
	(void)state;
	in_turn("hang", "done-hang", OPS_SILENT);
}

static void
every_function_kills_the_process(void **state)
{
	(void)state;
	in_turn("crash", "done-crash", OPS_DEAD);
	meets("C_Sign", "exit", OPS_DEAD);
}

static void
the_start_fails(void **state)
{
	static const char *const sins[] = { "crash", "exit", "rv", "rv" };
	static const char *const more[] = { "", "", ":0x5", ":0x0" };
	char sin[64];

	(void)state;
	for (size_t i = 0; i < at_start.n; i++)
		for (size_t k = 0; k < 4; k++) {
			(void)snprintf(sin, sizeof(sin), "%s:%s%s", sins[k],
			    at_start.name[i], more[k]);
			ops_start(sin, NULL);
			ops_sin(NULL);
			if (sins_peer.frame.type == FIRMA_MSG_w_ready &&
			    (k != 3 || strcmp(at_start.name[i], "C_GetInfo")))
				fail_msg("%s: ready", sin);
			(void)peer_stop(&sins_peer);
			n_pairs++;
		}
	for (size_t i = 0; i < at_start.n; i++) {
		(void)snprintf(sin, sizeof(sin), "hang:%s", at_start.name[i]);
		peer_start_wait(300);
		ops_start(sin, NULL);
		peer_start_wait(0);
		assert_int_equal(sins_peer.frame.type, 0);
		peer_kill(&sins_peer);
		n_pairs++;
	}
	ops_nothing_lost();
}

/* ---- CK_RV ---- */

/* PKCS#11 v3.0, section 3.6; the last two are a vendor's and nobody's. */
static const unsigned long every_rv[] = { 0x0, 0x1, 0x2, 0x3, 0x5, 0x6, 0x7,
	0x8, 0x9, 0xa, 0x10, 0x11, 0x12, 0x13, 0x1a, 0x1b, 0x20, 0x21, 0x30,
	0x31, 0x32, 0x40, 0x41, 0x42, 0x50, 0x51, 0x54, 0x60, 0x62, 0x63, 0x64,
	0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x70, 0x71, 0x82, 0x90, 0x91, 0xa0,
	0xa1, 0xa2, 0xa3, 0xa4, 0xb0, 0xb1, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8,
	0xc0, 0xc1, 0xd0, 0xd1, 0xe0, 0xe1, 0xe2, 0xf0, 0xf1, 0xf2, 0x100,
	0x101, 0x102, 0x103, 0x104, 0x105, 0x110, 0x112, 0x113, 0x114, 0x115,
	0x120, 0x121, 0x130, 0x140, 0x150, 0x160, 0x170, 0x180, 0x190, 0x191,
	0x1a0, 0x1a1, 0x1b0, 0x1b1, 0x1c0, 0x1c1, 0x1c2, 0x1c3, 0x1c4, 0x200,
	0x201, 0x202, 0x80000001 };

/* Those that the token process tells apart; the first three in a short run. */
static const unsigned long some_rv[] = { 0x0, 0x5, 0x32, 0x90, 0xb3, 0x101,
	0x150 };

static bool
is_thorough(const char *function)
{
	static const char *const list[] = { "C_SignInit", "C_Sign", "C_Login",
		"C_OpenSession", "C_GetTokenInfo", "C_FindObjectsInit",
		"C_FindObjects", "C_FindObjectsFinal", "C_GenerateKeyPair" };

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (strcmp(list[i], function) == 0)
			return true;
	return false;
}

/* One op under one sin, in a process that goes on afterwards. */
static void
survives(const struct ops_op *op, const char *sin)
{
	const enum ops_end end = ops_commit(op, sin);

	if (end != OPS_GOOD && end != OPS_ERROR)
		fail_msg("%s at %s: ended %d", sin, op->name, (int)end);
}

/* The ops that call a function; in a short run only two of them, in turn. */
static void
at_each_op(const char *function, const char *sin)
{
	static size_t turn;
	size_t n = 0;

	for (size_t k = 0; k < ops_n && (is_full() || n < 2); k++) {
		const size_t i = (turn + k) % ops_n;

		if (!knows(&in_op[i], function))
			continue;
		survives(&ops_list[i], sin);
		n++;
	}
	turn += 5; /* has no divisor in common with the number of ops */
	n_pairs++;
}

static void
returns(
    const char *function, const char *verb, const unsigned long *list, size_t n)
{
	char sin[64];

	for (size_t r = 0; r < n; r++) {
		(void)snprintf(
		    sin, sizeof(sin), "%s:%s:0x%lx", verb, function, list[r]);
		at_each_op(function, sin);
	}
}

static void
every_function_returns_each_ckr(void **state)
{
	static const unsigned long failed[] = { 0x6, 0x32 };

	(void)state;
	ops_start(NULL, NULL);
	ops_works();
	for (size_t i = 0; i < in_all.n; i++) {
		if (is_full() && is_thorough(in_all.name[i]))
			returns(in_all.name[i], "rv", every_rv,
			    sizeof(every_rv) / sizeof(every_rv[0]));
		else
			returns(in_all.name[i], "rv", some_rv,
			    is_full() ? sizeof(some_rv) / sizeof(some_rv[0])
				      : 3);
		returns(in_all.name[i], "done-rv", failed, is_full() ? 2 : 1);
	}
	assert_int_equal(peer_stop(&sins_peer), 0);
	ops_nothing_lost();
	ops_no_surprises();
}

/* In a short run too: each of them, where a wrong name would be seen. */
static void
every_ckr_of_a_signature(void **state)
{
	struct ops_answer a;
	char sin[64];

	(void)state;
	ops_start(NULL, NULL);
	ops_works();
	for (size_t r = 1; r < sizeof(every_rv) / sizeof(every_rv[0]); r++) {
		static const char *const functions[] = { "C_SignInit",
			"C_Sign" };

		for (size_t k = 0; k < 2; k++) {
			(void)snprintf(sin, sizeof(sin), "rv:%s:%#lx",
			    functions[k], every_rv[r]);
			ops_sin(sin);
			ops_sign(&a);
			ops_sin(NULL);
			if (a.end != OPS_ERROR)
				ops_surprise("%s: ended %d", sin, (int)a.end);
			n_pairs++;
		}
	}
	ops_works();
	assert_int_equal(peer_stop(&sins_peer), 0);
	ops_no_surprises();
}

/* ---- lengths ---- */

static void
wrong_lengths_fool_nobody(void **state)
{
	static const char *const functions[] = { "C_GetSlotList",
		"C_GetMechanismList", "C_FindObjects", "C_GetAttributeValue",
		"C_Sign" };
	static const char *const hows[] = { "zero", "less", "more", "huge",
		"none" };
	char sin[64];

	(void)state;
	ops_start(NULL, NULL);
	ops_works();
	for (size_t f = 0; f < 5; f++)
		for (size_t h = 0; h < 10; h++) {
			if (!knows(&in_all, functions[f]))
				continue;
			(void)snprintf(sin, sizeof(sin), "%s:%s:%s",
			    h % 2 == 0 ? "count" : "length", functions[f],
			    hows[h / 2]);
			at_each_op(functions[f], sin);
		}
	assert_int_equal(peer_stop(&sins_peer), 0);
	ops_nothing_lost();
	ops_no_surprises();
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_start_fails),
		cmocka_unit_test(every_function_never_returns),
		cmocka_unit_test(every_function_kills_the_process),
		cmocka_unit_test(every_ckr_of_a_signature),
		cmocka_unit_test(every_function_returns_each_ckr),
		cmocka_unit_test(wrong_lengths_fool_nobody),
	};

	/* A pattern: those tests alone. */
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, setup, teardown);
}
