/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/daemon/failure.h"
#include "agent/daemon/handler.h"
#include "agent/daemon/handover.h"
#include "agent/daemon/key_call.h"
#include "agent/daemon/token.h"
#include "agent/daemon/work.h"
#include "agent/pki/certificate.h"
#include "agent/pki/subject.h"

#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

void
firma_work_free(struct firma_work *w)
{
	firma_certificate_free(w->certificate);
	free(w);
}

static void
failed(struct firma_work *w)
{
	firma_task_fail(w->q, w->r, "", &w->cause);
	firma_work_free(w);
}

static void
failure_stored(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	(void)seqs;
	firma_failure_written(r, cause);
	failed(arg);
}

void
firma_work_fail(
    struct firma_work *w, enum firma_err r, const struct firma_cause *cause)
{
	const struct firma_asker who = firma_task_asker(w->q);
	const struct firma_failure f = { .action = w->action,
		.ref = w->seq,
		.key = w->alias,
		.r = r,
		.note = w->cause.what };

	w->r = r;
	if (cause != NULL)
		w->cause = *cause;
	if (w->seq == 0)
		failed(w);
	else
		firma_failure_write(w->q->agent, &who, &f, failure_stored, w);
}

void
firma_on_key_list(struct firma_task *q)
{
	const struct firma_msg_key_list *m = (const void *)&q->msg;
	uint64_t n = 0;

	if (!firma_task_allowed(q, FIRMA_ASK_KEY_LIST, NULL, NULL))
		return;
	for (size_t i = 0; i < q->agent->n_keys; i++) {
		const struct firma_key *k = q->agent->keys[i];
		const char *token =
		    k->token != NULL ? k->token->config->name : "";

		if ((m->key.len != 0 && !firma_str_is(m->key, k->alias)) ||
		    (m->token.len != 0 && !firma_str_is(m->token, token)))
			continue;
		firma_key_answer(q, k);
		n++;
	}
	if (m->key.len != 0 && n == 0) {
		struct firma_cause cause = { 0 };
		enum firma_err r;
		char alias[FIRMA_STORE_NAME];

		firma_str_copy(m->key, alias, sizeof(alias));
		r = firma_key_missing(q->agent, alias, &cause);
		firma_task_fail(q, r, "", &cause);
	} else {
		firma_task_done(q, n);
	}
}

/* ---- the end of every change: key row and ledger entry, then the answer ---- */

static void
recorded(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	struct firma_work *w = arg;
	struct firma_key *k = firma_key_find(w->q->agent, w->alias);

	(void)seqs;
	if (r != FIRMA_OK || k == NULL) {
		firma_work_fail(
		    w, r != FIRMA_OK ? r : FIRMA_ERR_INTERNAL, cause);
		return;
	}
	k->recorded = true;
	firma_key_answer(w->q, k);
	firma_task_done(w->q, 1);
	firma_work_free(w);
}

void
firma_work_record(struct firma_work *w, const struct firma_key *k)
{
	struct firma_txn *txn = firma_txn_new(w->q->agent->store);
	struct firma_ledger_entry e;
	struct firma_key_row row;
	enum firma_err r = txn == NULL ? FIRMA_ERR_NOMEM : FIRMA_OK;

	COPY(w->alias, k->alias);
	firma_key_row(k, &row);
	firma_task_entry(w->q, w->action, &e);
	firma_key_entry(k, &e);
	e.ref = w->seq;
	COPY(e.format, firma_key_algorithm_name(k->algorithm));
	COPY(e.note, w->note != NULL ? w->note : "");
	if (r == FIRMA_OK)
		r = firma_txn_key(txn, &row);
	if (r == FIRMA_OK)
		r = firma_txn_ledger(txn, &e);
	if (r != FIRMA_OK) {
		firma_txn_free(txn);
		firma_work_fail(w, r, NULL);
		return;
	}
	(void)firma_store_submit(
	    w->q->agent->store, txn, FIRMA_DURABLE_DISK, recorded, w);
}

/* ---- certificates ---- */

