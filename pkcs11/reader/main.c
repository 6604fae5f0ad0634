/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firmad-reader - tells the agent what happens to PC/SC readers.  Started by
 * firmad; see README.md.  Loads no module, knows no secret.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/base/fence.h"
#include "agent/base/own.h"
#include "agent/base/sandbox.h"
#include "pkcs11/reader/report.h"

#define AGENT        3  /* descriptor */
#define FILES_MAX    32 /* descriptors: pcscd, the agent, libpcsclite's own */
#define AGENT_CLOSED 0  /* exit status */

__attribute__((noreturn)) static void
usage(int status)
{
	(void)fprintf(status == 0 ? stdout : stderr,
	    "usage: firmad-reader [--version]\n"
	    "Started by firmad, which is descriptor 3.\n");
	exit(status);
}

static void
parse(int argc, char **argv)
{
	static const struct option list[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", list, NULL)) != -1) {
		if (c == 'h')
			usage(0);
		if (c != 'V')
			usage(FIRMA_EXIT_USAGE);
		(void)printf("firmad-reader %s\n", FIRMA_VERSION);
		exit(0);
	}
	if (optind != argc)
		usage(FIRMA_EXIT_USAGE);
}

/* The main thread sleeps in libpcsclite: somebody has to see that the agent
 * does not want us any more. */
static void *
until_closed(void *arg)
{
	(void)arg;
	firma_report_await_end(AGENT);
	_exit(AGENT_CLOSED);
}

/* No file at all: libpcsclite needs its socket, which Landlock leaves. */
FIRMA_CHECKED static enum firma_err
fence(struct firma_cause *cause)
{
	FIRMA_OWN(firma_fence_done) struct firma_fence f = { .fd = -1 };
	enum firma_err r;

	if ((r = firma_fence_begin(&f,
		 FIRMA_FENCE_READ | FIRMA_FENCE_EXECUTE | FIRMA_FENCE_WRITE |
		     FIRMA_FENCE_MAKE | FIRMA_FENCE_TCP | FIRMA_FENCE_LISTEN |
		     FIRMA_FENCE_ABSTRACT | FIRMA_FENCE_SIGNAL,
		 cause)) != FIRMA_OK)
		return r;
	return firma_fence_close(&f, cause);
}

FIRMA_CHECKED static enum firma_err
give_up(struct firma_cause *cause)
{
	const struct rlimit files = { FILES_MAX, FILES_MAX };
	enum firma_err r;

	if ((r = firma_sandbox_begin(cause)) != FIRMA_OK)
		return r;
	if (syscall(SYS_close_range, AGENT + 1, ~0u, 0u) != 0 ||
	    setrlimit(RLIMIT_NOFILE, &files) != 0)
		return firma_fail(cause, FIRMA_ERR_INTERNAL, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "descriptors");
	if ((r = fence(cause)) != FIRMA_OK)
		return r;
	return firma_sandbox_finish(FIRMA_KEEP_UNIX, cause);
}

int
main(int argc, char **argv)
{
	static int agent = AGENT;
	const struct firma_watch_sink sink = firma_report_to(&agent);
	struct firma_cause cause = { 0 };
	pthread_t closed;
	enum firma_err r;

	parse(argc, argv);
	if ((r = give_up(&cause)) == FIRMA_OK &&
	    pthread_create(&closed, NULL, until_closed, NULL) != 0)
		r = FIRMA_ERR_NOMEM;
	if (r == FIRMA_OK)
		r = firma_watch(&sink);
	if (r == FIRMA_ERR_AGENT_GONE)
		_exit(AGENT_CLOSED);
	(void)fprintf(stderr, "firmad-reader: %s%s%s\n", firma_err_text(r),
	    cause.what[0] != '\0' ? ": " : "", cause.what);
	_exit(FIRMA_EXIT_FAILED);
}
