/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The token process with a module that misbehaves (tests/badmodule).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <limits.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/own.h"
#include "agent/pki/algorithm.h"
#include "agent/wire/values.h"
#include "pkcs11/worker/cryptoki.h"
#include "tests/softhsm/worker_sins.h"

#define SILENT_MS 400 /* that long without an answer counts as "hangs" */

/* ---- hangs and crashes: the agent's answer is SIGKILL ---- */

static void
a_module_that_hangs_is_killed(void **state)
{
	(void)state;
	sins_start("hang-sign", false, 2);
	sins_login();
	sins_good_signature(0);
	sins_good_signature(1);
	sins_arm();
	(void)sins_ask_sign(1);
	assert_false(peer_take(&sins_peer, 1, SILENT_MS));
	/* SoftHSM2 is free meanwhile: lane 0 still answers. */
	const struct firma_msg_w_probe probe = { 0 };
	struct firma_msg_w_token t;

	peer_call(&sins_peer, FIRMA_MSG_w_probe, &probe, FIRMA_MSG_w_token, &t);
	assert_int_equal(t.present, 1);
	peer_kill(&sins_peer);
}

static void
hanging_elsewhere(void **state)
{
	const struct firma_msg_w_generate g = { .id = sins_bytes("new"),
		.algorithm = FIRMA_KEY_EC_P256 };

	(void)state;
	sins_start("hang-generate", true, 1);
	sins_login();
	(void)peer_send(&sins_peer, 0, FIRMA_MSG_w_generate, &g, -1);
	assert_false(peer_take(&sins_peer, 0, SILENT_MS));
	peer_kill(&sins_peer);
	sins_start("none", true, 1);
	sins_login();
	assert_int_equal(peer_find(&sins_peer, sins_bytes("new")), 0);
	assert_int_equal(peer_stop(&sins_peer), 0);
}

/* The agent goes while the module hangs: another lane's end is noticed. */
static void
the_end_of_lane_0_is_the_end(void **state)
{
	(void)state;
	sins_start("hang-sign", false, 2);
	sins_login();
	sins_arm();
	(void)sins_ask_sign(1);
	assert_false(peer_take(&sins_peer, 1, SILENT_MS));
	/* peer_stop() closes our ends and waits. */
	assert_int_equal(peer_stop(&sins_peer), 0);
}

static void
crashes_are_seen(void **state)
{
	(void)state;
	sins_start("crash-sign", false, 1);
	sins_login();
	sins_arm();
	(void)sins_ask_sign(0);
	assert_false(peer_take(&sins_peer, 0, 10000));
	assert_int_not_equal(peer_stop(&sins_peer), 0);
	sins_start("crash-init", true, 1);
	assert_int_equal(sins_peer.frame.type, 0);
	assert_int_not_equal(peer_stop(&sins_peer), 0);
}

static void
a_key_made_before_a_crash_is_found(void **state)
{
	const struct firma_msg_w_generate g = { .id = sins_bytes("new"),
		.algorithm = FIRMA_KEY_EC_P256 };
	static const struct {
		const char *sin;
		size_t n;
	} list[] = { { "crash-generate", 0 }, { "crash-generated", 1 } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		sins_start(list[i].sin, true, 1);
		sins_login();
		(void)peer_send(&sins_peer, 0, FIRMA_MSG_w_generate, &g, -1);
		assert_false(peer_take(&sins_peer, 0, 10000));
		(void)peer_stop(&sins_peer);
		sins_start("none", true, 1);
		sins_login();
		assert_int_equal(
		    peer_find(&sins_peer, sins_bytes("new")), list[i].n);
		assert_int_equal(peer_stop(&sins_peer), 0);
	}
	/* It is not made again. */
	sins_start("none", true, 1);
	sins_login();
	assert_int_equal(peer_call_error(&sins_peer, FIRMA_MSG_w_generate, &g),
	    FIRMA_ERR_EXISTS);
	assert_int_equal(peer_stop(&sins_peer), 0);
	assert_int_equal(sins_count("C_GenerateKeyPair"), 2);
}

static void
a_failing_start_is_told(void **state)
{
	struct firma_msg_w_error e;

	(void)state;
	sins_start("error-init", true, 1);
	assert_int_equal(sins_peer.frame.type, FIRMA_MSG_w_error);
	assert_int_equal(firma_msg_decode(FIRMA_MSG_w_error,
			     sins_peer.frame.payload, &e, NULL),
	    FIRMA_OK);
	assert_int_equal(e.err, FIRMA_ERR_TOKEN_MODULE);
	assert_int_equal(e.cause_kind, FIRMA_CAUSE_CKR);
	assert_int_equal(e.cause_code, CKR_GENERAL_ERROR);
	assert_int_equal(WEXITSTATUS(peer_stop(&sins_peer)), FIRMA_EXIT_TOKEN);
}

