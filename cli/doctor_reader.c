/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pcscd and its readers.  Looks only: no card is connected to or powered.
 *
 * libpcsclite waits for pcscd without a deadline, so a thread of its own asks;
 * one that is not back in time is left behind, and so is what it writes to.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <winscard.h>

#include "agent/base/own.h"
#include "cli/doctor.h"
#include "cli/holder.h"

#define SOCKET   "/run/pcscd/pcscd.comm" /* libpcsclite's own default */
#define VARIABLE "PCSCLITE_CSOCK_NAME"
#define PCSCD    "/usr/sbin/pcscd"
#define WAIT_S   5

_Static_assert(DOCTOR_READER_LEN > MAX_READERNAME, "names fit");

static void
keep_reader(struct doctor_pcsc *p, const SCARD_READERSTATE *s)
{
	const size_t len = s->cbAtr <= MAX_ATR_SIZE ? s->cbAtr : MAX_ATR_SIZE;

	(void)snprintf(
	    p->at[p->n].name, sizeof(p->at[0].name), "%s", s->szReader);
	p->at[p->n].state = s->dwEventState;
	firma_hex(firma_bytes_of(s->rgbAtr, len), p->at[p->n].atr);
	p->n++;
}

static long
look(SCARDCONTEXT context, struct doctor_pcsc *p)
{
	char names[DOCTOR_READER_MAX * DOCTOR_READER_LEN];
	DWORD len = sizeof(names);
	LONG rv = SCardListReaders(context, NULL, names, &len);

	if (rv != SCARD_S_SUCCESS)
		return rv;
	for (const char *name = names;
	     *name != '\0' && p->n < DOCTOR_READER_MAX;
	     name += strlen(name) + 1) {
		SCARD_READERSTATE s = { .szReader = name,
			.dwCurrentState = SCARD_STATE_UNAWARE };

		rv = SCardGetStatusChange(context, 0, &s, 1);
		if (rv == SCARD_S_SUCCESS)
			keep_reader(p, &s);
		else if (rv != SCARD_E_UNKNOWN_READER)
			return rv;
	}
	return SCARD_S_SUCCESS;
}

static void *
ask(void *arg)
{
	struct doctor_pcsc *p = arg;
	SCARDCONTEXT context = 0;

	p->rv = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context);
	if (p->rv == SCARD_S_SUCCESS) {
		p->rv = look(context, p);
		(void)SCardReleaseContext(context);
	}
	return NULL;
}

/* What libpcsclite says about all of these is "Service not available". */
static enum doctor_socket
try_socket(const char *path)
{
	FIRMA_OWN(firma_fd_done)
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	/* EAGAIN: its queue is full, so somebody is there. */
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 ||
	    errno == EAGAIN)
		return DOCTOR_SOCKET_OPEN;
	if (errno == EACCES || errno == EPERM)
		return DOCTOR_SOCKET_CLOSED;
	return errno == ECONNREFUSED ? DOCTOR_SOCKET_DEAF
				     : DOCTOR_SOCKET_MISSING;
}

/* Is what ask() writes to whole?  Then it is ret's. */
static void
ask_in_time(struct doctor_pcsc *ret)
{
	struct doctor_pcsc *p = calloc(1, sizeof(*p));
	struct timespec until;
	pthread_t t;

	if (p == NULL || pthread_create(&t, NULL, ask, p) != 0) {
		free(p);
		return;
	}
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_S;
	if (pthread_timedjoin_np(t, NULL, &until) != 0) {
		(void)pthread_detach(t);
		return;
	}
	ret->is_over = 1;
	ret->rv = p->rv;
	ret->n = p->n;
	memcpy(ret->at, p->at, sizeof(ret->at));
	free(p);
}

void
doctor_pcsc_ask(uid_t uid, struct doctor_pcsc *ret)
{
	const char *path = getenv(VARIABLE);
	/* polkit judges who connects: root would always be let in. */
	const int is_other = geteuid() == 0 && uid != 0;

	*ret = (struct doctor_pcsc){ .is_installed = access(PCSCD, F_OK) == 0 };
	(void)snprintf(
	    ret->path, sizeof(ret->path), "%s", path != NULL ? path : SOCKET);
	if (is_other && seteuid(uid) != 0)
		return;
	ret->socket = try_socket(ret->path);
	if (ret->socket == DOCTOR_SOCKET_OPEN)
		ask_in_time(ret);
	if (is_other)
		(void)!seteuid(0);
}

