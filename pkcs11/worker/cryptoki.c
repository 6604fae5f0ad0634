/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/worker/cryptoki.h"

/* clang-format off */
#define CKR_LIST(X) \
	X(CANCEL,                     CANCELLED) \
	X(HOST_MEMORY,                NOMEM) \
	X(SLOT_ID_INVALID,            TOKEN_GONE) \
	X(GENERAL_ERROR,              TOKEN_ERROR) \
	X(FUNCTION_FAILED,            TOKEN_ERROR) \
	X(ARGUMENTS_BAD,              TOKEN_ERROR) \
	X(NO_EVENT,                   TOKEN_ERROR) \
	X(NEED_TO_CREATE_THREADS,     TOKEN_MODULE) \
	X(CANT_LOCK,                  TOKEN_MODULE) \
	X(ATTRIBUTE_READ_ONLY,        TOKEN_ERROR) \
	X(ATTRIBUTE_SENSITIVE,        TOKEN_ERROR) \
	X(ATTRIBUTE_TYPE_INVALID,     TOKEN_ERROR) \
	X(ATTRIBUTE_VALUE_INVALID,    TOKEN_ERROR) \
	X(ACTION_PROHIBITED,          TOKEN_ERROR) \
	X(DATA_INVALID,               TOKEN_ERROR) \
	X(DATA_LEN_RANGE,             TOKEN_ERROR) \
	X(DEVICE_ERROR,               TOKEN_ERROR) \
	X(DEVICE_MEMORY,              TOKEN_FULL) \
	X(DEVICE_REMOVED,             TOKEN_GONE) \
	X(FUNCTION_CANCELED,          CANCELLED) \
	X(FUNCTION_NOT_PARALLEL,      TOKEN_ERROR) \
	X(FUNCTION_NOT_SUPPORTED,     NOT_SUPPORTED) \
	X(KEY_HANDLE_INVALID,         TOKEN_ERROR) \
	X(KEY_SIZE_RANGE,             TOKEN_NO_MECH) \
	X(KEY_TYPE_INCONSISTENT,      TOKEN_NO_MECH) \
	X(KEY_NOT_NEEDED,             TOKEN_ERROR) \
	X(KEY_CHANGED,                TOKEN_ERROR) \
	X(KEY_NEEDED,                 TOKEN_ERROR) \
	X(KEY_INDIGESTIBLE,           TOKEN_ERROR) \
	X(KEY_FUNCTION_NOT_PERMITTED, TOKEN_NO_MECH) \
	X(KEY_UNEXTRACTABLE,          TOKEN_ERROR) \
	X(MECHANISM_INVALID,          TOKEN_NO_MECH) \
	X(MECHANISM_PARAM_INVALID,    TOKEN_NO_MECH) \
	X(OBJECT_HANDLE_INVALID,      TOKEN_ERROR) \
	X(OPERATION_ACTIVE,           TOKEN_BUSY) \
	X(OPERATION_NOT_INITIALIZED,  TOKEN_ERROR) \
	X(PIN_INCORRECT,              PIN) \
	X(PIN_INVALID,                PIN_FORMAT) \
	X(PIN_LEN_RANGE,              PIN_FORMAT) \
	X(PIN_EXPIRED,                PIN) \
	X(PIN_LOCKED,                 PIN_LOCKED) \
	X(PIN_TOO_WEAK,               PIN_FORMAT) \
	X(SESSION_CLOSED,             TOKEN_GONE) \
	X(SESSION_COUNT,              TOKEN_BUSY) \
	X(SESSION_HANDLE_INVALID,     TOKEN_GONE) \
	X(SESSION_PARALLEL_NOT_SUPPORTED, TOKEN_ERROR) \
	X(SESSION_READ_ONLY,          TOKEN_ERROR) \
	X(SESSION_EXISTS,             TOKEN_BUSY) \
	X(SESSION_READ_ONLY_EXISTS,   TOKEN_BUSY) \
	X(SESSION_READ_WRITE_SO_EXISTS, TOKEN_BUSY) \
	X(SIGNATURE_INVALID,          SIGNATURE) \
	X(SIGNATURE_LEN_RANGE,        SIGNATURE) \
	X(TEMPLATE_INCOMPLETE,        TOKEN_ERROR) \
	X(TEMPLATE_INCONSISTENT,      TOKEN_ERROR) \
	X(TOKEN_NOT_PRESENT,          TOKEN_GONE) \
	X(TOKEN_NOT_RECOGNIZED,       TOKEN_GONE) \
	X(TOKEN_WRITE_PROTECTED,      TOKEN_ERROR) \
	X(USER_ALREADY_LOGGED_IN,     STATE) \
	X(USER_NOT_LOGGED_IN,         PIN_NEEDED) \
	X(USER_PIN_NOT_INITIALIZED,   STATE) \
	X(USER_TYPE_INVALID,          TOKEN_ERROR) \
	X(USER_ANOTHER_ALREADY_LOGGED_IN, TOKEN_BUSY) \
	X(USER_TOO_MANY_TYPES,        TOKEN_BUSY) \
	X(RANDOM_SEED_NOT_SUPPORTED,  NOT_SUPPORTED) \
	X(RANDOM_NO_RNG,              NOT_SUPPORTED) \
	X(DOMAIN_PARAMS_INVALID,      TOKEN_NO_MECH) \
	X(CURVE_NOT_SUPPORTED,        TOKEN_NO_MECH) \
	X(BUFFER_TOO_SMALL,           TOKEN_ERROR) \
	X(CRYPTOKI_NOT_INITIALIZED,   TOKEN_MODULE) \
	X(CRYPTOKI_ALREADY_INITIALIZED, TOKEN_MODULE) \
	X(MUTEX_BAD,                  TOKEN_MODULE) \
	X(MUTEX_NOT_LOCKED,           TOKEN_MODULE) \
	X(FIPS_SELF_TEST_FAILED,      TOKEN_MODULE) \
	X(LIBRARY_LOAD_FAILED,        TOKEN_MODULE) \
	X(PUBLIC_KEY_INVALID,         TOKEN_ERROR) \
	X(FUNCTION_REJECTED,          CANCELLED)
