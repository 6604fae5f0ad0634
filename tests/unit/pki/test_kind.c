/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/support.h"

#include <stdio.h>

#include "agent/pki/keyfile.h"
#include "agent/pki/kind.h"
#include "agent/pki/oddity.h"
#include "agent/pki/request.h"

/* How each begins; the lengths are of whole files, and not there. */
static const struct {
	const char *at;
	size_t len;
	enum firma_kind kind;
} heads[] = {
#define HEAD(s, kind)                                 \
	{                                             \
		(s), sizeof(s) - 1, FIRMA_KIND_##kind \
	}
	HEAD("\x30\x82\x05\x00\x30\x82\x03\x00\xa0\x03\x02\x01\x02",
	    CERTIFICATE),
	/* version 1: serial, algorithm */
	HEAD("\x30\x82\x05\x00\x30\x82\x03\x00\x02\x01\x07\x30\x0d\x06\x09",
	    CERTIFICATE),
	HEAD("\x30\x82\x02\xcf\x30\x82\x01\xb7\x02\x01\x00\x30\x5d\x31\x16",
	    REQUEST),
	HEAD("\x30\x80\x30\x82\x01\xb7\x02\x01\x00\x30\x00\x30", REQUEST),
	HEAD("\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", CMS),
	HEAD("\x30\x82\x0b\xb0\x06\x09\x2a", CMS),
	HEAD("\x30\x82\x05\x0e\x30\x40\x06\x09", KEY), /* encrypted */
	HEAD("\x30\x82\x04\xbf\x02\x01\x00\x30\x0d\x06\x09", KEY),
	HEAD("\x30\x82\x04\xa5\x02\x01\x00\x02\x82\x01\x01", KEY),
	HEAD("\x30\x77\x02\x01\x01\x04\x20", KEY),
	HEAD("\x30\x82\x0a\x00\x02\x01\x03\x30\x82", PKCS12),
	HEAD("\x30\x80\x02\x01\x03\x30\x80\x06\x09", PKCS12),
	/* a granted response, a bare token, refusals with and without words */
	HEAD("\x30\x82\x05\x2a\x30\x03\x02\x01\x00\x30\x82\x05\x21\x06\x09"
	     "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02",
	    STAMP),
	HEAD("\x30\x82\x05\x21\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
	     "\xa0\x82\x05\x12\x30\x82\x05\x0e\x02\x01\x03\x31\x0d\x30\x0b"
	     "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x30\x81\xca\x06"
	     "\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04",
	    STAMP),
	HEAD("\x30\x05\x30\x03\x02\x01\x02", STAMP),
	HEAD("\x30\x09\x30\x07\x02\x01\x02\x03\x02\x05\x20", STAMP),
	HEAD("\x30\x0a\x30\x08\x02\x01\x02\x30\x03\x0c\x01n", STAMP),
	HEAD("PK\3\4\x14", ZIP),
	HEAD("PK\5\6\0\0", ZIP),
	HEAD("%PDF-1.7", DATA),
	HEAD("", DATA),
	HEAD("\x30", DATA),
	HEAD("\x30\x84\xff", DATA),
	HEAD("\x30\xff\x30\x00", DATA),
	HEAD("\x30\x03\x02\x7f\x00", DATA),
	HEAD("\x31\x0b\x30\x09\x06\x05", DATA),
#undef HEAD
};

static void
a_kind_shows_in_how_it_begins(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		/* a heap block of just this length, for the sanitizer */
		uint8_t *at = malloc(heads[i].len + 1);

		assert_non_null(at);
		memcpy(at + 1, heads[i].at, heads[i].len);
		if (firma_kind_of(firma_bytes_of(at + 1, heads[i].len)) !=
		    heads[i].kind)
			fail_msg("row %zu", i);
		free(at);
	}
	assert_string_equal(firma_kind_name(FIRMA_KIND_CMS), "cms");
	assert_string_equal(firma_kind_name((enum firma_kind)99), "data");
}

