/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/reader/pcsc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <winscard.h>

#include "agent/base/own.h"

#define PNP         "\\\\?PnP?\\Notification"
#define SOCKET      "/run/pcscd/pcscd.comm"
#define SOCKET_ENV  "PCSCLITE_CSOCK_NAME"
#define NAMES_MAX   ((PCSCLITE_MAX_READERS_CONTEXTS + 1) * MAX_READERNAME)
#define EVENTS_MASK 0xffff0000ul
#define EVENTS_BITS 16
#define EVENTS_MAX  0xffffu

_Static_assert(MAX_READERNAME == FIRMA_READER_NAME, "names of readers");
_Static_assert(MAX_ATR_SIZE == FIRMA_ATR_MAX, "answers to reset");
_Static_assert(FIRMA_READERS_MAX + 1 <= PCSCLITE_MAX_READERS_CONTEXTS,
    "SCardGetStatusChange takes no more");

FIRMA_CHECKED static enum firma_err
fail(struct firma_cause *cause, enum firma_err r, const char *call, LONG rv)
{
	return firma_fail(cause, r, FIRMA_CAUSE_NONE, 0, "%s: %s", call,
	    pcsc_stringify_error(rv));
}

/* libpcsclite says the same for "not there" and "not for you". */
FIRMA_CHECKED static enum firma_err
why_not(struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	const char *path = getenv(SOCKET_ENV);
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (path == NULL || path[0] == '\0')
		path = SOCKET;
	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    (connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0 &&
		errno != EACCES && errno != EPERM))
		return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "%.107s", path);
	return firma_fail(
	    cause, FIRMA_ERR_DENIED, FIRMA_CAUSE_NONE, 0, "%.107s", path);
}

enum firma_err
firma_pcsc_open(struct firma_pcsc *p, struct firma_cause *cause)
{
	SCARDCONTEXT context;

	if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) !=
	    SCARD_S_SUCCESS)
		return why_not(cause);
	*p = (struct firma_pcsc){ .is_open = true, .context = context };
	return FIRMA_OK;
}

void
firma_pcsc_close(struct firma_pcsc *p)
{
	if (p->is_open)
		(void)SCardReleaseContext((SCARDCONTEXT)p->context);
	*p = (struct firma_pcsc){ 0 };
}

/* ---- the list of readers ---- */

/* Names are a multi-string: each with its zero, one more zero at the end. */
static bool
is_listed(const char *names, const char *name)
{
	for (; *names != '\0'; names += strlen(names) + 1)
		if (strcmp(names, name) == 0)
			return true;
	return false;
}

static bool
is_known(const struct firma_pcsc *p, const char *name)
{
	for (size_t i = 0; i < FIRMA_READERS_MAX; i++)
		if (p->readers[i].is_used &&
		    strcmp(p->readers[i].raw, name) == 0)
			return true;
	return false;
}

static void
add(struct firma_pcsc *p, const char *name)
{
	for (size_t i = 0; i < FIRMA_READERS_MAX; i++) {
		struct firma_reader *d = &p->readers[i];

		if (d->is_used)
			continue;
		*d = (struct firma_reader){ .is_used = true,
			.known = SCARD_STATE_UNAWARE };
		(void)snprintf(d->raw, sizeof(d->raw), "%.127s", name);
		for (size_t k = 0; d->raw[k] != '\0'; k++)
			d->name[k] = d->raw[k] >= ' ' && d->raw[k] <= '~'
			    ? d->raw[k]
			    : '?';
		return;
	}
}

enum firma_err
firma_pcsc_list(struct firma_pcsc *p, firma_reader_fn *tell, void *arg,
    struct firma_cause *cause)
{
	char names[NAMES_MAX + 1] = { 0 };
	DWORD len = NAMES_MAX;
	enum firma_err r;
	LONG rv;

