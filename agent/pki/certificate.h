/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificate.h - one X.509 certificate, read strictly.
 *
 * Source: RFC 5280.  Real certificates of the institutions are read with their
 * peculiarities (agent/pki/identity.h), but their outer form must be DER.
 * May include: agent/base, agent/pki.  Does no I/O.  Any thread; one
 * certificate is not shared between threads while it is freed.
 */
#ifndef FIRMA_PKI_CERTIFICATE_H
#define FIRMA_PKI_CERTIFICATE_H

#include <stdint.h>

#include <openssl/types.h>

#include "agent/base/buf.h"
#include "agent/pki/algorithm.h"

#define FIRMA_CERTIFICATE_MAX     ((size_t)16 * 1024) /* octets of DER */
#define FIRMA_CERTIFICATE_PEM_MAX ((size_t)64 * 1024) /* octets of PEM text */
#define FIRMA_SERIAL_TEXT         64 /* octets, with the terminating zero */
#define FIRMA_SPKI_HASH           32 /* octets: SHA-256 */

struct firma_certificate; /* opaque; made by _parse, ended by _free */

/*
 * Read one certificate, DER or PEM (the first CERTIFICATE block of a text).
 *
 * ret  out.  The caller frees it.  Untouched on failure.
 *
 * FIRMA_ERR_LIMIT  over FIRMA_CERTIFICATE_MAX (PEM: _PEM_MAX), or a serial of
 *                  over 30 octets
 * FIRMA_ERR_SHAPE  not a certificate, not DER, or octets after it
 * FIRMA_ERR_VALUE  its public key or dates cannot be read
 *
 * Nothing is verified: see firma_certificate_issued_by() and acceptance.h.
 */
FIRMA_CHECKED enum firma_err firma_certificate_parse(struct firma_bytes bytes,
    struct firma_certificate **ret, struct firma_cause *cause);
void firma_certificate_free(struct firma_certificate *c); /* accepts NULL */

/* For FIRMA_OWN. */
static inline void
firma_certificate_done(struct firma_certificate **c)
{
	firma_certificate_free(*c);
	*c = NULL;
}

/* Views and values; valid while c is.  The DER is exactly what was read. */
struct firma_bytes firma_certificate_der(const struct firma_certificate *c);
void firma_certificate_spki_sha256(
    const struct firma_certificate *c, uint8_t ret[FIRMA_SPKI_HASH]);

/*
 * Appends.  The SubjectPublicKeyInfo is OpenSSL's encoding of the key, so that
 * it equals the one made from the same key on a token, whatever a CA's encoder
 * did with absent or NULL parameters.  The subject and the issuer are verbatim.
 */
FIRMA_CHECKED enum firma_err firma_certificate_spki_der(
    const struct firma_certificate *c, struct firma_buf *ret_der);
FIRMA_CHECKED enum firma_err firma_certificate_subject_der(
    const struct firma_certificate *c, struct firma_buf *ret_der);
FIRMA_CHECKED enum firma_err firma_certificate_issuer_der(
    const struct firma_certificate *c, struct firma_buf *ret_der);

/*
 * The serial as its owners write it: the 20 digits when the INTEGER's 20
 * octets are ASCII digits, else lower-case hex ("-" before a negative one).
 */
void firma_certificate_serial(
    const struct firma_certificate *c, char ret[FIRMA_SERIAL_TEXT]);

/* Seconds since 1970 UTC.  Valid at both ends (RFC 5280 4.1.2.5). */
int64_t firma_certificate_not_before(const struct firma_certificate *c);
int64_t firma_certificate_not_after(const struct firma_certificate *c);
int firma_certificate_is_expired(const struct firma_certificate *c, int64_t at);

/* FIRMA_KEY_UNKNOWN for a kind that we do not use (RSA-1024, Ed25519, ...). */
enum firma_key_algorithm firma_certificate_algorithm(
    const struct firma_certificate *c);

/*
 * 1 when c's issuer name is ca's subject and ca's key verifies c's signature;
 * else 0.  Dates, extensions and revocation are not looked at.
 */
int firma_certificate_issued_by(
    const struct firma_certificate *c, const struct firma_certificate *ca);

/* 1 when the issuer names of both match (RFC 5280 7.1), else 0. */
int firma_certificate_same_issuer(
    const struct firma_certificate *a, const struct firma_certificate *b);

/* 1 when spki (DER) is c's public key, however either is encoded; else 0. */
int firma_certificate_same_key(
    const struct firma_certificate *c, struct firma_bytes spki);

/* Borrowed OpenSSL object, for agent/pki and pkcs11/worker. */
X509 *firma_certificate_x509(const struct firma_certificate *c);

#endif
