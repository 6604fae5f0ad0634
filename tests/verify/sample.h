/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample.h - files as institutions write them, made anew: T61String, Latin-1 in
 * PrintableString, BER, SHA-1, companies and their representatives; and what
 * somebody could make of them.
 */
#ifndef FIRMA_TEST_VERIFY_SAMPLE_H
#define FIRMA_TEST_VERIFY_SAMPLE_H

#include "agent/base/buf.h"

#define SAMPLE_PASSWORD "clave" /* of keys that are encrypted */

/* Each file once: its name, its octets, arg.  Ends the program on failure. */
void sample_each(
    void (*put)(const char *name, struct firma_bytes v, void *arg), void *arg);

#endif
