/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/evidence_entries.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "agent/base/own.h"
#include "cli/evidence.h"

void
evidence_entries_done(struct evidence_entries *e)
{
	json_decref(e->steps);
	json_decref(e->done);
	json_decref(e->signs);
	json_decref(e->consents);
	json_decref(e->made);
	json_decref(e->start);
	json_decref(e->wanted);
	EVP_MD_CTX_free(e->md);
	firma_buf_done(&e->part);
	*e = (struct evidence_entries){ 0 };
}

/* The numbers that renewal.json's steps name. */
static json_t *
wanted_of(const json_t *renewal)
{
	const json_t *list = json_object_get(renewal, "steps");
	json_t *out = json_object(), *step;
	size_t i;

	json_array_foreach(list, i, step)
	{
		char seq[24];

		if (i == EVIDENCE_STEPS_MAX)
			break;
		(void)snprintf(seq, sizeof(seq), "%" JSON_INTEGER_FORMAT,
		    json_integer_value(json_object_get(step, "seq")));
		(void)json_object_set_new(out, seq, json_true());
	}
	return out;
}

enum firma_err
evidence_entries_begin(struct evidence_entries *e, const json_t *renewal)
{
	evidence_entries_done(e);
	(void)snprintf(e->mine, sizeof(e->mine),
	    "renewal %" JSON_INTEGER_FORMAT " ",
	    json_integer_value(json_object_get(renewal, "renewal")));
	(void)snprintf(
	    e->purpose, sizeof(e->purpose), "\"purpose\":\"%s", e->mine);
	e->chain.anywhere = true;
	e->steps = json_object();
	e->done = json_object();
	e->signs = json_object();
	e->consents = json_object();
	e->made = json_object();
	e->wanted = wanted_of(renewal);
	e->md = EVP_MD_CTX_new();
	if (e->steps == NULL || e->done == NULL || e->signs == NULL ||
	    e->consents == NULL || e->made == NULL || e->wanted == NULL ||
	    e->md == NULL)
		return FIRMA_ERR_NOMEM;
	return EVP_DigestInit_ex(e->md, EVP_sha256(), NULL) == 1
	    ? FIRMA_OK
	    : FIRMA_ERR_INTERNAL;
}

int
evidence_entry_is_good(const json_t *entry)
{
	const char *result = evidence_text(entry, "result");

	return strcmp(result, "ok") == 0 || strcmp(result, "issued") == 0;
}

int
evidence_entry_is_done(const json_t *entry)
{
	static const char *const others[] = { "letter-consent", "renew-abort",
		"renew-retire" };
	const char *action = evidence_text(entry, "action");

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(action, others[i]) == 0)
			return 0;
	return evidence_entry_is_good(entry);
}

/* A step has an entry of its letter's consent and one of its signature. */
FIRMA_CHECKED static enum firma_err
keep_own(struct evidence_entries *e, json_t *entry)
{
	const char *action = evidence_text(entry, "action");
	const char *purpose = evidence_text(entry, "purpose");
	const char *name = evidence_text(entry, "name");
	const int is_sign = strcmp(action, "sign") == 0;
	const int is_consent = strcmp(action, "letter-consent") == 0;
	char seq[24];

	(void)snprintf(seq, sizeof(seq), "%" JSON_INTEGER_FORMAT,
	    json_integer_value(json_object_get(entry, "seq")));
	if (json_object_get(e->wanted, seq) != NULL)
		(void)json_object_set(e->steps, seq, entry);
	if (!evidence_entry_is_good(entry))
		return FIRMA_OK;
	if (evidence_entry_is_done(entry))
		(void)json_object_set(e->done, purpose, entry);
	if (is_sign)
		(void)json_object_set(e->signs, purpose, entry);
	else if (is_consent)
		(void)json_object_set(e->consents, purpose, entry);
	else if (name[0] != '\0')
		(void)json_object_set(e->made, name, entry);
	return json_object_size(e->done) + json_object_size(e->consents) +
		    json_object_size(e->made) >
		EVIDENCE_PURPOSES_MAX
	    ? FIRMA_ERR_LIMIT
	    : FIRMA_OK;
}

static int
has(struct firma_bytes line, const char *text)
{
	return memmem(line.at, line.len, text, strlen(text)) != NULL;
}

