/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "agent/policy/uri.h"

static struct firma_token_uri
fine(const char *text)
{
	struct firma_token_uri u = { 0 };
	const char *fault = firma_token_uri_parse(text, &u);

	if (fault != NULL)
		fail_msg("%s: %s", text, fault);
	return u;
}

static void
wrong(const char *text, const char *words)
{
	struct firma_token_uri u = { .serial = "untouched" };
	const char *fault = firma_token_uri_parse(text, &u);

	if (fault == NULL || strstr(fault, words) == NULL)
		fail_msg("%s: \"%s\" without \"%s\"", text,
		    fault == NULL ? "taken" : fault, words);
	assert_string_equal(u.serial, "untouched");
	assert_null(strstr(fault, "1234"));
}

static void
the_four_attributes_are_read(void **state)
{
	struct firma_token_uri u;

	(void)state;
	u = fine("pkcs11:token=Firma;serial=0a;model=M;manufacturer=A%20B");
	assert_string_equal(u.token, "Firma");
	assert_string_equal(u.serial, "0a");
	assert_string_equal(u.model, "M");
	assert_string_equal(u.manufacturer, "A B");
	u = fine("pkcs11:token=a%c3%B1o%3b%25");
	assert_string_equal(u.token, "a\xc3\xb1o;%");
	assert_string_equal(u.serial, "");
	/* As long as the standard's fields, in octets after decoding. */
	u = fine("pkcs11:serial=0123456789012%2D45;"
		 "token=01234567890123456789012345678901");
	assert_string_equal(u.serial, "0123456789012-45");
	assert_int_equal(strlen(u.token), 32);
	/* RFC 7512 2.3, pk11-pchar. */
	u = fine("pkcs11:token=:[]@!$'()*+,=&");
	assert_string_equal(u.token, ":[]@!$'()*+,=&");
}

static void
what_is_not_taken_is_named(void **state)
{
	(void)state;
	wrong("", "begins with pkcs11:");
	wrong("Firma", "begins with pkcs11:");
	wrong("PKCS11:token=a", "begins with pkcs11:");
	wrong("pkcs11:", "nothing about the token");
	wrong("pkcs11:token=a?pin-value=1234", "pin-credential");
	wrong("pkcs11:token=a?pin-source=file:/1234", "pin-credential");
	wrong("pkcs11:token=a;pin-value=1234", "pin-credential");
	wrong("pkcs11:token=a;pinfile=/1234", "pin-credential");
	wrong("pkcs11:?module-path=/x&pin-value=1234", "pin-credential");
	wrong("pkcs11:token=a?module-path=/x.so", "option module");
	wrong("pkcs11:token=a?module-name=x", "option module");
	wrong("pkcs11:token=a;library-version=1", "option module");
	wrong("pkcs11:token=a;object=k", "[key ALIAS]");
	wrong("pkcs11:token=a;id=%01", "[key ALIAS]");
	wrong("pkcs11:token=a;slot-id=1", "alone");
	wrong("pkcs11:token=a;x-1=b", "alone");
	wrong("pkcs11:token=a?", "alone");
	wrong("pkcs11:token", "alone");
	wrong("pkcs11:token=a;", "alone");
	wrong("pkcs11:token=", "empty");
	wrong("pkcs11:token=a;token=a", "second time");
	wrong("pkcs11:token=a b", "%XX");
	wrong("pkcs11:token=a%", "%XX");
	wrong("pkcs11:token=a%2", "%XX");
	wrong("pkcs11:token=a%zz", "%XX");
	wrong("pkcs11:token=a%;serial=01", "%XX");
	wrong("pkcs11:token=a/b", "%XX");
	wrong("pkcs11:token=\xc3\xb1", "%XX");
	wrong("pkcs11:token=a%00", "control");
	wrong("pkcs11:token=a%7f", "control");
	wrong("pkcs11:serial=01234567890123456", "longer");
	wrong("pkcs11:token=012345678901234567890123456789012", "longer");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_four_attributes_are_read),
		cmocka_unit_test(what_is_not_taken_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
