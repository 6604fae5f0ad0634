/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h - talk to the agent: connect, ask, be answered.
 *
 * A client is one connection.  Nothing here is global: any number of clients
 * may exist, each used by one thread at a time.
 *
 * A deadline is a point of CLOCK_MONOTONIC (agent/base/clock.h).  The agent is
 * told a little less than what is left, so that its own clear error arrives
 * before this side gives up.
 *
 * Every request carries a random 64-bit id.  When the connection is lost,
 * firma_client_call() connects again and asks once more with the SAME id: the
 * agent answers a known id again without a second effect.  It does not do so
 * once a pin_channel was answered: a PIN is presented once for one entry.
 *
 * May include: agent/base, agent/wire.
 */
#ifndef FIRMA_CLIENT_CLIENT_H
#define FIRMA_CLIENT_CLIENT_H

#include "agent/client/channel.h"

#define FIRMA_CLIENT_RULE         65  /* octets, with the terminating zero */
#define FIRMA_CLIENT_PATH         256 /* octets, with the terminating zero */
#define FIRMA_CLIENT_VERSION_TEXT 33

struct firma_client; /* opaque; made by _open, ended by _free */

/* What the agent said at the beginning. */
struct firma_client_welcome {
	uint32_t version;
	uint64_t instance; /* another number after each start of the agent */
	char agent_version[FIRMA_CLIENT_VERSION_TEXT];
	char rule[FIRMA_CLIENT_RULE]; /* the rule that lets us in */
};

/*
 * Connect and say hello.
 *
 * path     the socket; NULL: the environment's FIRMA_SOCKET, else
 *          $XDG_RUNTIME_DIR/firmad/socket, else /run/firmad/socket, the first
 *          that somebody listens on
 * program  who we are, for the agent's log
 *
 * FIRMA_ERR_AGENT_GONE  nobody listens; the cause has the path tried last
 * FIRMA_ERR_DENIED      a rule, or the socket's permissions
 * FIRMA_ERR_VERSION     no version in common
 */
FIRMA_CHECKED enum firma_err firma_client_open(const char *path,
    const char *program, uint64_t deadline, struct firma_client **ret,
    struct firma_cause *cause);
void firma_client_free(struct firma_client *c); /* accepts NULL */

/* For FIRMA_OWN. */
static inline void
firma_client_done(struct firma_client **c)
{
	firma_client_free(*c);
	*c = NULL;
}

const struct firma_client_welcome *firma_client_welcome(
    const struct firma_client *c);
const char *firma_client_path(const struct firma_client *c);

/* The rule named by the last error that the agent answered, or "". */
const char *firma_client_rule(const struct firma_client *c);

/* Call idle each `every` nanoseconds while waiting; NULL: no more. */
void firma_client_set_idle(
    struct firma_client *c, firma_idle_fn *idle, void *arg, uint64_t every);

/*
 * Look for the answer again and again for this long before sleeping: saves the
 * waking of an idle core at the price of this one's time.  0 is the default.
 */
void firma_client_set_spin(struct firma_client *c, uint64_t ns);

/*
 * One answer that is not the last.  msg is a struct firma_msg_<type> whose
 * views are valid during the call only.  *fd is a descriptor or -1: set it to
 * -1 to keep it, else it is closed afterwards.
 *
 * type 0 and msg NULL: the connection was lost and the request is being asked
 * again; forget what came so far.
 *
 * A result other than FIRMA_OK ends the call with it; later answers to the
 * request are dropped when they come.
 */
typedef enum firma_err firma_client_item_fn(
    void *arg, enum firma_msg_type type, const void *msg, int *fd);

/*
 * Ask, and be answered to the end.
 *
 * msg      a struct firma_msg_<type>
 * fd       borrowed descriptor that goes with it, or -1
 * on_item  may be NULL: items are dropped
 *
 * Returns FIRMA_OK after `done` (or `signed`), or the agent's error with its
 * cause and rule, or what on_item returned, or
 * FIRMA_ERR_AGENT_GONE  the connection is lost and stays lost
 * FIRMA_ERR_DEADLINE    no answer in time
 * FIRMA_ERR_SHAPE       the answer is not the protocol
 */
FIRMA_CHECKED enum firma_err firma_client_call(struct firma_client *c,
    enum firma_msg_type type, const void *msg, int fd, uint64_t deadline,
    firma_client_item_fn *on_item, void *arg, struct firma_cause *cause);

/* A signature.  Zero-initialise; reuse keeps its memory; _done() ends it. */
struct firma_signed {
	struct firma_buf signature;
	uint64_t ledger_seq;
	uint8_t sha256[32]; /* what was signed, as the agent hashed it */
};
void firma_signed_done(struct firma_signed *s);
/* For firma_client_call() with a sign request; arg is a struct firma_signed. */
enum firma_err firma_signed_keep(
    void *arg, enum firma_msg_type type, const void *msg, int *fd);

/* The fast path: one request, one answer; the same retry as above. */
FIRMA_CHECKED enum firma_err firma_client_sign(struct firma_client *c,
    const struct firma_msg_sign *ask, int fd, uint64_t deadline,
    struct firma_signed *ret, struct firma_cause *cause);

/*
 * Pipelining: send several, receive by id.  Without reconnection: after
 * FIRMA_ERR_AGENT_GONE or FIRMA_ERR_SHAPE open another client.  When it is a
 * send that fails, answers that have come can still be received.
 */
FIRMA_CHECKED enum firma_err firma_client_send(struct firma_client *c,
    enum firma_msg_type type, const void *msg, int fd, uint64_t deadline,
    uint64_t *ret_id, struct firma_cause *cause);

struct firma_client_answer {
	uint64_t id;
	enum firma_msg_type type;
	const void *msg;    /* struct firma_msg_<type>; until the next call */
	int fd;             /* or -1; the caller closes it */
	int is_last;        /* done, error or signed: the request is over */
	enum firma_err err; /* of an `error`, else FIRMA_OK */
};

FIRMA_CHECKED enum firma_err firma_client_receive(struct firma_client *c,
    uint64_t deadline, struct firma_client_answer *ret,
    struct firma_cause *cause);

#endif
