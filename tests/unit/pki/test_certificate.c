/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/support.h"

#include <openssl/pem.h>

static struct firma_certificate *
usual(void)
{
	return certificate_of(
	    &(struct recipe){ .key = key_of(FIRMA_KEY_EC_P256, 0) });
}

static void
the_fields_are_what_was_written(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = usual();
	FIRMA_OWN(firma_buf_done) struct firma_buf spki = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf got = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf subject = { 0 };
	uint8_t want[FIRMA_SPKI_HASH], hash[FIRMA_SPKI_HASH];
	char serial[FIRMA_SERIAL_TEXT];

	(void)state;
	firma_certificate_serial(c, serial);
	assert_string_equal(serial, FRESH_SERIAL);
	assert_int_equal(firma_certificate_not_before(c), NOW);
	assert_int_equal(firma_certificate_not_after(c), NOW + 730 * DAY);
	assert_int_equal(firma_certificate_algorithm(c), FIRMA_KEY_EC_P256);
	spki_of(key_of(FIRMA_KEY_EC_P256, 0), &spki);
	assert_int_equal(firma_certificate_spki_der(c, &got), FIRMA_OK);
	assert_true(
	    firma_bytes_equal(firma_buf_view(&got), firma_buf_view(&spki)));
	sha256_of(firma_buf_view(&spki), want);
	firma_certificate_spki_sha256(c, hash);
	assert_memory_equal(hash, want, sizeof(want));
	company_subject(&subject);
	firma_buf_done(&got);
	assert_int_equal(firma_certificate_subject_der(c, &got), FIRMA_OK);
	assert_true(
	    firma_bytes_equal(firma_buf_view(&got), firma_buf_view(&subject)));
}

static void
it_is_valid_up_to_and_with_its_last_second(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = usual();
	const int64_t end = firma_certificate_not_after(c);

	(void)state;
	assert_false(firma_certificate_is_expired(c, end));
	assert_true(firma_certificate_is_expired(c, end + 1));
}

static void
serials_that_are_no_digits_are_hex(void **state)
{
	static const struct {
		const char *octets, *text;
	} cases[] = {
		{ "30001000000400002417", "30001000000400002417" },
		{ "3000100000040000241",
		    "33303030313030303030"
		    "303430303030323431" },
		{ "\x01\xab", "01ab" },
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		FIRMA_OWN(firma_certificate_done)
		struct firma_certificate *c = certificate_of(
		    &(struct recipe){ .key = key_of(FIRMA_KEY_EC_P256, 0),
			.serial = cases[i].octets });
		char serial[FIRMA_SERIAL_TEXT];

		firma_certificate_serial(c, serial);
		assert_string_equal(serial, cases[i].text);
	}
}

static void
pem_is_the_same_certificate(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = usual();
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *again = NULL;
	FIRMA_OWN(firma_bio_done) BIO *out = BIO_new(BIO_s_mem());
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	char *at = NULL;
	long len;

	(void)state;
	assert_int_equal(
	    PEM_write_bio_PKCS8PrivateKey(
		out, key_of(FIRMA_KEY_EC_P256, 0), NULL, NULL, 0, NULL, NULL),
	    1);
	assert_int_equal(PEM_write_bio_X509(out, firma_certificate_x509(c)), 1);
	len = BIO_get_mem_data(out, &at);
	assert_int_equal(firma_buf_put_str(&text, "a comment\n"), FIRMA_OK);
	assert_int_equal(
	    firma_buf_put(&text, firma_bytes_of(at, (size_t)len)), FIRMA_OK);
	assert_int_equal(
	    firma_certificate_parse(firma_buf_view(&text), &again, NULL),
	    FIRMA_OK);
	assert_true(firma_bytes_equal(
	    firma_certificate_der(c), firma_certificate_der(again)));
}

static void
strict_in_form_and_size(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = usual();
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	struct firma_certificate *none = NULL;
	struct firma_cause cause = { 0 };

	(void)state;
	assert_int_equal(
	    firma_buf_put(&der, firma_certificate_der(c)), FIRMA_OK);
	assert_int_equal(firma_buf_put_u8(&der, 0), FIRMA_OK);
	assert_int_equal(
	    firma_certificate_parse(firma_buf_view(&der), &none, &cause),
	    FIRMA_ERR_SHAPE);
	assert_string_equal(cause.what, "octets after the certificate");
	assert_int_equal(firma_buf_reserve(&der, 20000), FIRMA_OK);
	memset(der.at + der.len, 0, 20000);
	der.len += 20000;
	assert_int_equal(
	    firma_certificate_parse(firma_buf_view(&der), &none, NULL),
	    FIRMA_ERR_LIMIT);
	assert_int_equal(
	    firma_certificate_parse(BYTES(""), &none, NULL), FIRMA_ERR_SHAPE);
	assert_int_equal(
	    firma_certificate_parse(
		BYTES("-----BEGIN CERTIFICATE-----\nAAAA\n"), &none, NULL),
	    FIRMA_ERR_SHAPE);
	assert_null(none);
}

