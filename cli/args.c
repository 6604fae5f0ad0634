/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/err.h"
#include "agent/base/lang.h"
#include "cli/out.h"
#include "cli/say.h"

#define LONG_BASE   256 /* getopt_long's values for options: base + index */
#define HELP_COLUMN 26

const struct option_desc args_common[] = {
	{ "json", 0, OPTION_FLAG, NULL, N_("print data as JSON") },
	{ "lang", 0, OPTION_CHOICE, "es|en", N_("the language of messages") },
	{ "socket", 0, OPTION_TEXT, N_("PATH"), N_("the agent's socket") },
	{ "help", 'h', OPTION_FLAG, NULL, N_("show this help") },
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

static void
add_options(struct args *a, const struct option_desc *from)
{
	for (; from != NULL && from->name != NULL; from++) {
		if (a->n_options == ARGS_OPTIONS_MAX)
			abort(); /* the table grew: raise ARGS_OPTIONS_MAX */
		a->options[a->n_options++].desc = from;
	}
}

/* Is v one of the "a|b|c" in choices? */
static int
is_choice(const char *v, const char *choices)
{
	const size_t len = strlen(v);

	for (const char *at = choices; at != NULL;) {
		const size_t n = strcspn(at, "|");

		if (n == len && memcmp(at, v, n) == 0)
			return 1;
		at = at[n] == '|' ? at + n + 1 : NULL;
	}
	return 0;
}

static int
is_number(const char *v)
{
	char *end;

	errno = 0;
	(void)strtoul(v, &end, 10);
	return errno == 0 && *end == '\0' && v[0] >= '0' && v[0] <= '9';
}

__attribute__((format(printf, 2, 3))) static int
usage(const struct args *a, const char *fmt, ...)
{
	char allowed[1024] = "";
	size_t at = 0;
	va_list ap;

	for (size_t i = 0; i < a->n_options; i++) {
		const int n = snprintf(allowed + at, sizeof(allowed) - at,
		    "%s--%s", i == 0 ? "" : ", ", a->options[i].desc->name);

		if (n < 0 || (size_t)n >= sizeof(allowed) - at)
			break;
		at += (size_t)n;
	}
	out_clear();
	(void)fputs("firma: ", stderr);
	va_start(ap, fmt);
	out_error_va(fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	(void)fprintf(stderr, _("  -> `firma %s` takes: %s\n"),
	    a->command->name, allowed);
	(void)fprintf(
	    stderr, _("  -> firma %s --help says more\n"), a->command->name);
	return FIRMA_EXIT_USAGE;
}

/* Keep one given option; -1 when it is fine. */
static int
keep(struct args *a, size_t i, const char *value)
{
	const struct option_desc *d = a->options[i].desc;

	if (d->kind == OPTION_CHOICE && !is_choice(value, d->value))
		return usage(
		    a, _("--%s takes %s, not %s"), d->name, d->value, value);
	if (d->kind == OPTION_NUMBER && !is_number(value))
		return usage(a, _("--%s wants a whole number"), d->name);
	if (d->kind != OPTION_LIST)
		a->options[i].n = 0;
	if (a->options[i].n == ARGS_VALUES_MAX)
		return usage(a, _("--%s is given too often"), d->name);
	a->options[i].values[a->options[i].n++] =
	    d->kind == OPTION_FLAG ? "" : value;
	return -1;
}

static size_t
build(const struct args *a, struct option *longs, char *shorts)
{
	char *s = shorts;

	*s++ = ':';
	for (size_t i = 0; i < a->n_options; i++) {
		const struct option_desc *d = a->options[i].desc;
		const int has = d->kind != OPTION_FLAG;

		longs[i] =
		    (struct option){ d->name, has, NULL, LONG_BASE + (int)i };
		if (d->letter != 0) {
			*s++ = d->letter;
			if (has)
				*s++ = ':';
		}
	}
	longs[a->n_options] = (struct option){ 0 };
	*s = '\0';
	return a->n_options;
}

static size_t
index_of(const struct args *a, int got)
{
	if (got >= LONG_BASE)
		return (size_t)(got - LONG_BASE);
	for (size_t i = 0; i < a->n_options; i++)
		if (a->options[i].desc->letter == got)
			return i;
	return a->n_options;
}

int
args_parse(const struct command *c, int argc, char **argv, struct args *ret)
{
	struct option longs[ARGS_OPTIONS_MAX + 1];
	char shorts[2 * ARGS_OPTIONS_MAX + 2];
	int got, status;

	*ret = (struct args){ .command = c };
	add_options(ret, c->options);
	add_options(ret, args_common);
	(void)build(ret, longs, shorts);
	opterr = 0;
	optind = 0; /* GNU: start over */
	while ((got = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		size_t i;

		if (got == ':')
			return usage(ret, _("option %s wants a value"),
			    argv[optind - 1]);
		if (got == '?' || (i = index_of(ret, got)) == ret->n_options)
			return usage(
			    ret, _("unknown option %s"), argv[optind - 1]);
		if ((status = keep(ret, i, optarg)) != -1)
			return status;
	}
	ret->operands = argv + optind;
	ret->n_operands = argc - optind;
	if (args_flag(ret, "help"))
		return -1;
	if (ret->n_operands < c->min)
		return usage(
		    ret, _("something is missing: %s"), _(c->operands));
	if (ret->n_operands > c->max)
		return usage(
		    ret, _("too many arguments: %s"), ret->operands[c->max]);
	return -1;
}

static size_t
find(const struct args *a, const char *name)
{
	for (size_t i = 0; i < a->n_options; i++)
		if (strcmp(a->options[i].desc->name, name) == 0)
			return i;
	/* untranslated: a developer reads it */
	(void)fprintf(stderr, "firma: no option %s\n", name);
	abort(); /* a command asks for an option that its table lacks */
}

int
args_flag(const struct args *a, const char *name)
{
	return a->options[find(a, name)].n != 0;
}

const char *
args_text(const struct args *a, const char *name)
{
	const size_t i = find(a, name);

	return a->options[i].n == 0 ? NULL : a->options[i].values[0];
}

unsigned long
args_number(const struct args *a, const char *name, unsigned long otherwise)
{
	const char *v = args_text(a, name);

	return v == NULL ? otherwise : strtoul(v, NULL, 10);
}

size_t
args_list(const struct args *a, const char *name, const char *const **ret)
{
	const size_t i = find(a, name);

	*ret = a->options[i].values;
	return a->options[i].n;
}

const char *
args_operand(const struct args *a, int i)
{
	return i < a->n_operands ? a->operands[i] : NULL;
}

static void
option_help(const struct option_desc *d)
{
	char left[128];
	const char *value = d->value == NULL ? ""
	    : d->kind == OPTION_CHOICE       ? d->value
					     : _(d->value);

	(void)snprintf(left, sizeof(left), "%c%c%s--%s%s%s",
	    d->letter != 0 ? '-' : ' ', d->letter != 0 ? d->letter : ' ',
	    d->letter != 0 ? ", " : "  ", d->name, value[0] != '\0' ? " " : "",
	    value);
	if (out_columns(left) < HELP_COLUMN)
		out_line("  %s%*s %s", left, HELP_COLUMN - out_columns(left),
		    "", _(d->help));
	else
		out_line("  %s\n  %*s %s", left, HELP_COLUMN, "", _(d->help));
}

void
args_help(const struct command *c)
{
	/* gettext("") would give the catalogue's header. */
	out_line(_("usage: firma %s%s%s [options]"), c->name,
	    c->operands[0] != '\0' ? " " : "",
	    c->operands[0] != '\0' ? _(c->operands) : "");
	out_line("  %s", _(c->help));
	if (c->options != NULL) {
		out_line("%s", _("options:"));
		for (const struct option_desc *d = c->options; d->name != NULL;
		     d++)
			option_help(d);
	}
	out_line("%s", _("options of every command:"));
	for (const struct option_desc *d = args_common; d->name != NULL; d++)
		option_help(d);
}
