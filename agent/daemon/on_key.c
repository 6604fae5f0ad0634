/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/evp.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/daemon/handler.h"
#include "agent/daemon/log.h"
#include "agent/daemon/make.h"
#include "agent/daemon/pin.h"
#include "agent/pki/certificate.h"
#include "agent/pki/name.h"

#define WRITE_NS       (60 * FIRMA_S)
#define ID_LEN         16 /* octets of a CKA_ID that we choose */

#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

/* A request about one key, between its steps. */
struct work {
	struct firma_task *q;
	char alias[FIRMA_STORE_NAME], token[FIRMA_CONFIG_NAME];
	const char *action;
	struct firma_key_id id;
	enum firma_key_algorithm algorithm; /* of what is generated */
	struct firma_certificate *certificate;
	const char *note;
};

static void
work_free(struct work *w)
{
	firma_certificate_free(w->certificate);
	free(w);
}

static void
work_fail(struct work *w, enum firma_err r, const struct firma_cause *cause)
{
	firma_task_fail(w->q, r, "", cause);
	work_free(w);
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
	if (m->key.len != 0 && n == 0)
		firma_task_refuse(q, FIRMA_ERR_NOT_FOUND, "", "key %.*s",
		    (int)m->key.len, m->key.at);
	else
		firma_task_done(q, n);
}

/* ---- the end of every change: key row and ledger entry, then the answer ---- */

static void
recorded(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	struct work *w = arg;
	struct firma_key *k = firma_key_find(w->q->agent, w->alias);

	(void)seqs;
	if (r != FIRMA_OK || k == NULL) {
		work_fail(w, r != FIRMA_OK ? r : FIRMA_ERR_INTERNAL, cause);
		return;
	}
	k->recorded = true;
	firma_key_answer(w->q, k);
	firma_task_done(w->q, 1);
	work_free(w);
}

static void
record(struct work *w, const struct firma_key *k)
{
	struct firma_txn *txn = firma_txn_new(w->q->agent->store);
	struct firma_ledger_entry e;
	struct firma_key_row row;
	enum firma_err r = txn == NULL ? FIRMA_ERR_NOMEM : FIRMA_OK;

	COPY(w->alias, k->alias);
	firma_key_row(k, &row);
	firma_task_entry(w->q, w->action, &e);
	firma_key_entry(k, &e);
	COPY(e.format, firma_key_algorithm_name(k->algorithm));
	COPY(e.note, w->note != NULL ? w->note : "");
	if (r == FIRMA_OK)
		r = firma_txn_key(txn, &row);
	if (r == FIRMA_OK)
		r = firma_txn_ledger(txn, &e);
	if (r != FIRMA_OK) {
		firma_txn_free(txn);
		work_fail(w, r, NULL);
		return;
	}
	(void)firma_store_submit(
	    w->q->agent->store, txn, FIRMA_DURABLE_DISK, recorded, w);
}

/* ---- before a new key: names, token ---- */

static struct work *
new_key(struct firma_task *q, struct firma_str alias, struct firma_str token,
    const char *action, enum firma_ask_action what, struct firma_token **ret)
{
	struct work *w;
	struct firma_token *t;
	char name[FIRMA_CONFIG_NAME], text[FIRMA_STORE_NAME];

	firma_str_copy(token, name, sizeof(name));
	firma_str_copy(alias, text, sizeof(text));
	if (!firma_task_allowed(q, what, text, name))
		return NULL;
	if (!firma_name_fits(text)) {
		firma_task_refuse(q, FIRMA_ERR_VALUE, "",
		    "key name %s: a-z 0-9 . _ -, a letter or digit first",
		    text);
		return NULL;
	}
	if ((t = firma_token_find(q->agent, name)) == NULL) {
		firma_task_refuse(q, FIRMA_ERR_NOT_FOUND, "", "token %s", name);
		return NULL;
	}
	if (firma_key_find(q->agent, text) != NULL) {
		firma_task_refuse(q, FIRMA_ERR_EXISTS, "", "key %s", text);
		return NULL;
	}
	if ((w = calloc(1, sizeof(*w))) == NULL) {
		firma_task_refuse(q, FIRMA_ERR_NOMEM, "", "%s", action);
		return NULL;
	}
	w->q = q;
	w->action = action;
	COPY(w->alias, text);
	COPY(w->token, name);
	*ret = t;
	return w;
}

