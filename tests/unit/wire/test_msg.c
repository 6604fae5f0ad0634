/* SPDX-License-Identifier: Apache-2.0 */
/* Every message of both tables, by the tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/own.h"
#include "agent/wire/frame.h"
#include "tests/unit/wire/support.h"

#define RANDOM_ROUNDS 20000

typedef void each_fn(const struct firma_msg_desc *d);

static void
each(each_fn *fn)
{
	size_t n;
	const struct firma_msg_desc *table = firma_msg_table(&n);

	assert_true(n > 40); /* the tables were read at all */
	for (size_t i = 0; i < n; i++)
		fn(&table[i]);
}

static void
encode(const struct firma_msg_desc *d, enum fill how, union firma_msg_any *m,
    struct firma_buf *ret)
{
	fill_msg(d, how, m);
	assert_int_equal(firma_msg_encode(d->type, m, ret), FIRMA_OK);
}

/* What a payload must look like, written a second time, from msg.h's prose. */
static size_t
expected_len(const struct firma_msg_desc *d, enum fill how)
{
	size_t len = 0;

	for (size_t i = 0; i < d->n_fields; i++) {
		const struct firma_field *f = &d->fields[i];
		const size_t body = how == FILL_EMPTY ? 0
		    : how == FILL_SOME                ? (f->max + 1) / 2
						      : f->max;

		len += f->kind == FIRMA_U32 ? 4
		    : f->kind == FIRMA_U64  ? 8
		    : f->kind == FIRMA_STR  ? 2 + body
					    : 4 + body;
	}
	return len;
}

static void
round_trip_of(const struct firma_msg_desc *d)
{
	for (enum fill how = FILL_EMPTY; how <= FILL_MAX; how++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
		union firma_msg_any in, out;

		encode(d, how, &in, &b);
		assert_int_equal(b.len, expected_len(d, how));
		memset(&out, 0xee, sizeof(out));
		assert_int_equal(
		    firma_msg_decode(d->type, firma_buf_view(&b), &out, NULL),
		    FIRMA_OK);
		assert_true(same_msg(d, &in, &out));
		/* No octet beyond the struct was touched. */
		for (size_t i = d->size; i < sizeof(out.room); i++)
			assert_int_equal(out.room[i], 0xee);
	}
}

static void
round_trip(void **state)
{
	(void)state;
	each(round_trip_of);
}

static void
bounds_of(const struct firma_msg_desc *d)
{
	for (size_t i = 0; i < d->n_fields; i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
		const struct firma_field *f = &d->fields[i];
		struct firma_cause cause = { 0 };
		union firma_msg_any m, out;
		char name[128];
		size_t at = 0;

		if (f->kind != FIRMA_STR && f->kind != FIRMA_BIN)
			continue;
		/* Ours: refused, and the buffer is as it was. */
		assert_int_equal(firma_buf_put_u8(&b, 7), FIRMA_OK);
		fill_msg(d, FILL_EMPTY, &m);
		fill_field(d, i, f->max + 1, &m);
		assert_int_equal(
		    firma_msg_encode(d->type, &m, &b), FIRMA_ERR_LIMIT);
		assert_int_equal(b.len, 1);
		b.len = 0;

		/* Theirs: a length of max + 1, with octets enough behind it. */
		encode(d, FILL_EMPTY, &m, &b);
		for (size_t k = 0; k < i; k++)
			at += d->fields[k].kind == FIRMA_U64 ? 8
			    : d->fields[k].kind == FIRMA_STR ? 2
							     : 4;
		at += f->kind == FIRMA_STR ? 0 : 2;
		b.at[at] = (uint8_t)((f->max + 1) >> 8);
		b.at[at + 1] = (uint8_t)(f->max + 1);
		assert_true(f->max + 1 < 65536);
		assert_int_equal(
		    firma_buf_put(
			&b, firma_bytes_of(pattern_octets(), PATTERN_MAX)),
		    FIRMA_OK);
		assert_int_equal(
		    firma_msg_decode(d->type, firma_buf_view(&b), &out, &cause),
		    FIRMA_ERR_LIMIT);
		(void)snprintf(name, sizeof(name), "%s.%s", d->name, f->name);
		assert_string_equal(cause.what, name);
	}
}

static void
every_bound(void **state)
{
	(void)state;
	each(bounds_of);
}

static void
truncations_of(const struct firma_msg_desc *d)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	union firma_msg_any m, out;

	encode(d, FILL_SOME, &m, &b);
	memset(&out, 0xee, sizeof(out));
	for (size_t len = 0; len < b.len; len++) {
		/* A copy of just that size: a sanitizer sees a read past it. */
		FIRMA_OWN(firma_mem_done) uint8_t *cut = malloc(len + 1);

		assert_non_null(cut);
		memcpy(cut, b.at, len);
		assert_int_equal(firma_msg_decode(d->type,
				     firma_bytes_of(cut, len), &out, NULL),
		    FIRMA_ERR_SHAPE);
	}
	/* ret_msg is only set on success. */
	for (size_t i = 0; i < sizeof(out.room); i++)
		assert_int_equal(out.room[i], 0xee);
	assert_int_equal(firma_buf_put_u8(&b, 0), FIRMA_OK);
	assert_int_equal(
	    firma_msg_decode(d->type, firma_buf_view(&b), &out, NULL),
	    FIRMA_ERR_SHAPE);
}

static void
every_truncation(void **state)
{
	(void)state;
	each(truncations_of);
}

