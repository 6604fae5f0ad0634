/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A step is begun: the intent is written; then the agent does what it does
 * itself (confirm, generate, request, sign, accept).  Portal steps end here
 * with the intent: the client runs the helper and tells with renew_result.
 *
 * Nothing is begun that can be refused before: the letter is compared and the
 * token asked for first, so that a wrong file never costs a PIN or a key.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "agent/base/clock.h"
#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/daemon/conn.h"
#include "agent/daemon/fields.h"
#include "agent/daemon/handler.h"
#include "agent/daemon/key_call.h"
#include "agent/daemon/make.h"
#include "agent/daemon/renew_letter.h"
#include "agent/daemon/renew_step.h"
#include "agent/pki/cms.h"
#include "agent/pki/identifier.h"
#include "agent/pki/name.h"
#include "agent/pki/request.h"
#include "agent/pki/subject.h"
#include "agent/renewal/check.h"

#define WRITE_NS       (60 * FIRMA_S)

#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

/* ---- generate ---- */

static void
made_recorded(struct firma_change *c)
{
	struct firma_key *k = firma_key_find(c->q->agent, c->row.new_key);

	if (k != NULL)
		k->recorded = true;
	firma_change_answer(c);
}

static void
made(void *arg, enum firma_err r, struct firma_key *k, bool adopted,
    const struct firma_cause *cause)
{
	struct firma_change *c = arg;
	struct firma_key_row row;

	if (r != FIRMA_OK) {
		firma_renew_failed(c, FIRMA_EVENT_FAILED, r, cause);
		return;
	}
	if ((c = firma_renew_second(c, FIRMA_EVENT_RESULT_OK)) == NULL)
		return;
	firma_key_row(k, &row);
	c->row.has_new_spki = true;
	memcpy(c->row.new_spki, k->spki_sha256, sizeof(c->row.new_spki));
	COPY(c->row.new_key, k->alias);
	c->r = firma_txn_key(c->txn, &row);
	firma_change_note(
	    c, "key-generate", k, "", firma_make_note(k, adopted));
	c->then = made_recorded;
	firma_renew_succeed(c);
}

static void
generate(struct firma_change *c)
{
	struct firma_token *t = firma_token_find(c->q->agent, c->row.token);
	struct firma_cause cause = { 0 };
	enum firma_err r;

	r = t == NULL ? FIRMA_ERR_NOT_FOUND
		      : firma_make(t, c->row.new_key, &c->row.key_id,
			    firma_key_algorithm_from_number(c->row.algorithm),
			    made, c, &cause);
	if (r != FIRMA_OK)
		firma_renew_failed(c, FIRMA_EVENT_FAILED, r, &cause);
}

/* ---- request ---- */

static void
requested(void *arg, enum firma_err r, const struct firma_frame *f, bool last,
    const struct firma_cause *cause)
{
	struct firma_change *c = arg;
	const struct firma_key *k = firma_renewal_key(c->q->agent, c->renewal);
	FIRMA_OWN(firma_request_done) struct firma_request got = { 0 };
	struct firma_cause why = { 0 };
	struct firma_bytes der = { NULL, 0 };

	if (!last)
		return;
	if (r == FIRMA_OK)
		r = firma_token_der(f, &der);
	else
		why = *cause;
	if (r == FIRMA_OK)
		r = firma_request_check(der, &got, &why);
	if (r == FIRMA_OK &&
	    (k == NULL || memcmp(got.spki_sha256, k->spki_sha256, 32) != 0))
		r = FIRMA_ERR_KEY_MISMATCH;
	if (r != FIRMA_OK) {
		firma_renew_failed(c, FIRMA_EVENT_FAILED, r, &why);
		return;
	}
	if ((c = firma_renew_second(c, FIRMA_EVENT_RESULT_OK)) == NULL)
		return;
	firma_change_document(c, firma_renew_step_of(c)->saves, der, true);
	firma_change_note(c, "request", k, firma_renew_step_of(c)->saves, "");
	firma_renew_succeed(c);
}