static void
written(void *arg, enum firma_err r, const struct firma_frame *f, bool last,
    const struct firma_cause *cause)
{
	struct firma_work *w = arg;
	struct firma_key *k = firma_key_find(w->q->agent, w->alias);

	/* A card that lost its public key with half a certificate shows it. */
	if (r == FIRMA_OK && k != NULL && k->token != NULL)
		firma_key_take_answer(k->token, f);
	if (!last)
		return;
	if (r != FIRMA_OK || k == NULL) {
		firma_work_fail(
		    w, r != FIRMA_OK ? r : FIRMA_ERR_NOT_FOUND, cause);
		return;
	}
	firma_key_set_certificate(k, firma_certificate_der(w->certificate));
	firma_work_record(w, k);
}

void
firma_work_write_certificate(struct firma_work *w, const struct firma_key *k)
{
	const struct firma_msg_w_certificate_write m = {
		.id = firma_bytes_of(k->id.at, k->id.len),
		.label = firma_str_of(k->alias),
		.certificate = firma_certificate_der(w->certificate),
	};
	struct firma_cause cause = { 0 };
	enum firma_err r;

	r = firma_token_ready(k->token, &cause);
	if (r == FIRMA_OK)
		r = firma_token_call(k->token, FIRMA_MSG_w_certificate_write,
		    &m, -1, FIRMA_WORK_WRITE_NS, FIRMA_FOREVER, written, w,
		    &cause);
	if (r != FIRMA_OK)
		firma_work_fail(w, r, &cause);
}

/* The key of a request, on its token; else the request is answered. */
static struct firma_key *
key_of(struct firma_task *q, struct firma_str alias, enum firma_ask_action what)
{
	struct firma_key *k;
	char text[FIRMA_STORE_NAME];

	firma_str_copy(alias, text, sizeof(text));
	if (!firma_task_allowed(q, what, text, NULL))
		return NULL;
	if ((k = firma_key_find(q->agent, text)) == NULL) {
		struct firma_cause cause = { 0 };
		const enum firma_err r =
		    firma_key_missing(q->agent, text, &cause);

		firma_task_fail(q, r, "", &cause);
	}
	return k;
}

static bool
is_on_token(struct firma_task *q, const struct firma_key *k)
{
	if (k->token != NULL)
		return true;
	firma_task_refuse(q, FIRMA_ERR_TOKEN_GONE, "", "key %s: token %s",
	    k->alias, k->token_serial);
	return false;
}

/* By what is remembered: a damaged card may not show the public key. */
static bool
is_of_key(const struct firma_certificate *c, const struct firma_key *k)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf spki = { 0 };
	uint8_t sha256[FIRMA_STORE_HASH];

	return firma_certificate_spki_der(c, &spki) == FIRMA_OK &&
	    EVP_Digest(spki.at, spki.len, sha256, NULL, EVP_sha256(), NULL) ==
	    1 &&
	    memcmp(sha256, k->spki_sha256, sizeof(sha256)) == 0;
}

void
firma_on_certificate_import(struct firma_task *q)
{
	const struct firma_msg_certificate_import *m = (const void *)&q->msg;
	const struct firma_key *k =
	    key_of(q, m->key, FIRMA_ASK_CERTIFICATE_IMPORT);
	struct firma_cause cause = { 0 };
	struct firma_work *w;
	enum firma_err r;

	if (k == NULL || !is_on_token(q, k))
		return;
	if ((w = calloc(1, sizeof(*w))) == NULL) {
		firma_task_refuse(q, FIRMA_ERR_NOMEM, "", "certificate");
		return;
	}
	w->q = q;
	w->action = "certificate-import";
	COPY(w->alias, k->alias);
	r = firma_certificate_parse(m->certificate, &w->certificate, &cause);
	if (r == FIRMA_OK && !is_of_key(w->certificate, k))
		r = firma_fail(&cause, FIRMA_ERR_CERT_KEY, FIRMA_CAUSE_NONE, 0,
		    "key %s", k->alias);
	if (r != FIRMA_OK)
		firma_work_fail(w, r, &cause);
	else
		firma_work_write_certificate(w, k);
}

void
firma_on_certificate_read(struct firma_task *q)
{
	const struct firma_msg_certificate_read *m = (const void *)&q->msg;
	const struct firma_key *k =
	    key_of(q, m->key, FIRMA_ASK_CERTIFICATE_READ);

	if (k == NULL)
		return;
	if (k->certificate.len == 0) {
		firma_task_refuse(q, FIRMA_ERR_NOT_FOUND, "",
		    "certificate of key %s", k->alias);
		return;
	}
	firma_task_answer(q, FIRMA_MSG_certificate,
	    &(struct firma_msg_certificate){
		.certificate = firma_buf_view(&k->certificate) });
	firma_task_done(q, 1);
}

