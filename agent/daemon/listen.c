/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/daemon/conn.h"
#include "agent/daemon/log.h"

#define BACKLOG  128
#define PAUSE_NS (100 * FIRMA_MS) /* when out of descriptors */

static sd_event_source *source, *pause_timer;
static int lock_fd = -1;
static bool bound;

static int
on_pause_over(sd_event_source *s, uint64_t usec, void *arg)
{
	(void)s;
	(void)usec;
	(void)arg;
	(void)sd_event_source_set_enabled(source, SD_EVENT_ON);
	return 0;
}

/* Out of descriptors: the backlog keeps the clients; try again soon. */
static void
pause_accepting(struct firma_agent *a)
{
	(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	if (pause_timer == NULL)
		(void)sd_event_add_time_relative(a->loop, &pause_timer,
		    CLOCK_MONOTONIC, PAUSE_NS / 1000, 0, on_pause_over, a);
	else
		(void)sd_event_source_set_time_relative(
		    pause_timer, PAUSE_NS / 1000);
	(void)sd_event_source_set_enabled(pause_timer, SD_EVENT_ONESHOT);
}

static int
on_client(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct firma_agent *a = arg;
	int got;

	(void)s;
	(void)events;
	got = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (got < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			pause_accepting(a);
		return 0;
	}
	if (a->n_conns >= a->config->max_connections) {
		firma_log(FIRMA_LOG_WARNING,
		    "a client was turned away: max-connections = %u",
		    a->config->max_connections);
		(void)close(got);
		return 0;
	}
	if (firma_conn_new(a, got) != FIRMA_OK)
		firma_log(FIRMA_LOG_ERROR, "a client could not be taken");
	return 0;
}

enum firma_err
firma_listen_inherit(struct firma_agent *a, struct firma_cause *cause)
{
	const int n = sd_listen_fds(1);

	a->listen_fd = -1;
	if (n <= 0)
		return FIRMA_OK;
	if (n != 1 ||
	    sd_is_socket_unix(SD_LISTEN_FDS_START, SOCK_STREAM, 1, NULL, 0) <=
		0)
		return firma_fail(cause, FIRMA_ERR_CONFIG, FIRMA_CAUSE_NONE, 0,
		    "one listening Unix stream socket is expected, got %d", n);
	a->listen_fd = SD_LISTEN_FDS_START;
	(void)fcntl(
	    a->listen_fd, F_SETFL, fcntl(a->listen_fd, F_GETFL) | O_NONBLOCK);
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
fail(struct firma_cause *cause, const char *path)
{
	const int e = errno;

	return firma_fail(cause,
	    e == EROFS || e == EACCES ? FIRMA_ERR_READ_ONLY : FIRMA_ERR_IO,
	    FIRMA_CAUSE_ERRNO, (unsigned long)e, "%.140s", path);
}

FIRMA_CHECKED static enum firma_err
bind_own(struct firma_agent *a, bool is_service, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char lock[600];

	if (strlen(a->socket_path) >= sizeof(to.sun_path))
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "socket path over %zu octets", sizeof(to.sun_path) - 1);
	(void)snprintf(
	    to.sun_path, sizeof(to.sun_path), "%.107s", a->socket_path);
	(void)snprintf(lock, sizeof(lock), "%s.lock", a->socket_path);
	lock_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock_fd < 0)
		return fail(cause, lock);
	if (flock(lock_fd, LOCK_EX | LOCK_NB) != 0)
		return firma_fail(cause, FIRMA_ERR_STATE, FIRMA_CAUSE_NONE, 0,
		    "another firmad serves %.100s", a->socket_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(cause, "socket");
	if (unlink(a->socket_path) != 0 && errno != ENOENT)
		return fail(cause, a->socket_path);
	if (bind(fd, (const struct sockaddr *)&to, sizeof(to)) != 0)
		return fail(cause, a->socket_path);
	if (chmod(a->socket_path, is_service ? 0666 : 0600) != 0 ||
	    listen(fd, BACKLOG) != 0)
		return fail(cause, a->socket_path);
	a->listen_fd = firma_fd_take(&fd);
	bound = true;
	return FIRMA_OK;
}

enum firma_err
firma_listen_start(
    struct firma_agent *a, bool is_service, struct firma_cause *cause)
{
	enum firma_err r;

	if (a->listen_fd < 0 &&
	    (r = bind_own(a, is_service, cause)) != FIRMA_OK)
		return r;
	if (sd_event_add_io(
		a->loop, &source, a->listen_fd, EPOLLIN, on_client, a) < 0)
		return FIRMA_ERR_NOMEM;
	return FIRMA_OK;
}

void
firma_listen_stop(struct firma_agent *a)
{
	source = sd_event_source_disable_unref(source);
	pause_timer = sd_event_source_disable_unref(pause_timer);
	if (bound)
		(void)unlink(a->socket_path);
	firma_fd_done(&a->listen_fd);
	firma_fd_done(&lock_fd);
}
