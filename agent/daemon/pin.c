/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/pin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/daemon/conn.h"
#include "agent/daemon/handler.h"
#include "agent/daemon/log.h"

#define LOGOUT_NS                         (10 * FIRMA_S)
#define CKF_USER_PIN_COUNT_LOW            0x00010000u /* see token.c */
#define CKF_USER_PIN_FINAL_TRY            0x00020000u
#define CKF_PROTECTED_AUTHENTICATION_PATH 0x00000100u

#define COPY(to, from)                    ((void)snprintf((to), sizeof(to), "%s", (from)))

/* One unlocking, from the channel to the last answer. */
struct unlock {
	struct firma_agent *agent;
	struct firma_task *q; /* NULL: the configured credential */
	char token[FIRMA_CONFIG_NAME];
	struct firma_pin_record record;
	uint32_t flags;
	bool presented;
	bool vetoed; /* by the record, at w_presenting */
	enum firma_err r;
	struct firma_cause cause;
};

static void
answer_now(void *arg)
{
	struct unlock *u = arg;

	if (u->r != FIRMA_OK)
		firma_log(FIRMA_LOG_WARNING, "token %s: not unlocked: %s",
		    u->token, firma_err_text(u->r));
	if (u->q != NULL && u->r == FIRMA_OK)
		firma_task_done(u->q, u->presented ? 1 : 0);
	else if (u->q != NULL)
		firma_task_fail(u->q, u->r, "", &u->cause);
	free(u);
}

/* Only when the token's keys are known is it unlocked for the client. */
static void
answer(struct unlock *u)
{
	struct firma_token *t = firma_token_find(u->agent, u->token);

	if (t == NULL) {
		answer_now(u);
		return;
	}
	t->doubtful = u->record.presenting;
	t->used = firma_uptime();
	firma_token_settle(t, answer_now, u);
}

static void
entry_of(
    const struct unlock *u, const char *action, struct firma_ledger_entry *e)
{
	if (u->q != NULL) {
		firma_task_entry(u->q, action, e);
	} else {
		*e = (struct firma_ledger_entry){ .uid = u->agent->owner };
		COPY(e->action, action);
		COPY(e->program, "firmad");
		COPY(e->rule, "credential");
	}
	COPY(e->token, u->record.token);
	COPY(e->result, u->r == FIRMA_OK ? "ok" : firma_err_name(u->r));
}

static void
result_stored(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	struct unlock *u = arg;

	(void)seqs;
	if (r != FIRMA_OK)
		firma_log(FIRMA_LOG_ERROR, "PIN record of %s: %s (%s)",
		    u->token, firma_err_text(r), cause->what);
	answer(u);
}

/* The token has spoken: close the intent, then tell the client. */
static void
settle(struct unlock *u)
{
	FIRMA_OWN(firma_txn_done)
	struct firma_txn *txn = firma_txn_new(u->agent->store);
	struct firma_ledger_entry e;

	if (u->r == FIRMA_OK) {
		u->record.presenting = false;
		u->record.has_refused = false;
	} else if (u->r == FIRMA_ERR_PIN || u->r == FIRMA_ERR_PIN_LOCKED) {
		u->record.presenting = false;
		u->record.has_refused = true;
		memcpy(u->record.refused_hash, u->record.presenting_hash,
		    sizeof(u->record.refused_hash));
	}
	u->record.updated = firma_wall_ms();
	entry_of(u, "unlock", &e);
	if (txn == NULL || firma_txn_pin(txn, &u->record) != FIRMA_OK ||
	    firma_txn_ledger(txn, &e) != FIRMA_OK) {
		answer(u);
		return;
	}
	(void)firma_store_submit(
	    u->agent->store, txn, FIRMA_DURABLE_DISK, result_stored, u);
	txn = NULL;
}

/* May the token process present the PIN?  When it cannot be told it is gone,
 * and login_answer() hears of that. */