/* ---- what it means ---- */

/* Trouble when it is in somebody's way, else worth a note. */
#define ADD(v, needed, ...)                       \
	((needed) ? finding_add((v), __VA_ARGS__) \
		  : finding_note((v), __VA_ARGS__))

static void
judge_service(struct visit *v, const struct doctor_pcsc *p, int needed)
{
	if (p->socket == DOCTOR_SOCKET_MISSING && !p->is_installed)
		ADD(v, needed, FINDING_PCSCD_NOT_INSTALLED, "%s", p->path);
	else if (p->socket == DOCTOR_SOCKET_MISSING ||
	    p->socket == DOCTOR_SOCKET_DEAF)
		ADD(v, needed, FINDING_PCSCD_NOT_RUNNING, "%s", p->path);
	else if (p->socket == DOCTOR_SOCKET_CLOSED)
		ADD(v, needed, FINDING_PCSCD_REFUSES, "%s", p->path);
	else if (!p->is_over)
		ADD(v, needed, FINDING_PCSCD_STUCK, "%s", p->path);
	else if (p->rv == SCARD_W_SECURITY_VIOLATION ||
	    p->rv == SCARD_E_NO_SERVICE || p->rv == SCARD_F_COMM_ERROR)
		/* pcscd hangs up on those whom polkit does not know. */
		ADD(v, needed, FINDING_PCSCD_REFUSES, "%s: %s", p->path,
		    pcsc_stringify_error(p->rv));
	else
		ADD(v, needed, FINDING_PCSCD_FAILS, "%s: %s", p->path,
		    pcsc_stringify_error(p->rv));
}

static void
judge_no_reader(struct visit *v, const struct doctor_usbs *u, int needed)
{
	for (size_t i = 0; i < u->n; i++)
		finding_add(
		    v, FINDING_READER_DRIVER_MISSING, "%s", u->at[i].name);
	if (u->n == 0)
		ADD(v, needed, FINDING_READER_NONE, "%s", "");
}

static void
judge_held(struct visit *v, const char *socket, const char *reader)
{
	char text[HOLDERS_TEXT];
	struct holders h;

	holders_of_socket(socket, &h);
	holders_drop(&h, "pcscd");
	holders_drop(&h, "firmad-token");
	holders_drop(&h, "firmad-reader");
	finding_add(v, FINDING_READER_HELD,
	    h.n > 1 ? _("%s: one of %s") : _("%s: %s"), reader,
	    holders_text(&h, text));
}

static void
judge_reader(struct visit *v, const struct doctor_pcsc *p, size_t i, int needed)
{
	const unsigned long state = p->at[i].state;
	const char *name = p->at[i].name;

	if ((state & SCARD_STATE_EXCLUSIVE) != 0)
		judge_held(v, p->path, name);
	else if ((state & SCARD_STATE_MUTE) != 0)
		ADD(v, needed, FINDING_CARD_MUTE, "%s", name);
	else if ((state & SCARD_STATE_PRESENT) != 0)
		finding_add(v, FINDING_CARD_PRESENT, _("%s, ATR %s"), name,
		    p->at[i].atr);
	else if ((state & SCARD_STATE_EMPTY) != 0)
		finding_add(v, FINDING_READER_EMPTY, "%s", name);
	else
		ADD(v, needed, FINDING_PCSCD_FAILS, "%s", name);
}

void
doctor_pcsc_judge(struct visit *v, const struct doctor_pcsc *p,
    const struct doctor_usbs *u, int needed)
{
	if (u->n > 0)
		needed = 1;
	if (p->socket == DOCTOR_SOCKET_OPEN && p->is_over &&
	    p->rv == SCARD_E_NO_READERS_AVAILABLE) {
		finding_add(v, FINDING_PCSCD_ANSWERS, "%s", p->path);
		judge_no_reader(v, u, needed);
		return;
	}
	if (p->socket != DOCTOR_SOCKET_OPEN || !p->is_over ||
	    p->rv != SCARD_S_SUCCESS) {
		judge_service(v, p, needed);
		return;
	}
	finding_add(v, FINDING_PCSCD_ANSWERS, "%s", p->path);
	if (p->n == 0)
		judge_no_reader(v, u, needed);
	for (size_t i = 0; i < p->n; i++)
		judge_reader(v, p, i, needed);
}
