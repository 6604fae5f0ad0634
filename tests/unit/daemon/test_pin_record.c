/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "agent/daemon/pin_record.h"
#include "agent/wire/values.h"

#define TRIES 3

/* PKCS#11 v3.0 section 3.3 */
#define COUNT_LOW 0x00010000u
#define FINAL_TRY 0x00020000u
#define SO_COUNT  0x00100000u
#define SO_FINAL  0x00200000u

/* The PIN that a letter stands for, as its hash. */
static struct firma_bytes
pin(char letter)
{
	static uint8_t room[128][FIRMA_STORE_HASH];

	memset(room[(size_t)letter], letter, FIRMA_STORE_HASH);
	return firma_bytes_of(room[(size_t)letter], FIRMA_STORE_HASH);
}

static struct firma_pin_record
fresh(enum firma_pin_role role)
{
	struct firma_pin_record r;

	assert_int_equal(
	    firma_pin_record_new("5e71a1", role, &r, NULL), FIRMA_OK);
	return r;
}

static enum firma_err
judge_as(const struct firma_pin_record *r, char letter, uint64_t ck_flags,
    uint32_t flags)
{
	struct firma_cause cause;

	return firma_pin_record_judge(
	    r, pin(letter), ck_flags, TRIES, flags, &cause);
}

static enum firma_err
judge(const struct firma_pin_record *r, char letter)
{
	return judge_as(r, letter, 0, FIRMA_UNLOCK_LAST_TRY);
}

static void
refuse(struct firma_pin_record *r, char letter, uint64_t ck_flags)
{
	firma_pin_record_begin(r, pin(letter), ck_flags);
	firma_pin_record_refuse(r);
}

/* "A, B, A": each wrong PIN costs one try, whatever came between. */
static void
a_refused_pin_is_never_presented_again(void **state)
{
	struct firma_pin_record r = fresh(FIRMA_PIN_USER);
	uint8_t room[sizeof(r.refused)];

	(void)state;
	refuse(&r, 'a', 0);
	refuse(&r, 'b', COUNT_LOW);
	assert_int_equal(judge(&r, 'a'), FIRMA_ERR_PIN_REPEATED);
	assert_int_equal(judge(&r, 'b'), FIRMA_ERR_PIN_REPEATED);
	assert_int_equal(judge(&r, 'c'), FIRMA_OK);
	/* Not on the operator's word either. */
	assert_int_equal(
	    judge_as(&r, 'a', 0, FIRMA_UNLOCK_LAST_TRY | FIRMA_UNLOCK_AGAIN),
	    FIRMA_ERR_PIN_REPEATED);
	assert_int_equal(firma_pin_record_refused(&r, room).len, 64);
	assert_memory_equal(room, pin('b').at, 32);
	assert_memory_equal(room + 32, pin('a').at, 32);
	/* One that is taken ends it, and its hash stays nowhere. */
	firma_pin_record_begin(&r, pin('c'), COUNT_LOW);
	firma_pin_record_accept(&r);
	assert_int_equal(judge(&r, 'a'), FIRMA_OK);
	for (size_t i = 0; i + 32 <= sizeof(r); i++)
		assert_memory_not_equal((uint8_t *)&r + i, pin('c').at, 32);
}

static void
sixteen_are_remembered(void **state)
{
	struct firma_pin_record r = fresh(FIRMA_PIN_USER);

	(void)state;
	for (char c = 'a'; c <= 'q'; c++)
		refuse(&r, c, 0);
	assert_int_equal(r.n_refused, FIRMA_PIN_REFUSED_MAX);
	assert_int_equal(judge(&r, 'a'), FIRMA_OK);
	for (char c = 'b'; c <= 'q'; c++)
		assert_int_equal(judge(&r, c), FIRMA_ERR_PIN_REPEATED);
	assert_int_equal(firma_pin_record_burnt(&r, 0), 17);
}

/* By our own count, though the token's flags say nothing at all. */
static void
the_last_try_needs_a_word(void **state)
{
	struct firma_pin_record r = fresh(FIRMA_PIN_USER);

	(void)state;
	assert_int_equal(judge_as(&r, 'c', 0, 0), FIRMA_OK);
	refuse(&r, 'a', 0);
	assert_int_equal(judge_as(&r, 'c', 0, 0), FIRMA_OK);
	refuse(&r, 'b', 0);
	assert_int_equal(judge_as(&r, 'c', 0, 0), FIRMA_ERR_PIN_LAST_TRY);
	assert_int_equal(judge_as(&r, 'c', 0, FIRMA_UNLOCK_LAST_TRY), FIRMA_OK);
	/* A token that never locks. */
	assert_int_equal(
	    firma_pin_record_judge(&r, pin('c'), 0, 0, 0, NULL), FIRMA_OK);
	/* The flag is a further veto; of the SO-PIN it is another one. */
	r = fresh(FIRMA_PIN_USER);
	assert_int_equal(
	    judge_as(&r, 'c', FINAL_TRY, 0), FIRMA_ERR_PIN_LAST_TRY);
	assert_int_equal(judge_as(&r, 'c', SO_FINAL, 0), FIRMA_OK);
	r = fresh(FIRMA_PIN_SO);
	assert_int_equal(judge_as(&r, 'c', FINAL_TRY, 0), FIRMA_OK);
	assert_int_equal(
	    judge_as(&r, 'c', SO_FINAL, 0), FIRMA_ERR_PIN_LAST_TRY);
	/* One try only: each is the last. */
	assert_int_equal(firma_pin_record_judge(&r, pin('c'), 0, 1, 0, NULL),
	    FIRMA_ERR_PIN_LAST_TRY);
}

