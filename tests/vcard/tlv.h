/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlv.h - BER-TLV with tags of one or two octets and lengths up to 65535.
 *
 * Source: ISO/IEC 7816-4, "BER-TLV data objects".
 */
#ifndef FIRMA_VCARD_TLV_H
#define FIRMA_VCARD_TLV_H

#include <stdbool.h>

#include "agent/base/buf.h"

/* The next object of *in, which is moved behind it.  False: none, or broken. */
bool tlv_next(
    struct firma_bytes *in, unsigned *ret_tag, struct firma_bytes *ret_value);

/* The first object with this tag, one level deep. */
bool tlv_find(
    struct firma_bytes in, unsigned tag, struct firma_bytes *ret_value);

void tlv_put(struct firma_buf *b, unsigned tag, struct firma_bytes value);

#endif
