/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/support.h"

#include <openssl/objects.h>

#include "agent/pki/acceptance.h"

static const char *const attributes[] = { "CN", "O", "2.5.4.45", "serialNumber",
	"OU" };

static struct firma_certificate *old; /* made once: the expired one */

/* The rules of the practice profile, around a fresh certificate. */
static struct firma_acceptance
rules(const struct firma_certificate *fresh)
{
	struct firma_acceptance a = {
		.fresh = fresh,
		.old = old,
		.issuer = FIRMA_ISSUER_SAME_NAME,
		.attributes = attributes,
		.n_attributes = sizeof(attributes) / sizeof(attributes[0]),
		.now = NOW + 10,
		.skew_s = 300,
		.min_days = 700,
		.max_days = 800,
	};
	FIRMA_OWN(firma_buf_done) struct firma_buf spki = { 0 };

	spki_of(key_of(FIRMA_KEY_EC_P256, 0), &spki);
	sha256_of(firma_buf_view(&spki), a.key_spki_sha256);
	return a;
}

static void
expect(const struct firma_acceptance *a, enum firma_err err, const char *what)
{
	struct firma_cause cause = { 0 };

	assert_int_equal(firma_certificate_accept(a, &cause), err);
	if (strstr(cause.what, what) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", cause.what, what);
}

static struct firma_certificate *
fresh(const struct recipe *r)
{
	struct recipe usual = *r;

	if (usual.key == NULL)
		usual.key = key_of(FIRMA_KEY_EC_P256, 0);
	return certificate_of(&usual);
}

static void
the_right_one_is_accepted(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = fresh(&(struct recipe){ 0 });
	struct firma_acceptance a = rules(c);

	(void)state;
	expect(&a, FIRMA_OK, "");
}

static void
another_key(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c =
	    fresh(&(struct recipe){ .key = key_of(FIRMA_KEY_EC_P384, 0) });
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *again =
	    fresh(&(struct recipe){ .key = key_of(FIRMA_KEY_EC_P256, 1) });
	struct firma_acceptance a = rules(c);

	(void)state;
	expect(&a, FIRMA_ERR_CERT_KEY, "is not the new key's");
	/* even if somebody points the new key at the old one */
	a.fresh = again;
	firma_certificate_spki_sha256(again, a.key_spki_sha256);
	expect(&a, FIRMA_ERR_CERT_KEY, "old key");
}

/* A certificate for that common name is refused, and why says so. */
static void
named(const char *common_name, const char *why)
{
	const struct attribute other[] = {
		{ NID_commonName, V_ASN1_UTF8STRING, common_name },
	};
	FIRMA_OWN(firma_buf_done) struct firma_buf name = { 0 };

	name_of(other, 1, &name);
	{
		FIRMA_OWN(firma_certificate_done)
		struct firma_certificate *c =
		    fresh(&(struct recipe){ .subject = firma_buf_view(&name) });
		struct firma_acceptance a = rules(c);

		expect(&a, FIRMA_ERR_CERT_IDENTITY, why);
	}
}

static void
another_identity(void **state)
{
	(void)state;
	named("OTRA SA", "CN: \"OTRA SA\" is not");
	/* one that cannot be read */
	named("OTRA\nSA", "attribute CN");
}

static void
another_issuer(void **state)
{
	static const struct attribute other[] = {
		{ NID_commonName, V_ASN1_UTF8STRING, "Otra AC" },
	};
	FIRMA_OWN(firma_buf_done) struct firma_buf name = { 0 };

	(void)state;
	name_of(other, 1, &name);
	{
		const struct firma_bytes n = firma_buf_view(&name);
		FIRMA_OWN(firma_certificate_done)
		struct firma_certificate *ca =
		    fresh(&(struct recipe){ .key = key_of(FIRMA_KEY_EC_P256, 1),
			.subject = n,
			.issuer = n });
		FIRMA_OWN(firma_certificate_done)
		struct firma_certificate *by_ca =
		    fresh(&(struct recipe){ .issuer = n });
		FIRMA_OWN(firma_certificate_done)
		struct firma_certificate *forged = fresh(&(struct recipe){
		    .issuer = n, .ca_key = key_of(FIRMA_KEY_EC_P384, 0) });
		struct firma_acceptance a = rules(by_ca);

		expect(&a, FIRMA_ERR_CERT_ISSUER, "issuer's name");
		a.issuer = FIRMA_ISSUER_CA;
		a.issuer_ca = ca;
		expect(&a, FIRMA_OK, "");
		a.fresh = forged;
		expect(&a, FIRMA_ERR_CERT_ISSUER, "did not sign");
	}
}

static void
dates(int64_t from, int64_t to, const char *what)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c =
	    fresh(&(struct recipe){ .not_before = from, .not_after = to });
	struct firma_acceptance a = rules(c);

	expect(&a, what != NULL ? FIRMA_ERR_CERT_DATES : FIRMA_OK,
	    what != NULL ? what : "");
}

