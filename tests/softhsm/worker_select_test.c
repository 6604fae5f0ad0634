/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which token is served, where the module has several.  The module behind it
 * counts what is presented.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "agent/wire/values.h"
#include "tests/softhsm/worker_sins.h"

/* A further token, as another program makes it. */
static void
add_token(const char *label)
{
	assert_int_equal(
	    peer_shell("SOFTHSM2_CONF=softhsm2.conf softhsm2-util --init-token "
		       "--free --label '%s' --so-pin " PEER_SO_PIN
		       " --pin " PEER_PIN,
		label),
	    0);
}

/* Of the one token with the label, as softhsm2-util tells. */
static void
serial_of(const char *label, char ret[17])
{
	assert_int_equal(
	    peer_shell("SOFTHSM2_CONF=softhsm2.conf softhsm2-util --show-slots "
		       "| awk '/Serial number:/ { s = $3 } /Label:/ && "
		       "$2 == \"%s\" { printf \"%%s\", s }' > serial",
		label),
	    0);
	struct firma_buf b = peer_read("serial");

	assert_int_equal(b.len, 16);
	memcpy(ret, b.at, 16);
	ret[16] = '\0';
	firma_buf_done(&b);
}

static void
start_by(const char *option, const char *value)
{
	char log[300];
	const char *more[] = { option, value, NULL };
	const char *env[] = { log, NULL };

	(void)snprintf(
	    log, sizeof(log), "FIRMA_BAD_LOG=%.250s/log", peer_folder());
	peer_start(&sins_peer, BADMODULE, 1, env, more);
	assert_int_equal(sins_peer.frame.type, FIRMA_MSG_w_ready);
}

static void
probe(struct firma_msg_w_token *ret)
{
	const struct firma_msg_w_probe m = { 0 };

	peer_call(&sins_peer, FIRMA_MSG_w_probe, &m, FIRMA_MSG_w_token, ret);
}

static void
several_that_fit_are_refused(void **state)
{
	static const char *const by[][2] = {
		{ "--label", PEER_LABEL },
		{ "--uri", "pkcs11:token=" PEER_LABEL },
		{ "--uri", "pkcs11:model=SoftHSM%20v2" },
	};
	const struct firma_msg_w_probe m = { 0 };
	struct firma_msg_w_error e;

	(void)state;
	add_token(PEER_LABEL);
	for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
		bool presented = false;

		start_by(by[i][0], by[i][1]);
		assert_int_equal(
		    peer_call_error(&sins_peer, FIRMA_MSG_w_probe, &m),
		    FIRMA_ERR_STATE);
		assert_int_equal(firma_msg_decode(FIRMA_MSG_w_error,
				     sins_peer.frame.payload, &e, NULL),
		    FIRMA_OK);
		assert_non_null(memmem(
		    e.what.at, e.what.len, "several tokens fit, serials", 27));
		assert_int_equal(peer_login(&sins_peer, PEER_PIN,
				     sins_bytes(""), &presented, NULL),
		    FIRMA_ERR_STATE);
		assert_false(presented);
		assert_int_equal(peer_stop(&sins_peer), 0);
	}
	assert_int_equal(sins_count("C_Login"), 0);
}

static void
a_uri_names_one_of_several(void **state)
{
	char uri[128], serial[17];
	struct firma_msg_w_token t;

	(void)state;
	add_token("other");
	add_token("a label");
	serial_of("other", serial);
	start_by("--uri", "pkcs11:token=a%20label;model=SoftHSM%20v2");
	probe(&t);
	assert_true(t.present && firma_str_is(t.label, "a label"));
	assert_int_equal(peer_stop(&sins_peer), 0);
	(void)snprintf(uri, sizeof(uri), "pkcs11:serial=%s", serial);
	start_by("--uri", uri);
	probe(&t);
	assert_true(t.present && firma_str_is(t.label, "other"));
	assert_true(firma_str_is(t.serial, serial));
	assert_int_equal(
	    peer_login(&sins_peer, PEER_PIN, sins_bytes(""), NULL, NULL),
	    FIRMA_OK);
	assert_int_equal(peer_stop(&sins_peer), 0);
	/* None of them: both have to fit. */
	(void)snprintf(
	    uri, sizeof(uri), "pkcs11:token=a%%20label;serial=%s", serial);
	start_by("--uri", uri);
	probe(&t);
	assert_false(t.present);
	assert_int_equal(peer_stop(&sins_peer), 0);
}

/* A blank token fits by all but its label, and gets the one of the URI. */
static void
a_blank_token_gets_the_label_of_its_uri(void **state)
{
	const struct firma_msg_w_init other = { .label =
						    firma_str_of("another") };
	struct firma_msg_w_token t;

	(void)state;
	start_by("--uri", "pkcs11:token=new;model=SoftHSM%20v2");
	probe(&t);
	assert_true(!t.present && t.ck_flags != 0);
	(void)peer_expect_error(&sins_peer, 0,
	    peer_send(&sins_peer, 0, FIRMA_MSG_w_init, &other,
		peer_secret_two(PEER_SO_PIN, PEER_PIN)),
	    FIRMA_ERR_VALUE);
	peer_init(&sins_peer);
	probe(&t);
	assert_true(t.present && firma_str_is(t.label, "new"));
	assert_int_equal(peer_stop(&sins_peer), 0);
}

static void
a_pin_in_a_uri_is_refused(void **state)
{
	const char *more[] = { "--uri", "pkcs11:token=a?pin-value=123456",
		NULL };

	(void)state;
	peer_start(&sins_peer, BADMODULE, 1, NULL, more);
	assert_int_equal(WEXITSTATUS(peer_stop(&sins_peer)), FIRMA_EXIT_USAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SINS_TEST(several_that_fit_are_refused),
		SINS_TEST(a_uri_names_one_of_several),
		SINS_TEST(a_blank_token_gets_the_label_of_its_uri),
		SINS_TEST(a_pin_in_a_uri_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