/* The request's subject: the old certificate's. */
FIRMA_CHECKED static enum firma_err
subject(const struct firma_change *c, struct firma_buf *ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf name = { 0 };
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *old = NULL;
	const struct firma_profile *p = c->renewal->site->profile;
	struct firma_identity id = { 0 };
	enum firma_err r;

	if ((r = firma_store_document(c->q->agent->store, c->row.id, "old",
		 &der, cause)) != FIRMA_OK ||
	    (r = firma_certificate_parse(firma_buf_view(&der), &old, cause)) !=
		FIRMA_OK ||
	    (r = firma_certificate_subject_der(old, &name)) != FIRMA_OK)
		return r;
	if (p->subject == FIRMA_SUBJECT_IDENTIFIERS) {
		if ((r = firma_identity_of(old, &id, cause)) != FIRMA_OK)
			return r;
		return firma_subject_identifiers(&id,
		    c->row.email[0] != '\0' ? c->row.email : id.email,
		    (enum firma_subject_strings)p->strings, ret, cause);
	}
	if (p->subject == FIRMA_SUBJECT_REENCODE)
		return firma_name_reencode(firma_buf_view(&name), ret, cause);
	return firma_buf_put(ret, firma_buf_view(&name));
}

static void
request(struct firma_change *c)
{
	const struct firma_key *k = firma_renewal_key(c->q->agent, c->renewal);
	FIRMA_OWN(firma_buf_done) struct firma_buf name = { 0 };
	const struct firma_profile *p = c->renewal->site->profile;
	struct firma_msg_w_request m = { .digest = p->digest == 1 ? 20 : 32 };
	char challenge[FIRMA_CHALLENGE_LEN + 1] = "";
	struct firma_cause cause = { 0 };
	enum firma_err r;

	r = k == NULL || k->token == NULL ? FIRMA_ERR_TOKEN_GONE
					  : subject(c, &name, &cause);
	if (r == FIRMA_OK && p->challenge == FIRMA_CHALLENGE_RANDOM)
		r = firma_challenge_random(challenge);
	if (r == FIRMA_OK) {
		m.challenge = firma_str_of(challenge);
		m.id = firma_bytes_of(k->id.at, k->id.len);
		m.subject = firma_buf_view(&name);
		r = firma_key_call(k, c->q, FIRMA_MSG_w_request, &m,
		    FIRMA_FOREVER, requested, c, &cause);
	}
	if (r != FIRMA_OK)
		firma_renew_failed(c, FIRMA_EVENT_FAILED, r, &cause);
}

/* ---- sign ---- */

/* What came from the token, checked before anybody sees it. */
FIRMA_CHECKED static enum firma_err
complete(const struct firma_change *c, struct firma_bytes der,
    struct firma_buf *ret, struct firma_cause *cause)
{
	const struct firma_profile_step *s = firma_renew_step_of(c);
	FIRMA_OWN(firma_buf_done) struct firma_buf doc = { 0 };
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info info = { 0 };
	enum firma_err r;

	r = firma_store_document(
	    c->q->agent->store, c->row.id, s->signs, &doc, cause);
	if (r == FIRMA_OK && firma_sign_is_attached(s->format))
		r = firma_cms_attach(der, firma_buf_view(&doc), ret, cause);
	else if (r == FIRMA_OK)
		r = firma_buf_put(ret, der);
	if (r != FIRMA_OK)
		return r;
	return firma_cms_verify(firma_buf_view(ret),
	    firma_sign_is_attached(s->format) ? firma_bytes_of(NULL, 0)
					      : firma_buf_view(&doc),
	    &info, cause);
}

static void
was_signed(void *arg, enum firma_err r, const struct firma_frame *f, bool last,
    const struct firma_cause *cause)
{
	struct firma_change *c = arg;
	const struct firma_key *k = firma_renewal_key(c->q->agent, c->renewal);
	FIRMA_OWN(firma_buf_done) struct firma_buf cms = { 0 };
	struct firma_cause why = { 0 };
	struct firma_ledger_entry e;
	struct firma_bytes der = { NULL, 0 };
	const struct firma_profile_step *s;

	if (!last)
		return;
	if (r == FIRMA_OK)
		r = firma_token_der(f, &der);
	else
		why = *cause;
	if (r == FIRMA_OK)
		r = complete(c, der, &cms, &why);
	if (r != FIRMA_OK) {
		firma_renew_failed(c, FIRMA_EVENT_FAILED, r, &why);
		return;
	}
	s = firma_renew_step_of(c);
	if ((c = firma_renew_second(c, FIRMA_EVENT_RESULT_OK)) == NULL)
		return;
	c->q->agent->n_signatures++;
	/* A login is signed anew for each challenge; a letter only once. */
	firma_change_document(c, s->saves, firma_buf_view(&cms),
	    firma_sign_is_attached(s->format) != 0);
	firma_change_entry(c, "sign", k, s->signs, &e);
	COPY(e.format, firma_sign_format_name(s->format));
	e.has_digest =
	    firma_renewal_sha256(c->q->agent, c->row.id, s->signs, e.digest);
	if (c->r == FIRMA_OK)
		c->r = firma_txn_ledger(c->txn, &e);
	firma_renew_succeed(c);
}

