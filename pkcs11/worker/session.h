/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - a session that is opened when it is needed and again when the
 * token went and came back.  One thread each.
 */
#ifndef FIRMA_WORKER_SESSION_H
#define FIRMA_WORKER_SESSION_H

#include "pkcs11/worker/token.h"

struct firma_session {
	struct firma_token *token;
	bool is_open;
	CK_FLAGS flags; /* CKF_RW_SESSION or 0 */
	uint64_t epoch; /* of the token, when it was opened */
	CK_SESSION_HANDLE handle;
};

/* Make sure that s->handle is open on the token.  Cheap when it is. */
FIRMA_CHECKED enum firma_err firma_session_need(
    struct firma_session *s, struct firma_cause *cause);

/* For FIRMA_OWN too.  Accepts one that is not open. */
void firma_session_done(struct firma_session *s);

/*
 * After a call with s->handle failed with rv.  When only the session is void
 * (it ended with a token that was pulled out, or idle for too long) it is
 * forgotten and opened again on its next use, and the other lanes keep theirs.
 * Everything else is firma_token_fail(); a token that does not answer at all
 * afterwards is logged out and, when that is no help, deaf (token.h).
 */
FIRMA_CHECKED enum firma_err firma_session_fail(struct firma_session *s,
    struct firma_cause *cause, const char *call, CK_RV rv);

/*
 * Before a PIN is presented: does the token itself answer, not only the module
 * from what it remembers?  A token that is found mute at this moment has had no
 * PIN, and there is no outcome to be in doubt about.  The error says so.
 */
FIRMA_CHECKED enum firma_err firma_session_answers(
    struct firma_session *s, struct firma_cause *cause);

/*
 * Is an open session still good?  Asked between requests: a token that was
 * pulled out and put back looks as before, but its sessions, and the login, are
 * void.  Then firma_token_lost(): everything is looked for again.
 */
void firma_session_check(struct firma_session *s);

/* Is the user logged in by this session's state, whatever the token's flags? */
FIRMA_CHECKED enum firma_err firma_session_is_user(
    struct firma_session *s, bool *ret_is_user, struct firma_cause *cause);

/*
 * May private objects be seen: is the user logged in, or does the token not
 * ask for it?  Opens the session when needed.
 */
FIRMA_CHECKED enum firma_err firma_session_logged_in(
    struct firma_session *s, bool *ret_logged_in, struct firma_cause *cause);

#endif
