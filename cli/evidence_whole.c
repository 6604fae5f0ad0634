/* SPDX-License-Identifier: Apache-2.0 */
/* Is the evidence whole, and what holds it together? */
#include <stdio.h>
#include <string.h>

#include "agent/base/own.h"
#include "agent/pki/cms.h"
#include "agent/pki/identity.h"
#include "cli/evidence_judging.h"

#define HEX (2 * FIRMA_LEDGER_HASH)

/* ---- SHA256SUMS ---- */

/* The line of a file, with its newline, in the text. */
static int
has_line(struct firma_bytes text, struct firma_bytes line)
{
	while (text.len >= line.len) {
		const uint8_t *end = memchr(text.at, '\n', text.len);
		const size_t len =
		    end != NULL ? (size_t)(end - text.at) + 1 : text.len;

		if (len == line.len && memcmp(text.at, line.at, len) == 0)
			return 1;
		text = firma_bytes_of(text.at + len, text.len - len);
	}
	return 0;
}

/* Up to and with its newline; what is left is in text. */
static struct firma_bytes
take_line(struct firma_bytes *text)
{
	const uint8_t *end = memchr(text->at, '\n', text->len);
	const size_t n = end != NULL ? (size_t)(end - text->at) + 1 : text->len;
	const struct firma_bytes line = firma_bytes_of(text->at, n);

	*text = firma_bytes_of(text->at + n, text->len - n);
	return line;
}

/* The name in "HASH  NAME\n", or "" when the line has another form. */
static void
name_in(struct firma_bytes line, char ret[EVIDENCE_NAME_MAX])
{
	ret[0] = '\0';
	if (line.len < HEX + 4 || line.len - HEX - 3 >= EVIDENCE_NAME_MAX ||
	    line.at[HEX] != ' ' || line.at[line.len - 1] != '\n' ||
	    memchr(line.at, '\0', line.len) != NULL)
		return;
	memcpy(ret, line.at + HEX + 2, line.len - HEX - 3);
	ret[line.len - HEX - 3] = '\0';
}

/* A line of SHA256SUMS that is none of the ZIP's files: 1 if one was lost. */
static int
is_lost(struct judging *j, struct firma_bytes line)
{
	char name[EVIDENCE_NAME_MAX];

	name_in(line, name);
	if (name[0] == '\0' || evidence_has(j->e, name))
		return 0;
	evidence_lacks(j, EVIDENCE_CHECK_PRESENT, name, "");
	return 1;
}

void
evidence_sums_check(struct judging *j)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf want = { 0 };
	struct firma_bytes got = evidence_find(j->e, EVIDENCE_SUMS), text;
	int is_so = got.len != 0;

	if ((j->r = evidence_sums(j->e, &want)) != FIRMA_OK)
		return;
	for (text = firma_buf_view(&want); text.len != 0;) {
		const struct firma_bytes line = take_line(&text);
		char name[EVIDENCE_NAME_MAX];

		if (has_line(got, line))
			continue;
		name_in(line, name);
		evidence_found(j, EVIDENCE_CHECK_SUMS, name, EVIDENCE_BAD, "");
		is_so = 0;
	}
	for (text = got; text.len != 0;) {
		const struct firma_bytes line = take_line(&text);

		if (!has_line(firma_buf_view(&want), line))
			is_so &= is_lost(j, line);
	}
	if (is_so && j->n_missing != 0)
		return; /* each was told */
	evidence_holds(j, EVIDENCE_CHECK_LISTED, EVIDENCE_SUMS, is_so);
}

/* ---- renewal.json's documents ---- */

static const struct evidence_file *
file_of(const struct judging *j, const char *name)
{
	for (size_t i = 0; i < j->e->n; i++)
		if (strcmp(j->e->at[i].name, name) == 0)
			return &j->e->at[i];
	return NULL;
}

void
evidence_documents(struct judging *j)
{
	const json_t *list = json_object_get(j->renewal, "documents");
	int is_so = json_is_array(list);
	enum firma_err r;
	size_t i;
	json_t *d;

	json_array_foreach(list, i, d)
	{
		const char *name = evidence_text(d, "file");
		const struct evidence_file *f = file_of(j, name);
		uint8_t hash[FIRMA_LEDGER_HASH];
		char hex[HEX + 1];

		if (f == NULL) {
			evidence_lacks(j, EVIDENCE_CHECK_PRESENT, name, "");
			continue;
		}
		if ((r = evidence_hash(j->e, f, hash)) != FIRMA_OK) {
			j->r = r;
			return;
		}
		firma_hex(firma_bytes_of(hash, sizeof(hash)), hex);
		if (strcmp(evidence_text(d, "sha256"), hex) == 0)
			continue;
		evidence_found(
		    j, EVIDENCE_CHECK_DOCUMENT, name, EVIDENCE_BAD, "");
	}
	evidence_holds(j, EVIDENCE_CHECK_DOCUMENTS, EVIDENCE_RENEWAL, is_so);
}

/* ---- what holds it together ---- */

static enum evidence_signer
signer_of(const struct judging *j, const struct firma_certificate *c)
{
	const struct firma_certificate *known[] = { j->new, j->old, j->signer };
	static const enum evidence_signer who[] = { EVIDENCE_BY_NEW,
		EVIDENCE_BY_OLD, EVIDENCE_BY_SIGNER };

	for (size_t i = 0; i < 3; i++)
		if (known[i] != NULL &&
		    firma_bytes_equal(firma_certificate_der(known[i]),
			firma_certificate_der(c)))
			return who[i];
	return EVIDENCE_BY_OTHER;
}