/* What is taken is what would be sent: decoding loses and invents nothing. */
static void
random_of(const struct firma_msg_desc *d)
{
	uint32_t seed = 0x5eed0000u + (uint32_t)d->type;
	uint8_t room[64];

	for (int i = 0; i < RANDOM_ROUNDS / 80; i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf again = { 0 };
		const size_t len = next_random(&seed) % sizeof(room);
		union firma_msg_any m;

		/* Mostly zeros: short lengths, so that some get through. */
		for (size_t k = 0; k < len; k++)
			room[k] = next_random(&seed) % 4 == 0
			    ? (uint8_t)next_random(&seed)
			    : 0;
		if (firma_msg_decode(d->type, firma_bytes_of(room, len), &m,
			NULL) != FIRMA_OK)
			continue;
		assert_int_equal(
		    firma_msg_encode(d->type, &m, &again), FIRMA_OK);
		assert_int_equal(again.len, len);
		assert_true(len == 0 || memcmp(again.at, room, len) == 0);
	}
}

static void
random_octets(void **state)
{
	(void)state;
	each(random_of);
}

/* token_list has one text: what is UTF-8 without NUL, and what is not. */
static void
text_is_utf8(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		enum firma_err r;
	} list[] = {
		{ "", 0, FIRMA_OK },
		{ "plain", 5, FIRMA_OK },
		{ "\xc3\xb1", 2, FIRMA_OK },
		{ "\xe2\x82\xac", 3, FIRMA_OK },
		{ "\xf0\x9f\x92\xa9", 4, FIRMA_OK },
		{ "\xf4\x8f\xbf\xbf", 4, FIRMA_OK },
		{ "\xee\x80\x80", 3, FIRMA_OK },
		{ "a\0b", 3, FIRMA_ERR_SHAPE },
		{ "\xf1", 1, FIRMA_ERR_SHAPE },         /* Latin-1 */
		{ "\xc3", 1, FIRMA_ERR_SHAPE },         /* cut */
		{ "\xc3\x41", 2, FIRMA_ERR_SHAPE },     /* no continuation */
		{ "\x80", 1, FIRMA_ERR_SHAPE },         /* only continuation */
		{ "\xc0\x80", 2, FIRMA_ERR_SHAPE },     /* overlong NUL */
		{ "\xc1\xbf", 2, FIRMA_ERR_SHAPE },     /* overlong */
		{ "\xe0\x9f\xbf", 3, FIRMA_ERR_SHAPE }, /* overlong */
		{ "\xf0\x8f\xbf\xbf", 4, FIRMA_ERR_SHAPE },
		{ "\xed\xa0\x80", 3, FIRMA_ERR_SHAPE },     /* surrogate */
		{ "\xf4\x90\x80\x80", 4, FIRMA_ERR_SHAPE }, /* above U+10FFFF */
		{ "\xf5\x80\x80\x80", 4, FIRMA_ERR_SHAPE },
		{ "\xff", 1, FIRMA_ERR_SHAPE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		uint8_t room[8] = { 0, (uint8_t)list[i].len };
		struct firma_msg_token_list m;

		memcpy(room + 2, list[i].text, list[i].len);
		assert_int_equal(
		    firma_msg_decode(FIRMA_MSG_token_list,
			firma_bytes_of(room, 2 + list[i].len), &m, NULL),
		    list[i].r);
	}
}

static void
numbers_are_big_endian(void **state)
{
	static const uint8_t wanted[] = { 1, 2, 3, 4, 0, 0, 0, 1, 0, 2, 'h',
		'i' };
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	const struct firma_msg_hello m = { .version_min = 0x01020304,
		.version_max = 1,
		.program = firma_str_of("hi") };

	(void)state;
	assert_int_equal(firma_msg_encode(FIRMA_MSG_hello, &m, &b), FIRMA_OK);
	assert_int_equal(b.len, sizeof(wanted));
	assert_memory_equal(b.at, wanted, sizeof(wanted));
}

static void
unique_of(const struct firma_msg_desc *d)
{
	assert_ptr_equal(firma_msg_find((unsigned)d->type), d);
	assert_true(d->direction == 'Q' || d->direction == 'A');
	/* Even a full one fits a frame: nothing that is allowed cannot go. */
	assert_true(
	    expected_len(d, FILL_MAX) + FIRMA_FRAME_HEAD <= FIRMA_FRAME_MAX);
}

static void
tables_hold(void **state)
{
	static const unsigned int none[] = { 0, 0x7fff, 0x8000, 0xffff, 65536 };
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	union firma_msg_any m = { 0 };

	(void)state;
	each(unique_of);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_null(firma_msg_find(none[i]));
		assert_int_equal(firma_msg_decode((enum firma_msg_type)none[i],
				     firma_bytes_of(NULL, 0), &m, NULL),
		    FIRMA_ERR_NOT_FOUND);
		assert_int_equal(
		    firma_msg_encode((enum firma_msg_type)none[i], &m, &b),
		    FIRMA_ERR_NOT_FOUND);
	}
	assert_int_equal(b.len, 0);
}

static void
copies_are_cut_at_characters(void **state)
{
	const struct firma_str s = firma_str_of("a\xc3\xb1o");
	static const char *const cut[] = { "", "a", "a", "a\xc3\xb1",
		"a\xc3\xb1o", "a\xc3\xb1o" };
	char room[8];

	(void)state;
	for (size_t size = 1; size <= 6; size++) {
		firma_str_copy(s, room, size);
		assert_string_equal(room, cut[size - 1]);
	}
	assert_true(firma_str_is(s, "a\xc3\xb1o"));
	assert_false(firma_str_is(s, "a\xc3\xb1"));
	assert_false(firma_str_is(s, "a\xc3\xb1oo"));
	assert_true(firma_str_is(firma_str_of(NULL), ""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_hold),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(every_bound),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(random_octets),
		cmocka_unit_test(text_is_utf8),
		cmocka_unit_test(numbers_are_big_endian),
		cmocka_unit_test(copies_are_cut_at_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
