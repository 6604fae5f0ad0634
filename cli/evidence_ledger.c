/* SPDX-License-Identifier: Apache-2.0 */
/* What the ledger's entries say of the other files of the evidence. */
#include <stdio.h>
#include <string.h>

#include <openssl/sha.h>

#include "agent/base/own.h"
#include "agent/store/ledger.h"
#include "cli/evidence_judging.h"

#define CONSENT_END ".consent"

int
evidence_entry_is_good(const json_t *entry)
{
	const char *result = evidence_text(entry, "result");

	return strcmp(result, "ok") == 0 || strcmp(result, "issued") == 0;
}

/* A step has an entry of its letter's consent and one of its signature. */
static void
take_entry(struct judging *j, json_t *entry)
{
	const char *action = evidence_text(entry, "action");
	const char *purpose = evidence_text(entry, "purpose");
	char seq[24];

	(void)snprintf(seq, sizeof(seq), "%" JSON_INTEGER_FORMAT,
	    json_integer_value(json_object_get(entry, "seq")));
	(void)json_object_set(j->numbers, seq, entry);
	json_decref(j->last);
	j->last = json_incref(entry);
	if (strcmp(evidence_text(entry, "result"), "ok") != 0)
		return;
	if (strcmp(action, "sign") == 0)
		(void)json_object_set(j->signs, purpose, entry);
	else if (strcmp(action, "letter-consent") == 0)
		(void)json_object_set(j->consents, purpose, entry);
}

void
evidence_ledger(struct judging *j)
{
	struct firma_bytes in = evidence_find(j->e, EVIDENCE_LEDGER);
	struct firma_ledger_check chain = { .anywhere = true };
	struct firma_cause cause = { 0 };
	enum firma_err r = in.len != 0 ? FIRMA_OK : FIRMA_ERR_LEDGER_BROKEN;

	while (in.len != 0 && r == FIRMA_OK) {
		const uint8_t *end = memchr(in.at, '\n', in.len);
		const size_t n = end != NULL ? (size_t)(end - in.at) : in.len;
		json_t *entry = json_loadb(
		    (const char *)in.at, n, JSON_REJECT_DUPLICATES, NULL);

		r = firma_ledger_feed(&chain, firma_bytes_of(in.at, n), &cause);
		take_entry(j, entry);
		json_decref(entry);
		in = firma_bytes_of(
		    in.at + n + (end != NULL), in.len - n - (end != NULL));
	}
	evidence_judged(j, EVIDENCE_CHECK_CHAIN, EVIDENCE_LEDGER, r, &cause);
}

/* The step of an entry's purpose, or NULL when it is another renewal's. */
static const char *
step_of(const struct judging *j, const char *purpose)
{
	char mine[48];
	const int n =
	    snprintf(mine, sizeof(mine), "renewal %" JSON_INTEGER_FORMAT " ",
		json_integer_value(json_object_get(j->renewal, "renewal")));

	return strncmp(purpose, mine, (size_t)n) == 0 ? purpose + n : NULL;
}

/* `renew evidence` cuts the ledger after the renewal's last entry, or start. */
int
evidence_ledger_is_its_own(const struct judging *j)
{
	return j->last == NULL ||
	    step_of(j, evidence_text(j->last, "purpose")) != NULL ||
	    strcmp(evidence_text(j->last, "action"), "renew-start") == 0;
}

static int
is_hex(const json_t *j, const char *name, const uint8_t hash[32])
{
	char hex[65];

	firma_hex(firma_bytes_of(hash, 32), hex);
	return strcmp(evidence_text(j, name), hex) == 0;
}

/* Of the renewal's own entries, whatever its procedure calls the step. */
void
evidence_ledger_signature(struct judging *j, const char *file,
    struct firma_bytes content, const struct firma_certificate *by)
{
	uint8_t digest[SHA256_DIGEST_LENGTH], spki[FIRMA_SPKI_HASH];
	const char *purpose;
	json_t *entry;
	int is_so = 0;

	if (SHA256(content.at, content.len, digest) == NULL) {
		j->r = FIRMA_ERR_INTERNAL;
		return;
	}
	firma_certificate_spki_sha256(by, spki);
	json_object_foreach(j->signs, purpose, entry)
	{
		if (step_of(j, purpose) == NULL ||
		    !is_hex(entry, "digest", digest) ||
		    !is_hex(entry, "spki", spki))
			continue;
		(void)json_object_set_new(j->kept, purpose, json_true());
		is_so = 1;
	}
	evidence_holds(j, EVIDENCE_CHECK_ENTRY, file, is_so);
}

/* ---- consents ---- */

/* An entry's note is HOW, or HOW and what was odd: "yes, odd: ...". */
static int
begins_with_how(const char *note, const char *how)
{
	const size_t n = strlen(how);

	return n != 0 && strncmp(note, how, n) == 0 &&
	    (note[n] == '\0' || note[n] == ',');
}

