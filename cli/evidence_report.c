/* SPDX-License-Identifier: Apache-2.0 */
/* report.html: a page that opens anywhere, runs nothing and fetches nothing. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/sha.h>

#include "agent/base/own.h"
#include "agent/pki/identity.h"
#include "cli/evidence_page.h"

/* ---- what it is ---- */

static void
begin(struct page *p)
{
	const char *lang = p->is_spanish ? "es" : "en";

	page_put(p, "<!DOCTYPE html>\n<html lang=\"");
	page_put(p, lang);
	page_put(p,
	    "\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" "
	    "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width\">\n"
	    "<title>");
	page_word(p, WORD_TITLE);
	page_put(p, "</title>\n<style>");
	page_put(p, page_style);
	page_put(p, "</style>\n</head>\n<body>\n<h1>");
	page_word(p, WORD_TITLE);
	page_put(p, "</h1>\n<p class=\"lead\">");
	page_sentence(p, WORD_FROM_TO, evidence_text(p->renewal, "old_serial"),
	    evidence_text(p->renewal, "new_serial")[0] != '\0'
		? evidence_text(p->renewal, "new_serial")
		: "-");
	page_put(p, "</p>\n");
}

static enum evidence_word
state_word(const char *status)
{
	return strcmp(status, "complete") == 0 ? WORD_COMPLETE
	    : strcmp(status, "retired") == 0   ? WORD_RETIRED
	    : strcmp(status, "aborted") == 0   ? WORD_ABORTED
					       : WORD_OPEN;
}

/* "2026-11-28 19:10:05 UTC (13:10:05 -06:00)", of RFC 3339 texts. */
static void
moment(struct page *p, const char *utc, const char *local)
{
	char out[96];

	if (strlen(utc) < 19) {
		page_text(p, utc);
		return;
	}
	(void)snprintf(out, sizeof(out), "%.10s %.8s UTC", utc, utc + 11);
	page_text(p, out);
	if (strlen(local) < 25)
		return;
	(void)snprintf(
	    out, sizeof(out), "%.10s %.8s %.6s", local, local + 11, local + 19);
	page_put(p, " <small>(");
	/* The day alone when it is another one. */
	page_text(p, strncmp(utc, local, 10) == 0 ? out + 11 : out);
	page_put(p, ")</small>");
}

static void
moment_row(struct page *p, enum evidence_word label, const char *name)
{
	const json_t *at = json_object_get(p->renewal, name);

	if (!json_is_object(at))
		return;
	page_put(p, "<tr><th>");
	page_word(p, label);
	page_put(p, "</th><td>");
	moment(p, evidence_text(at, "utc"), evidence_text(at, "local"));
	page_put(p, "</td></tr>\n");
}

static void
renewal(struct page *p)
{
	const json_t *company = json_object_get(p->renewal, "company");
	const char *curp;

	page_heading(p, WORD_RENEWAL);
	page_put(p, "<table class=\"pairs\">\n");
	page_row(p, WORD_PROCEDURE, evidence_text(p->renewal, "profile"));
	page_row(p, WORD_STATE,
	    page_words(p, state_word(evidence_text(p->renewal, "status"))));
	moment_row(p, WORD_STARTED, "started");
	moment_row(p, WORD_CHANGED, "changed");
	page_row(p, WORD_PORTAL, evidence_text(p->renewal, "portal"));
	page_row(p, WORD_EMAIL, evidence_text(p->renewal, "email"));
	page_put(p, "</table>\n");
	page_heading(p, WORD_COMPANY);
	page_put(p, "<table class=\"pairs\">\n");
	page_row(p, WORD_NAME, evidence_text(company, "name"));
	page_row(p, WORD_RFC, evidence_text(company, "rfc"));
	/* A company's certificate has " / " and its representative's. */
	curp = evidence_text(company, "curp");
	page_row(p, WORD_CURP, curp + strspn(curp, " /"));
	page_row(p, WORD_REGISTRO, evidence_text(company, "registro_patronal"));
	page_row(p, WORD_REPRESENTATIVE,
	    evidence_text(company, "representative_rfc"));
	page_put(p, "</table>\n");
}

