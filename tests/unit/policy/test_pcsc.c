/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/pcsc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/own.h"

static struct firma_config *
conf(const char *text)
{
	struct firma_problems p = { 0 };
	struct firma_config *c = NULL;

	if (firma_config_parse(
		firma_bytes_of(text, strlen(text)), "/etc", &c, &p) != FIRMA_OK)
		fail_msg("%u: %s", p.items[0].line, p.items[0].text);
	return c;
}

#define CARD "[token card]\nlabel = C\nmodule = /usr/lib/opensc-pkcs11.so\n"
#define SOFT "[token soft]\nlabel = S\nmodule = /usr/lib/libsofthsm2.so\n"

static void
modules_that_ask_pcscd(void **state)
{
	static const struct {
		const char *module;
		bool may;
	} cases[] = {
		{ "/usr/lib/opensc-pkcs11.so", true },
		{ "/usr/lib/pkcs11/onepin-opensc-pkcs11.so", true },
		{ "/usr/lib/libeTPkcs11.so", true },
		{ "/usr/lib/libykcs11.so.2", true },
		{ "/opt/opensc/libsofthsm2.so", false }, /* a folder's name */
		{ "/usr/lib/libtpm2_pkcs11.so.1", false },
		{ "/usr/lib/opencryptoki/libopencryptoki.so", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FIRMA_OWN(firma_config_done) struct firma_config *c = NULL;
		char text[256];

		(void)snprintf(text, sizeof(text),
		    "[token t]\nlabel = T\nmodule = %s\n", cases[i].module);
		c = conf(text);
		if (firma_pcsc_may_hold(c, &c->tokens[0]) != cases[i].may)
			fail_msg("%s", cases[i].module);
		assert_int_equal(firma_pcsc_socket(c) != NULL, cases[i].may);
	}
}

static void
the_operator_decides(void **state)
{
	FIRMA_OWN(firma_config_done)
	struct firma_config *no = conf("[agent]\nwatch-readers = no\n" CARD);
	FIRMA_OWN(firma_config_done)
	struct firma_config *yes =
	    conf("[agent]\nwatch-readers = yes\n" SOFT "software = yes\n"
		 "[token v]\nlabel = V\n"
		 "module = /opt/v.so\n");

	(void)state;
	assert_null(firma_pcsc_socket(no));
	assert_false(firma_pcsc_may_hold(no, &no->tokens[0]));
	assert_false(firma_pcsc_may_hold(yes, &yes->tokens[0]));
	assert_true(firma_pcsc_may_hold(yes, &yes->tokens[1]));
}

static void
one_pcscd_is_watched(void **state)
{
	FIRMA_OWN(firma_config_done)
	struct firma_config *c = conf(SOFT
	    "environment = PCSCLITE_CSOCK_NAME=/run/soft\n" CARD
	    "environment = OPENSC_CONF=/x\n"
	    "environment = PCSCLITE_CSOCK_NAME=/run/mine\n"
	    "[token two]\nlabel = C\nmodule = /usr/lib/opensc-pkcs11.so\n"
	    "[token three]\nlabel = D\nmodule = /usr/lib/opensc-pkcs11.so\n"
	    "environment = PCSCLITE_CSOCK_NAME=/run/mine\n");

	(void)state;
	assert_string_equal(firma_pcsc_socket(c), "/run/mine");
	assert_false(firma_pcsc_may_hold(c, &c->tokens[0]));
	assert_true(firma_pcsc_may_hold(c, &c->tokens[1]));
	assert_false(firma_pcsc_may_hold(c, &c->tokens[2]));
	assert_true(firma_pcsc_may_hold(c, &c->tokens[3]));
}

static void
the_usual_pcscd(void **state)
{
	FIRMA_OWN(firma_config_done) struct firma_config *c = conf(SOFT CARD);

	(void)state;
	assert_string_equal(firma_pcsc_socket(c), "");
	assert_false(firma_pcsc_may_hold(c, &c->tokens[0]));
	assert_true(firma_pcsc_may_hold(c, &c->tokens[1]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modules_that_ask_pcscd),
		cmocka_unit_test(the_operator_decides),
		cmocka_unit_test(one_pcscd_is_watched),
		cmocka_unit_test(the_usual_pcscd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
