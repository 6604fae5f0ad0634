/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/pin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/daemon/handler.h"
#include "agent/daemon/log.h"
#include "agent/daemon/present.h"

#define LOGOUT_NS      (10 * FIRMA_S)

#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

/* ---- unlock ---- */

/* arg is the task, or NULL: the configured credential. */
static enum firma_err
unlock_check(void *arg, const struct firma_token *t, bool *ret_done,
    struct firma_cause *cause)
{
	const enum firma_err r = firma_token_ready(t, cause);

	*ret_done = r == FIRMA_OK;
	/* The agent's own comes before the keys of a new token are known. */
	if (arg == NULL && r == FIRMA_ERR_TOKEN_BUSY && t->present) {
		*ret_done = t->logged_in;
		return FIRMA_OK;
	}
	return r == FIRMA_ERR_PIN_NEEDED ? FIRMA_OK : r;
}

static enum firma_err
unlock_ask(void *arg, struct firma_token *t,
    const struct firma_present_terms *terms, int fd, firma_token_fn *fn,
    void *fn_arg, struct firma_cause *cause)
{
	const struct firma_msg_w_login m = { .salt = terms->salt,
		.iterations = terms->iterations,
		.refused = terms->refused,
		.flags = terms->flags };

	(void)arg;
	return firma_token_call(t, FIRMA_MSG_w_login, &m, fd,
	    firma_present_ns(t, fd), FIRMA_FOREVER, fn, fn_arg, cause);
}

static void
unlock_end(void *arg, enum firma_err r, bool presented,
    const struct firma_cause *cause)
{
	struct firma_task *q = arg;

	if (q == NULL)
		return;
	if (r == FIRMA_OK)
		firma_task_done(q, presented ? 1 : 0);
	else
		firma_task_fail(q, r, "", cause);
}

static const struct firma_present_ops unlocking = {
	.role = FIRMA_PIN_USER,
	.action = "unlock",
	.check = unlock_check,
	.ask = unlock_ask,
	.end = unlock_end,
};

static uint32_t
keep_flag(const struct firma_token *t)
{
	return t->config->keep_pin != FIRMA_KEEP_NO ? FIRMA_LOGIN_KEEP : 0;
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
	const struct firma_present p = { .ops = &unlocking,
		.fd = fd,
		.flags = keep_flag(t),
		.rule = "credential" };

	COPY(t->credential_serial, t->serial);
	if (firma_present_begin(t, &p, &cause) != FIRMA_OK)
		firma_log(FIRMA_LOG_WARNING, "token %s: %s", t->config->name,
		    cause.what);
}

/*
 * The token that this process had unlocked was put back.  Not on a count that
 * is not clean: nobody is there to say a word.
 */
static void
present_kept(struct firma_token *t)
{
	const struct firma_present p = { .ops = &unlocking,
		.fd = -1,
		.is_kept = true,
		.flags = FIRMA_LOGIN_KEEP,
		.rule = "keep-pin" };

	if (t->n_burnt == 0 && firma_present_begin(t, &p, NULL) != FIRMA_OK)
		firma_log(FIRMA_LOG_WARNING, "token %s: kept PIN not presented",
		    t->config->name);
}

/*
 * At the agent's start, and when it sees a token for the first time.  After a
 * process was replaced, or the token put back, only if that is wanted: whatever
 * ended the process may have been the login.
 */
static bool
wants_credential(const struct firma_token *t)
{
	return t->config->pin_credential[0] != '\0' &&
	    (t->config->pin_credential_again != 0 ||
		strcmp(t->credential_serial, t->serial) != 0);
}