static void
go(const struct unlock *u, bool yes)
{
	struct firma_token *t = firma_token_find(u->agent, u->token);
	const struct firma_msg_w_present m = { .go = yes ? 1 : 0 };

	/* The person has entered it; on a keypad that is still to come. */
	if (t != NULL &&
	    firma_token_tell(t, FIRMA_MSG_w_present, &m,
		(t->ck_flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0
		    ? FIRMA_PIN_WAIT_NS
		    : firma_token_sign_ns(t)) != FIRMA_OK)
		firma_log(FIRMA_LOG_WARNING, "token %s: not told", u->token);
}

static void
intent_stored(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	struct unlock *u = arg;

	(void)seqs;
	if (r != FIRMA_OK) {
		u->r = r;
		u->cause = *cause;
		u->vetoed = true;
	}
	u->presented = r == FIRMA_OK;
	go(u, u->presented);
}

static void
veto(struct unlock *u, enum firma_err why)
{
	u->vetoed = true;
	u->r = why;
	COPY(u->cause.what, u->token);
	go(u, false);
}

static void
presenting(struct unlock *u, const struct firma_msg_w_presenting *m)
{
	FIRMA_OWN(firma_txn_done) struct firma_txn *txn = NULL;
	const bool counted =
	    (m->ck_flags & (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY)) !=
	    0;
	const bool same = m->pin_hash.len == FIRMA_STORE_HASH &&
	    memcmp(m->pin_hash.at, u->record.presenting_hash,
		FIRMA_STORE_HASH) == 0;

	if (u->record.presenting && same && counted &&
	    (u->flags & FIRMA_UNLOCK_LAST_TRY) == 0) {
		veto(u, FIRMA_ERR_PIN_REPEATED);
		return;
	}
	u->record.presenting = true;
	u->record.n_presented++;
	memset(u->record.presenting_hash, 0, FIRMA_STORE_HASH);
	if (m->pin_hash.len == FIRMA_STORE_HASH)
		memcpy(u->record.presenting_hash, m->pin_hash.at,
		    FIRMA_STORE_HASH);
	u->record.updated = firma_wall_ms();
	if ((txn = firma_txn_new(u->agent->store)) == NULL ||
	    firma_txn_pin(txn, &u->record) != FIRMA_OK) {
		veto(u, FIRMA_ERR_NOMEM);
		return;
	}
	(void)firma_store_submit(
	    u->agent->store, txn, FIRMA_DURABLE_DISK, intent_stored, u);
	txn = NULL;
}

static void
login_answer(void *arg, enum firma_err r, const struct firma_frame *f,
    bool last, const struct firma_cause *cause)
{
	struct unlock *u = arg;
	struct firma_msg_w_presenting m;

	if (r == FIRMA_OK && f->type == FIRMA_MSG_w_presenting) {
		if (firma_msg_decode(FIRMA_MSG_w_presenting, f->payload, &m,
			NULL) == FIRMA_OK)
			presenting(u, &m);
		else
			veto(u, FIRMA_ERR_INTERNAL);
		return;
	}
	if (!last)
		return;
	if (!u->vetoed) {
		u->r = r;
		if (cause != NULL)
			u->cause = *cause;
	}
	if (u->presented)
		settle(u);
	else
		answer(u);
}

/* The store's record of this token, or a new one with a new salt. */
FIRMA_CHECKED static enum firma_err
record_of(struct firma_token *t, struct firma_pin_record *ret,
    struct firma_cause *cause)
{
	const enum firma_err r =
	    firma_store_pin(t->agent->store, t->serial, ret, cause);

	if (r != FIRMA_ERR_NOT_FOUND)
		return r;
	*ret = (struct firma_pin_record){ 0 };
	COPY(ret->token, t->serial);
	if (getrandom(ret->salt, sizeof(ret->salt), 0) !=
	    (ssize_t)sizeof(ret->salt))
		return firma_fail(cause, FIRMA_ERR_IO, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "getrandom");
	return FIRMA_OK;
}

/* Ask the token process to read a PIN from fd (taken) and to present it. */
FIRMA_CHECKED static enum firma_err
begin(struct firma_token *t, struct firma_task *q, uint32_t flags, int fd,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int own = fd;
	struct firma_msg_w_login m = { .iterations = FIRMA_PIN_ITERATIONS,
		.flags = flags };
	struct unlock *u = calloc(1, sizeof(*u));
	enum firma_err r;

	if (u == NULL)
		return FIRMA_ERR_NOMEM;
	u->agent = t->agent;
	u->q = q;
	u->flags = flags;
	COPY(u->token, t->config->name);
	if ((r = record_of(t, &u->record, cause)) != FIRMA_OK) {
		free(u);
		return r;
	}
	m.salt = firma_bytes_of(u->record.salt, sizeof(u->record.salt));
	if (u->record.has_refused)
		m.refused_hash = firma_bytes_of(
		    u->record.refused_hash, sizeof(u->record.refused_hash));
	r = firma_token_call(t, FIRMA_MSG_w_login, &m, firma_fd_take(&own),
	    FIRMA_PIN_WAIT_NS, FIRMA_FOREVER, login_answer, u, cause);
	if (r != FIRMA_OK)
		free(u);
	return r;
}

/* The credential's file is handed over as it is: the agent does not read it. */
static void
present_credential(struct firma_token *t)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	struct firma_cause cause = { 0 };
	char path[1024];
	int fd;

	if (dir == NULL) {
		firma_log(FIRMA_LOG_WARNING,
		    "token %s: pin-credential is set, but there are no "
		    "credentials (LoadCredentialEncrypted)",
		    t->config->name);
		return;
	}
	(void)snprintf(
	    path, sizeof(path), "%s/%s", dir, t->config->pin_credential);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0) {
		firma_log(FIRMA_LOG_WARNING, "token %s: %s: %s",
		    t->config->name, path, strerror(errno));
		return;
	}
	if (begin(t, NULL, 0, fd, &cause) != FIRMA_OK)
		firma_log(FIRMA_LOG_WARNING, "token %s: %s", t->config->name,
		    cause.what);
}