/*
 * A card that was out for a moment that its reader did not see: the module goes
 * on from what it remembers, the card does not.  No PIN is presented, and the
 * process makes way for one that connects anew.
 */
static void
a_deaf_token_is_shown_no_pin(void **state)
{
	bool presented = true;

	(void)state;
	sins_start("rv:C_GenerateRandom:0x5", true, 1);
	assert_int_equal(
	    peer_login(&sins_peer, PEER_PIN, sins_bytes(""), &presented, NULL),
	    FIRMA_ERR_TOKEN_ERROR);
	assert_false(presented);
	assert_false(peer_take(&sins_peer, 0, 10000));
	assert_int_not_equal(peer_stop(&sins_peer), 0);
	assert_int_equal(sins_count("C_Login"), 0);
	/* One that has no random octets says so; that is an answer. */
	sins_start("rv:C_GenerateRandom:0x121", true, 1);
	sins_login();
	sins_good_signature(0);
	assert_int_equal(peer_stop(&sins_peer), 0);
}

/* ---- errors and lies ---- */

static void
errors_keep_their_ckr(void **state)
{
	(void)state;
	sins_start("error-sign", false, 1);
	sins_login();
	sins_good_signature(0);
	sins_arm();
	for (int i = 0; i < 3; i++)
		assert_int_equal(peer_expect_error(&sins_peer, 0,
				     sins_ask_sign(0), FIRMA_ERR_TOKEN_ERROR),
		    CKR_DEVICE_ERROR);
	assert_int_equal(peer_shell("rm arm"), 0);
	sins_good_signature(0);
	assert_int_equal(peer_stop(&sins_peer), 0);
}

/* Pulled out and put back: an error, and then it works again. */
static void
a_removed_token_comes_back(void **state)
{
	const struct firma_msg_w_probe probe = { 0 };
	struct firma_msg_w_token t;

	(void)state;
	sins_start("removed-sign", false, 2);
	sins_login();
	sins_good_signature(1);
	sins_arm();
	assert_int_equal(peer_expect_error(&sins_peer, 1, sins_ask_sign(1),
			     FIRMA_ERR_TOKEN_GONE),
	    CKR_DEVICE_REMOVED);
	assert_int_equal(peer_shell("rm arm"), 0);
	peer_call(&sins_peer, FIRMA_MSG_w_probe, &probe, FIRMA_MSG_w_token, &t);
	assert_int_equal(t.present, 1);
	sins_good_signature(1);
	sins_good_signature(0);
	assert_int_equal(peer_stop(&sins_peer), 0);
}

/* Only one session is void: it is opened again, within the same request. */
static void
a_lost_session_is_opened_again(void **state)
{
	(void)state;
	sins_start("session-lost", false, 2);
	sins_login();
	sins_good_signature(0);
	sins_good_signature(1);
	sins_arm();
	sins_good_signature(1);
	sins_good_signature(1);
	sins_good_signature(0);
	assert_int_equal(sins_count("C_Sign"), 5);
	assert_int_equal(peer_stop(&sins_peer), 0);
}

/* Put back while nobody looked: the next unlock works at the first try. */
static void
after_putting_back_one_unlock_is_enough(void **state)
{
	static const uint8_t subject[] = "\x30\x0c\x31\x0a\x30\x08\x06\x03\x55"
					 "\x04\x03\x0c\x01x";
	const struct firma_msg_w_request r = { .id = sins_bytes("key"),
		.digest = 32,
		.subject = firma_bytes_of(subject, sizeof(subject) - 1) };
	struct firma_msg_w_der der;
	bool presented = false;

	(void)state;
	sins_start("reinserted", false, 2);
	sins_login();
	sins_good_signature(1);
	peer_call(&sins_peer, FIRMA_MSG_w_request, &r, FIRMA_MSG_w_der, &der);
	sins_arm();
	assert_int_equal(
	    peer_login(&sins_peer, PEER_PIN, sins_bytes(""), &presented, NULL),
	    FIRMA_OK);
	assert_true(presented);
	sins_good_signature(0);
	sins_good_signature(1);
	peer_call(&sins_peer, FIRMA_MSG_w_request, &r, FIRMA_MSG_w_der, &der);
	assert_int_equal(peer_stop(&sins_peer), 0);
}

