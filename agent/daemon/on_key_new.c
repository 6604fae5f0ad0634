/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that are generated or imported. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/evp.h>

#include "agent/base/clock.h"
#include "agent/daemon/handler.h"
#include "agent/daemon/log.h"
#include "agent/daemon/make.h"
#include "agent/daemon/token.h"
#include "agent/daemon/work.h"

#define ID_LEN         16 /* octets of a CKA_ID that we choose */

#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

/* ---- before a new key: names, token ---- */

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

/* Has another key this name?  What the same request made before has not. */
static bool
is_taken(const struct firma_agent *a, const char *alias,
    const struct firma_key_id *id)
{
	const struct firma_key *k = firma_key_find(a, alias);

	return k != NULL &&
	    !firma_bytes_equal(firma_bytes_of(k->id.at, k->id.len),
		firma_bytes_of(id->at, id->len));
}

static struct firma_work *
new_key(struct firma_task *q, struct firma_str alias, struct firma_str token,
    const char *action, enum firma_ask_action what, struct firma_token **ret)
{
	struct firma_work *w;
	struct firma_token *t;
	struct firma_key_id id;
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
	id_for(q, text, &id);
	if (is_taken(q->agent, text, &id)) {
		firma_task_refuse(q, FIRMA_ERR_EXISTS, "", "key %s", text);
		return NULL;
	}
	if ((w = calloc(1, sizeof(*w))) == NULL) {
		firma_task_refuse(q, FIRMA_ERR_NOMEM, "", "%s", action);
		return NULL;
	}
	w->q = q;
	w->action = action;
	w->id = id;
	COPY(w->alias, text);
	COPY(w->token, name);
	*ret = t;
	return w;
}

/*
 * Nothing is made on a token that cannot be written down afterwards: the entry
 * "begun" comes first, and fn goes on when it is durable.
 */
static void
intend(
    struct firma_work *w, const struct firma_token *t, firma_store_done_fn *fn)
{
	struct firma_txn *txn = firma_txn_new(w->q->agent->store);
	struct firma_ledger_entry e;

	firma_task_entry(w->q, w->action, &e);
	COPY(e.key, w->alias);
	COPY(e.token, t->serial);
	COPY(e.result, "begun");
	if (txn == NULL || firma_txn_ledger(txn, &e) != FIRMA_OK) {
		firma_txn_free(txn);
		firma_work_fail(w, FIRMA_ERR_NOMEM, NULL);
		return;
	}
	(void)firma_store_submit(
	    w->q->agent->store, txn, FIRMA_DURABLE_DISK, fn, w);
}

/* The token of a piece of work, if it is still there. */
FIRMA_CHECKED static enum firma_err
token_again(const struct firma_work *w, struct firma_token **ret,
    struct firma_cause *cause)
{
	struct firma_token *t = firma_token_find(w->q->agent, w->token);

	if (t == NULL)
		return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE,
		    0, "token %s", w->token);
	if (is_taken(w->q->agent, w->alias, &w->id))
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
	struct firma_work *w = arg;

	if (r != FIRMA_OK) {
		firma_work_fail(w, r, cause);
		return;
	}
	w->note = firma_make_note(k, adopted);
	firma_work_record(w, k);
}

static void
generate(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	struct firma_work *w = arg;
	struct firma_cause why = { 0 };
	struct firma_token *t;

	w->seq = seqs->ledger;
	if (r != FIRMA_OK)
		why = *cause;
	else if ((r = token_again(w, &t, &why)) == FIRMA_OK)
		r = firma_make(
		    t, w->alias, &w->id, w->algorithm, generated, w, &why);
	if (r != FIRMA_OK)
		firma_work_fail(w, r, &why);
}

