/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "agent/base/lang.h"
#include "agent/base/own.h"
#include "cli/out.h"

#define LINE_MAX_LEN 1024

static int
open_tty(void)
{
	return open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
}

int
ask_can(void)
{
	FIRMA_OWN(firma_fd_done) int fd = open_tty();

	return fd >= 0;
}

__attribute__((format(printf, 2, 0))) static enum firma_err
prompt(int fd, const char *fmt, va_list ap)
{
	out_clear();
	return vdprintf(fd, fmt, ap) < 0 ? FIRMA_ERR_IO : FIRMA_OK;
}

/* Ctrl-C while echo is off: echo must not stay off after it. */
static volatile sig_atomic_t interrupted;

static void
interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static const int caught[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
#define N_CAUGHT (sizeof(caught) / sizeof(caught[0]))

static void
catch_signals(struct sigaction was[N_CAUGHT])
{
	/* No SA_RESTART: read(2) is to return. */
	const struct sigaction now = { .sa_handler = interrupt };

	interrupted = 0;
	for (size_t i = 0; i < N_CAUGHT; i++)
		(void)sigaction(caught[i], &now, &was[i]);
}

static void
restore_signals(const struct sigaction was[N_CAUGHT])
{
	for (size_t i = 0; i < N_CAUGHT; i++)
		(void)sigaction(caught[i], &was[i], NULL);
	interrupted = 0;
}

/* Octet by octet, so that nothing of the next line is taken. */
static enum firma_err
read_line(int fd, uint8_t *ret, size_t cap, size_t *ret_len)
{
	size_t len = 0;

	for (;;) {
		uint8_t c;
		const ssize_t n = read(fd, &c, 1);

		if (interrupted || (n == 0 && len == 0))
			return FIRMA_ERR_CANCELLED;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FIRMA_ERR_IO;
		if (n == 0 || c == '\n') {
			*ret_len = len;
			return FIRMA_OK;
		}
		if (len == cap)
			return FIRMA_ERR_LIMIT;
		ret[len++] = c;
	}
}

enum firma_err
ask_line(char *ret, size_t size, const char *fmt, ...)
{
	FIRMA_OWN(firma_fd_done) int fd = open_tty();
	enum firma_err r;
	size_t len = 0;
	va_list ap;

	if (fd < 0)
		return FIRMA_ERR_PORTAL_PERSON;
	va_start(ap, fmt);
	r = prompt(fd, fmt, ap);
	va_end(ap);
	if (r != FIRMA_OK)
		return r;
	if ((r = read_line(fd, (uint8_t *)ret, size - 1, &len)) != FIRMA_OK)
		return r;
	ret[len] = '\0';
	return FIRMA_OK;
}

enum firma_err
ask_yes(int *ret_yes, const char *fmt, ...)
{
	char question[LINE_MAX_LEN], line[32];
	enum firma_err r;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(question, sizeof(question), fmt, ap);
	va_end(ap);
	for (;;) {
		r = ask_line(line, sizeof(line), _("%s [yes/no] "), question);
		if (r == FIRMA_ERR_LIMIT)
			continue;
		if (r != FIRMA_OK)
			return r;
		/* Both languages are understood, whichever is shown. */
		if (strcasecmp(line, "y") == 0 ||
		    strcasecmp(line, "yes") == 0 ||
		    strcasecmp(line, "s") == 0 || strcasecmp(line, "si") == 0 ||
		    strcasecmp(line, "sí") == 0) {
			*ret_yes = 1;
			return FIRMA_OK;
		}
		if (strcasecmp(line, "n") == 0 || strcasecmp(line, "no") == 0) {
			*ret_yes = 0;
			return FIRMA_OK;
		}
	}
}

enum firma_err
ask_secret(struct firma_secret *ret, size_t cap, const char *fmt, ...)
{
	FIRMA_OWN(firma_fd_done) int fd = open_tty();
	FIRMA_OWN(firma_secret_done) struct firma_secret s = { 0 };
	struct sigaction actions[N_CAUGHT];
	struct termios was, silent;
	enum firma_err r;
	size_t len = 0;
	va_list ap;

	if (fd < 0)
		return FIRMA_ERR_PORTAL_PERSON;
	if ((r = firma_secret_new(&s, cap)) != FIRMA_OK)
		return r;
	if (tcgetattr(fd, &was) != 0)
		return FIRMA_ERR_IO;
	silent = was;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
	catch_signals(actions);
	/* What was typed before the question is no answer to it. */
	if (tcsetattr(fd, TCSAFLUSH, &silent) != 0) {
		restore_signals(actions);
		return FIRMA_ERR_IO;
	}
	va_start(ap, fmt);
	r = prompt(fd, fmt, ap);
	va_end(ap);
	if (r == FIRMA_OK)
		r = read_line(fd, s.at, s.cap, &len);
	(void)tcsetattr(fd, TCSANOW, &was);
	restore_signals(actions);
	(void)dprintf(fd, "\n");
	if (r != FIRMA_OK)
		return r;
	s.len = len;
	*ret = s;
	s = (struct firma_secret){ 0 };
	return FIRMA_OK;
}
