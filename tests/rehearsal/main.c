/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firma-rehearsal - a practice CA and a stand-in for IDSE, on loopback.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/rehearsal/behave.h"
#include "tests/rehearsal/commands.h"
#include "tests/rehearsal/serve.h"

#define EXIT_USAGE 2
#define PORT_MAX   65535

static const char usage[] =
    "usage: firma-rehearsal init DIR\n"
    "       firma-rehearsal enrol DIR --cert OLD.(pem|cer) [--email E]\n"
    "                       [--registro R]\n"
    "       firma-rehearsal issue DIR --csr REQ --out OLD.pem [--expired]\n"
    "                       [--name N] [--rfc R] [--curp C] [--registro R]\n"
    "                       [--email E]\n"
    "       firma-rehearsal serve DIR [--port N] [--port-file F]\n"
    "                       [--behave LIST]\n"
    "       firma-rehearsal show DIR [--json]\n"
    "       firma-rehearsal --version | --help\n";

enum option_id {
	OPT_CERT = 256,
	OPT_CSR,
	OPT_OUT,
	OPT_NAME,
	OPT_RFC,
	OPT_CURP,
	OPT_REGISTRO,
	OPT_EMAIL,
	OPT_EXPIRED,
	OPT_PORT,
	OPT_PORT_FILE,
	OPT_BEHAVE,
	OPT_JSON
};

static const struct option options[] = {
	{ "cert", required_argument, NULL, OPT_CERT },
	{ "csr", required_argument, NULL, OPT_CSR },
	{ "out", required_argument, NULL, OPT_OUT },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "rfc", required_argument, NULL, OPT_RFC },
	{ "curp", required_argument, NULL, OPT_CURP },
	{ "registro", required_argument, NULL, OPT_REGISTRO },
	{ "email", required_argument, NULL, OPT_EMAIL },
	{ "expired", no_argument, NULL, OPT_EXPIRED },
	{ "port", required_argument, NULL, OPT_PORT },
	{ "port-file", required_argument, NULL, OPT_PORT_FILE },
	{ "behave", required_argument, NULL, OPT_BEHAVE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ NULL, 0, NULL, 0 },
};

static int
wrong_usage(void)
{
	(void)fputs(usage, stderr);
	return EXIT_USAGE;
}

static int
parse_port(const char *s, unsigned int *ret)
{
	char *end = NULL;
	const unsigned long n = strtoul(s, &end, 10);

	if (*s < '0' || *s > '9' || *end != '\0' || n > PORT_MAX)
		return -1;
	*ret = (unsigned int)n;
	return 0;
}

static int
take_option(int id, const char *value, struct rehearsal_options *o)
{
	switch (id) {
	case OPT_CERT:
		o->certificate = value;
		return 0;
	case OPT_CSR:
		o->request = value;
		return 0;
	case OPT_OUT:
		o->out = value;
		return 0;
	case OPT_NAME:
		o->name = value;
		return 0;
	case OPT_RFC:
		o->rfc = value;
		return 0;
	case OPT_CURP:
		o->curp = value;
		return 0;
	case OPT_REGISTRO:
		o->registro = value;
		return 0;
	case OPT_EMAIL:
		o->email = value;
		return 0;
	case OPT_EXPIRED:
		o->expired = 1;
		return 0;
	case OPT_PORT:
		return parse_port(value, &o->port);
	case OPT_PORT_FILE:
		o->port_file = value;
		return 0;
	case OPT_BEHAVE:
		o->behave = value;
		return 0;
	case OPT_JSON:
		o->json = 1;
		return 0;
	default:
		return -1;
	}
}

static int
serve(const struct rehearsal_options *o)
{
	const struct rehearsal_server s = { .dir = o->dir,
		.behave = o->behave == NULL ? "" : o->behave,
		.port_file = o->port_file,
		.port = o->port };
	char bad[64];
	enum firma_err r;

	if (rehearsal_behave_bad(s.behave, bad, sizeof(bad))) {
		(void)fprintf(stderr,
		    "firma-rehearsal: --behave: '%s' is not known\n", bad);
		return EXIT_USAGE;
	}
	if ((r = rehearsal_serve(&s)) == FIRMA_OK)
		return 0;
	(void)fprintf(stderr, "firma-rehearsal: serve %s: %s\n", o->dir,
	    firma_err_text(r));
	return 1;
}

static int
run(const char *command, const struct rehearsal_options *o)
{
	if (strcmp(command, "init") == 0)
		return rehearsal_init(o);
	if (strcmp(command, "enrol") == 0 && o->certificate != NULL)
		return rehearsal_enrol(o);
	if (strcmp(command, "issue") == 0 && o->request != NULL &&
	    o->out != NULL)
		return rehearsal_issue_old(o);
	if (strcmp(command, "serve") == 0)
		return serve(o);
	if (strcmp(command, "show") == 0)
		return rehearsal_show(o);
	return wrong_usage();
}

int
main(int argc, char **argv)
{
	struct rehearsal_options o = { 0 };
	int id;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(usage, stdout) < 0;
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts("firma-rehearsal " FIRMA_VERSION) < 0;
	if (argc < 3)
		return wrong_usage();
	o.dir = argv[2];
	optind = 3;
	while ((id = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (take_option(id, optarg, &o) != 0)
			return wrong_usage();
	if (optind != argc || o.dir[0] == '-')
		return wrong_usage();
	return run(argv[1], &o);
}
