/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sins of sins.def: each shows in one function, or in few.
 */
#include "tests/badmodule/badmodule.h"

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define SLOW_US         300000
#define SLOW_GENERATE_S 6

static CK_RV
initialize(void *args)
{
	static bool is_initialized;

	bad_note("C_Initialize");
	bad_do_at_start();
	if (bad_is(SIN_HANG_INIT))
		bad_hang();
	if (bad_is(SIN_CRASH_INIT))
		bad_crash();
	if (bad_is(SIN_ERROR_INIT))
		return CKR_GENERAL_ERROR;
	if (bad_is(SIN_CANT_LOCK) && args != NULL && !is_initialized)
		return CKR_CANT_LOCK;
	is_initialized = true;
	return bad_target->C_Initialize(args);
}

static CK_RV
get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	const CK_RV rv = bad_target->C_GetTokenInfo(slot, info);

	if (rv != CKR_OK || (info->flags & CKF_TOKEN_INITIALIZED) == 0)
		return rv;
	if (bad_is(SIN_FLAG_LOCKED))
		info->flags |= CKF_USER_PIN_LOCKED;
	if (bad_is(SIN_FLAG_FINAL))
		info->flags |= CKF_USER_PIN_FINAL_TRY;
	if (bad_is(SIN_FLAG_SILENT))
		info->flags &= ~(CK_FLAGS)(CKF_USER_PIN_COUNT_LOW |
		    CKF_USER_PIN_FINAL_TRY | CKF_SO_PIN_COUNT_LOW |
		    CKF_SO_PIN_FINAL_TRY);
	if (bad_is(SIN_PINPAD))
		info->flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
	if (bad_is(SIN_FLAG_NO_USER_PIN))
		info->flags &= ~(CK_FLAGS)CKF_USER_PIN_INITIALIZED;
	if (bad_is(SIN_FLAG_NO_LOGIN))
		info->flags &= ~(CK_FLAGS)CKF_LOGIN_REQUIRED;
	if (bad_is(SIN_FLAG_ALL))
		info->flags = ~(CK_FLAGS)0;
	if (bad_is(SIN_PIN_LENGTHS)) {
		info->ulMinPinLen = ~0ul;
		info->ulMaxPinLen = 1;
	}
	if (bad_is(SIN_GARBAGE_TEXT)) {
		memset(
		    info->manufacturerID, 0xff, sizeof(info->manufacturerID));
		memcpy(info->model, "\033[31m\xc3\x28 model   ",
		    sizeof(info->model));
	}
	return rv;
}

/* ---- always-authenticate ---- */

/* Where a signature with a key that asks each time has come to. */
static _Atomic enum { ASK_NOTHING, ASK_BEGUN, ASK_TAKEN, ASK_BROKEN } asking;
static unsigned char user_pin[64]; /* that C_Login took last */
static CK_ULONG user_pin_len;

void
bad_watch(enum function f)
{
	if (asking != ASK_NOTHING && f != FN_C_Login && f != FN_C_Sign)
		asking = ASK_BROKEN;
}

static CK_RV
login_context(const unsigned char *pin, CK_ULONG len)
{
	if (asking != ASK_BEGUN)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (pin == NULL || len != user_pin_len ||
	    memcmp(pin, user_pin, len) != 0)
		return CKR_PIN_INCORRECT;
	asking = ASK_TAKEN;
	return CKR_OK;
}

/* CKR_OK: C_Sign may go on. */
static CK_RV
asked(void)
{
	const int was = asking;

	asking = ASK_NOTHING;
	return was == ASK_TAKEN ? CKR_OK
	    : was == ASK_BEGUN  ? CKR_USER_NOT_LOGGED_IN
				: CKR_OPERATION_NOT_INITIALIZED;
}

/*
 * SoftHSM2 has no keypad.  This one has had typed in: the PIN, which is the new
 * one after it was changed, and the SO-PIN.
 */
static unsigned char keyed_pin[] = "123456", keyed_new[] = "654321",
		     keyed_so[] = "0123456789abcdef";

static CK_RV
login_keyed(CK_SESSION_HANDLE s, CK_USER_TYPE user, const unsigned char *pin)
{
	if (pin != NULL)
		return CKR_ARGUMENTS_BAD;
	return user == CKU_SO
	    ? bad_target->C_Login(s, user, keyed_so, sizeof(keyed_so) - 1)
	    : bad_target->C_Login(s, user, keyed_pin, sizeof(keyed_pin) - 1);
}

