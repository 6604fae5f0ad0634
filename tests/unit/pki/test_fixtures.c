/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/support.h"

/*
 * Real files of public test identities: not in this tree, see support.h.
 */
#include <stdio.h>

#include "agent/pki/acceptance.h"
#include "agent/pki/cms.h"
#include "agent/pki/components.h"
#include "agent/pki/identifier.h"
#include "agent/pki/identity.h"
#include "agent/pki/keyfile.h"
#include "agent/pki/name.h"
#include "agent/pki/own_openssl.h"
#include "agent/pki/request.h"
#include "agent/pki/subject.h"

#define PASSWORD "12345678a"

static const struct {
	const char *file, *serial, *name, *rfc, *representative_rfc, *curp,
	    *representative_curp;
} people[] = {
	{ "fiel/cacx7605101p8", "30001000000400002300", "XOCHILT CASAS CHAVEZ",
	    "CACX7605101P8", "", "CACX760510MGTSHC04", "" },
	{ "fiel/eku9003173c9", "30001000000400002417",
	    "ESCUELA KEMPER URGATE SA DE CV", "EKU9003173C9", "XIQB891116QE4",
	    "", "XIQB891116MGRMZR05" },
	{ "fiel/ian_l750210963", "30001000000400002431",
	    "LUIS IAN \xc3\x91UZCO", "IA\xc3\x91L750210963", "",
	    "IANL750210HSRNZS09", "" },
	{ "fiel/ivd920810gu2", "30001000000400002420",
	    "INNOVACION VALOR Y DESARROLLO SA", "IVD920810GU2", "KAHO641101B39",
	    "", "KAHO641101HNTLKS06" },
	{ "fiel/l_and_o950913msa", "30001000000400002548",
	    "LUCES & OBRAS SA DE CV", "L&O950913MSA", "LINI9202285A3", "",
	    "LINI920228MCMNRR09" },
	{ "valid-2027/fiel", "30001000000500003415",
	    "ESCUELA KEMPER URGATE SA DE CV", "EKU9003173C9", "VADA800927DJ3",
	    "", "VADA800927HSRSRL05" },
};
#define N_PEOPLE (sizeof(people) / sizeof(people[0]))

static const char *const seals[] = { "fiel/cacx7605101p8_csd",
	"fiel/eku9003173c9_csd", "fiel/ian_l750210963_csd",
	"fiel/ivd920810gu2_csd", "fiel/l_and_o950913msa_csd",
	"valid-2027/csd" };
#define N_SEALS (sizeof(seals) / sizeof(seals[0]))

static void
load(const char *stem, const char *suffix, struct firma_buf *ret)
{
	char name[128];

	(void)snprintf(name, sizeof(name), "%s%s", stem, suffix);
	fixture(name, ret);
}

static struct firma_certificate *
load_certificate(const char *stem)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };
	struct firma_certificate *c = NULL;
	struct firma_cause cause = { 0 };

	load(stem, ".cer", &file);
	if (firma_certificate_parse(firma_buf_view(&file), &c, &cause) !=
	    FIRMA_OK)
		fail_msg("%s: %s", stem, cause.what);
	return c;
}

static EVP_PKEY *
load_key(const char *stem, struct firma_bytes password)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };
	EVP_PKEY *key = NULL;
	struct firma_cause cause = { 0 };

	load(stem, ".key", &file);
	if (firma_keyfile_open(firma_buf_view(&file), password, &key, &cause) !=
	    FIRMA_OK)
		fail_msg("%s: %s", stem, cause.what);
	return key;
}