static void
a_length_in_ber_is_refused(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = usual();
	FIRMA_OWN(firma_buf_done) struct firma_buf ber = { 0 };
	const struct firma_bytes der = firma_certificate_der(c);
	const uint8_t head[] = { 0x30, 0x83, 0x00, der.at[2], der.at[3] };
	struct firma_certificate *none = NULL;

	(void)state;
	assert_int_equal(der.at[1], 0x82);
	assert_int_equal(
	    firma_buf_put(&ber, firma_bytes_of(head, sizeof(head))), FIRMA_OK);
	assert_int_equal(
	    firma_buf_put(&ber, firma_bytes_of(der.at + 4, der.len - 4)),
	    FIRMA_OK);
	assert_int_equal(
	    firma_certificate_parse(firma_buf_view(&ber), &none, NULL),
	    FIRMA_ERR_SHAPE);
}

static void
the_issuer_is_proved_by_its_signature(void **state)
{
	static const struct attribute name[] = { { NID_commonName,
	    V_ASN1_UTF8STRING, "CA" } };
	FIRMA_OWN(firma_buf_done) struct firma_buf ca_name = { 0 };
	EVP_PKEY *ca_key = key_of(FIRMA_KEY_EC_P256, 1);
	EVP_PKEY *other = key_of(FIRMA_KEY_EC_P384, 0);

	(void)state;
	name_of(name, 1, &ca_name);
	{
		const struct firma_bytes n = firma_buf_view(&ca_name);
		FIRMA_OWN(firma_certificate_done)
		struct firma_certificate *ca = certificate_of(&(struct recipe){
		    .key = ca_key, .subject = n, .issuer = n });
		FIRMA_OWN(firma_certificate_done)
		struct firma_certificate *impostor = certificate_of(
		    &(struct recipe){ .key = other, .subject = n });
		FIRMA_OWN(firma_certificate_done)
		struct firma_certificate *c = certificate_of(&(struct recipe){
		    .key = key_of(FIRMA_KEY_EC_P256, 0), .issuer = n });
		FIRMA_OWN(firma_certificate_done)
		struct firma_certificate *elsewhere = usual();

		assert_true(firma_certificate_issued_by(c, ca));
		assert_false(firma_certificate_issued_by(c, impostor));
		assert_false(firma_certificate_issued_by(elsewhere, ca));
		assert_false(firma_certificate_same_issuer(c, elsewhere));
		assert_true(firma_certificate_same_issuer(c, c));
	}
}

static void
the_key_is_compared_by_value(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = usual();
	FIRMA_OWN(firma_buf_done) struct firma_buf spki = { 0 };

	(void)state;
	spki_of(key_of(FIRMA_KEY_EC_P256, 0), &spki);
	assert_true(firma_certificate_same_key(c, firma_buf_view(&spki)));
	spki_of(key_of(FIRMA_KEY_EC_P256, 1), &spki);
	assert_false(firma_certificate_same_key(c, firma_buf_view(&spki)));
	assert_false(firma_certificate_same_key(c, BYTES("")));
}

static void
what_others_left_in_the_queue_is_theirs(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = usual();
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *again = NULL;

	(void)state;
	leave_no_memory();
	assert_int_equal(
	    firma_certificate_parse(firma_certificate_der(c), &again, NULL),
	    FIRMA_OK);
	leave_no_memory();
	assert_int_equal(firma_certificate_parse(BYTES("0123"), &again, NULL),
	    FIRMA_ERR_SHAPE);
	leave_no_memory();
	assert_int_equal(firma_key_algorithm_of(key_of(FIRMA_KEY_EC_P256, 0)),
	    FIRMA_KEY_EC_P256);
	leave_no_memory();
	assert_true(firma_certificate_same_issuer(c, again));
	assert_int_equal(ERR_peek_error(), 0);
	leave_no_memory();
	assert_false(firma_certificate_issued_by(c, again));
	assert_int_equal(ERR_peek_error(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fields_are_what_was_written),
		cmocka_unit_test(it_is_valid_up_to_and_with_its_last_second),
		cmocka_unit_test(serials_that_are_no_digits_are_hex),
		cmocka_unit_test(pem_is_the_same_certificate),
		cmocka_unit_test(strict_in_form_and_size),
		cmocka_unit_test(a_length_in_ber_is_refused),
		cmocka_unit_test(the_issuer_is_proved_by_its_signature),
		cmocka_unit_test(the_key_is_compared_by_value),
		cmocka_unit_test(what_others_left_in_the_queue_is_theirs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
