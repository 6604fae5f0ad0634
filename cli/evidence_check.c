/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/evidence_check.h"

#include <stdio.h>
#include <string.h>

#include <openssl/sha.h>

#include "agent/base/own.h"
#include "agent/pki/cms.h"
#include "agent/pki/identity.h"
#include "agent/pki/request.h"
#include "agent/store/ledger.h"

/* What is looked at, and what was found. */
struct judging {
	const struct evidence *e;
	const struct evidence_with *with;
	struct evidence_findings *to;
	struct firma_certificate *old, *new;
	json_t *renewal;  /* renewal.json */
	json_t *entries;  /* purpose -> the last good entry */
	json_t *numbers;  /* seq, as text -> the entry */
	enum firma_err r; /* a failure of ours */
};

static void
judging_done(struct judging *j)
{
	firma_certificate_free(j->old);
	firma_certificate_free(j->new);
	json_decref(j->renewal);
	json_decref(j->entries);
	json_decref(j->numbers);
}

void
evidence_findings_done(struct evidence_findings *f)
{
	firma_timestamp_done(&f->stamp);
	f->n = 0;
}

static void
found(struct judging *j, enum evidence_check check, const char *file,
    enum evidence_verdict verdict, const char *why)
{
	struct evidence_finding *f;

	if (j->to->n == EVIDENCE_FINDINGS_MAX)
		return;
	f = &j->to->at[j->to->n++];
	f->check = check;
	f->verdict = verdict;
	(void)snprintf(f->file, sizeof(f->file), "%s", file);
	(void)snprintf(f->why, sizeof(f->why), "%s", why);
}

/* r is the verdict on the file, unless it is a failure of ours. */
static void
judged(struct judging *j, enum evidence_check check, const char *file,
    enum firma_err r, const struct firma_cause *cause)
{
	if (r == FIRMA_ERR_NOMEM || r == FIRMA_ERR_INTERNAL ||
	    r == FIRMA_ERR_CONFIG) {
		j->r = r;
		return;
	}
	found(j, check, file,
	    r == FIRMA_OK                    ? EVIDENCE_GOOD
		: r == FIRMA_ERR_CERT_ISSUER ? EVIDENCE_REFUSED
					     : EVIDENCE_BAD,
	    r == FIRMA_OK ? "" : cause->what);
}

static void
holds(struct judging *j, enum evidence_check check, const char *file, int is_so)
{
	found(j, check, file, is_so ? EVIDENCE_GOOD : EVIDENCE_BAD, "");
}

/* ---- SHA256SUMS ---- */

/* The line of a file, with its newline, in the text. */
static int
has_line(struct firma_bytes text, const char *line)
{
	const size_t n = strlen(line);

	while (text.len >= n) {
		const uint8_t *end = memchr(text.at, '\n', text.len);
		const size_t len =
		    end != NULL ? (size_t)(end - text.at) + 1 : text.len;

		if (len == n && memcmp(text.at, line, n) == 0)
			return 1;
		text = firma_bytes_of(text.at + len, text.len - len);
	}
	return 0;
}

static void
sums(struct judging *j)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf want = { 0 };
	const struct firma_bytes got = evidence_find(j->e, EVIDENCE_SUMS);
	char *line, *rest;
	size_t n_good = 0, n_want = 0, n_got = 0;

	if ((j->r = evidence_sums(j->e, &want)) != FIRMA_OK ||
	    (j->r = firma_buf_put_u8(&want, 0)) != FIRMA_OK)
		return;
	for (rest = (char *)want.at;
	     (line = strsep(&rest, "\n")) != NULL && line[0] != '\0';) {
		char whole[2 * SHA256_DIGEST_LENGTH + EVIDENCE_NAME_MAX + 4];

		(void)snprintf(whole, sizeof(whole), "%s\n", line);
		n_want++;
		if (has_line(got, whole))
			n_good++;
		else
			found(j, EVIDENCE_CHECK_SUMS,
			    whole[0] != '\0' ? line + 66 : "", EVIDENCE_BAD,
			    "");
	}
	for (size_t i = 0; i < got.len; i++)
		n_got += got.at[i] == '\n';
	holds(j, EVIDENCE_CHECK_LISTED, EVIDENCE_SUMS,
	    n_good == n_want && n_got == n_want && got.len != 0 &&
		got.at[got.len - 1] == '\n');
}

