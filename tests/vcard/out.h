/* SPDX-License-Identifier: Apache-2.0 */
/*
 * out.h - what a test program may do that a server may not: give up.
 *
 * Without memory, or with a state that cannot be written, the card says so and
 * ends; the test sees a card that is gone.
 */
#ifndef FIRMA_VCARD_OUT_H
#define FIRMA_VCARD_OUT_H

#include "agent/base/buf.h"

__attribute__((noreturn, format(printf, 1, 2))) void out_die(
    const char *fmt, ...);

/* Append, or die. */
void out_put(struct firma_buf *b, struct firma_bytes v);
void out_byte(struct firma_buf *b, unsigned v);
__attribute__((format(printf, 2, 3))) void out_text(
    struct firma_buf *b, const char *fmt, ...);

#endif