FIRMA_CHECKED static enum firma_err
tell_signer(struct judging *j, const struct firma_cms_info *info)
{
	struct evidence_held *h = &j->to->held;
	struct firma_identity id = { 0 };

	if (firma_identity_of(info->signer, &id, NULL) == FIRMA_ERR_NOMEM)
		return FIRMA_ERR_NOMEM;
	h->by = signer_of(j, info->signer);
	h->time = info->signing_time;
	h->is_issued = j->with->ca != NULL &&
	    firma_certificate_issued_by(info->signer, j->with->ca);
	firma_certificate_serial(info->signer, h->serial);
	(void)snprintf(h->name, sizeof(h->name), "%s", id.common_name);
	return FIRMA_OK;
}

/*
 * Is it the key that renewal.json, and so the report, names?  A name that is
 * neither key's is anybody's else; no name is no signature.
 */
static int
is_as_said(const struct judging *j, const char *said)
{
	const enum evidence_signer by = j->to->held.by;

	if (said[0] == '\0')
		return 0;
	if (strcmp(said, evidence_text(j->renewal, "new_key")) == 0)
		return by == EVIDENCE_BY_NEW;
	if (strcmp(said, evidence_text(j->renewal, "old_key")) == 0)
		return by == EVIDENCE_BY_OLD;
	return by == EVIDENCE_BY_SIGNER || by == EVIDENCE_BY_OTHER;
}

/*
 * The authority's other customers can sign this, too.  And so can who finds the
 * old key, which is replaced when the renewal is complete.
 */
static void
seal_by(struct judging *j, const char *said)
{
	const struct evidence_held *h = &j->to->held;
	const int may = h->by != EVIDENCE_BY_OTHER &&
	    (h->by != EVIDENCE_BY_OLD || !evidence_is_finished(j)) &&
	    (j->with->ca == NULL || h->is_issued);

	evidence_holds(
	    j, EVIDENCE_CHECK_SEAL_AS, EVIDENCE_SEAL, is_as_said(j, said));
	evidence_found(j, EVIDENCE_CHECK_SEAL_BY, EVIDENCE_SEAL,
	    may ? EVIDENCE_GOOD : EVIDENCE_REFUSED, may ? "" : h->name);
}

void
evidence_seal(struct judging *j)
{
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info info = { 0 };
	const struct firma_bytes der = evidence_find(j->e, EVIDENCE_SEAL);
	const struct firma_bytes sums = evidence_find(j->e, EVIDENCE_SUMS);
	const json_t *said = json_object_get(j->renewal, "seal");
	struct firma_cause cause = { 0 };
	enum firma_err r;

	if (!evidence_has(j->e, EVIDENCE_SEAL)) {
		if (evidence_text(said, "signed_with")[0] != '\0')
			evidence_lacks(
			    j, EVIDENCE_CHECK_PRESENT, EVIDENCE_SEAL, "");
		return;
	}
	r = sums.len != 0 ? firma_cms_verify(der, sums, &info, &cause)
			  : FIRMA_ERR_SIGNATURE;
	if (r == FIRMA_OK && strcmp(info.digest, "sha1") == 0)
		r = firma_fail(
		    &cause, FIRMA_ERR_SIGNATURE, FIRMA_CAUSE_NONE, 0, "SHA-1");
	if (r == FIRMA_OK && (r = tell_signer(j, &info)) != FIRMA_OK) {
		j->r = r;
		return;
	}
	evidence_judged(j, EVIDENCE_CHECK_SEAL, EVIDENCE_SEAL, r, &cause);
	if (r != FIRMA_OK)
		return;
	j->to->held.is_signed = 1;
	seal_by(j, evidence_text(said, "signed_with"));
}

void
evidence_stamp(struct judging *j)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf token = { 0 };
	const struct firma_bytes file = evidence_find(j->e, EVIDENCE_STAMP);
	const struct firma_timestamp_expect expect = { .data = evidence_find(
							   j->e, EVIDENCE_SUMS),
		.ca = j->with->tsa_ca };
	const json_t *said = json_object_get(j->renewal, "seal");
	struct firma_cause cause = { 0 };
	enum firma_err r, says = FIRMA_OK;

	if (!evidence_has(j->e, EVIDENCE_STAMP)) {
		if (json_is_true(json_object_get(said, "timestamp")))
			evidence_lacks(
			    j, EVIDENCE_CHECK_PRESENT, EVIDENCE_STAMP, "");
		return;
	}
	r = firma_timestamp_open(file, &token, &cause);
	if (r == FIRMA_OK && expect.data.len == 0)
		r = FIRMA_ERR_STAMP;
	if (r == FIRMA_OK)
		r = firma_timestamp_read(firma_buf_view(&token), &expect,
		    &j->to->stamp, &says, &cause);
	if (r == FIRMA_OK)
		r = says;
	j->to->held.is_stamped = r == FIRMA_OK;
	evidence_judged(j, EVIDENCE_CHECK_STAMP, EVIDENCE_STAMP, r, &cause);
}

/* ---- the state ---- */

/* A retired renewal was complete before. */
int
evidence_is_finished(const struct judging *j)
{
	const char *status = evidence_text(j->renewal, "status");

	return strcmp(status, "complete") == 0 ||
	    strcmp(status, "retired") == 0;
}

void
evidence_state(struct judging *j)
{
	const json_t *list = json_object_get(j->renewal, "steps");
	const int is_finished = evidence_is_finished(j);
	int is_so = !is_finished || json_array_size(list) != 0;
	size_t i;
	json_t *step;

	json_array_foreach(list, i, step)
	{
		if (is_finished &&
		    strcmp(evidence_text(step, "state"), "done") != 0)
			is_so = 0;
	}
	evidence_holds(j, EVIDENCE_CHECK_STATE, EVIDENCE_RENEWAL, is_so);
}