static void
stamp(struct judging *j)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf token = { 0 };
	const struct firma_bytes file = evidence_find(j->e, EVIDENCE_STAMP);
	const struct firma_timestamp_expect expect = { .data = evidence_find(
							   j->e, EVIDENCE_SUMS),
		.ca = j->with->tsa_ca };
	struct firma_cause cause = { 0 };
	enum firma_err r, says = FIRMA_OK;

	if (file.len == 0) {
		found(
		    j, EVIDENCE_CHECK_STAMP, EVIDENCE_STAMP, EVIDENCE_NOTE, "");
		return;
	}
	r = firma_timestamp_open(file, &token, &cause);
	if (r == FIRMA_OK && expect.data.len == 0)
		r = FIRMA_ERR_STAMP;
	if (r == FIRMA_OK)
		r = firma_timestamp_read(firma_buf_view(&token), &expect,
		    &j->to->stamp, &says, &cause);
	judged(j, EVIDENCE_CHECK_STAMP, EVIDENCE_STAMP,
	    r == FIRMA_OK ? says : r, &cause);
}

/* ---- certificates and the request ---- */

static struct firma_certificate *
certificate(struct judging *j, const char *name)
{
	const struct firma_bytes v = evidence_find(j->e, name);
	struct firma_certificate *c = NULL;
	struct firma_cause cause = { 0 };

	if (v.len == 0)
		found(j, EVIDENCE_CHECK_CERT, name, EVIDENCE_NOTE, "");
	else
		judged(j, EVIDENCE_CHECK_CERT, name,
		    firma_certificate_parse(v, &c, &cause), &cause);
	return c;
}

static void
issuers(struct judging *j)
{
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *inside = NULL;
	const struct firma_certificate *ca = j->with->ca;

	if (ca == NULL && evidence_find(j->e, "ca.pem").len != 0)
		ca = inside = certificate(j, "ca.pem");
	if (ca == NULL)
		return;
	if (j->old != NULL)
		found(j, EVIDENCE_CHECK_ISSUER, "old.pem",
		    firma_certificate_issued_by(j->old, ca) ? EVIDENCE_GOOD
							    : EVIDENCE_REFUSED,
		    "");
	if (j->new != NULL)
		found(j, EVIDENCE_CHECK_ISSUER, "new.pem",
		    firma_certificate_issued_by(j->new, ca) ? EVIDENCE_GOOD
							    : EVIDENCE_REFUSED,
		    "");
}

static void
compare_certificates(struct judging *j)
{
	static const char *const attributes[] = { "CN", "O", "2.5.4.45",
		"serialNumber" };
	struct firma_identity old = { 0 }, new = { 0 };
	uint8_t a[FIRMA_SPKI_HASH], b[FIRMA_SPKI_HASH];
	struct firma_cause cause = { 0 };
	enum firma_err r;

	if (j->old == NULL || j->new == NULL)
		return;
	if ((r = firma_identity_of(j->old, &old, &cause)) == FIRMA_OK &&
	    (r = firma_identity_of(j->new, &new, &cause)) == FIRMA_OK)
		r = firma_identity_compare(
		    &old, &new, attributes, 4, NULL, &cause);
	judged(j, EVIDENCE_CHECK_IDENTITY, "new.pem", r, &cause);
	firma_certificate_spki_sha256(j->old, a);
	firma_certificate_spki_sha256(j->new, b);
	holds(
	    j, EVIDENCE_CHECK_NEW_KEY, "new.pem", memcmp(a, b, sizeof(a)) != 0);
}

static void
request(struct judging *j)
{
	FIRMA_OWN(firma_request_done) struct firma_request q = { 0 };
	const struct firma_bytes v = evidence_find(j->e, "request.csr");
	struct firma_cause cause = { 0 };
	enum firma_err r;

	if (v.len == 0) {
		found(j, EVIDENCE_CHECK_REQUEST, "request.csr", EVIDENCE_NOTE,
		    "");
		return;
	}
	r = firma_request_read(v, &q, &cause);
	if (r == FIRMA_OK && j->new != NULL &&
	    (!q.is_signed ||
		!firma_certificate_same_key(
		    j->new, firma_buf_view(&q.spki_der))))
		r = FIRMA_ERR_SIGNATURE;
	judged(j, EVIDENCE_CHECK_REQUEST, "request.csr", r, &cause);
}