/* The entry of the consent's step says the same of who, how and to what. */
static int
is_entry(const struct judging *j, const json_t *consent)
{
	const char *step = evidence_text(consent, "step");
	const char *sha256 = evidence_text(consent, "sha256");
	const json_t *uid = json_object_get(consent, "uid");
	const char *purpose;
	json_t *entry;

	json_object_foreach(j->consents, purpose, entry)
	{
		const char *mine = step_of(j, purpose);

		if (mine != NULL && strcmp(mine, step) == 0)
			return strcmp(evidence_text(entry, "digest"), sha256) ==
			    0 &&
			    strcmp(evidence_text(entry, "user"),
				evidence_text(consent, "user")) == 0 &&
			    json_is_integer(uid) &&
			    json_equal(uid, json_object_get(entry, "uid")) &&
			    begins_with_how(evidence_text(entry, "note"),
				evidence_text(consent, "how"));
	}
	return 0;
}

/* The signature that "terms.old.consent" is the consent to: "terms.old". */
static const struct evidence_piece *
signature_of(const struct evidence_piece *consent)
{
	const char *end = strstr(consent->document, CONSENT_END);
	const size_t n = end != NULL ? (size_t)(end - consent->document) : 0;

	for (size_t i = 0; n != 0 && i < evidence_n_pieces; i++) {
		const struct evidence_piece *s = &evidence_pieces[i];

		if (s->content != NULL && strlen(s->document) == n &&
		    strncmp(s->document, consent->document, n) == 0)
			return s;
	}
	return NULL;
}

/* Consent and signature are one step's: that step signed with this key. */
static int
is_step_of(const struct judging *j, const json_t *consent,
    const struct evidence_piece *s)
{
	const struct firma_certificate *by = s->is_by_new ? j->new : j->old;
	uint8_t spki[FIRMA_SPKI_HASH];
	const char *purpose;
	json_t *entry;

	if (by == NULL)
		return 1; /* said of the certificate */
	firma_certificate_spki_sha256(by, spki);
	json_object_foreach(j->signs, purpose, entry)
	{
		const char *step = step_of(j, purpose);

		if (step != NULL &&
		    strcmp(step, evidence_text(consent, "step")) == 0)
			return is_hex(entry, "spki", spki);
	}
	return 1; /* not signed yet */
}

static void
judge_consent(struct judging *j, const char *file, struct firma_bytes text,
    const struct evidence_piece *s)
{
	const struct firma_bytes letter = evidence_find(j->e, s->content);
	uint8_t digest[SHA256_DIGEST_LENGTH];
	json_t *consent;
	int is_so;

	if (SHA256(letter.at, letter.len, digest) == NULL) {
		j->r = FIRMA_ERR_INTERNAL;
		return;
	}
	consent = json_loadb(
	    (const char *)text.at, text.len, JSON_REJECT_DUPLICATES, NULL);
	is_so = letter.len != 0 && is_hex(consent, "sha256", digest) &&
	    is_entry(j, consent) && is_step_of(j, consent, s);
	if (is_so)
		(void)json_object_set_new(
		    j->consented, evidence_text(consent, "step"), json_true());
	evidence_holds(j, EVIDENCE_CHECK_CONSENT, file, is_so);
	json_decref(consent);
}

void
evidence_ledger_consents(struct judging *j)
{
	for (size_t i = 0; i < evidence_n_pieces; i++) {
		const char *file = evidence_pieces[i].file;
		const struct evidence_piece *s =
		    signature_of(&evidence_pieces[i]);
		const struct firma_bytes text = evidence_find(j->e, file);

		if (s != NULL && text.len != 0)
			judge_consent(j, file, text, s);
	}
}

/* ---- what is missing ---- */

/*
 * Is a signature of this document one of the evidence?  Those of the logins
 * before the last ("notice.challenge", "conditions.challenge") are not.
 */
static int
is_kept(const char *document)
{
	int is_so = strcmp(document, "request") == 0; /* renewal.ren */

	for (size_t i = 0; i < evidence_n_pieces; i++)
		for (size_t k = 0; k < evidence_n_pieces; k++)
			is_so |= evidence_pieces[k].content != NULL &&
			    strcmp(evidence_pieces[k].content,
				evidence_pieces[i].file) == 0 &&
			    strcmp(evidence_pieces[i].document, document) == 0;
	return is_so;
}

static void
missing_consents(struct judging *j)
{
	const char *purpose;
	json_t *entry;

	json_object_foreach(j->consents, purpose, entry)
	{
		const char *step = step_of(j, purpose);

		if (step != NULL && is_kept(evidence_text(entry, "name")) &&
		    json_object_get(j->consented, step) == NULL)
			evidence_found(j, EVIDENCE_CHECK_CONSENT,
			    EVIDENCE_LEDGER, EVIDENCE_BAD, step);
	}
}

static void
missing_signatures(struct judging *j)
{
	const char *purpose;
	json_t *entry;
	int is_whole = 1;

	json_object_foreach(j->signs, purpose, entry)
	{
		const char *step = step_of(j, purpose);

		if (step == NULL || !is_kept(evidence_text(entry, "name")) ||
		    json_object_get(j->kept, purpose) != NULL)
			continue;
		evidence_found(j, EVIDENCE_CHECK_MISSING, EVIDENCE_LEDGER,
		    EVIDENCE_BAD, step);
		is_whole = 0;
	}
	if (is_whole)
		evidence_holds(j, EVIDENCE_CHECK_MISSING, EVIDENCE_LEDGER, 1);
}

void
evidence_ledger_missing(struct judging *j)
{
	missing_signatures(j);
	missing_consents(j);
}
