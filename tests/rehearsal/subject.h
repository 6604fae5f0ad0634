/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subject.h - who a certificate is about, in the order and with the string
 * types that the authorities' real certificates have: CN, name, O, C,
 * emailAddress, x500UniqueIdentifier (RFC), serialNumber (CURP), and the OU
 * that IMSS compares with the registro patronal.
 */
#ifndef FIRMA_REHEARSAL_SUBJECT_H
#define FIRMA_REHEARSAL_SUBJECT_H

#include <openssl/x509.h>

#include "agent/base/err.h"

#define REHEARSAL_FIELD_MAX 256 /* octets, with the terminating zero */

/* All UTF-8 without control characters; "" when the subject has no such part. */
struct rehearsal_identity {
	char name[REHEARSAL_FIELD_MAX];
	char rfc[REHEARSAL_FIELD_MAX];  /* "RFC" or "RFC / RFC-rep" */
	char curp[REHEARSAL_FIELD_MAX]; /* "CURP" or " / CURP-rep" */
	char registro[REHEARSAL_FIELD_MAX];
	char email[REHEARSAL_FIELD_MAX];
};

/* FIRMA_ERR_SHAPE: no name or no RFC in it, or a part over the bound. */
FIRMA_CHECKED enum firma_err rehearsal_identity_of(
    X509 *certificate, struct rehearsal_identity *ret);

/* PrintableString where that can say it, else T61String in Latin-1. */
FIRMA_CHECKED enum firma_err rehearsal_subject_of(
    const struct rehearsal_identity *who, X509_NAME **ret);

/* Same attributes in the same order with the same values; types may differ. */
int rehearsal_subject_equal(const X509_NAME *a, const X509_NAME *b);

#endif
