/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/wire/values.h"
#include "pkcs11/worker/login.h"

static struct firma_bytes
bytes(const char *s)
{
	return firma_bytes_of(s, strlen(s));
}

/* Published vectors of PBKDF2-HMAC-SHA256 with these inputs (32 octets). */
static void
the_hash_is_pbkdf2(void **state)
{
	uint8_t hash[FIRMA_PIN_HASH];
	char hex[2 * FIRMA_PIN_HASH + 1];

	(void)state;
	assert_int_equal(
	    firma_pin_hash(bytes("passwordPASSWORDpassword"),
		bytes("saltSALTsaltSALTsaltSALTsaltSALTsalt"), 4096, hash),
	    FIRMA_OK);
	firma_hex(firma_bytes_of(hash, sizeof(hash)), hex);
	assert_string_equal(hex,
	    "348c89dbcbd32b2f32d814b8116e84cf2b17347ebc1800181c4e2a1fb8dd53e1");
}

static void
the_hash_has_limits(void **state)
{
	uint8_t hash[FIRMA_PIN_HASH];
	static const struct {
		const char *salt;
		uint32_t iterations;
	} list[] = { { "saltsalt", 0 },
		{ "saltsalt", FIRMA_PIN_ITERATIONS_MAX + 1 }, { "salt", 1000 },
		{ "", 1000 } };

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		assert_int_equal(
		    firma_pin_hash(bytes("1234"), bytes(list[i].salt),
			list[i].iterations, hash),
		    FIRMA_ERR_VALUE);
}

static void
the_length_is_the_tokens(void **state)
{
	const CK_TOKEN_INFO info = { .ulMinPinLen = 4, .ulMaxPinLen = 8 };
	const CK_TOKEN_INFO open = { .ulMinPinLen = 0, .ulMaxPinLen = 0 };

	(void)state;
	assert_int_equal(
	    firma_pin_fits(bytes("123"), &info, NULL), FIRMA_ERR_PIN_FORMAT);
	assert_int_equal(firma_pin_fits(bytes("1234"), &info, NULL), FIRMA_OK);
	assert_int_equal(
	    firma_pin_fits(bytes("12345678"), &info, NULL), FIRMA_OK);
	assert_int_equal(firma_pin_fits(bytes("123456789"), &info, NULL),
	    FIRMA_ERR_PIN_FORMAT);
	assert_int_equal(
	    firma_pin_fits(bytes(""), &open, NULL), FIRMA_ERR_PIN_FORMAT);
	assert_int_equal(firma_pin_fits(bytes("1"), &open, NULL), FIRMA_OK);
}

static void
flags_decide(void **state)
{
	static const struct {
		CK_FLAGS token;
		unsigned int flags;
		enum firma_err want;
	} list[] = {
		{ CKF_USER_PIN_INITIALIZED, 0, FIRMA_OK },
		{ 0, 0, FIRMA_ERR_STATE },
		{ CKF_USER_PIN_INITIALIZED | CKF_USER_PIN_COUNT_LOW, 0,
		    FIRMA_OK },
		{ CKF_USER_PIN_INITIALIZED | CKF_USER_PIN_FINAL_TRY, 0,
		    FIRMA_ERR_PIN_LAST_TRY },
		{ CKF_USER_PIN_INITIALIZED | CKF_USER_PIN_FINAL_TRY,
		    FIRMA_UNLOCK_LAST_TRY, FIRMA_OK },
		{ CKF_USER_PIN_INITIALIZED | CKF_USER_PIN_LOCKED,
		    FIRMA_UNLOCK_LAST_TRY, FIRMA_ERR_PIN_LOCKED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		const CK_TOKEN_INFO info = { .flags = list[i].token };

		assert_int_equal(
		    firma_login_allowed(&info, list[i].flags, NULL),
		    list[i].want);
	}
}

static void
a_secret_is_one_packet(void **state)
{
	FIRMA_OWN(firma_secret_done) struct firma_secret s = { 0 };
	uint64_t soon;
	int pair[2];

	(void)state;
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	soon = firma_after(5 * FIRMA_S);
	assert_int_equal(send(pair[0], "12345678", 8, 0), 8);
	assert_int_equal(send(pair[0], "12345", 5, 0), 5);
	/* Too long: dropped whole, not cut. */
	assert_int_equal(
	    firma_secret_read(pair[1], 7, soon, &s, NULL), FIRMA_ERR_LIMIT);
	assert_null(s.at);
	assert_int_equal(
	    firma_secret_read(pair[1], 7, soon, &s, NULL), FIRMA_OK);
	assert_int_equal(s.len, 5);
	assert_memory_equal(s.at, "12345", 5);
	firma_secret_done(&s);
	assert_int_equal(
	    firma_secret_read(pair[1], 7, firma_after(20 * FIRMA_MS), &s, NULL),
	    FIRMA_ERR_DEADLINE);
	(void)close(pair[0]);
	assert_int_equal(
	    firma_secret_read(pair[1], 7, soon, &s, NULL), FIRMA_ERR_CANCELLED);
	(void)close(pair[1]);
}

/* A credential is a file: all of it, but one newline. */
static void
a_secret_is_a_file(void **state)
{
	static const struct {
		const char *text, *secret;
		enum firma_err r;
	} list[] = {
		{ "12345", "12345", FIRMA_OK },
		{ "12345\n", "12345", FIRMA_OK },
		{ "12345\n\n", "12345\n", FIRMA_OK },
		{ "1234567\n", "1234567", FIRMA_OK },
		{ "1234567\n\n", NULL, FIRMA_ERR_LIMIT },
		{ "12345678", NULL, FIRMA_ERR_LIMIT },
		{ "12345678901234567890", NULL, FIRMA_ERR_LIMIT },
		{ "", NULL, FIRMA_ERR_CANCELLED },
		{ "\n", NULL, FIRMA_ERR_CANCELLED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		FIRMA_OWN(firma_secret_done) struct firma_secret s = { 0 };
		FILE *f = tmpfile();
		enum firma_err r;

		assert_non_null(f);
		(void)fputs(list[i].text, f);
		rewind(f);
		r = firma_secret_read(
		    fileno(f), 7, firma_after(5 * FIRMA_S), &s, NULL);
		(void)fclose(f);
		assert_int_equal(r, list[i].r);
		if (list[i].secret == NULL) {
			assert_null(s.at);
			continue;
		}
		assert_int_equal(s.len, strlen(list[i].secret));
		assert_memory_equal(s.at, list[i].secret, s.len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hash_is_pbkdf2),
		cmocka_unit_test(the_hash_has_limits),
		cmocka_unit_test(the_length_is_the_tokens),
		cmocka_unit_test(flags_decide),
		cmocka_unit_test(a_secret_is_one_packet),
		cmocka_unit_test(a_secret_is_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