/* ---- certificates ---- */

static void
put_day(struct page *p, int64_t at)
{
	const time_t t = (time_t)at;
	struct tm tm;
	char day[40] = "-";

	if (gmtime_r(&t, &tm) != NULL)
		(void)strftime(day, sizeof(day), "%Y-%m-%d %H:%M:%S UTC", &tm);
	page_text(p, day);
}

static void
certificate_cell(
    struct page *p, const struct firma_certificate *c, enum evidence_word what)
{
	struct firma_identity id = { 0 };
	char serial[FIRMA_SERIAL_TEXT], hex[2 * FIRMA_SPKI_HASH + 1];
	uint8_t hash[FIRMA_SPKI_HASH];

	page_put(p, "<td>");
	if (c == NULL) {
		page_put(p, "-</td>");
		return;
	}
	/* A name that could show another stays empty. */
	if (firma_identity_of(c, &id, NULL) == FIRMA_ERR_NOMEM)
		p->r = FIRMA_ERR_NOMEM;
	switch (what) {
	case WORD_SERIAL:
		firma_certificate_serial(c, serial);
		page_text(p, serial);
		break;
	case WORD_NAME:
		page_text(p, id.common_name);
		break;
	case WORD_RFC:
		page_text(p, id.unique_identifier);
		break;
	case WORD_VALID_FROM:
		put_day(p, firma_certificate_not_before(c));
		break;
	case WORD_VALID_TO:
		put_day(p, firma_certificate_not_after(c));
		break;
	default:
		firma_certificate_spki_sha256(c, hash);
		firma_hex(firma_bytes_of(hash, sizeof(hash)), hex);
		page_put(p, "<span class=\"hex\">");
		page_text(p, hex);
		page_put(p, "</span>");
		break;
	}
	page_put(p, "</td>");
}

static void
certificates(struct page *p)
{
	static const enum evidence_word rows[] = { WORD_SERIAL, WORD_NAME,
		WORD_RFC, WORD_VALID_FROM, WORD_VALID_TO, WORD_KEY };

	page_heading(p, WORD_CERTIFICATES);
	page_put(p, "<table class=\"certs\">\n<thead><tr><th></th><th>");
	page_word(p, WORD_OLD);
	page_put(p, "</th><th>");
	page_word(p, WORD_NEW);
	page_put(p, "</th></tr></thead>\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		page_put(p, "<tr><th>");
		page_word(p, rows[i]);
		page_put(p, "</th>");
		certificate_cell(p, p->old, rows[i]);
		certificate_cell(p, p->new, rows[i]);
		page_put(p, "</tr>\n");
	}
	page_put(p, "</table>\n");
}

/* ---- the timeline ---- */

/* The entry of that number, or NULL. */
static const json_t *
entry_of(const struct page *p, json_int_t seq)
{
	char name[24];

	(void)snprintf(name, sizeof(name), "%" JSON_INTEGER_FORMAT, seq);
	return json_object_get(p->entries->steps, name);
}

static void
done_cells(struct page *p, const json_t *step, const json_t *e)
{
	char number[24];

	page_put(p, "<td class=\"t\">");
	moment(p, evidence_text(e, "time"), evidence_text(step, "local"));
	page_put(p, "</td><td>");
	page_text(p, evidence_text(e, "user"));
	if (evidence_text(e, "key")[0] != '\0') {
		page_put(p, ", <b>");
		page_text(p, evidence_text(e, "key"));
		page_put(p, "</b>");
	}
	(void)snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
	    json_integer_value(json_object_get(e, "seq")));
	page_put(p, "</td><td>");
	page_text(p, number);
	page_put(p, "</td></tr>\n");
}