void
firma_pin_look(struct firma_token *t, bool is_new)
{
	struct firma_pin_record record;

	t->doubtful = firma_store_pin(t->agent->store, t->serial, &record,
			  NULL) == FIRMA_OK &&
	    record.presenting;
	/* Locked by somebody, it stays so: a token is unlocked as it comes. */
	if (is_new && !t->logged_in && !t->doubtful &&
	    t->config->pin_credential[0] != '\0')
		present_credential(t);
}

/* ---- requests ---- */

/* The token of a request, if the rules allow it; else the request is answered
 * and gone.  Whoever may nothing does not learn which tokens there are. */
static struct firma_token *
token_of(
    struct firma_task *q, struct firma_str name, enum firma_ask_action what)
{
	char text[FIRMA_CONFIG_NAME];
	struct firma_token *t;

	firma_str_copy(name, text, sizeof(text));
	if (!firma_task_allowed(q, what, NULL, text))
		return NULL;
	t = firma_token_find(q->agent, text);
	if (t == NULL)
		firma_task_refuse(q, FIRMA_ERR_NOT_FOUND, "", "token %s", text);
	return t;
}

/* Both ends of a one-shot channel; theirs goes to the client. */
FIRMA_CHECKED static enum firma_err
channel(int *ret_ours, int *ret_theirs, struct firma_cause *cause)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return firma_fail(cause, FIRMA_ERR_IO, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "socketpair");
	*ret_ours = pair[0];
	*ret_theirs = pair[1];
	return FIRMA_OK;
}

static void
offer(struct firma_task *q, const struct firma_token *t, int fd)
{
	const struct firma_msg_pin_channel m = {
		.token = firma_str_of(t->config->name),
		.label = firma_str_of(t->label),
		.pin_state = (uint32_t)firma_token_pin_state(t),
		.min_pin = t->min_pin,
		.max_pin = t->max_pin,
	};

	firma_task_answer_fd(q, FIRMA_MSG_pin_channel, &m, fd);
}

void
firma_on_token_unlock(struct firma_task *q)
{
	const struct firma_msg_token_unlock *m = (const void *)&q->msg;
	struct firma_token *t = token_of(q, m->token, FIRMA_ASK_TOKEN_UNLOCK);
	struct firma_cause cause = { 0 };
	int ours, theirs;
	enum firma_err r;

	if (t == NULL)
		return;
	r = firma_token_ready(t, &cause);
	if (r == FIRMA_OK) {
		firma_task_done(q, 0);
		return;
	}
	if (r != FIRMA_ERR_PIN_NEEDED ||
	    (r = channel(&ours, &theirs, &cause)) != FIRMA_OK) {
		firma_task_fail(q, r, "", &cause);
		return;
	}
	r = begin(t, q, m->flags & FIRMA_UNLOCK_LAST_TRY, ours, &cause);
	if (r != FIRMA_OK) {
		(void)close(theirs);
		firma_task_fail(q, r, "", &cause);
		return;
	}
	offer(q, t, theirs);
}

/* ---- lock, initialise ---- */

struct plain {
	struct firma_agent *agent;
	struct firma_task *q; /* NULL: idle for too long */
	char token[FIRMA_CONFIG_NAME];
	const char *action;
	enum firma_err r;
	struct firma_cause cause;
};

static void
plain_end(struct plain *p)
{
	if (p->q != NULL && p->r == FIRMA_OK)
		firma_task_done(p->q, 1);
	else if (p->q != NULL)
		firma_task_fail(p->q, p->r, "", &p->cause);
	free(p);
}

static void
plain_stored(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	struct plain *p = arg;

	(void)seqs;
	p->r = r;
	if (r != FIRMA_OK)
		p->cause = *cause;
	plain_end(p);
}