/*
 * The CKA_ID of what this request makes: from who asks, the request's id and
 * the name, so that the same request asked again finds what it made before.
 */
static void
id_for(const struct firma_task *q, const char *alias, struct firma_key_id *ret)
{
	char text[256];
	uint8_t sum[32];
	int n;

	n = snprintf(text, sizeof(text), "firmad key %u %016llx %s",
	    (unsigned)q->peer.uid, (unsigned long long)q->id, alias);
	*ret = (struct firma_key_id){ .len = ID_LEN };
	if (EVP_Digest(text, (size_t)n, sum, NULL, EVP_sha256(), NULL) == 1)
		memcpy(ret->at, sum, ID_LEN);
}

/*
 * Nothing is made on a token that cannot be written down afterwards: the entry
 * "begun" comes first, and fn goes on when it is durable.
 */
static void
intend(struct work *w, const struct firma_token *t, firma_store_done_fn *fn)
{
	struct firma_txn *txn = firma_txn_new(w->q->agent->store);
	struct firma_ledger_entry e;

	firma_task_entry(w->q, w->action, &e);
	COPY(e.key, w->alias);
	COPY(e.token, t->serial);
	COPY(e.result, "begun");
	if (txn == NULL || firma_txn_ledger(txn, &e) != FIRMA_OK) {
		firma_txn_free(txn);
		work_fail(w, FIRMA_ERR_NOMEM, NULL);
		return;
	}
	(void)firma_store_submit(
	    w->q->agent->store, txn, FIRMA_DURABLE_DISK, fn, w);
}

/* The token of a piece of work, if it is still there. */
FIRMA_CHECKED static enum firma_err
token_again(
    const struct work *w, struct firma_token **ret, struct firma_cause *cause)
{
	struct firma_token *t = firma_token_find(w->q->agent, w->token);

	if (t == NULL)
		return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE,
		    0, "token %s", w->token);
	if (firma_key_find(w->q->agent, w->alias) != NULL)
		return firma_fail(cause, FIRMA_ERR_EXISTS, FIRMA_CAUSE_NONE, 0,
		    "key %s", w->alias);
	*ret = t;
	return firma_token_ready(t, cause);
}

/* ---- generate ---- */

static void
generated(void *arg, enum firma_err r, struct firma_key *k, bool adopted,
    const struct firma_cause *cause)
{
	struct work *w = arg;

	if (r != FIRMA_OK) {
		work_fail(w, r, cause);
		return;
	}
	w->note = adopted ? "was made by an earlier try"
			  : "local, always sensitive, never extractable";
	record(w, k);
}

static void
generate(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	struct work *w = arg;
	struct firma_cause why = { 0 };
	struct firma_token *t;

	(void)seqs;
	if (r != FIRMA_OK)
		why = *cause;
	else if ((r = token_again(w, &t, &why)) == FIRMA_OK)
		r = firma_make(
		    t, w->alias, &w->id, w->algorithm, generated, w, &why);
	if (r != FIRMA_OK)
		work_fail(w, r, &why);
}

void
firma_on_key_generate(struct firma_task *q)
{
	const struct firma_msg_key_generate *m = (const void *)&q->msg;
	struct firma_cause cause = { 0 };
	struct firma_token *t;
	struct work *w = new_key(
	    q, m->alias, m->token, "key-generate", FIRMA_ASK_KEY_GENERATE, &t);
	enum firma_err r;

	if (w == NULL)
		return;
	w->algorithm = m->algorithm != 0
	    ? firma_key_algorithm_from_number(m->algorithm)
	    : firma_key_algorithm_from_name(t->config->algorithm);
	if (w->algorithm == FIRMA_KEY_UNKNOWN) {
		firma_task_refuse(q, FIRMA_ERR_VALUE, "", "algorithm");
		work_free(w);
		return;
	}
	id_for(q, w->alias, &w->id);
	if ((r = firma_token_ready(t, &cause)) != FIRMA_OK)
		work_fail(w, r, &cause);
	else
		intend(w, t, generate);
}

/* ---- certificates ---- */

