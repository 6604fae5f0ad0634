/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_pcsc.h - SCard...() of a pcscd that a test plays.  Linked in place of
 * libpcsclite; SCardGetStatusChange() compares as that does.
 */
#ifndef FIRMA_TEST_FAKE_PCSC_H
#define FIRMA_TEST_FAKE_PCSC_H

#include <stdbool.h>
#include <winscard.h>

#define FAKE_READERS 16

struct fake_reader {
	const char *name; /* NULL: a free place */
	DWORD state;      /* SCARD_STATE_*, without the counter */
	DWORD counter;
};

/*
 * What pcscd has.  When a wait has nothing to tell, step is called with 0, 1,
 * 2 .. and changes something; when it returns false, pcscd answers no more.
 */
struct fake_pcscd {
	LONG open; /* what SCardEstablishContext() returns */
	bool (*step)(struct fake_pcscd *p, unsigned int n);
	void (*between)(struct fake_pcscd *p); /* after a list was given */
	struct fake_reader readers[FAKE_READERS];
	unsigned int n_steps, n_opened, n_closed, n_waits, n_lists;
	bool is_dead;
};
extern struct fake_pcscd fake;

#endif