	rv = SCardListReaders((SCARDCONTEXT)p->context, NULL, names, &len);
	if (rv == SCARD_E_NO_READERS_AVAILABLE)
		names[0] = '\0';
	else if (rv != SCARD_S_SUCCESS)
		return fail(cause, FIRMA_ERR_IO, "SCardListReaders", rv);
	for (size_t i = 0; i < FIRMA_READERS_MAX; i++) {
		struct firma_reader *d = &p->readers[i];

		if (!d->is_used || is_listed(names, d->raw))
			continue;
		d->is_used = false;
		d->flags = FIRMA_READER_GONE;
		d->atr_len = 0;
		if ((r = tell(arg, d)) != FIRMA_OK)
			return r;
	}
	for (const char *s = names; *s != '\0'; s += strlen(s) + 1)
		if (!is_known(p, s) && strlen(s) < MAX_READERNAME)
			add(p, s);
	return FIRMA_OK;
}

/* ---- their states ---- */

static uint32_t
flags_of(DWORD state)
{
	return ((state & SCARD_STATE_EMPTY) != 0 ? FIRMA_READER_EMPTY : 0) |
	    ((state & SCARD_STATE_PRESENT) != 0 ? FIRMA_READER_PRESENT : 0) |
	    ((state & SCARD_STATE_MUTE) != 0 ? FIRMA_READER_MUTE : 0) |
	    ((state & SCARD_STATE_EXCLUSIVE) != 0 ? FIRMA_READER_EXCLUSIVE : 0);
}

/* What SCARD_STATE_* says more (in use, powered) changes with every call of
 * our own token process: it is not worth a word. */
FIRMA_CHECKED static enum firma_err
take(struct firma_reader *d, const SCARD_READERSTATE *s, firma_reader_fn *tell,
    void *arg)
{
	const bool is_first = d->known == SCARD_STATE_UNAWARE;
	const uint32_t flags = flags_of(s->dwEventState),
		       events = (uint32_t)(s->dwEventState >> EVENTS_BITS) &
	    EVENTS_MAX;

	d->known = s->dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
	if (!is_first && flags == d->flags && events == d->events)
		return FIRMA_OK;
	d->flags = flags;
	d->events = events;
	d->atr_len = s->cbAtr <= sizeof(d->atr) ? s->cbAtr : 0;
	memcpy(d->atr, s->rgbAtr, d->atr_len);
	return tell(arg, d);
}

/* The list first, then the readers; returns how many. */
static DWORD
ask_for(struct firma_pcsc *p, SCARD_READERSTATE states[FIRMA_READERS_MAX + 1])
{
	DWORD n = 1;

	states[0] = (SCARD_READERSTATE){ .szReader = PNP,
		.dwCurrentState = p->list_known };
	for (size_t i = 0; i < FIRMA_READERS_MAX; i++)
		if (p->readers[i].is_used)
			states[n++] = (SCARD_READERSTATE){
				.szReader = p->readers[i].raw,
				.pvUserData = &p->readers[i],
				.dwCurrentState = p->readers[i].known,
			};
	return n;
}

enum firma_err
firma_pcsc_wait(struct firma_pcsc *p, unsigned int ms, firma_reader_fn *tell,
    void *arg, struct firma_cause *cause)
{
	SCARD_READERSTATE states[FIRMA_READERS_MAX + 1];
	const DWORD n = ask_for(p, states);
	const LONG rv =
	    SCardGetStatusChange((SCARDCONTEXT)p->context, ms, states, n);
	enum firma_err r;
	bool is_other;

	if (rv == SCARD_E_TIMEOUT)
		return FIRMA_ERR_DEADLINE;
	if (rv == SCARD_E_UNKNOWN_READER || rv == SCARD_E_READER_UNAVAILABLE)
		return FIRMA_ERR_STATE;
	if (rv != SCARD_S_SUCCESS)
		return fail(cause, FIRMA_ERR_IO, "SCardGetStatusChange", rv);
	is_other = (states[0].dwEventState & SCARD_STATE_CHANGED) != 0;
	for (DWORD i = 1; i < n; i++)
		if ((states[i].dwEventState & SCARD_STATE_UNKNOWN) != 0)
			is_other = true;
		else if ((states[i].dwEventState & SCARD_STATE_CHANGED) != 0 &&
		    (r = take(states[i].pvUserData, &states[i], tell, arg)) !=
			FIRMA_OK)
			return r;
	/* Newer versions of pcscd count in its upper half how often the list
	 * changed, and notice what happened between two calls. */
	p->list_known = states[0].dwEventState & EVENTS_MASK;
	return is_other ? FIRMA_ERR_STATE : FIRMA_OK;
}
