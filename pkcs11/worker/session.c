/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/worker/session.h"

enum firma_err
firma_session_need(struct firma_session *s, struct firma_cause *cause)
{
	const CK_FUNCTION_LIST_PTR f = s->token->module->f;
	CK_TOKEN_INFO info;
	CK_SLOT_ID slot;
	enum firma_err r;
	CK_RV rv;

	if (s->is_open && s->epoch == atomic_load(&s->token->epoch))
		return FIRMA_OK;
	firma_session_done(s);
	if ((r = firma_token_find(s->token, &slot, &info, cause)) != FIRMA_OK)
		return r;
	s->epoch = atomic_load(&s->token->epoch);
	rv = f->C_OpenSession(
	    slot, CKF_SERIAL_SESSION | s->flags, NULL, NULL, &s->handle);
	if (rv != CKR_OK)
		return firma_token_fail(s->token, cause, "C_OpenSession", rv);
	s->is_open = true;
	return FIRMA_OK;
}

void
firma_session_done(struct firma_session *s)
{
	/*
	 * A session of an earlier epoch is gone with its token; its handle may
	 * by now be another session's.
	 */
	if (s->is_open && s->epoch == atomic_load(&s->token->epoch))
		(void)s->token->module->f->C_CloseSession(s->handle);
	s->is_open = false;
}

/*
 * A card that another program has reset lacks the application that the module
 * thinks is selected: every command fails, for ever, and the module still says
 * that the user is logged in (OpenSC 0.23).  Nor is a card known that was out
 * for a moment that pcscd did not see.  Such a card does not even give random
 * octets; a token that has none to give says so, and that is an answer.
 */
static CK_RV
greet(const struct firma_session *s)
{
	CK_BYTE octets[8];
	const CK_RV rv = s->token->module->f->C_GenerateRandom(
	    s->handle, octets, sizeof(octets));

	if (rv == CKR_OK)
		return CKR_OK;
	return firma_ckr_is_unclear(rv) ||
		firma_ckr_err(rv) == FIRMA_ERR_TOKEN_GONE
	    ? rv
	    : CKR_OK;
}

/*
 * The login is void; logging out begins anew.  A card that does not answer then
 * either was powered down, and only a process that connects to it powers it.
 */
static void
forget_login(struct firma_session *s)
{
	(void)s->token->module->f->C_Logout(s->handle);
	firma_token_lost(s->token);
	if (firma_session_need(s, NULL) == FIRMA_OK && greet(s) != CKR_OK)
		atomic_store(&s->token->is_deaf, true);
}

enum firma_err
firma_session_fail(struct firma_session *s, struct firma_cause *cause,
    const char *call, CK_RV rv)
{
	if (rv != CKR_SESSION_HANDLE_INVALID && rv != CKR_SESSION_CLOSED) {
		const enum firma_err r =
		    firma_token_fail(s->token, cause, call, rv);

		if (firma_ckr_is_unclear(rv) && r != FIRMA_ERR_TOKEN_GONE &&
		    greet(s) != CKR_OK)
			forget_login(s);
		return r;
	}
	s->is_open = false;
	return firma_ckr_fail(cause, call, rv);
}

enum firma_err
firma_session_answers(struct firma_session *s, struct firma_cause *cause)
{
	enum firma_err r;
	CK_RV rv;

	if ((r = firma_session_need(s, cause)) != FIRMA_OK)
		return r;
	if ((rv = greet(s)) == CKR_OK)
		return FIRMA_OK;
	r = firma_token_fail(s->token, cause, "C_GenerateRandom", rv);
	if (r != FIRMA_ERR_TOKEN_GONE)
		forget_login(s);
	return firma_fail(cause, r, FIRMA_CAUSE_CKR, rv,
	    "C_GenerateRandom: %s; no PIN was presented", firma_ckr_name(rv));
}

void
firma_session_check(struct firma_session *s)
{
	CK_SESSION_INFO info = { 0 };

	if (!s->is_open || s->epoch != atomic_load(&s->token->epoch))
		return;
	if (s->token->module->f->C_GetSessionInfo(s->handle, &info) != CKR_OK)
		firma_token_lost(s->token);
}

enum firma_err
firma_session_is_user(
    struct firma_session *s, bool *ret_is_user, struct firma_cause *cause)
{
	CK_SESSION_INFO si = { 0 };
	enum firma_err r;
	CK_RV rv;

	if ((r = firma_session_need(s, cause)) != FIRMA_OK)
		return r;
	rv = s->token->module->f->C_GetSessionInfo(s->handle, &si);
	if (rv != CKR_OK)
		return firma_session_fail(s, cause, "C_GetSessionInfo", rv);
	*ret_is_user = si.state == CKS_RO_USER_FUNCTIONS ||
	    si.state == CKS_RW_USER_FUNCTIONS;
	return FIRMA_OK;
}

enum firma_err
firma_session_logged_in(
    struct firma_session *s, bool *ret_logged_in, struct firma_cause *cause)
{
	CK_TOKEN_INFO ti = { 0 };
	CK_SLOT_ID slot;
	bool is_user = false;
	enum firma_err r;

	if ((r = firma_session_need(s, cause)) != FIRMA_OK ||
	    (r = firma_token_find(s->token, &slot, &ti, cause)) != FIRMA_OK ||
	    (r = firma_session_is_user(s, &is_user, cause)) != FIRMA_OK)
		return r;
	*ret_logged_in = is_user || (ti.flags & CKF_LOGIN_REQUIRED) == 0;
	return FIRMA_OK;
}