static void
identities_are_read_as_clean_utf8(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_PEOPLE; i++) {
		FIRMA_OWN(firma_certificate_done)
		struct firma_certificate *c = load_certificate(people[i].file);
		struct firma_identity id = { 0 };
		char serial[FIRMA_SERIAL_TEXT];

		firma_certificate_serial(c, serial);
		assert_string_equal(serial, people[i].serial);
		assert_int_equal(
		    firma_certificate_algorithm(c), FIRMA_KEY_RSA_2048);
		assert_int_equal(firma_identity_of(c, &id, NULL), FIRMA_OK);
		assert_string_equal(id.common_name, people[i].name);
		assert_string_equal(id.name, people[i].name);
		assert_string_equal(id.organization, people[i].name);
		assert_string_equal(id.country, "MX");
		assert_string_equal(id.rfc, people[i].rfc);
		assert_string_equal(
		    id.representative_rfc, people[i].representative_rfc);
		assert_string_equal(id.curp, people[i].curp);
		assert_string_equal(
		    id.representative_curp, people[i].representative_curp);
		assert_string_equal(id.registro_patronal, "");
		assert_int_equal(firma_rfc_check(id.rfc, NULL), FIRMA_OK);
		assert_int_equal(firma_email_check(id.email, NULL), FIRMA_OK);
	}
}

static void
the_2019_certificates_are_expired_and_the_2023_are_not(void **state)
{
	const int64_t day = INT64_C(1763856000); /* 2025-11-23 */

	(void)state;
	for (size_t i = 0; i < N_PEOPLE; i++) {
		FIRMA_OWN(firma_certificate_done)
		struct firma_certificate *c = load_certificate(people[i].file);

		assert_int_equal(firma_certificate_is_expired(c, day),
		    strncmp(people[i].file, "fiel/", 5) == 0);
	}
}

static void
open_and_sign(const char *stem)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = load_certificate(stem);
	FIRMA_OWN(firma_evp_pkey_done)
	EVP_PKEY *key = load_key(stem, BYTES(PASSWORD));
	FIRMA_OWN(firma_secret_done) struct firma_secret numbers = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf cms = { 0 };
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info info = { 0 };
	struct firma_components components = { 0 };
	uint8_t digest[32];

	assert_int_equal(firma_keyfile_matches(key, c, NULL), FIRMA_OK);
	assert_int_equal(
	    firma_keyfile_components(key, &numbers, NULL), FIRMA_OK);
	assert_int_equal(
	    firma_components_parse(firma_secret_view(&numbers), &components),
	    FIRMA_OK);
	assert_int_equal(components.algorithm, FIRMA_KEY_RSA_2048);
	sha256_of(BYTES("carta"), digest);
	assert_int_equal(
	    firma_cms_sign_digest(key, c, firma_bytes_of(digest, 32), NOW,
		FIRMA_CMS_CADES, &cms, NULL),
	    FIRMA_OK);
	assert_int_equal(
	    firma_cms_verify(firma_buf_view(&cms), BYTES("carta"), &info, NULL),
	    FIRMA_OK);
	assert_true(info.has_signing_certificate);
	assert_true(firma_bytes_equal(
	    firma_certificate_der(info.signer), firma_certificate_der(c)));
}

static void
every_pair_opens_and_signs(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_PEOPLE; i++)
		open_and_sign(people[i].file);
	for (size_t i = 0; i < N_SEALS; i++)
		open_and_sign(seals[i]);
}

static void
pairs_are_not_mixed_up_and_passwords_not_guessed(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = load_certificate(people[0].file);
	FIRMA_OWN(firma_evp_pkey_done)
	EVP_PKEY *key = load_key(people[1].file, BYTES(PASSWORD));
	FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };
	EVP_PKEY *none = NULL;

	(void)state;
	assert_int_equal(
	    firma_keyfile_matches(key, c, NULL), FIRMA_ERR_KEY_MISMATCH);
	load(people[0].file, ".key", &file);
	assert_int_equal(firma_keyfile_open(firma_buf_view(&file),
			     BYTES("12345678b"), &none, NULL),
	    FIRMA_ERR_KEY_PASSWORD);
	assert_null(none);
}

