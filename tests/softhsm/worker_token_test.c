/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The token process on SoftHSM2: the PIN, and the token that comes and goes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/wire/values.h"
#include "tests/softhsm/worker_steps.h"

/* ---- the PIN ---- */

static void
a_wrong_pin_is_presented_once(void **state)
{
	const struct firma_msg_w_logout out = { 0 };
	struct firma_msg_w_done done;
	bool presented = false;
	uint8_t hash[32], again[32];

	(void)state;
	peer_call(&p, FIRMA_MSG_w_logout, &out, FIRMA_MSG_w_done, &done);
	assert_int_equal(peer_login(&p, "000000", bytes(""), &presented, hash),
	    FIRMA_ERR_PIN);
	assert_true(presented);
	/* The same one again is not presented. */
	assert_int_equal(peer_login(&p, "000000", firma_bytes_of(hash, 32),
			     &presented, again),
	    FIRMA_ERR_PIN_REPEATED);
	assert_false(presented);
	/* Another one is. */
	assert_int_equal(peer_login(&p, PEER_PIN, firma_bytes_of(hash, 32),
			     &presented, again),
	    FIRMA_OK);
	assert_true(presented);
	assert_memory_not_equal(hash, again, 32);
	/* Logged in: nothing is read or presented. */
	assert_int_equal(
	    peer_login(&p, "000000", bytes(""), &presented, again), FIRMA_OK);
	assert_false(presented);
}

