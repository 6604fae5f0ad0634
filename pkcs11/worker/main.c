/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firmad-token - the process that holds one token's module and its login.
 * Started by firmad; see README.md for its descriptors.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "pkcs11/worker/harden.h"
#include "pkcs11/worker/limits.h"
#include "pkcs11/worker/outgoing.h"
#include "pkcs11/worker/worker.h"

#define FIRST_LANE 3    /* descriptor */
#define SPIN_MAX   1000 /* us */
#define PORT_MAX   65535

struct options {
	const char *name; /* of the token, for the log */
	const char *module;
	struct firma_selector selector;
	unsigned int n_selectors;
	unsigned long n_lanes;
	unsigned long spin_us;
	struct firma_harden harden;
	size_t n_writable;
};

static struct options opt = { .name = "token", .n_lanes = 1 };
static struct firma_token token;
static pthread_mutex_t serial = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noreturn)) static void
usage(int status)
{
	(void)fprintf(status == 0 ? stdout : stderr,
	    "usage: firmad-token --module PATH\n"
	    "           (--label L | --serial S | --slot N | --uri U)\n"
	    "           [--writable PATH].. [--network PORT].. [--lanes N]\n"
	    "           [--name TOKEN] [--spin-us N] [--version]\n"
	    "Started by firmad: lanes are descriptors 3 and up.\n");
	exit(status);
}

static unsigned long
number(const char *s, unsigned long min, unsigned long max)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(s, &end, 10);
	if (*s < '0' || *s > '9' || *end != '\0' || errno != 0 || v < min ||
	    v > max)
		usage(FIRMA_EXIT_USAGE);
	return v;
}

static void
by_uri(const char *text)
{
	static struct firma_uri *uri; /* as long as the process */
	struct firma_cause cause = { 0 };
	enum firma_err r;

	firma_uri_done(&uri);
	if ((r = firma_uri_parse(text, &uri, &cause)) != FIRMA_OK) {
		(void)fprintf(stderr, "firmad-token: %s: %s\n",
		    firma_err_text(r), cause.what);
		exit(FIRMA_EXIT_USAGE);
	}
	opt.selector.kind = FIRMA_BY_URI;
	opt.selector.uri = uri;
	opt.n_selectors++;
}

static void
add_port(const char *text)
{
	if (opt.harden.n_ports == FIRMA_NETWORK_MAX)
		usage(FIRMA_EXIT_USAGE);
	opt.harden.ports[opt.harden.n_ports++] =
	    (unsigned int)number(text, 1, PORT_MAX);
}

static void
add_writable(const char *path)
{
	if (opt.n_writable == FIRMA_WRITABLE_MAX)
		usage(FIRMA_EXIT_USAGE);
	opt.harden.writable[opt.n_writable++] = path;
}

