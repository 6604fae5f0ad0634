/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.h - what the agent refuses in a step: the wrong key, the wrong letter,
 * the wrong page.
 *
 * Pure.  May include: agent/base, OpenSSL (SHA-256), jansson.  Any thread.
 */
#ifndef FIRMA_RENEWAL_CHECK_H
#define FIRMA_RENEWAL_CHECK_H

#include "agent/base/buf.h"
#include "agent/renewal/profile.h"

#define FIRMA_LETTER_MAX ((size_t)8 * 1024 * 1024) /* octets */
#define FIRMA_FIELDS_MAX 8192 /* octets of a helper's fields */

/*
 * Is this step signed with that key?
 * FIRMA_ERR_WRONG_STEP  the step uses no key at all
 * FIRMA_ERR_WRONG_KEY   it is the other one
 */
FIRMA_CHECKED enum firma_err firma_renewal_check_key(
    const struct firma_profile_step *step, enum firma_step_key asked,
    struct firma_cause *cause);

/*
 * Is it a letter, and the one that the portal served?
 *
 * letter          in, borrowed.  At most FIRMA_LETTER_MAX octets are read; a
 *                 larger one is refused by its length alone.
 * served_sha256   in.  32 octets, or empty: it is fetched for the first time.
 *
 * FIRMA_ERR_LETTER_EMPTY, _SIZE  no octets; too many
 * FIRMA_ERR_LETTER_NOT_PDF   no "%PDF-" at the start, or no "%%EOF" in the last
 *                            1024 octets (ISO 32000-1 7.5.2, 7.5.5 and annex H)
 * FIRMA_ERR_LETTER_CHANGED   other octets than served
 */
FIRMA_CHECKED enum firma_err firma_renewal_check_letter(
    struct firma_bytes letter, struct firma_bytes served_sha256,
    struct firma_cause *cause);

/*
 * Does the answer say what the step expects?  fields is the JSON object of
 * strings that the helper gave ("" counts as {}).
 *
 * FIRMA_ERR_PORTAL_PERSON  the field has another value: event RESULT_PERSON
 * FIRMA_ERR_PORTAL_ANSWER  no JSON object of strings, too long, or the field
 *                          is missing: event FAILED
 * The cause says what was expected and what came.
 */
FIRMA_CHECKED enum firma_err firma_renewal_expects(
    const struct firma_profile_step *step, struct firma_bytes fields,
    struct firma_cause *cause);

#endif