/* OpenSC without a reader: nothing there, and no error. */
static void
opensc_without_a_card_is_absent(void **state)
{
	static const char opensc[] =
	    "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so";
	const struct firma_msg_w_probe probe = { 0 };
	struct firma_msg_w_token t;

	(void)state;
	if (access(opensc, R_OK) != 0) {
		print_message("skipped: no OpenSC\n");
		skip();
	}
	peer_start(&sins_peer, opensc, 2, NULL, NULL);
	assert_int_equal(sins_peer.frame.type, FIRMA_MSG_w_ready);
	for (int i = 0; i < 2; i++) {
		peer_call(&sins_peer, FIRMA_MSG_w_probe, &probe,
		    FIRMA_MSG_w_token, &t);
		assert_int_equal(t.present, 0);
	}
	(void)peer_expect_error(
	    &sins_peer, 1, sins_ask_sign(1), FIRMA_ERR_TOKEN_GONE);
	assert_int_equal(peer_stop(&sins_peer), 0);
}

/* One flipped bit of it gives away the key. */
static void
a_faulty_rsa_signature_stays(void)
{
	const struct firma_msg_w_generate g = { .id = sins_bytes("rsa"),
		.algorithm = FIRMA_KEY_RSA_2048 };
	const struct firma_msg_w_sign m = { .id = sins_bytes("rsa"),
		.digest = firma_bytes_of(sins_digest, 32) };
	struct firma_msg_w_signature s;
	struct firma_msg_w_done done;
	struct firma_msg_w_key k;

	sins_start("wrong-signature", false, 2);
	sins_login();
	peer_call(&sins_peer, FIRMA_MSG_w_generate, &g, FIRMA_MSG_w_key, &k);
	peer_expect(&sins_peer, 0, FIRMA_MSG_w_done, 0, &done);
	for (size_t lane = 0; lane < 2; lane++) {
		peer_file("arm", sins_bytes(""));
		(void)peer_expect_error(&sins_peer, lane,
		    peer_send(&sins_peer, lane, FIRMA_MSG_w_sign, &m, -1),
		    FIRMA_ERR_TOKEN_ERROR);
		assert_int_equal(peer_shell("rm arm"), 0);
		peer_expect(&sins_peer, lane, FIRMA_MSG_w_signature,
		    peer_send(&sins_peer, lane, FIRMA_MSG_w_sign, &m, -1), &s);
		assert_int_equal(s.signature.len, 256);
	}
	assert_int_equal(peer_stop(&sins_peer), 0);
}

static void
lies_about_signatures_are_refused(void **state)
{
	static const char *const sins[] = { "wrong-length", "zero-signature" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		sins_start(sins[i], true, 1);
		sins_login();
		(void)peer_expect_error(
		    &sins_peer, 0, sins_ask_sign(0), FIRMA_ERR_TOKEN_ERROR);
		assert_int_equal(peer_stop(&sins_peer), 0);
	}
	a_faulty_rsa_signature_stays();
}

/* How many of the calls that were traced have this name; "": all of them. */
static size_t
traced(const char *name)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = peer_read("trace");
	const size_t len = strlen(name);
	const uint8_t *end = b.at + b.len, *nl;
	size_t n = 0;

	for (const uint8_t *p = b.at;
	     p < end && (nl = memchr(p, '\n', (size_t)(end - p))) != NULL;
	     p = nl + 1)
		n += len == 0 ||
		    ((size_t)(nl - p) == len && memcmp(p, name, len) == 0);
	return n;
}

static void
a_key_that_signed_is_not_looked_for(void **state)
{
	static char trace[PATH_MAX + 32];
	const char *env[] = { trace, NULL };
	struct firma_msg_w_done done;
	struct firma_msg_w_key k;
	char id[32];

	(void)state;
	(void)snprintf(
	    trace, sizeof(trace), "FIRMA_BAD_TRACE=%s/trace", peer_folder());
	peer_start(&sins_peer, BADMODULE, 2, env, NULL);
	sins_login();
	for (int i = 0; i < 50; i++) {
		(void)snprintf(id, sizeof(id), "other %d", i);
		const struct firma_msg_w_generate g = { .id = sins_bytes(id),
			.algorithm = FIRMA_KEY_EC_P256 };

		peer_call(
		    &sins_peer, FIRMA_MSG_w_generate, &g, FIRMA_MSG_w_key, &k);
		peer_expect(&sins_peer, 0, FIRMA_MSG_w_done, 0, &done);
	}
	for (size_t lane = 0; lane < 2; lane++) {
		sins_good_signature(lane);
		peer_file("trace", sins_bytes(""));
		for (int i = 0; i < 100; i++)
			sins_good_signature(lane);
		assert_int_equal(traced("C_SignInit"), 100);
		assert_int_equal(traced("C_Sign"), 100);
		assert_int_equal(traced(""), 200);
	}
	assert_int_equal(peer_stop(&sins_peer), 0);
}