static void
step_row(struct page *p, const json_t *step, int is_first)
{
	const json_int_t n =
	    json_integer_value(json_object_get(step, "user_step"));
	const json_int_t last =
	    json_integer_value(json_object_get(step, "user_step_last"));
	const json_t *e =
	    entry_of(p, json_integer_value(json_object_get(step, "seq")));
	char number[48] = "";

	if (is_first)
		(void)snprintf(number, sizeof(number),
		    last != n ? "%" JSON_INTEGER_FORMAT "-%" JSON_INTEGER_FORMAT
			      : "%" JSON_INTEGER_FORMAT,
		    n, last);
	page_put(p, "<tr><td class=\"n\">");
	page_text(p, number);
	page_put(p, "</td><td>");
	page_text(p, evidence_text(step, "title"));
	if (e != NULL && evidence_text(e, "note")[0] != '\0') {
		page_put(p, "<br><small>");
		page_text(p, evidence_text(e, "note"));
		page_put(p, "</small>");
	}
	if (e != NULL && strcmp(evidence_text(e, "action"), "sign") == 0) {
		page_put(p, "<br><small>");
		page_word(p, WORD_DIGEST);
		page_put(p, "</small> <span class=\"hex\">");
		page_text(p, evidence_text(e, "digest"));
		page_put(p, "</span>");
	}
	page_put(p, "</td>");
	if (e != NULL) {
		done_cells(p, step, e);
		return;
	}
	page_put(p, "<td class=\"no\" colspan=\"3\">");
	page_word(p, WORD_NOT_YET);
	page_put(p, "</td></tr>\n");
}

static void
timeline(struct page *p)
{
	static const enum evidence_word head[] = { WORD_STEP, WORD_WHAT,
		WORD_WHEN, WORD_WHO, WORD_ENTRY };
	const json_t *steps = json_object_get(p->renewal, "steps");
	json_int_t was = -1;
	size_t i;
	json_t *s;

	page_heading(p, WORD_TIMELINE);
	page_put(p, "<table>\n<thead><tr>");
	for (size_t k = 0; k < sizeof(head) / sizeof(head[0]); k++) {
		page_put(p, "<th>");
		page_word(p, head[k]);
		page_put(p, "</th>");
	}
	page_put(p, "</tr></thead>\n");
	json_array_foreach(steps, i, s)
	{
		const json_int_t n =
		    json_integer_value(json_object_get(s, "user_step"));

		step_row(p, s, n != was);
		was = n;
	}
	page_put(p, "</table>\n<p><small>");
	page_word(p, WORD_TIMES);
	page_put(p, "</small></p>\n");
}

/* ---- receipts, files, ledger ---- */

static void
receipts(struct page *p)
{
	const json_t *list = json_object_get(p->renewal, "receipts");
	size_t i;
	json_t *r;

	page_heading(p, WORD_RECEIPTS);
	if (json_array_size(list) == 0) {
		page_put(p, "<p>");
		page_word(p, WORD_NO_RECEIPTS);
		page_put(p, "</p>\n");
		return;
	}
	page_put(p, "<table class=\"pairs\">\n");
	json_array_foreach(list, i, r)
	{
		page_put(p, "<tr><th>");
		page_word(p,
		    strcmp(evidence_text(r, "name"), "folio") == 0
			? WORD_FOLIO
			: WORD_RECEIPT);
		page_put(p, "<br><small>");
		page_text(p, evidence_text(r, "title"));
		page_put(p, "</small></th><td>");
		page_text(p, evidence_text(r, "value"));
		page_put(p, "</td></tr>\n");
	}
	page_put(p, "</table>\n");
}

static const struct evidence_piece *
piece_of(const char *file)
{
	for (size_t i = 0; i < evidence_n_pieces; i++)
		if (strcmp(evidence_pieces[i].file, file) == 0)
			return &evidence_pieces[i];
	return NULL;
}