/* The document that holds the key's certificate. */
static const char *
certificate_of(enum firma_step_key key)
{
	return key == FIRMA_KEY_OLD   ? "old"
	    : key == FIRMA_KEY_SIGNER ? "signer"
				      : "new";
}

/* The digest that the step's format wants; ret_view is of room. */
FIRMA_CHECKED static enum firma_err
digest_of(const struct firma_change *c, const struct firma_profile_step *s,
    uint8_t room[32], struct firma_bytes *ret_view, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf doc = { 0 };
	unsigned int n = 32;
	enum firma_err r;

	if (!firma_sign_is_sha1(s->format)) {
		if (!firma_renewal_sha256(
			c->q->agent, c->row.id, s->signs, room))
			return FIRMA_ERR_NOT_FOUND;
	} else if ((r = firma_store_document(c->q->agent->store, c->row.id,
			s->signs, &doc, cause)) != FIRMA_OK) {
		return r;
	} else if (EVP_Digest(doc.at, doc.len, room, &n, EVP_sha1(), NULL) !=
	    1) {
		return FIRMA_ERR_INTERNAL;
	}
	*ret_view = firma_bytes_of(room, n);
	return FIRMA_OK;
}

static void
sign(struct firma_change *c)
{
	const struct firma_profile_step *s = firma_renew_step_of(c);
	const struct firma_key *k = firma_renewal_key(c->q->agent, c->renewal);
	struct firma_msg_w_cms m = { .signing_time =
					 c->row.signing_time / 1000 };
	FIRMA_OWN(firma_buf_done) struct firma_buf certificate = { 0 };
	struct firma_cause cause = { 0 };
	uint8_t digest[32];
	enum firma_err r = FIRMA_OK;

	/* The certificate is the renewal's own, not whatever the token shows. */
	if (k == NULL || k->token == NULL)
		r = FIRMA_ERR_TOKEN_GONE;
	else
		r = digest_of(c, s, digest, &m.digest, &cause);
	if (r == FIRMA_OK)
		r = firma_store_document(c->q->agent->store, c->row.id,
		    certificate_of(s->key), &certificate, &cause);
	if (r == FIRMA_OK) {
		m.id = firma_bytes_of(k->id.at, k->id.len);
		m.format = s->format;
		m.certificate = firma_buf_view(&certificate);
		r = firma_key_call(k, c->q, FIRMA_MSG_w_cms, &m, FIRMA_FOREVER,
		    was_signed, c, &cause);
	}
	if (r != FIRMA_OK)
		firma_renew_failed(c, FIRMA_EVENT_FAILED, r, &cause);
}

/* ---- before the intent: what can be refused is refused now ---- */

FIRMA_CHECKED static enum firma_err
check_token(const struct firma_task *q, const struct firma_renewal *r,
    struct firma_cause *cause)
{
	const struct firma_profile_step *s = firma_renewal_step(r);
	const struct firma_key *k = firma_renewal_key(q->agent, r);
	const struct firma_token *t = s->what == FIRMA_DO_GENERATE
	    ? firma_token_find(q->agent, r->row.token)
	    : k != NULL ? k->token
			: NULL;
	const uint8_t *want = s->key == FIRMA_KEY_OLD ? r->row.old_spki
	    : s->key == FIRMA_KEY_SIGNER              ? r->row.signer_spki
						      : r->row.new_spki;

	if (s->key == FIRMA_KEY_NONE)
		return FIRMA_OK;
	if (t == NULL)
		return firma_fail(cause, FIRMA_ERR_TOKEN_GONE, FIRMA_CAUSE_NONE,
		    0, "step %s", s->id);
	/* The name may have been moved to another key since. */
	if (s->what != FIRMA_DO_GENERATE &&
	    memcmp(k->spki_sha256, want, 32) != 0)
		return firma_fail(cause, FIRMA_ERR_WRONG_KEY, FIRMA_CAUSE_NONE,
		    0, "key %s is not this renewal's %s", k->alias,
		    s->key == FIRMA_KEY_OLD          ? "old key"
			: s->key == FIRMA_KEY_SIGNER ? "signer"
						     : "new key");
	return firma_token_ready(t, cause);
}