void
firma_on_key_generate(struct firma_task *q)
{
	const struct firma_msg_key_generate *m = (const void *)&q->msg;
	struct firma_cause cause = { 0 };
	struct firma_token *t;
	struct firma_work *w = new_key(
	    q, m->alias, m->token, "key-generate", FIRMA_ASK_KEY_GENERATE, &t);
	enum firma_err r;

	if (w == NULL)
		return;
	w->algorithm = m->algorithm != 0
	    ? firma_key_algorithm_from_number(m->algorithm)
	    : firma_key_algorithm_from_name(t->config->algorithm);
	if (w->algorithm == FIRMA_KEY_UNKNOWN) {
		firma_task_refuse(q, FIRMA_ERR_VALUE, "", "algorithm");
		firma_work_free(w);
		return;
	}
	if ((r = firma_token_ready(t, &cause)) != FIRMA_OK)
		firma_work_fail(w, r, &cause);
	else
		intend(w, t, generate);
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
	struct firma_work *w = arg;
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
		firma_work_fail(
		    w, r != FIRMA_OK ? r : FIRMA_ERR_INTERNAL, cause);
		return;
	}
	if (!firma_certificate_same_key(
		w->certificate, firma_buf_view(&k->spki))) {
		const struct firma_cause why = { .what = "imported key" };
		const struct firma_msg_w_delete d = {
			.id = firma_bytes_of(w->id.at, w->id.len)
		};

		/* What the client wrote is not what it said: off the token. */
		if (firma_token_call(t, FIRMA_MSG_w_delete, &d, -1,
			FIRMA_WORK_WRITE_NS, FIRMA_FOREVER, dropped,
			w->q->agent, NULL) != FIRMA_OK)
			firma_log(FIRMA_LOG_ERROR, "token %s: wrong key left",
			    w->token);
		firma_key_forget(w->q->agent, k);
		firma_work_fail(w, FIRMA_ERR_KEY_MISMATCH, &why);
		return;
	}
	firma_work_write_certificate(w, k);
}

static void
import(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	struct firma_work *w = arg;
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

	w->seq = seqs->ledger;
	if (r != FIRMA_OK)
		why = *cause;
	else if ((r = token_again(w, &t, &why)) == FIRMA_OK &&
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		r = firma_fail(&why, FIRMA_ERR_IO, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "socketpair");
	if (r == FIRMA_OK &&
	    (r = firma_token_call(t, FIRMA_MSG_w_import, &i, pair[0],
		 FIRMA_WORK_WRITE_NS, FIRMA_FOREVER, imported, w, &why)) !=
		FIRMA_OK)
		(void)close(pair[1]);
	if (r != FIRMA_OK) {
		firma_work_fail(w, r, &why);
		return;
	}
	offer.token = firma_str_of(t->config->name);
	offer.label = firma_str_of(t->label);
	firma_task_answer_fd(w->q, FIRMA_MSG_pin_channel, &offer, pair[1]);
}

/* The key on that token whose certificate this is, or NULL. */
static const struct firma_key *
same_key(const struct firma_work *w, const struct firma_token *t)
{
	const struct firma_agent *a = w->q->agent;

	for (size_t i = 0; i < a->n_keys; i++)
		if (a->keys[i]->token == t && a->keys[i]->on_token &&
		    firma_certificate_same_key(
			w->certificate, firma_buf_view(&a->keys[i]->spki)))
			return a->keys[i];
	return NULL;
}

void
firma_on_key_import(struct firma_task *q)
{
	const struct firma_msg_key_import *m = (const void *)&q->msg;
	struct firma_cause cause = { 0 };
	struct firma_token *t;
	struct firma_work *w = new_key(
	    q, m->alias, m->token, "key-import", FIRMA_ASK_KEY_IMPORT, &t);
	const struct firma_key *k;
	enum firma_err r;

	if (w == NULL)
		return;
	if ((r = firma_token_ready(t, &cause)) == FIRMA_OK &&
	    (r = firma_certificate_parse(
		 m->certificate, &w->certificate, &cause)) == FIRMA_OK &&
	    (k = same_key(w, t)) != NULL)
		r = firma_fail(&cause, FIRMA_ERR_EXISTS, FIRMA_CAUSE_NONE, 0,
		    "%s is the same key", k->alias);
	if (r != FIRMA_OK)
		firma_work_fail(w, r, &cause);
	else
		intend(w, t, import);
}
