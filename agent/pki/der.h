/* SPDX-License-Identifier: Apache-2.0 */
/*
 * der.h - the little DER that OpenSSL keeps to itself: walk over elements.
 *
 * Source: X.690 sections 8.1 and 10.1.  Tags of one octet only.
 * May include: agent/base.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_PKI_DER_H
#define FIRMA_PKI_DER_H

#include "agent/base/buf.h"

#define FIRMA_DER_INTEGER  0x02
#define FIRMA_DER_OCTETS   0x04
#define FIRMA_DER_OID      0x06
#define FIRMA_DER_SEQUENCE 0x30

/*
 * Take the element at the front of *in, which must have this tag.
 * ret_value views its contents.  FIRMA_ERR_SHAPE: another tag, a length that
 * is indefinite, not in its shortest form, or past the end; *in untouched.
 */
FIRMA_CHECKED enum firma_err firma_der_take(
    struct firma_bytes *in, uint8_t tag, struct firma_bytes *ret_value);

/* Is the next element's tag this one? */
int firma_der_is(struct firma_bytes in, uint8_t tag);

/*
 * Is it all in DER's lengths and forms: none indefinite, each in its fewest
 * octets, no string in pieces?  Looks into constructed elements, not into what
 * an OCTET STRING holds; the order of SETs and the values are not looked at.
 * 0 also for what is cut off, nested beyond 32, or tagged in several octets.
 */
int firma_der_is_strict(struct firma_bytes in);

/* Append tag and length.  FIRMA_ERR_LIMIT: len over 65535. */
FIRMA_CHECKED enum firma_err firma_der_put_header(
    struct firma_buf *b, uint8_t tag, size_t len);

#endif
