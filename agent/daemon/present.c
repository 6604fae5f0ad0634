/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/present.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/daemon/log.h"
#include "agent/daemon/process.h"

/* PKCS#11 v3.0 section 3.3; see token.c */
#define CKF_PROTECTED_AUTHENTICATION_PATH 0x00000100u
#define CKF_TOKEN_INITIALIZED             0x00000400u
#define CKR_PIN_EXPIRED                   0x000000A3u

#define COPY(to, from)                    ((void)snprintf((to), sizeof(to), "%s", (from)))

/* One presentation, from its place in the queue to its end. */
struct firma_presentation {
	struct firma_presentation *next; /* waits behind this one */
	struct firma_agent *agent;
	struct firma_present p;
	char token[FIRMA_CONFIG_NAME];
	struct firma_pin_record record;
	bool has_record; /* a blank token without a serial has none */
	bool presented;
	bool storing;  /* the intent is on its way to the disk */
	bool ended;    /* meanwhile: the call is over, nothing was presented */
	bool accepted; /* w_presented: the token took the PIN */
	bool vetoed;   /* by us, at w_presenting */
	enum firma_err r;
	struct firma_cause cause;
};

static void run(struct firma_presentation *u);

/* ---- the queue ---- */

/* The chain behind an ended presentation gets its turn. */
static void
go_on(struct firma_agent *a, const char *token, struct firma_presentation *next)
{
	struct firma_token *t = firma_token_find(a, token);
	struct firma_presentation *last;

	if (next == NULL)
		return;
	if (t == NULL || t->presentation == NULL) {
		if (t != NULL)
			t->presentation = next;
		run(next);
		return;
	}
	/* Configured anew meanwhile, and asked already: behind those. */
	for (last = t->presentation; last->next != NULL; last = last->next)
		;
	last->next = next;
}

static void
finish(void *arg)
{
	struct firma_presentation *u = arg, *next = u->next;
	struct firma_agent *a = u->agent;
	struct firma_token *t = firma_token_find(a, u->token);
	char token[FIRMA_CONFIG_NAME];

	COPY(token, u->token);
	if (u->r != FIRMA_OK)
		firma_log(FIRMA_LOG_WARNING, "token %s: %s: %s%s%s", u->token,
		    u->p.ops->action, firma_err_text(u->r),
		    u->cause.what[0] != '\0' ? ": " : "", u->cause.what);
	if (t != NULL)
		firma_present_note(t);
	if (t != NULL && t->presentation == u)
		t->presentation = NULL;
	firma_fd_done(&u->p.fd);
	u->p.ops->end(u->p.arg, u->r, u->presented, &u->cause);
	free(u);
	go_on(a, token, next);
}

/* Only when the token's state and keys are known is it over for the client. */
static void
conclude(struct firma_presentation *u)
{
	struct firma_token *t = firma_token_find(u->agent, u->token);

	if (t == NULL) {
		finish(u);
		return;
	}
	t->used = firma_uptime();
	/* A signature changes nothing about the token. */
	if (u->r == FIRMA_OK && u->p.ops->answer != NULL)
		finish(u);
	else
		firma_token_settle(t, finish, u);
}

/* ---- the records ---- */

static uint32_t
tries_of(const struct firma_token *t, enum firma_pin_role role)
{
	return role == FIRMA_PIN_SO ? t->config->so_pin_tries
				    : t->config->pin_tries;
}

FIRMA_CHECKED static enum firma_err
record_of(struct firma_agent *a, const char *serial, enum firma_pin_role role,
    struct firma_pin_record *ret, struct firma_cause *cause)
{
	const enum firma_err r =
	    firma_store_pin(a->store, serial, role, ret, cause);

	return r == FIRMA_ERR_NOT_FOUND
	    ? firma_pin_record_new(serial, role, ret, cause)
	    : r;
}

bool
firma_present_is_kept(const struct firma_token *t)
{
	return t->process != NULL && t->kept_pid != 0 &&
	    t->kept_pid == firma_process_pid(t->process) &&
	    strcmp(t->kept_serial, t->serial) == 0;
}

