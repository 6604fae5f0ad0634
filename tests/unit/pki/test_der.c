/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/support.h"

#include "agent/pki/der.h"

static void
an_element_is_taken_and_the_rest_stays(void **state)
{
	const uint8_t in[] = { 0x04, 0x02, 0xaa, 0xbb, 0x02, 0x01, 0x05 };
	struct firma_bytes v = firma_bytes_of(in, sizeof(in)), got = { 0 };

	(void)state;
	assert_true(firma_der_is(v, FIRMA_DER_OCTETS));
	assert_int_equal(firma_der_take(&v, FIRMA_DER_OCTETS, &got), FIRMA_OK);
	assert_ptr_equal(got.at, in + 2);
	assert_int_equal(got.len, 2);
	assert_int_equal(v.len, 3);
	assert_int_equal(
	    firma_der_take(&v, FIRMA_DER_OCTETS, &got), FIRMA_ERR_SHAPE);
	assert_int_equal(v.len, 3);
}

static void
other_lengths_than_der_are_refused(void **state)
{
	static const struct {
		uint8_t at[8];
		size_t len;
	} bad[] = {
		{ { 0x04 }, 1 },                      /* no length */
		{ { 0x04, 0x80, 0x00, 0x00 }, 4 },    /* indefinite */
		{ { 0x04, 0x81, 0x01, 0xaa }, 4 },    /* not the shortest */
		{ { 0x04, 0x82, 0x00, 0x81 }, 4 },    /* a leading zero */
		{ { 0x04, 0x85, 1, 1, 1, 1, 1 }, 7 }, /* five octets */
		{ { 0x04, 0x84, 0xff, 0xff, 0xff, 0xff },
		    6 },                           /* past the end */
		{ { 0x04, 0x03, 0xaa, 0xbb }, 4 }, /* past the end */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct firma_bytes v = firma_bytes_of(bad[i].at, bad[i].len);
		struct firma_bytes got = { 0 };

		assert_int_equal(firma_der_take(&v, FIRMA_DER_OCTETS, &got),
		    FIRMA_ERR_SHAPE);
		assert_null(got.at);
		assert_int_equal(v.len, bad[i].len);
	}
}

static void
what_put_writes_take_reads(void **state)
{
	static const size_t lengths[] = { 0, 1, 127, 128, 255, 256, 65535 };

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
		struct firma_bytes v, got = { 0 };

		assert_int_equal(
		    firma_der_put_header(&b, FIRMA_DER_OCTETS, lengths[i]),
		    FIRMA_OK);
		assert_int_equal(
		    firma_buf_reserve(&b, lengths[i] + 1), FIRMA_OK);
		memset(b.at + b.len, 0x55, lengths[i]);
		b.len += lengths[i];
		v = firma_buf_view(&b);
		assert_int_equal(
		    firma_der_take(&v, FIRMA_DER_OCTETS, &got), FIRMA_OK);
		assert_int_equal(got.len, lengths[i]);
		assert_int_equal(v.len, 0);
	}
}

static void
too_long_is_a_limit(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };

	(void)state;
	assert_int_equal(
	    firma_der_put_header(&b, FIRMA_DER_OCTETS, 65536), FIRMA_ERR_LIMIT);
	assert_int_equal(b.len, 0);
}

static void
ber_is_told_from_der(void **state)
{
	static const struct {
		const char *at;
		size_t len;
		int strict;
	} t[] = {
#define ROW(s, strict) { (s), sizeof(s) - 1, (strict) }
		ROW("", 1),
		ROW("\x30\x00", 1),
		ROW("\x30\x06\x04\x01\x80\x31\x00\xa0\x00", 0), /* length */
		ROW("\x30\x07\x04\x01\x80\x31\x00\xa0\x00", 1),
		ROW("\x30\x80\x00\x00", 0),
		ROW("\x30\x81\x03\x04\x01\x80", 0),
		ROW("\x24\x03\x04\x01\x80", 0),     /* in pieces */
		ROW("\x30\x02\x33\x00", 0),         /* in pieces */
		ROW("\x04\x03\x30\x80\x00", 1),     /* what it holds */
		ROW("\x30\x04\x30\x03\x05\x00", 0), /* past its end */
		ROW("\x1f\x81\x01\x00", 0),
		ROW("\x30", 0),
#undef ROW
	};
	uint8_t deep[80];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (firma_der_is_strict(firma_bytes_of(t[i].at, t[i].len)) !=
		    t[i].strict)
			fail_msg("row %zu", i);
	for (size_t i = 0; i < sizeof(deep); i += 2) {
		deep[i] = 0x30;
		deep[i + 1] = (uint8_t)(sizeof(deep) - 2 - i);
	}
	assert_false(firma_der_is_strict(firma_bytes_of(deep, sizeof(deep))));
	assert_true(firma_der_is_strict(firma_bytes_of(
	    deep + sizeof(deep) - 64, 64))); /* 32 in one another */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_element_is_taken_and_the_rest_stays),
		cmocka_unit_test(other_lengths_than_der_are_refused),
		cmocka_unit_test(what_put_writes_take_reads),
		cmocka_unit_test(too_long_is_a_limit),
		cmocka_unit_test(ber_is_told_from_der),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