static void
parse(int argc, char **argv)
{
	static const struct option list[] = {
		{ "module", required_argument, NULL, 'm' },
		{ "label", required_argument, NULL, 'l' },
		{ "serial", required_argument, NULL, 's' },
		{ "slot", required_argument, NULL, 'n' },
		{ "uri", required_argument, NULL, 'u' },
		{ "lanes", required_argument, NULL, 'L' },
		{ "name", required_argument, NULL, 'N' },
		{ "writable", required_argument, NULL, 'w' },
		{ "network", required_argument, NULL, 'p' },
		{ "spin-us", required_argument, NULL, 'S' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", list, NULL)) != -1) {
		switch (c) {
		case 'm':
			opt.module = optarg;
			break;
		case 'l':
		case 's':
			opt.selector.kind =
			    c == 'l' ? FIRMA_BY_LABEL : FIRMA_BY_SERIAL;
			opt.selector.text = optarg;
			opt.n_selectors++;
			break;
		case 'n':
			opt.selector.kind = FIRMA_BY_SLOT;
			opt.selector.slot = number(optarg, 0, ~0ul);
			opt.n_selectors++;
			break;
		case 'u':
			by_uri(optarg);
			break;
		case 'L':
			opt.n_lanes = number(optarg, 1, FIRMA_LANES_MAX);
			break;
		case 'N':
			opt.name = optarg;
			break;
		case 'S':
			opt.spin_us = number(optarg, 0, SPIN_MAX);
			break;
		case 'w':
			add_writable(optarg);
			break;
		case 'p':
			add_port(optarg);
			break;
		case 'h':
			usage(0);
		case 'V':
			(void)printf("firmad-token %s\n", FIRMA_VERSION);
			exit(0);
		default:
			usage(FIRMA_EXIT_USAGE);
		}
	}
	if (optind != argc || opt.module == NULL || opt.n_selectors != 1)
		usage(FIRMA_EXIT_USAGE);
}

static void
complain(enum firma_err r, const struct firma_cause *c)
{
	(void)fprintf(stderr, "firmad-token: %s: %s: %s%s%s\n", opt.name,
	    opt.module, firma_err_text(r), c->what[0] != '\0' ? ": " : "",
	    c->what);
}

FIRMA_CHECKED static enum firma_err
worker_new(unsigned long lane, struct firma_worker **ret)
{
	struct firma_worker *w = calloc(1, sizeof(*w));
	enum firma_err r;

	if (w == NULL)
		return FIRMA_ERR_NOMEM;
	w->token = &token;
	w->session.token = &token;
	w->serial = token.module->is_threaded ? NULL : &serial;
	if ((w->signer = firma_signer_new(&token)) == NULL)
		return FIRMA_ERR_NOMEM;
	if ((r = firma_lane_init(&w->lane, FIRST_LANE + (int)lane,
		 opt.spin_us * 1000)) != FIRMA_OK)
		return r;
	*ret = w;
	return FIRMA_OK;
}

/*
 * A further lane.  When the agent closes it, only this thread ends; when it
 * cannot be served the process does, and is replaced.
 */
static void *
further(void *arg)
{
	struct firma_worker *w = arg;
	struct firma_cause c = { 0 };
	const enum firma_err r = firma_worker_serve_signing(w, &c);

	if (r != FIRMA_ERR_AGENT_GONE) {
		complain(r, &c);
		_exit(FIRMA_EXIT_FAILED);
	}
	return NULL;
}

FIRMA_CHECKED static enum firma_err
start_further(struct firma_cause *cause)
{
	for (unsigned long i = 1; i < opt.n_lanes; i++) {
		struct firma_worker *w = NULL;
		pthread_t t;
		enum firma_err r;
		int e;

		if ((r = worker_new(i, &w)) != FIRMA_OK)
			return r;
		if ((e = pthread_create(&t, NULL, further, w)) != 0)
			return firma_fail(cause, FIRMA_ERR_IO,
			    FIRMA_CAUSE_ERRNO, (unsigned long)e, "thread");
		(void)pthread_detach(t);
	}
	return FIRMA_OK;
}

/* It may have wanted what it was refused: a person can lift that. */
static void
advise(enum firma_err r, struct firma_cause *c)
{
	const size_t len = strlen(c->what);

	firma_outgoing_explain(r, c);
	if (opt.n_writable == 0 && c->kind == FIRMA_CAUSE_CKR &&
	    c->what[len] == '\0')
		(void)snprintf(c->what + len, sizeof(c->what) - len,
		    "; a module that keeps files needs writable = in "
		    "firmad.conf");
}

FIRMA_CHECKED static enum firma_err
start(struct firma_worker **ret_w, struct firma_cause *cause)
{
	static struct firma_module module;
	enum firma_err r;

	opt.harden.module = opt.module;
	opt.harden.first_unused = FIRST_LANE + (unsigned int)opt.n_lanes;
	/* The limits first: afterwards /proc/self is not ours to write. */
	if ((r = firma_limits_set(cause)) != FIRMA_OK ||
	    (r = firma_harden(&opt.harden, cause)) != FIRMA_OK)
		return r;
	firma_outgoing_begin(opt.harden.n_ports);
	if ((r = firma_module_load(opt.module, &module, cause)) != FIRMA_OK) {
		advise(r, cause);
		return r;
	}
	firma_token_init(&token, &module, &opt.selector);
	if ((r = worker_new(0, ret_w)) != FIRMA_OK ||
	    (r = start_further(cause)) != FIRMA_OK)
		return r;
	const struct firma_msg_w_ready m = { .version = FIRMA_WIRE_VERSION,
		.library = firma_str_of(module.library) };

	return firma_lane_answer(&(*ret_w)->lane, FIRMA_MSG_w_ready, &m, 0);
}

int
main(int argc, char **argv)
{
	struct firma_worker *w = NULL;
	struct firma_cause c = { 0 };
	struct firma_lane first;
	enum firma_err r;

	parse(argc, argv);
	if ((r = start(&w, &c)) != FIRMA_OK) {
		complain(r, &c);
		if (firma_lane_init(&first, FIRST_LANE, 0) == FIRMA_OK)
			(void)!firma_lane_refuse(&first, r, &c, 0);
		_exit(FIRMA_EXIT_TOKEN);
	}
	r = firma_worker_serve(w, &c);
	if (r != FIRMA_ERR_AGENT_GONE)
		complain(r, &c);
	/* C_Finalize is not waited for: it may hang, and nothing needs it. */
	_exit(r == FIRMA_ERR_AGENT_GONE ? 0 : FIRMA_EXIT_FAILED);
}
