/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/support.h"

#include <openssl/objects.h>

#include "agent/pki/identity.h"

static enum firma_err
identify(const struct attribute *a, size_t n, struct firma_identity *ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };

	name_of(a, n, &der);
	return firma_identity_of_subject(firma_buf_view(&der), ret, cause);
}

static void
a_company_has_a_representative(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = certificate_of(
	    &(struct recipe){ .key = key_of(FIRMA_KEY_EC_P256, 0) });
	struct firma_identity id = { 0 };

	(void)state;
	assert_int_equal(firma_identity_of(c, &id, NULL), FIRMA_OK);
	assert_string_equal(id.common_name, "DISE\xc3\x91OS & OBRAS SA");
	assert_string_equal(id.name, "DISE\xc3\x91OS & OBRAS SA");
	assert_string_equal(id.organization, "DISE\xc3\x91OS & OBRAS SA");
	assert_string_equal(id.country, "MX");
	assert_string_equal(id.email, "nomina@example.com.mx");
	assert_string_equal(id.unit, "E5352621109");
	assert_string_equal(id.registro_patronal, "E5352621109");
	assert_string_equal(id.rfc, "EKU9003173C9");
	assert_string_equal(id.representative_rfc, "XIQB891116QE4");
	assert_string_equal(id.curp, "");
	assert_string_equal(id.representative_curp, "XIQB891116MGRMZR05");
	assert_string_equal(
	    firma_identity_attribute(&id, "2.5.4.45"), id.unique_identifier);
	assert_null(firma_identity_attribute(&id, "2.5.4.46"));
}

static void
a_person_has_none(void **state)
{
	static const struct attribute person[] = {
		{ NID_x500UniqueIdentifier, V_ASN1_T61STRING,
		    "IA\xd1L750210963" },
		{ NID_serialNumber, V_ASN1_PRINTABLESTRING,
		    "IANL750210HSRNZS09" },
		{ NID_organizationalUnitName, V_ASN1_UTF8STRING, "Sucursal 1" },
	};
	struct firma_identity id = { 0 };

	(void)state;
	assert_int_equal(identify(person, 3, &id, NULL), FIRMA_OK);
	assert_string_equal(id.rfc, "IA\xc3\x91L750210963");
	assert_string_equal(id.representative_rfc, "");
	assert_string_equal(id.curp, "IANL750210HSRNZS09");
	assert_string_equal(id.representative_curp, "");
	assert_string_equal(id.registro_patronal, "");
}

static void
what_could_show_another_name_is_refused(void **state)
{
	static const struct attribute bad[] = {
		{ NID_commonName, V_ASN1_UTF8STRING, "A\nB" },
		{ NID_commonName, V_ASN1_UTF8STRING,
		    "A\xe2\x80\xae"
		    "B" },
		{ NID_commonName, V_ASN1_T61STRING, "A\x81" },
		{ NID_commonName, V_ASN1_BIT_STRING, "A" },
	};
	static const enum firma_err want[] = { FIRMA_ERR_VALUE, FIRMA_ERR_VALUE,
		FIRMA_ERR_VALUE, FIRMA_ERR_SHAPE };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct firma_identity id = { .common_name = "untouched" };
		struct firma_cause cause = { 0 };

		assert_int_equal(identify(&bad[i], 1, &id, &cause), want[i]);
		assert_string_equal(id.common_name, "untouched");
		assert_string_equal(cause.what, "the subject's attribute CN");
	}
}

static void
two_values_are_both_kept_and_long_ones_refused(void **state)
{
	struct attribute two[] = {
		{ NID_organizationalUnitName, V_ASN1_UTF8STRING, "Ventas" },
		{ NID_organizationalUnitName, V_ASN1_UTF8STRING,
		    "E5352621109" },
	};
	char text[FIRMA_IDENTITY_TEXT + 1];
	struct firma_identity id = { 0 };

	(void)state;
	assert_int_equal(identify(two, 2, &id, NULL), FIRMA_OK);
	assert_string_equal(id.unit, "Ventas; E5352621109");
	assert_string_equal(id.registro_patronal, "E5352621109");
	memset(text, 'x', sizeof(text));
	text[FIRMA_IDENTITY_TEXT] = '\0';
	two[0].value = text;
	assert_int_equal(identify(two, 1, &id, NULL), FIRMA_ERR_LIMIT);
	text[FIRMA_IDENTITY_TEXT - 1] = '\0';
	assert_int_equal(identify(two, 1, &id, NULL), FIRMA_OK);
	assert_int_equal(identify(two, 2, &id, NULL), FIRMA_ERR_LIMIT);
}

