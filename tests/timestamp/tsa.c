/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tsa.c - a time-stamping authority on loopback, whose answers a script makes.
 *
 *   practice-tsa DIR PORT-FILE
 *
 * Each POST is written to DIR/request, then `sh DIR/answer` is run in DIR.  It
 * leaves the body in DIR/response and in DIR/head one line:
 *
 *   STATUS TYPE LOCATION OCTETS
 *
 * DIR/login has the user and the password of the request, if any.
 *
 * LOCATION "-" is none; with OCTETS over 0 so many zeros are sent in the place of
 * the body.  Ends at SIGTERM.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/own.h"

#define BODY_MAX ((size_t)1024 * 1024)

extern char **environ;

static int
write_file(const char *name, const struct firma_buf *v)
{
	FIRMA_OWN(firma_fd_done)
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	return fd >= 0 && write(fd, v->at, v->len) == (ssize_t)v->len;
}

static int
read_file(const char *name, struct firma_buf *ret)
{
	FIRMA_OWN(firma_fd_done) int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0 || firma_buf_reserve(ret, BODY_MAX) != FIRMA_OK ||
	    (n = read(fd, ret->at, BODY_MAX)) < 0)
		return 0;
	ret->len = (size_t)n;
	return 1;
}

static int
run_script(void)
{
	char sh[] = "/bin/sh", answer[] = "answer";
	char *argv[] = { sh, answer, NULL };
	pid_t pid;
	int status = 1;

	if (posix_spawn(&pid, sh, NULL, NULL, argv, environ) != 0)
		return 0;
	while (waitpid(pid, &status, 0) < 0)
		;
	return status == 0;
}

static ssize_t
zeros(void *cls, uint64_t at, char *to, size_t max)
{
	(void)cls;
	(void)at;
	memset(to, 0, max);
	return (ssize_t)max;
}

static struct MHD_Response *
make(unsigned int *ret_status)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf body = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf head = { 0 };
	char type[64] = "text/plain", location[256] = "-";
	unsigned long long octets = 0;
	struct MHD_Response *r;

	*ret_status = 500;
	(void)unlink("head");
	if (run_script() && read_file("head", &head) &&
	    firma_buf_put_u8(&head, 0) == FIRMA_OK &&
	    sscanf((const char *)head.at, "%u %63s %255s %llu", ret_status,
		type, location, &octets) < 1)
		*ret_status = 500;
	(void)read_file("response", &body);
	r = octets != 0 ? MHD_create_response_from_callback(
			      octets, 65536, zeros, NULL, NULL)
			: MHD_create_response_from_buffer(
			      body.len, body.at, MHD_RESPMEM_MUST_COPY);
	if (r == NULL)
		return NULL;
	(void)MHD_add_response_header(r, "Content-Type", type);
	if (strcmp(location, "-") != 0)
		(void)MHD_add_response_header(r, "Location", location);
	return r;
}

/* DIR/login: "USER:PASSWORD" of HTTP Basic, or nothing. */
static void
note_login(struct MHD_Connection *c)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	char *password = NULL;
	char *user = MHD_basic_auth_get_username_password(c, &password);

	if (user != NULL && password != NULL &&
	    firma_buf_put_str(&text, user) == FIRMA_OK &&
	    firma_buf_put_str(&text, ":") == FIRMA_OK &&
	    firma_buf_put_str(&text, password) == FIRMA_OK)
		(void)write_file("login", &text);
	else
		(void)unlink("login");
	MHD_free(user);
	MHD_free(password);
}

static enum MHD_Result
serve(void *cls, struct MHD_Connection *c, const char *url, const char *method,
    const char *version, const char *data, size_t *n, void **state)
{
	struct firma_buf *body = *state;
	struct MHD_Response *r;
	unsigned int status = 500;
	enum MHD_Result sent;

	(void)cls;
	(void)url;
	(void)version;
	if (body == NULL) {
		*state = calloc(1, sizeof(*body));
		return *state != NULL && strcmp(method, "POST") == 0 ? MHD_YES
								     : MHD_NO;
	}
	if (*n != 0) {
		if (body->len + *n > BODY_MAX ||
		    firma_buf_put(body, firma_bytes_of(data, *n)) != FIRMA_OK)
			return MHD_NO;
		*n = 0;
		return MHD_YES;
	}
	note_login(c);
	if (!write_file("request", body) || (r = make(&status)) == NULL)
		return MHD_NO;
	sent = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return sent;
}

static void
ended(void *cls, struct MHD_Connection *c, void **state,
    enum MHD_RequestTerminationCode why)
{
	(void)cls;
	(void)c;
	(void)why;
	if (*state != NULL)
		firma_buf_done(*state);
	free(*state);
	*state = NULL;
}

static int
announce(struct MHD_Daemon *d, int dir, const char *file)
{
	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT);
	FIRMA_OWN(firma_fd_done)
	int fd = openat(dir, file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	return info != NULL && fd >= 0 &&
	    dprintf(fd, "%u\n", (unsigned int)info->port) > 0;
}

int
main(int argc, char **argv)
{
	struct MHD_Daemon *d;
	sigset_t ends;
	int dir, sig;

	if (argc != 3 || (dir = open(".", O_PATH | O_CLOEXEC)) < 0 ||
	    chdir(argv[1]) != 0)
		return 2;
	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)signal(SIGPIPE, SIG_IGN);
	if (pthread_sigmask(SIG_BLOCK, &ends, NULL) != 0)
		return 1;
	const struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	d = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL,
	    serve, NULL, MHD_OPTION_SOCK_ADDR, &at, MHD_OPTION_NOTIFY_COMPLETED,
	    ended, NULL, MHD_OPTION_END);
	if (d == NULL || !announce(d, dir, argv[2]))
		return 1;
	while (sigwait(&ends, &sig) != 0)
		;
	MHD_stop_daemon(d);
	return 0;
}
