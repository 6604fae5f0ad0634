/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renew_portal.h - drive a portal helper: a program that talks to an
 * institution (cli/portal/PROTOCOL.md).
 *
 * It is started with the folder in which documents are exchanged, gets one JSON
 * line and answers one.  It never has the agent's socket.  Its answers are
 * bounded, checked, and waited for with a deadline; a helper that breaks any
 * of this is killed.
 */
#ifndef FIRMA_CLI_RENEW_PORTAL_H
#define FIRMA_CLI_RENEW_PORTAL_H

#include <sys/types.h>

#include <jansson.h>

#include "agent/base/buf.h"
#include "cli/file.h"

#define PORTAL_LINE_MAX_LEN ((size_t)64 * 1024)
#define PORTAL_FIELDS_TEXT  8193
#define PORTAL_TEXT         2049

/* Zero-initialise with pid 0 and descriptors -1: PORTAL_HELPER. */
struct portal_helper {
	char name[65];
	char dir[FILE_PATH_MAX]; /* private */
	int is_kept;             /* else removed at the end */
	pid_t pid;
	int to, from;
	struct firma_buf in;
	long long last_id;
};
#define PORTAL_HELPER                \
	(struct portal_helper)       \
	{                            \
		.to = -1, .from = -1 \
	}
void portal_helper_done(struct portal_helper *h);

struct portal_open {
	const char *helper, *base, *endpoints, *session, *lang;
	/* Where documents lie, and stay for a person; NULL: one for now. */
	const char *folder;
};

struct portal_reply {
	unsigned int outcome; /* enum firma_outcome */
	char text[PORTAL_TEXT], session[PORTAL_TEXT];
	char fields[PORTAL_FIELDS_TEXT]; /* a JSON object, or "" */
	uint64_t retry_after;            /* seconds */
	struct firma_buf file;           /* the fetched document, if any */
	int has_file;
};
void portal_reply_done(struct portal_reply *r);

/*
 * Start the helper and open the portal, if it does not run yet.
 *
 * FIRMA_ERR_NOT_FOUND      there is no such helper program
 * FIRMA_ERR_PORTAL_ANSWER  it does not speak the protocol
 */
FIRMA_CHECKED enum firma_err portal_start(struct portal_helper *h,
    const struct portal_open *o, struct firma_cause *cause);

/* Put a document into the folder under a plain name. */
FIRMA_CHECKED enum firma_err portal_put(struct portal_helper *h,
    const char *name, struct firma_bytes v, struct firma_cause *cause);

/*
 * One operation.  Takes ask (an object with "op" and its arguments).  A helper
 * that dies or is silent until the deadline gives FIRMA_OUTCOME_UNREACHABLE:
 * nobody knows whether the portal was reached.
 *
 * FIRMA_ERR_PORTAL_ANSWER  what came is no answer; the helper is gone
 */
FIRMA_CHECKED enum firma_err portal_ask(struct portal_helper *h, json_t *ask,
    struct portal_reply *ret, struct firma_cause *cause);

/*
 * Read one answer line: pure, for tests and fuzzing.  ret->file is not set;
 * ret_name is the plain name of the file, or "".
 */
FIRMA_CHECKED enum firma_err portal_parse(struct firma_bytes line, long long id,
    struct portal_reply *ret, char ret_name[65], struct firma_cause *cause);

#endif