static void
a_password_with_n_tilde_is_windows_1252(void **state)
{
	FIRMA_OWN(firma_evp_pkey_done)
	EVP_PKEY *a =
	    load_key("certifica/renewal", BYTES("Test_ia\xc3\xb1l750210963!"));
	FIRMA_OWN(firma_evp_pkey_done)
	EVP_PKEY *b =
	    load_key("certifica/renewal", BYTES("Test_ia\xf1l750210963!"));
	FIRMA_OWN(firma_evp_pkey_done)
	EVP_PKEY *c = load_key("certifica/generation", BYTES("Test1234"));
	FIRMA_OWN(firma_evp_pkey_done)
	EVP_PKEY *d = load_key("certifica/seals", BYTES("Test1234"));

	(void)state;
	assert_int_equal(EVP_PKEY_eq(a, b), 1);
	assert_int_equal(EVP_PKEY_eq(a, c), 0);
	assert_int_equal(EVP_PKEY_eq(c, d), 0);
}

static void
the_constant_salt_is_seen(void **state)
{
	static const char *const stems[] = { "fiel/cacx7605101p8",
		"fiel/l_and_o950913msa_csd", "valid-2027/fiel",
		"certifica/renewal", "certifica/generation" };

	(void)state;
	for (size_t i = 0; i < sizeof(stems) / sizeof(stems[0]); i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };
		struct firma_keyfile_audit audit = { 0 };

		load(stems[i], ".key", &file);
		assert_int_equal(
		    firma_keyfile_audit(firma_buf_view(&file), &audit, NULL),
		    FIRMA_OK);
		assert_true(audit.is_encrypted);
		assert_true(audit.has_constant_salt);
		assert_true(audit.has_constant_iv);
		assert_true(audit.is_weak);
		assert_int_equal(audit.iterations, 2048);
		assert_string_equal(
		    audit.scheme, "PBES2 PBKDF2 hmacWithSHA1 des-ede3-cbc");
	}
}

static void
requests_are_read_malformed_as_they_are(void **state)
{
	static const struct {
		const char *stem, *rfc;
		int is_strict;
	} requests[] = {
		{ "fiel/cacx7605101p8", "CACX7605101P8", 1 },
		{ "fiel/eku9003173c9", "EKU9003173C9", 1 },
		{ "fiel/ian_l750210963", "IA\xc3\x91L750210963", 0 },
		{ "fiel/ivd920810gu2", "IVD920810GU2", 1 },
		{ "fiel/l_and_o950913msa", "L&O950913MSA", 0 },
		{ "certifica/renewal", "IA\xc3\x91L750210963", 0 },
		{ "certifica/generation", "IA\xc3\x91L750210963", 0 },
		{ "certifica/seals", "CACX7605101P8", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };
		FIRMA_OWN(firma_buf_done) struct firma_buf subject = { 0 };
		FIRMA_OWN(firma_request_done) struct firma_request r = { 0 };
		struct firma_identity id = { 0 }, again = { 0 };

		load(requests[i].stem, ".req", &file);
		assert_int_equal(
		    firma_request_check(firma_buf_view(&file), &r, NULL),
		    FIRMA_OK);
		assert_int_equal(r.algorithm, FIRMA_KEY_RSA_2048);
		assert_string_equal(r.digest, "sha1");
		assert_int_equal(
		    firma_name_is_strict(firma_buf_view(&r.subject_der)),
		    requests[i].is_strict);
		assert_int_equal(firma_identity_of_subject(
				     firma_buf_view(&r.subject_der), &id, NULL),
		    FIRMA_OK);
		assert_string_equal(id.rfc, requests[i].rfc);
		/* Written for a request of ours, it says the same. */
		assert_int_equal(
		    firma_name_for_request(
			firma_buf_view(&r.subject_der), &subject, NULL),
		    FIRMA_OK);
		assert_true(firma_name_is_strict(firma_buf_view(&subject)));
		assert_int_equal(firma_identity_of_subject(
				     firma_buf_view(&subject), &again, NULL),
		    FIRMA_OK);
		assert_memory_equal(&id, &again, sizeof(id));
	}
}

