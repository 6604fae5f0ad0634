/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/support.h"

#include "agent/pki/identifier.h"

typedef enum firma_err checker(const char *, struct firma_cause *);

static void
good(checker *check, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct firma_cause cause = { 0 };

		if (check(list[i], &cause) != FIRMA_OK)
			fail_msg("%s: %s", list[i], cause.what);
	}
}

static void
bad(checker *check, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct firma_cause cause = { 0 };

		if (check(list[i], &cause) != FIRMA_ERR_IDENTIFIER)
			fail_msg("%s was taken", list[i]);
		assert_true(cause.what[0] != '\0');
	}
}
#define GOOD(check, list) good(check, list, sizeof(list) / sizeof((list)[0]))
#define BAD(check, list)  bad(check, list, sizeof(list) / sizeof((list)[0]))

/* Every one but the last digit is wrong: exactly one of ten may pass. */
static void
one_digit_passes(checker *check, const char *id)
{
	char text[64];
	const size_t last = strlen(id) - 1;
	int passed = 0;

	(void)stpcpy(text, id);
	for (char d = '0'; d <= '9'; d++) {
		text[last] = d;
		passed += check(text, NULL) == FIRMA_OK;
	}
	assert_int_equal(passed, 1);
}

static void
rfc(void **state)
{
	static const char *const yes[] = { "CACX7605101P8", "EKU9003173C9",
		"XIQB891116QE4", "IVD920810GU2", "KAHO641101B39",
		"L&O950913MSA", "LINI9202285A3", "IA\xc3\x91L750210963",
		"VADA800927DJ3", "XAXX010101000", "XEXX010101000" };
	static const char *const no[] = { "", "EKU9003173C8", "EKU9013173C9",
		"EKU9002303C9", "EKU9003173C", "EKU9003173C99X", "eku9003173c9",
		"EKU9003173C9 ", "EK19003173C9", "IA\xd1L750210963",
		"L&O950913MS0", "XAXX010101001" };

	(void)state;
	GOOD(firma_rfc_check, yes);
	BAD(firma_rfc_check, no);
	one_digit_passes(firma_rfc_check, "EKU9003173C9");
}

static void
curp(void **state)
{
	static const char *const yes[] = { "CACX760510MGTSHC04",
		"XIQB891116MGRMZR05", "KAHO641101HNTLKS06" };
	/* The second is in a real test certificate, and wrong all the same. */
	static const char *const no[] = { "", "IANL750210HSRNZS09",
		"CACX760510MGTSHC05", "CACX761310MGTSHC04",
		"CACX760510QGTSHC04", "CACX760510MGTSHC0",
		"CACX760510MGTSHC044", "CACX760510MGTSHC0X",
		"cacx760510MGTSHC04" };

	(void)state;
	GOOD(firma_curp_check, yes);
	BAD(firma_curp_check, no);
	one_digit_passes(firma_curp_check, "CACX760510MGTSHC04");
}

static void
nss(void **state)
{
	/* Luhn by hand: 1 2 3 4 5 6 7 8 9 0 -> 3 */
	static const char *const yes[] = { "12345678903", "00000000000" };
	static const char *const no[] = { "", "12345678904", "1234567890",
		"123456789033", "1234567890A", "12345-67890" };

	(void)state;
	GOOD(firma_nss_check, yes);
	BAD(firma_nss_check, no);
	one_digit_passes(firma_nss_check, "12345678903");
}

static void
registro(void **state)
{
	static const char *const yes[] = { "E5352621109", "Y6077636105" };
	static const char *const no[] = { "", "E5352621108", "Y6077636109",
		"E535262110", "E53526211099", "e5352621109", "EE352621109",
		"E53-526211-0",
		"\xc3\x91"
		"5352621109" };

	(void)state;
	GOOD(firma_registro_check, yes);
	BAD(firma_registro_check, no);
	one_digit_passes(firma_registro_check, "E5352621109");
}

static void
email(void **state)
{
	static const char *const yes[] = { "nomina@example.com.mx", "a@b.mx",
		"first.last+tag@sub-1.example.org",
		"SATpruebas@pruebas.gob.mx" };
	static const char *const no[] = { "", "@", "a@", "@b.mx", "a@b",
		"a@@b.mx", "a b@c.mx", "a.@c.mx", ".a@c.mx", "a..b@c.mx",
		"a@-c.mx", "a@c-.mx", "a@c..mx", "a@c.mx.", "a@.mx",
		"a@1.2.3.4", "a@[1.2.3.4]", "\"a\"@c.mx", "a@c.mx\n",
		"<a@c.mx>", "a@c.mx,b@c.mx", "\xc3\xb1@c.mx", "a@\xc3\xb1.mx" };
	char text[300];

	(void)state;
	GOOD(firma_email_check, yes);
	BAD(firma_email_check, no);
	/* 64 before the @ and 254 in all are the most */
	memset(text, 'a', sizeof(text));
	memcpy(text + 64, "@c.mx", 6);
	assert_int_equal(firma_email_check(text, NULL), FIRMA_OK);
	memcpy(text + 64, "a@c.mx", 7);
	assert_int_equal(firma_email_check(text, NULL), FIRMA_ERR_IDENTIFIER);
	memset(text, 'a', sizeof(text));
	text[1] = '@';
	for (size_t i = 60; i < 250; i += 60)
		text[i] = '.';
	text[254] = '\0';
	assert_int_equal(firma_email_check(text, NULL), FIRMA_OK);
	text[254] = 'a';
	text[255] = '\0';
	assert_int_equal(firma_email_check(text, NULL), FIRMA_ERR_IDENTIFIER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc),
		cmocka_unit_test(curp),
		cmocka_unit_test(nss),
		cmocka_unit_test(registro),
		cmocka_unit_test(email),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
