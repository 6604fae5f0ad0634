/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/evidence_check.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/sha.h>

#include "agent/base/own.h"
#include "agent/pki/cms.h"
#include "agent/pki/identity.h"
#include "agent/pki/request.h"
#include "cli/evidence_judging.h"

#define SIGNER "signer.pem"

static void
judging_done(struct judging *j)
{
	firma_certificate_free(j->old);
	firma_certificate_free(j->new);
	firma_certificate_free(j->signer);
	json_decref(j->renewal);
	evidence_entries_done(&j->room);
	json_decref(j->kept);
	json_decref(j->consented);
}

void
evidence_findings_done(struct evidence_findings *f)
{
	firma_timestamp_done(&f->stamp);
	f->n = f->n_more = 0;
	memset(f->has, 0, sizeof(f->has));
}

/* The same was found before: SHA256SUMS and renewal.json name a file twice. */
static int
is_told(const struct evidence_findings *to, const struct evidence_finding *f)
{
	for (size_t i = 0; i < to->n; i++)
		if (to->at[i].verdict == f->verdict &&
		    to->at[i].check == f->check &&
		    strcmp(to->at[i].file, f->file) == 0 &&
		    strcmp(to->at[i].why, f->why) == 0)
			return 1;
	return 0;
}

/* A place in the list; when it is full, one of what is not bad gives way. */
static struct evidence_finding *
place(struct evidence_findings *to, enum evidence_verdict verdict)
{
	if (to->n < EVIDENCE_FINDINGS_MAX)
		return &to->at[to->n++];
	for (size_t i = to->n; i-- > 0 && verdict == EVIDENCE_BAD;)
		if (to->at[i].verdict != EVIDENCE_BAD) {
			to->n_more += to->at[i].verdict == EVIDENCE_MISSING;
			return &to->at[i];
		}
	to->n_more += verdict == EVIDENCE_MISSING;
	return NULL;
}

void
evidence_found(struct judging *j, enum evidence_check check, const char *file,
    enum evidence_verdict verdict, const char *why)
{
	struct evidence_finding f = { .check = check, .verdict = verdict }, *to;

	(void)snprintf(f.file, sizeof(f.file), "%s", file);
	(void)snprintf(f.why, sizeof(f.why), "%s", why);
	j->to->has[verdict] = 1;
	if (!is_told(j->to, &f) && (to = place(j->to, verdict)) != NULL)
		*to = f;
}

/* r is the verdict on the file, unless it is a failure of ours. */
void
evidence_judged(struct judging *j, enum evidence_check check, const char *file,
    enum firma_err r, const struct firma_cause *cause)
{
	if (r == FIRMA_ERR_NOMEM || r == FIRMA_ERR_INTERNAL ||
	    r == FIRMA_ERR_CONFIG) {
		j->r = r;
		return;
	}
	evidence_found(j, check, file,
	    r == FIRMA_OK                    ? EVIDENCE_GOOD
		: r == FIRMA_ERR_CERT_ISSUER ? EVIDENCE_REFUSED
					     : EVIDENCE_BAD,
	    r == FIRMA_OK ? "" : cause->what);
}

/* What a renewal's evidence may have, as against names that anybody made up. */
static int
is_known(const char *file, const char *why)
{
	static const char *const ours[] = { EVIDENCE_REPORT, EVIDENCE_RENEWAL,
		EVIDENCE_SUMS, EVIDENCE_STAMP, EVIDENCE_SEAL, EVIDENCE_LEDGER,
		"ca.pem" };

	if (why[0] != '\0') /* a step's name, which is others' text */
		return 0;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcmp(ours[i], file) == 0)
			return 1;
	for (size_t i = 0; i < evidence_n_pieces; i++)
		if (strcmp(evidence_pieces[i].file, file) == 0)
			return 1;
	return 0;
}

void
evidence_lacks(struct judging *j, enum evidence_check check, const char *file,
    const char *why)
{
	j->n_missing++;
	j->to->has[EVIDENCE_MISSING] = 1;
	if (!is_known(file, why) && j->n_strange == EVIDENCE_STRANGE_MAX) {
		j->to->n_more++;
		return;
	}
	j->n_strange += !is_known(file, why);
	evidence_found(j, check, file, EVIDENCE_MISSING, why);
}