/* The token is known as it is now: write it down, then answer. */
static void
plain_settled(void *arg)
{
	struct plain *p = arg;
	const struct firma_token *t = firma_token_find(p->agent, p->token);
	struct firma_ledger_entry e;
	struct firma_txn *txn;

	if (p->q == NULL || p->r != FIRMA_OK) {
		plain_end(p);
		return;
	}
	firma_task_entry(p->q, p->action, &e);
	COPY(e.token, t != NULL ? t->serial : "");
	COPY(e.note, p->token);
	txn = firma_txn_new(p->agent->store);
	if (txn == NULL || firma_txn_ledger(txn, &e) != FIRMA_OK) {
		firma_txn_free(txn);
		p->r = FIRMA_ERR_NOMEM;
		plain_end(p);
		return;
	}
	(void)firma_store_submit(
	    p->agent->store, txn, FIRMA_DURABLE_DISK, plain_stored, p);
}

static void
plain_answer(void *arg, enum firma_err r, const struct firma_frame *f,
    bool last, const struct firma_cause *cause)
{
	struct plain *p = arg;
	struct firma_token *t = firma_token_find(p->agent, p->token);

	(void)f;
	if (!last)
		return;
	p->r = r;
	if (r != FIRMA_OK)
		p->cause = *cause;
	if (t != NULL)
		firma_token_settle(t, plain_settled, p);
	else
		plain_settled(p);
}

FIRMA_CHECKED static enum firma_err
plain_call(struct firma_token *t, struct firma_task *q, const char *action,
    enum firma_msg_type type, const void *msg, int fd, uint64_t may_take,
    struct firma_cause *cause)
{
	struct plain *p = calloc(1, sizeof(*p));
	enum firma_err r;

	if (p == NULL) {
		firma_fd_done(&fd);
		return FIRMA_ERR_NOMEM;
	}
	p->agent = t->agent;
	p->q = q;
	p->action = action;
	COPY(p->token, t->config->name);
	r = firma_token_call(
	    t, type, msg, fd, may_take, FIRMA_FOREVER, plain_answer, p, cause);
	if (r != FIRMA_OK)
		free(p);
	return r;
}

void
firma_on_token_lock(struct firma_task *q)
{
	const struct firma_msg_token_lock *m = (const void *)&q->msg;
	struct firma_token *t = token_of(q, m->token, FIRMA_ASK_TOKEN_LOCK);
	struct firma_cause cause = { 0 };
	enum firma_err r;

	if (t == NULL)
		return;
	r = plain_call(t, q, "lock", FIRMA_MSG_w_logout,
	    &(struct firma_msg_w_logout){ 0 }, -1, LOGOUT_NS, &cause);
	if (r != FIRMA_OK)
		firma_task_fail(q, r, "", &cause);
}

void
firma_pin_lock_idle(struct firma_token *t)
{
	if (t->state != FIRMA_TOKEN_UNLOCKED || t->used == 0 ||
	    !firma_token_is_idle(t))
		return;
	t->used = 0; /* asked once; refused until somebody unlocks it */
	firma_log(FIRMA_LOG_INFO, "token %s: idle, locked", t->config->name);
	if (plain_call(t, NULL, "lock", FIRMA_MSG_w_logout,
		&(struct firma_msg_w_logout){ 0 }, -1, LOGOUT_NS,
		NULL) != FIRMA_OK)
		firma_log(FIRMA_LOG_WARNING, "token %s: cannot be locked",
		    t->config->name);
}

void
firma_on_token_init(struct firma_task *q)
{
	const struct firma_msg_token_init *m = (const void *)&q->msg;
	struct firma_token *t = token_of(q, m->token, FIRMA_ASK_TOKEN_INIT);
	struct firma_msg_w_init w = { 0 };
	struct firma_cause cause = { 0 };
	int ours, theirs;
	enum firma_err r;

	if (t == NULL)
		return;
	w.label = m->label;
	w.flags = m->flags;
	if (t->present && (m->flags & FIRMA_INIT_ERASE) == 0) {
		firma_task_refuse(q, FIRMA_ERR_EXISTS, "",
		    "token %s is initialised", t->config->name);
		return;
	}
	/* A token that is found by its label gets that label. */
	if (w.label.len == 0 && t->config->select == FIRMA_SELECT_LABEL)
		w.label = firma_str_of(t->config->label);
	if ((r = channel(&ours, &theirs, &cause)) == FIRMA_OK &&
	    (r = plain_call(t, q, "token-init", FIRMA_MSG_w_init, &w, ours,
		 FIRMA_PIN_WAIT_NS, &cause)) != FIRMA_OK)
		(void)close(theirs);
	if (r != FIRMA_OK) {
		firma_task_fail(q, r, "", &cause);
		return;
	}
	offer(q, t, theirs);
}
