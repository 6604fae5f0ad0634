/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/reader/fake_pcsc.h"

#include <string.h>

#define PNP "\\\\?PnP?\\Notification"

struct fake_pcscd fake;

LONG
SCardEstablishContext(
    DWORD scope, LPCVOID a, LPCVOID b, LPSCARDCONTEXT ret_context)
{
	(void)scope;
	(void)a;
	(void)b;
	if (fake.open != SCARD_S_SUCCESS)
		return fake.open;
	fake.n_opened++;
	fake.is_dead = false;
	*ret_context = 42;
	return SCARD_S_SUCCESS;
}

LONG
SCardReleaseContext(SCARDCONTEXT context)
{
	(void)context;
	fake.n_closed++;
	return SCARD_S_SUCCESS;
}

LONG
SCardListReaders(SCARDCONTEXT context, LPCSTR groups, LPSTR names, LPDWORD len)
{
	DWORD n = 0;

	(void)context;
	(void)groups;
	if (fake.is_dead)
		return SCARD_E_NO_SERVICE;
	fake.n_lists++;
	for (size_t i = 0; i < FAKE_READERS; i++) {
		if (fake.readers[i].name == NULL)
			continue;
		if (n + strlen(fake.readers[i].name) + 2 > *len)
			return SCARD_E_INSUFFICIENT_BUFFER;
		memcpy(names + n, fake.readers[i].name,
		    strlen(fake.readers[i].name) + 1);
		n += strlen(fake.readers[i].name) + 1;
	}
	if (n == 0)
		return SCARD_E_NO_READERS_AVAILABLE;
	names[n] = '\0';
	*len = n + 1;
	if (fake.between != NULL)
		fake.between(&fake);
	return SCARD_S_SUCCESS;
}

static const struct fake_reader *
find(const char *name)
{
	for (size_t i = 0; i < FAKE_READERS; i++)
		if (fake.readers[i].name != NULL &&
		    strcmp(fake.readers[i].name, name) == 0)
			return &fake.readers[i];
	return NULL;
}

static unsigned int
count(void)
{
	unsigned int n = 0;

	for (size_t i = 0; i < FAKE_READERS; i++)
		n += fake.readers[i].name != NULL;
	return n;
}

static bool
compare(SCARD_READERSTATE *s)
{
	const struct fake_reader *d = find(s->szReader);
	const DWORD before = s->dwCurrentState & ~(DWORD)SCARD_STATE_CHANGED;

	if (d == NULL) {
		s->dwEventState = SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE;
		return (before & SCARD_STATE_UNKNOWN) == 0;
	}
	s->dwEventState = d->state | d->counter << 16;
	s->cbAtr = (d->state & SCARD_STATE_PRESENT) != 0 ? 2 : 0;
	memcpy(s->rgbAtr, "\x3b\x00", 2);
	return before != s->dwEventState;
}

LONG
SCardGetStatusChange(
    SCARDCONTEXT context, DWORD ms, SCARD_READERSTATE *states, DWORD n)
{
	const unsigned int n_before = count();

	(void)context;
	fake.n_waits++;
	if (n > PCSCLITE_MAX_READERS_CONTEXTS)
		return SCARD_E_INVALID_PARAMETER;
	for (DWORD i = 0; i < n; i++)
		if (strcmp(states[i].szReader, PNP) != 0 &&
		    find(states[i].szReader) == NULL)
			return SCARD_E_UNKNOWN_READER;
	for (;;) {
		bool any = false;

		if (fake.is_dead)
			return SCARD_E_NO_SERVICE;
		for (DWORD i = 0; i < n; i++) {
			const bool changed =
			    strcmp(states[i].szReader, PNP) != 0
			    ? compare(&states[i])
			    : count() != n_before;

			if (changed)
				states[i].dwEventState |= SCARD_STATE_CHANGED;
			any = any || changed;
		}
		if (any)
			return SCARD_S_SUCCESS;
		if (ms == 0)
			return SCARD_E_TIMEOUT;
		if (!fake.step(&fake, fake.n_steps++))
			fake.is_dead = true;
	}
}
