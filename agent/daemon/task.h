/* SPDX-License-Identifier: Apache-2.0 */
/*
 * task.h - one request of a client, from its frame to its last answer.
 *
 * A request lives on when its client hangs up: what was begun is ended, and
 * the answer is kept for a while (replay.h), so that asking again with the
 * same id has no second effect.
 */
#ifndef FIRMA_DAEMON_TASK_H
#define FIRMA_DAEMON_TASK_H

#include "agent/daemon/agent.h"
#include "agent/wire/frame.h"

#define FIRMA_DEADLINE_DEFAULT_MS 120000

struct firma_handover;

struct firma_task {
	struct firma_agent *agent;
	struct firma_conn *conn; /* NULL once the client is gone */
	struct firma_peer peer;
	char program[64]; /* what the client called itself; not trusted */
	enum firma_msg_type type;
	uint64_t id;
	uint64_t deadline;
	uint64_t fingerprint;     /* of type and payload, for replay.h */
	struct firma_buf payload; /* a copy; message views point into it */
	union firma_msg_any msg;  /* decoded payload */
	int fd;                   /* the descriptor that came with it, or -1 */
	const char *rule;         /* the rule that allowed it */
	bool kept;                /* answers go into replay.h too */
	struct firma_buf out;     /* answers so far, when kept */
	struct firma_handover *handover; /* of a signature; or NULL */
	struct firma_task *next_of_conn;
	struct firma_task *next_same; /* in the replay table */
};

/* Send an answer that is not the last. */
void firma_task_answer(
    struct firma_task *q, enum firma_msg_type type, const void *msg);
/* With a descriptor, which is taken.  Such answers are not replayed. */
void firma_task_answer_fd(
    struct firma_task *q, enum firma_msg_type type, const void *msg, int fd);

/* The last answer.  q is gone afterwards. */
void firma_task_end(
    struct firma_task *q, enum firma_msg_type type, const void *msg);
void firma_task_done(struct firma_task *q, uint64_t count);
void firma_task_fail(struct firma_task *q, enum firma_err e, const char *rule,
    const struct firma_cause *cause);

/* As firma_task_fail, with the cause made on the spot. */
void firma_task_refuse(struct firma_task *q, enum firma_err e, const char *rule,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * Ask the rules; on refusal the request is answered and false returned.
 * key and token may be NULL.
 */
bool firma_task_allowed(struct firma_task *q, enum firma_ask_action what,
    const char *key, const char *token);

/* Begin to fill a ledger entry with what is known of the request. */
void firma_task_entry(const struct firma_task *q, const char *action,
    struct firma_ledger_entry *ret);

/* What that is: for an entry after the request's end. */
struct firma_asker {
	struct firma_peer peer;
	uint64_t id;
	const char *rule; /* static */
	char program[64];
};
struct firma_asker firma_task_asker(const struct firma_task *q);
void firma_asker_entry(const struct firma_asker *who, const char *action,
    struct firma_ledger_entry *ret);

#endif
