/* SPDX-License-Identifier: Apache-2.0 */
/* What the ledger's entries say of the other files of the evidence. */
#include <stdio.h>
#include <string.h>

#include <openssl/sha.h>

#include "agent/base/own.h"
#include "cli/evidence_judging.h"

#define CONSENT_END ".consent"

/* It begins and ends where renewal.json says. */
static int
is_end(const struct judging *j)
{
	const json_t *said = json_object_get(j->renewal, "ledger");
	char hex[2 * FIRMA_LEDGER_HASH + 1];

	firma_hex(
	    firma_bytes_of(j->entries->chain.at.hash, FIRMA_LEDGER_HASH), hex);
	return (uint64_t)json_integer_value(json_object_get(said, "first")) ==
	    j->entries->first_seq &&
	    (uint64_t)json_integer_value(json_object_get(said, "last")) ==
	    j->entries->last_seq &&
	    strcmp(evidence_text(said, "last_sha256"), hex) == 0;
}

void
evidence_ledger(struct judging *j)
{
	evidence_judged(j, EVIDENCE_CHECK_CHAIN, EVIDENCE_LEDGER,
	    j->entries->chain_says, &j->entries->cause);
	evidence_holds(j, EVIDENCE_CHECK_END, EVIDENCE_LEDGER, is_end(j));
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
	return j->entries->n == 0 || j->entries->is_last_own;
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
	json_object_foreach(j->entries->signs, purpose, entry)
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

	json_object_foreach(j->entries->consents, purpose, entry)
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
	json_object_foreach(j->entries->signs, purpose, entry)
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

	if (!evidence_has(j->e, s->content)) {
		evidence_lacks(j, EVIDENCE_CHECK_PRESENT, s->content, "");
		return;
	}
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

	json_object_foreach(j->entries->consents, purpose, entry)
	{
		const char *step = step_of(j, purpose);

		if (step != NULL && is_kept(evidence_text(entry, "name")) &&
		    json_object_get(j->consented, step) == NULL)
			evidence_lacks(
			    j, EVIDENCE_CHECK_CONSENT, EVIDENCE_LEDGER, step);
	}
}

static void
missing_signatures(struct judging *j)
{
	const char *purpose;
	json_t *entry;
	int is_whole = 1;

	json_object_foreach(j->entries->signs, purpose, entry)
	{
		const char *step = step_of(j, purpose);

		if (step == NULL || !is_kept(evidence_text(entry, "name")) ||
		    json_object_get(j->kept, purpose) != NULL)
			continue;
		evidence_lacks(
		    j, EVIDENCE_CHECK_MISSING, EVIDENCE_LEDGER, step);
		is_whole = 0;
	}
	if (is_whole)
		evidence_holds(j, EVIDENCE_CHECK_MISSING, EVIDENCE_LEDGER, 1);
}

/* Of what the ledger says that it was made or came: is it here, and it? */
static void
made(struct judging *j, const struct evidence_piece *piece, const json_t *entry)
{
	const struct firma_bytes v = evidence_find(j->e, piece->file);
	const char *digest = evidence_text(entry, "digest");
	uint8_t hash[SHA256_DIGEST_LENGTH];

	if (!evidence_has(j->e, piece->file)) {
		evidence_lacks(j, EVIDENCE_CHECK_PRESENT, piece->file, "");
		return;
	}
	/* A certificate is PEM here; those of older agents have no digest. */
	if (piece->is_certificate || digest[0] == '\0')
		return;
	if (SHA256(v.at, v.len, hash) == NULL)
		j->r = FIRMA_ERR_INTERNAL;
	else
		evidence_holds(j, EVIDENCE_CHECK_MADE, piece->file,
		    is_hex(entry, "digest", hash));
}

/*
 * The renewal began with the old certificate's key, and the new certificate was
 * accepted for its key, with its serial as the note.
 */
static void
certificates(struct judging *j)
{
	const json_t *start = j->entries->start;
	const json_t *accept = json_object_get(j->entries->made, "new");
	uint8_t spki[FIRMA_SPKI_HASH];
	char serial[FIRMA_SERIAL_TEXT];

	if (j->old != NULL && evidence_text(start, "spki")[0] != '\0') {
		firma_certificate_spki_sha256(j->old, spki);
		evidence_holds(j, EVIDENCE_CHECK_ENTERED, "old.pem",
		    is_hex(start, "spki", spki));
	}
	if (j->new == NULL ||
	    strcmp(evidence_text(accept, "action"), "certificate-accept") != 0)
		return;
	firma_certificate_spki_sha256(j->new, spki);
	firma_certificate_serial(j->new, serial);
	evidence_holds(j, EVIDENCE_CHECK_ENTERED, "new.pem",
	    is_hex(accept, "spki", spki) &&
		strcmp(evidence_text(accept, "note"), serial) == 0);
}

static void
missing_documents(struct judging *j)
{
	for (size_t i = 0; i < evidence_n_pieces; i++) {
		const struct evidence_piece *piece = &evidence_pieces[i];
		const json_t *entry =
		    json_object_get(j->entries->made, piece->document);

		if (entry != NULL)
			made(j, piece, entry);
	}
}

void
evidence_ledger_missing(struct judging *j)
{
	certificates(j);
	missing_documents(j);
	missing_signatures(j);
	missing_consents(j);
}
