/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/support.h"

#include <openssl/objects.h>

#include "agent/pki/relation.h"

#define PERSON_RFC "REPA800101XY2"
#define PERSON     "REPA800101HDFXXS01"
#define BOTH_RFC   "ODS010101AB1 / " PERSON_RFC
#define BOTH       " / " PERSON

/* A subject of the two attributes; NULL leaves one out. */
static void
subject_of(const char *rfc, const char *curp, struct firma_buf *ret)
{
	struct attribute a[3] = { { NID_countryName, V_ASN1_PRINTABLESTRING,
	    "MX" } };
	size_t n = 1;

	if (rfc != NULL)
		a[n++] = (struct attribute){ NID_x500UniqueIdentifier,
			V_ASN1_PRINTABLESTRING, rfc };
	if (curp != NULL)
		a[n++] = (struct attribute){ NID_serialNumber,
			V_ASN1_PRINTABLESTRING, curp };
	name_of(a, n, ret);
}

/* The request of one name and key beside the certificate of another. */
static struct firma_relation
relate(const char *asked_rfc, const char *asked_curp, int asked_key,
    const char *by_rfc, const char *by_curp, int by_key)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf asked = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf by = { 0 };
	FIRMA_OWN(firma_request_done) struct firma_request request = { 0 };
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	struct firma_identity asked_id = { 0 }, by_id = { 0 };

	subject_of(asked_rfc, asked_curp, &asked);
	subject_of(by_rfc, by_curp, &by);
	spki_of(key_of(FIRMA_KEY_EC_P256, asked_key), &request.spki_der);
	c = certificate_of(
	    &(struct recipe){ .key = key_of(FIRMA_KEY_EC_P256, by_key),
		.subject = firma_buf_view(&by) });
	assert_int_equal(
	    firma_identity_of_subject(firma_buf_view(&asked), &asked_id, NULL),
	    FIRMA_OK);
	assert_int_equal(firma_identity_of(c, &by_id, NULL), FIRMA_OK);
	return firma_relation_of(&request, &asked_id, c, &by_id);
}

static void
identities_and_representatives(void **state)
{
	static const struct {
		const char *rfc, *curp, *by_rfc, *by_curp;
		enum firma_relation_kind want;
		int rfc_differs, curp_differs;
	} t[] = {
		{ PERSON_RFC, PERSON, PERSON_RFC, PERSON, FIRMA_RELATION_SAME,
		    0, 0 },
		{ BOTH_RFC, BOTH, BOTH_RFC, BOTH, FIRMA_RELATION_SAME, 0, 0 },
		/* spaces at the ends do not count: X.520 6.1 */
		{ BOTH_RFC " ", "/ " PERSON, BOTH_RFC, "/ " PERSON,
		    FIRMA_RELATION_SAME, 0, 0 },
		{ BOTH_RFC, " / ", BOTH_RFC, BOTH, FIRMA_RELATION_SAME, 0, 0 },
		{ BOTH_RFC, BOTH, PERSON_RFC, PERSON,
		    FIRMA_RELATION_REPRESENTATIVE, 0, 0 },
		{ BOTH_RFC, " / ", PERSON_RFC, PERSON,
		    FIRMA_RELATION_REPRESENTATIVE, 0, 0 },
		/* another representative, by either number */
		{ BOTH_RFC, BOTH, PERSON_RFC, "REPB800101HDFXXS01",
		    FIRMA_RELATION_OTHER, 1, 1 },
		{ BOTH_RFC, BOTH, "REPB800101XY2", PERSON, FIRMA_RELATION_OTHER,
		    1, 1 },
		/* the representative of another company is not the company */
		{ BOTH_RFC, BOTH, "ODS010101AB2 / " PERSON_RFC, BOTH,
		    FIRMA_RELATION_OTHER, 1, 0 },
		/* a company does not sign for its representative */
		{ PERSON_RFC, PERSON, BOTH_RFC, BOTH, FIRMA_RELATION_OTHER, 1,
		    1 },
		{ PERSON_RFC, PERSON, PERSON_RFC, "REPB800101HDFXXS01",
		    FIRMA_RELATION_OTHER, 0, 1 },
		{ PERSON_RFC, PERSON, PERSON_RFC, NULL, FIRMA_RELATION_OTHER, 0,
		    1 },
		{ "/ " PERSON_RFC, BOTH, PERSON_RFC, PERSON,
		    FIRMA_RELATION_OTHER, 1, 1 },
		{ NULL, PERSON, PERSON_RFC, PERSON, FIRMA_RELATION_UNKNOWN, 0,
		    0 },
		{ PERSON_RFC, PERSON, NULL, PERSON, FIRMA_RELATION_UNKNOWN, 0,
		    0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct firma_relation r = relate(
		    t[i].rfc, t[i].curp, 0, t[i].by_rfc, t[i].by_curp, 1);

		if (r.identity != t[i].want)
			fail_msg(
			    "row %zu: %s", i, firma_relation_name(r.identity));
		assert_int_equal(r.rfc_differs, t[i].rfc_differs);
		assert_int_equal(r.curp_differs, t[i].curp_differs);
		assert_true(r.is_new_key);
	}
}

static void
the_signers_own_key_is_not_new(void **state)
{
	(void)state;
	assert_false(
	    relate(PERSON_RFC, PERSON, 1, PERSON_RFC, PERSON, 1).is_new_key);
	assert_true(
	    relate(PERSON_RFC, PERSON, 0, PERSON_RFC, PERSON, 1).is_new_key);
}

static void
names_for_programs(void **state)
{
	(void)state;
	assert_string_equal(firma_relation_name(FIRMA_RELATION_SAME), "same");
	assert_string_equal(firma_relation_name(FIRMA_RELATION_REPRESENTATIVE),
	    "representative");
	assert_string_equal(
	    firma_relation_name((enum firma_relation_kind)99), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identities_and_representatives),
		cmocka_unit_test(the_signers_own_key_is_not_new),
		cmocka_unit_test(names_for_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