/* The authority's renewal: BER, SHA-1, the new request signed by the old key. */
static void
a_renewal_file_verifies(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf ren = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf req = { 0 };
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *old = load_certificate("fiel/ian_l750210963");
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info info = { 0 };
	struct firma_cause cause = { 0 };

	(void)state;
	fixture("certifica/renewal.ren", &ren);
	fixture("certifica/renewal.req", &req);
	if (firma_cms_verify(firma_buf_view(&ren), BYTES(""), &info, &cause) !=
	    FIRMA_OK)
		fail_msg("%s", cause.what);
	assert_string_equal(info.digest, "sha1");
	assert_true(info.is_attached);
	assert_true(info.has_attributes);
	assert_false(info.has_signing_certificate);
	assert_true(info.signing_time > INT64_C(1600000000));
	assert_true(firma_bytes_equal(
	    firma_buf_view(&info.content), firma_buf_view(&req)));
	assert_true(firma_bytes_equal(
	    firma_certificate_der(info.signer), firma_certificate_der(old)));
	ren.at[ren.len / 2] ^= 1;
	assert_int_not_equal(
	    firma_cms_verify(firma_buf_view(&ren), BYTES(""), &info, NULL),
	    FIRMA_OK);
}

static void
envelopes_of_seals_verify(void **state)
{
	static const char *const files[] = { "certifica/seals.sdg",
		"fiel/cacx7605101p8_csd.sdg", "fiel/ian_l750210963_csd.sdg",
		"fiel/ivd920810gu2_csd.sdg", "fiel/l_and_o950913msa_csd.sdg",
		"fiel/eku9003173c9_csd.sdg" };

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };
		FIRMA_OWN(firma_cms_info_done)
		struct firma_cms_info info = { 0 };
		struct firma_cause cause = { 0 };

		fixture(files[i], &file);
		if (firma_cms_verify(firma_buf_view(&file), BYTES(""), &info,
			&cause) != FIRMA_OK)
			fail_msg("%s: %s", files[i], cause.what);
		assert_memory_equal(info.content.at, "PK\3\4", 4);
	}
}

/* A renewal with a real old certificate: subject copied, identity accepted. */
static void
a_fresh_certificate_with_the_same_subject_is_accepted(void **state)
{
	static const char *const attributes[] = { "CN", "O", "2.5.4.41",
		"2.5.4.45", "serialNumber", "OU", "emailAddress", "C" };

	(void)state;
	for (size_t i = 0; i < N_PEOPLE; i++) {
		EVP_PKEY *key = key_of(FIRMA_KEY_RSA_2048, 0);
		FIRMA_OWN(firma_certificate_done)
		struct firma_certificate *old =
		    load_certificate(people[i].file);
		FIRMA_OWN(firma_buf_done) struct firma_buf subject = { 0 };
		FIRMA_OWN(firma_buf_done) struct firma_buf written = { 0 };
		FIRMA_OWN(firma_buf_done) struct firma_buf issuer = { 0 };
		FIRMA_OWN(firma_certificate_done)
		struct firma_certificate *c = NULL;
		struct firma_acceptance a = { .old = old,
			.issuer = FIRMA_ISSUER_SAME_NAME,
			.attributes = attributes,
			.n_attributes =
			    sizeof(attributes) / sizeof(attributes[0]),
			.now = NOW,
			.skew_s = 300,
			.min_days = 700,
			.max_days = 800 };

		assert_int_equal(
		    firma_certificate_subject_der(old, &subject), FIRMA_OK);
		assert_int_equal(
		    firma_certificate_issuer_der(old, &issuer), FIRMA_OK);
		/* T61String takes the Latin-1: the copy is verbatim ... */
		assert_int_equal(firma_name_for_request(
				     firma_buf_view(&subject), &written, NULL),
		    FIRMA_OK);
		assert_true(firma_bytes_equal(
		    firma_buf_view(&subject), firma_buf_view(&written)));
		/* ... and written in UTF-8 it is the same identity. */
		firma_buf_done(&written);
		assert_int_equal(firma_name_reencode(
				     firma_buf_view(&subject), &written, NULL),
		    FIRMA_OK);
		c = certificate_of(&(struct recipe){ .key = key,
		    .subject = firma_buf_view(&written),
		    .issuer = firma_buf_view(&issuer) });
		a.fresh = c;
		firma_certificate_spki_sha256(c, a.key_spki_sha256);
		assert_int_equal(firma_certificate_accept(&a, NULL), FIRMA_OK);
	}
}

