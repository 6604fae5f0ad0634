/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The token process with a module that misbehaves (tests/badmodule), and what
 * the process itself gives up.
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
#include "tests/softhsm/worker_peer.h"

#define SILENT_MS 400 /* that long without an answer counts as "hangs" */

static struct peer p;
static uint8_t digest[32];

static struct firma_bytes
bytes(const char *s)
{
	return firma_bytes_of(s, strlen(s));
}

/* Start with this sin; armed: at once, else when the file "arm" exists. */
static void
start(const char *sin, bool armed, size_t n_lanes)
{
	static char s[64], arm[PATH_MAX + 32], log[PATH_MAX + 32];
	const char *env[] = { s, log, armed ? NULL : arm, NULL };

	(void)snprintf(s, sizeof(s), "FIRMA_BAD_SIN=%s", sin);
	(void)snprintf(log, sizeof(log), "FIRMA_BAD_LOG=%s/log", peer_folder());
	(void)snprintf(arm, sizeof(arm), "FIRMA_BAD_ARM=%s/arm", peer_folder());
	peer_start(&p, BADMODULE, n_lanes, env, NULL);
}

/* A token with an EC key "key", made by a module that behaves. */
static int
setup(void **state)
{
	const struct firma_msg_w_generate m = { .id = bytes("key"),
		.algorithm = FIRMA_KEY_EC_P256 };
	struct firma_msg_w_key k;
	struct firma_msg_w_done done;

	(void)state;
	peer_folder_make();
	start("none", true, 1);
	peer_init(&p);
	assert_int_equal(
	    peer_login(&p, PEER_PIN, bytes(""), NULL, NULL), FIRMA_OK);
	peer_call(&p, FIRMA_MSG_w_generate, &m, FIRMA_MSG_w_key, &k);
	peer_expect(&p, 0, FIRMA_MSG_w_done, 0, &done);
	assert_int_equal(peer_stop(&p), 0);
	assert_int_equal(peer_shell("rm log"), 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	if (p.pid != 0)
		peer_kill(&p);
	peer_folder_remove();
	return 0;
}

static void
arm(void)
{
	peer_file("arm", bytes(""));
}

static void
login(void)
{
	assert_int_equal(p.frame.type, FIRMA_MSG_w_ready);
	assert_int_equal(
	    peer_login(&p, PEER_PIN, bytes(""), NULL, NULL), FIRMA_OK);
}

static int
count(const char *line)
{
	assert_int_equal(
	    peer_shell("touch log; grep -cx '%s' log >count; true", line), 0);
	FIRMA_OWN(firma_buf_done) struct firma_buf b = peer_read("count");
	int n = 0;

	for (size_t i = 0; i < b.len && b.at[i] >= '0' && b.at[i] <= '9'; i++)
		n = n * 10 + (b.at[i] - '0');
	return n;
}

static uint64_t
ask_sign(size_t lane)
{
	const struct firma_msg_w_sign m = { .id = bytes("key"),
		.sha256 = firma_bytes_of(digest, sizeof(digest)) };

	return peer_send(&p, lane, FIRMA_MSG_w_sign, &m, -1);
}

static void
good_signature(size_t lane)
{
	struct firma_msg_w_signature s;

	peer_expect(&p, lane, FIRMA_MSG_w_signature, ask_sign(lane), &s);
	assert_in_range(s.signature.len, 60, 72);
}

/* ---- hangs and crashes: the agent's answer is SIGKILL ---- */

static void
a_module_that_hangs_is_killed(void **state)
{
	(void)state;
	start("hang-sign", false, 2);
	login();
	good_signature(0);
	good_signature(1);
	arm();
	(void)ask_sign(1);
	assert_false(peer_take(&p, 1, SILENT_MS));
	/* SoftHSM2 is free meanwhile: lane 0 still answers. */
	const struct firma_msg_w_probe probe = { 0 };
	struct firma_msg_w_token t;

	peer_call(&p, FIRMA_MSG_w_probe, &probe, FIRMA_MSG_w_token, &t);
	assert_int_equal(t.present, 1);
	peer_kill(&p);
}

static void
hanging_elsewhere(void **state)
{
	const struct firma_msg_w_generate g = { .id = bytes("new"),
		.algorithm = FIRMA_KEY_EC_P256 };

	(void)state;
	start("hang-generate", true, 1);
	login();
	(void)peer_send(&p, 0, FIRMA_MSG_w_generate, &g, -1);
	assert_false(peer_take(&p, 0, SILENT_MS));
	peer_kill(&p);
	start("none", true, 1);
	login();
	assert_int_equal(peer_find(&p, bytes("new")), 0);
	assert_int_equal(peer_stop(&p), 0);
}

/* The agent goes while the module hangs: another lane's end is noticed. */
static void
the_end_of_lane_0_is_the_end(void **state)
{
	(void)state;
	start("hang-sign", false, 2);
	login();
	arm();
	(void)ask_sign(1);
	assert_false(peer_take(&p, 1, SILENT_MS));
	/* peer_stop() closes our ends and waits. */
	assert_int_equal(peer_stop(&p), 0);
}

static void
crashes_are_seen(void **state)
{
	(void)state;
	start("crash-sign", false, 1);
	login();
	arm();
	(void)ask_sign(0);
	assert_false(peer_take(&p, 0, 10000));
	assert_int_not_equal(peer_stop(&p), 0);
	start("crash-init", true, 1);
	assert_int_equal(p.frame.type, 0);
	assert_int_not_equal(peer_stop(&p), 0);
}

static void
a_key_made_before_a_crash_is_found(void **state)
{
	const struct firma_msg_w_generate g = { .id = bytes("new"),
		.algorithm = FIRMA_KEY_EC_P256 };
	static const struct {
		const char *sin;
		size_t n;
	} list[] = { { "crash-generate", 0 }, { "crash-generated", 1 } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		start(list[i].sin, true, 1);
		login();
		(void)peer_send(&p, 0, FIRMA_MSG_w_generate, &g, -1);
		assert_false(peer_take(&p, 0, 10000));
		(void)peer_stop(&p);
		start("none", true, 1);
		login();
		assert_int_equal(peer_find(&p, bytes("new")), list[i].n);
		assert_int_equal(peer_stop(&p), 0);
	}
	/* It is not made again. */
	start("none", true, 1);
	login();
	assert_int_equal(
	    peer_call_error(&p, FIRMA_MSG_w_generate, &g), FIRMA_ERR_EXISTS);
	assert_int_equal(peer_stop(&p), 0);
	assert_int_equal(count("C_GenerateKeyPair"), 2);
}

static void
a_failing_start_is_told(void **state)
{
	struct firma_msg_w_error e;

	(void)state;
	start("error-init", true, 1);
	assert_int_equal(p.frame.type, FIRMA_MSG_w_error);
	assert_int_equal(
	    firma_msg_decode(FIRMA_MSG_w_error, p.frame.payload, &e, NULL),
	    FIRMA_OK);
	assert_int_equal(e.err, FIRMA_ERR_TOKEN_MODULE);
	assert_int_equal(e.cause_kind, FIRMA_CAUSE_CKR);
	assert_int_equal(e.cause_code, CKR_GENERAL_ERROR);
	assert_int_equal(WEXITSTATUS(peer_stop(&p)), FIRMA_EXIT_TOKEN);
}

/* ---- errors and lies ---- */

static void
errors_keep_their_ckr(void **state)
{
	(void)state;
	start("error-sign", false, 1);
	login();
	good_signature(0);
	arm();
	for (int i = 0; i < 3; i++)
		assert_int_equal(peer_expect_error(
				     &p, 0, ask_sign(0), FIRMA_ERR_TOKEN_ERROR),
		    CKR_DEVICE_ERROR);
	assert_int_equal(peer_shell("rm arm"), 0);
	good_signature(0);
	assert_int_equal(peer_stop(&p), 0);
}

/* Pulled out and put back: an error, and then it works again. */
static void
a_removed_token_comes_back(void **state)
{
	const struct firma_msg_w_probe probe = { 0 };
	struct firma_msg_w_token t;

	(void)state;
	start("removed-sign", false, 2);
	login();
	good_signature(1);
	arm();
	assert_int_equal(
	    peer_expect_error(&p, 1, ask_sign(1), FIRMA_ERR_TOKEN_GONE),
	    CKR_DEVICE_REMOVED);
	assert_int_equal(peer_shell("rm arm"), 0);
	peer_call(&p, FIRMA_MSG_w_probe, &probe, FIRMA_MSG_w_token, &t);
	assert_int_equal(t.present, 1);
	good_signature(1);
	good_signature(0);
	assert_int_equal(peer_stop(&p), 0);
}

/* Only one session is void: it is opened again, within the same request. */
static void
a_lost_session_is_opened_again(void **state)
{
	(void)state;
	start("session-lost", false, 2);
	login();
	good_signature(0);
	good_signature(1);
	arm();
	good_signature(1);
	good_signature(1);
	good_signature(0);
	assert_int_equal(count("C_Sign"), 5);
	assert_int_equal(peer_stop(&p), 0);
}

/* Put back while nobody looked: the next unlock works at the first try. */
static void
after_putting_back_one_unlock_is_enough(void **state)
{
	static const uint8_t subject[] = "\x30\x0c\x31\x0a\x30\x08\x06\x03\x55"
					 "\x04\x03\x0c\x01x";
	const struct firma_msg_w_request r = { .id = bytes("key"),
		.subject = firma_bytes_of(subject, sizeof(subject) - 1) };
	struct firma_msg_w_der der;
	bool presented = false;

	(void)state;
	start("reinserted", false, 2);
	login();
	good_signature(1);
	peer_call(&p, FIRMA_MSG_w_request, &r, FIRMA_MSG_w_der, &der);
	arm();
	assert_int_equal(
	    peer_login(&p, PEER_PIN, bytes(""), &presented, NULL), FIRMA_OK);
	assert_true(presented);
	good_signature(0);
	good_signature(1);
	peer_call(&p, FIRMA_MSG_w_request, &r, FIRMA_MSG_w_der, &der);
	assert_int_equal(peer_stop(&p), 0);
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
	peer_start(&p, opensc, 2, NULL, NULL);
	assert_int_equal(p.frame.type, FIRMA_MSG_w_ready);
	for (int i = 0; i < 2; i++) {
		peer_call(&p, FIRMA_MSG_w_probe, &probe, FIRMA_MSG_w_token, &t);
		assert_int_equal(t.present, 0);
	}
	(void)peer_expect_error(&p, 1, ask_sign(1), FIRMA_ERR_TOKEN_GONE);
	assert_int_equal(peer_stop(&p), 0);
}

static void
lies_about_signatures_are_refused(void **state)
{
	static const char *const sins[] = { "wrong-length", "zero-signature" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		start(sins[i], true, 1);
		login();
		(void)peer_expect_error(
		    &p, 0, ask_sign(0), FIRMA_ERR_TOKEN_ERROR);
		assert_int_equal(peer_stop(&p), 0);
	}
}

static void
keys_that_ask_each_time_are_told(void **state)
{
	const struct firma_msg_w_cms m = { .id = bytes("key"),
		.sha256 = firma_bytes_of(digest, sizeof(digest)),
		.signing_time = 1 };

	(void)state;
	start("always-authenticate", true, 1);
	login();
	(void)peer_expect_error(&p, 0, ask_sign(0), FIRMA_ERR_PIN_NEEDED);
	assert_int_not_equal(
	    peer_call_error(&p, FIRMA_MSG_w_cms, &m), FIRMA_OK);
	assert_int_equal(count("C_Sign"), 0);
	assert_int_equal(peer_stop(&p), 0);
}

static void
what_the_token_says_is_passed_on(void **state)
{
	const struct firma_msg_w_probe probe = { 0 };
	const struct firma_msg_w_find find = { .id = bytes("key") };
	struct firma_msg_w_token t;
	struct firma_msg_w_key k;
	struct firma_msg_w_done done;

	(void)state;
	/* msg_decode() takes only valid UTF-8: it arrives clean. */
	start("garbage-text", true, 1);
	peer_call(&p, FIRMA_MSG_w_probe, &probe, FIRMA_MSG_w_token, &t);
	assert_true(firma_str_is(t.model, "?[31m?( model"));
	assert_int_equal(peer_stop(&p), 0);
	/* A missing proof is not made up. */
	start("no-proof", true, 1);
	login();
	peer_call(&p, FIRMA_MSG_w_find, &find, FIRMA_MSG_w_key, &k);
	assert_int_equal(k.flags & FIRMA_KEYFLAG_PROOF,
	    FIRMA_KEYFLAG_LOCAL | FIRMA_KEYFLAG_ALWAYS_SENSITIVE);
	peer_expect(&p, 0, FIRMA_MSG_w_done, 0, &done);
	assert_int_equal(peer_stop(&p), 0);
}

static void
a_full_token_and_one_that_takes_no_keys(void **state)
{
	/* EC P-256, the key 1 and its point: the curve's generator. */
	static const uint8_t one[] =
	    "\0\0\0\4\0\x20"
	    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"
	    "\0\x41\4"
	    "\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2"
	    "\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96"
	    "\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16"
	    "\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5";
	const struct firma_msg_w_import m = { .id = bytes("imported"),
		.algorithm = FIRMA_KEY_EC_P256 };
	const struct firma_msg_w_generate g = { .id = bytes("new"),
		.algorithm = FIRMA_KEY_EC_P256 };

	(void)state;
	start("no-import", true, 1);
	login();
	assert_int_equal(peer_expect_error(&p, 0,
			     peer_send(&p, 0, FIRMA_MSG_w_import, &m,
				 peer_secret(one, sizeof(one) - 1)),
			     FIRMA_ERR_TOKEN_NO_IMPORT),
	    CKR_FUNCTION_NOT_SUPPORTED);
	/* And the public half that went first is gone again. */
	assert_int_equal(peer_find(&p, bytes("imported")), 0);
	assert_int_equal(count("C_CreateObject"), 2);
	assert_int_equal(peer_stop(&p), 0);
	start("full", true, 1);
	login();
	assert_int_equal(peer_call_error(&p, FIRMA_MSG_w_generate, &g),
	    FIRMA_ERR_TOKEN_FULL);
	assert_int_equal(peer_expect_error(&p, 0,
			     peer_send(&p, 0, FIRMA_MSG_w_import, &m,
				 peer_secret(one, sizeof(one) - 1)),
			     FIRMA_ERR_TOKEN_FULL),
	    CKR_DEVICE_MEMORY);
	assert_int_equal(peer_stop(&p), 0);
}

/* ---- the PIN ---- */

static void
a_wrong_pin_is_one_c_login(void **state)
{
	uint8_t hash[32];
	bool presented;

	(void)state;
	start("none", true, 1);
	assert_int_equal(peer_login(&p, "999999", bytes(""), &presented, hash),
	    FIRMA_ERR_PIN);
	assert_int_equal(count("C_Login"), 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    peer_login(&p, "999999", firma_bytes_of(hash, 32),
			&presented, NULL),
		    FIRMA_ERR_PIN_REPEATED);
	assert_int_equal(count("C_Login"), 1);
	assert_int_equal(peer_stop(&p), 0);
	/* Not even by another process. */
	start("none", true, 1);
	assert_int_equal(peer_login(&p, "999999", firma_bytes_of(hash, 32),
			     &presented, NULL),
	    FIRMA_ERR_PIN_REPEATED);
	(void)ask_sign(0);
	assert_true(peer_take(&p, 0, 10000));
	assert_int_equal(count("C_Login"), 1);
	assert_int_equal(peer_stop(&p), 0);
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
	start("flag-locked", true, 1);
	assert_int_equal(peer_login(&p, PEER_PIN, bytes(""), &presented, NULL),
	    FIRMA_ERR_PIN_LOCKED);
	assert_false(presented);
	assert_int_equal(peer_stop(&p), 0);
	start("flag-final-try", true, 1);
	assert_int_equal(peer_login(&p, PEER_PIN, bytes(""), &presented, NULL),
	    FIRMA_ERR_PIN_LAST_TRY);
	assert_false(presented);
	assert_int_equal(count("C_Login"), 0);
	/* On the operator's word it is presented. */
	const uint64_t id = peer_send(&p, 0, FIRMA_MSG_w_login, &last,
	    peer_secret(PEER_PIN, strlen(PEER_PIN)));

	peer_expect(&p, 0, FIRMA_MSG_w_presenting, id, &m);
	assert_int_not_equal(m.ck_flags & CKF_USER_PIN_FINAL_TRY, 0);
	peer_send_as(&p, 0, FIRMA_MSG_w_present, &go, -1, id, 0);
	peer_expect(&p, 0, FIRMA_MSG_w_done, id, &done);
	assert_int_equal(done.count, 1);
	assert_int_equal(count("C_Login"), 1);
	assert_int_equal(peer_stop(&p), 0);
	start("pin-locked", true, 1);
	assert_int_equal(peer_login(&p, PEER_PIN, bytes(""), &presented, NULL),
	    FIRMA_ERR_PIN_LOCKED);
	assert_int_equal(peer_stop(&p), 0);
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
	start("pinpad", true, 1);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ours), 0);
	const uint64_t id = peer_send(&p, 0, FIRMA_MSG_w_login, &l, ours[1]);

	peer_expect(&p, 0, FIRMA_MSG_w_presenting, id, &m);
	assert_int_equal(m.pin_hash.len, 0);
	peer_send_as(&p, 0, FIRMA_MSG_w_present, &go, -1, id, 0);
	peer_expect(&p, 0, FIRMA_MSG_w_done, id, &done);
	good_signature(0);
	(void)close(ours[0]);
	assert_int_equal(peer_stop(&p), 0);
}