static void
files(struct page *p)
{
	page_heading(p, WORD_DOCUMENTS);
	page_put(p, "<table>\n<thead><tr><th>");
	page_word(p, WORD_FILE);
	page_put(p, "</th><th>SHA-256</th><th>");
	page_word(p, WORD_SIGNED_BY);
	page_put(p, "</th></tr></thead>\n");
	for (size_t i = 0; i < p->e->n; i++) {
		const struct evidence_file *f = &p->e->at[i];
		const struct evidence_piece *piece = piece_of(f->name);
		char hex[2 * SHA256_DIGEST_LENGTH + 1];
		uint8_t hash[SHA256_DIGEST_LENGTH];

		if (strcmp(f->name, EVIDENCE_REPORT) == 0 ||
		    strncmp(f->name, EVIDENCE_SUMS, strlen(EVIDENCE_SUMS)) == 0)
			continue;
		if (evidence_hash(p->e, f, hash) != FIRMA_OK)
			p->r = FIRMA_ERR_INTERNAL;
		firma_hex(firma_bytes_of(hash, sizeof(hash)), hex);
		page_put(p, "<tr><td>");
		page_text(p, f->name);
		page_put(p, "</td><td class=\"hex\">");
		page_text(p, hex);
		page_put(p, "</td><td>");
		if (piece != NULL && piece->content != NULL)
			page_word(p,
			    piece->is_by_new ? WORD_NEW_CERT : WORD_OLD_CERT);
		page_put(p, "</td></tr>\n");
	}
	page_put(p, "</table>\n");
}

static void
number(uint64_t n, char ret[24])
{
	(void)snprintf(ret, 24, "%llu", (unsigned long long)n);
}

static void
ledger(struct page *p)
{
	const struct evidence_entries *of = p->entries;
	char first[24] = "-", last[24] = "-", others[24];

	if (of->n != 0) {
		number(of->first_seq, first);
		number(of->last_seq, last);
	}
	page_heading(p, WORD_LEDGER);
	page_put(p, "<p>");
	page_sentence(p, WORD_LEDGER_TEXT, first, last);
	if (of->n_others != 0) {
		number(of->n_others, others);
		page_put(p, " ");
		page_sentence(p, WORD_LEDGER_OTHERS, others, "");
	}
	page_put(p, "</p>\n<table class=\"pairs\">\n<tr><th>");
	page_word(p, WORD_LAST_ENTRY);
	page_put(p, "</th><td class=\"hex\">");
	page_text(p,
	    evidence_text(
		json_object_get(p->renewal, "ledger"), "last_sha256"));
	page_put(p, "</td></tr>\n</table>\n");
}

/* ---- what holds it together ---- */

static const char *
signed_with(const struct page *p)
{
	return evidence_text(
	    json_object_get(p->renewal, "seal"), "signed_with");
}

static int
is_stamped(const struct page *p)
{
	return json_is_true(
	    json_object_get(json_object_get(p->renewal, "seal"), "timestamp"));
}

static void
paragraph(struct page *p, enum evidence_word w, const char *text)
{
	page_put(p, "<p>");
	page_sentence(p, w, text, "");
	page_put(p, "</p>\n");
}

static void
held(struct page *p)
{
	page_heading(p, WORD_HELD);
	if (signed_with(p)[0] != '\0')
		paragraph(p, WORD_HELD_SIGNED, signed_with(p));
	if (is_stamped(p))
		paragraph(p, WORD_HELD_STAMPED, "");
	if (signed_with(p)[0] == '\0' && !is_stamped(p))
		paragraph(p, WORD_HELD_NOTHING, "");
}

/* ---- how to check it ---- */

/* Commands of ours, a line each. */
static void
how(struct page *p, enum evidence_word w, const char *const *lines)
{
	page_put(p, "<p class=\"how\">");
	page_word(p, w);
	page_put(p, "</p>\n<pre>");
	for (; *lines != NULL; lines++) {
		page_text(p, *lines);
		page_put(p, "\n");
	}
	page_put(p, "</pre>\n");
}

static void
letters(struct page *p)
{
	page_put(p, "<p class=\"how\">");
	page_word(p, WORD_CHECK_LETTERS);
	page_put(p, "</p>\n<pre>");
	for (size_t i = 0; i < evidence_n_pieces; i++) {
		const struct evidence_piece *s = &evidence_pieces[i];
		char line[512];

		if (s->content == NULL || evidence_find(p->e, s->file).len == 0)
			continue;
		(void)snprintf(line, sizeof(line),
		    "openssl cms -verify -cades -binary -inform DER -in %s "
		    "-content %s -CAfile ca.pem -purpose any%s -out %s",
		    s->file, s->content, s->is_by_new ? "" : " -no_check_time",
		    "/dev/null");
		page_text(p, line);
		page_put(p, "\n");
	}
	page_put(p, "</pre>\n");
}