FIRMA_CHECKED static enum firma_err
check_letter(const struct firma_task *q, const struct firma_renewal *r,
    struct firma_cause *cause)
{
	const struct firma_profile_step *s = firma_renewal_step(r);
	struct firma_bytes v = { NULL, 0 };
	uint8_t sha256[32];
	enum firma_err e;

	if (q->fd < 0)
		return FIRMA_OK;
	if (s->what != FIRMA_DO_SIGN || s->letter[0] == '\0')
		return firma_fail(cause, FIRMA_ERR_WRONG_STEP, FIRMA_CAUSE_NONE,
		    0, "step %s takes no letter", s->id);
	if (!firma_renewal_sha256(q->agent, r->row.id, s->signs, sha256))
		return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE,
		    0, "letter %s", s->signs);
	e = firma_memfd_map(q->fd, FIRMA_LETTER_MAX, &v, cause);
	if (e == FIRMA_ERR_LIMIT)
		e = FIRMA_ERR_LETTER_SIZE;
	if (e == FIRMA_OK)
		e = firma_renewal_check_letter(
		    v, firma_bytes_of(sha256, sizeof(sha256)), cause);
	firma_memfd_unmap(&v);
	return e;
}

/*
 * A renewal may take days, in which a certificate can come to its end.  The one
 * that goes into the signature counts, not what the token shows now.
 */
FIRMA_CHECKED static enum firma_err
check_valid(const struct firma_task *q, const struct firma_renewal *r,
    struct firma_cause *cause)
{
	const struct firma_profile_step *s = firma_renewal_step(r);
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	const int64_t now = (int64_t)(firma_wall_ms() / 1000);
	enum firma_err e;

