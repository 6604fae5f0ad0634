/* SPDX-License-Identifier: Apache-2.0 */
/* The evidence of a renewal, from the agent. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/base/own.h"
#include "cli/certificates.h"
#include "cli/evidence_collect.h"
#include "cli/evidence_range.h"
#include "cli/file.h"

/* ---- steps and fields ---- */

struct told {
	json_t *steps; /* of the profile, in order */
	json_t *fields;
	int is_spanish;
};

static void
told_done(struct told *t)
{
	json_decref(t->steps);
	json_decref(t->fields);
}

static json_t *
wire_text(struct firma_str s)
{
	return json_stringn(s.at, s.len);
}

static enum firma_err
keep(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	struct told *t = arg;

	(void)fd;
	/* Asked again after a lost connection. */
	if (msg == NULL) {
		(void)json_array_clear(t->steps);
	} else if (type == FIRMA_MSG_step_item) {
		const struct firma_msg_step_item *m = msg;

		if (json_array_size(t->steps) >= EVIDENCE_STEPS_MAX)
			return FIRMA_ERR_LIMIT;
		(void)json_array_append_new(t->steps,
		    json_pack("{so si si so}", "step", wire_text(m->step),
			"user_step", (int)m->user_step, "user_step_last",
			(int)m->user_step_last, "title",
			wire_text(t->is_spanish ? m->title_es : m->title_en)));
	} else if (type == FIRMA_MSG_fields_item) {
		const struct firma_msg_fields_item *m = msg;

		json_decref(t->fields);
		t->fields = m->fields.len == 0
		    ? NULL
		    : json_loadb(m->fields.at, m->fields.len,
			  JSON_REJECT_DUPLICATES, NULL);
	}
	return FIRMA_OK;
}

/* "2026-11-28T13:10:05-06:00" of an entry's "2026-11-28T19:10:05.123Z". */
static json_t *
local_of(const char *utc)
{
	struct tm tm = { 0 };
	char out[40];
	time_t at;
	size_t n;

	if (strptime(utc, "%Y-%m-%dT%H:%M:%S", &tm) == NULL)
		return json_string("");
	at = timegm(&tm);
	if (localtime_r(&at, &tm) == NULL ||
	    (n = strftime(out, sizeof(out) - 1, "%Y-%m-%dT%H:%M:%S%z", &tm)) <
		5)
		return json_string("");
	/* +hhmm as RFC 3339 has it: +hh:mm */
	memmove(out + n - 1, out + n - 2, 3);
	out[n - 2] = ':';
	return json_string(out);
}

static json_t *
moment_of(uint64_t seconds)
{
	json_t *utc = out_json_time(seconds);
	json_t *local =
	    local_of(json_is_string(utc) ? json_string_value(utc) : "");

	return json_pack("{so so}", "utc", utc, "local", local);
}

static void
json_done(json_t **j)
{
	json_decref(*j);
	*j = NULL;
}

/* ---- renewal.json ---- */

/* Each step of the profile, with its last good entry if there is one. */
static json_t *
steps_of(const struct told *t, const struct evidence_range *range)
{
	json_t *out = json_array(), *step;
	size_t i;

	json_array_foreach(t->steps, i, step)
	{
		const json_t *entry =
		    json_object_get(range->done, evidence_text(step, "step"));
		json_t *one = json_copy(step);

		(void)json_object_set_new(
		    one, "state", json_string(entry != NULL ? "done" : "open"));
		if (entry != NULL) {
			(void)json_object_set(
			    one, "seq", json_object_get(entry, "seq"));
			(void)json_object_set(
			    one, "time", json_object_get(entry, "time"));
			(void)json_object_set_new(one, "local",
			    local_of(evidence_text(entry, "time")));
		}
		(void)json_array_append_new(out, one);
	}
	return out;
}

