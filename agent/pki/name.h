/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name.h - a distinguished name: its values read leniently, written strictly.
 *
 * Source: RFC 5280 4.1.2.4 (which string type), appendix A.1; X.690 for DER.
 * May include: agent/base, agent/pki.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_PKI_NAME_H
#define FIRMA_PKI_NAME_H

#include <openssl/types.h>

#include "agent/base/buf.h"

#define FIRMA_NAME_MAX         ((size_t)8 * 1024) /* octets of DER */
#define FIRMA_NAME_ENTRIES_MAX 64

/*
 * Append the value of one attribute as UTF-8.  UTF8String, PrintableString,
 * IA5String, NumericString, T61String, BMPString and UniversalString (OpenSSL
 * takes no others in a name); 8-bit octets that are not UTF-8 are read as
 * windows-1252, whatever the type claims.
 *
 * FIRMA_ERR_NOT_SUPPORTED  not a string type
 * FIRMA_ERR_SHAPE          BMPString or UniversalString of a broken length
 * FIRMA_ERR_VALUE          no such character
 */
FIRMA_CHECKED enum firma_err firma_name_value(
    const ASN1_STRING *value, struct firma_buf *ret_utf8);

/* Is the value what its type allows?  1 for what is no string. */
int firma_name_value_is_strict(const ASN1_STRING *value);

/*
 * Is every value what its type allows (no Latin-1 in PrintableString, valid
 * UTF-8 in UTF8String, ...)?  0 also for what is not a Name.
 */
int firma_name_is_strict(struct firma_bytes der);

/*
 * Write the name anew: the order of the RDNs and the attribute types kept,
 * values as PrintableString when they fit (emailAddress: IA5String), else
 * UTF8String; values that are no strings verbatim.
 */
FIRMA_CHECKED enum firma_err firma_name_reencode(struct firma_bytes der,
    struct firma_buf *ret_der, struct firma_cause *cause);

/* The subject for a request: verbatim when strict, else re-encoded. */
FIRMA_CHECKED enum firma_err firma_name_for_request(struct firma_bytes der,
    struct firma_buf *ret_der, struct firma_cause *cause);

/*
 * Parse strictly: exactly one DER Name within the limits.  The caller frees
 * *ret_name with X509_NAME_free().  FIRMA_ERR_SHAPE, FIRMA_ERR_LIMIT.
 */
FIRMA_CHECKED enum firma_err firma_name_parse(
    struct firma_bytes der, X509_NAME **ret_name, struct firma_cause *cause);

#endif