static void
a_pin_of_wrong_length_is_not_presented(void **state)
{
	const struct firma_msg_w_logout out = { 0 };
	struct firma_msg_w_done done;
	bool presented = true;
	char longest[400];

	(void)state;
	peer_call(&p, FIRMA_MSG_w_logout, &out, FIRMA_MSG_w_done, &done);
	assert_int_equal(peer_login(&p, "1", bytes(""), &presented, NULL),
	    FIRMA_ERR_PIN_FORMAT);
	assert_false(presented);
	memset(longest, '1', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	presented = true;
	assert_int_equal(peer_login(&p, longest, bytes(""), &presented, NULL),
	    FIRMA_ERR_PIN_FORMAT);
	assert_false(presented);
}

static void
nobody_enters_a_pin(void **state)
{
	static const uint8_t salt[16] = { 1 };
	const struct firma_msg_w_login m = { .salt = { salt, sizeof(salt) },
		.iterations = 1000 };
	const struct firma_msg_w_logout out = { 0 };
	const struct firma_msg_w_present no = { .go = 0 };
	struct firma_msg_w_presenting presenting;
	struct firma_msg_w_done done;
	struct firma_msg_w_token t;
	const struct firma_msg_w_probe probe = { 0 };
	unsigned int asked;
	int pair[2];

	(void)state;
	peer_call(&p, FIRMA_MSG_w_logout, &out, FIRMA_MSG_w_done, &done);
	/* Closed without a word. */
	(void)peer_expect_error(&p, 0,
	    peer_send(&p, 0, FIRMA_MSG_w_login, &m, peer_secret("", 0)),
	    FIRMA_ERR_CANCELLED);
	/* Open, and silent: the deadline. */
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	peer_send_as(&p, 0, FIRMA_MSG_w_login, &m, pair[1], 1000, 100);
	(void)peer_expect_error(&p, 0, 1000, FIRMA_ERR_DEADLINE);
	(void)close(pair[0]);
	asked = p.n_asking;
	/* The agent says no; what came meanwhile is answered afterwards. */
	peer_send_as(&p, 0, FIRMA_MSG_w_login, &m,
	    peer_secret(PEER_PIN, strlen(PEER_PIN)), 1001, 0);
	peer_expect(&p, 0, FIRMA_MSG_w_presenting, 1001, &presenting);
	/* The person's time began, and was over. */
	assert_int_equal(p.n_asking, asked + 2);
	peer_send_as(&p, 0, FIRMA_MSG_w_probe, &probe, -1, 1002, 0);
	peer_send_as(&p, 0, FIRMA_MSG_w_present, &no, -1, 1001, 0);
	(void)peer_expect_error(&p, 0, 1001, FIRMA_ERR_CANCELLED);
	peer_expect(&p, 0, FIRMA_MSG_w_token, 1002, &t);
	assert_int_equal(t.present, 1);
	assert_int_equal(t.logged_in, 0);
}

static void
locked_means_pin_needed(void **state)
{
	const struct firma_msg_w_sign s = { .id = bytes("key"),
		.digest = digest_of(DOCUMENT) };
	const struct firma_msg_w_generate g = { .id = bytes("new"),
		.algorithm = FIRMA_KEY_EC_P256 };
	const struct firma_msg_w_logout out = { 0 };
	struct firma_msg_w_done done;
	struct firma_msg_w_key k;

	(void)state;
	generate("key", FIRMA_KEY_EC_P256, &k);
	sign_and_verify(1, "key");
	peer_call(&p, FIRMA_MSG_w_logout, &out, FIRMA_MSG_w_done, &done);
	for (size_t lane = 0; lane < 2; lane++)
		(void)peer_expect_error(&p, lane,
		    peer_send(&p, lane, FIRMA_MSG_w_sign, &s, -1),
		    FIRMA_ERR_PIN_NEEDED);
	assert_int_equal(peer_call_error(&p, FIRMA_MSG_w_generate, &g),
	    FIRMA_ERR_PIN_NEEDED);
	/* The public half still shows that there is a key. */
	assert_int_equal(peer_find(&p, bytes("key")), 1);
	assert_int_equal(
	    peer_login(&p, PEER_PIN, bytes(""), NULL, NULL), FIRMA_OK);
	sign_and_verify(1, "key");
	sign_and_verify(0, "key");
}

/* ---- another PIN ---- */

static void
log_out(void)
{
	const struct firma_msg_w_logout m = { 0 };
	struct firma_msg_w_done done;

	peer_call(&p, FIRMA_MSG_w_logout, &m, FIRMA_MSG_w_done, &done);
}

static const uint8_t terms_salt[16] = { 4 };

static enum firma_err
change(const char *old_pin, const char *new_pin, bool *ret_presented)
{
	const struct firma_msg_w_change_pin m = { .salt = { terms_salt, 16 },
		.iterations = 1000 };

	return peer_present(&p, FIRMA_MSG_w_change_pin, &m,
	    peer_secret_two(old_pin, new_pin), ret_presented, NULL);
}

static void
a_pin_is_changed(void **state)
{
	bool presented;

	(void)state;
	/* Logged in already: the old one counts all the same. */
	assert_int_equal(change("000000", "654321", &presented), FIRMA_ERR_PIN);
	assert_true(presented);
	/* A new one that the token cannot take: nothing is presented. */
	assert_int_equal(
	    change(PEER_PIN, "1", &presented), FIRMA_ERR_PIN_FORMAT);
	assert_false(presented);
	assert_int_equal(change(PEER_PIN, "654321", &presented), FIRMA_OK);
	log_out();
	assert_int_equal(
	    peer_login(&p, "654321", bytes(""), &presented, NULL), FIRMA_OK);
	assert_true(presented);
	/* Back again, while nobody is logged in. */
	log_out();
	assert_int_equal(change("654321", PEER_PIN, &presented), FIRMA_OK);
	assert_int_equal(
	    peer_login(&p, PEER_PIN, bytes(""), &presented, NULL), FIRMA_OK);
}

static void
the_so_pin_unblocks(void **state)
{
	const struct firma_msg_w_unblock m = { .salt = { terms_salt, 16 },
		.iterations = 1000 };
	bool presented;
	struct firma_msg_w_key k;

	(void)state;
	generate("key", FIRMA_KEY_EC_P256, &k);
	sign_and_verify(1, "key");
	assert_int_equal(
	    peer_present(&p, FIRMA_MSG_w_unblock, &m,
		peer_secret_two("00000000", "654321"), &presented, NULL),
	    FIRMA_ERR_PIN);
	assert_true(presented);
	assert_false(p.was_accepted);
	assert_int_equal(
	    peer_present(&p, FIRMA_MSG_w_unblock, &m,
		peer_secret_two(PEER_SO_PIN, "1"), &presented, NULL),
	    FIRMA_ERR_PIN_FORMAT);
	assert_false(presented);
	/* While lanes have sessions; it logs out. */
	assert_int_equal(
	    peer_present(&p, FIRMA_MSG_w_unblock, &m,
		peer_secret_two(PEER_SO_PIN, "654321"), &presented, NULL),
	    FIRMA_OK);
	assert_true(p.was_accepted);
	assert_int_equal(
	    peer_login(&p, "654321", bytes(""), &presented, NULL), FIRMA_OK);
	assert_true(presented);
	sign_and_verify(1, "key");
	sign_and_verify(0, "key");
}

/* ---- the token ---- */

static void
absent_blank_and_found_again(void **state)
{
	static const uint8_t salt[16] = { 3 };
	const struct firma_msg_w_probe probe = { 0 };
	const struct firma_msg_w_init init = { .label = { NULL, 0 } };
	uint8_t hash[32];
	bool presented;
	const struct firma_msg_w_init erase = { .salt = { salt, sizeof(salt) },
		.iterations = 1000,
		.flags = FIRMA_INIT_ERASE };
	struct firma_msg_w_token t;
	struct firma_msg_w_key k;

	(void)state;
	peer_call(&p, FIRMA_MSG_w_probe, &probe, FIRMA_MSG_w_token, &t);
	assert_int_equal(t.present, 1);
	assert_int_equal(t.logged_in, 1);
	assert_true(firma_str_is(t.label, PEER_LABEL));
	assert_int_not_equal(t.max_pin, 0);
	generate("key", FIRMA_KEY_EC_P256, &k);
	/* Not blank: refused, and nothing is lost. */
	(void)peer_expect_error(&p, 0,
	    peer_send(&p, 0, FIRMA_MSG_w_init, &init,
		peer_secret_two(PEER_SO_PIN, PEER_PIN)),
	    FIRMA_ERR_EXISTS);
	sign_and_verify(2, "key");
	/* Erased on the operator's word, even while lanes have sessions. */
	assert_int_equal(
	    peer_present(&p, FIRMA_MSG_w_init, &erase,
		peer_secret_two("00000000", PEER_PIN), &presented, hash),
	    FIRMA_ERR_PIN);
	assert_true(presented);
	assert_false(p.was_accepted);
	const struct firma_msg_w_init again = { .salt = { salt, sizeof(salt) },
		.iterations = 1000,
		.refused = { hash, sizeof(hash) },
		.flags = FIRMA_INIT_ERASE };

	assert_int_equal(
	    peer_present(&p, FIRMA_MSG_w_init, &again,
		peer_secret_two("00000000", PEER_PIN), &presented, NULL),
	    FIRMA_ERR_PIN_REPEATED);
	assert_false(presented);
	assert_int_equal(
	    peer_present(&p, FIRMA_MSG_w_init, &again,
		peer_secret_two(PEER_SO_PIN, "654321"), &presented, NULL),
	    FIRMA_OK);
	assert_true(p.was_accepted);
	assert_int_equal(
	    peer_login(&p, "654321", bytes(""), NULL, NULL), FIRMA_OK);
	assert_int_equal(peer_find(&p, bytes("")), 0);
	generate("key2", FIRMA_KEY_EC_P256, &k);
	sign_and_verify(2, "key2");
	assert_int_equal(peer_stop(&p), 0);

	static const char *const nowhere[] = { "--label", "nowhere", NULL };
	const struct firma_msg_w_sign s = { .id = bytes("key"),
		.digest = digest_of(DOCUMENT) };

	peer_start(&p, NULL, 1, NULL, nowhere);
	peer_call(&p, FIRMA_MSG_w_probe, &probe, FIRMA_MSG_w_token, &t);
	assert_int_equal(t.present, 0);
	/* SoftHSM2 always has a blank one to offer: it is told of. */
	assert_int_not_equal(t.ck_flags, 0);
	assert_int_equal(
	    peer_call_error(&p, FIRMA_MSG_w_sign, &s), FIRMA_ERR_TOKEN_GONE);
}

static void
found_by_serial_and_by_slot(void **state)
{
	const struct firma_msg_w_probe probe = { 0 };
	struct firma_msg_w_token t;
	struct firma_msg_w_key k;
	char serial[65], slot[24];
	const char *by_serial[] = { "--serial", serial, "--spin-us", "50",
		NULL };
	const char *by_slot[] = { "--slot", slot, NULL };
	const char *const *const by[] = { by_serial, by_slot };

	(void)state;
	generate("key", FIRMA_KEY_EC_P256, &k);
	peer_call(&p, FIRMA_MSG_w_probe, &probe, FIRMA_MSG_w_token, &t);
	firma_str_copy(t.serial, serial, sizeof(serial));
	/* SoftHSM2 makes the slot's number from the end of the serial. */
	(void)snprintf(slot, sizeof(slot), "%lu",
	    strtoul(serial + strlen(serial) - 8, NULL, 16) & 0x7fffffff);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(peer_stop(&p), 0);
		peer_start(&p, NULL, 2, NULL, by[i]);
		peer_call(&p, FIRMA_MSG_w_probe, &probe, FIRMA_MSG_w_token, &t);
		assert_int_equal(t.present, 1);
		assert_true(firma_str_is(t.label, PEER_LABEL));
		assert_int_equal(
		    peer_login(&p, PEER_PIN, bytes(""), NULL, NULL), FIRMA_OK);
		sign_and_verify(0, "key");
		sign_and_verify(1, "key");
	}
}