static void
other_dates(void **state)
{
	(void)state;
	dates(NOW + 310, NOW + 730 * DAY, NULL);
	dates(NOW + 311, NOW + 730 * DAY, "begins only at 2026-09-21");
	dates(NOW - 730 * DAY, NOW + 9, "was over at");
	dates(NOW - 730 * DAY, NOW + 10, NULL);
	dates(NOW, NOW + 700 * DAY - 300, NULL);
	dates(NOW, NOW + 700 * DAY - 301, "lasts 699 days, and 700 to 800");
	dates(NOW, NOW + 800 * DAY + 300, NULL);
	dates(NOW, NOW + 800 * DAY + 301, "lasts 800 days");
}

static void
a_serial_that_is_not_new(void **state)
{
	static const char *const seen[] = { "01ab", FRESH_SERIAL };
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = fresh(&(struct recipe){ 0 });
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *same =
	    fresh(&(struct recipe){ .serial = OLD_SERIAL });
	struct firma_acceptance a = rules(c);

	(void)state;
	a.seen_serials = seen;
	a.n_seen_serials = 1;
	expect(&a, FIRMA_OK, "");
	a.n_seen_serials = 2;
	expect(&a, FIRMA_ERR_CERT_SERIAL, "seen before");
	a.fresh = same;
	expect(&a, FIRMA_ERR_CERT_SERIAL, "old certificate's serial");
}

static void
rules_without_sense_accept_nothing(void **state)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = fresh(&(struct recipe){ 0 });
	struct firma_acceptance a;

	(void)state;
	a = rules(c), a.n_attributes = 0;
	expect(&a, FIRMA_ERR_CONFIG, "attribute");
	a = rules(c), a.issuer = FIRMA_ISSUER_CA;
	expect(&a, FIRMA_ERR_CONFIG, "issuer");
	a = rules(c), a.issuer = 0;
	expect(&a, FIRMA_ERR_CONFIG, "issuer");
	a = rules(c), a.max_days = 699;
	expect(&a, FIRMA_ERR_CONFIG, "days");
	a = rules(c), a.skew_s = -1;
	expect(&a, FIRMA_ERR_CONFIG, "skew");
	a = rules(c), a.old = NULL;
	expect(&a, FIRMA_ERR_CONFIG, "two certificates");
}

static int
make_old(void **state)
{
	(void)state;
	old = certificate_of(
	    &(struct recipe){ .key = key_of(FIRMA_KEY_EC_P256, 1),
		.serial = OLD_SERIAL,
		.not_before = NOW - 760 * DAY,
		.not_after = NOW - 30 * DAY });
	return 0;
}

static int
free_old(void **state)
{
	(void)state;
	firma_certificate_free(old);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_right_one_is_accepted),
		cmocka_unit_test(another_key),
		cmocka_unit_test(another_identity),
		cmocka_unit_test(another_issuer),
		cmocka_unit_test(other_dates),
		cmocka_unit_test(a_serial_that_is_not_new),
		cmocka_unit_test(rules_without_sense_accept_nothing),
	};

	return cmocka_run_group_tests(tests, make_old, free_old);
}
