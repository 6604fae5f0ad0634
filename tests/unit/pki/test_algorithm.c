/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/support.h"

#include "agent/pki/algorithm.h"

static const struct {
	enum firma_key_algorithm a;
	unsigned int number;
	const char *name;
} all[] = {
	{ FIRMA_KEY_RSA_2048, 1, "rsa-2048" },
	{ FIRMA_KEY_RSA_3072, 2, "rsa-3072" },
	{ FIRMA_KEY_RSA_4096, 3, "rsa-4096" },
	{ FIRMA_KEY_EC_P256, 4, "p-256" },
	{ FIRMA_KEY_EC_P384, 5, "p-384" },
};
#define N_ALL (sizeof(all) / sizeof(all[0]))

static void
names_and_numbers_are_stable(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ALL; i++) {
		assert_int_equal(all[i].a, all[i].number);
		assert_string_equal(
		    firma_key_algorithm_name(all[i].a), all[i].name);
		assert_int_equal(
		    firma_key_algorithm_from_name(all[i].name), all[i].a);
		assert_int_equal(
		    firma_key_algorithm_from_number(all[i].number), all[i].a);
	}
	assert_int_equal(
	    firma_key_algorithm_from_name("RSA-2048"), FIRMA_KEY_UNKNOWN);
	assert_int_equal(firma_key_algorithm_from_number(6), FIRMA_KEY_UNKNOWN);
	assert_int_equal(firma_key_algorithm_from_number(0), FIRMA_KEY_UNKNOWN);
	assert_string_equal(
	    firma_key_algorithm_name(FIRMA_KEY_UNKNOWN), "unknown");
}

static void
keys_are_recognised(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ALL; i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf spki = { 0 };
		EVP_PKEY *key = key_of(all[i].a, 0);

		assert_int_equal(firma_key_algorithm_of(key), all[i].a);
		spki_of(key, &spki);
		assert_int_equal(
		    firma_key_algorithm_of_spki(firma_buf_view(&spki)),
		    all[i].a);
		assert_int_equal(firma_buf_put_u8(&spki, 0), FIRMA_OK);
		assert_int_equal(
		    firma_key_algorithm_of_spki(firma_buf_view(&spki)),
		    FIRMA_KEY_UNKNOWN);
	}
}

static void
other_kinds_are_unknown(void **state)
{
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *small = EVP_RSA_gen(1024);
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *curve = EVP_EC_gen("P-521");
	FIRMA_OWN(firma_evp_pkey_done)
	EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	(void)state;
	assert_non_null(small);
	assert_non_null(curve);
	assert_non_null(ed);
	assert_int_equal(firma_key_algorithm_of(small), FIRMA_KEY_UNKNOWN);
	assert_int_equal(firma_key_algorithm_of(curve), FIRMA_KEY_UNKNOWN);
	assert_int_equal(firma_key_algorithm_of(ed), FIRMA_KEY_UNKNOWN);
	assert_int_equal(firma_key_algorithm_of(NULL), FIRMA_KEY_UNKNOWN);
	assert_int_equal(
	    firma_key_algorithm_of_spki(BYTES("0")), FIRMA_KEY_UNKNOWN);
}

static void
no_signature_is_longer_than_promised(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ALL; i++) {
		const size_t max = firma_key_algorithm_signature_max(all[i].a);

		assert_int_equal(
		    (size_t)EVP_PKEY_get_size(key_of(all[i].a, 0)), max);
		assert_true(max <= FIRMA_SIGNATURE_MAX);
	}
	assert_int_equal(firma_key_algorithm_field(FIRMA_KEY_EC_P384), 48);
	assert_int_equal(firma_key_algorithm_field(FIRMA_KEY_RSA_2048), 0);
	assert_int_equal(firma_key_algorithm_bits(FIRMA_KEY_RSA_3072), 3072);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers_are_stable),
		cmocka_unit_test(keys_are_recognised),
		cmocka_unit_test(other_kinds_are_unknown),
		cmocka_unit_test(no_signature_is_longer_than_promised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