/* ---- what the process gives up ---- */

static void
no_programs_and_no_network(void **state)
{
	(void)state;
	start("exec", true, 1);
	login();
	good_signature(0);
	assert_int_equal(count("exec: EPERM"), 1);
	assert_int_equal(count("exec: worked"), 0);
	assert_int_equal(peer_stop(&p), 0);
	start("connect", true, 2);
	login();
	good_signature(1); /* a further thread is bound too */
	assert_int_equal(count("connect inet: EPERM"), 1);
	assert_int_equal(count("connect inet6: EPERM"), 1);
	assert_int_equal(count("connect packet: EPERM"), 1);
	/* pcscd is reached by a Unix socket. */
	assert_int_equal(count("connect unix: worked"), 1);
	assert_int_equal(peer_stop(&p), 0);
}

/* The value of a line of /proc/PID/status, or of another file there. */
static bool
proc_has(const char *file, const char *pattern)
{
	return peer_shell(
		   "grep -Eq '%s' /proc/%d/%s", pattern, (int)p.pid, file) == 0;
}

static void
privileges_are_given_up(void **state)
{
	(void)state;
	start("none", true, 2);
	login();
	assert_true(proc_has("status", "^NoNewPrivs:.1$"));
	assert_true(proc_has("status", "^Seccomp:.2$"));
	assert_true(proc_has("status", "^Umask:.0077$"));
	assert_true(proc_has("limits", "^Max core file size +0 +0 "));
	/* No descriptor but 0-4 and what the module opened by itself. */
	assert_int_equal(peer_shell("ls -l /proc/%d/fd >fds; ! grep -E "
				    "' ([5-9]|[1-9][0-9]+) -> ' fds | grep -vE "
				    "'/tokens/|socket:|eventpoll|urandom'",
			     (int)p.pid),
	    0);
	assert_int_equal(peer_stop(&p), 0);
}

