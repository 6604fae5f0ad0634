/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firma-vcard - a SmartCard-HSM without a chip, for the driver vpcd of pcscd.
 *
 *   firma-vcard --state FILE --control SOCKET --port N [--serial S]
 *               [--trace FILE] [--real] [--out]
 *   firma-vcard say SOCKET WORDS...
 *
 * See README.md for what it can be told.  It runs until SIGTERM.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "tests/vcard/control.h"
#include "tests/vcard/out.h"

static volatile sig_atomic_t ended;

static void
on_end(int sig)
{
	(void)sig;
	ended = 1;
}

static int
say(int argc, char **argv)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf line = { 0 };

	if (argc < 4)
		out_die("say SOCKET WORDS...");
	for (int i = 3; i < argc; i++)
		out_text(&line, "%s%s", i == 3 ? "" : " ", argv[i]);
	out_byte(&line, 0);
	return control_say(argv[2], (const char *)line.at);
}

static uint16_t
port_of(const char *word)
{
	char *end;
	const unsigned long n = strtoul(word, &end, 10);

	if (*end != '\0' || n == 0 || n > UINT16_MAX)
		out_die("%s is no port", word);
	return (uint16_t)n;
}

static FILE *
trace_open(const char *path)
{
	FILE *f = fopen(path, "ae");

	if (f == NULL)
		out_die("%s: %s", path, strerror(errno));
	return f;
}

struct words {
	const char *state, *control, *serial;
};

static void
parse(int argc, char **argv, struct words *w, struct reader *r)
{
	static const struct option known[] = {
		{ "state", required_argument, NULL, 's' },
		{ "control", required_argument, NULL, 'c' },
		{ "port", required_argument, NULL, 'p' },
		{ "serial", required_argument, NULL, 'n' },
		{ "trace", required_argument, NULL, 't' },
		{ "real", no_argument, NULL, 'r' },
		{ "out", no_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 's')
			w->state = optarg;
		else if (c == 'c')
			w->control = optarg;
		else if (c == 'n')
			w->serial = optarg;
		else if (c == 'p')
			r->port = port_of(optarg);
		else if (c == 't')
			r->trace = trace_open(optarg);
		else if (c == 'r')
			script_real(&r->script);
		else if (c == 'o')
			r->in = false;
		else
			out_die("see the head of main.c");
	}
	if (w->state == NULL || w->control == NULL || r->port == 0)
		out_die("--state, --control and --port are needed");
}

static void
run(struct reader *r, int control)
{
	while (!ended) {
		const uint64_t until = reader_turn(r);
		struct pollfd p[2] = {
			{ .fd = control, .events = POLLIN },
			/* Nobody speaks to a card that is busy, but the end of
			 * the connection is heard. */
			{ .fd = r->fd, .events = r->busy ? POLLRDHUP : POLLIN },
		};

		if (poll(p, 2, firma_poll_ms(until)) < 0)
			continue;
		if (p[1].revents != 0)
			reader_receive(r);
		if (p[0].revents != 0)
			control_serve(control, r);
	}
}

int
main(int argc, char **argv)
{
	struct words w = { .serial = "UTVC0000001" };
	struct reader r = { .in = true, .fd = -1 };
	const struct sigaction end = { .sa_handler = on_end };
	int control;

	if (argc > 1 && strcmp(argv[1], "say") == 0)
		return say(argc, argv);
	parse(argc, argv, &w, &r);
	(void)sigaction(SIGTERM, &end, NULL);
	(void)sigaction(SIGINT, &end, NULL);
	card_open(&r.card, w.state, w.serial);
	control = control_listen(w.control);
	run(&r, control);
	reader_done(&r);
	if (r.trace != NULL)
		(void)fclose(r.trace);
	(void)close(control);
	(void)unlink(w.control);
	return 0;
}
