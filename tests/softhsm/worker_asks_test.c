/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that ask for their PIN at each signature, and a PIN that is kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "agent/base/own.h"
#include "agent/wire/values.h"
#include "tests/softhsm/worker_sins.h"

/* A request in w_with_pin; fd is taken, -1: the PIN that is kept. */
static enum firma_err
with_pin_fd(enum firma_msg_type type, const void *msg, int fd,
    struct firma_bytes refused, bool *ret_presented, uint8_t ret_hash[32])
{
	static const uint8_t salt[16] = { 5 };
	FIRMA_OWN(firma_buf_done) struct firma_buf request = { 0 };
	struct firma_msg_w_with_pin m = { .salt = { salt, 16 },
		.iterations = 1000,
		.refused = refused,
		.type = (uint32_t)type };

	assert_int_equal(firma_msg_encode(type, msg, &request), FIRMA_OK);
	m.request = firma_buf_view(&request);
	return peer_present(
	    &sins_peer, FIRMA_MSG_w_with_pin, &m, fd, ret_presented, ret_hash);
}

static enum firma_err
with_pin(enum firma_msg_type type, const void *msg, const char *pin,
    bool *ret_presented)
{
	return with_pin_fd(type, msg, peer_secret(pin, strlen(pin)),
	    sins_bytes(""), ret_presented, NULL);
}

/*
 * The module refuses C_Sign unless C_SignInit and the login with the PIN came
 * right before it.
 */
static void
a_key_that_asks_each_time(void **state)
{
	static const uint8_t subject[] = "\x30\x0c\x31\x0a\x30\x08\x06\x03\x55"
					 "\x04\x03\x0c\x01x";
	const struct firma_msg_w_sign s = { .id = sins_bytes("key"),
		.digest = firma_bytes_of(sins_digest, sizeof(sins_digest)) };
	const struct firma_msg_w_request q = { .id = sins_bytes("key"),
		.digest = 32,
		.subject = firma_bytes_of(subject, sizeof(subject) - 1) };
	const struct firma_msg_w_find other = { .id = sins_bytes("key") };
	uint8_t hash[32];
	bool presented;

	(void)state;
	sins_start("always-authenticate", true, 2);
	sins_login();
	/* Without its PIN: told, and nothing is begun. */
	for (size_t lane = 0; lane < 2; lane++)
		(void)peer_expect_error(&sins_peer, lane, sins_ask_sign(lane),
		    FIRMA_ERR_PIN_NEEDED);
	assert_int_equal(peer_call_error(&sins_peer, FIRMA_MSG_w_request, &q),
	    FIRMA_ERR_PIN_NEEDED);
	assert_int_equal(sins_count("C_Sign"), 0);
	assert_int_equal(sins_count("C_Login"), 1);

	assert_int_equal(
	    with_pin(FIRMA_MSG_w_sign, &s, PEER_PIN, &presented), FIRMA_OK);
	assert_true(presented && sins_peer.was_accepted);
	assert_int_equal(sins_peer.frame.type, FIRMA_MSG_w_signature);
	/* The request's signature is verified by the process itself. */
	assert_int_equal(
	    with_pin(FIRMA_MSG_w_request, &q, PEER_PIN, &presented), FIRMA_OK);
	assert_int_equal(sins_peer.frame.type, FIRMA_MSG_w_der);
	assert_int_equal(sins_count("C_Sign"), 2);
	assert_int_equal(sins_count("C_Login"), 3);

	/* A wrong one: presented once, nothing is signed, and then it works. */
	assert_int_equal(
	    with_pin_fd(FIRMA_MSG_w_sign, &s, peer_secret("999999", 6),
		sins_bytes(""), &presented, hash),
	    FIRMA_ERR_PIN);
	assert_true(presented);
	assert_false(sins_peer.was_accepted);
	assert_int_equal(
	    with_pin_fd(FIRMA_MSG_w_request, &q, peer_secret("999999", 6),
		firma_bytes_of(hash, 32), &presented, NULL),
	    FIRMA_ERR_PIN_REPEATED);
	assert_false(presented);
	assert_int_equal(sins_count("C_Sign"), 2);
	assert_int_equal(sins_count("C_Login"), 4);
	assert_int_equal(
	    with_pin(FIRMA_MSG_w_request, &q, PEER_PIN, &presented), FIRMA_OK);
	/* Nothing else than a signature, and no PIN that is not kept. */
	assert_int_equal(with_pin(FIRMA_MSG_w_find, &other, PEER_PIN, NULL),
	    FIRMA_ERR_VALUE);
	assert_int_equal(with_pin_fd(FIRMA_MSG_w_sign, &s, -1, sins_bytes(""),
			     &presented, NULL),
	    FIRMA_ERR_PIN_NEEDED);
	assert_int_equal(sins_count("C_Login"), 5);
	assert_int_equal(peer_stop(&sins_peer), 0);

	/* A key that does not ask is not given one. */
	sins_start("none", true, 1);
	sins_login();
	assert_int_equal(with_pin(FIRMA_MSG_w_sign, &s, PEER_PIN, &presented),
	    FIRMA_ERR_STATE);
	assert_false(presented);
	assert_int_equal(peer_stop(&sins_peer), 0);
}