void
evidence_holds(
    struct judging *j, enum evidence_check check, const char *file, int is_so)
{
	evidence_found(
	    j, check, file, is_so ? EVIDENCE_GOOD : EVIDENCE_BAD, "");
}

/* ---- certificates and the request ---- */

static struct firma_certificate *
certificate(struct judging *j, const char *name)
{
	const struct firma_bytes v = evidence_find(j->e, name);
	struct firma_certificate *c = NULL;
	struct firma_cause cause = { 0 };

	if (v.len == 0)
		evidence_found(j, EVIDENCE_CHECK_CERT, name, EVIDENCE_NOTE, "");
	else
		evidence_judged(j, EVIDENCE_CHECK_CERT, name,
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
		evidence_found(j, EVIDENCE_CHECK_ISSUER, "old.pem",
		    firma_certificate_issued_by(j->old, ca) ? EVIDENCE_GOOD
							    : EVIDENCE_REFUSED,
		    "");
	if (j->new != NULL)
		evidence_found(j, EVIDENCE_CHECK_ISSUER, "new.pem",
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
	evidence_judged(j, EVIDENCE_CHECK_IDENTITY, "new.pem", r, &cause);
	firma_certificate_spki_sha256(j->old, a);
	firma_certificate_spki_sha256(j->new, b);
	evidence_holds(
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
		evidence_found(j, EVIDENCE_CHECK_REQUEST, "request.csr",
		    EVIDENCE_NOTE, "");
		return;
	}
	r = firma_request_read(v, &q, &cause);
	if (r == FIRMA_OK &&
	    (!q.is_signed ||
		(j->new != NULL &&
		    !firma_certificate_same_key(
			j->new, firma_buf_view(&q.spki_der)))))
		r = FIRMA_ERR_SIGNATURE;
	evidence_judged(j,
	    j->new != NULL ? EVIDENCE_CHECK_REQUEST
			   : EVIDENCE_CHECK_REQUEST_ALONE,
	    "request.csr", r, &cause);
}

/* Who signs for the old certificate's holder: itself, or its representative. */
static void
signer(struct judging *j)
{
	struct firma_identity old = { 0 }, by = { 0 };
	struct firma_cause cause = { 0 };
	enum firma_err r = FIRMA_OK;

	if (evidence_find(j->e, SIGNER).len == 0)
		return;
	j->signer = certificate(j, SIGNER);
	if (j->signer == NULL)
		return;
	if (j->old == NULL)
		r = firma_fail(&cause, FIRMA_ERR_CERT_IDENTITY,
		    FIRMA_CAUSE_NONE, 0, "old.pem is not there");
	else if (!firma_bytes_equal(firma_certificate_der(j->signer),
		     firma_certificate_der(j->old)) &&
	    (r = firma_identity_of(j->old, &old, &cause)) == FIRMA_OK &&
	    (r = firma_identity_of(j->signer, &by, &cause)) == FIRMA_OK)
		r = firma_identity_represents(&by, &old, &cause);
	evidence_judged(j, EVIDENCE_CHECK_SIGNER, SIGNER, r, &cause);
}

/* ---- signatures ---- */

/* A signature over content by that certificate, and no other. */
FIRMA_CHECKED static enum firma_err
verify_by(struct firma_bytes der, struct firma_bytes content,
    const struct firma_certificate *by, int *ret_is_attached,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info info = { 0 };
	enum firma_err r;

	if (content.len == 0 || by == NULL)
		return firma_fail(cause, FIRMA_ERR_SIGNATURE, FIRMA_CAUSE_NONE,
		    0, "what it is over, or the certificate, is not there");
	if ((r = firma_cms_verify(der, content, &info, cause)) != FIRMA_OK)
		return r;
	if (!firma_bytes_equal(
		firma_certificate_der(info.signer), firma_certificate_der(by)))
		return firma_fail(cause, FIRMA_ERR_SIGNATURE, FIRMA_CAUSE_NONE,
		    0, "it is signed with another certificate");
	*ret_is_attached = info.is_attached;
	return FIRMA_OK;
}

/* The request as the institution takes it: who may sign it, see signer(). */
static void
ren(struct judging *j)
{
	const int has_signer = evidence_find(j->e, SIGNER).len != 0;
	const struct firma_certificate *by = has_signer ? j->signer : j->old;
	const struct firma_bytes der = evidence_find(j->e, "renewal.ren");
	const struct firma_bytes q = evidence_find(j->e, "request.csr");
	struct firma_cause cause = { 0 };
	int is_attached = 0;
	enum firma_err r;

	if (der.len == 0)
		return;
	r = verify_by(der, q, by, &is_attached, &cause);
	if (r == FIRMA_OK && !is_attached)
		r = firma_fail(&cause, FIRMA_ERR_SIGNATURE, FIRMA_CAUSE_NONE, 0,
		    "the request is not in it");
	evidence_judged(j, EVIDENCE_CHECK_REN, "renewal.ren", r, &cause);
	if (r == FIRMA_OK)
		evidence_ledger_signature(j, "renewal.ren", q, by);
}

static void
signature(struct judging *j, const struct evidence_piece *s)
{
	const struct firma_certificate *by = s->is_by_new ? j->new : j->old;
	const struct firma_bytes der = evidence_find(j->e, s->file);
	const struct firma_bytes content = evidence_find(j->e, s->content);
	const enum evidence_check check =
	    s->is_by_new ? EVIDENCE_CHECK_BY_NEW : EVIDENCE_CHECK_BY_OLD;
	struct firma_cause cause = { 0 };
	int is_attached;
	enum firma_err r;

	if (der.len == 0) {
		evidence_found(j, check, s->file, EVIDENCE_NOTE, "");
		return;
	}
	if (!evidence_has(j->e, s->content)) {
		evidence_lacks(j, EVIDENCE_CHECK_PRESENT, s->content, "");
		return;
	}
	r = verify_by(der, content, by, &is_attached, &cause);
	evidence_judged(j, check, s->file, r, &cause);
	if (r == FIRMA_OK)
		evidence_ledger_signature(j, s->file, content, by);
}

/* ---- renewal.json and report.html ---- */

/* Is this step, which is told as done, the entry of the ledger that it names? */
static int
is_step(const struct judging *j, const json_t *step, const char *purpose)
{
	const json_t *entry;
	char seq[24];

	(void)snprintf(seq, sizeof(seq), "%" JSON_INTEGER_FORMAT,
	    json_integer_value(json_object_get(step, "seq")));
	entry = json_object_get(j->entries->steps, seq);
	return entry != NULL && evidence_entry_is_done(entry) &&
	    strcmp(evidence_text(entry, "purpose"), purpose) == 0 &&
	    strcmp(evidence_text(entry, "time"), evidence_text(step, "time")) ==
	    0;
}

/* And what the ledger has as done is a step that is done: none is left out. */
static void
steps(struct judging *j)
{
	const json_t *list = json_object_get(j->renewal, "steps");
	const json_int_t id =
	    json_integer_value(json_object_get(j->renewal, "renewal"));
	int is_so = json_is_array(list) && evidence_ledger_is_its_own(j);
	json_t *told = json_object(), *step;
	const char *done;
	size_t i;

	json_array_foreach(list, i, step)
	{
		char purpose[128];

		(void)snprintf(purpose, sizeof(purpose),
		    "renewal %" JSON_INTEGER_FORMAT " %.90s", id,
		    evidence_text(step, "step"));
		if (strcmp(evidence_text(step, "state"), "done") != 0)
			continue;
		is_so &= is_step(j, step, purpose);
		(void)json_object_set_new(told, purpose, json_true());
	}
	json_object_foreach(j->entries->done, done, step)
	{
		is_so &= json_object_get(told, done) != NULL;
	}
	json_decref(told);
	evidence_holds(j, EVIDENCE_CHECK_STEPS, EVIDENCE_RENEWAL, is_so);
}

/* "2028-11-27T20:24:01Z", as renewal.json has it. */
static int
is_moment(const char *text, int64_t seconds)
{
	const time_t t = (time_t)seconds;
	struct tm tm;
	char want[32];

	return gmtime_r(&t, &tm) != NULL &&
	    strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", &tm) != 0 &&
	    strcmp(text, want) == 0;
}

static int
is_serial_of(const char *text, const struct firma_certificate *c)
{
	char serial[FIRMA_SERIAL_TEXT];

	if (c == NULL)
		return 0;
	firma_certificate_serial(c, serial);
	return strcmp(text, serial) == 0;
}

/* Until it is accepted, nothing is said of a new certificate. */
static int
is_new_told(const struct judging *j)
{
	const char *serial = evidence_text(j->renewal, "new_serial");
	const char *after = evidence_text(j->renewal, "new_not_after");

	if (serial[0] == '\0' && after[0] == '\0')
		return !evidence_is_finished(j);
	return is_serial_of(serial, j->new) &&
	    is_moment(after, firma_certificate_not_after(j->new));
}

static void
facts(struct judging *j)
{
	const json_t *company = json_object_get(j->renewal, "company");
	const char *of_company = evidence_text(company, "certificate_serial");
	int is_so =
	    is_serial_of(evidence_text(j->renewal, "old_serial"), j->old) &&
	    is_new_told(j);

	if (of_company[0] != '\0')
		is_so &= is_serial_of(of_company, j->old);
	evidence_holds(j, EVIDENCE_CHECK_FACTS, EVIDENCE_RENEWAL, is_so);
}

static void
report(struct judging *j)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf again = { 0 };
	const int is_known = json_integer_value(json_object_get(
				 j->renewal, "format")) == EVIDENCE_FORMAT;
	struct firma_cause cause = { 0 };
	enum firma_err r;

	evidence_found(j, EVIDENCE_CHECK_FORMAT, EVIDENCE_RENEWAL,
	    is_known ? EVIDENCE_GOOD : EVIDENCE_BAD,
	    is_known ? "" : evidence_text(j->renewal, "made_by"));
	if (!is_known)
		return;
	/* It names all files. */
	if (j->n_missing != 0) {
		evidence_found(j, EVIDENCE_CHECK_REPORT, EVIDENCE_REPORT,
		    EVIDENCE_NOTE, "");
		return;
	}
	r = evidence_report(j->e, &again, &cause);
	if (r == FIRMA_OK &&
	    !firma_bytes_equal(
		firma_buf_view(&again), evidence_find(j->e, EVIDENCE_REPORT)))
		r = FIRMA_ERR_VALUE;
	evidence_judged(j, EVIDENCE_CHECK_REPORT, EVIDENCE_REPORT, r, &cause);
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
		.kept = json_object(),
		.consented = json_object() };

	copy_told(&j);
	ret->has_ca = with->ca != NULL;
	ret->has_tsa_ca = with->tsa_ca.len != 0;
	if ((j.r = evidence_entries_of(e, &j.room, &j.entries)) != FIRMA_OK)
		return j.r;
	evidence_sums_check(&j);
	if (j.r == FIRMA_OK)
		evidence_stamp(&j);
	j.old = certificate(&j, "old.pem");
	j.new = certificate(&j, "new.pem");
	issuers(&j);
	compare_certificates(&j);
	request(&j);
	signer(&j);
	evidence_seal(&j);
	evidence_ledger(&j);
	evidence_documents(&j);
	ren(&j);
	for (size_t i = 0; i < evidence_n_pieces; i++)
		if (evidence_pieces[i].content != NULL)
			signature(&j, &evidence_pieces[i]);
	evidence_ledger_consents(&j);
	evidence_ledger_missing(&j);
	facts(&j);
	evidence_state(&j);
	steps(&j);
	report(&j);
	return j.r;
}

enum firma_exit
evidence_exit(const struct evidence_findings *f)
{
	return f->has[EVIDENCE_BAD]    ? FIRMA_EXIT_INVALID
	    : f->has[EVIDENCE_MISSING] ? FIRMA_EXIT_INCOMPLETE
	    : f->has[EVIDENCE_REFUSED] ? FIRMA_EXIT_REJECTED
				       : FIRMA_EXIT_OK;
}