/* Names are promised: each once, and the bits are theirs. */
static void
oddities_have_one_name_each(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < FIRMA_ODD_N; i++) {
		assert_true(strlen(firma_oddity_name(i)) > 2);
		assert_true(strlen(firma_oddity_text(i)) > 10);
		for (unsigned int k = 0; k < i; k++)
			assert_string_not_equal(
			    firma_oddity_name(i), firma_oddity_name(k));
	}
	assert_int_equal(FIRMA_ODD(BER), 1);
}

static firma_oddities
of_scheme(const char *scheme, int64_t rounds)
{
	struct firma_keyfile_audit a = { .is_encrypted = 1,
		.iterations = rounds };

	(void)snprintf(a.scheme, sizeof(a.scheme), "%s", scheme);
	return firma_oddities_of_protection(&a);
}

static void
protections(void **state)
{
	struct firma_keyfile_audit plain = { 0 };

	(void)state;
	assert_int_equal(
	    firma_oddities_of_protection(&plain), FIRMA_ODD(PLAIN));
	assert_int_equal(
	    of_scheme("PBES2 PBKDF2 hmacWithSHA256 aes-256-cbc", 600000), 0);
	assert_int_equal(
	    of_scheme("PBES2 PBKDF2 hmacWithSHA256 aes-256-cbc", 2048),
	    FIRMA_ODD(ROUNDS));
	assert_int_equal(of_scheme("PBES2 scrypt aes-256-cbc", 16384), 0);
	assert_int_equal(
	    of_scheme("PBES2 PBKDF2 hmacWithSHA1 des-ede3-cbc", 600000),
	    FIRMA_ODD(CIPHER));
	assert_int_equal(
	    of_scheme("PBES1 PBE-MD5-DES", 2048), FIRMA_ODD(PBES1));
}

/* A request that does not verify is told of, and refused where it counts. */
static void
a_request_is_read_though_it_does_not_verify(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf subject = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf ber = { 0 };
	FIRMA_OWN(firma_request_done) struct firma_request r = { 0 };
	EVP_PKEY *key = key_of(FIRMA_KEY_RSA_2048, 0);

	(void)state;
	company_subject(&subject);
	assert_int_equal(firma_request_build(key, firma_buf_view(&subject),
			     "abc", 32, &der, NULL),
	    FIRMA_OK);
	assert_int_equal(der.at[1], 0x82);
	assert_int_equal(firma_buf_put(&ber, BYTES("\x30\x80")), FIRMA_OK);
	assert_int_equal(
	    firma_buf_put(&ber, firma_bytes_of(der.at + 4, der.len - 4)),
	    FIRMA_OK);
	assert_int_equal(firma_buf_put(&ber, BYTES("\0\0")), FIRMA_OK);

	assert_int_equal(
	    firma_request_read(firma_buf_view(&ber), &r, NULL), FIRMA_OK);
	assert_true(r.is_signed);
	assert_true(r.has_challenge);
	assert_false(r.is_der);
	assert_int_equal(
	    firma_oddities_of_request(&r), FIRMA_ODD(BER) | FIRMA_ODD(T61));
	assert_int_equal(firma_request_check(firma_buf_view(&ber), &r, NULL),
	    FIRMA_ERR_SHAPE);
	der.at[der.len - 1] ^= 1;
	assert_int_equal(
	    firma_request_read(firma_buf_view(&der), &r, NULL), FIRMA_OK);
	assert_false(r.is_signed);
	assert_true(r.is_der);
	assert_int_equal(firma_request_check(firma_buf_view(&der), &r, NULL),
	    FIRMA_ERR_SIGNATURE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kind_shows_in_how_it_begins),
		cmocka_unit_test(oddities_have_one_name_each),
		cmocka_unit_test(protections),
		cmocka_unit_test(a_request_is_read_though_it_does_not_verify),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