/*
 * Not dumpable: its files in /proc belong to root, not to its own user, so that
 * not even that user's other processes may look into it.  As root the test runs
 * the process as another user, because for root's own nothing would show.
 */
static void
memory_is_not_readable(void **state)
{
	const uid_t nobody = 65534, uid = getuid() == 0 ? nobody : getuid();

	(void)state;
	if (getuid() == 0) {
		if (peer_shell("setpriv --reuid=65534 --regid=65534 "
			       "--clear-groups test -x '%s' -a -r '%s'",
			TOKEN_PROCESS, BADMODULE) != 0) {
			print_message("skipped: user %u cannot execute %s\n",
			    (unsigned)uid, TOKEN_PROCESS);
			skip();
		}
		assert_int_equal(
		    peer_shell("chmod 755 . && chown -R 65534 tokens log "
			       "softhsm2.conf 2>/dev/null; true"),
		    0);
		peer_run_as(uid);
	}
	start("none", true, 1);
	peer_run_as(0);
	assert_int_equal(p.frame.type, FIRMA_MSG_w_ready);
	assert_int_equal(
	    peer_login(&p, PEER_PIN, bytes(""), NULL, NULL), FIRMA_OK);
	assert_int_equal(peer_shell("grep -q '^Uid:.%u' /proc/%d/status",
			     (unsigned)uid, (int)p.pid),
	    0);
	assert_int_equal(
	    peer_shell("test $(stat -c %%u /proc/%d/mem) = 0", (int)p.pid), 0);
	if (uid == nobody)
		assert_int_not_equal(
		    peer_shell("setpriv --reuid=65534 --regid=65534 "
			       "--clear-groups cat /proc/%d/environ",
			(int)p.pid),
		    0);
	assert_int_equal(peer_stop(&p), 0);
}

