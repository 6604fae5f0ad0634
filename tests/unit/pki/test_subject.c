/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/support.h"

#include <string.h>

#include "agent/pki/name.h"
#include "agent/pki/own_openssl.h"
#include "agent/pki/subject.h"

static const struct firma_identity person = {
	.common_name = "JOS\xc3\x89 \xc3\x91U\xc3\x91O",
	.organization = "JOS\xc3\x89 \xc3\x91U\xc3\x91O",
	.unique_identifier = "XA\xc3\x91X010101000",
	.serial_number = "XAXX010101HDFXXX00",
	.rfc = "XA\xc3\x91X010101000",
	.curp = "XAXX010101HDFXXX00",
};
static const struct firma_identity company = {
	.common_name = "A & B SA",
	.organization = "A & B SA",
	.unique_identifier = "A&B010101AAA / XA\xc3\x91X010101000",
	.serial_number = " / XAXX010101HDFXXX00",
	.rfc = "A&B010101AAA",
	.representative_rfc = "XA\xc3\x91X010101000",
	.representative_curp = "XAXX010101HDFXXX00",
};

static void
set(char *to, size_t size, const char *value)
{
	assert_true(strlen(value) < size);
	memcpy(to, value, strlen(value) + 1);
}

/* "nid type octets", one attribute. */
static void
is(const X509_NAME *name, int i, int nid, int type, const char *octets)
{
	X509_NAME_ENTRY *e = X509_NAME_get_entry(name, i);
	const ASN1_STRING *v = X509_NAME_ENTRY_get_data(e);

	assert_non_null(e);
	assert_int_equal(OBJ_obj2nid(X509_NAME_ENTRY_get_object(e)), nid);
	assert_int_equal(ASN1_STRING_type(v), type);
	assert_int_equal(ASN1_STRING_length(v), strlen(octets));
	assert_memory_equal(ASN1_STRING_get0_data(v), octets, strlen(octets));
}

static void
a_renewal_s_subject_is_written_as_the_authority_s_program_does(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_x509_name_done) X509_NAME *name = NULL;

	(void)state;
	assert_int_equal(firma_subject_identifiers(&person, "a@b.mx",
			     FIRMA_STRINGS_LATIN1, &der, NULL),
	    FIRMA_OK);
	assert_int_equal(
	    firma_name_parse(firma_buf_view(&der), &name, NULL), FIRMA_OK);
	assert_int_equal(X509_NAME_entry_count(name), 3);
	is(name, 0, NID_x500UniqueIdentifier, V_ASN1_PRINTABLESTRING,
	    "XA\xd1X010101000");
	is(name, 1, NID_serialNumber, V_ASN1_PRINTABLESTRING,
	    "XAXX010101HDFXXX00");
	is(name, 2, NID_pkcs9_emailAddress, V_ASN1_IA5STRING, "a@b.mx");
}

static void
or_strictly(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_x509_name_done) X509_NAME *name = NULL;

	(void)state;
	assert_int_equal(firma_subject_identifiers(
			     &company, "", FIRMA_STRINGS_STRICT, &der, NULL),
	    FIRMA_OK);
	assert_true(firma_name_is_strict(firma_buf_view(&der)));
	assert_int_equal(
	    firma_name_parse(firma_buf_view(&der), &name, NULL), FIRMA_OK);
	assert_int_equal(X509_NAME_entry_count(name), 2);
	is(name, 0, NID_x500UniqueIdentifier, V_ASN1_UTF8STRING,
	    "A&B010101AAA / XA\xc3\x91X010101000");
	is(name, 1, NID_serialNumber, V_ASN1_PRINTABLESTRING,
	    " / XAXX010101HDFXXX00");
}

static void
a_seal_names_its_branch(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_x509_name_done) X509_NAME *name = NULL;
	char too_long[200];

	(void)state;
	assert_int_equal(firma_subject_seal(&company, "Matriz \xc3\x91",
			     FIRMA_STRINGS_LATIN1, &der, NULL),
	    FIRMA_OK);
	assert_int_equal(
	    firma_name_parse(firma_buf_view(&der), &name, NULL), FIRMA_OK);
	assert_int_equal(X509_NAME_entry_count(name), 4);
	is(name, 0, NID_x500UniqueIdentifier, V_ASN1_PRINTABLESTRING,
	    "A&B010101AAA / XA\xd1X010101000");
	is(name, 1, NID_serialNumber, V_ASN1_PRINTABLESTRING,
	    " / XAXX010101HDFXXX00");
	is(name, 2, NID_organizationName, V_ASN1_UTF8STRING, "A & B SA");
	is(name, 3, NID_organizationalUnitName, V_ASN1_UTF8STRING,
	    "Matriz \xc3\x91");
	firma_x509_name_done(&name);
	der.len = 0;
	assert_int_equal(firma_subject_seal(
			     &person, "Uno", FIRMA_STRINGS_LATIN1, &der, NULL),
	    FIRMA_OK);
	assert_int_equal(
	    firma_name_parse(firma_buf_view(&der), &name, NULL), FIRMA_OK);
	is(name, 2, NID_commonName, V_ASN1_UTF8STRING,
	    "JOS\xc3\x89 \xc3\x91U\xc3\x91O");

	memset(too_long, 'a', 65);
	too_long[65] = '\0';
	der.len = 0;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
		    firma_subject_seal(&person,
			(const char *[]){ "", too_long, "a\nb", "a\xff" }[i],
			FIRMA_STRINGS_LATIN1, &der, NULL),
		    FIRMA_ERR_VALUE);
	assert_int_equal(der.len, 0);
	too_long[64] = '\0';
	assert_int_equal(firma_subject_seal(&person, too_long,
			     FIRMA_STRINGS_LATIN1, &der, NULL),
	    FIRMA_OK);
}

