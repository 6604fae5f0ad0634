/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve.c - life of the server: signals, the listening socket, its end.
 */
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "agent/base/own.h"
#include "tests/rehearsal/file.h"
#include "tests/rehearsal/http.h"
#include "tests/rehearsal/http_request.h"

#define CONNECTIONS_MAX 64U
#define IDLE_S 30U
#define CONNECTION_MEMORY ((size_t)64 * 1024) /* octets */

static struct MHD_Daemon *
start(struct rehearsal_http *http, unsigned int port)
{
	const struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};

	return MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD |
		MHD_USE_THREAD_PER_CONNECTION | MHD_USE_ERROR_LOG,
	    (uint16_t)port, NULL, NULL, rehearsal_http_handle, http,
	    MHD_OPTION_SOCK_ADDR, (const struct sockaddr *)&at,
	    MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
	    MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
	    MHD_OPTION_NOTIFY_COMPLETED, rehearsal_http_completed, NULL,
	    MHD_OPTION_END);
}

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
	return rehearsal_file_write(AT_FDCWD, s->port_file, 0644,
	    firma_bytes_of(text, (size_t)n));
}

enum firma_err
rehearsal_serve(const struct rehearsal_server *s)
{
	FIRMA_OWN(firma_fd_done) int stop = eventfd(0, EFD_CLOEXEC);
	struct rehearsal_http http = { .dir = s->dir, .behave = s->behave,
		.stop = stop };
	const union MHD_DaemonInfo *info;
	struct MHD_Daemon *daemon;
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
	if ((daemon = start(&http, s->port)) == NULL)
		return FIRMA_ERR_IO;
	info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
	http.port = info == NULL ? s->port : info->port;
	if ((r = announce(s, http.port)) == FIRMA_OK)
		while (sigwait(&ends, &sig) != 0)
			;
	/* Wake the threads that stall on purpose, or the end would wait. */
	if (write(stop, &one, sizeof(one)) != (ssize_t)sizeof(one))
		r = FIRMA_ERR_IO;
	MHD_stop_daemon(daemon);
	firma_buf_done(&http.last.body);
	return r;
}
