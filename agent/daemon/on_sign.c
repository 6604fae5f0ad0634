/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One signature: rule, ledger and token in one exchange.
 *
 * The ledger entry ("begun") is written while the token signs; the signature
 * is let go when both are there.  When the token fails, a second entry that
 * refers to the first says so; when the ledger fails, the signature is dropped
 * here.  One that no client takes is told of in handover.c.
 * Test: tests/agent/test_agent.sh, "no signature without its entry", "stopped while
 * it signs".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/memfd.h"
#include "agent/daemon/failure.h"
#include "agent/daemon/handler.h"
#include "agent/daemon/handover.h"
#include "agent/daemon/hash.h"
#include "agent/daemon/key.h"
#include "agent/daemon/key_call.h"
#include "agent/daemon/place.h"
#include "agent/daemon/process.h"
#include "agent/daemon/token.h"
#include "agent/pki/cms.h"

#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

struct signing {
	struct firma_task *q;
	char alias[FIRMA_STORE_NAME];
	struct firma_hashes hashes;
	bool stored, answered; /* ledger; token */
	uint64_t ticket, seq;
	enum firma_err r;
	struct firma_cause cause;
	struct firma_buf signature;
};

static void
finish(struct signing *s)
{
	struct firma_task *q = s->q;
	const struct firma_msg_signed m = {
		.signature = firma_buf_view(&s->signature),
		.ledger_seq = s->seq,
		.sha256 =
		    firma_bytes_of(s->hashes.sha256, sizeof(s->hashes.sha256)),
	};

	if (s->r == FIRMA_OK) {
		q->agent->n_signatures++;
		firma_handover_made(q->handover, s->seq);
		firma_task_end(q, FIRMA_MSG_signed, &m);
	} else {
		firma_task_fail(q, s->r, "", &s->cause);
	}
	firma_buf_done(&s->signature);
	free(s);
}

static void
failure_stored(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	(void)seqs;
	firma_failure_written(r, cause);
	finish(arg);
}

/* The entry said "begun"; nothing came of it. */
static void
write_failure(struct signing *s)
{
	const struct firma_asker who = firma_task_asker(s->q);
	const struct firma_failure f = { .action = "sign",
		.ref = s->seq,
		.key = s->alias,
		.r = s->r,
		.note = s->cause.what };

	firma_failure_write(s->q->agent, &who, &f, failure_stored, s);
}

static void
both(struct signing *s)
{
	if (!s->stored || !s->answered)
		return;
	if (s->r != FIRMA_OK && s->seq != 0)
		write_failure(s);
	else
		finish(s);
}

static void
entry_stored(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	struct signing *s = arg;

	s->stored = true;
	if (!s->answered)
		s->q->agent->n_quiet--;
	if (r == FIRMA_OK) {
		s->seq = seqs->ledger;
	} else {
		s->r = r;
		s->cause = *cause;
	}
	both(s);
}

/*
 * The token is through; from here on the ledger is waited for.  Usually it is
 * through too, without having woken the loop: see firma_serve_run().
 */
static void
answered(struct signing *s)
{
	struct firma_agent *a = s->q->agent;

	s->answered = true;
	if (s->stored) {
		both(s);
		return;
	}
	a->n_quiet--;
	(void)firma_store_poll(a->store, s->ticket);
}

static void
token_answered(void *arg, enum firma_err r, const struct firma_frame *f,
    bool last, const struct firma_cause *cause)
{
	struct signing *s = arg;
	struct firma_bytes got = { NULL, 0 };
	struct firma_msg_w_signature sig;

	if (!last)
		return;
	if (r == FIRMA_OK && f->type == FIRMA_MSG_w_signature &&
	    (r = firma_msg_decode(
		 FIRMA_MSG_w_signature, f->payload, &sig, NULL)) == FIRMA_OK)
		got = sig.signature;
	else if (r == FIRMA_OK)
		r = firma_token_der(f, &got);
	if (r == FIRMA_OK && got.len == 0)
		r = FIRMA_ERR_TOKEN_ERROR;
	if (r == FIRMA_OK)
		r = firma_buf_put(&s->signature, got);
	if (r != FIRMA_OK && s->r == FIRMA_OK) {
		s->r = r;
		if (cause != NULL)
			s->cause = *cause;
	}
	answered(s);
}