	if (r->site->profile->old_certificate != FIRMA_OLD_MUST_BE_VALID ||
	    s->what != FIRMA_DO_SIGN || s->key == FIRMA_KEY_NEW)
		return FIRMA_OK;
	if ((e = firma_store_document(q->agent->store, r->row.id,
		 certificate_of(s->key), &der, cause)) != FIRMA_OK ||
	    (e = firma_certificate_parse(firma_buf_view(&der), &c, cause)) !=
		FIRMA_OK)
		return e;
	if (firma_certificate_not_before(c) > now ||
	    firma_certificate_not_after(c) < now)
		return firma_fail(cause, FIRMA_ERR_CERT_NOT_EXPIRED,
		    FIRMA_CAUSE_NONE, 0, "key %s", firma_renewal_alias(r));
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
check(struct firma_task *q, struct firma_renewal *r, struct firma_str step,
    const char **ret_rule, struct firma_cause *cause)
{
	enum firma_err e;

	*ret_rule = "";
	if (r->row.status != FIRMA_RENEWAL_OPEN)
		return firma_fail(cause, FIRMA_ERR_STATE, FIRMA_CAUSE_NONE, 0,
		    "renewal %llu is %s", (unsigned long long)r->row.id,
		    firma_renewal_status_name(r->row.status));
	*ret_rule = "step-order";
	if (!firma_str_is(step, firma_renewal_step(r)->id))
		return firma_fail(cause, FIRMA_ERR_WRONG_STEP, FIRMA_CAUSE_NONE,
		    0, "it is at %s", firma_renewal_step(r)->id);
	*ret_rule = "one-operator-at-a-time";
	if (firma_renewal_is_taken(q, r))
		return firma_fail(cause, FIRMA_ERR_STATE, FIRMA_CAUSE_NONE, 0,
		    "step %s", firma_renewal_step(r)->id);
	*ret_rule = "old-certificate-valid";
	if ((e = check_valid(q, r, cause)) != FIRMA_OK)
		return e;
	*ret_rule = "served-letter-only";
	if ((e = check_letter(q, r, cause)) != FIRMA_OK)
		return e;
	*ret_rule = "letter-consent";
	if ((e = firma_letter_consented(q, r, cause)) != FIRMA_OK)
		return e;
	*ret_rule = "key-of-the-step";
	e = check_token(q, r, cause);
	if (e != FIRMA_ERR_WRONG_KEY)
		*ret_rule = "";
	return e;
}

/* ---- confirm ---- */

static void
confirm(struct firma_change *c)
{
	if ((c = firma_renew_second(c, FIRMA_EVENT_RESULT_OK)) == NULL)
		return;
	firma_change_note(c, "renew-confirm", NULL, "", c->row.email);
	firma_renew_succeed(c);
}

/* The address that the person chose, or the one that is known. */
FIRMA_CHECKED static enum firma_err
take_email(struct firma_change *c, struct firma_str email)
{
	json_t *all = json_loads(c->row.fields, 0, NULL);
	const char *known = json_string_value(json_object_get(all, "email"));
	enum firma_err r = FIRMA_OK;

	if (email.len != 0)
		firma_str_copy(email, c->row.email, sizeof(c->row.email));
	else if (c->row.email[0] == '\0')
		(void)snprintf(c->row.email, sizeof(c->row.email), "%.254s",
		    known != NULL ? known : "");
	if (c->row.email[0] != '\0')
		r = firma_email_check(c->row.email, &c->cause);
	if (r == FIRMA_OK && json_is_object(all)) {
		(void)json_object_set_new(
		    all, "email", json_string(c->row.email));
		r = firma_fields_write(json_incref(all), c->row.fields,
		    sizeof(c->row.fields), &c->cause);
	}
	json_decref(all);
	return r;
}

static void
begun(struct firma_change *c)
{
	c->txn = NULL;
	switch (firma_renew_step_of(c)->what) {
	case FIRMA_DO_CONFIRM:
		confirm(c);
		break;
	case FIRMA_DO_GENERATE:
		generate(c);
		break;
	case FIRMA_DO_REQUEST:
		request(c);
		break;
	case FIRMA_DO_SIGN:
		sign(c);
		break;
	case FIRMA_DO_ACCEPT:
		firma_renew_accept(c);
		break;
	case FIRMA_DO_PORTAL:
	default:
		firma_change_answer(c);
		break;
	}
}

void
firma_on_renew_act(struct firma_task *q)
{
	const struct firma_msg_renew_act *m = (const void *)&q->msg;
	const bool resume = (m->flags & FIRMA_ACT_RESUME) != 0;
	struct firma_cause cause = { 0 };
	const char *rule = "";
	struct firma_renewal *r;
	struct firma_change *c;
	struct firma_step_move move;
	enum firma_err e;

	r = firma_renewal_asked_step(q, m->renewal, FIRMA_ASK_RENEW);
	if (r == NULL)
		return;
	e = check(q, r, m->step, &rule, &cause);
	/* To go on after a refusal needs no token, and signs nothing. */
	if (resume && e == FIRMA_ERR_LETTER_CONSENT)
		e = FIRMA_OK;
	if (resume && firma_err_exit(e) != FIRMA_EXIT_OK && rule[0] == '\0' &&
	    r->row.status == FIRMA_RENEWAL_OPEN)
		e = FIRMA_OK;
	if (e != FIRMA_OK) {
		firma_task_fail(q, e, rule, &cause);
		return;
	}
	move = firma_step_next(firma_step_class(firma_renewal_step(r)),
	    (enum firma_step_state)r->row.step_state,
	    resume ? FIRMA_EVENT_RESUME : FIRMA_EVENT_BEGIN);
	if (move.effect == FIRMA_EFFECT_REFUSE) {
		firma_task_refuse(q, FIRMA_ERR_STATE, "step-order",
		    "step %s is %s", firma_renewal_step(r)->id,
		    firma_step_state_name(r->row.step_state));
		return;
	}
	if ((c = firma_change_new(q, r)) == NULL)
		return;
	if (move.effect == FIRMA_EFFECT_NONE) {
		firma_change_answer(c);
		return;
	}
	if (move.effect == FIRMA_EFFECT_JOURNAL_INTENT) {
		/* Fixed with the intent: the same try again gives the same. */
		if (c->row.signing_time == 0)
			c->row.signing_time = firma_wall_ms();
		r->owner = q->conn != NULL ? firma_conn_serial(q->conn) : 0;
		c->then = begun;
	}
	if (firma_renewal_step(r)->what == FIRMA_DO_CONFIRM && !resume)
		c->r = take_email(c, m->email);
	if (c->r != FIRMA_OK) {
		firma_change_fail(c, c->r, "", &c->cause);
		return;
	}
	firma_change_move(c, move, 0);
	firma_change_commit(c);
}