static CK_RV
set_pin(CK_SESSION_HANDLE s, unsigned char *old_pin, CK_ULONG old_len,
    unsigned char *new_pin, CK_ULONG new_len)
{
	CK_RV rv;

	bad_note("C_SetPIN");
	if (!bad_is(SIN_PINPAD))
		return bad_target->C_SetPIN(
		    s, old_pin, old_len, new_pin, new_len);
	if (old_pin != NULL || new_pin != NULL)
		return CKR_ARGUMENTS_BAD;
	rv = bad_target->C_SetPIN(s, keyed_pin, sizeof(keyed_pin) - 1,
	    keyed_new, sizeof(keyed_new) - 1);
	if (rv == CKR_OK)
		memcpy(keyed_pin, keyed_new, sizeof(keyed_pin));
	return rv;
}

static CK_RV
init_pin(CK_SESSION_HANDLE s, unsigned char *pin, CK_ULONG len)
{
	bad_note("C_InitPIN");
	if (!bad_is(SIN_PINPAD))
		return bad_target->C_InitPIN(s, pin, len);
	return pin != NULL
	    ? CKR_ARGUMENTS_BAD
	    : bad_target->C_InitPIN(s, keyed_pin, sizeof(keyed_pin) - 1);
}

static CK_RV
login(CK_SESSION_HANDLE s, CK_USER_TYPE user, unsigned char *pin, CK_ULONG len)
{
	bad_note(user == CKU_SO ? "C_Login SO" : "C_Login");
	if (bad_is(SIN_HANG_LOGIN))
		bad_hang();
	if (bad_is(SIN_PIN_LOCKED))
		return CKR_PIN_LOCKED;
	if (bad_is(SIN_PINPAD) && user != CKU_CONTEXT_SPECIFIC)
		return login_keyed(s, user, pin);
	if (bad_is(SIN_ALWAYS_ASK) && user == CKU_CONTEXT_SPECIFIC)
		return login_context(pin, len);
	const CK_RV rv = bad_target->C_Login(s, user, pin, len);

	/* Only then: another test looks for PINs that stayed in memory. */
	if (rv == CKR_OK && user == CKU_USER && pin != NULL &&
	    len <= sizeof(user_pin) && bad_is(SIN_ALWAYS_ASK)) {
		memcpy(user_pin, pin, len);
		user_pin_len = len;
	}

	if (bad_is(SIN_CRASH_LOGIN))
		bad_crash();
	return rv;
}

/* As after a card was pulled out and put back between two requests. */
static CK_RV
get_session_info(CK_SESSION_HANDLE s, CK_SESSION_INFO *info)
{
	static atomic_flag is_done = ATOMIC_FLAG_INIT;
	const CK_RV rv = bad_target->C_GetSessionInfo(s, info);

	if (rv != CKR_OK || !bad_is(SIN_REINSERTED) ||
	    atomic_flag_test_and_set(&is_done))
		return rv;
	(void)bad_target->C_CloseAllSessions(info->slotID);
	return CKR_SESSION_HANDLE_INVALID;
}

static CK_RV
sign_init(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key)
{
	static atomic_flag is_lost = ATOMIC_FLAG_INIT;
	CK_SESSION_INFO info;

	if (bad_is(SIN_REMOVED_SIGN))
		return CKR_DEVICE_REMOVED;
	if (bad_is(SIN_PULLED) && !atomic_flag_test_and_set(&is_lost)) {
		if (bad_target->C_GetSessionInfo(s, &info) == CKR_OK)
			(void)bad_target->C_CloseAllSessions(info.slotID);
		return CKR_DEVICE_REMOVED;
	}
	if (bad_is(SIN_SESSION_LOST) && !atomic_flag_test_and_set(&is_lost))
		(void)bad_target->C_CloseSession(s);
	asking = bad_is(SIN_ALWAYS_ASK) ? ASK_BEGUN : ASK_NOTHING;
	return bad_target->C_SignInit(s, m, key);
}

static CK_RV
sign(CK_SESSION_HANDLE s, unsigned char *data, CK_ULONG len,
    unsigned char *signature, CK_ULONG *signature_len)
{
	bad_note("C_Sign");
	if (bad_is(SIN_HANG_SIGN))
		bad_hang();
	if (bad_is(SIN_CRASH_SIGN))
		bad_crash();
	if (bad_is(SIN_ERROR_SIGN))
		return CKR_DEVICE_ERROR;
	if (bad_is(SIN_SLOW_SIGN))
		(void)usleep(SLOW_US);
	bad_do_in_sign();
	if (bad_is(SIN_ALWAYS_ASK)) {
		const CK_RV refused = asked();

		if (refused != CKR_OK)
			return refused;
	}
	const CK_RV rv =
	    bad_target->C_Sign(s, data, len, signature, signature_len);

	if (rv != CKR_OK || signature == NULL)
		return rv;
	bad_length(FN_C_Sign, false, signature_len);
	if (bad_is(SIN_WRONG_LENGTH))
		(*signature_len)--;
	if (bad_is(SIN_WRONG_SIGNATURE))
		signature[*signature_len / 2] ^= 1;
	if (bad_is(SIN_ZERO_SIGNATURE))
		memset(signature, 0, *signature_len);
	return rv;
}

