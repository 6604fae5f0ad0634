/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "pkcs11/worker/cryptoki.h"

static void
values_have_names_and_meanings(void **state)
{
	static const struct {
		CK_RV rv;
		const char *name;
		enum firma_err err;
	} list[] = {
		{ CKR_PIN_INCORRECT, "CKR_PIN_INCORRECT", FIRMA_ERR_PIN },
		{ CKR_PIN_LOCKED, "CKR_PIN_LOCKED", FIRMA_ERR_PIN_LOCKED },
		{ CKR_PIN_LEN_RANGE, "CKR_PIN_LEN_RANGE",
		    FIRMA_ERR_PIN_FORMAT },
		{ CKR_USER_NOT_LOGGED_IN, "CKR_USER_NOT_LOGGED_IN",
		    FIRMA_ERR_PIN_NEEDED },
		{ CKR_DEVICE_REMOVED, "CKR_DEVICE_REMOVED",
		    FIRMA_ERR_TOKEN_GONE },
		{ CKR_TOKEN_NOT_PRESENT, "CKR_TOKEN_NOT_PRESENT",
		    FIRMA_ERR_TOKEN_GONE },
		{ CKR_SESSION_HANDLE_INVALID, "CKR_SESSION_HANDLE_INVALID",
		    FIRMA_ERR_TOKEN_GONE },
		{ CKR_DEVICE_MEMORY, "CKR_DEVICE_MEMORY",
		    FIRMA_ERR_TOKEN_FULL },
		{ CKR_MECHANISM_INVALID, "CKR_MECHANISM_INVALID",
		    FIRMA_ERR_TOKEN_NO_MECH },
		{ CKR_GENERAL_ERROR, "CKR_GENERAL_ERROR",
		    FIRMA_ERR_TOKEN_ERROR },
		{ CKR_VENDOR_DEFINED | 7, "CKR_VENDOR_DEFINED",
		    FIRMA_ERR_TOKEN_ERROR },
		{ 0x7000, "CKR_?", FIRMA_ERR_TOKEN_ERROR },
		{ CKR_OK, "CKR_OK", FIRMA_ERR_INTERNAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		assert_string_equal(firma_ckr_name(list[i].rv), list[i].name);
		assert_int_equal(firma_ckr_err(list[i].rv), list[i].err);
	}
}

static void
causes_carry_the_value(void **state)
{
	struct firma_cause c = { 0 };

	(void)state;
	assert_int_equal(
	    firma_ckr_fail(&c, "C_Login", CKR_PIN_INCORRECT), FIRMA_ERR_PIN);
	assert_int_equal(c.kind, FIRMA_CAUSE_CKR);
	assert_int_equal(c.code, CKR_PIN_INCORRECT);
	assert_string_equal(c.what, "C_Login: CKR_PIN_INCORRECT");
	assert_int_equal(firma_ckr_fail(NULL, "C_Login", CKR_PIN_LOCKED),
	    FIRMA_ERR_PIN_LOCKED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_have_names_and_meanings),
		cmocka_unit_test(causes_carry_the_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
