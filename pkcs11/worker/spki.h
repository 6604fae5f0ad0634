/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spki.h - a SubjectPublicKeyInfo from the attributes of a key object.
 *
 * Sources: RFC 3279 2.3.1 (RSA), RFC 5480 2 (EC); PKCS#11 v2.40 current
 *          mechanisms, 2.1.2 and 2.3.3 (what the attributes hold).
 * May include: agent/base, agent/pki.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_WORKER_SPKI_H
#define FIRMA_WORKER_SPKI_H

#include "agent/base/buf.h"

/* n, e: big endian, leading zeros allowed.  FIRMA_ERR_SHAPE: empty or zero. */
FIRMA_CHECKED enum firma_err firma_spki_rsa(
    struct firma_bytes n, struct firma_bytes e, struct firma_buf *ret_spki);

/*
 * params  CKA_EC_PARAMS, only as a named curve (an OBJECT IDENTIFIER)
 * point   CKA_EC_POINT: a DER OCTET STRING, as the standard says, or the bare
 *         uncompressed point, as some tokens have it
 * FIRMA_ERR_SHAPE  neither; FIRMA_ERR_NOT_SUPPORTED  other parameters
 */
FIRMA_CHECKED enum firma_err firma_spki_ec(struct firma_bytes params,
    struct firma_bytes point, struct firma_buf *ret_spki);

#endif
