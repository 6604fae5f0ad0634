/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "agent/base/own.h"
#include "agent/wire/values.h"
#include "pkcs11/worker/login.h"
#include "pkcs11/worker/write.h"

#define LABEL_LEN 32 /* octets, blank-padded: C_InitToken */

FIRMA_CHECKED static enum firma_err
pad_label(const struct firma_selector *s, struct firma_str label,
    uint8_t ret[LABEL_LEN], struct firma_cause *cause)
{
	if (s->kind == FIRMA_BY_LABEL) {
		if (label.len == 0)
			label = firma_str_of(s->text);
		else if (!firma_str_is(label, s->text))
			return firma_fail(cause, FIRMA_ERR_VALUE,
			    FIRMA_CAUSE_NONE, 0,
			    "label: the configuration selects another");
	}
	if (label.len == 0 || label.len > LABEL_LEN ||
	    label.at[label.len - 1] == ' ')
		return firma_fail(
		    cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0, "label");
	memset(ret, ' ', LABEL_LEN);
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

/* Some modules move a token to another slot when it is initialised. */
FIRMA_CHECKED static enum firma_err
follow(struct firma_token *t, const uint8_t label[LABEL_LEN], CK_SLOT_ID *slot,
    struct firma_cause *cause)
{
	const CK_FUNCTION_LIST_PTR f = t->module->f;
	CK_SLOT_ID list[FIRMA_SLOTS_MAX];
	CK_TOKEN_INFO info = { 0 };
	CK_ULONG n = 0;

	if (f->C_GetTokenInfo(*slot, &info) == CKR_OK &&
	    (info.flags & CKF_TOKEN_INITIALIZED) != 0)
		return FIRMA_OK;
	if (f->C_GetSlotList(CK_TRUE, NULL, &n) == CKR_OK) {
		n = FIRMA_SLOTS_MAX;
		if (f->C_GetSlotList(CK_TRUE, list, &n) != CKR_OK)
			n = 0;
		for (CK_ULONG i = 0; i < n; i++)
			if (f->C_GetTokenInfo(list[i], &info) == CKR_OK &&
			    (info.flags & CKF_TOKEN_INITIALIZED) != 0 &&
			    memcmp(info.label, label, LABEL_LEN) == 0) {
				*slot = list[i];
				return FIRMA_OK;
			}
	}
	return firma_fail(cause, FIRMA_ERR_TOKEN_GONE, FIRMA_CAUSE_NONE, 0,
	    "the token is not found after C_InitToken");
}

FIRMA_CHECKED static enum firma_err
set_pin(struct firma_token *t, CK_SLOT_ID slot, struct firma_bytes so_pin,
    struct firma_bytes user_pin, struct firma_cause *cause)
{
	const CK_FUNCTION_LIST_PTR f = t->module->f;
	CK_SESSION_HANDLE s;
	CK_RV rv, rv2;

	rv = f->C_OpenSession(
	    slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s);
	if (rv != CKR_OK)
		return firma_ckr_fail(cause, "C_OpenSession", rv);
	rv = f->C_Login(s, CKU_SO, firma_unconst(so_pin.at), so_pin.len);
	if (rv != CKR_OK) {
		(void)f->C_CloseSession(s);
		return firma_ckr_fail(cause, "C_Login", rv);
	}
	rv = f->C_InitPIN(s, firma_unconst(user_pin.at), user_pin.len);
	rv2 = f->C_Logout(s);
	(void)f->C_CloseSession(s);
	if (rv != CKR_OK)
		return firma_ckr_fail(cause, "C_InitPIN", rv);
	return rv2 == CKR_OK ? FIRMA_OK
			     : firma_ckr_fail(cause, "C_Logout", rv2);
}

/*
 * The lengths that a token tells are those of the user's PIN.  A SmartCard-HSM
 * takes 16 octets from the SO and at most 15 from the user.
 */
FIRMA_CHECKED static enum firma_err
so_pin_fits(struct firma_bytes so_pin, const CK_TOKEN_INFO *info,
    struct firma_cause *cause)
{
	CK_TOKEN_INFO no_maximum = *info;

	no_maximum.ulMaxPinLen = 0;
	return firma_pin_fits(so_pin, &no_maximum, cause);
}

enum firma_err
firma_write_init(struct firma_token *t, struct firma_str label,
    unsigned int flags, struct firma_bytes so_pin, struct firma_bytes user_pin,
    struct firma_cause *cause)
{
	/* No text by PKCS#11, but p11-kit-client.so looks for its end. */
	uint8_t padded[LABEL_LEN + 1] = { 0 };
	CK_TOKEN_INFO info = { 0 };
	CK_SLOT_ID slot;
	enum firma_err r;
	CK_RV rv;

	if ((r = pad_label(&t->selector, label, padded, cause)) != FIRMA_OK ||
	    (r = choose_slot(t, flags, &slot, &info, cause)) != FIRMA_OK ||
	    (r = so_pin_fits(so_pin, &info, cause)) != FIRMA_OK ||
	    (r = firma_pin_fits(user_pin, &info, cause)) != FIRMA_OK)
		return r;
	/* C_InitToken fails with CKR_SESSION_EXISTS while any is open. */
	(void)t->module->f->C_CloseAllSessions(slot);
	firma_token_lost(t);
	rv = t->module->f->C_InitToken(
	    slot, firma_unconst(so_pin.at), so_pin.len, padded);
	if (rv != CKR_OK)
		return firma_ckr_fail(cause, "C_InitToken", rv);
	if ((r = follow(t, padded, &slot, cause)) != FIRMA_OK)
		return r;
	return set_pin(t, slot, so_pin, user_pin, cause);
}
