/* SPDX-License-Identifier: Apache-2.0 */
/* pinentry programs, honest and otherwise, made of shell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "cli/pinentry.h"

static char dir[] = "/tmp/firma-pinentry.XXXXXX";
static char program[64], heard[64];

/* A pinentry that writes down what it hears and answers GETPIN with body. */
static void
make_program(const char *greeting, const char *getpin)
{
	FILE *f = fopen(program, "w");

	assert_non_null(f);
	(void)fprintf(f,
	    "#!/bin/sh\nexec 3>%s\nprintf '%%b' '%s'\n"
	    "while read -r line; do\n\techo \"$line\" >&3\n"
	    "\tcase $line in\n\tGETPIN) printf '%%b' '%s' ;;\n"
	    "\tOPTION*) printf 'ERR 174 Unknown option\\n' ;;\n"
	    "\t*) echo OK ;;\n\tesac\ndone\n",
	    heard, greeting, getpin);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(program, 0700), 0);
}

static enum firma_err
ask(struct firma_secret *ret)
{
	return pinentry_ask(program, "The PIN of 100% \"Acme\"\nplease", "PIN",
	    firma_after(10 * FIRMA_S), ret);
}

static void
takes_a_pin(void **state)
{
	FIRMA_OWN(firma_secret_done) struct firma_secret pin = { 0 };
	char text[512] = "";
	FILE *f;

	(void)state;
	make_program("OK Pleased to meet you\\n", "D 12%25%0a3%C3%B1\\nOK\\n");
	assert_int_equal(ask(&pin), FIRMA_OK);
	assert_int_equal(pin.len, 7);
	assert_memory_equal(pin.at, "12%\n3\xc3\xb1", 7);
	assert_non_null(f = fopen(heard, "r"));
	assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
	assert_int_equal(fclose(f), 0);
	assert_non_null(
	    strstr(text, "SETDESC The PIN of 100%25 \"Acme\"%0Aplease\n"));
	assert_non_null(strstr(text, "SETPROMPT PIN\n"));
}

static void
cancelled(void **state)
{
	FIRMA_OWN(firma_secret_done) struct firma_secret pin = { 0 };

	(void)state;
	make_program("OK\\n", "ERR 83886179 Operation cancelled <Pinentry>\\n");
	assert_int_equal(ask(&pin), FIRMA_ERR_CANCELLED);
	assert_null(pin.at);
}

static void
useless(void **state)
{
	static const char *const bodies[] = { "ERR 83886340 no tty\\n",
		"D %%zz\\nOK\\n", "D %%2\\nOK\\n" };
	FIRMA_OWN(firma_secret_done) struct firma_secret pin = { 0 };
	FILE *f;

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		make_program("OK\\n", bodies[i]);
		assert_int_equal(ask(&pin), FIRMA_ERR_NOT_SUPPORTED);
	}
	make_program("ERR 1 not today\\n", "OK\\n");
	assert_int_equal(ask(&pin), FIRMA_ERR_NOT_SUPPORTED);
	/* Ends at once; and a line without end. */
	assert_non_null(f = fopen(program, "w"));
	(void)fputs("#!/bin/sh\nexit 0\n", f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(ask(&pin), FIRMA_ERR_NOT_SUPPORTED);
	assert_non_null(f = fopen(program, "w"));
	(void)fputs("#!/bin/sh\nhead -c 9000 /dev/zero | tr '\\0' x\n", f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(ask(&pin), FIRMA_ERR_NOT_SUPPORTED);
	assert_null(pin.at);
}

static void
silent(void **state)
{
	FIRMA_OWN(firma_secret_done) struct firma_secret pin = { 0 };
	const uint64_t start = firma_now();
	FILE *f;

	(void)state;
	assert_non_null(f = fopen(program, "w"));
	(void)fputs("#!/bin/sh\necho OK\nexec sleep 60\n", f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(
	    pinentry_ask(program, "d", "p", firma_after(300 * FIRMA_MS), &pin),
	    FIRMA_ERR_DEADLINE);
	assert_true(firma_now() - start < 10 * FIRMA_S);
}

static void
found_by_environment(void **state)
{
	char path[4096];

	(void)state;
	assert_int_equal(setenv("FIRMA_PINENTRY", program, 1), 0);
	assert_true(pinentry_find(path, sizeof(path)));
	assert_string_equal(path, program);
	assert_int_equal(setenv("FIRMA_PINENTRY", "none", 1), 0);
	assert_false(pinentry_find(path, sizeof(path)));
	assert_int_equal(unsetenv("FIRMA_PINENTRY"), 0);
	assert_int_equal(setenv("DISPLAY", ":99", 1), 0);
	assert_int_equal(setenv("PATH", dir, 1), 0);
	assert_true(pinentry_find(path, sizeof(path)));
	assert_string_equal(path, program);
}

static int
make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return 1;
	(void)snprintf(program, sizeof(program), "%s/pinentry", dir);
	(void)snprintf(heard, sizeof(heard), "%s/heard", dir);
	return 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	(void)unlink(program);
	(void)unlink(heard);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_a_pin),
		cmocka_unit_test(cancelled),
		cmocka_unit_test(useless),
		cmocka_unit_test(silent),
		cmocka_unit_test(found_by_environment),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