FIRMA_CHECKED static enum firma_err
ask_token(struct signing *s, const struct firma_msg_sign *m,
    const struct firma_key *k, struct firma_cause *cause)
{
	const struct firma_bytes id = firma_bytes_of(k->id.at, k->id.len);
	const struct firma_bytes digest = firma_sign_is_sha1(m->format)
	    ? firma_bytes_of(s->hashes.sha1, sizeof(s->hashes.sha1))
	    : firma_bytes_of(s->hashes.sha256, sizeof(s->hashes.sha256));
	const struct firma_msg_w_sign raw = { .id = id, .digest = digest };
	const struct firma_msg_w_cms cms = { .id = id,
		.digest = digest,
		.format = m->format,
		.certificate = firma_buf_view(&k->certificate),
		.signing_time = firma_wall_ms() / 1000 };

	if (!firma_sign_is_cms(m->format))
		return firma_key_call(k, s->q, FIRMA_MSG_w_sign, &raw,
		    s->q->deadline, token_answered, s, cause);
	return firma_key_call(k, s->q, FIRMA_MSG_w_cms, &cms, s->q->deadline,
	    token_answered, s, cause);
}

/* Why this key cannot sign in this format now, before anything is written. */
FIRMA_CHECKED static enum firma_err
check(const struct firma_msg_sign *m, const struct firma_key *k,
    struct firma_cause *cause)
{
	enum firma_err r;

	if (k->token == NULL)
		return firma_fail(cause, FIRMA_ERR_TOKEN_GONE, FIRMA_CAUSE_NONE,
		    0, "key %s: token %s", k->alias, k->token_serial);
	if ((r = firma_token_ready(k->token, cause)) != FIRMA_OK)
		return r;
	if (!k->on_token)
		return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE,
		    0, "key %s is not on token %s", k->alias,
		    k->token->config->name);
	if (!firma_process_has_room(k->token->process))
		return firma_fail(cause, FIRMA_ERR_TOKEN_BUSY, FIRMA_CAUSE_NONE,
		    0, "%s", k->token->config->name);
	if (firma_sign_is_cms(m->format) && k->certificate.len == 0)
		return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE,
		    0, "certificate of key %s", k->alias);
	if (firma_sign_is_sha1(m->format) &&
	    firma_key_algorithm_field(k->algorithm) != 0)
		return firma_fail(cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
		    "%s: key %s is no RSA key",
		    firma_sign_format_name(m->format), k->alias);
	return FIRMA_OK;
}

static void
hashed(void *arg, enum firma_err r, const struct firma_hashes *hashes)
{
	struct signing *s = arg;
	struct firma_task *q = s->q;
	const struct firma_msg_sign *m = (const void *)&q->msg;
	const struct firma_key *k = firma_key_find(q->agent, s->alias);
	struct firma_txn *txn = NULL;
	struct firma_ledger_entry e;
	struct firma_cause cause = { 0 };

	if (k == NULL)
		r = firma_key_missing(q->agent, s->alias, &cause);
	s->hashes = *hashes;
	if (r == FIRMA_OK && (r = check(m, k, &cause)) == FIRMA_OK) {
		firma_task_entry(q, "sign", &e);
		firma_key_entry(k, &e);
		e.has_digest = true;
		memcpy(e.digest, hashes->sha256, sizeof(e.digest));
		firma_str_copy(m->name, e.name, sizeof(e.name));
		firma_str_copy(m->purpose, e.purpose, sizeof(e.purpose));
		COPY(e.format, firma_sign_format_name(m->format));
		COPY(e.result, "begun");
		txn = firma_txn_new(q->agent->store);
		r = txn == NULL ? FIRMA_ERR_NOMEM : firma_txn_ledger(txn, &e);
	}
	if (r != FIRMA_OK) {
		firma_txn_free(txn);
		firma_task_fail(q, r, "", &cause);
		free(s);
		return;
	}
	firma_place_sign(q->agent, q->conn, k->token);
	/*
	 * The ledger first: the token process, once asked, may take this CPU
	 * from us and keep it for the whole signature.
	 */
	q->agent->n_quiet++;
	s->ticket = firma_store_submit(
	    q->agent->store, txn, k->durability, entry_stored, s);
	if ((r = ask_token(s, m, k, &s->cause)) != FIRMA_OK) {
		s->r = r;
		answered(s);
	}
}

