/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the token process gives up, and what a module cannot make it do.
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

/* ---- what the process gives up ---- */

static void
no_programs_and_no_network(void **state)
{
	(void)state;
	sins_start("exec", true, 1);
	sins_login();
	sins_good_signature(0);
	assert_int_equal(sins_count("exec: EPERM"), 1);
	assert_int_equal(sins_count("exec: worked"), 0);
	assert_int_equal(peer_stop(&sins_peer), 0);
	sins_start("connect", true, 2);
	sins_login();
	sins_good_signature(1); /* a further thread is bound too */
	assert_int_equal(sins_count("connect inet: EPERM"), 1);
	assert_int_equal(sins_count("connect inet6: EPERM"), 1);
	assert_int_equal(sins_count("connect packet: EPERM"), 1);
	/* pcscd is reached by a Unix socket. */
	assert_int_equal(sins_count("connect unix: worked"), 1);
	assert_int_equal(peer_stop(&sins_peer), 0);
}

/* The value of a line of /proc/PID/status, or of another file there. */
static bool
proc_has(const char *file, const char *pattern)
{
	return peer_shell("grep -Eq '%s' /proc/%d/%s", pattern,
		   (int)sins_peer.pid, file) == 0;
}

static void
privileges_are_given_up(void **state)
{
	(void)state;
	sins_start("none", true, 2);
	sins_login();
	assert_true(proc_has("status", "^NoNewPrivs:.1$"));
	assert_true(proc_has("status", "^Seccomp:.2$"));
	assert_true(proc_has("status", "^Umask:.0077$"));
	assert_true(proc_has("limits", "^Max core file size +0 +0 "));
	/* No descriptor but 0-4 and what the module opened by itself. */
	assert_int_equal(peer_shell("ls -l /proc/%d/fd >fds; ! grep -E "
				    "' ([5-9]|[1-9][0-9]+) -> ' fds | grep -vE "
				    "'/tokens/|socket:|eventpoll|urandom'",
			     (int)sins_peer.pid),
	    0);
	assert_int_equal(peer_stop(&sins_peer), 0);
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
	sins_start("none", true, 1);
	peer_run_as(0);
	assert_int_equal(sins_peer.frame.type, FIRMA_MSG_w_ready);
	assert_int_equal(
	    peer_login(&sins_peer, PEER_PIN, sins_bytes(""), NULL, NULL),
	    FIRMA_OK);
	assert_int_equal(peer_shell("grep -q '^Uid:.%u' /proc/%d/status",
			     (unsigned)uid, (int)sins_peer.pid),
	    0);
	assert_int_equal(peer_shell("test $(stat -c %%u /proc/%d/mem) = 0",
			     (int)sins_peer.pid),
	    0);
	if (uid == nobody)
		assert_int_not_equal(
		    peer_shell("setpriv --reuid=65534 --regid=65534 "
			       "--clear-groups cat /proc/%d/environ",
			(int)sins_peer.pid),
		    0);
	assert_int_equal(peer_stop(&sins_peer), 0);
}

/* What a module writes to descriptor 1 goes to the log, not to the agent. */
static void
stdout_is_not_a_lane(void **state)
{
	(void)state;
	sins_start("stdout", true, 1);
	sins_login();
	sins_good_signature(0);
	assert_int_equal(peer_stop(&sins_peer), 0);
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
	sins_start("cant-lock", true, 2);
	sins_login();
	for (size_t i = 0; i < 4; i++)
		for (size_t lane = 0; lane < 2; lane++)
			id[lane][i] = sins_ask_sign(lane);
	for (size_t lane = 0; lane < 2; lane++)
		for (size_t i = 0; i < 4; i++) {
			struct firma_msg_w_signature s;

			peer_expect(&sins_peer, lane, FIRMA_MSG_w_signature,
			    id[lane][i], &s);
		}
	peer_call(
	    &sins_peer, FIRMA_MSG_w_logout, &out, FIRMA_MSG_w_done, &done);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	const uint64_t waiting =
	    peer_send(&sins_peer, 0, FIRMA_MSG_w_login, &l, pair[1]);

	(void)peer_expect_error(
	    &sins_peer, 1, sins_ask_sign(1), FIRMA_ERR_PIN_NEEDED);
	(void)close(pair[0]);
	(void)peer_expect_error(&sins_peer, 0, waiting, FIRMA_ERR_CANCELLED);
	assert_int_equal(peer_stop(&sins_peer), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SINS_TEST(no_programs_and_no_network),
		SINS_TEST(privileges_are_given_up),
		SINS_TEST(memory_is_not_readable),
		SINS_TEST(stdout_is_not_a_lane),
		SINS_TEST(a_module_without_locks_is_served),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
