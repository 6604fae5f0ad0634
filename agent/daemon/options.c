/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/lang.h"

__attribute__((noreturn)) static void
usage(int status)
{
	(void)fprintf(status == 0 ? stdout : stderr,
	    _("usage: firmad [--config FILE] [--socket PATH] [--state DIR]\n"
	      "              [--user NAME|UID]\n"
	      "       firmad --check [--config FILE]\n"
	      "       firmad --help | --version\n"
	      "\n"
	      "  --config FILE   configuration; default %s/firmad.conf as root,\n"
	      "                  else ~/.config/firmad/firmad.conf\n"
	      "  --check         read the configuration, say what is wrong in "
	      "which line\n"
	      "  --socket PATH   listen here (not when systemd gives the socket)\n"
	      "  --state DIR     renewals, PIN record and ledger\n"
	      "  --user NAME     started as root: run as this user\n"),
	    FIRMA_SYSCONFDIR);
	exit(status);
}

void
firma_options_parse(int argc, char **argv, struct firma_options *ret)
{
	static const struct option list[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, 'C' },
		{ "socket", required_argument, NULL, 's' },
		{ "state", required_argument, NULL, 'd' },
		{ "user", required_argument, NULL, 'u' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", list, NULL)) != -1) {
		switch (c) {
		case 'c':
			ret->config = optarg;
			break;
		case 'C':
			ret->check = true;
			break;
		case 's':
			ret->socket = optarg;
			break;
		case 'd':
			ret->state = optarg;
			break;
		case 'u':
			ret->user = optarg;
			break;
		case 'h':
			usage(0);
		case 'V':
			(void)printf("firmad %s\n", FIRMA_VERSION);
			exit(0);
		default:
			usage(FIRMA_EXIT_USAGE);
		}
	}
	if (optind != argc) {
		(void)fprintf(stderr, _("firmad: too many arguments: %s\n"),
		    argv[optind]);
		usage(FIRMA_EXIT_USAGE);
	}
}

/* $VAR/tail, or $HOME/fallback/tail. */
static bool
below(const char *var, const char *fallback, const char *tail, char *ret,
    size_t size)
{
	const char *base = getenv(var), *home = getenv("HOME");
	int n = -1;

	if (base != NULL && base[0] == '/')
		n = snprintf(ret, size, "%s/%s", base, tail);
	else if (fallback != NULL && home != NULL && home[0] == '/')
		n = snprintf(ret, size, "%s/%s/%s", home, fallback, tail);
	return n > 0 && (size_t)n < size;
}

static bool
put(char *ret, size_t size, const char *text)
{
	const int n = snprintf(ret, size, "%s", text);

	return n > 0 && (size_t)n < size;
}

/* A path of the command line, from the working directory. */
static bool
absolute(char *ret, size_t size, const char *path)
{
	char cwd[512];
	int n;

	if (path[0] == '/')
		return put(ret, size, path);
	if (getcwd(cwd, sizeof(cwd)) == NULL)
		return false;
	n = snprintf(ret, size, "%s/%s", cwd, path);
	return n > 0 && (size_t)n < size;
}

FIRMA_CHECKED static enum firma_err
nowhere(struct firma_cause *cause, const char *what, const char *how)
{
	return firma_fail(cause, FIRMA_ERR_CONFIG, FIRMA_CAUSE_NONE, 0,
	    "where is the %s? %s", what, how);
}

enum firma_err
firma_options_config_path(const struct firma_options *o, char *ret, size_t size,
    struct firma_cause *cause)
{
	bool ok;

	if (o->config != NULL)
		ok = absolute(ret, size, o->config);
	else if (geteuid() == 0)
		ok = put(ret, size, FIRMA_SYSCONFDIR "/firmad.conf");
	else
		ok = below("XDG_CONFIG_HOME", ".config", "firmad/firmad.conf",
		    ret, size);
	return ok ? FIRMA_OK
		  : nowhere(cause, "configuration", "give --config FILE");
}

enum firma_err
firma_options_places(const struct firma_options *o, struct firma_agent *a,
    struct firma_cause *cause)
{
	const char *given = getenv("STATE_DIRECTORY");
	bool ok;

	if (o->state != NULL)
		ok = absolute(a->state_dir, sizeof(a->state_dir), o->state);
	else if (a->config->state[0] != '\0')
		ok = put(a->state_dir, sizeof(a->state_dir), a->config->state);
	else if (given != NULL)
		ok = put(a->state_dir, sizeof(a->state_dir), given);
	else if (geteuid() == 0)
		ok = put(a->state_dir, sizeof(a->state_dir), "/var/lib/firmad");
	else
		ok = below("XDG_STATE_HOME", ".local/state", "firmad",
		    a->state_dir, sizeof(a->state_dir));
	if (!ok)
		return nowhere(cause, "state folder", "give --state DIR");
	if (o->socket != NULL)
		ok =
		    absolute(a->socket_path, sizeof(a->socket_path), o->socket);
	else if (a->config->socket[0] != '\0')
		ok = put(
		    a->socket_path, sizeof(a->socket_path), a->config->socket);
	else if (geteuid() == 0)
		ok = put(a->socket_path, sizeof(a->socket_path),
		    "/run/firmad/socket");
	else
		ok = below("XDG_RUNTIME_DIR", NULL, "firmad/socket",
		    a->socket_path, sizeof(a->socket_path));
	return ok ? FIRMA_OK : nowhere(cause, "socket", "give --socket PATH");
}