/* clang-format on */

static const struct {
	CK_RV rv;
	const char *name;
	enum firma_err err;
} table[] = {
#define X(name, err) { CKR_##name, "CKR_" #name, FIRMA_ERR_##err },
	CKR_LIST(X)
#undef X
};

#define N_TABLE (sizeof(table) / sizeof(table[0]))

const char *
firma_ckr_name(CK_RV rv)
{
	if (rv == CKR_OK)
		return "CKR_OK";
	for (size_t i = 0; i < N_TABLE; i++)
		if (table[i].rv == rv)
			return table[i].name;
	return (rv & CKR_VENDOR_DEFINED) != 0 ? "CKR_VENDOR_DEFINED" : "CKR_?";
}

enum firma_err
firma_ckr_err(CK_RV rv)
{
	if (rv == CKR_OK)
		return FIRMA_ERR_INTERNAL;
	for (size_t i = 0; i < N_TABLE; i++)
		if (table[i].rv == rv)
			return table[i].err;
	return FIRMA_ERR_TOKEN_ERROR;
}

bool
firma_ckr_is_unclear(CK_RV rv)
{
	return rv == CKR_GENERAL_ERROR || rv == CKR_DEVICE_ERROR ||
	    rv == CKR_FUNCTION_FAILED;
}

enum firma_err
firma_ckr_fail(struct firma_cause *cause, const char *call, CK_RV rv)
{
	return firma_fail(cause, firma_ckr_err(rv), FIRMA_CAUSE_CKR, rv,
	    "%s: %s", call, firma_ckr_name(rv));
}