static void
a_missing_module_is_told(void **state)
{
	(void)state;
	assert_int_equal(peer_stop(&p), 0);
	peer_start(&p, "/nonexistent.so", 1, NULL, NULL);
	struct firma_msg_w_error e;

	assert_int_equal(p.frame.type, FIRMA_MSG_w_error);
	assert_int_equal(
	    firma_msg_decode(FIRMA_MSG_w_error, p.frame.payload, &e, NULL),
	    FIRMA_OK);
	assert_int_equal(e.err, FIRMA_ERR_TOKEN_MODULE);
	assert_int_equal(WEXITSTATUS(peer_stop(&p)), FIRMA_EXIT_TOKEN);
}

static void
wrong_requests_are_refused(void **state)
{
	const struct firma_msg_w_sign s = { .id = bytes("key"),
		.digest = bytes("short") };
	const struct firma_msg_w_probe probe = { 0 };
	const struct firma_msg_w_ready odd = { .version = 1 };
	const struct firma_msg_w_login login = { .iterations = 1 };
	const struct firma_msg_w_import import = { .id = bytes("key"),
		.algorithm = FIRMA_KEY_EC_P256 };
	const struct firma_msg_w_init init = { .flags = FIRMA_INIT_ERASE };

	(void)state;
	/* What must bring a descriptor does not wait for one. */
	assert_int_equal(
	    peer_call_error(&p, FIRMA_MSG_w_import, &import), FIRMA_ERR_SHAPE);
	assert_int_equal(
	    peer_call_error(&p, FIRMA_MSG_w_init, &init), FIRMA_ERR_SHAPE);
	assert_int_equal(
	    peer_call_error(&p, FIRMA_MSG_w_sign, &s), FIRMA_ERR_VALUE);
	assert_int_equal(peer_call_error(&p, FIRMA_MSG_w_ready, &odd),
	    FIRMA_ERR_NOT_SUPPORTED);
	/* A further lane signs and does nothing else. */
	(void)peer_expect_error(&p, 1,
	    peer_send(&p, 1, FIRMA_MSG_w_probe, &probe, -1),
	    FIRMA_ERR_NOT_SUPPORTED);
	(void)peer_expect_error(&p, 1,
	    peer_send(&p, 1, FIRMA_MSG_w_login, &login,
		peer_secret(PEER_PIN, strlen(PEER_PIN))),
	    FIRMA_ERR_NOT_SUPPORTED);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_wrong_pin_is_presented_once),
		T(a_pin_of_wrong_length_is_not_presented),
		T(nobody_enters_a_pin),
		T(locked_means_pin_needed),
		T(a_pin_is_changed),
		T(the_so_pin_unblocks),
		T(absent_blank_and_found_again),
		T(found_by_serial_and_by_slot),
		T(a_missing_module_is_told),
		T(wrong_requests_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
