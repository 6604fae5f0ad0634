/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "agent/base/own.h"
#include "agent/wire/values.h"
#include "pkcs11/worker/login.h"
#include "pkcs11/worker/write.h"

#define LABEL_LEN FIRMA_INIT_LABEL

/* The label without which the token would not be found again; or none. */
static struct firma_str
selected_label(const struct firma_selector *s)
{
	return s->kind == FIRMA_BY_LABEL ? firma_str_of(s->text)
	    : s->kind == FIRMA_BY_URI    ? firma_uri_label(s->uri)
					 : (struct firma_str){ NULL, 0 };
}

FIRMA_CHECKED static enum firma_err
pad_label(const struct firma_selector *s, struct firma_str label,
    uint8_t ret[LABEL_LEN + 1], struct firma_cause *cause)
{
	const struct firma_str wanted = selected_label(s);

	if (wanted.len != 0 && label.len == 0)
		label = wanted;
	else if (wanted.len != 0 &&
	    (label.len != wanted.len ||
		memcmp(label.at, wanted.at, label.len) != 0))
		return firma_fail(cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
		    "label: the configuration selects another");
	if (label.len == 0 || label.len > LABEL_LEN ||
	    label.at[label.len - 1] == ' ')
		return firma_fail(
		    cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0, "label");
	memset(ret, ' ', LABEL_LEN);
	ret[LABEL_LEN] = '\0';
	memcpy(ret, label.at, label.len);
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
choose_slot(struct firma_token *t, unsigned int flags, CK_SLOT_ID *ret_slot,
    CK_TOKEN_INFO *ret_info, struct firma_cause *cause)
{
	const enum firma_err r = firma_token_find(t, ret_slot, ret_info, cause);

	if (r == FIRMA_ERR_TOKEN_GONE)
		return firma_token_find_blank(t, ret_slot, ret_info, cause);
	if (r == FIRMA_OK && (flags & FIRMA_INIT_ERASE) == 0)
		return firma_fail(cause, FIRMA_ERR_EXISTS, FIRMA_CAUSE_NONE, 0,
		    "the token is initialised");
	return r;
}

/* How many initialised tokens have the label; ret_slot: the last of them. */
static CK_ULONG
count_label(const struct firma_token *t, const uint8_t label[LABEL_LEN],
    CK_SLOT_ID *ret_slot)
{
	const CK_FUNCTION_LIST_PTR f = t->module->f;
	CK_SLOT_ID list[FIRMA_SLOTS_MAX];
	CK_TOKEN_INFO info = { 0 };
	CK_ULONG n = 0, n_found = 0;

	if (firma_token_slots(t, list, &n, NULL) != FIRMA_OK)
		return 0;
	for (CK_ULONG i = 0; i < n; i++)
		if (f->C_GetTokenInfo(list[i], &info) == CKR_OK &&
		    (info.flags & CKF_TOKEN_INITIALIZED) != 0 &&
		    memcmp(info.label, label, LABEL_LEN) == 0) {
			*ret_slot = list[i];
			n_found++;
		}
	return n_found;
}

/* Some modules move a token to another slot when it is initialised. */
FIRMA_CHECKED static enum firma_err
follow(struct firma_token *t, const uint8_t label[LABEL_LEN], CK_SLOT_ID *slot,
    struct firma_cause *cause)
{
	const CK_FUNCTION_LIST_PTR f = t->module->f;
	CK_TOKEN_INFO info = { 0 };
	CK_ULONG n;

	if (f->C_GetTokenInfo(*slot, &info) == CKR_OK &&
	    (info.flags & CKF_TOKEN_INITIALIZED) != 0)
		return FIRMA_OK;
	if ((n = count_label(t, label, slot)) == 1)
		return FIRMA_OK;
	if (n > 1) /* the SO-PIN is shown to none of them */
		return firma_fail(cause, FIRMA_ERR_STATE, FIRMA_CAUSE_NONE, 0,
		    "initialised, without a PIN: %lu tokens have that label",
		    n);
	return firma_fail(cause, FIRMA_ERR_TOKEN_GONE, FIRMA_CAUSE_NONE, 0,
	    "the token is not found after C_InitToken");
}

/* A module that says CKR_OK and set no PIN is not believed. */
FIRMA_CHECKED static enum firma_err
confirm_pin(struct firma_token *t, CK_SLOT_ID slot, struct firma_cause *cause)
{
	CK_TOKEN_INFO info = { 0 };
	const CK_RV rv = t->module->f->C_GetTokenInfo(slot, &info);

	if (rv != CKR_OK)
		return firma_ckr_fail(cause, "C_GetTokenInfo", rv);
	return (info.flags & CKF_USER_PIN_INITIALIZED) != 0
	    ? FIRMA_OK
	    : firma_fail(cause, FIRMA_ERR_TOKEN_ERROR, FIRMA_CAUSE_NONE, 0,
		  "C_InitPIN: CKR_OK, and the token has no user PIN");
}

/*
 * A read-write session of our own, alone: C_Login as SO fails while there is a
 * read-only one, and C_InitToken while there is any.
 */
FIRMA_CHECKED static enum firma_err
open_alone(struct firma_token *t, CK_SLOT_ID slot, CK_SESSION_HANDLE *ret,
    struct firma_cause *cause)
{
	const CK_FUNCTION_LIST_PTR f = t->module->f;
	CK_RV rv;

	(void)f->C_CloseAllSessions(slot);
	firma_token_lost(t);
	rv = f->C_OpenSession(
	    slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, ret);
	return rv == CKR_OK ? FIRMA_OK
			    : firma_ckr_fail(cause, "C_OpenSession", rv);
}

enum firma_err
firma_write_user_pin(struct firma_token *t, CK_SLOT_ID slot,
    struct firma_bytes so_pin, struct firma_bytes user_pin,
    enum firma_err (*accepted)(void *arg), void *arg, struct firma_cause *cause)
{
	const CK_FUNCTION_LIST_PTR f = t->module->f;
	enum firma_err r;
	CK_SESSION_HANDLE s;
	CK_RV rv, rv2;

	if ((r = open_alone(t, slot, &s, cause)) != FIRMA_OK)
		return r;
	rv = f->C_Login(s, CKU_SO, firma_unconst(so_pin.at), so_pin.len);
	if (rv != CKR_OK) {
		(void)f->C_CloseSession(s);
		return firma_ckr_fail(cause, "C_Login (SO)", rv);
	}
	r = accepted != NULL ? accepted(arg) : FIRMA_OK;
	rv = f->C_InitPIN(s, firma_unconst(user_pin.at), user_pin.len);
	rv2 = f->C_Logout(s);
	(void)f->C_CloseSession(s);
	if (rv != CKR_OK)
		return firma_ckr_fail(cause, "C_InitPIN", rv);
	if (rv2 != CKR_OK)
		return firma_ckr_fail(cause, "C_Logout", rv2);
	return r != FIRMA_OK ? r : confirm_pin(t, slot, cause);
}

enum firma_err
firma_write_pin(struct firma_token *t, struct firma_bytes old_pin,
    struct firma_bytes new_pin, struct firma_cause *cause)
{
	FIRMA_OWN(firma_session_done)
	struct firma_session s = { .token = t, .flags = CKF_RW_SESSION };
	enum firma_err r;
	CK_RV rv;

	if ((r = firma_session_need(&s, cause)) != FIRMA_OK)
		return r;
	rv = t->module->f->C_SetPIN(s.handle, firma_unconst(old_pin.at),
	    old_pin.len, firma_unconst(new_pin.at), new_pin.len);
	return rv == CKR_OK ? FIRMA_OK
			    : firma_session_fail(&s, cause, "C_SetPIN", rv);
}

enum firma_err
firma_write_init_plan(struct firma_token *t, struct firma_str label,
    unsigned int flags, struct firma_init *ret, struct firma_cause *cause)
{
	enum firma_err r;

	if ((r = pad_label(&t->selector, label, ret->label, cause)) != FIRMA_OK)
		return r;
	return choose_slot(t, flags, &ret->slot, &ret->info, cause);
}

enum firma_err
firma_write_init_token(struct firma_token *t, struct firma_init *plan,
    struct firma_bytes so_pin, struct firma_cause *cause)
{
	CK_RV rv;

	/* C_InitToken fails with CKR_SESSION_EXISTS while any is open. */
	(void)t->module->f->C_CloseAllSessions(plan->slot);
	firma_token_lost(t);
	rv = t->module->f->C_InitToken(
	    plan->slot, firma_unconst(so_pin.at), so_pin.len, plan->label);
	if (rv != CKR_OK)
		return firma_ckr_fail(cause, "C_InitToken", rv);
	return follow(t, plan->label, &plan->slot, cause);
}