static void
what_the_token_says_is_passed_on(void **state)
{
	const struct firma_msg_w_probe probe = { 0 };
	const struct firma_msg_w_find find = { .id = sins_bytes("key") };
	struct firma_msg_w_token t;
	struct firma_msg_w_key k;
	struct firma_msg_w_done done;

	(void)state;
	/* msg_decode() takes only valid UTF-8: it arrives clean. */
	sins_start("garbage-text", true, 1);
	peer_call(&sins_peer, FIRMA_MSG_w_probe, &probe, FIRMA_MSG_w_token, &t);
	assert_true(firma_str_is(t.model, "?[31m?( model"));
	assert_int_equal(peer_stop(&sins_peer), 0);
	/* A missing proof is not made up. */
	sins_start("no-proof", true, 1);
	sins_login();
	peer_call(&sins_peer, FIRMA_MSG_w_find, &find, FIRMA_MSG_w_key, &k);
	assert_int_equal(k.flags & FIRMA_KEYFLAG_PROOF,
	    FIRMA_KEYFLAG_LOCAL | FIRMA_KEYFLAG_ALWAYS_SENSITIVE);
	peer_expect(&sins_peer, 0, FIRMA_MSG_w_done, 0, &done);
	assert_int_equal(peer_stop(&sins_peer), 0);
}

static void
a_full_token_and_one_that_takes_no_keys(void **state)
{
	const struct firma_msg_w_import m = { .id = sins_bytes("imported"),
		.algorithm = FIRMA_KEY_EC_P256 };
	const struct firma_msg_w_generate g = { .id = sins_bytes("new"),
		.algorithm = FIRMA_KEY_EC_P256 };

	(void)state;
	sins_start("no-import", true, 1);
	sins_login();
	assert_int_equal(peer_expect_error(&sins_peer, 0,
			     peer_send(&sins_peer, 0, FIRMA_MSG_w_import, &m,
				 peer_secret(PEER_P256, sizeof(PEER_P256) - 1)),
			     FIRMA_ERR_TOKEN_NO_IMPORT),
	    CKR_FUNCTION_NOT_SUPPORTED);
	/* And the public half that went first is gone again. */
	assert_int_equal(peer_find(&sins_peer, sins_bytes("imported")), 0);
	assert_int_equal(sins_count("C_CreateObject"), 2);
	assert_int_equal(peer_stop(&sins_peer), 0);
	sins_start("full", true, 1);
	sins_login();
	assert_int_equal(peer_call_error(&sins_peer, FIRMA_MSG_w_generate, &g),
	    FIRMA_ERR_TOKEN_FULL);
	assert_int_equal(peer_expect_error(&sins_peer, 0,
			     peer_send(&sins_peer, 0, FIRMA_MSG_w_import, &m,
				 peer_secret(PEER_P256, sizeof(PEER_P256) - 1)),
			     FIRMA_ERR_TOKEN_FULL),
	    CKR_DEVICE_MEMORY);
	assert_int_equal(peer_stop(&sins_peer), 0);
}

/* ---- the PIN ---- */

static void
a_wrong_pin_is_one_c_login(void **state)
{
	uint8_t hash[32];
	bool presented;

	(void)state;
	sins_start("none", true, 1);
	assert_int_equal(
	    peer_login(&sins_peer, "999999", sins_bytes(""), &presented, hash),
	    FIRMA_ERR_PIN);
	assert_int_equal(sins_count("C_Login"), 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    peer_login(&sins_peer, "999999", firma_bytes_of(hash, 32),
			&presented, NULL),
		    FIRMA_ERR_PIN_REPEATED);
	assert_int_equal(sins_count("C_Login"), 1);
	assert_int_equal(peer_stop(&sins_peer), 0);
	/* Not even by another process. */
	sins_start("none", true, 1);
	assert_int_equal(peer_login(&sins_peer, "999999",
			     firma_bytes_of(hash, 32), &presented, NULL),
	    FIRMA_ERR_PIN_REPEATED);
	(void)sins_ask_sign(0);
	assert_true(peer_take(&sins_peer, 0, 10000));
	assert_int_equal(sins_count("C_Login"), 1);
	assert_int_equal(peer_stop(&sins_peer), 0);
}