static void
values_are_compared_and_not_encodings(void **state)
{
	static const struct attribute a[] = {
		{ NID_commonName, V_ASN1_T61STRING, "DISE\xd1OS  SA " },
		{ NID_x500UniqueIdentifier, V_ASN1_PRINTABLESTRING,
		    "EKU9003173C9 / XIQB891116QE4" },
	};
	static const struct attribute b[] = {
		{ NID_commonName, V_ASN1_UTF8STRING, " DISE\xc3\x91OS SA" },
		{ NID_x500UniqueIdentifier, V_ASN1_UTF8STRING,
		    "EKU9003173C9 / VADA800927DJ3" },
	};
	static const char *const cn[] = { "CN", "OU" };
	static const char *const both[] = { "CN", "x500UniqueIdentifier" };
	struct firma_identity x = { 0 }, y = { 0 };
	struct firma_cause cause = { 0 };
	const char *which = NULL;

	(void)state;
	assert_int_equal(identify(a, 2, &x, NULL), FIRMA_OK);
	assert_int_equal(identify(b, 2, &y, NULL), FIRMA_OK);
	assert_int_equal(
	    firma_identity_compare(&x, &y, cn, 2, &which, &cause), FIRMA_OK);
	assert_null(which);
	assert_int_equal(
	    firma_identity_compare(&x, &y, both, 2, &which, &cause),
	    FIRMA_ERR_CERT_IDENTITY);
	assert_ptr_equal(which, both[1]);
	assert_string_equal(cause.what,
	    "x500UniqueIdentifier: \"EKU9003173C9 / XIQB891116QE4\" is not "
	    "\"EKU9003173C9 / VADA800927DJ3\"");
}

static void
spaces_count_between_words_only(void **state)
{
	static const struct {
		const char *a, *b;
		int same;
	} cases[] = {
		{ "AB", "A B", 0 },
		{ "A B", "A   B", 1 },
		{ "A B", "  A B  ", 1 },
		{ "", "  ", 1 },
		{ "", "A", 0 },
		{ "A", "A B", 0 },
		{ "a", "A", 0 },
	};
	static const char *const cn[] = { "CN" };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct firma_identity x = { 0 }, y = { 0 };

		(void)stpcpy(x.common_name, cases[i].a);
		(void)stpcpy(y.common_name, cases[i].b);
		assert_int_equal(
		    firma_identity_compare(&x, &y, cn, 1, NULL, NULL),
		    cases[i].same ? FIRMA_OK : FIRMA_ERR_CERT_IDENTITY);
		assert_int_equal(
		    firma_identity_compare(&y, &x, cn, 1, NULL, NULL),
		    cases[i].same ? FIRMA_OK : FIRMA_ERR_CERT_IDENTITY);
	}
}

static void
comparing_nothing_is_no_agreement(void **state)
{
	static const char *const unknown[] = { "CN", "DNQ" };
	struct firma_identity x = { .common_name = "a" };
	struct firma_identity y = { .common_name = "b" };

	(void)state;
	assert_int_equal(firma_identity_compare(&x, &x, unknown, 0, NULL, NULL),
	    FIRMA_ERR_CONFIG);
	assert_int_equal(firma_identity_compare(&x, &y, unknown, 2, NULL, NULL),
	    FIRMA_ERR_CONFIG);
	assert_false(firma_identity_attribute_known("DNQ"));
	assert_true(firma_identity_attribute_known("emailAddress"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_company_has_a_representative),
		cmocka_unit_test(a_person_has_none),
		cmocka_unit_test(what_could_show_another_name_is_refused),
		cmocka_unit_test(
		    two_values_are_both_kept_and_long_ones_refused),
		cmocka_unit_test(values_are_compared_and_not_encodings),
		cmocka_unit_test(spaces_count_between_words_only),
		cmocka_unit_test(comparing_nothing_is_no_agreement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
