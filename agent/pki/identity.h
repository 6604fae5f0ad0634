/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.h - whom a certificate names, as clean UTF-8.
 *
 * Sources: RFC 5280 4.1.2.6; the tax authority's and the institute's own use:
 * 2.5.4.45 holds "RFC" or "RFC / representative's RFC", 2.5.4.5 holds "CURP" or
 * " / representative's CURP", OU the registro patronal; T61String and even
 * PrintableString carry Latin-1 octets when a name has an N with tilde.
 * May include: agent/base, agent/pki.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_PKI_IDENTITY_H
#define FIRMA_PKI_IDENTITY_H

#include "agent/base/buf.h"
#include "agent/pki/certificate.h"

#define FIRMA_IDENTITY_TEXT 512 /* octets, with the terminating zero */
#define FIRMA_IDENTITY_ID   64  /* octets, with the terminating zero */

/*
 * Every string is valid UTF-8 without control or direction characters; absent
 * is "".  An attribute that occurs more than once is joined with "; ".
 */
struct firma_identity {
	char common_name[FIRMA_IDENTITY_TEXT];       /* CN */
	char name[FIRMA_IDENTITY_TEXT];              /* 2.5.4.41 */
	char organization[FIRMA_IDENTITY_TEXT];      /* O */
	char unit[FIRMA_IDENTITY_TEXT];              /* OU */
	char country[FIRMA_IDENTITY_TEXT];           /* C */
	char email[FIRMA_IDENTITY_TEXT];             /* emailAddress */
	char unique_identifier[FIRMA_IDENTITY_TEXT]; /* 2.5.4.45, as it is */
	char serial_number[FIRMA_IDENTITY_TEXT];     /* 2.5.4.5, as it is */
	/* Taken from the above; check digits are not asked for here. */
	char rfc[FIRMA_IDENTITY_ID];
	char representative_rfc[FIRMA_IDENTITY_ID];
	char curp[FIRMA_IDENTITY_ID];
	char representative_curp[FIRMA_IDENTITY_ID];
	char registro_patronal[FIRMA_IDENTITY_ID]; /* OU of its form, else "" */
};

/*
 * ret is whole or untouched.
 *
 * FIRMA_ERR_SHAPE  a value cannot be decoded (odd BMPString)
 * FIRMA_ERR_VALUE  a value has control characters, zeros or characters that
 *                  change the writing direction: it could show another name
 * FIRMA_ERR_LIMIT  a value is too long, or too many of them
 */
FIRMA_CHECKED enum firma_err firma_identity_of(
    const struct firma_certificate *c, struct firma_identity *ret,
    struct firma_cause *cause);
FIRMA_CHECKED enum firma_err firma_identity_of_subject(
    struct firma_bytes subject_der, struct firma_identity *ret,
    struct firma_cause *cause);

/* Is this one of the names that _compare knows? */
int firma_identity_attribute_known(const char *attribute);

/* The decoded value of "CN", "2.5.4.45", ...; NULL for an unknown name. */
const char *firma_identity_attribute(
    const struct firma_identity *id, const char *attribute);

/*
 * Do a and b agree in each of the attributes?  Names: "CN" "O" "OU" "C"
 * "2.5.4.41" "2.5.4.45" "serialNumber" "emailAddress" (also "name",
 * "x500UniqueIdentifier", "2.5.4.5").  Decoded values are compared, not
 * encodings; runs of spaces count as one, those at the ends as none.
 *
 * ret_which  out, may be NULL: the first attribute that differs (points into
 *            attributes); set only with FIRMA_ERR_CERT_IDENTITY
 *
 * FIRMA_ERR_CERT_IDENTITY  one differs; the cause names it
 * FIRMA_ERR_CONFIG         an attribute name is unknown, or there is none: a
 *                          comparison of nothing is not agreement
 */
FIRMA_CHECKED enum firma_err firma_identity_compare(
    const struct firma_identity *a, const struct firma_identity *b,
    const char *const *attributes, size_t n_attributes, const char **ret_which,
    struct firma_cause *cause);

/*
 * May person's key sign for company, whose certificate names a representative?
 * Only the one that it names: by RFC, and by CURP when both certificates say one.
 *
 * FIRMA_ERR_CERT_IDENTITY  person is somebody else, is a company itself, or
 *                          company names no representative
 */
FIRMA_CHECKED enum firma_err firma_identity_represents(
    const struct firma_identity *person, const struct firma_identity *company,
    struct firma_cause *cause);

#endif
