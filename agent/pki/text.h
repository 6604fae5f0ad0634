/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h - UTF-8 and windows-1252, for names and for passwords of key files.
 *
 * Sources: RFC 3629; the WHATWG/Microsoft table of windows-1252 (0x81, 0x8D,
 * 0x8F, 0x90 and 0x9D are undefined).
 * May include: agent/base.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_PKI_TEXT_H
#define FIRMA_PKI_TEXT_H

#include <stdint.h>

#include "agent/base/buf.h"

/*
 * Take one character off the front of *in.  0 when it is not shortest-form
 * UTF-8 of a scalar value (or *in is empty); *in is then untouched.
 */
int firma_text_take(struct firma_bytes *in, uint32_t *ret_character);

/* Is all of it valid UTF-8?  Empty is. */
int firma_text_is_utf8(struct firma_bytes v);
int firma_text_is_ascii(struct firma_bytes v);

/* Append one character as UTF-8.  FIRMA_ERR_VALUE: not a scalar value. */
FIRMA_CHECKED enum firma_err firma_text_put(
    struct firma_buf *b, uint32_t character);

/* Append v as UTF-8 / as windows-1252; FIRMA_ERR_VALUE: no such character. */
FIRMA_CHECKED enum firma_err firma_text_from_cp1252(
    struct firma_bytes v, struct firma_buf *ret_utf8);
FIRMA_CHECKED enum firma_err firma_text_to_cp1252(
    struct firma_bytes utf8, struct firma_buf *ret_cp1252);

/*
 * May it be shown?  No: C0 and C1 controls, DEL, line and paragraph
 * separators, bidirectional controls, zero-width characters, the BOM,
 * non-characters.
 */
int firma_text_is_clean(struct firma_bytes utf8);

/*
 * Copy v as text that may be shown, zero-terminated: an octet that is no UTF-8 and
 * a character that is not clean become "?"; cut before a character that does not
 * fit.  v.at may be NULL.
 */
void firma_text_show(struct firma_bytes v, char *ret, size_t size);

#endif
