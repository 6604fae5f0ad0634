/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pinentry.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/base/spawn.h"

#define LINE_CAP 2048 /* octets; Assuan allows 1000 */
#define TEXT_MAX 1500

struct dialogue {
	int fd;
	pid_t pid;
	struct firma_secret line; /* also holds the PIN: wiped */
	uint64_t deadline;
};

static void
dialogue_done(struct dialogue *d)
{
	firma_fd_done(&d->fd);
	firma_secret_done(&d->line);
	if (d->pid <= 0)
		return;
	(void)kill(d->pid, SIGTERM);
	while (waitpid(d->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int
has(const char *name)
{
	const char *v = getenv(name);

	return v != NULL && v[0] != '\0';
}

int
pinentry_find(char *ret, size_t size)
{
	const char *given = getenv("FIRMA_PINENTRY");
	const char *path = getenv("PATH");

	if (!has("DISPLAY") && !has("WAYLAND_DISPLAY") &&
	    !isatty(STDIN_FILENO) && given == NULL)
		return 0;
	if (given != NULL && given[0] != '\0') {
		(void)snprintf(ret, size, "%s", given);
		return strcmp(given, "none") != 0 && access(ret, X_OK) == 0;
	}
	while (path != NULL && path[0] != '\0') {
		const size_t n = strcspn(path, ":");

		if (n > 0 && path[0] == '/') {
			(void)snprintf(
			    ret, size, "%.*s/pinentry", (int)n, path);
			if (access(ret, X_OK) == 0)
				return 1;
		}
		path = path[n] == ':' ? path + n + 1 : NULL;
	}
	return 0;
}

static enum firma_err
start(const char *program, struct dialogue *d)
{
	FIRMA_OWN(firma_fd_done) int theirs = -1;
	char name[] = "pinentry";
	char *argv[] = { name, NULL };
	int p[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p) != 0)
		return FIRMA_ERR_IO;
	d->fd = p[0];
	theirs = p[1];
	const struct firma_spawn s = { .exe_fd = -1,
		.path = program,
		.argv = argv,
		.envp = environ,
		.fds = { theirs, theirs, STDERR_FILENO },
		.n_fds = 3,
		.die = 1 };

	return firma_spawn(&s, &d->pid, NULL, NULL);
}

/* One line into d->line, without its end. */
static enum firma_err
read_line(struct dialogue *d)
{
	d->line.len = 0;
	for (;;) {
		struct pollfd p = { .fd = d->fd, .events = POLLIN };
		uint8_t c;
		ssize_t n;

		if (poll(&p, 1, firma_poll_ms(d->deadline)) == 0)
			return FIRMA_ERR_DEADLINE;
		n = read(d->fd, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return FIRMA_ERR_NOT_SUPPORTED;
		if (c == '\n')
			return FIRMA_OK;
		if (d->line.len == d->line.cap)
			return FIRMA_ERR_NOT_SUPPORTED;
		d->line.at[d->line.len++] = c;
	}
}

static int
starts(const struct dialogue *d, const char *with)
{
	const size_t n = strlen(with);

	return d->line.len >= n && memcmp(d->line.at, with, n) == 0;
}

static int
hex_value(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0'
	    : c >= 'A' && c <= 'F'  ? c - 'A' + 10
	    : c >= 'a' && c <= 'f'  ? c - 'a' + 10
				    : -1;
}

/* "D data" into ret, %XX undone. */
static enum firma_err
take_data(const struct dialogue *d, struct firma_secret *ret)
{
	for (size_t i = 2; i < d->line.len; i++) {
		uint8_t c = d->line.at[i];

		if (c == '%') {
			const int a = i + 2 < d->line.len
			    ? hex_value(d->line.at[i + 1])
			    : -1;
			const int b = i + 2 < d->line.len
			    ? hex_value(d->line.at[i + 2])
			    : -1;

			if (a < 0 || b < 0)
				return FIRMA_ERR_NOT_SUPPORTED;
			c = (uint8_t)(a << 4 | b);
			i += 2;
		}
		if (ret->len == ret->cap)
			return FIRMA_ERR_LIMIT;
		ret->at[ret->len++] = c;
	}
	return FIRMA_OK;
}

/* Read to OK; data goes into data when it is wanted. */
static enum firma_err
answer(struct dialogue *d, struct firma_secret *data)
{
	enum firma_err r;

	for (;;) {
		if ((r = read_line(d)) != FIRMA_OK)
			return r;
		if (starts(d, "OK"))
			return FIRMA_OK;
		if (starts(d, "ERR")) {
			unsigned long code = 0;

			for (size_t i = 4; i < d->line.len &&
			     d->line.at[i] >= '0' && d->line.at[i] <= '9';
			     i++)
				code = code * 10 + (d->line.at[i] - '0');
			/* GPG_ERR_CANCELED is 99 whatever the source. */
			return (code & 0xffff) == 99 ? FIRMA_ERR_CANCELLED
						     : FIRMA_ERR_NOT_SUPPORTED;
		}
		if (data != NULL && starts(d, "D ") &&
		    (r = take_data(d, data)) != FIRMA_OK)
			return r;
	}
}

static enum firma_err
say(struct dialogue *d, const char *command, const char *text)
{
	char line[3 * TEXT_MAX + 64];
	size_t n = (size_t)snprintf(
	    line, sizeof(line), "%s%s", command, text != NULL ? " " : "");

	for (size_t i = 0; text != NULL && text[i] != '\0' && i < TEXT_MAX;
	     i++) {
		const unsigned char c = (unsigned char)text[i];

		if (c == '%' || c < 0x20)
			n += (size_t)snprintf(
			    line + n, sizeof(line) - n, "%%%02X", c);
		else
			line[n++] = (char)c;
	}
	line[n++] = '\n';
	for (size_t at = 0; at < n;) {
		const ssize_t k = send(d->fd, line + at, n - at, MSG_NOSIGNAL);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return FIRMA_ERR_NOT_SUPPORTED;
		at += (size_t)k;
	}
	return FIRMA_OK;
}

/* Options that this pinentry may not know are no reason to stop. */
static enum firma_err
tell(struct dialogue *d, const char *option, const char *value)
{
	char text[256];
	enum firma_err r;

	if (value == NULL || value[0] == '\0')
		return FIRMA_OK;
	(void)snprintf(text, sizeof(text), "%s=%s", option, value);
	if ((r = say(d, "OPTION", text)) != FIRMA_OK)
		return r;
	r = answer(d, NULL);
	return r == FIRMA_ERR_DEADLINE ? r : FIRMA_OK;
}

static enum firma_err
converse(struct dialogue *d, const char *description, const char *prompt,
    struct firma_secret *pin)
{
	enum firma_err r;

	if ((r = answer(d, NULL)) != FIRMA_OK ||
	    (r = tell(d, "ttyname", ttyname(STDIN_FILENO))) != FIRMA_OK ||
	    (r = tell(d, "ttytype", getenv("TERM"))) != FIRMA_OK ||
	    (r = tell(d, "lc-ctype", "C.UTF-8")) != FIRMA_OK ||
	    (r = say(d, "SETDESC", description)) != FIRMA_OK ||
	    (r = answer(d, NULL)) != FIRMA_OK ||
	    (r = say(d, "SETPROMPT", prompt)) != FIRMA_OK ||
	    (r = answer(d, NULL)) != FIRMA_OK ||
	    (r = say(d, "GETPIN", NULL)) != FIRMA_OK)
		return r;
	return answer(d, pin);
}

enum firma_err
pinentry_ask(const char *program, const char *description, const char *prompt,
    uint64_t deadline, struct firma_secret *ret)
{
	FIRMA_OWN(dialogue_done)
	struct dialogue d = { .fd = -1, .deadline = deadline };
	FIRMA_OWN(firma_secret_done) struct firma_secret pin = { 0 };
	enum firma_err r;

	if ((r = firma_secret_new(&d.line, LINE_CAP)) != FIRMA_OK ||
	    (r = firma_secret_new(&pin, LINE_CAP)) != FIRMA_OK)
		return r;
	if (start(program, &d) != FIRMA_OK)
		return FIRMA_ERR_NOT_SUPPORTED;
	if ((r = converse(&d, description, prompt, &pin)) != FIRMA_OK)
		return r;
	*ret = pin;
	pin = (struct firma_secret){ 0 };
	return FIRMA_OK;
}