/* Those without a dot are the company's. */
static json_t *
company_of(const json_t *fields)
{
	json_t *out = json_object(), *v;
	const char *name;

	json_object_foreach((json_t *)(uintptr_t)fields, name, v)
	{
		if (strchr(name, '.') == NULL)
			(void)json_object_set(out, name, v);
	}
	return out;
}

/* "terms.submit.old.receipt" is what that step gave; in the steps' order. */
static json_t *
receipts_of(const struct told *t)
{
	static const char *const names[] = { "receipt", "folio" };
	json_t *out = json_array(), *step;
	size_t i;

	json_array_foreach(t->steps, i, step)
	{
		for (size_t k = 0; k < 2; k++) {
			char field[128];
			json_t *v;

			(void)snprintf(field, sizeof(field), "%.64s.%s",
			    evidence_text(step, "step"), names[k]);
			v = json_object_get(t->fields, field);
			if (json_is_string(v))
				(void)json_array_append_new(out,
				    json_pack("{sO sO ss sO}", "step",
					json_object_get(step, "step"), "title",
					json_object_get(step, "title"), "name",
					names[k], "value", v));
		}
	}
	return out;
}

/* What the agent has of it, so that what is lost later is missed. */
static json_t *
documents_of(const struct evidence *e)
{
	json_t *out = json_array();

	for (size_t i = 0; i < e->n; i++) {
		char hex[2 * FIRMA_LEDGER_HASH + 1];
		uint8_t hash[FIRMA_LEDGER_HASH];

		if (evidence_hash(e, &e->at[i], hash) != FIRMA_OK)
			continue;
		firma_hex(firma_bytes_of(hash, sizeof(hash)), hex);
		(void)json_array_append_new(out,
		    json_pack("{ss ss}", "file", e->at[i].name, "sha256", hex));
	}
	return out;
}

/* Where the ledger's part begins and ends, and what it ends with. */
static json_t *
ledger_of(const struct evidence_range *range)
{
	char hex[2 * FIRMA_LEDGER_HASH + 1];

	firma_hex(
	    firma_bytes_of(range->last_sha256, sizeof(range->last_sha256)),
	    hex);
	return json_pack("{sI sI ss}", "first", (json_int_t)range->first,
	    "last", (json_int_t)range->last, "last_sha256", hex);
}

static enum firma_err
put_renewal(const struct renewal *r, const struct told *t,
    const struct evidence_range *range, const struct evidence_how *how,
    struct evidence *ret)
{
	FIRMA_OWN(json_done) json_t *j = NULL;
	FIRMA_OWN(firma_mem_done) char *text = NULL;

	j = json_pack("{si ss ss sI ss ss ss ss ss ss so ss ss so so sI so so "
		      "so so so s{ss sb}}",
	    "format", EVIDENCE_FORMAT, "made_by", "firmad " FIRMA_VERSION,
	    "lang", t->is_spanish ? "es" : "en", "renewal", (json_int_t)r->id,
	    "profile", r->profile, "status",
	    firma_renewal_status_name(r->status), "old_key", r->old_key,
	    "new_key", r->new_key, "old_serial", r->old_serial, "new_serial",
	    r->new_serial, "new_not_after", out_json_time(r->new_not_after),
	    "email", r->email, "portal", r->portal, "started",
	    moment_of(r->started), "changed", moment_of(r->changed),
	    "changed_seconds", (json_int_t)r->changed, "company",
	    company_of(t->fields), "receipts", receipts_of(t), "steps",
	    steps_of(t, range), "documents", documents_of(ret), "ledger",
	    ledger_of(range), "seal", "signed_with",
	    how->signed_with != NULL ? how->signed_with : "", "timestamp",
	    how->is_stamped);
	text = json_dumps(j, JSON_INDENT(1) | JSON_SORT_KEYS);
	if (text == NULL)
		return FIRMA_ERR_NOMEM;
	return evidence_put(
	    ret, EVIDENCE_RENEWAL, firma_bytes_of(text, strlen(text)));
}