/* The token process keeps, or has dropped, the PIN that was presented. */
static void
note_kept(const struct firma_presentation *u)
{
	struct firma_token *t = firma_token_find(u->agent, u->token);

	if (t == NULL || !u->presented || u->p.ops->role != FIRMA_PIN_USER)
		return;
	if (u->r != FIRMA_OK || t->process == NULL) {
		t->kept_pid = 0;
	} else if ((u->p.flags & FIRMA_LOGIN_KEEP) != 0) {
		t->kept_pid = firma_process_pid(t->process);
		COPY(t->kept_serial, u->record.token);
	}
}

/* A blank token has no PIN that its flags could be about. */
static uint64_t
flags_of(uint64_t ck_flags)
{
	return (ck_flags & CKF_TOKEN_INITIALIZED) != 0 ? ck_flags : 0;
}

void
firma_present_note(struct firma_token *t)
{
	struct firma_store *s = t->agent->store;
	struct firma_pin_record user, so;

	t->doubtful = t->so_doubtful = false;
	t->n_burnt = 0;
	if (t->serial[0] == '\0')
		return;
	if (firma_store_pin(s, t->serial, FIRMA_PIN_USER, &user, NULL) ==
	    FIRMA_OK) {
		t->doubtful = user.presenting;
		t->n_burnt = firma_pin_record_burnt(&user, t->ck_flags);
	}
	if (firma_store_pin(s, t->serial, FIRMA_PIN_SO, &so, NULL) == FIRMA_OK)
		t->so_doubtful = so.presenting;
}

static void
entry_of(const struct firma_presentation *u, struct firma_ledger_entry *e)
{
	if (u->p.q != NULL) {
		firma_task_entry(u->p.q, u->p.ops->action, e);
	} else {
		*e = (struct firma_ledger_entry){ .uid = u->agent->owner };
		COPY(e->action, u->p.ops->action);
		COPY(e->program, "firmad");
		COPY(e->rule, u->p.rule != NULL ? u->p.rule : "");
	}
	COPY(e->token, u->record.token);
	COPY(e->note, u->token);
	COPY(e->result, u->r == FIRMA_OK ? "ok" : firma_err_name(u->r));
}

/* After the SO-PIN set the user's PIN anew nothing of the old one counts. */
FIRMA_CHECKED static enum firma_err
forget_user(const struct firma_presentation *u, struct firma_txn *txn)
{
	struct firma_pin_record user;
	enum firma_err r;

	if (u->r != FIRMA_OK || !u->p.ops->sets_pin ||
	    u->p.ops->role != FIRMA_PIN_SO)
		return FIRMA_OK;
	r = firma_store_pin(
	    u->agent->store, u->record.token, FIRMA_PIN_USER, &user, NULL);
	if (r != FIRMA_OK)
		return r == FIRMA_ERR_NOT_FOUND ? FIRMA_OK : r;
	firma_pin_record_accept(&user);
	return firma_txn_pin(txn, &user);
}

static void
result_stored(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	struct firma_presentation *u = arg;

	(void)seqs;
	if (r != FIRMA_OK)
		firma_log(FIRMA_LOG_ERROR, "PIN record of %s: %s (%s)",
		    u->token, firma_err_text(r), cause->what);
	conclude(u);
}

/* Write what became of it; when it cannot be written, it ends all the same. */
static void
store_result(
    struct firma_presentation *u, struct firma_txn **txn, bool is_whole)
{
	if (!is_whole) {
		firma_log(
		    FIRMA_LOG_ERROR, "PIN record of %s: not written", u->token);
		conclude(u);
		return;
	}
	(void)firma_store_submit(
	    u->agent->store, *txn, FIRMA_DURABLE_DISK, result_stored, u);
	*txn = NULL;
}

/* The token has spoken: close the intent, then tell the client. */
static void
settle(struct firma_presentation *u)
{
	FIRMA_OWN(firma_txn_done)
	struct firma_txn *txn = firma_txn_new(u->agent->store);
	struct firma_ledger_entry e;

	note_kept(u);
	/* Expired means that it was the right one. */
	if ((u->r == FIRMA_OK && !u->p.ops->tells) || u->accepted ||
	    (u->cause.kind == FIRMA_CAUSE_CKR &&
		u->cause.code == CKR_PIN_EXPIRED))
		firma_pin_record_accept(&u->record);
	else if (u->r == FIRMA_ERR_PIN || u->r == FIRMA_ERR_PIN_LOCKED)
		firma_pin_record_refuse(&u->record);
	else if (u->r == FIRMA_ERR_PIN_FORMAT && u->p.ops->sets_pin)
		firma_pin_record_cancel(&u->record); /* the new one's form */
	entry_of(u, &e);
	store_result(u, &txn,
	    txn != NULL &&
		(!u->has_record ||
		    firma_txn_pin(txn, &u->record) == FIRMA_OK) &&
		forget_user(u, txn) == FIRMA_OK &&
		firma_txn_ledger(txn, &e) == FIRMA_OK);
}