/*
 * The authority's own program made certifica/renewal.req and .ren on 2022-11-20
 * at 03:02:17 UTC.  From the same keys, e-mail address, challenge and time we make
 * the same request, octet by octet, and the same .ren but for BER.
 */
static void
a_renewal_is_made_as_the_authority_s_program_makes_it(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *old = load_certificate("fiel/ian_l750210963");
	FIRMA_OWN(firma_evp_pkey_done)
	EVP_PKEY *signer = load_key("fiel/ian_l750210963", BYTES(PASSWORD));
	FIRMA_OWN(firma_evp_pkey_done)
	EVP_PKEY *fresh =
	    load_key("certifica/renewal", BYTES("Test_ia\xc3\xb1l750210963!"));
	FIRMA_OWN(firma_buf_done) struct firma_buf their_req = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf their_ren = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf subject = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf req = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf cms = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf ren = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf in_der = { 0 };
	FIRMA_OWN(firma_cms_done) CMS_ContentInfo *parsed = NULL;
	struct firma_identity id = { 0 };
	const unsigned char *p;
	unsigned char *out = NULL;
	uint8_t sha1[20];
	int n;

	(void)state;
	fixture("certifica/renewal.req", &their_req);
	fixture("certifica/renewal.ren", &their_ren);
	assert_int_equal(firma_identity_of(old, &id, NULL), FIRMA_OK);
	assert_int_equal(
	    firma_subject_identifiers(&id, "micorreo@pruebas.gob.mx",
		FIRMA_STRINGS_LATIN1, &subject, NULL),
	    FIRMA_OK);
	assert_int_equal(firma_request_build(fresh, firma_buf_view(&subject),
			     "vNJ4zp78Y7z75+lq99ltUJQPkjw=", 20, &req, NULL),
	    FIRMA_OK);
	assert_true(firma_bytes_equal(
	    firma_buf_view(&req), firma_buf_view(&their_req)));

	assert_int_equal(
	    EVP_Digest(req.at, req.len, sha1, NULL, EVP_sha1(), NULL), 1);
	assert_int_equal(
	    firma_cms_sign_digest(signer, old, firma_bytes_of(sha1, 20),
		INT64_C(1668913337), FIRMA_CMS_PKCS7, &cms, NULL),
	    FIRMA_OK);
	assert_int_equal(firma_cms_attach(firma_buf_view(&cms),
			     firma_buf_view(&req), &ren, NULL),
	    FIRMA_OK);
	p = their_ren.at;
	parsed = d2i_CMS_ContentInfo(NULL, &p, (long)their_ren.len);
	n = i2d_CMS_ContentInfo(parsed, &out);
	assert_int_equal(firma_openssl_put(&in_der, out, n), FIRMA_OK);
	assert_true(
	    firma_bytes_equal(firma_buf_view(&ren), firma_buf_view(&in_der)));
}

