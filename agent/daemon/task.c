/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/task.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/own.h"
#include "agent/daemon/conn.h"
#include "agent/daemon/handover.h"
#include "agent/daemon/log.h"
#include "agent/daemon/replay.h"

static bool
is_signature(enum firma_msg_type type)
{
	return type == FIRMA_MSG_signed || type == FIRMA_MSG_request_made;
}

static void
answer(struct firma_task *q, enum firma_msg_type type, const void *msg, int fd)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf frame = { 0 };
	enum firma_err r;

	r = firma_frame_put(&frame, type, msg, q->id, 0, fd >= 0 ? 1 : 0);
	if (r != FIRMA_OK) {
		firma_log(FIRMA_LOG_ERROR, "answer %s: %s",
		    firma_msg_find(type)->name, firma_err_text(r));
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	if (q->kept && fd < 0 &&
	    firma_buf_put(&q->out, firma_buf_view(&frame)) != FIRMA_OK)
		firma_log(FIRMA_LOG_WARNING, "answer not kept: no memory");
	if (q->conn != NULL)
		firma_conn_put(q->conn, firma_buf_view(&frame), fd,
		    is_signature(type) ? q->handover : NULL);
	else if (fd >= 0)
		(void)close(fd);
}

void
firma_task_answer(
    struct firma_task *q, enum firma_msg_type type, const void *msg)
{
	answer(q, type, msg, -1);
}

void
firma_task_answer_fd(
    struct firma_task *q, enum firma_msg_type type, const void *msg, int fd)
{
	answer(q, type, msg, fd);
}

void
firma_task_end(struct firma_task *q, enum firma_msg_type type, const void *msg)
{
	answer(q, type, msg, -1);
	if (q->kept)
		firma_replay_end(q->agent->replay, q);
	if (q->conn != NULL)
		firma_conn_forget(q->conn, q);
	firma_handover_drop(q->handover);
	firma_buf_done(&q->out);
	firma_buf_done(&q->payload);
	firma_fd_done(&q->fd);
	free(q);
}

void
firma_task_done(struct firma_task *q, uint64_t count)
{
	firma_task_end(
	    q, FIRMA_MSG_done, &(struct firma_msg_done){ .count = count });
}

void
firma_task_fail(struct firma_task *q, enum firma_err e, const char *rule,
    const struct firma_cause *cause)
{
	struct firma_msg_error m = { .err = e, .rule = firma_str_of(rule) };

	if (cause != NULL) {
		m.cause_kind = cause->kind;
		m.cause_code = cause->code;
		m.what = firma_str_of(cause->what);
	}
	if (firma_log_refusal())
		firma_log(FIRMA_LOG_INFO, "uid %u pid %d %s: %s%s%s%s%s%s",
		    (unsigned)q->peer.uid, (int)q->peer.pid,
		    firma_msg_find(q->type)->name, firma_err_text(e),
		    rule[0] != '\0' ? ", rule " : "", rule,
		    m.what.len != 0 ? " (" : "",
		    m.what.len != 0 ? cause->what : "",
		    m.what.len != 0 ? ")" : "");
	firma_task_end(q, FIRMA_MSG_error, &m);
}

void
firma_task_refuse(struct firma_task *q, enum firma_err e, const char *rule,
    const char *fmt, ...)
{
	struct firma_cause cause = { 0 };
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(cause.what, sizeof(cause.what), fmt, ap);
	va_end(ap);
	firma_task_fail(q, e, rule, &cause);
}

bool
firma_task_allowed(struct firma_task *q, enum firma_ask_action what,
    const char *key, const char *token)
{
	const struct firma_rule_facts facts = { q->agent->owner,
		q->agent->config };
	const struct firma_ask ask = { .action = what,
		.key = key != NULL ? key : "",
		.token = token != NULL ? token : "" };
	const struct firma_verdict v =
	    firma_rule_decide(&facts, &q->peer, &ask);

	q->rule = v.rule;
	if (v.allowed)
		return true;
	firma_task_refuse(
	    q, FIRMA_ERR_DENIED, v.rule, "%s", firma_ask_name(what));
	return false;
}

/* Cut at the array's end and always terminated; texts come bounded already. */
#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

void
firma_asker_entry(const struct firma_asker *who, const char *action,
    struct firma_ledger_entry *ret)
{
	/* The last user looked up: signing asks for the same one each time. */
	static uid_t last_uid = (uid_t)-1;
	static char last_name[FIRMA_LEDGER_USER];

	if (last_uid != who->peer.uid) {
		const struct passwd *pw = getpwuid(who->peer.uid);

		last_uid = who->peer.uid;
		COPY(last_name, pw != NULL ? pw->pw_name : "");
	}
	*ret = (struct firma_ledger_entry){ .uid = who->peer.uid,
		.pid = (uint32_t)who->peer.pid,
		.request = who->id };
	COPY(ret->user, last_name);
	COPY(ret->program, who->program);
	COPY(ret->action, action);
	COPY(ret->rule, who->rule);
	COPY(ret->result, "ok");
}

struct firma_asker
firma_task_asker(const struct firma_task *q)
{
	struct firma_asker who = {
		.peer = q->peer, .id = q->id, .rule = q->rule
	};

	memcpy(who.program, q->program, sizeof(who.program));
	return who;
}

void
firma_task_entry(const struct firma_task *q, const char *action,
    struct firma_ledger_entry *ret)
{
	const struct firma_asker who = firma_task_asker(q);

	firma_asker_entry(&who, action, ret);
}
