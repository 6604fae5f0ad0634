/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token.h - one configured token and the process that holds it.
 *
 * The token's process (firmad-token) is started, asked, timed and, when it
 * hangs or dies, killed, reaped and replaced with a growing pause.  A login is
 * never replayed: a token whose process was replaced is locked until somebody
 * presents the PIN again.
 *
 * Every call has the time that the module may take for it, counted from the
 * moment when the process begins it.  Whoever passes that time is killed; all
 * calls of that process end with FIRMA_ERR_TOKEN_STUCK.  A client's own, shorter
 * deadline ends its request, not the token's process, which others use.
 */
#ifndef FIRMA_DAEMON_TOKEN_H
#define FIRMA_DAEMON_TOKEN_H

#include "agent/daemon/agent.h"
#include "agent/wire/frame.h"

#define FIRMA_TOKEN_QUEUE_MAX 256 /* calls waiting for one token */

/*
 * An answer.  frame is NULL when r is not FIRMA_OK (cause says why).  is_last
 * says that the call is over; a list gives its items first.
 */
typedef void firma_token_fn(void *arg, enum firma_err r,
    const struct firma_frame *frame, bool is_last,
    const struct firma_cause *cause);

struct firma_presentation;

struct firma_token {
	struct firma_agent *agent;
	const struct firma_config_token *config;
	enum firma_token_state state;
	/* As w_token said last. */
	char label[65], serial[65], manufacturer[65], model[65];
	char slot[65]; /* that it is in, or was in last: CK_SLOT_INFO's words */
	uint64_t ck_flags;
	uint32_t min_pin, max_pin;
	bool present, logged_in;
	char why[256]; /* state BROKEN or ABSENT: what happened */
	uint32_t n_restarts;
	/* As the PIN records say; see present.h. */
	bool doubtful, so_doubtful; /* a presentation without outcome */
	uint32_t n_burnt;           /* tries lost since a PIN was taken */
	struct firma_presentation *presentation; /* under way, or NULL */
	pid_t kept_pid; /* of the process that keeps its PIN; 0: none */
	char kept_serial[65];
	char credential_serial[65]; /* that pin-credential was presented to */
	const char *more_env;       /* "NAME=VALUE" for its process, or "" */
	const char *start_env;      /* ... as its last start has it */
	uint64_t used; /* firma_uptime() of its last use; 0: to be locked */
	struct firma_token_process *process; /* NULL while none runs */
};

/* Make and start it; the token is STARTING until its process answers. */
FIRMA_CHECKED enum firma_err firma_token_new(struct firma_agent *a,
    const struct firma_config_token *config, struct firma_token **ret,
    struct firma_cause *cause);
void firma_token_free(struct firma_token *t); /* kills its process */
/*
 * The agent is ending: kill its process.  All calls end with
 * FIRMA_ERR_CANCELLED, and so does what is asked from now on.
 */
void firma_token_end(struct firma_token *t);

struct firma_token *firma_token_find(
    const struct firma_agent *a, const char *name);

/*
 * Was it unused for longer than lock-after, suspended time included?  Then
 * nobody may use it, also before it is really locked.
 */
bool firma_token_is_idle(const struct firma_token *t);

/* What the token's flags say about its PIN, and our record. */
enum firma_pin_state firma_token_pin_state(const struct firma_token *t);

/*
 * Ask the token's process.  fd (or -1) is taken.  fn is called from the loop,
 * never from here, and exactly once with is_last, unless this call fails:
 *
 * FIRMA_ERR_TOKEN_MODULE  no process runs (state BROKEN or STARTING)
 * FIRMA_ERR_TOKEN_BUSY    FIRMA_TOKEN_QUEUE_MAX calls wait
 *
 * may_take  nanoseconds that the module has for it; with fd: that a person has,
 *           while the process says that it waits for one
 * deadline  of the client; FIRMA_FOREVER for the agent's own
 */
FIRMA_CHECKED enum firma_err firma_token_call(struct firma_token *t,
    enum firma_msg_type type, const void *msg, int fd, uint64_t may_take,
    uint64_t deadline, firma_token_fn *fn, void *arg,
    struct firma_cause *cause);

/*
 * The DER of a w_der answer; ret_der views the frame.  FIRMA_ERR_INTERNAL for
 * another answer, FIRMA_ERR_SHAPE or _LIMIT for a broken one.
 */
FIRMA_CHECKED enum firma_err firma_token_der(
    const struct firma_frame *f, struct firma_bytes *ret_der);

/*
 * A second frame within a call (w_present).  Goes out at once; from now on the
 * module has may_take nanoseconds for the rest.
 */
FIRMA_CHECKED enum firma_err firma_token_tell(struct firma_token *t,
    enum firma_msg_type type, const void *msg, uint64_t may_take);

/* FIRMA_OK, or why the token cannot sign now; the cause names the token. */
FIRMA_CHECKED enum firma_err firma_token_ready(
    const struct firma_token *t, struct firma_cause *cause);

/*
 * Its process did something that a client asked for: when it ends, it is
 * replaced after the shortest pause.
 */
void firma_token_worked(struct firma_token *t);

/* Ask for the state again (w_probe); then the list of keys if it changed. */
void firma_token_probe(struct firma_token *t);

/*
 * Its card was pulled out, or its reader, or pcscd is gone: at once it is
 * absent and locked, whatever its module thinks.  Calls that its process has
 * not begun end with FIRMA_ERR_TOKEN_GONE; the process lets go of every
 * session, so that the PIN is needed again.
 */
void firma_token_taken_out(struct firma_token *t, const char *why);
/* It may have come: if it is not there, look, and do not wait to start over. */
void firma_token_look(struct firma_token *t);
/* Somebody asks for a token that is not there: the same, once a second. */
void firma_token_missed(struct firma_token *t);
/* Nobody tells any more when it comes: look by the clock again. */
void firma_token_unwatched(struct firma_token *t);

/*
 * Look at the token anew, list of keys included, and call fn when that is
 * done, however it ended.  What fn does next sees the token as it is now.
 */
void firma_token_settle(
    struct firma_token *t, void (*fn)(void *arg), void *arg);
/* The list of keys was read (key.c), or cannot be. */
void firma_token_settled(struct firma_token *t);

/* Nanoseconds by configuration: a signature; making a key. */
uint64_t firma_token_sign_ns(const struct firma_token *t);
uint64_t firma_token_generate_ns(const struct firma_token *t);

#endif