/* The envelope of seals: a ZIP, signed by the same program with an e.firma. */
static void
an_envelope_of_seals_is_made_as_the_authority_s_program_makes_it(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *efirma =
	    load_certificate("fiel/cacx7605101p8");
	FIRMA_OWN(firma_evp_pkey_done)
	EVP_PKEY *key = load_key("fiel/cacx7605101p8", BYTES(PASSWORD));
	FIRMA_OWN(firma_buf_done) struct firma_buf theirs = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf cms = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf ours = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf in_der = { 0 };
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info info = { 0 };
	FIRMA_OWN(firma_cms_done) CMS_ContentInfo *parsed = NULL;
	const unsigned char *p;
	unsigned char *out = NULL;
	uint8_t sha1[20];
	int n;

	(void)state;
	fixture("certifica/seals.sdg", &theirs);
	assert_int_equal(firma_cms_verify(firma_buf_view(&theirs),
			     firma_bytes_of(NULL, 0), &info, NULL),
	    FIRMA_OK);
	assert_int_equal(EVP_Digest(info.content.at, info.content.len, sha1,
			     NULL, EVP_sha1(), NULL),
	    1);
	assert_int_equal(
	    firma_cms_sign_digest(key, efirma, firma_bytes_of(sha1, 20),
		info.signing_time, FIRMA_CMS_PKCS7, &cms, NULL),
	    FIRMA_OK);
	assert_int_equal(firma_cms_attach(firma_buf_view(&cms),
			     firma_buf_view(&info.content), &ours, NULL),
	    FIRMA_OK);
	p = theirs.at;
	parsed = d2i_CMS_ContentInfo(NULL, &p, (long)theirs.len);
	n = i2d_CMS_ContentInfo(parsed, &out);
	assert_int_equal(firma_openssl_put(&in_der, out, n), FIRMA_OK);
	assert_true(
	    firma_bytes_equal(firma_buf_view(&ours), firma_buf_view(&in_der)));
}

/* The same for the request of a seal. */
static void
a_seal_s_request_is_made_as_the_authority_s_program_makes_it(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *efirma =
	    load_certificate("fiel/cacx7605101p8");
	FIRMA_OWN(firma_evp_pkey_done)
	EVP_PKEY *key = load_key("certifica/seals", BYTES("Test1234"));
	FIRMA_OWN(firma_buf_done) struct firma_buf theirs = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf subject = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf req = { 0 };
	char challenge[FIRMA_CHALLENGE_LEN + 1];
	struct firma_identity id = { 0 };

	(void)state;
	fixture("certifica/seals.req", &theirs);
	assert_int_equal(firma_identity_of(efirma, &id, NULL), FIRMA_OK);
	assert_int_equal(firma_subject_seal(&id, "MiSucursal",
			     FIRMA_STRINGS_LATIN1, &subject, NULL),
	    FIRMA_OK);
	assert_int_equal(
	    firma_challenge_computed(id.unique_identifier, challenge),
	    FIRMA_OK);
	assert_int_equal(firma_request_build(key, firma_buf_view(&subject),
			     challenge, 20, &req, NULL),
	    FIRMA_OK);
	assert_true(
	    firma_bytes_equal(firma_buf_view(&req), firma_buf_view(&theirs)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_renewal_is_made_as_the_authority_s_program_makes_it),
		cmocka_unit_test(
		    an_envelope_of_seals_is_made_as_the_authority_s_program_makes_it),
		cmocka_unit_test(
		    a_seal_s_request_is_made_as_the_authority_s_program_makes_it),
		cmocka_unit_test(identities_are_read_as_clean_utf8),
		cmocka_unit_test(
		    the_2019_certificates_are_expired_and_the_2023_are_not),
		cmocka_unit_test(every_pair_opens_and_signs),
		cmocka_unit_test(
		    pairs_are_not_mixed_up_and_passwords_not_guessed),
		cmocka_unit_test(a_password_with_n_tilde_is_windows_1252),
		cmocka_unit_test(the_constant_salt_is_seen),
		cmocka_unit_test(requests_are_read_malformed_as_they_are),
		cmocka_unit_test(a_renewal_file_verifies),
		cmocka_unit_test(envelopes_of_seals_verify),
		cmocka_unit_test(
		    a_fresh_certificate_with_the_same_subject_is_accepted),
	};

	if (fixtures() == NULL)
		return skipped();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