/* ---- documents ---- */

static enum firma_err
put_certificate(struct evidence *ret, const char *name, struct firma_bytes v,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	FIRMA_OWN(firma_buf_done) struct firma_buf pem = { 0 };
	enum firma_err r;

	if ((r = firma_certificate_parse(v, &c, cause)) != FIRMA_OK ||
	    (r = file_pem("CERTIFICATE", firma_certificate_der(c), &pem)) !=
		FIRMA_OK)
		return r;
	return evidence_put(ret, name, firma_buf_view(&pem));
}

static enum firma_err
documents(struct app *app, const struct renewal *of, struct evidence *ret,
    json_t *ret_missing, struct firma_cause *cause)
{
	for (size_t i = 0; i < evidence_n_pieces; i++) {
		const struct evidence_piece *piece = &evidence_pieces[i];
		FIRMA_OWN(firma_buf_done) struct firma_buf v = { 0 };
		enum firma_err r =
		    renewals_document(app, of->id, piece->document, &v, cause);

		/* An unfinished renewal has some of them only, and not each
		 * procedure has all. */
		if (r == FIRMA_ERR_NOT_FOUND) {
			if (of->status == FIRMA_RENEWAL_OPEN)
				(void)json_array_append_new(
				    ret_missing, json_string(piece->file));
			continue;
		}
		if (r == FIRMA_OK)
			r = piece->is_certificate
			    ? put_certificate(
				  ret, piece->file, firma_buf_view(&v), cause)
			    : evidence_put(
				  ret, piece->file, firma_buf_view(&v));
		if (r != FIRMA_OK)
			return r;
	}
	return FIRMA_OK;
}

static enum firma_err
put_ca(const char *ca, struct evidence *ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };
	enum firma_err r;

	if (ca == NULL)
		return FIRMA_OK;
	if ((r = file_read(ca, FIRMA_CERTIFICATE_PEM_MAX, &file, cause)) !=
	    FIRMA_OK)
		return r;
	return put_certificate(ret, "ca.pem", firma_buf_view(&file), cause);
}

/* Those that are made of the others, and so come last. */
static enum firma_err
put_made(struct evidence *ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf report = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf sums = { 0 };
	enum firma_err r;

	if ((r = evidence_report(ret, &report, cause)) != FIRMA_OK ||
	    (r = evidence_put(ret, EVIDENCE_REPORT, firma_buf_view(&report))) !=
		FIRMA_OK ||
	    (r = evidence_sums(ret, &sums)) != FIRMA_OK)
		return r;
	return evidence_put(ret, EVIDENCE_SUMS, firma_buf_view(&sums));
}

enum firma_err
evidence_collect(struct app *app, const struct renewal *r,
    const struct evidence_how *how, struct evidence *ret, json_t *ret_missing,
    struct firma_cause *cause)
{
	const struct firma_msg_renew_steps ask = { r->id, 0 };
	FIRMA_OWN(told_done)
	struct told told = { .steps = json_array(),
		.is_spanish = strcmp(firma_lang_code(), "es") == 0 };
	FIRMA_OWN(evidence_range_done) struct evidence_range range = { 0 };
	enum firma_err e;

	if ((e = app_call(app, FIRMA_MSG_renew_steps, &ask, -1, APP_SHORT, keep,
		 &told, cause)) != FIRMA_OK ||
	    (e = evidence_range_find(app, r, &range, cause)) != FIRMA_OK ||
	    (e = documents(app, r, ret, ret_missing, cause)) != FIRMA_OK ||
	    (e = put_ca(how->ca, ret, cause)) != FIRMA_OK ||
	    (e = put_renewal(r, &told, &range, how, ret)) != FIRMA_OK ||
	    (e = evidence_range_put(app, &range, how->path, ret, cause)) !=
		FIRMA_OK)
		return e;
	return put_made(ret, cause);
}