static void
flags_veto_a_presentation(void **state)
{
	static const uint8_t salt[16] = { 1 };
	const struct firma_msg_w_login last = { .salt = { salt, 16 },
		.iterations = 1000,
		.flags = FIRMA_UNLOCK_LAST_TRY };
	const struct firma_msg_w_present go = { .go = 1 };
	struct firma_msg_w_presenting m;
	struct firma_msg_w_done done;
	bool presented = true;

	(void)state;
	sins_start("flag-locked", true, 1);
	assert_int_equal(
	    peer_login(&sins_peer, PEER_PIN, sins_bytes(""), &presented, NULL),
	    FIRMA_ERR_PIN_LOCKED);
	assert_false(presented);
	assert_int_equal(peer_stop(&sins_peer), 0);
	sins_start("flag-final-try", true, 1);
	assert_int_equal(
	    peer_login(&sins_peer, PEER_PIN, sins_bytes(""), &presented, NULL),
	    FIRMA_ERR_PIN_LAST_TRY);
	assert_false(presented);
	assert_int_equal(sins_count("C_Login"), 0);
	/* On the operator's word it is presented. */
	const uint64_t id = peer_send(&sins_peer, 0, FIRMA_MSG_w_login, &last,
	    peer_secret(PEER_PIN, strlen(PEER_PIN)));

	peer_expect(&sins_peer, 0, FIRMA_MSG_w_presenting, id, &m);
	assert_int_not_equal(m.ck_flags & CKF_USER_PIN_FINAL_TRY, 0);
	peer_send_as(&sins_peer, 0, FIRMA_MSG_w_present, &go, -1, id, 0);
	peer_expect(&sins_peer, 0, FIRMA_MSG_w_done, id, &done);
	assert_int_equal(done.count, 1);
	assert_int_equal(sins_count("C_Login"), 1);
	assert_int_equal(peer_stop(&sins_peer), 0);
	sins_start("pin-locked", true, 1);
	assert_int_equal(
	    peer_login(&sins_peer, PEER_PIN, sins_bytes(""), &presented, NULL),
	    FIRMA_ERR_PIN_LOCKED);
	assert_int_equal(peer_stop(&sins_peer), 0);
}

static void
a_keypad_takes_no_pin_from_us(void **state)
{
	static const uint8_t salt[16] = { 1 };
	const struct firma_msg_w_login l = { .salt = { salt, 16 },
		.iterations = 1000 };
	const struct firma_msg_w_present go = { .go = 1 };
	struct firma_msg_w_presenting m;
	struct firma_msg_w_done done;
	int ours[2];

	(void)state;
	sins_start("pinpad", true, 1);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ours), 0);
	const uint64_t id =
	    peer_send(&sins_peer, 0, FIRMA_MSG_w_login, &l, ours[1]);

	peer_expect(&sins_peer, 0, FIRMA_MSG_w_presenting, id, &m);
	assert_int_equal(m.pin_hash.len, 0);
	peer_send_as(&sins_peer, 0, FIRMA_MSG_w_present, &go, -1, id, 0);
	peer_expect(&sins_peer, 0, FIRMA_MSG_w_done, id, &done);
	sins_good_signature(0);
	(void)close(ours[0]);
	assert_int_equal(peer_stop(&sins_peer), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SINS_TEST(a_module_that_hangs_is_killed),
		SINS_TEST(hanging_elsewhere),
		SINS_TEST(the_end_of_lane_0_is_the_end),
		SINS_TEST(crashes_are_seen),
		SINS_TEST(a_key_made_before_a_crash_is_found),
		SINS_TEST(a_failing_start_is_told),
		SINS_TEST(a_deaf_token_is_shown_no_pin),
		SINS_TEST(errors_keep_their_ckr),
		SINS_TEST(a_removed_token_comes_back),
		SINS_TEST(a_lost_session_is_opened_again),
		SINS_TEST(after_putting_back_one_unlock_is_enough),
		SINS_TEST(opensc_without_a_card_is_absent),
		SINS_TEST(lies_about_signatures_are_refused),
		SINS_TEST(a_key_that_signed_is_not_looked_for),
		SINS_TEST(what_the_token_says_is_passed_on),
		SINS_TEST(a_full_token_and_one_that_takes_no_keys),
		SINS_TEST(a_wrong_pin_is_one_c_login),
		SINS_TEST(flags_veto_a_presentation),
		SINS_TEST(a_keypad_takes_no_pin_from_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
