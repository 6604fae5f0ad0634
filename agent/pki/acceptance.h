/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acceptance.h - is this the certificate that was asked for?
 *
 * Pure: everything it looks at is in the argument, time included.
 * May include: agent/base, agent/pki.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_PKI_ACCEPTANCE_H
#define FIRMA_PKI_ACCEPTANCE_H

#include "agent/pki/certificate.h"

#define FIRMA_ACCEPTANCE_DAYS_MAX 36500

enum firma_acceptance_issuer {
	/* issuer_ca signed it; its name alone is worth nothing */
	FIRMA_ISSUER_CA = 1,
	/* issuer named as in the old certificate: no CA certificate is known */
	FIRMA_ISSUER_SAME_NAME = 2
};

struct firma_acceptance {
	const struct firma_certificate *fresh; /* the one that came */
	const struct firma_certificate *old;   /* the one it follows */
	/* SHA-256 of the SPKI of the new key, read from the token */
	uint8_t key_spki_sha256[FIRMA_SPKI_HASH];
	enum firma_acceptance_issuer issuer;
	const struct firma_certificate *issuer_ca; /* with FIRMA_ISSUER_CA */
	/* what must agree with the old one: names of identity.h */
	const char *const *attributes;
	size_t n_attributes;
	int64_t now;    /* seconds since 1970 UTC */
	int64_t skew_s; /* how far the two clocks may differ, >= 0 */
	/* notAfter - notBefore, in days, give or take the skew */
	int64_t min_days, max_days;
	/* serials that are not new, as firma_certificate_serial() writes them */
	const char *const *seen_serials;
	size_t n_seen_serials;
};

/*
 * FIRMA_OK, or the first of these that holds, with a cause that says what
 * differs (in English; values are quoted from the certificates):
 *
 * FIRMA_ERR_CERT_KEY       its public key is not the token's new key, or is the
 *                          old certificate's
 * FIRMA_ERR_CERT_IDENTITY  an attribute differs from the old one's, or cannot
 *                          be read
 * FIRMA_ERR_CERT_ISSUER    not by issuer_ca; or the issuer's name is not the
 *                          old one's
 * FIRMA_ERR_CERT_DATES     begins in the future, is over, or lasts too short or
 *                          too long
 * FIRMA_ERR_CERT_SERIAL    the old one's serial, or one of seen_serials
 * FIRMA_ERR_CONFIG         the rules make no sense (no attributes, no CA,
 *                          min_days over max_days, ...)
 */
FIRMA_CHECKED enum firma_err firma_certificate_accept(
    const struct firma_acceptance *a, struct firma_cause *cause);

#endif
