/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subject.h - a request's subject and challenge password, as the tax authority's
 * own program (Certifica) writes them.
 *
 * Sources: files of that program, octet by octet: 2.5.4.45 and 2.5.4.5 first,
 * both PrintableString whatever stands in them (an N with tilde is one octet of
 * Latin-1, which X.680 41.4 does not allow), emailAddress as IA5String, names as
 * UTF8String; challengePassword of 28 characters of base64.
 * May include: agent/base, agent/pki.  Does no I/O but for random octets.
 */
#ifndef FIRMA_PKI_SUBJECT_H
#define FIRMA_PKI_SUBJECT_H

#include "agent/pki/identity.h"

#define FIRMA_CHALLENGE_LEN 28 /* characters, without the terminating zero */

enum firma_subject_strings {
	FIRMA_STRINGS_STRICT, /* what fits: PrintableString, else UTF8String */
	FIRMA_STRINGS_LATIN1 /* as above: what the authority's program writes */
};

/*
 * Append a Name: the same attributes in the same order, values as strings say.
 * Every value is read leniently (firma_name_value()).
 *
 * FIRMA_ERR_SHAPE, FIRMA_ERR_LIMIT  der is not a Name
 * FIRMA_ERR_VALUE                   a value that cannot be read, or that
 *                                   windows-1252 has no character for
 */
FIRMA_CHECKED enum firma_err firma_subject_write(struct firma_bytes der,
    enum firma_subject_strings strings, struct firma_buf *ret_der,
    struct firma_cause *cause);

/*
 * Append the Name of a renewal's request: 2.5.4.45 and 2.5.4.5 of the old
 * certificate, and the e-mail address, when it is not "".
 *
 * FIRMA_ERR_CERT_IDENTITY  the certificate has no 2.5.4.45
 */
FIRMA_CHECKED enum firma_err firma_subject_identifiers(
    const struct firma_identity *old, const char *email,
    enum firma_subject_strings strings, struct firma_buf *ret_der,
    struct firma_cause *cause);

/*
 * Append the Name of a seal's request: 2.5.4.45 and 2.5.4.5 of the e.firma, its
 * CN (a person's) or O (a company's), OU the branch.
 *
 * FIRMA_ERR_CERT_IDENTITY  the certificate has no 2.5.4.45
 * FIRMA_ERR_VALUE          unit is "", over 64 characters, or not clean
 */
FIRMA_CHECKED enum firma_err firma_subject_seal(
    const struct firma_identity *efirma, const char *unit,
    enum firma_subject_strings strings, struct firma_buf *ret_der,
    struct firma_cause *cause);

/* Base64 of 20 random octets: of a first request or a renewal. */
FIRMA_CHECKED enum firma_err firma_challenge_random(
    char ret[FIRMA_CHALLENGE_LEN + 1]);

/*
 * Of a seal's request: B64(SHA1(X || B64(SHA1(X || X)))), X the 2.5.4.45 in
 * Latin-1.  Nothing secret is in it.
 * FIRMA_ERR_VALUE  windows-1252 has no such character
 */
FIRMA_CHECKED enum firma_err firma_challenge_computed(
    const char *unique_identifier, char ret[FIRMA_CHALLENGE_LEN + 1]);

#endif