/* A company's is signed by its representative: by whom, `verify` of it tells. */
static void
ren(struct judging *j)
{
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info info = { 0 };
	const struct firma_bytes der = evidence_find(j->e, "renewal.ren");
	const struct firma_bytes q = evidence_find(j->e, "request.csr");
	struct firma_cause cause = { 0 };
	enum firma_err r;

	if (der.len == 0)
		return;
	r = q.len == 0 ? firma_fail(&cause, FIRMA_ERR_SIGNATURE,
			     FIRMA_CAUSE_NONE, 0, "request.csr is not there")
		       : firma_cms_verify(der, q, &info, &cause);
	if (r == FIRMA_OK && !info.is_attached)
		r = firma_fail(&cause, FIRMA_ERR_SIGNATURE, FIRMA_CAUSE_NONE, 0,
		    "the request is not in it");
	judged(j, EVIDENCE_CHECK_REN, "renewal.ren", r, &cause);
}

/* ---- the ledger ---- */

static int
is_good(const json_t *entry)
{
	const char *result = evidence_text(entry, "result");

	return strcmp(result, "ok") == 0 || strcmp(result, "issued") == 0;
}

/* Each line, once: the chain, and the entries for what follows. */
static void
read_ledger(struct judging *j)
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
		char seq[24];

		r = firma_ledger_feed(&chain, firma_bytes_of(in.at, n), &cause);
		(void)snprintf(seq, sizeof(seq), "%" JSON_INTEGER_FORMAT,
		    json_integer_value(json_object_get(entry, "seq")));
		(void)json_object_set(j->numbers, seq, entry);
		if (is_good(entry))
			(void)json_object_set(
			    j->entries, evidence_text(entry, "purpose"), entry);
		json_decref(entry);
		in = firma_bytes_of(
		    in.at + n + (end != NULL), in.len - n - (end != NULL));
	}
	judged(j, EVIDENCE_CHECK_CHAIN, EVIDENCE_LEDGER, r, &cause);
}

static int
is_hex(const json_t *entry, const char *name, const uint8_t hash[32])
{
	char hex[65];

	firma_hex(firma_bytes_of(hash, 32), hex);
	return strcmp(evidence_text(entry, name), hex) == 0;
}

/* Of the renewal's own good entries, whatever its procedure calls the step. */
static void
signature_entry(struct judging *j, const struct evidence_piece *s,
    struct firma_bytes content, const struct firma_certificate *by)
{
	uint8_t digest[32], spki[FIRMA_SPKI_HASH];
	const char *purpose;
	char mine[48];
	json_t *entry;
	int is_so = 0, n;

	n = snprintf(mine, sizeof(mine), "renewal %" JSON_INTEGER_FORMAT " ",
	    json_integer_value(json_object_get(j->renewal, "renewal")));
	if (SHA256(content.at, content.len, digest) == NULL) {
		j->r = FIRMA_ERR_INTERNAL;
		return;
	}
	firma_certificate_spki_sha256(by, spki);
	json_object_foreach(j->entries, purpose, entry)
	{
		is_so |= strncmp(purpose, mine, (size_t)n) == 0 &&
		    strcmp(evidence_text(entry, "action"), "sign") == 0 &&
		    is_hex(entry, "digest", digest) &&
		    is_hex(entry, "spki", spki);
	}
	holds(j, EVIDENCE_CHECK_ENTRY, s->file, is_so);
}

static void
signature(struct judging *j, const struct evidence_piece *s)
{
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info info = { 0 };
	const struct firma_certificate *by = s->is_by_new ? j->new : j->old;
	const struct firma_bytes der = evidence_find(j->e, s->file);
	const struct firma_bytes content = evidence_find(j->e, s->content);
	const enum evidence_check check =
	    s->is_by_new ? EVIDENCE_CHECK_BY_NEW : EVIDENCE_CHECK_BY_OLD;
	struct firma_cause cause = { 0 };
	enum firma_err r;

	if (der.len == 0) {
		found(j, check, s->file, EVIDENCE_NOTE, "");
		return;
	}
	r = content.len == 0 || by == NULL
	    ? firma_fail(&cause, FIRMA_ERR_SIGNATURE, FIRMA_CAUSE_NONE, 0,
		  "what it is over, or the certificate, is not there")
	    : firma_cms_verify(der, content, &info, &cause);
	if (r == FIRMA_OK &&
	    !firma_bytes_equal(
		firma_certificate_der(info.signer), firma_certificate_der(by)))
		r = firma_fail(&cause, FIRMA_ERR_SIGNATURE, FIRMA_CAUSE_NONE, 0,
		    "it is signed with another certificate");
	judged(j, check, s->file, r, &cause);
	if (r == FIRMA_OK)
		signature_entry(j, s, content, by);
}

