/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.h - follow pcscd and its readers for ever, and tell what changes.
 *
 * pcscd may be absent, refuse us, die and come back.  Whatever happens, what
 * was told describes what is there: after each service that is not UP the
 * readers are told of anew.
 *
 * May include: agent/base, agent/wire.  One thread.
 */
#ifndef FIRMA_READER_WATCH_H
#define FIRMA_READER_WATCH_H

#include "pkcs11/reader/pcsc.h"

/* Who is told.  A failure of either ends firma_watch(). */
struct firma_watch_sink {
	firma_reader_fn *reader;
	enum firma_err (*service)(
	    void *arg, enum firma_service state, const char *what);
	void *arg;
};

/* Does not return before the sink fails, and then with its error. */
FIRMA_CHECKED enum firma_err firma_watch(const struct firma_watch_sink *sink);

#endif