/* ---- request ---- */

static void
request_made(void *arg, enum firma_err r, const struct firma_frame *f,
    bool last, const struct firma_cause *cause)
{
	struct firma_work *w = arg;
	struct firma_bytes der = { NULL, 0 };

	if (!last)
		return;
	if (r == FIRMA_OK)
		r = firma_token_der(f, &der);
	if (r != FIRMA_OK) {
		firma_work_fail(w, r, cause);
		return;
	}
	firma_handover_made(w->q->handover, w->seq);
	firma_task_answer(w->q, FIRMA_MSG_request_made,
	    &(struct firma_msg_request_made){ .request = der });
	firma_task_done(w->q, 1);
	firma_work_free(w);
}

static void
ask_request(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	struct firma_work *w = arg;
	const struct firma_msg_request_make *m = (const void *)&w->q->msg;
	struct firma_key *k = firma_key_find(w->q->agent, w->alias);
	FIRMA_OWN(firma_buf_done) struct firma_buf subject = { 0 };
	struct firma_msg_w_request wr = { .digest = m->digest,
		.challenge = m->challenge };
	struct firma_cause why = { 0 };

	w->seq = seqs->ledger;
	if (r != FIRMA_OK || k == NULL) {
		firma_work_fail(
		    w, r != FIRMA_OK ? r : FIRMA_ERR_NOT_FOUND, cause);
		return;
	}
	/* What the token process sees is written by us, not by the client. */
	r = firma_subject_write(
	    m->subject, (enum firma_subject_strings)m->strings, &subject, &why);
	wr.id = firma_bytes_of(k->id.at, k->id.len);
	wr.subject = firma_buf_view(&subject);
	if (r == FIRMA_OK)
		r = firma_key_call(k, w->q, FIRMA_MSG_w_request, &wr,
		    w->q->deadline, request_made, w, &why);
	if (r != FIRMA_OK)
		firma_work_fail(w, r, &why);
}

void
firma_on_request_make(struct firma_task *q)
{
	const struct firma_msg_request_make *m = (const void *)&q->msg;
	const struct firma_key *k = key_of(q, m->key, FIRMA_ASK_REQUEST);
	struct firma_ledger_entry e;
	struct firma_cause cause = { 0 };
	struct firma_txn *txn;
	struct firma_work *w;
	enum firma_err r;

	if (k == NULL || !is_on_token(q, k))
		return;
	if ((m->digest != 32 && m->digest != 20) ||
	    m->strings > FIRMA_STRINGS_LATIN1) {
		firma_task_refuse(
		    q, FIRMA_ERR_VALUE, "", "request_make.digest or strings");
		return;
	}
	if (m->digest == 20 && firma_key_algorithm_field(k->algorithm) != 0) {
		firma_task_refuse(q, FIRMA_ERR_VALUE, "",
		    "SHA-1: key %s is no RSA key", k->alias);
		return;
	}
	if (m->digest == 20 &&
	    !firma_task_allowed(q, FIRMA_ASK_SIGN_SHA1, k->alias, NULL))
		return;
	if ((r = firma_token_ready(k->token, &cause)) != FIRMA_OK) {
		firma_task_fail(q, r, "", &cause);
		return;
	}
	w = calloc(1, sizeof(*w));
	txn = firma_txn_new(q->agent->store);
	firma_task_entry(q, "request", &e);
	firma_key_entry(k, &e);
	COPY(e.result, "begun");
	q->handover = firma_handover_new(q, "request", k->alias);
	if (w == NULL || txn == NULL || q->handover == NULL ||
	    firma_txn_ledger(txn, &e) != FIRMA_OK) {
		firma_txn_free(txn);
		free(w);
		firma_task_refuse(q, FIRMA_ERR_NOMEM, "", "request");
		return;
	}
	w->q = q;
	w->action = "request";
	COPY(w->alias, k->alias);
	(void)firma_store_submit(
	    q->agent->store, txn, FIRMA_DURABLE_DISK, ask_request, w);
}