static void
check(struct page *p)
{
	static const char *const sums[] = { "sha256sum -c SHA256SUMS", NULL };
	static const char *const seal[] = {
		"openssl cms -verify -cades -binary -inform DER -in "
		"SHA256SUMS.p7s -content SHA256SUMS -CAfile ca.pem -purpose any "
		"-no_check_time -signer signed-by.pem -out /dev/null",
		"openssl x509 -in signed-by.pem -noout -subject -serial", NULL
	};
	static const char *const stamp[] = {
		"openssl ts -verify -in SHA256SUMS.tsr -data SHA256SUMS "
		"-CAfile tsa-ca.pem",
		"openssl ts -reply -in SHA256SUMS.tsr -text", NULL
	};
	static const char *const key[] = {
		"openssl req -inform DER -in request.csr -verify -noout "
		"-pubkey",
		"openssl x509 -in new.pem -noout -pubkey", NULL
	};
	static const char *const chain[] = { "prev=",
		"while IFS= read -r line; do",
		"  case $line in *\"\\\"prev\\\":\\\"$prev\"*) ;; "
		"*) echo \"broken: $line\" ;; esac",
		"  prev=$(printf %s \"$line\" | sha256sum | cut -c1-64)",
		"done < ledger.jsonl", NULL };
	static const char *const own[] = { "firma verify FILE.zip", NULL };

	page_heading(p, WORD_CHECK);
	page_put(p, "<p>");
	page_word(p, WORD_CHECK_TEXT);
	page_put(p, "</p>\n");
	how(p, WORD_CHECK_SUMS, sums);
	if (signed_with(p)[0] != '\0')
		how(p, WORD_CHECK_SEAL, seal);
	if (is_stamped(p))
		how(p, WORD_CHECK_STAMP, stamp);
	letters(p);
	how(p, WORD_CHECK_KEY, key);
	how(p, WORD_CHECK_LEDGER, chain);
	how(p, WORD_CHECK_FIRMA, own);
}

/* ---- all of it ---- */

static enum firma_err
read_certificate(
    const struct evidence *e, const char *name, struct firma_certificate **ret)
{
	const struct firma_bytes v = evidence_find(e, name);
	enum firma_err r;

	if (v.len == 0)
		return FIRMA_OK;
	r = firma_certificate_parse(v, ret, NULL);
	/* Another's evidence may have anything there: told by the check. */
	return r == FIRMA_ERR_NOMEM ? r : FIRMA_OK;
}

static enum firma_err
read_entries(struct page *p, struct firma_cause *cause)
{
	const enum firma_err r =
	    evidence_entries_of(p->e, &p->room, &p->entries);

	if (r == FIRMA_OK && p->entries->is_shapeless)
		return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		    EVIDENCE_LEDGER);
	return r;
}

static void
whole(struct page *p)
{
	begin(p);
	renewal(p);
	certificates(p);
	timeline(p);
	files(p);
	receipts(p);
	ledger(p);
	held(p);
	check(p);
	page_put(p, "<p><small>");
	page_sentence(p, WORD_MADE, evidence_text(p->renewal, "made_by"), "");
	page_put(p, "</small></p>\n</body>\n</html>\n");
}

enum firma_err
evidence_report(
    const struct evidence *e, struct firma_buf *ret, struct firma_cause *cause)
{
	FIRMA_OWN(page_done) struct page p = { .e = e };
	enum firma_err r;

	if ((p.renewal = evidence_renewal(e)) == NULL)
		return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		    EVIDENCE_RENEWAL);
	p.is_spanish = strcmp(evidence_text(p.renewal, "lang"), "es") == 0;
	if ((r = read_entries(&p, cause)) != FIRMA_OK ||
	    (r = read_certificate(e, "old.pem", &p.old)) != FIRMA_OK ||
	    (r = read_certificate(e, "new.pem", &p.new)) != FIRMA_OK)
		return r;
	whole(&p);
	if (p.r != FIRMA_OK)
		return p.r;
	return firma_buf_put(ret, firma_buf_view(&p.to));
}
