/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/support.h"

#include <openssl/objects.h>

#include "agent/pki/name.h"
#include "agent/pki/text.h"

static void
value(int type, struct firma_bytes octets, enum firma_err err, const char *want)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf out = { 0 };
	ASN1_STRING *s = ASN1_STRING_type_new(type);

	assert_int_equal(ASN1_STRING_set(s, octets.at, (int)octets.len), 1);
	assert_int_equal(firma_name_value(s, &out), err);
	ASN1_STRING_free(s);
	assert_true(firma_bytes_equal(firma_buf_view(&out), TEXT(want)));
}

static void
every_string_type_comes_out_as_utf8(void **state)
{
	static const char n_tilde[] = "IA\xc3\x91L";

	(void)state;
	value(V_ASN1_UTF8STRING, BYTES("IA\xc3\x91L"), FIRMA_OK, n_tilde);
	value(V_ASN1_UTF8STRING, BYTES("IA\xd1L"), FIRMA_OK, n_tilde);
	value(V_ASN1_T61STRING, BYTES("IA\xd1L"), FIRMA_OK, n_tilde);
	value(V_ASN1_T61STRING, BYTES("IA\xc3\x91L"), FIRMA_OK, n_tilde);
	value(V_ASN1_PRINTABLESTRING, BYTES("IA\xd1L"), FIRMA_OK, n_tilde);
	value(V_ASN1_IA5STRING, BYTES("IAL"), FIRMA_OK, "IAL");
	value(V_ASN1_BMPSTRING, BYTES("\0I\0A\0\xd1\0L"), FIRMA_OK, n_tilde);
	value(V_ASN1_BMPSTRING, BYTES("\xd8\x3d\xde\x00"), FIRMA_OK,
	    "\xf0\x9f\x98\x80");
	value(V_ASN1_UNIVERSALSTRING, BYTES("\0\0\0I\0\0\0\xd1"), FIRMA_OK,
	    "I\xc3\x91");
	value(V_ASN1_T61STRING, BYTES("\x80 5"), FIRMA_OK, "\xe2\x82\xac 5");
}

static void
broken_values_are_refused(void **state)
{
	(void)state;
	value(V_ASN1_BMPSTRING, BYTES("\0I\0"), FIRMA_ERR_SHAPE, "");
	value(V_ASN1_BMPSTRING, BYTES("\xd8\x3d\0A"), FIRMA_ERR_VALUE, "");
	value(V_ASN1_BMPSTRING, BYTES("\xd8\x3d"), FIRMA_ERR_VALUE, "");
	value(V_ASN1_UNIVERSALSTRING, BYTES("\0\0I"), FIRMA_ERR_SHAPE, "");
	value(V_ASN1_UNIVERSALSTRING, BYTES("\0\x11\0\0"), FIRMA_ERR_VALUE, "");
	value(V_ASN1_T61STRING, BYTES("a\x81"), FIRMA_ERR_VALUE, "");
	value(V_ASN1_OCTET_STRING, BYTES("a"), FIRMA_ERR_NOT_SUPPORTED, "");
}

static void
strict_names_are_copied_octet_by_octet(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf in = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf out = { 0 };

	(void)state;
	company_subject(&in);
	assert_true(firma_name_is_strict(firma_buf_view(&in)));
	assert_int_equal(
	    firma_name_for_request(firma_buf_view(&in), &out, NULL), FIRMA_OK);
	assert_true(
	    firma_bytes_equal(firma_buf_view(&in), firma_buf_view(&out)));
}

static void
each_type_has_its_own_letters(void **state)
{
	static const struct {
		struct attribute a;
		int is_strict;
	} cases[] = {
		{ { NID_commonName, V_ASN1_PRINTABLESTRING, "A-1 (B)" }, 1 },
		{ { NID_commonName, V_ASN1_PRINTABLESTRING, "A&B" }, 0 },
		{ { NID_commonName, V_ASN1_PRINTABLESTRING, "A@B" }, 0 },
		{ { NID_commonName, V_ASN1_IA5STRING, "a@b.mx" }, 1 },
		{ { NID_commonName, V_ASN1_IA5STRING, "\xd1" }, 0 },
		{ { NID_commonName, V_ASN1_UTF8STRING, "\xc3\x91" }, 1 },
		{ { NID_commonName, V_ASN1_T61STRING, "\xd1" }, 1 },
		{ { NID_commonName, V_ASN1_NUMERICSTRING, "12 3" }, 1 },
		{ { NID_commonName, V_ASN1_NUMERICSTRING, "12a" }, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };

		name_of(&cases[i].a, 1, &der);
		assert_int_equal(firma_name_is_strict(firma_buf_view(&der)),
		    cases[i].is_strict);
	}
}