/* The document's digest, from the descriptor or as given. */
static void
start(struct signing *s, const struct firma_msg_sign *m)
{
	struct firma_task *q = s->q;
	struct firma_bytes view;
	struct firma_cause cause = { 0 };
	enum firma_err r;

	if (q->fd < 0) {
		struct firma_hashes given = { 0 };

		memcpy(given.sha256, m->sha256.at, sizeof(given.sha256));
		hashed(s, FIRMA_OK, &given);
		return;
	}
	r = firma_memfd_map(q->fd, FIRMA_DOCUMENT_MAX, &view, &cause);
	/*
	 * RFC 5652 5.4: a signature over the octets of signed attributes is
	 * that of another document.  Test: tests/agent/test_agent.sh, "formats".
	 */
	if (r == FIRMA_OK && firma_sign_is_bare(m->format) &&
	    firma_cms_is_attributes(view)) {
		firma_memfd_unmap(&view);
		r = firma_fail(&cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
		    "%s: the document is a DER SET, like signed attributes",
		    firma_sign_format_name(m->format));
	}
	if (r != FIRMA_OK) {
		free(s);
		firma_task_fail(q, r, "", &cause);
		return;
	}
	firma_hasher_start(q->agent->hasher, view,
	    firma_sign_is_sha1(m->format) != 0, hashed, s);
}

/*
 * "renewal N ...": the ledger says so of a renewal's own entries, and who reads its
 * evidence takes them for its steps.
 */
static bool
is_of_a_renewal(struct firma_str purpose)
{
	static const char own[] = "renewal ";
	const size_t n = sizeof(own) - 1;

	return purpose.len > n && memcmp(purpose.at, own, n) == 0 &&
	    purpose.at[n] >= '0' && purpose.at[n] <= '9';
}

void
firma_on_sign(struct firma_task *q)
{
	const struct firma_msg_sign *m = (const void *)&q->msg;
	const bool bare = q->fd < 0;
	const enum firma_ask_action action = bare ? FIRMA_ASK_SIGN_DIGEST
	    : firma_sign_is_sha1(m->format)       ? FIRMA_ASK_SIGN_SHA1
						  : FIRMA_ASK_SIGN;
	struct signing *s;
	char alias[FIRMA_STORE_NAME];

	firma_str_copy(m->key, alias, sizeof(alias));
	if (!firma_task_allowed(q, action, alias, NULL))
		return;
	if (m->format > FIRMA_SIGN_SHA1_ATTACHED ||
	    is_of_a_renewal(m->purpose)) {
		firma_task_refuse(q, FIRMA_ERR_VALUE, "",
		    is_of_a_renewal(m->purpose)
			? "sign.purpose: a renewal's own entries say that"
			: "sign.format");
		return;
	}
	if (bare ? m->sha256.len != 32 : m->sha256.len != 0) {
		firma_task_refuse(q, FIRMA_ERR_VALUE, "",
		    "sign.sha256: a descriptor or 32 octets, not both");
		return;
	}
	if (bare && m->format > FIRMA_SIGN_PADES) {
		firma_task_refuse(q, FIRMA_ERR_VALUE, "",
		    "sign.format: %s needs the document",
		    firma_sign_format_name(m->format));
		return;
	}
	if (firma_key_find(q->agent, alias) == NULL) {
		struct firma_cause cause = { 0 };
		const enum firma_err r =
		    firma_key_missing(q->agent, alias, &cause);

		firma_task_fail(q, r, "", &cause);
		return;
	}
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		firma_task_refuse(q, FIRMA_ERR_NOMEM, "", "sign");
		return;
	}
	s->q = q;
	COPY(s->alias, alias);
	if ((q->handover = firma_handover_new(q, "sign", alias)) == NULL) {
		free(s);
		firma_task_refuse(q, FIRMA_ERR_NOMEM, "", "sign");
		return;
	}
	start(s, m);
}