void
firma_pin_look(struct firma_token *t, bool is_new)
{
	firma_present_note(t);
	if (is_new && (t->doubtful || t->so_doubtful))
		firma_log(FIRMA_LOG_WARNING,
		    "token %s: the %s was presented once, and how that ended "
		    "is not known",
		    t->config->name, t->doubtful ? "PIN" : "SO-PIN");
	/* Locked by somebody, it stays so: a token is unlocked as it comes. */
	if (t->logged_in || t->doubtful)
		return;
	/* Put back so fast that it was never seen away, it is not new. */
	if (firma_present_is_kept(t))
		present_kept(t);
	else if (is_new && wants_credential(t))
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

/* Present what the client of q gives; q is answered by ops->end. */
static void
present_for(struct firma_task *q, struct firma_token *t,
    const struct firma_present_ops *ops, void *arg, uint32_t flags)
{
	const struct firma_present p = {
		.ops = ops, .arg = arg, .q = q, .fd = -1, .flags = flags
	};
	struct firma_cause cause = { 0 };
	const enum firma_err r = firma_present_begin(t, &p, &cause);

	if (r != FIRMA_OK)
		firma_task_fail(q, r, "", &cause);
}

void
firma_on_token_unlock(struct firma_task *q)
{
	const struct firma_msg_token_unlock *m = (const void *)&q->msg;
	struct firma_token *t = token_of(q, m->token, FIRMA_ASK_TOKEN_UNLOCK);

	if (t != NULL)
		present_for(q, t, &unlocking, q,
		    (m->flags & (FIRMA_UNLOCK_LAST_TRY | FIRMA_UNLOCK_AGAIN)) |
			keep_flag(t));
}

/* ---- lock ---- */

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
	t->kept_pid = 0; /* w_logout wipes it */
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

/* ---- initialise ---- */

static enum firma_err
init_check(void *arg, const struct firma_token *t, bool *ret_done,
    struct firma_cause *cause)
{
	const struct firma_task *q = arg;
	const struct firma_msg_token_init *m = (const void *)&q->msg;

	*ret_done = false;
	if (t->present && (m->flags & FIRMA_INIT_ERASE) == 0)
		return firma_fail(cause, FIRMA_ERR_EXISTS, FIRMA_CAUSE_NONE, 0,
		    "token %s is initialised", t->config->name);
	return FIRMA_OK;
}

static enum firma_err
init_ask(void *arg, struct firma_token *t,
    const struct firma_present_terms *terms, int fd, firma_token_fn *fn,
    void *fn_arg, struct firma_cause *cause)
{
	const struct firma_task *q = arg;
	const struct firma_msg_token_init *m = (const void *)&q->msg;
	struct firma_msg_w_init w = { .label = m->label,
		.salt = terms->salt,
		.iterations = terms->iterations,
		.refused = terms->refused,
		.flags = terms->flags };

	/* A token that is found by its label gets that label. */
	if (w.label.len == 0)
		w.label = firma_str_of(t->config->select == FIRMA_SELECT_LABEL
			? t->config->label
			: t->config->name);
	return firma_token_call(t, FIRMA_MSG_w_init, &w, fd,
	    firma_present_ns(t, fd), FIRMA_FOREVER, fn, fn_arg, cause);
}

static void
pin_set(void *arg, enum firma_err r, bool presented,
    const struct firma_cause *cause)
{
	struct firma_task *q = arg;

	(void)presented;
	if (r == FIRMA_OK)
		firma_task_done(q, 1);
	else
		firma_task_fail(q, r, "", cause);
}

static const struct firma_present_ops initialising = {
	.role = FIRMA_PIN_SO,
	.action = "token-init",
	.sets_pin = true,
	.check = init_check,
	.ask = init_ask,
	.end = pin_set,
};

void
firma_on_token_init(struct firma_task *q)
{
	const struct firma_msg_token_init *m = (const void *)&q->msg;
	struct firma_token *t = token_of(q, m->token, FIRMA_ASK_TOKEN_INIT);

	if (t != NULL)
		present_for(q, t, &initialising, q,
		    m->flags &
			(FIRMA_UNLOCK_LAST_TRY | FIRMA_UNLOCK_AGAIN |
			    FIRMA_INIT_ERASE));
}

/* ---- another PIN ---- */

/* There, initialised, and at rest; locked or not does not matter. */
static enum firma_err
is_there(void *arg, const struct firma_token *t, bool *ret_done,
    struct firma_cause *cause)
{
	const enum firma_err r = firma_token_ready(t, cause);

	(void)arg;
	*ret_done = false;
	return r == FIRMA_ERR_PIN_NEEDED ? FIRMA_OK : r;
}

static enum firma_err
change_ask(void *arg, struct firma_token *t,
    const struct firma_present_terms *terms, int fd, firma_token_fn *fn,
    void *fn_arg, struct firma_cause *cause)
{
	const struct firma_msg_w_change_pin m = { .salt = terms->salt,
		.iterations = terms->iterations,
		.refused = terms->refused,
		.flags = terms->flags };

	(void)arg;
	return firma_token_call(t, FIRMA_MSG_w_change_pin, &m, fd,
	    firma_present_ns(t, fd), FIRMA_FOREVER, fn, fn_arg, cause);
}

static enum firma_err
unblock_ask(void *arg, struct firma_token *t,
    const struct firma_present_terms *terms, int fd, firma_token_fn *fn,
    void *fn_arg, struct firma_cause *cause)
{
	const struct firma_msg_w_unblock m = { .salt = terms->salt,
		.iterations = terms->iterations,
		.refused = terms->refused,
		.flags = terms->flags };

	(void)arg;
	return firma_token_call(t, FIRMA_MSG_w_unblock, &m, fd,
	    firma_present_ns(t, fd), FIRMA_FOREVER, fn, fn_arg, cause);
}

static const struct firma_present_ops changing = {
	.role = FIRMA_PIN_USER,
	.action = "token-change-pin",
	.sets_pin = true,
	.check = is_there,
	.ask = change_ask,
	.end = pin_set,
};

static const struct firma_present_ops unblocking = {
	.role = FIRMA_PIN_SO,
	.action = "token-unblock",
	.sets_pin = true,
	.check = is_there,
	.ask = unblock_ask,
	.end = pin_set,
};

void
firma_on_token_change_pin(struct firma_task *q)
{
	const struct firma_msg_token_change_pin *m = (const void *)&q->msg;
	struct firma_token *t =
	    token_of(q, m->token, FIRMA_ASK_TOKEN_CHANGE_PIN);

	if (t != NULL)
		present_for(q, t, &changing, q,
		    m->flags & (FIRMA_UNLOCK_LAST_TRY | FIRMA_UNLOCK_AGAIN));
}

void
firma_on_token_unblock(struct firma_task *q)
{
	const struct firma_msg_token_unblock *m = (const void *)&q->msg;
	struct firma_token *t = token_of(q, m->token, FIRMA_ASK_TOKEN_UNBLOCK);

	if (t != NULL)
		present_for(q, t, &unblocking, q,
		    m->flags & (FIRMA_UNLOCK_LAST_TRY | FIRMA_UNLOCK_AGAIN));
}
