/* SPDX-License-Identifier: Apache-2.0 */
/*
 * args.h - commands and their options, from tables.
 *
 * One table per command says what it takes; parsing and --help come from it.
 */
#ifndef FIRMA_CLI_ARGS_H
#define FIRMA_CLI_ARGS_H

#include <stddef.h>

#define ARGS_OPTIONS_MAX 32 /* of one command, the common ones included */
#define ARGS_VALUES_MAX  8  /* of one option that may be repeated */

enum option_kind {
	OPTION_FLAG,
	OPTION_TEXT,
	OPTION_LIST,   /* may be given several times */
	OPTION_NUMBER, /* a whole number from 0 */
	OPTION_CHOICE  /* value is "a|b|c" */
};

struct option_desc {
	const char *name; /* NULL ends the table */
	char letter;      /* or 0 */
	enum option_kind kind;
	const char *value; /* what stands for the value in --help */
	const char *help;
};

struct app;
struct args;

struct command {
	const char *name;     /* "status", "token init"; NULL ends a table */
	const char *operands; /* "KEY [FILE]", or "" */
	const char *help;
	const struct option_desc *options; /* or NULL */
	int min, max;                      /* operands */
	int (*run)(struct app *app, const struct args *a);
};

/* What was given.  Views into argv. */
struct args {
	const struct command *command;
	struct {
		const struct option_desc *desc;
		const char *values[ARGS_VALUES_MAX];
		size_t n;
	} options[ARGS_OPTIONS_MAX];
	size_t n_options;
	char **operands;
	int n_operands;
};

/* Options that every command takes. */
extern const struct option_desc args_common[];

/*
 * Parse argv[1..] for a command; argv[0] is ignored.  Returns -1 when all is
 * well, else the exit status: a mistake has been explained on stderr.
 */
int args_parse(
    const struct command *c, int argc, char **argv, struct args *ret);

/* Which option must be there; a name the table lacks ends the program. */
int args_flag(const struct args *a, const char *name);
const char *args_text(const struct args *a, const char *name); /* or NULL */
unsigned long args_number(
    const struct args *a, const char *name, unsigned long otherwise);
size_t args_list(
    const struct args *a, const char *name, const char *const **ret);

/* The i-th operand, or NULL. */
const char *args_operand(const struct args *a, int i);

/* --help of one command, and the list of several, on stdout. */
void args_help(const struct command *c);

#endif
