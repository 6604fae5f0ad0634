/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ca.h - the practice CA: DIR/ca.pem and DIR/ca.key.
 *
 * Its certificates look like those of the Mexican authorities: the serial is
 * 20 decimal digits as ASCII in the INTEGER, SHA-256 with RSA.
 */
#ifndef FIRMA_REHEARSAL_CA_H
#define FIRMA_REHEARSAL_CA_H

#include <openssl/x509.h>
#include <stdint.h>

#include "agent/base/buf.h"

#define REHEARSAL_SERIAL_DIGITS 20
#define REHEARSAL_YEAR_S        ((int64_t)365 * 24 * 3600) /* seconds */
#define REHEARSAL_VALIDITY_S    (2 * REHEARSAL_YEAR_S)

struct rehearsal_ca {
	EVP_PKEY *key;
	X509 *certificate;
};

/* What to certify.  All borrowed; times are seconds since 1970. */
struct rehearsal_leaf {
	EVP_PKEY *key;
	const X509_NAME *subject;
	char serial[REHEARSAL_SERIAL_DIGITS + 1];
	int64_t not_before, not_after;
};

/* A CA in memory alone, named common_name. */
FIRMA_CHECKED enum firma_err rehearsal_ca_make(
    const char *common_name, unsigned int rsa_bits, struct rehearsal_ca *ret);
/* Make one and write it into dir (ca.key with mode 0600). */
FIRMA_CHECKED enum firma_err rehearsal_ca_create(int dir);
FIRMA_CHECKED enum firma_err rehearsal_ca_load(
    int dir, struct rehearsal_ca *ret);
void rehearsal_ca_done(struct rehearsal_ca *ca);

/* The subject goes in octet by octet as it is. */
FIRMA_CHECKED enum firma_err rehearsal_ca_issue(const struct rehearsal_ca *ca,
    const struct rehearsal_leaf *leaf, X509 **ret);

/* The 20 digits for the portal's n-th certificate. */
void rehearsal_serial(long long n, char ret[REHEARSAL_SERIAL_DIGITS + 1]);

/* A certificate as DER, and back (exactly one, nothing after it). */
FIRMA_CHECKED enum firma_err rehearsal_certificate_der(
    X509 *certificate, struct firma_buf *ret);
FIRMA_CHECKED enum firma_err rehearsal_certificate_parse(
    struct firma_bytes der, X509 **ret);
/* Digits when the serial's octets are digits, else hex. */
#define REHEARSAL_SERIAL_MAX 64 /* octets, with the terminating zero */
void rehearsal_certificate_serial(
    const X509 *certificate, char ret[REHEARSAL_SERIAL_MAX]);

#endif
