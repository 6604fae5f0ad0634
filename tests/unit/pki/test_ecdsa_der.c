/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/support.h"

#include "agent/pki/ecdsa_der.h"

static void
high_bit_gets_a_zero_octet(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	const uint8_t raw[] = { 0x00, 0x80, 0x00, 0x01 };
	const uint8_t want[] = { 0x30, 0x07, 0x02, 0x02, 0x00, 0x80, 0x02, 0x01,
		0x01 };

	(void)state;
	assert_int_equal(
	    firma_ecdsa_to_der(firma_bytes_of(raw, 4), &der), FIRMA_OK);
	assert_int_equal(der.len, sizeof(want));
	assert_memory_equal(der.at, want, sizeof(want));
}

static void
p521_worst_case_uses_long_length(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	uint8_t raw[FIRMA_ECDSA_RAW_MAX];

	(void)state;
	memset(raw, 0xff, sizeof(raw));
	assert_int_equal(
	    firma_ecdsa_to_der(firma_bytes_of(raw, sizeof(raw)), &der),
	    FIRMA_OK);
	assert_int_equal(der.len, 2 * 66 + 9);
}

static void
failure_leaves_output_alone(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	const uint8_t raw[] = { 0x01, 0x00 };

	(void)state;
	assert_int_equal(firma_buf_put_u8(&der, 0xaa), FIRMA_OK);
	assert_int_equal(
	    firma_ecdsa_to_der(firma_bytes_of(raw, 2), &der), FIRMA_ERR_VALUE);
	assert_int_equal(
	    firma_ecdsa_to_der(firma_bytes_of(raw, 1), &der), FIRMA_ERR_SHAPE);
	assert_int_equal(
	    firma_ecdsa_to_der(firma_bytes_of(raw, 0), &der), FIRMA_ERR_SHAPE);
	assert_int_equal(der.len, 1);
}

static void
there_and_back_is_the_same(void **state)
{
	uint8_t raw[64];

	(void)state;
	for (unsigned int zeros = 0; zeros < 32; zeros++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
		FIRMA_OWN(firma_buf_done) struct firma_buf back = { 0 };

		memset(raw, 0x81, sizeof(raw));
		memset(raw, 0, zeros);
		assert_int_equal(
		    firma_ecdsa_to_der(firma_bytes_of(raw, 64), &der),
		    FIRMA_OK);
		assert_int_equal(
		    firma_ecdsa_from_der(firma_buf_view(&der), 32, &back),
		    FIRMA_OK);
		assert_int_equal(back.len, 64);
		assert_memory_equal(back.at, raw, 64);
	}
}

static void
only_der_comes_back(void **state)
{
	static const struct {
		uint8_t at[16];
		size_t len;
		enum firma_err err;
	} bad[] = {
		{ { 0x30, 6, 2, 1, 1, 2, 1, 0 }, 8, FIRMA_ERR_VALUE },
		{ { 0x30, 6, 2, 1, 0x80, 2, 1, 1 }, 8, FIRMA_ERR_VALUE },
		{ { 0x30, 8, 2, 3, 1, 2, 3, 2, 1, 1 }, 10, FIRMA_ERR_VALUE },
		{ { 0x30, 7, 2, 2, 0, 1, 2, 1, 1 }, 9, FIRMA_ERR_SHAPE },
		{ { 0x30, 5, 2, 0, 2, 1, 1 }, 7, FIRMA_ERR_SHAPE },
		{ { 0x30, 6, 2, 1, 1, 2, 1, 1, 0 }, 9, FIRMA_ERR_SHAPE },
		{ { 0x30, 7, 2, 1, 1, 2, 1, 1, 5 }, 9, FIRMA_ERR_SHAPE },
		{ { 0x30, 3, 2, 1, 1 }, 5, FIRMA_ERR_SHAPE },
		{ { 0x31, 6, 2, 1, 1, 2, 1, 1 }, 8, FIRMA_ERR_SHAPE },
	};
	FIRMA_OWN(firma_buf_done) struct firma_buf raw = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    firma_ecdsa_from_der(
			firma_bytes_of(bad[i].at, bad[i].len), 2, &raw),
		    bad[i].err);
	assert_int_equal(raw.len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(high_bit_gets_a_zero_octet),
		cmocka_unit_test(p521_worst_case_uses_long_length),
		cmocka_unit_test(failure_leaves_output_alone),
		cmocka_unit_test(there_and_back_is_the_same),
		cmocka_unit_test(only_der_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
