/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/renewal/check.h"

#include <string.h>

#include <jansson.h>
#include <openssl/evp.h>

#define FIRMA_PDF_TAIL 1024 /* octets in which %%EOF has to stand */

enum firma_err
firma_renewal_check_key(const struct firma_profile_step *step,
    enum firma_step_key asked, struct firma_cause *cause)
{
	if (step->key == FIRMA_KEY_NONE)
		return firma_fail(cause, FIRMA_ERR_WRONG_STEP, FIRMA_CAUSE_NONE,
		    0, "step %s uses no key", step->id);
	if (asked != step->key)
		return firma_fail(cause, FIRMA_ERR_WRONG_KEY, FIRMA_CAUSE_NONE,
		    0, "step %s uses the %s key", step->id,
		    step->key == FIRMA_KEY_OLD ? "old" : "new");
	return FIRMA_OK;
}

enum firma_err
firma_renewal_check_letter(struct firma_bytes letter,
    struct firma_bytes served_sha256, struct firma_cause *cause)
{
	uint8_t sha256[32];
	size_t tail;

	if (letter.len == 0)
		return firma_fail(cause, FIRMA_ERR_LETTER_EMPTY,
		    FIRMA_CAUSE_NONE, 0, "the letter has no octets");
	if (letter.len > FIRMA_LETTER_MAX)
		return firma_fail(cause, FIRMA_ERR_LETTER_SIZE,
		    FIRMA_CAUSE_NONE, 0, "%zu octets, at most %zu", letter.len,
		    FIRMA_LETTER_MAX);
	tail = letter.len < FIRMA_PDF_TAIL ? letter.len : FIRMA_PDF_TAIL;
	if (letter.len < 5 || memcmp(letter.at, "%PDF-", 5) != 0)
		return firma_fail(cause, FIRMA_ERR_LETTER_NOT_PDF,
		    FIRMA_CAUSE_NONE, 0, "it does not begin with %%PDF-");
	if (memmem(letter.at + letter.len - tail, tail, "%%EOF", 5) == NULL)
		return firma_fail(cause, FIRMA_ERR_LETTER_NOT_PDF,
		    FIRMA_CAUSE_NONE, 0, "its end is missing (%%%%EOF)");
	if (served_sha256.len == 0)
		return FIRMA_OK;

	if (EVP_Digest(
		letter.at, letter.len, sha256, NULL, EVP_sha256(), NULL) != 1)
		return FIRMA_ERR_INTERNAL;
	if (served_sha256.len != sizeof(sha256) ||
	    memcmp(sha256, served_sha256.at, sizeof(sha256)) != 0)
		return firma_fail(cause, FIRMA_ERR_LETTER_CHANGED,
		    FIRMA_CAUSE_NONE, 0, "its SHA-256 is another");
	return FIRMA_OK;
}

/* For cleanup. */
static void
json_done(json_t **j)
{
	json_decref(*j);
	*j = NULL;
}
#define OWN_JSON __attribute__((cleanup(json_done))) json_t *

static enum firma_err
senseless(struct firma_cause *cause, const struct firma_profile_step *step,
    const char *why)
{
	return firma_fail(cause, FIRMA_ERR_PORTAL_ANSWER, FIRMA_CAUSE_NONE, 0,
	    "step %s: the answer's fields %s", step->id, why);
}

enum firma_err
firma_renewal_expects(const struct firma_profile_step *step,
    struct firma_bytes fields, struct firma_cause *cause)
{
	OWN_JSON object = NULL;
	const char *key, *text;
	json_t *value;

	if (fields.len > FIRMA_FIELDS_MAX)
		return senseless(cause, step, "are too long");
	object = fields.len == 0
	    ? json_object()
	    : json_loadb((const char *)fields.at, fields.len,
		  JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(object))
		return senseless(cause, step, "are no JSON object");
	json_object_foreach(object, key,
	    value) if (!json_is_string(value)) return senseless(cause, step,
	    "are not all strings");

	if (step->expects_field[0] == '\0')
		return FIRMA_OK;
	text = json_string_value(json_object_get(object, step->expects_field));
	if (text == NULL)
		return senseless(cause, step, "lack what is expected");
	if (strcmp(text, step->expects_value) != 0)
		return firma_fail(cause, FIRMA_ERR_PORTAL_PERSON,
		    FIRMA_CAUSE_NONE, 0,
		    "step %s: the portal shows %s \"%.64s\", expected \"%s\"",
		    step->id, step->expects_field, text, step->expects_value);
	return FIRMA_OK;
}