/* The number that a line begins with, or 0. */
static uint64_t
seq_of(struct firma_bytes line)
{
	static const char begin[] = "{\"seq\":";
	uint64_t n = 0;

	if (line.len < sizeof(begin) ||
	    memcmp(line.at, begin, sizeof(begin) - 1) != 0)
		return 0;
	for (size_t i = sizeof(begin) - 1; i < line.len && line.at[i] >= '0' &&
	     line.at[i] <= '9' && n < UINT64_MAX / 16;
	     i++)
		n = n * 10 + (uint64_t)(line.at[i] - '0');
	return n;
}

/* Most are others': they are counted and chained, and not looked into. */
FIRMA_CHECKED static enum firma_err
take_entry(struct evidence_entries *e, struct firma_bytes line)
{
	const int is_own = has(line, e->purpose);
	const int is_start = has(line, "\"action\":\"renew-start\"");
	enum firma_err r = FIRMA_OK;
	json_t *entry;

	e->n_others += !is_own && !(is_start && e->n == 1);
	e->is_last_own = is_own || is_start;
	if (!is_own && !(is_start && e->n == 1))
		return FIRMA_OK;
	entry = json_loadb(
	    (const char *)line.at, line.len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(entry))
		e->is_shapeless = 1;
	else if (!is_own)
		e->start = json_incref(entry);
	else if (strncmp(evidence_text(entry, "purpose"), e->mine,
		     strlen(e->mine)) == 0)
		r = keep_own(e, entry);
	json_decref(entry);
	return r;
}

/* With a gigabyte of lines that are none, the first is the last that is read. */
FIRMA_CHECKED static enum firma_err
take_line(struct evidence_entries *e, struct firma_bytes line)
{
	if ((e->last_seq = seq_of(line)) == 0)
		return FIRMA_ERR_SHAPE;
	if (e->n++ == 0)
		e->first_seq = e->last_seq;
	if (e->chain_says == FIRMA_OK)
		e->chain_says = firma_ledger_feed(&e->chain, line, &e->cause);
	if (e->chain_says == FIRMA_ERR_INTERNAL)
		return FIRMA_ERR_INTERNAL;
	return take_entry(e, line);
}

/* The end of a line that came in two pieces. */
FIRMA_CHECKED static enum firma_err
take_part(struct evidence_entries *e, struct firma_bytes piece, int is_end)
{
	enum firma_err r;

	if (e->part.len + piece.len > FIRMA_LEDGER_LINE_MAX) {
		e->is_shapeless = 1;
		piece.len = 0;
	}
	if ((r = firma_buf_put(&e->part, piece)) != FIRMA_OK || !is_end)
		return r;
	r = take_line(e, firma_buf_view(&e->part));
	e->part.len = 0;
	return r;
}

enum firma_err
evidence_entries_feed(struct evidence_entries *e, struct firma_bytes in)
{
	enum firma_err r = FIRMA_OK;

	if (in.len == 0)
		return FIRMA_OK;
	if (in.len > EVIDENCE_LEDGER_MAX - e->size)
		return FIRMA_ERR_LIMIT;
	e->size += in.len;
	if (EVP_DigestUpdate(e->md, in.at, in.len) != 1)
		return FIRMA_ERR_INTERNAL;
	while (in.len != 0 && r == FIRMA_OK) {
		const uint8_t *end = memchr(in.at, '\n', in.len);
		const size_t n = end != NULL ? (size_t)(end - in.at) : in.len;
		const struct firma_bytes piece = firma_bytes_of(in.at, n);

		r = end != NULL && e->part.len == 0
		    ? take_line(e, piece)
		    : take_part(e, piece, end != NULL);
		in = firma_bytes_of(
		    in.at + n + (end != NULL), in.len - n - (end != NULL));
	}
	return r;
}

enum firma_err
evidence_entries_end(struct evidence_entries *e)
{
	enum firma_err r = FIRMA_OK;

	if (e->part.len != 0)
		r = take_part(e, firma_bytes_of(NULL, 0), 1);
	if (r == FIRMA_OK && EVP_DigestFinal_ex(e->md, e->sha256, NULL) != 1)
		r = FIRMA_ERR_INTERNAL;
	if (e->n == 0)
		e->chain_says = FIRMA_ERR_LEDGER_BROKEN;
	return r;
}
