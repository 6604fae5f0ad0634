/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op.h - the operations and outcomes of the helper protocol, as one table each.
 * PROTOCOL.md says what each means; a test compares the two.
 */
#ifndef FIRMA_PORTAL_OP_H
#define FIRMA_PORTAL_OP_H

/* An operation's arguments: bits of what it must have. */
#define PORTAL_ARG_LETTER 0x01U /* "letter" */
#define PORTAL_ARG_ROLE   0x02U /* "role" */
#define PORTAL_ARG_FILE   0x04U /* "file": what is sent */
#define PORTAL_ARG_SHA256 0x08U /* "signature_sha256" or "request_sha256" */
#define PORTAL_ARG_EMAIL  0x10U
#define PORTAL_ARG_NAMES  0x20U /* "certificate_name", "key_name" */
#define PORTAL_ARG_SITE   0x40U /* "base", "endpoints" */

/* Outcomes as bits, to say which an operation may answer. */
#define PORTAL_BIT(outcome) (1U << PORTAL_##outcome)
#define PORTAL_ANY                                                           \
	(PORTAL_BIT(WAIT) | PORTAL_BIT(REJECTED) | PORTAL_BIT(UNREACHABLE) | \
	    PORTAL_BIT(PERSON))

#define PORTAL_OUTCOME_LIST(X)        \
	X(OK, "ok")                   \
	X(ISSUED, "issued")           \
	X(WAIT, "wait")               \
	X(REJECTED, "rejected")       \
	X(UNREACHABLE, "unreachable") \
	X(PERSON, "person")           \
	X(UNKNOWN, "unknown")

/*
 *        id              name              arguments      outcomes besides ANY
 */
#define PORTAL_OP_LIST(X)                                                     \
	X(OPEN, "open", PORTAL_ARG_SITE, PORTAL_BIT(OK))                      \
	X(CHALLENGE, "challenge", 0U, PORTAL_BIT(OK))                         \
	X(ENTER, "enter", PORTAL_ARG_FILE | PORTAL_ARG_NAMES, PORTAL_BIT(OK)) \
	X(DATA, "data", 0U, PORTAL_BIT(OK))                                   \
	X(CONFIRM, "confirm", PORTAL_ARG_EMAIL, PORTAL_BIT(OK))               \
	X(LETTER, "letter", PORTAL_ARG_LETTER, PORTAL_BIT(OK))                \
	X(SUBMIT_LETTER, "submit-letter",                                     \
	    PORTAL_ARG_LETTER | PORTAL_ARG_ROLE | PORTAL_ARG_FILE |           \
		PORTAL_ARG_SHA256,                                            \
	    PORTAL_BIT(OK))                                                   \
	X(FIND_LETTER, "find-letter",                                         \
	    PORTAL_ARG_LETTER | PORTAL_ARG_ROLE | PORTAL_ARG_SHA256,          \
	    PORTAL_BIT(OK) | PORTAL_BIT(UNKNOWN))                             \
	X(MAIL, "mail", 0U, PORTAL_BIT(OK))                                   \
	X(SUBMIT_REQUEST, "submit-request",                                   \
	    PORTAL_ARG_FILE | PORTAL_ARG_SHA256, PORTAL_BIT(ISSUED))          \
	X(FIND_REQUEST, "find-request", PORTAL_ARG_SHA256,                    \
	    PORTAL_BIT(ISSUED) | PORTAL_BIT(UNKNOWN))                         \
	X(CERTIFICATE, "certificate", PORTAL_ARG_SHA256,                      \
	    PORTAL_BIT(ISSUED) | PORTAL_BIT(UNKNOWN))                         \
	X(FINISH, "finish", 0U, PORTAL_BIT(OK))                               \
	X(STAMP, "stamp", PORTAL_ARG_FILE, PORTAL_BIT(OK))

enum portal_outcome {
#define X(id, name) PORTAL_##id,
	PORTAL_OUTCOME_LIST(X)
#undef X
	    PORTAL_N_OUTCOMES
};

enum portal_op {
#define X(id, name, args, outcomes) PORTAL_OP_##id,
	PORTAL_OP_LIST(X)
#undef X
	    PORTAL_N_OPS
};

const char *portal_op_name(enum portal_op op);
unsigned int portal_op_args(enum portal_op op);
int portal_op_may_answer(enum portal_op op, enum portal_outcome outcome);
/* -1: no such name. */
int portal_op_of(const char *name);

const char *portal_outcome_name(enum portal_outcome o);
int portal_outcome_of(const char *name);

#endif
