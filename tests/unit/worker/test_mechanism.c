/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "pkcs11/worker/mechanism.h"

static void
put(struct firma_mechanisms *m, CK_MECHANISM_TYPE type, CK_ULONG min,
    CK_ULONG max)
{
	m->at[m->n].type = type;
	m->at[m->n].info =
	    (CK_MECHANISM_INFO){ .ulMinKeySize = min, .ulMaxKeySize = max };
	m->n++;
}

static void
lacks(const struct firma_mechanisms *m, enum firma_key_algorithm a,
    const char *wanted)
{
	char text[FIRMA_LACKS];

	firma_mechanisms_lack(m, a, text);
	assert_string_equal(text, wanted);
}

static void
what_is_missing(void **state)
{
	static struct firma_mechanisms m;

	(void)state;
	m.n = 0;
	lacks(
	    &m, FIRMA_KEY_RSA_2048, "CKM_RSA_PKCS_KEY_PAIR_GEN, CKM_RSA_PKCS");
	lacks(&m, FIRMA_KEY_EC_P256, "CKM_EC_KEY_PAIR_GEN, CKM_ECDSA");
	lacks(&m, FIRMA_KEY_UNKNOWN, "");
	put(&m, CKM_RSA_PKCS, 1024, 4096);
	lacks(&m, FIRMA_KEY_RSA_2048, "CKM_RSA_PKCS_KEY_PAIR_GEN");
	put(&m, CKM_RSA_PKCS_KEY_PAIR_GEN, 1024, 2048);
	lacks(&m, FIRMA_KEY_RSA_2048, "");
	lacks(&m, FIRMA_KEY_RSA_3072, "CKM_RSA_PKCS_KEY_PAIR_GEN (3072 bits)");
	lacks(&m, FIRMA_KEY_EC_P256, "CKM_EC_KEY_PAIR_GEN, CKM_ECDSA");
}

static void
sizes_in_bits_or_octets(void **state)
{
	static const struct {
		CK_ULONG min, max;
		enum firma_key_algorithm a;
		int is_enough;
	} rows[] = {
		{ 512, 16384, FIRMA_KEY_RSA_4096, 1 },
		{ 64, 512, FIRMA_KEY_RSA_4096, 1 }, /* octets */
		{ 64, 256, FIRMA_KEY_RSA_4096, 0 }, /* octets: 2048 bits */
		{ 0, 0, FIRMA_KEY_RSA_4096, 1 },    /* says nothing */
		{ 4096, 4096, FIRMA_KEY_RSA_2048, 0 },
		{ 112, 521, FIRMA_KEY_EC_P256, 1 },
		{ 192, 256, FIRMA_KEY_EC_P384, 0 },
		{ 32, 48, FIRMA_KEY_EC_P384, 1 }, /* octets */
		{ 24, 32, FIRMA_KEY_EC_P384, 0 }, /* octets: 256 bits */
	};
	static struct firma_mechanisms m;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[FIRMA_LACKS];

		m.n = 0;
		put(&m, CKM_RSA_PKCS, 0, 0);
		put(&m, CKM_ECDSA, 0, 0);
		put(&m, CKM_RSA_PKCS_KEY_PAIR_GEN, rows[i].min, rows[i].max);
		put(&m, CKM_EC_KEY_PAIR_GEN, rows[i].min, rows[i].max);
		firma_mechanisms_lack(&m, rows[i].a, text);
		if ((text[0] == '\0') != rows[i].is_enough)
			fail_msg("row %zu: \"%s\"", i, text);
	}
}

static void
names(void **state)
{
	(void)state;
	assert_string_equal(firma_mechanism_name(CKM_ECDSA), "CKM_ECDSA");
	assert_string_equal(firma_mechanism_name(CKM_RSA_PKCS_KEY_PAIR_GEN),
	    "CKM_RSA_PKCS_KEY_PAIR_GEN");
	assert_string_equal(firma_mechanism_name(CKM_VENDOR_DEFINED + 1), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_missing),
		cmocka_unit_test(sizes_in_bits_or_octets),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
