/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rehearsal/serve.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "agent/base/own.h"
#include "tests/rehearsal/file.h"
#include "tests/rehearsal/http.h"

static enum firma_err
announce(const struct rehearsal_server *s, unsigned int port)
{
	char text[16];
	int n;

	(void)printf("http://127.0.0.1:%u" REHEARSAL_BASE "\n", port);
	if (fflush(stdout) != 0)
		return FIRMA_ERR_IO;
	if (s->port_file == NULL)
		return FIRMA_OK;
	n = snprintf(text, sizeof(text), "%u\n", port);
	return rehearsal_file_write(
	    AT_FDCWD, s->port_file, 0644, firma_bytes_of(text, (size_t)n));
}

enum firma_err
rehearsal_serve(const struct rehearsal_server *s)
{
	FIRMA_OWN(firma_fd_done) int stop = eventfd(0, EFD_CLOEXEC);
	struct rehearsal_http http = {
		.dir = s->dir, .behave = s->behave, .stop = stop
	};
	const uint64_t one = 1;
	sigset_t ends;
	enum firma_err r;
	int sig;

	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	/* Before the threads are made: they inherit it, and sigwait has it. */
	if (stop < 0 || pthread_sigmask(SIG_BLOCK, &ends, NULL) != 0 ||
	    signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return FIRMA_ERR_IO;
	if ((r = rehearsal_http_start(&http, s->port)) != FIRMA_OK)
		return r;
	if ((r = announce(s, http.port)) == FIRMA_OK)
		while (sigwait(&ends, &sig) != 0)
			;
	/* Wake the threads that stall on purpose, or the end would wait. */
	if (write(stop, &one, sizeof(one)) != (ssize_t)sizeof(one))
		r = FIRMA_ERR_IO;
	rehearsal_http_stop(&http);
	return r;
}
