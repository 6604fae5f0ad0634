/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ecdsa_der.h - carry ECDSA signatures between token form and X.509/CMS form.
 *
 * A token answers C_Sign with r || s; certificates, CSRs and CMS carry DER.
 *
 * Sources: PKCS#11 v3.0, "EC signatures" (r || s, each as long as the curve
 *          order); RFC 3279 section 2.2.3 (Ecdsa-Sig-Value); X.690 section
 *          8.3.2 (INTEGER in its shortest form).
 * May include: agent/base.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_PKI_ECDSA_DER_H
#define FIRMA_PKI_ECDSA_DER_H

#include "agent/base/buf.h"

#define FIRMA_ECDSA_RAW_MAX 132 /* octets: P-521, 2 * 66 */

/*
 * Re-encode a raw token signature as DER.
 *
 * raw      in, borrowed.  r || s, big endian, 2 * n octets, n the octet
 *          length of the curve order (P-256: 32, P-384: 48, P-521: 66).
 * ret_der  out.  Appends SEQUENCE { r INTEGER, s INTEGER }, at most
 *          2 * n + 9 octets.  Unchanged on failure.
 *
 * FIRMA_ERR_SHAPE  raw is empty, odd, or over FIRMA_ECDSA_RAW_MAX octets
 * FIRMA_ERR_VALUE  r or s is zero, which no honest token returns
 * FIRMA_ERR_NOMEM  ret_der could not grow
 *
 * Does not verify: a token may return a well-formed wrong signature.
 * Callers about to publish one call firma_pki_verify() first.
 */
FIRMA_CHECKED enum firma_err firma_ecdsa_to_der(
    struct firma_bytes raw, struct firma_buf *ret_der);

/*
 * The way back.
 *
 * n        octets of the curve order, at most FIRMA_ECDSA_RAW_MAX / 2
 * ret_raw  out.  Appends 2 * n octets.  Unchanged on failure.
 *
 * FIRMA_ERR_SHAPE  not exactly one DER Ecdsa-Sig-Value, or n is out of range
 * FIRMA_ERR_VALUE  r or s is zero, negative, or longer than n octets
 */
FIRMA_CHECKED enum firma_err firma_ecdsa_from_der(
    struct firma_bytes der, size_t n, struct firma_buf *ret_raw);

#endif