/* ---- between "read" and "presented" ---- */

/* May the token process present the PIN?  When it cannot be told it is gone,
 * and answer() hears of that. */
static void
go(const struct firma_presentation *u, bool yes)
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

/* The process ended before it was told to go on: the intent is void. */
static void
withdraw(struct firma_presentation *u)
{
	FIRMA_OWN(firma_txn_done)
	struct firma_txn *txn = firma_txn_new(u->agent->store);

	firma_pin_record_cancel(&u->record);
	store_result(
	    u, &txn, txn != NULL && firma_txn_pin(txn, &u->record) == FIRMA_OK);
}

static void
intent_stored(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	struct firma_presentation *u = arg;

	(void)seqs;
	u->storing = false;
	if (u->ended) {
		if (r == FIRMA_OK)
			withdraw(u);
		else
			conclude(u);
		return;
	}
	if (r != FIRMA_OK) {
		u->r = r;
		u->cause = *cause;
		u->vetoed = true;
	}
	u->presented = r == FIRMA_OK;
	go(u, u->presented);
}

static void
veto(struct firma_presentation *u, enum firma_err why)
{
	u->vetoed = true;
	u->r = why;
	go(u, false);
}

/* The token that the process found, against the one whose record we have. */
FIRMA_CHECKED static enum firma_err
judge(struct firma_presentation *u, const struct firma_msg_w_presenting *m)
{
	const struct firma_token *t = firma_token_find(u->agent, u->token);
	enum firma_err r;

	if (t == NULL)
		return FIRMA_ERR_CANCELLED;
	if (!firma_str_is(m->serial, u->record.token))
		return firma_fail(&u->cause, FIRMA_ERR_TOKEN_GONE,
		    FIRMA_CAUSE_NONE, 0, "%s: another token is there now",
		    u->token);
	r = firma_pin_record_judge(&u->record, m->pin_hash,
	    flags_of(m->ck_flags), tries_of(t, u->p.ops->role), u->p.flags,
	    &u->cause);
	if (r == FIRMA_OK)
		firma_pin_record_begin(
		    &u->record, m->pin_hash, flags_of(m->ck_flags));
	return r;
}

static void
presenting(struct firma_presentation *u, const struct firma_msg_w_presenting *m)
{
	FIRMA_OWN(firma_txn_done) struct firma_txn *txn = NULL;
	enum firma_err r;

	if ((r = judge(u, m)) != FIRMA_OK) {
		veto(u, r);
		return;
	}
	if (!u->has_record) {
		u->presented = true;
		go(u, true);
		return;
	}
	if ((txn = firma_txn_new(u->agent->store)) == NULL ||
	    firma_txn_pin(txn, &u->record) != FIRMA_OK) {
		veto(u, FIRMA_ERR_NOMEM);
		return;
	}
	u->storing = true;
	(void)firma_store_submit(
	    u->agent->store, txn, FIRMA_DURABLE_DISK, intent_stored, u);
	txn = NULL;
}

static void
answer(void *arg, enum firma_err r, const struct firma_frame *f, bool last,
    const struct firma_cause *cause)
{
	struct firma_presentation *u = arg;
	struct firma_msg_w_presenting m;

	if (r == FIRMA_OK && f->type == FIRMA_MSG_w_presenting) {
		if (firma_msg_decode(FIRMA_MSG_w_presenting, f->payload, &m,
			NULL) == FIRMA_OK)
			presenting(u, &m);
		else
			veto(u, FIRMA_ERR_INTERNAL);
		return;
	}
	if (r == FIRMA_OK && f->type == FIRMA_MSG_w_presented)
		u->accepted = true;
	else if (r == FIRMA_OK && u->p.ops->answer != NULL)
		u->p.ops->answer(u->p.arg, f);
	if (!last)
		return;
	if (!u->vetoed) {
		u->r = r;
		if (cause != NULL)
			u->cause = *cause;
	}
	if (u->storing)
		u->ended = true; /* u is the store's until it has written */
	else if (u->presented)
		settle(u);
	else
		conclude(u);
}

