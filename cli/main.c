/* SPDX-License-Identifier: Apache-2.0 */
/* firma - the companion of firmad. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "agent/base/secret.h"
#include "cli/app.h"

static int
version(struct app *app, const struct args *a)
{
	(void)app;
	(void)a;
	if (out_is_json())
		out_json(json_pack("{ss}", "version", FIRMA_VERSION));
	else
		/* untranslated: a name */
		out_line("firma %s", FIRMA_VERSION);
	return FIRMA_EXIT_OK;
}

static const struct command version_commands[] = {
	{ "version", "", N_("the version of firma"), NULL, 0, 0, version },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};

/* In the order of `firma help` and of firma(1). */
static const struct command *const families[] = { status_commands,
	token_commands, token_info_commands, key_commands, request_commands,
	certificate_commands, sign_commands, seals_commands, sello_commands,
	ticket_commands, timestamp_commands, verify_commands, letter_commands,
	renew_commands, ledger_commands, doctor_commands, version_commands };
#define N_FAMILIES (sizeof(families) / sizeof(families[0]))

static void
list_commands(const char *family)
{
	for (size_t f = 0; f < N_FAMILIES; f++)
		for (const struct command *c = families[f]; c->name != NULL;
		     c++) {
			const size_t n = family == NULL ? 0 : strlen(family);

			if (family == NULL ||
			    (strncmp(c->name, family, n) == 0 &&
				(c->name[n] == ' ' || c->name[n] == '\0')))
				out_line("  %-20s %s", c->name, _(c->help));
		}
}

static int
help(void)
{
	out_line("%s", _("usage: firma COMMAND [options]"));
	out_line("%s", _("commands:"));
	list_commands(NULL);
	/* untranslated: names of commands */
	out_line("  %-20s %s", "help", _("this list, or help on a command"));
	out_line("%s", _("firma COMMAND --help says what a command takes."));
	return FIRMA_EXIT_OK;
}

/*
 * The command that argv begins with; the longest name wins, so that "renew
 * start" is found before "renew".  ret_n is the number of words of its name.
 */
static const struct command *
find_command(int argc, char **argv, int *ret_n)
{
	const struct command *one = NULL;
	char two[64] = "";

	if (argc > 1)
		(void)snprintf(two, sizeof(two), "%s %s", argv[0], argv[1]);
	for (size_t f = 0; f < N_FAMILIES; f++)
		for (const struct command *c = families[f]; c->name != NULL;
		     c++) {
			if (strcmp(c->name, two) == 0) {
				*ret_n = 2;
				return c;
			}
			if (argc > 0 && strcmp(c->name, argv[0]) == 0)
				one = c;
		}
	*ret_n = 1;
	return one;
}

static int
is_family(const char *word)
{
	const size_t n = strlen(word);

	for (size_t f = 0; f < N_FAMILIES; f++)
		if (strncmp(families[f][0].name, word, n) == 0 &&
		    families[f][0].name[n] == ' ')
			return 1;
	return 0;
}

static int
unknown(int argc, char **argv)
{
	if (!is_family(argv[0]))
		return say_refusal(FIRMA_EXIT_USAGE,
		    _("`firma help` lists the commands"),
		    _("there is no command `%s`"), argv[0]);
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		list_commands(argv[0]);
		return FIRMA_EXIT_OK;
	}
	if (argc > 1)
		(void)say_refusal(FIRMA_EXIT_USAGE, NULL,
		    _("there is no command `%s %s`; there are:"), argv[0],
		    argv[1]);
	else
		(void)say_refusal(FIRMA_EXIT_USAGE, NULL,
		    _("`%s` wants one more word:"), argv[0]);
	for (size_t f = 0; f < N_FAMILIES; f++)
		for (const struct command *c = families[f]; c->name != NULL;
		     c++)
			if (strncmp(c->name, argv[0], strlen(argv[0])) == 0)
				/* untranslated: a command */
				out_note("  -> firma %s", c->name);
	return FIRMA_EXIT_USAGE;
}

/* Options may stand before the command too; the language is wanted early. */
static const char *
early(int argc, char **argv, const char *name)
{
	const size_t n = strlen(name);

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			break;
		if (strncmp(argv[i], name, n) != 0)
			continue;
		if (argv[i][n] == '=')
			return argv[i] + n + 1;
		if (argv[i][n] == '\0' && i + 1 < argc)
			return argv[i + 1];
	}
	return NULL;
}

/* Move options that stand before the command behind it. */
static void
command_first(int argc, char **argv)
{
	int first = 1;

	while (first < argc && argv[first][0] == '-' && argv[first][1] == '-') {
		const int has_value = strcmp(argv[first], "--lang") == 0 ||
		    strcmp(argv[first], "--socket") == 0;

		first += has_value ? 2 : 1;
	}
	while (first > 1 && first < argc) {
		char *word = argv[1];

		memmove(
		    argv + 1, argv + 2, (size_t)(argc - 2) * sizeof(argv[0]));
		argv[argc - 1] = word;
		first--;
	}
}

static int
run(int argc, char **argv)
{
	struct app app = { 0 };
	const struct command *c;
	struct args a;
	int n = 0, status;

	if (argc < 1 || strcmp(argv[0], "--help") == 0 ||
	    strcmp(argv[0], "-h") == 0 ||
	    (strcmp(argv[0], "help") == 0 && (argc < 2 || argv[1][0] == '-')))
		return help();
	if (strcmp(argv[0], "--version") == 0)
		return version(&app, NULL);
	if (strcmp(argv[0], "help") == 0) {
		argc--;
		argv++;
		if ((c = find_command(argc, argv, &n)) != NULL) {
			args_help(c);
			return FIRMA_EXIT_OK;
		}
		if (!is_family(argv[0]))
			return unknown(1, argv);
		list_commands(argv[0]);
		return FIRMA_EXIT_OK;
	}
	if ((c = find_command(argc, argv, &n)) == NULL)
		return unknown(argc, argv);
	if ((status = args_parse(c, argc - n + 1, argv + n - 1, &a)) != -1)
		return status;
	if (args_flag(&a, "help")) {
		args_help(c);
		return FIRMA_EXIT_OK;
	}
	out_init(args_flag(&a, "json"));
	app.socket = args_text(&a, "socket");
	status = c->run(&app, &a);
	out_progress_end();
	firma_client_free(app.client);
	return status;
}

int
main(int argc, char **argv)
{
	const struct rlimit none = { 0, 0 };

	/* A PIN or an imported key passes through here: no core, no tracing. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)umask(077);
	/* What a portal's helper is told may have a password in it. */
	json_set_alloc_funcs(malloc, firma_wiping_free);
	firma_lang_init(early(argc, argv, "--lang"));
	out_init(0);
	command_first(argc, argv);
	return run(argc - 1, argv + 1);
}