/* ---- renewal.json and report.html ---- */

static void
steps(struct judging *j)
{
	const json_t *list = json_object_get(j->renewal, "steps");
	const json_int_t id =
	    json_integer_value(json_object_get(j->renewal, "renewal"));
	int is_so = json_is_array(list);
	size_t i;
	json_t *step;

	json_array_foreach(list, i, step)
	{
		const json_t *entry;
		char seq[24], purpose[128];

		if (strcmp(evidence_text(step, "state"), "done") != 0)
			continue;
		(void)snprintf(seq, sizeof(seq), "%" JSON_INTEGER_FORMAT,
		    json_integer_value(json_object_get(step, "seq")));
		(void)snprintf(purpose, sizeof(purpose),
		    "renewal %" JSON_INTEGER_FORMAT " %.90s", id,
		    evidence_text(step, "step"));
		entry = json_object_get(j->numbers, seq);
		is_so &= entry != NULL && is_good(entry) &&
		    strcmp(evidence_text(entry, "purpose"), purpose) == 0 &&
		    strcmp(evidence_text(entry, "time"),
			evidence_text(step, "time")) == 0;
	}
	holds(j, EVIDENCE_CHECK_STEPS, EVIDENCE_RENEWAL, is_so);
}

static void
report(struct judging *j)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf again = { 0 };
	struct firma_cause cause = { 0 };
	enum firma_err r;

	if (json_integer_value(json_object_get(j->renewal, "format")) !=
	    EVIDENCE_FORMAT) {
		found(j, EVIDENCE_CHECK_REPORT, EVIDENCE_REPORT, EVIDENCE_NOTE,
		    evidence_text(j->renewal, "made_by"));
		return;
	}
	r = evidence_report(j->e, &again, &cause);
	if (r == FIRMA_OK &&
	    !firma_bytes_equal(
		firma_buf_view(&again), evidence_find(j->e, EVIDENCE_REPORT)))
		r = FIRMA_ERR_VALUE;
	judged(j, EVIDENCE_CHECK_REPORT, EVIDENCE_REPORT, r, &cause);
}

static void
copy_told(struct judging *j)
{
	(void)snprintf(j->to->old_serial, sizeof(j->to->old_serial), "%.63s",
	    evidence_text(j->renewal, "old_serial"));
	(void)snprintf(j->to->new_serial, sizeof(j->to->new_serial), "%.63s",
	    evidence_text(j->renewal, "new_serial"));
	(void)snprintf(j->to->status, sizeof(j->to->status), "%.31s",
	    evidence_text(j->renewal, "status"));
}

enum firma_err
evidence_judge(const struct evidence *e, const struct evidence_with *with,
    struct evidence_findings *ret)
{
	FIRMA_OWN(judging_done)
	struct judging j = { .e = e,
		.with = with,
		.to = ret,
		.renewal = evidence_renewal(e),
		.entries = json_object(),
		.numbers = json_object() };

	copy_told(&j);
	sums(&j);
	if (j.r == FIRMA_OK)
		stamp(&j);
	j.old = certificate(&j, "old.pem");
	j.new = certificate(&j, "new.pem");
	issuers(&j);
	compare_certificates(&j);
	request(&j);
	ren(&j);
	read_ledger(&j);
	for (size_t i = 0; i < evidence_n_pieces; i++)
		if (evidence_pieces[i].content != NULL)
			signature(&j, &evidence_pieces[i]);
	steps(&j);
	report(&j);
	return j.r;
}

enum firma_exit
evidence_exit(const struct evidence_findings *f)
{
	enum firma_exit worst = FIRMA_EXIT_OK;

	for (size_t i = 0; i < f->n; i++)
		if (f->at[i].verdict == EVIDENCE_BAD)
			return FIRMA_EXIT_INVALID;
		else if (f->at[i].verdict == EVIDENCE_REFUSED)
			worst = FIRMA_EXIT_REJECTED;
	return worst;
}