/* What a module writes to descriptor 1 goes to the log, not to the agent. */
static void
stdout_is_not_a_lane(void **state)
{
	(void)state;
	start("stdout", true, 1);
	login();
	good_signature(0);
	assert_int_equal(peer_stop(&p), 0);
}

/* One call at a time, and a person at the keyboard does not block the rest. */
static void
a_module_without_locks_is_served(void **state)
{
	static const uint8_t salt[16] = { 1 };
	const struct firma_msg_w_login l = { .salt = { salt, 16 },
		.iterations = 1000 };
	const struct firma_msg_w_logout out = { 0 };
	struct firma_msg_w_done done;
	uint64_t id[2][4];
	int pair[2];

	(void)state;
	start("cant-lock", true, 2);
	login();
	for (size_t i = 0; i < 4; i++)
		for (size_t lane = 0; lane < 2; lane++)
			id[lane][i] = ask_sign(lane);
	for (size_t lane = 0; lane < 2; lane++)
		for (size_t i = 0; i < 4; i++) {
			struct firma_msg_w_signature s;

			peer_expect(
			    &p, lane, FIRMA_MSG_w_signature, id[lane][i], &s);
		}
	peer_call(&p, FIRMA_MSG_w_logout, &out, FIRMA_MSG_w_done, &done);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	const uint64_t waiting =
	    peer_send(&p, 0, FIRMA_MSG_w_login, &l, pair[1]);

	(void)peer_expect_error(&p, 1, ask_sign(1), FIRMA_ERR_PIN_NEEDED);
	(void)close(pair[0]);
	(void)peer_expect_error(&p, 0, waiting, FIRMA_ERR_CANCELLED);
	assert_int_equal(peer_stop(&p), 0);
}

int
main(void)
{
	(void)SHA256((const uint8_t *)"x", 1, digest);
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_module_that_hangs_is_killed),
		T(hanging_elsewhere),
		T(the_end_of_lane_0_is_the_end),
		T(crashes_are_seen),
		T(a_key_made_before_a_crash_is_found),
		T(a_failing_start_is_told),
		T(errors_keep_their_ckr),
		T(a_removed_token_comes_back),
		T(a_lost_session_is_opened_again),
		T(after_putting_back_one_unlock_is_enough),
		T(opensc_without_a_card_is_absent),
		T(lies_about_signatures_are_refused),
		T(keys_that_ask_each_time_are_told),
		T(what_the_token_says_is_passed_on),
		T(a_full_token_and_one_that_takes_no_keys),
		T(a_wrong_pin_is_one_c_login),
		T(flags_veto_a_presentation),
		T(a_keypad_takes_no_pin_from_us),
		T(no_programs_and_no_network),
		T(privileges_are_given_up),
		T(memory_is_not_readable),
		T(stdout_is_not_a_lane),
		T(a_module_without_locks_is_served),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
