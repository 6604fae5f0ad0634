/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.h - does this bare signature belong to this digest and key?
 *
 * RSA: PKCS#1 v1.5 with SHA-256 (RFC 8017 8.2); EC: ECDSA over the digest.
 * May include: agent/base, agent/pki.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_PKI_VERIFY_H
#define FIRMA_PKI_VERIFY_H

#include "agent/pki/certificate.h"

/* How an ECDSA signature is written; RSA has one form. */
enum firma_signature_form {
	FIRMA_SIGNATURE_DER = 1, /* X.509, CMS: Ecdsa-Sig-Value */
	FIRMA_SIGNATURE_RAW = 2  /* PKCS#11: r || s */
};

/*
 * digest  SHA-256 of what was signed
 *
 * FIRMA_ERR_SIGNATURE      it does not verify
 * FIRMA_ERR_SHAPE          spki is not a SubjectPublicKeyInfo
 * FIRMA_ERR_NOT_SUPPORTED  a kind of key that is not in algorithm.h
 */
FIRMA_CHECKED enum firma_err firma_pki_verify(struct firma_bytes spki,
    const uint8_t digest[32], struct firma_bytes signature,
    enum firma_signature_form form, struct firma_cause *cause);
FIRMA_CHECKED enum firma_err firma_pki_verify_certificate(
    const struct firma_certificate *c, const uint8_t digest[32],
    struct firma_bytes signature, enum firma_signature_form form,
    struct firma_cause *cause);

#endif
