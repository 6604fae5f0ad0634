/* SPDX-License-Identifier: Apache-2.0 */
/* Options and operands, from a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/err.h"
#include "cli/args.h"

static const struct option_desc options[] = {
	{ "output", 'o', OPTION_TEXT, "FILE", "x" },
	{ "format", 0, OPTION_CHOICE, "raw|detached", "x" },
	{ "days", 0, OPTION_NUMBER, "N", "x" },
	{ "pin-file", 0, OPTION_LIST, "FILE", "x" },
	{ "yes", 'y', OPTION_FLAG, NULL, "x" },
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};
static const struct command command = { "sign", "KEY [FILE]", "x", options, 1,
	2, NULL };

/* Words with blanks between, as a command line; returns args_parse's. */
static int
parse(const char *line, struct args *ret)
{
	static char room[512];
	static char *argv[40];
	int argc = 1;

	argv[0] = room;
	char *rest = NULL;

	(void)snprintf(room, sizeof(room), "%c%s", '-', line);
	for (char *w = strtok_r(room + 1, " ", &rest); w != NULL;
	     w = strtok_r(NULL, " ", &rest))
		argv[argc++] = w;
	argv[argc] = NULL;
	return args_parse(&command, argc, argv, ret);
}

static void
all_kinds(void **state)
{
	const char *const *list;
	struct args a;

	(void)state;
	assert_int_equal(parse("-o x acme --format=raw --days 12 doc -y "
			       "--pin-file a --pin-file t=b",
			     &a),
	    -1);
	assert_string_equal(args_text(&a, "output"), "x");
	assert_string_equal(args_text(&a, "format"), "raw");
	assert_int_equal(args_number(&a, "days", 1), 12);
	assert_true(args_flag(&a, "yes"));
	assert_false(args_flag(&a, "json"));
	assert_int_equal(args_list(&a, "pin-file", &list), 2);
	assert_string_equal(list[1], "t=b");
	assert_string_equal(args_operand(&a, 0), "acme");
	assert_string_equal(args_operand(&a, 1), "doc");
	assert_null(args_operand(&a, 2));
}

static void
defaults(void **state)
{
	struct args a;

	(void)state;
	assert_int_equal(parse("acme -- -o", &a), -1);
	assert_null(args_text(&a, "output"));
	assert_int_equal(args_number(&a, "days", 30), 30);
	assert_string_equal(args_operand(&a, 1), "-o");
	/* The last one counts. */
	assert_int_equal(parse("k --output a --output b", &a), -1);
	assert_string_equal(args_text(&a, "output"), "b");
}

static void
mistakes(void **state)
{
	static const char *const lines[] = { "", "a b c", "k --nosuch",
		"k --output", "k -x", "k --format xml", "k --format ra",
		"k --days x", "k --days -1", "k --days 99999999999999999999",
		"k --days 3x",
		"k --pin-file 1 --pin-file 2 --pin-file 3 --pin-file 4 "
		"--pin-file 5 --pin-file 6 --pin-file 7 --pin-file 8 "
		"--pin-file 9" };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct args a;

		if (parse(lines[i], &a) != FIRMA_EXIT_USAGE)
			fail_msg("%s", lines[i]);
	}
}

static void
help_needs_no_operands(void **state)
{
	struct args a;

	(void)state;
	assert_int_equal(parse("--help", &a), -1);
	assert_true(args_flag(&a, "help"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds),
		cmocka_unit_test(defaults),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(help_needs_no_operands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