static void
what_latin1_cannot_say_is_refused(void **state)
{
	struct firma_identity id = person;
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	struct firma_cause cause = { 0 };
	char challenge[FIRMA_CHALLENGE_LEN + 1];

	(void)state;
	set(id.unique_identifier, sizeof(id.unique_identifier), "\xce\xa9");
	assert_int_equal(firma_subject_identifiers(
			     &id, "", FIRMA_STRINGS_LATIN1, &der, &cause),
	    FIRMA_ERR_VALUE);
	assert_non_null(strstr(cause.what, "x500UniqueIdentifier"));
	assert_int_equal(
	    firma_challenge_computed(id.unique_identifier, challenge),
	    FIRMA_ERR_VALUE);
	id.unique_identifier[0] = '\0';
	assert_int_equal(firma_subject_identifiers(
			     &id, "", FIRMA_STRINGS_LATIN1, &der, &cause),
	    FIRMA_ERR_CERT_IDENTITY);
	assert_int_equal(firma_subject_identifiers(&person, "\xc3\xb1@b.mx",
			     FIRMA_STRINGS_LATIN1, &der, &cause),
	    FIRMA_ERR_VALUE);
	assert_int_equal(firma_subject_write(
			     BYTES("no"), FIRMA_STRINGS_LATIN1, &der, &cause),
	    FIRMA_ERR_SHAPE);
	assert_int_equal(der.len, 0);
}

/* As in real requests of seals, one of them with an N with tilde. */
static void
the_computed_challenge(void **state)
{
	static const char *const known[][2] = {
		{ "CACX7605101P8", "g3dhTGuMM+KZoCQ37nuuG9IUzKk=" },
		{ "EKU9003173C9 / XIQB891116QE4",
		    "ekojzwiBkFEAw7lQG8sn/BHDn7I=" },
		{ "IA\xc3\x91L750210963", "m5ivNsT5+dZa1USqcZJwZqee+hY=" },
		{ "L&O950913MSA / LINI9202285A3",
		    "S4YCO5jmqKYeZAbvf1NFm2Hy2LM=" },
	};
	char a[FIRMA_CHALLENGE_LEN + 1], b[FIRMA_CHALLENGE_LEN + 1];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(
		    firma_challenge_computed(known[i][0], a), FIRMA_OK);
		assert_string_equal(a, known[i][1]);
	}
	assert_int_equal(firma_challenge_random(a), FIRMA_OK);
	assert_int_equal(firma_challenge_random(b), FIRMA_OK);
	assert_int_equal(strlen(a), FIRMA_CHALLENGE_LEN);
	assert_string_not_equal(a, b);
}

static void
only_the_named_representative_signs_for_a_company(void **state)
{
	struct firma_identity other = person, own = company;
	struct firma_cause cause = { 0 };

	(void)state;
	assert_int_equal(
	    firma_identity_represents(&person, &company, &cause), FIRMA_OK);
	set(other.rfc, sizeof(other.rfc), "XAXX010101000");
	assert_int_equal(firma_identity_represents(&other, &company, &cause),
	    FIRMA_ERR_CERT_IDENTITY);
	assert_non_null(strstr(cause.what, "XAXX010101000"));
	other = person;
	set(other.curp, sizeof(other.curp), "XAXX010101HDFXXX01");
	assert_int_equal(firma_identity_represents(&other, &company, &cause),
	    FIRMA_ERR_CERT_IDENTITY);
	assert_non_null(strstr(cause.what, "CURP"));
	other.curp[0] = '\0';
	assert_int_equal(
	    firma_identity_represents(&other, &company, &cause), FIRMA_OK);
	/* A company's certificate that bears the representative's RFC. */
	other = person;
	set(other.representative_rfc, sizeof(other.representative_rfc),
	    "XAXX010101000");
	assert_int_equal(firma_identity_represents(&other, &company, &cause),
	    FIRMA_ERR_CERT_IDENTITY);
	own.representative_rfc[0] = '\0';
	assert_int_equal(firma_identity_represents(&person, &own, &cause),
	    FIRMA_ERR_CERT_IDENTITY);
	/* Not the company for itself. */
	assert_int_equal(firma_identity_represents(&company, &company, &cause),
	    FIRMA_ERR_CERT_IDENTITY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_renewal_s_subject_is_written_as_the_authority_s_program_does),
		cmocka_unit_test(or_strictly),
		cmocka_unit_test(a_seal_names_its_branch),
		cmocka_unit_test(what_latin1_cannot_say_is_refused),
		cmocka_unit_test(the_computed_challenge),
		cmocka_unit_test(
		    only_the_named_representative_signs_for_a_company),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