static CK_RV
generate_key_pair(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *pub,
    CK_ULONG n_pub, CK_ATTRIBUTE *priv, CK_ULONG n_priv,
    CK_OBJECT_HANDLE *ret_pub, CK_OBJECT_HANDLE *ret_priv)
{
	bad_note("C_GenerateKeyPair");
	if (bad_is(SIN_HANG_GENERATE))
		bad_hang();
	if (bad_is(SIN_SLOW_GENERATE))
		(void)sleep(SLOW_GENERATE_S);
	if (bad_is(SIN_CRASH_GENERATE))
		bad_crash();
	if (bad_is(SIN_FULL))
		return CKR_DEVICE_MEMORY;
	const CK_RV rv = bad_target->C_GenerateKeyPair(
	    s, m, pub, n_pub, priv, n_priv, ret_pub, ret_priv);

	if (bad_is(SIN_CRASH_GENERATED))
		bad_crash();
	return rv;
}

static CK_RV
create_object(
    CK_SESSION_HANDLE s, CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *ret)
{
	bad_note("C_CreateObject");
	if (bad_is(SIN_FULL))
		return CKR_DEVICE_MEMORY;
	for (CK_ULONG i = 0; i < n && bad_is(SIN_NO_IMPORT); i++)
		if (t[i].type == CKA_CLASS &&
		    *(const CK_OBJECT_CLASS *)t[i].pValue == CKO_PRIVATE_KEY)
			return CKR_FUNCTION_NOT_SUPPORTED;
	return bad_target->C_CreateObject(s, t, n, ret);
}

static void
overwrite(const CK_ATTRIBUTE *a, CK_ATTRIBUTE_TYPE type, CK_BBOOL v)
{
	if (a->type == type && a->pValue != NULL && a->ulValueLen == sizeof(v))
		*(CK_BBOOL *)a->pValue = v;
}

static CK_RV
get_attribute_value(
    CK_SESSION_HANDLE s, CK_OBJECT_HANDLE h, CK_ATTRIBUTE *t, CK_ULONG n)
{
	const CK_RV rv = bad_target->C_GetAttributeValue(s, h, t, n);

	for (CK_ULONG i = 0; i < n && rv == CKR_OK; i++) {
		bad_length(FN_C_GetAttributeValue, t[i].pValue == NULL,
		    &t[i].ulValueLen);
		if (bad_is(SIN_NO_PROOF))
			overwrite(&t[i], CKA_NEVER_EXTRACTABLE, CK_FALSE);
		if (bad_is(SIN_ALWAYS_ASK))
			overwrite(&t[i], CKA_ALWAYS_AUTHENTICATE, CK_TRUE);
	}
	return rv;
}

static CK_RV
get_slot_list(CK_BBOOL present, CK_SLOT_ID *at, CK_ULONG *n)
{
	const CK_RV rv = bad_target->C_GetSlotList(present, at, n);

	if (rv == CKR_OK)
		bad_length(FN_C_GetSlotList, at == NULL, n);
	return rv;
}

static CK_RV
get_mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE *at, CK_ULONG *n)
{
	const CK_RV rv = bad_target->C_GetMechanismList(slot, at, n);

	if (rv == CKR_OK)
		bad_length(FN_C_GetMechanismList, at == NULL, n);
	return rv;
}

static CK_RV
find_objects(
    CK_SESSION_HANDLE s, CK_OBJECT_HANDLE *at, CK_ULONG max, CK_ULONG *n)
{
	const CK_RV rv = bad_target->C_FindObjects(s, at, max, n);

	if (rv == CKR_OK)
		bad_length(FN_C_FindObjects, false, n);
	return rv;
}

void
bad_special_put(CK_FUNCTION_LIST *list)
{
	list->C_Initialize = initialize;
	list->C_GetSlotList = get_slot_list;
	list->C_GetTokenInfo = get_token_info;
	list->C_GetMechanismList = get_mechanism_list;
	list->C_Login = login;
	list->C_SetPIN = set_pin;
	list->C_InitPIN = init_pin;
	list->C_GetSessionInfo = get_session_info;
	list->C_FindObjects = find_objects;
	list->C_SignInit = sign_init;
	list->C_Sign = sign;
	list->C_GenerateKeyPair = generate_key_pair;
	list->C_CreateObject = create_object;
	list->C_GetAttributeValue = get_attribute_value;
}
