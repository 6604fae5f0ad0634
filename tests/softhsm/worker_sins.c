/* SPDX-License-Identifier: Apache-2.0 */
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
#include "tests/softhsm/worker_sins.h"

struct peer sins_peer;
uint8_t sins_digest[32];

struct firma_bytes
sins_bytes(const char *s)
{
	return firma_bytes_of(s, strlen(s));
}

/* Start with this sin; armed: at once, else when the file "arm" exists. */
void
sins_start(const char *sin, bool armed, size_t n_lanes)
{
	static char s[64], arm[PATH_MAX + 32], log[PATH_MAX + 32];
	const char *env[] = { s, log, armed ? NULL : arm, NULL };

	(void)snprintf(s, sizeof(s), "FIRMA_BAD_SIN=%s", sin);
	(void)snprintf(log, sizeof(log), "FIRMA_BAD_LOG=%s/log", peer_folder());
	(void)snprintf(arm, sizeof(arm), "FIRMA_BAD_ARM=%s/arm", peer_folder());
	peer_start(&sins_peer, BADMODULE, n_lanes, env, NULL);
}

/* A token with an EC key "key", made by a module that behaves. */
int
sins_setup(void **state)
{
	const struct firma_msg_w_generate m = { .id = sins_bytes("key"),
		.algorithm = FIRMA_KEY_EC_P256 };
	struct firma_msg_w_key k;
	struct firma_msg_w_done done;

	(void)state;
	(void)SHA256((const uint8_t *)"x", 1, sins_digest);
	peer_folder_make();
	sins_start("none", true, 1);
	peer_init(&sins_peer);
	assert_int_equal(
	    peer_login(&sins_peer, PEER_PIN, sins_bytes(""), NULL, NULL),
	    FIRMA_OK);
	peer_call(&sins_peer, FIRMA_MSG_w_generate, &m, FIRMA_MSG_w_key, &k);
	peer_expect(&sins_peer, 0, FIRMA_MSG_w_done, 0, &done);
	assert_int_equal(peer_stop(&sins_peer), 0);
	assert_int_equal(peer_shell("rm log"), 0);
	return 0;
}

int
sins_teardown(void **state)
{
	(void)state;
	if (sins_peer.pid != 0)
		peer_kill(&sins_peer);
	peer_folder_remove();
	return 0;
}

void
sins_arm(void)
{
	peer_file("arm", sins_bytes(""));
}

void
sins_login(void)
{
	assert_int_equal(sins_peer.frame.type, FIRMA_MSG_w_ready);
	assert_int_equal(
	    peer_login(&sins_peer, PEER_PIN, sins_bytes(""), NULL, NULL),
	    FIRMA_OK);
}

int
sins_count(const char *line)
{
	assert_int_equal(
	    peer_shell("touch log; grep -cx '%s' log >count; true", line), 0);
	FIRMA_OWN(firma_buf_done) struct firma_buf b = peer_read("count");
	int n = 0;

	for (size_t i = 0; i < b.len && b.at[i] >= '0' && b.at[i] <= '9'; i++)
		n = n * 10 + (b.at[i] - '0');
	return n;
}

uint64_t
sins_ask_sign(size_t lane)
{
	const struct firma_msg_w_sign m = { .id = sins_bytes("key"),
		.digest = firma_bytes_of(sins_digest, sizeof(sins_digest)) };

	return peer_send(&sins_peer, lane, FIRMA_MSG_w_sign, &m, -1);
}

void
sins_good_signature(size_t lane)
{
	struct firma_msg_w_signature s;

	peer_expect(
	    &sins_peer, lane, FIRMA_MSG_w_signature, sins_ask_sign(lane), &s);
	assert_in_range(s.signature.len, 60, 72);
}