static void
written(void *arg, enum firma_err r, const struct firma_frame *f, bool last,
    const struct firma_cause *cause)
{
	struct work *w = arg;
	struct firma_key *k;

	(void)f;
	if (!last)
		return;
	k = firma_key_find(w->q->agent, w->alias);
	if (r != FIRMA_OK || k == NULL) {
		work_fail(w, r != FIRMA_OK ? r : FIRMA_ERR_NOT_FOUND, cause);
		return;
	}
	firma_key_set_certificate(k, firma_certificate_der(w->certificate));
	record(w, k);
}

static void
write_certificate(struct work *w, const struct firma_key *k)
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
		    &m, -1, WRITE_NS, FIRMA_FOREVER, written, w, &cause);
	if (r != FIRMA_OK)
		work_fail(w, r, &cause);
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
	if ((k = firma_key_find(q->agent, text)) == NULL)
		firma_task_refuse(q, FIRMA_ERR_NOT_FOUND, "", "key %s", text);
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

void
firma_on_certificate_import(struct firma_task *q)
{
	const struct firma_msg_certificate_import *m = (const void *)&q->msg;
	const struct firma_key *k =
	    key_of(q, m->key, FIRMA_ASK_CERTIFICATE_IMPORT);
	struct firma_cause cause = { 0 };
	struct work *w;
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
	if (r == FIRMA_OK && k->spki.len != 0 &&
	    !firma_certificate_same_key(
		w->certificate, firma_buf_view(&k->spki)))
		r = firma_fail(&cause, FIRMA_ERR_CERT_KEY, FIRMA_CAUSE_NONE, 0,
		    "key %s", k->alias);
	if (r != FIRMA_OK)
		work_fail(w, r, &cause);
	else
		write_certificate(w, k);
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

/* ---- import ---- */

static void
dropped(void *arg, enum firma_err r, const struct firma_frame *f, bool last,
    const struct firma_cause *cause)
{
	(void)arg;
	(void)f;
	(void)last;
	if (r != FIRMA_OK)
		firma_log(FIRMA_LOG_ERROR, "wrong key left: %s (%s)",
		    firma_err_text(r), cause->what);
}

static void
imported(void *arg, enum firma_err r, const struct firma_frame *f, bool last,
    const struct firma_cause *cause)
{
	struct work *w = arg;
	struct firma_token *t = firma_token_find(w->q->agent, w->token);
	struct firma_msg_w_key m;
	struct firma_key *k;

	if (r == FIRMA_OK && f->type == FIRMA_MSG_w_key) {
		if (firma_msg_decode(FIRMA_MSG_w_key, f->payload, &m, NULL) ==
			FIRMA_OK &&
		    (k = firma_key_take(t, &m, w->alias)) != NULL) {
			k->flags |= FIRMA_KEYFLAG_IMPORTED;
			COPY(w->alias, k->alias);
			w->id = k->id;
		}
		return;
	}
	if (!last)
		return;
	k = firma_key_find(w->q->agent, w->alias);
	if (r != FIRMA_OK || k == NULL) {
		work_fail(w, r != FIRMA_OK ? r : FIRMA_ERR_INTERNAL, cause);
		return;
	}
	if (!firma_certificate_same_key(
		w->certificate, firma_buf_view(&k->spki))) {
		const struct firma_cause why = { .what = "imported key" };
		const struct firma_msg_w_delete d = {
			.id = firma_bytes_of(w->id.at, w->id.len)
		};

		/* What the client wrote is not what it said: off the token. */
		if (firma_token_call(t, FIRMA_MSG_w_delete, &d, -1, WRITE_NS,
			FIRMA_FOREVER, dropped, w->q->agent, NULL) != FIRMA_OK)
			firma_log(FIRMA_LOG_ERROR, "token %s: wrong key left",
			    w->token);
		firma_key_forget(w->q->agent, k);
		work_fail(w, FIRMA_ERR_KEY_MISMATCH, &why);
		return;
	}
	write_certificate(w, k);
}

static void
import(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	struct work *w = arg;
	const struct firma_msg_key_import *m = (const void *)&w->q->msg;
	const struct firma_msg_w_import i = {
		.id = firma_bytes_of(w->id.at, w->id.len),
		.label = firma_str_of(w->alias),
		.algorithm = m->algorithm,
	};
	struct firma_msg_pin_channel offer = { 0 };
	struct firma_cause why = { 0 };
	struct firma_token *t;
	int pair[2];

	(void)seqs;
	if (r != FIRMA_OK)
		why = *cause;
	else if ((r = token_again(w, &t, &why)) == FIRMA_OK &&
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		r = firma_fail(&why, FIRMA_ERR_IO, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "socketpair");
	if (r == FIRMA_OK) {
		r = firma_token_call(t, FIRMA_MSG_w_import, &i, pair[0],
		    WRITE_NS, FIRMA_FOREVER, imported, w, &why);
		if (r != FIRMA_OK)
			(void)close(pair[1]);
	}
	if (r != FIRMA_OK) {
		work_fail(w, r, &why);
		return;
	}
	offer.token = firma_str_of(t->config->name);
	offer.label = firma_str_of(t->label);
	firma_task_answer_fd(w->q, FIRMA_MSG_pin_channel, &offer, pair[1]);
}

void
firma_on_key_import(struct firma_task *q)
{
	const struct firma_msg_key_import *m = (const void *)&q->msg;
	struct firma_cause cause = { 0 };
	struct firma_token *t;
	struct work *w = new_key(
	    q, m->alias, m->token, "key-import", FIRMA_ASK_KEY_IMPORT, &t);
	enum firma_err r;

	if (w == NULL)
		return;
	id_for(q, w->alias, &w->id);
	if ((r = firma_token_ready(t, &cause)) != FIRMA_OK ||
	    (r = firma_certificate_parse(
		 m->certificate, &w->certificate, &cause)) != FIRMA_OK)
		work_fail(w, r, &cause);
	else
		intend(w, t, import);
}

/* ---- request ---- */

static void
request_made(void *arg, enum firma_err r, const struct firma_frame *f,
    bool last, const struct firma_cause *cause)
{
	struct work *w = arg;
	struct firma_msg_w_der m;

	if (!last)
		return;
	if (r == FIRMA_OK && f->type != FIRMA_MSG_w_der)
		r = FIRMA_ERR_INTERNAL;
	if (r == FIRMA_OK)
		r = firma_msg_decode(FIRMA_MSG_w_der, f->payload, &m, NULL);
	if (r != FIRMA_OK) {
		work_fail(w, r, cause);
		return;
	}
	firma_task_answer(w->q, FIRMA_MSG_request_made,
	    &(struct firma_msg_request_made){ .request = m.der });
	firma_task_done(w->q, 1);
	work_free(w);
}

static void
ask_request(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	struct work *w = arg;
	const struct firma_msg_request_make *m = (const void *)&w->q->msg;
	struct firma_key *k = firma_key_find(w->q->agent, w->alias);
	FIRMA_OWN(firma_buf_done) struct firma_buf subject = { 0 };
	struct firma_msg_w_request wr;
	struct firma_cause why = { 0 };

	(void)seqs;
	if (r != FIRMA_OK || k == NULL) {
		work_fail(w, r != FIRMA_OK ? r : FIRMA_ERR_NOT_FOUND, cause);
		return;
	}
	/* What the token process sees is written by us, not by the client. */
	r = firma_name_for_request(m->subject, &subject, &why);
	wr.id = firma_bytes_of(k->id.at, k->id.len);
	wr.subject = firma_buf_view(&subject);
	if (r == FIRMA_OK)
		r = firma_token_call(k->token, FIRMA_MSG_w_request, &wr, -1,
		    firma_token_sign_ns(k->token), w->q->deadline, request_made,
		    w, &why);
	if (r != FIRMA_OK)
		work_fail(w, r, &why);
}

void
firma_on_request_make(struct firma_task *q)
{
	const struct firma_msg_request_make *m = (const void *)&q->msg;
	const struct firma_key *k = key_of(q, m->key, FIRMA_ASK_REQUEST);
	struct firma_ledger_entry e;
	struct firma_cause cause = { 0 };
	struct firma_txn *txn;
	struct work *w;
	enum firma_err r;

	if (k == NULL || !is_on_token(q, k))
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
	if (w == NULL || txn == NULL || firma_txn_ledger(txn, &e) != FIRMA_OK) {
		firma_txn_free(txn);
		free(w);
		firma_task_refuse(q, FIRMA_ERR_NOMEM, "", "request");
		return;
	}
	w->q = q;
	COPY(w->alias, k->alias);
	(void)firma_store_submit(
	    q->agent->store, txn, FIRMA_DURABLE_DISK, ask_request, w);
}