static void
check_entry(X509_NAME *name, int at, int nid, int type, const char *want)
{
	X509_NAME_ENTRY *e = X509_NAME_get_entry(name, at);
	ASN1_STRING *s = X509_NAME_ENTRY_get_data(e);

	assert_int_equal(OBJ_obj2nid(X509_NAME_ENTRY_get_object(e)), nid);
	assert_int_equal(ASN1_STRING_type(s), type);
	assert_int_equal(ASN1_STRING_length(s), (int)strlen(want));
	assert_memory_equal(ASN1_STRING_get0_data(s), want, strlen(want));
}

static void
others_are_written_anew(void **state)
{
	static const struct attribute subject[] = {
		{ NID_x500UniqueIdentifier, V_ASN1_PRINTABLESTRING,
		    "IA\xd1L750210963" },
		{ NID_serialNumber, V_ASN1_T61STRING, " / " },
		{ NID_organizationName, V_ASN1_PRINTABLESTRING, "L&O" },
		{ NID_pkcs9_emailAddress, V_ASN1_UTF8STRING, "a@b.mx" },
	};
	FIRMA_OWN(firma_buf_done) struct firma_buf in = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf out = { 0 };
	FIRMA_OWN(firma_x509_name_done) X509_NAME *name = NULL;

	(void)state;
	name_of(subject, 4, &in);
	assert_false(firma_name_is_strict(firma_buf_view(&in)));
	assert_int_equal(
	    firma_name_for_request(firma_buf_view(&in), &out, NULL), FIRMA_OK);
	assert_true(firma_name_is_strict(firma_buf_view(&out)));
	assert_int_equal(
	    firma_name_parse(firma_buf_view(&out), &name, NULL), FIRMA_OK);
	assert_int_equal(X509_NAME_entry_count(name), 4);
	check_entry(name, 0, NID_x500UniqueIdentifier, V_ASN1_UTF8STRING,
	    "IA\xc3\x91L750210963");
	check_entry(name, 1, NID_serialNumber, V_ASN1_PRINTABLESTRING, " / ");
	check_entry(name, 2, NID_organizationName, V_ASN1_UTF8STRING, "L&O");
	check_entry(
	    name, 3, NID_pkcs9_emailAddress, V_ASN1_IA5STRING, "a@b.mx");
}

static void
an_rdn_of_two_stays_one(void **state)
{
	FIRMA_OWN(firma_x509_name_done) X509_NAME *name = X509_NAME_new();
	FIRMA_OWN(firma_x509_name_done) X509_NAME *again = NULL;
	FIRMA_OWN(firma_buf_done) struct firma_buf in = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf out = { 0 };
	static const int set[] = { 0, -1, 0 };
	unsigned char *der = NULL;
	int len;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    X509_NAME_add_entry_by_NID(name,
			NID_commonName + 5 * (i % 2), V_ASN1_T61STRING,
			(const unsigned char *)"x", 1, -1, set[i]),
		    1);
	len = i2d_X509_NAME(name, &der);
	assert_int_equal(firma_openssl_put(&in, der, len), FIRMA_OK);
	assert_int_equal(
	    firma_name_reencode(firma_buf_view(&in), &out, NULL), FIRMA_OK);
	assert_int_equal(
	    firma_name_parse(firma_buf_view(&out), &again, NULL), FIRMA_OK);
	assert_int_equal(X509_NAME_entry_count(again), 3);
	assert_int_equal(X509_NAME_ENTRY_set(X509_NAME_get_entry(again, 0)), 0);
	assert_int_equal(X509_NAME_ENTRY_set(X509_NAME_get_entry(again, 1)), 0);
	assert_int_equal(X509_NAME_ENTRY_set(X509_NAME_get_entry(again, 2)), 1);
}

static void
limits_hold(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf in = { 0 };
	struct attribute many[FIRMA_NAME_ENTRIES_MAX + 1];
	X509_NAME *none = NULL;

	(void)state;
	for (size_t i = 0; i <= FIRMA_NAME_ENTRIES_MAX; i++)
		many[i] = (struct attribute){ NID_commonName, V_ASN1_UTF8STRING,
			"x" };
	name_of(many, FIRMA_NAME_ENTRIES_MAX + 1, &in);
	assert_int_equal(firma_name_parse(firma_buf_view(&in), &none, NULL),
	    FIRMA_ERR_LIMIT);
	name_of(many, 1, &in);
	assert_int_equal(firma_buf_put_u8(&in, 0), FIRMA_OK);
	assert_int_equal(firma_name_parse(firma_buf_view(&in), &none, NULL),
	    FIRMA_ERR_SHAPE);
	assert_int_equal(
	    firma_name_parse(BYTES(""), &none, NULL), FIRMA_ERR_SHAPE);
	assert_null(none);
	assert_false(firma_name_is_strict(BYTES("rubbish")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_string_type_comes_out_as_utf8),
		cmocka_unit_test(broken_values_are_refused),
		cmocka_unit_test(strict_names_are_copied_octet_by_octet),
		cmocka_unit_test(each_type_has_its_own_letters),
		cmocka_unit_test(others_are_written_anew),
		cmocka_unit_test(an_rdn_of_two_stays_one),
		cmocka_unit_test(limits_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