/* ---- its turn ---- */

uint64_t
firma_present_ns(const struct firma_token *t, int fd)
{
	return fd >= 0 ? FIRMA_PIN_WAIT_NS : firma_token_sign_ns(t);
}

enum firma_err
firma_present_channel(int *ret_ours, int *ret_theirs, struct firma_cause *cause)
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
	const bool has_keypad =
	    (t->ck_flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
	const struct firma_msg_pin_channel m = {
		.token = firma_str_of(t->config->name),
		.label = firma_str_of(t->label),
		.pin_state = (uint32_t)firma_token_pin_state(t),
		.min_pin = has_keypad ? 0 : t->min_pin,
		.max_pin = has_keypad ? 0 : t->max_pin,
	};

	firma_task_answer_fd(q, FIRMA_MSG_pin_channel, &m, fd);
}

FIRMA_CHECKED static enum firma_err
ask(struct firma_presentation *u, struct firma_token *t,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int theirs = -1;
	const bool has_channel = u->p.q != NULL && !u->p.is_kept;
	uint8_t room[sizeof(u->record.refused)];
	const struct firma_present_terms terms = {
		.salt = firma_bytes_of(u->record.salt, sizeof(u->record.salt)),
		.refused = firma_pin_record_refused(&u->record, room),
		.iterations = FIRMA_PIN_ITERATIONS,
		.flags = u->p.flags
	};
	enum firma_err r;

	if (has_channel &&
	    (r = firma_present_channel(&u->p.fd, &theirs, cause)) != FIRMA_OK)
		return r;
	r = u->p.ops->ask(
	    u->p.arg, t, &terms, firma_fd_take(&u->p.fd), answer, u, cause);
	if (r == FIRMA_OK && has_channel)
		offer(u->p.q, t, firma_fd_take(&theirs));
	return r;
}

/* Refuse the last try before anybody is asked for a PIN. */
FIRMA_CHECKED static enum firma_err
begin(struct firma_presentation *u, struct firma_token *t,
    struct firma_cause *cause)
{
	const enum firma_pin_role role = u->p.ops->role;
	enum firma_err r;

	u->has_record = t->serial[0] != '\0';
	if ((r = record_of(t->agent, t->serial, role, &u->record, cause)) !=
		FIRMA_OK ||
	    (r = firma_pin_record_judge(&u->record, (struct firma_bytes){ 0 },
		 flags_of(t->ck_flags), tries_of(t, role), u->p.flags,
		 cause)) != FIRMA_OK)
		return r;
	return ask(u, t, cause);
}

static void
run(struct firma_presentation *u)
{
	struct firma_token *t = firma_token_find(u->agent, u->token);
	bool is_done = false;

	u->r = t == NULL ? FIRMA_ERR_CANCELLED
			 : u->p.ops->check(u->p.arg, t, &is_done, &u->cause);
	if (u->r == FIRMA_OK && !is_done &&
	    (u->r = begin(u, t, &u->cause)) == FIRMA_OK)
		return;
	/* No reader told of a card that was out for a moment only. */
	if (t != NULL && u->r == FIRMA_ERR_TOKEN_GONE)
		firma_token_missed(t);
	finish(u);
}

enum firma_err
firma_present_begin(struct firma_token *t, const struct firma_present *p,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int own = p->fd;
	struct firma_presentation *u, **at = &t->presentation;
	size_t n = 0;

	for (; *at != NULL; at = &(*at)->next)
		n++;
	if (n > FIRMA_PRESENT_WAIT_MAX)
		return firma_fail(cause, FIRMA_ERR_TOKEN_BUSY, FIRMA_CAUSE_NONE,
		    0, "%s: too many wait to present a PIN", t->config->name);
	if ((u = calloc(1, sizeof(*u))) == NULL)
		return FIRMA_ERR_NOMEM;
	u->agent = t->agent;
	u->p = *p;
	u->p.fd = firma_fd_take(&own);
	COPY(u->token, t->config->name);
	*at = u;
	if (n == 0)
		run(u);
	return FIRMA_OK;
}
