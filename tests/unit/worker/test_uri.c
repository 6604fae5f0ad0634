/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "agent/base/own.h"
#include "pkcs11/worker/uri.h"

static void
put(unsigned char *field, size_t size, const char *text, int padding)
{
	memset(field, padding, size);
	memcpy(field, text, strlen(text));
}

static CK_TOKEN_INFO
token(const char *label, const char *serial, int padding)
{
	CK_TOKEN_INFO t = { 0 };

	put(t.label, sizeof(t.label), label, padding);
	put(t.serialNumber, sizeof(t.serialNumber), serial, padding);
	put(t.model, sizeof(t.model), "A model", padding);
	put(t.manufacturerID, sizeof(t.manufacturerID), "Maker", padding);
	return t;
}

static void
fits(const char *text, CK_TOKEN_INFO t, bool is_one, bool is_blank_one)
{
	FIRMA_OWN(firma_uri_done) struct firma_uri *u = NULL;
	struct firma_cause cause = { 0 };

	assert_int_equal(firma_uri_parse(text, &u, &cause), FIRMA_OK);
	if (firma_uri_fits(u, &t) != is_one ||
	    firma_uri_fits_blank(u, &t) != is_blank_one)
		fail_msg("%s", text);
}

static void
a_token_fits_in_all_that_is_said(void **state)
{
	(void)state;
	/* Padded with blanks, as the standard says, and with zeros. */
	for (int padding = ' '; padding >= 0; padding -= ' ') {
		const CK_TOKEN_INFO t = token("Firma", "01", padding);

		fits("pkcs11:token=Firma", t, true, true);
		fits("pkcs11:serial=01", t, true, true);
		fits("pkcs11:token=Firma;serial=01;model=A%20model;"
		     "manufacturer=Maker",
		    t, true, true);
		fits("pkcs11:token=Firm", t, false, true);
		fits("pkcs11:token=Firma2", t, false, true);
		fits("pkcs11:token=Firma;serial=02", t, false, false);
		fits("pkcs11:serial=01;model=other", t, false, false);
		fits("pkcs11:manufacturer=other", t, false, false);
		fits("pkcs11:token=firma", t, false, true);
	}
}

static void
refused(const char *text, const char *words)
{
	struct firma_uri *u = NULL;
	struct firma_cause cause = { 0 };

	assert_int_equal(firma_uri_parse(text, &u, &cause), FIRMA_ERR_VALUE);
	assert_null(u);
	if (strstr(cause.what, words) == NULL ||
	    strstr(cause.what, "1234") != NULL)
		fail_msg("%s: %s", text, cause.what);
}

static void
only_a_token_is_named(void **state)
{
	(void)state;
	refused("", "not a PKCS#11 URI");
	refused("token=a", "not a PKCS#11 URI");
	refused("pkcs11:token=%zz", "not a PKCS#11 URI");
	refused("pkcs11:", "nothing about the token");
	refused("pkcs11:token=a?pin-value=1234", "PIN");
	refused("pkcs11:token=a?pin-source=/1234", "PIN");
	refused("pkcs11:token=a?module-path=/x", "more than which token");
	refused("pkcs11:token=a?module-name=x", "more than which token");
	refused("pkcs11:token=a;library-version=1.2", "more than");
	refused("pkcs11:token=a;library-manufacturer=1", "more than");
	refused("pkcs11:token=a;library-description=1", "more than");
	refused("pkcs11:token=a;slot-id=1", "more than");
	refused("pkcs11:token=a;slot-description=1", "more than");
	refused("pkcs11:token=a;slot-manufacturer=1", "more than");
	refused("pkcs11:token=a;object=k", "more than which token");
	refused("pkcs11:token=a;id=%01", "more than which token");
	refused("pkcs11:token=a;type=private", "more than which token");
	refused("pkcs11:token=a;x-unknown=k", "more than which token");
}

static void
the_label_is_told(void **state)
{
	FIRMA_OWN(firma_uri_done) struct firma_uri *u = NULL;
	FIRMA_OWN(firma_uri_done) struct firma_uri *none = NULL;
	struct firma_cause cause = { 0 };

	(void)state;
	assert_int_equal(
	    firma_uri_parse("pkcs11:token=A%20b;serial=1", &u, &cause),
	    FIRMA_OK);
	assert_true(firma_str_is(firma_uri_label(u), "A b"));
	assert_int_equal(
	    firma_uri_parse("pkcs11:serial=1", &none, &cause), FIRMA_OK);
	assert_int_equal(firma_uri_label(none).len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_fits_in_all_that_is_said),
		cmocka_unit_test(only_a_token_is_named),
		cmocka_unit_test(the_label_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