static void
log_out(void)
{
	const struct firma_msg_w_logout m = { 0 };
	struct firma_msg_w_done done;

	peer_call(&sins_peer, FIRMA_MSG_w_logout, &m, FIRMA_MSG_w_done, &done);
}

/* fd -1: the PIN that is kept. */
static enum firma_err
login_keep(int fd, uint32_t flags, bool *ret_presented)
{
	static const uint8_t salt[16] = { 5 };
	const struct firma_msg_w_login m = {
		.salt = { salt, 16 }, .iterations = 1000, .flags = flags
	};

	return peer_present(
	    &sins_peer, FIRMA_MSG_w_login, &m, fd, ret_presented, NULL);
}

static void
a_pin_is_kept_only_when_asked_for(void **state)
{
	const struct firma_msg_w_sign s = { .id = sins_bytes("key"),
		.digest = firma_bytes_of(sins_digest, sizeof(sins_digest)) };
	const int n = (int)strlen(PEER_PIN);
	bool presented;

	(void)state;
	sins_start("reinserted", false, 1);
	sins_login();
	sins_arm();
	assert_int_equal(
	    login_keep(-1, FIRMA_LOGIN_KEEP, &presented), FIRMA_ERR_PIN_NEEDED);
	assert_false(presented);
	assert_int_equal(peer_stop(&sins_peer), 0);

	/* Kept: put back, it is presented once more, without a person. */
	assert_int_equal(peer_shell("rm arm"), 0);
	sins_start("reinserted", false, 1);
	assert_int_equal(login_keep(peer_secret(PEER_PIN, (size_t)n),
			     FIRMA_LOGIN_KEEP, &presented),
	    FIRMA_OK);
	sins_arm();
	assert_int_equal(
	    login_keep(-1, FIRMA_LOGIN_KEEP, &presented), FIRMA_OK);
	assert_true(presented);
	sins_good_signature(0);
	/* A logout wipes it. */
	log_out();
	assert_int_equal(
	    login_keep(-1, FIRMA_LOGIN_KEEP, &presented), FIRMA_ERR_PIN_NEEDED);
	assert_int_equal(peer_stop(&sins_peer), 0);

	/* It serves for signatures too. */
	assert_int_equal(peer_shell("rm arm"), 0);
	sins_start("always-authenticate", true, 1);
	assert_int_equal(login_keep(peer_secret(PEER_PIN, (size_t)n),
			     FIRMA_LOGIN_KEEP, &presented),
	    FIRMA_OK);
	for (int i = 0; i < 2; i++)
		assert_int_equal(with_pin_fd(FIRMA_MSG_w_sign, &s, -1,
				     sins_bytes(""), &presented, NULL),
		    FIRMA_OK);
	assert_int_equal(peer_stop(&sins_peer), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SINS_TEST(a_key_that_asks_each_time),
		SINS_TEST(a_pin_is_kept_only_when_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
