/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identifier.h - forms and check digits of what a person types.
 *
 * What an existing certificate says is taken as it is (some test identities of
 * the authorities fail their own check digits); only what a person types is
 * refused.
 *
 * Each returns FIRMA_OK, or FIRMA_ERR_IDENTIFIER with a cause that says whether
 * the form, a date or the check digit is wrong.  Input is UTF-8, without
 * spaces around it; letters are upper case, as in the documents.
 * May include: agent/base.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_PKI_IDENTIFIER_H
#define FIRMA_PKI_IDENTIFIER_H

#include "agent/base/err.h"

#define FIRMA_EMAIL_MAX 254 /* octets: RFC 5321 4.5.3.1.3, less "<" and ">" */

/*
 * RFC of a company (12 characters) or a person (13): letters (also "&" and N
 * with tilde), yymmdd, two of homoclave, check digit.  The generic
 * XAXX010101000 and XEXX010101000 pass.
 */
FIRMA_CHECKED enum firma_err firma_rfc_check(
    const char *rfc, struct firma_cause *cause);

/* CURP: 4 letters, yymmdd, H/M/X, state, 3 consonants, one, check digit. */
FIRMA_CHECKED enum firma_err firma_curp_check(
    const char *curp, struct firma_cause *cause);

/* NSS: 11 digits, the last by Luhn. */
FIRMA_CHECKED enum firma_err firma_nss_check(
    const char *nss, struct firma_cause *cause);

/*
 * Registro patronal: letter or digit, 9 digits, check digit (Luhn with the
 * letter as A=10 .. Z=35).  Dashes and spaces are not accepted.
 */
FIRMA_CHECKED enum firma_err firma_registro_check(
    const char *registro, struct firma_cause *cause);

/*
 * E-mail: RFC 5321 Mailbox with a dot-string local part and a host name of two
 * labels or more; ASCII; at most FIRMA_EMAIL_MAX octets.  Quoted local parts
 * and address literals are refused: portals do not take them.
 */
FIRMA_CHECKED enum firma_err firma_email_check(
    const char *email, struct firma_cause *cause);

#endif
