/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.h - what goes back to `firma`: one JSON line.
 *
 * May include: agent/base, jansson.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_PORTAL_ANSWER_H
#define FIRMA_PORTAL_ANSWER_H

#include "cli/portal/request.h"

#define PORTAL_TEXT_MAX   2048   /* octets, with the terminating zero */
#define PORTAL_RETRY_MAX  86400U /* seconds */
#define PORTAL_FIELDS_MAX 12
#define PORTAL_FIELD_MAX  300 /* octets of a value */

/*
 * Why an outcome is "unreachable" or "rejected", for programs: the field
 * `reason`.  Those of "unreachable" all mean: nobody knows whether it arrived.
 */
#define PORTAL_REASON_LIST(X)                                                  \
	X(CONNECT, "connect") /* no connection, or it was lost */              \
	X(TIMEOUT, "timeout")                                                  \
	X(TLS, "tls")           /* the server could not prove who it is */     \
	X(SERVER, "server")     /* HTTP 5xx, 408, 429 */                       \
	X(REDIRECT, "redirect") /* sent elsewhere; not followed */             \
	X(TOO_BIG, "too-big")   /* the answer is over the bound */             \
	X(ANSWER, "answer")     /* the answer makes no sense */                \
	X(SESSION,                                                             \
	    "session")      /* rejected: the session is over, log in again */  \
	X(USAGE, "usage")   /* rejected: the request to the helper is wrong */ \
	X(FOLDER, "folder") /* rejected: DIR cannot be read or written */

enum portal_reason {
	PORTAL_REASON_NONE,
#define X(id, name) PORTAL_REASON_##id,
	PORTAL_REASON_LIST(X)
#undef X
};

struct portal_answer {
	enum portal_outcome outcome;
	char text[PORTAL_TEXT_MAX]; /* clean UTF-8 */
	char file[PORTAL_FILE_MAX];
	char session[PORTAL_SESSION_MAX];
	unsigned int retry_after; /* seconds */
	json_t *fields;           /* owned; an object of strings, or NULL */
};

void portal_answer_done(struct portal_answer *a);

/*
 * Take over a text from outside: what is not clean UTF-8 becomes '?', line
 * ends become blanks, and it is cut at a character's end.
 */
void portal_answer_text(struct portal_answer *a, struct firma_bytes text);

/* Set outcome, reason and a text of our own. */
void portal_answer_fail(struct portal_answer *a, enum portal_outcome outcome,
    enum portal_reason reason, const char *text);

/* FIRMA_ERR_LIMIT, FIRMA_ERR_NOMEM; value must be clean UTF-8. */
FIRMA_CHECKED enum firma_err portal_answer_field(
    struct portal_answer *a, const char *name, const char *value);

/* Append the line, with its newline, at most PORTAL_LINE_MAX octets. */
FIRMA_CHECKED enum firma_err portal_answer_line(
    const struct portal_answer *a, long long id, struct firma_buf *ret);

#endif