static void
a_lost_outcome_is_a_lost_try(void **state)
{
	struct firma_pin_record r = fresh(FIRMA_PIN_USER);

	(void)state;
	firma_pin_record_begin(&r, pin('a'), 0);
	/* Here everything is killed. */
	assert_int_equal(firma_pin_record_burnt(&r, 0), 1);
	assert_int_equal(judge(&r, 'a'), FIRMA_ERR_PIN_REPEATED);
	assert_int_equal(judge_as(&r, 'a', 0, FIRMA_UNLOCK_AGAIN), FIRMA_OK);
	assert_int_equal(judge(&r, 'b'), FIRMA_OK);
	/* Another one between does not make it forgotten. */
	refuse(&r, 'b', 0);
	assert_int_equal(firma_pin_record_burnt(&r, 0), 2);
	assert_int_equal(judge(&r, 'a'), FIRMA_ERR_PIN_REPEATED);
	assert_int_equal(
	    judge_as(&r, 'a', 0, FIRMA_UNLOCK_AGAIN), FIRMA_ERR_PIN_LAST_TRY);
	assert_int_equal(
	    judge_as(&r, 'a', 0, FIRMA_UNLOCK_AGAIN | FIRMA_UNLOCK_LAST_TRY),
	    FIRMA_OK);
	/* Presented on the operator's word and refused: now it is sure. */
	refuse(&r, 'a', COUNT_LOW);
	assert_int_equal(r.n_refused, 2);
	assert_int_equal(
	    judge_as(&r, 'a', 0, FIRMA_UNLOCK_AGAIN | FIRMA_UNLOCK_LAST_TRY),
	    FIRMA_ERR_PIN_REPEATED);
}

/* Flags that told of a refusal before are believed when they deny one. */
static void
an_honest_token_clears_the_doubt(void **state)
{
	struct firma_pin_record r = fresh(FIRMA_PIN_USER);

	(void)state;
	refuse(&r, 'a', 0);
	firma_pin_record_begin(&r, pin('c'), COUNT_LOW);
	firma_pin_record_accept(&r);
	firma_pin_record_begin(&r, pin('c'), 0);
	assert_int_equal(judge_as(&r, 'c', 0, 0), FIRMA_OK);
	assert_int_equal(firma_pin_record_burnt(&r, 0), 0);
	assert_int_equal(
	    judge_as(&r, 'c', COUNT_LOW, 0), FIRMA_ERR_PIN_REPEATED);
	assert_int_equal(firma_pin_record_burnt(&r, COUNT_LOW), 1);
	/* One that kept silent is not. */
	r = fresh(FIRMA_PIN_SO);
	refuse(&r, 'a', 0);
	firma_pin_record_begin(&r, pin('c'), COUNT_LOW);
	firma_pin_record_accept(&r);
	firma_pin_record_begin(&r, pin('c'), 0);
	assert_int_equal(judge_as(&r, 'c', 0, 0), FIRMA_ERR_PIN_REPEATED);
	r = fresh(FIRMA_PIN_SO);
	refuse(&r, 'a', 0);
	firma_pin_record_begin(&r, pin('c'), SO_COUNT);
	firma_pin_record_accept(&r);
	firma_pin_record_begin(&r, pin('c'), 0);
	assert_int_equal(judge_as(&r, 'c', 0, 0), FIRMA_OK);
}

/* Nobody knows what was typed on a keypad: tries are counted, no more. */
static void
a_keypad_is_counted(void **state)
{
	struct firma_pin_record r = fresh(FIRMA_PIN_USER);
	const struct firma_bytes none = { NULL, 0 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
		    firma_pin_record_judge(&r, none, 0, TRIES, 0, NULL),
		    FIRMA_OK);
		firma_pin_record_begin(&r, none, 0);
		firma_pin_record_refuse(&r);
	}
	assert_int_equal(r.n_refused, 0);
	assert_int_equal(firma_pin_record_judge(&r, none, 0, TRIES, 0, NULL),
	    FIRMA_ERR_PIN_LAST_TRY);
	assert_int_equal(judge(&r, 'a'), FIRMA_OK);
}

static void
what_was_not_presented_leaves_nothing(void **state)
{
	struct firma_pin_record r = fresh(FIRMA_PIN_USER);

	(void)state;
	firma_pin_record_begin(&r, pin('a'), 0);
	firma_pin_record_cancel(&r);
	assert_int_equal(firma_pin_record_burnt(&r, 0), 0);
	assert_int_equal(judge_as(&r, 'a', 0, 0), FIRMA_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refused_pin_is_never_presented_again),
		cmocka_unit_test(sixteen_are_remembered),
		cmocka_unit_test(the_last_try_needs_a_word),
		cmocka_unit_test(a_lost_outcome_is_a_lost_try),
		cmocka_unit_test(an_honest_token_clears_the_doubt),
		cmocka_unit_test(a_keypad_is_counted),
		cmocka_unit_test(what_was_not_presented_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
