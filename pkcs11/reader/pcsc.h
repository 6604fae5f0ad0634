/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pcsc.h - the readers that pcscd has, as it tells of them.  The one home of
 * libpcsclite: nothing is sent to a card here, no card is connected to.
 *
 * May include: agent/base, agent/wire.  One thread.
 */
#ifndef FIRMA_READER_PCSC_H
#define FIRMA_READER_PCSC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"
#include "agent/wire/reader.h"

/* pcscd has at most 16; one place goes to the "reader" that stands for the
 * list of readers. */
#define FIRMA_READERS_MAX 15
#define FIRMA_ATR_MAX     33 /* ISO/IEC 7816-3 8.2: 32, and TS */

struct firma_reader {
	bool is_used;
	char raw[FIRMA_READER_NAME];  /* as pcscd knows it */
	char name[FIRMA_READER_NAME]; /* printable: '?' for other octets */
	unsigned long known;          /* dwEventState of the last look */
	uint32_t flags, events;
	uint8_t atr[FIRMA_ATR_MAX];
	size_t atr_len;
};

struct firma_pcsc {
	bool is_open;
	long context;
	unsigned long list_known; /* of the list of readers */
	struct firma_reader readers[FIRMA_READERS_MAX];
};

/* Somebody who is told of a reader; flags GONE when it left. */
typedef enum firma_err firma_reader_fn(
    void *arg, const struct firma_reader *reader);

/*
 * Connect to pcscd.  Waits for its answer.
 *
 * FIRMA_ERR_NOT_FOUND  it does not run
 * FIRMA_ERR_DENIED     it runs, and did not let us in (polkit, the socket's
 *                      permissions), or is just starting or ending
 */
FIRMA_CHECKED enum firma_err firma_pcsc_open(
    struct firma_pcsc *p, struct firma_cause *cause);
void firma_pcsc_close(struct firma_pcsc *p); /* forgets all readers */

/*
 * Take the list of readers anew: those that left are told of, new ones are
 * told of by the next firma_pcsc_wait().  FIRMA_ERR_IO: pcscd is gone.
 */
FIRMA_CHECKED enum firma_err firma_pcsc_list(struct firma_pcsc *p,
    firma_reader_fn *tell, void *arg, struct firma_cause *cause);

/*
 * Wait until a reader changed, or the list did, for at most ms; tell of each
 * reader of which something changed that FIRMA_READER_* can say.
 *
 * FIRMA_ERR_DEADLINE  nothing happened
 * FIRMA_ERR_STATE     the list is another by now
 * FIRMA_ERR_IO        pcscd is gone
 */
FIRMA_CHECKED enum firma_err firma_pcsc_wait(struct firma_pcsc *p,
    unsigned int ms, firma_reader_fn *tell, void *arg,
    struct firma_cause *cause);

#endif
