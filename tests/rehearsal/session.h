/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - challenges, each good for one login, and the sessions that a
 * login makes.
 */
#ifndef FIRMA_REHEARSAL_SESSION_H
#define FIRMA_REHEARSAL_SESSION_H

#include "tests/rehearsal/call.h"

/* A new challenge: UTF-8 text.  The oldest make room when there are many. */
FIRMA_CHECKED enum firma_err rehearsal_challenge_new(
    struct rehearsal_state *st, struct firma_buf *ret);

/* Spend the challenge with exactly this text; 0 when it is not outstanding. */
int rehearsal_challenge_spend(
    struct rehearsal_state *st, struct firma_bytes text);

FIRMA_CHECKED enum firma_err rehearsal_session_new(struct rehearsal_state *st,
    const json_t *company, enum rehearsal_role role,
    char ret_cookie[REHEARSAL_COOKIE_MAX]);

/* The company of a live session; NULL when the cookie names none. */
json_t *rehearsal_session_company(const struct rehearsal_state *st,
    const char *cookie, enum rehearsal_role *ret_role);

/* SecuenciaFirma.idse and AccesoIDSE.idse. */
FIRMA_CHECKED enum firma_err rehearsal_do_challenge(struct rehearsal_call *call,
    struct rehearsal_answer *ret, struct rehearsal_refusal *why);
FIRMA_CHECKED enum firma_err rehearsal_do_enter(struct rehearsal_call *call,
    struct rehearsal_answer *ret, struct rehearsal_refusal *why);

#endif
