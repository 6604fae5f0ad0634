/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firma-badmodule.so - a PKCS#11 module with one sin.  See README.md.
 *
 * Forwards to another module and interferes where the sin says so.  For tests
 * only: it is never installed.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <p11-kit/pkcs11.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define TARGET  "/usr/lib/softhsm/libsofthsm2.so"
#define SLOW_US 300000

enum sin {
#define SIN(name, word, what) SIN_##name,
#include "tests/badmodule/sins.def"
#undef SIN
};

static const char *const words[] = {
#define SIN(name, word, what) word,
#include "tests/badmodule/sins.def"
#undef SIN
};

static CK_FUNCTION_LIST_PTR target;
static bool is_initialized;
static CK_FUNCTION_LIST list; /* the target's, with our calls put in */

/* One line for each call that a test may want to count. */
static void
note(const char *what)
{
	const char *path = getenv("FIRMA_BAD_LOG");
	char line[128];
	int fd, n;

	if (path == NULL ||
	    (fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) <
		0)
		return;
	n = snprintf(line, sizeof(line), "%s\n", what);
	(void)!write(fd, line, (size_t)n);
	(void)close(fd);
}

/* The sin, unless it waits for its file to exist. */
static bool
is(enum sin which)
{
	const char *sin = getenv("FIRMA_BAD_SIN");
	const char *arm = getenv("FIRMA_BAD_ARM");

	if (sin != NULL && strcmp(sin, "stdout") == 0)
		(void)!write(1, "rubbish\n", 8);
	return sin != NULL && strcmp(sin, words[which]) == 0 &&
	    (arm == NULL || access(arm, F_OK) == 0);
}

__attribute__((noreturn)) static void
hang(void)
{
	for (;;)
		(void)pause();
}

/* As a stray pointer would, past every handler. */
__attribute__((noreturn)) static void
crash(void)
{
	(void)signal(SIGSEGV, SIG_DFL);
	(void)raise(SIGSEGV);
	abort();
}

static void
try_exec(void)
{
	static char path[] = "/bin/true";
	char *argv[] = { path, NULL };
	char *envp[] = { NULL };
	char line[64];
	pid_t pid;
	const int e = posix_spawn(&pid, path, NULL, NULL, argv, envp);

	if (e == 0)
		(void)waitpid(pid, NULL, 0);
	(void)snprintf(line, sizeof(line), "exec: %s",
	    e == 0 ? "worked" : strerrorname_np(e));
	note(line);
}

static void
try_connect(void)
{
	static const struct {
		int family, type;
		const char *name;
	} sockets[] = { { AF_INET, SOCK_STREAM, "inet" },
		{ AF_INET6, SOCK_STREAM, "inet6" },
		{ AF_PACKET, SOCK_RAW, "packet" },
		{ AF_UNIX, SOCK_STREAM, "unix" } };

	for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++) {
		const int fd = socket(sockets[i].family, sockets[i].type, 0);
		char line[64];

		(void)snprintf(line, sizeof(line), "connect %s: %s",
		    sockets[i].name,
		    fd >= 0 ? "worked" : strerrorname_np(errno));
		note(line);
		if (fd >= 0)
			(void)close(fd);
	}
}

static CK_RV
initialize(void *args)
{
	note("C_Initialize");
	if (is(SIN_HANG_INIT))
		hang();
	if (is(SIN_CRASH_INIT))
		crash();
	if (is(SIN_ERROR_INIT))
		return CKR_GENERAL_ERROR;
	if (is(SIN_CANT_LOCK) && args != NULL && !is_initialized)
		return CKR_CANT_LOCK;
	is_initialized = true;
	return target->C_Initialize(args);
}

static CK_RV
get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	const CK_RV rv = target->C_GetTokenInfo(slot, info);

	if (rv != CKR_OK || (info->flags & CKF_TOKEN_INITIALIZED) == 0)
		return rv;
	if (is(SIN_FLAG_LOCKED))
		info->flags |= CKF_USER_PIN_LOCKED;
	if (is(SIN_FLAG_FINAL))
		info->flags |= CKF_USER_PIN_FINAL_TRY;
	if (is(SIN_PINPAD))
		info->flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
	if (is(SIN_GARBAGE_TEXT)) {
		memset(
		    info->manufacturerID, 0xff, sizeof(info->manufacturerID));
		memcpy(info->model, "\033[31m\xc3\x28 model   ",
		    sizeof(info->model));
	}
	return rv;
}

static CK_RV
login(CK_SESSION_HANDLE s, CK_USER_TYPE user, unsigned char *pin, CK_ULONG len)
{
	static unsigned char keyed[] = "123456";

	note(user == CKU_SO ? "C_Login SO" : "C_Login");
	if (is(SIN_HANG_LOGIN))
		hang();
	if (is(SIN_PIN_LOCKED))
		return CKR_PIN_LOCKED;
	/* SoftHSM2 has no keypad: this one has had "123456" typed in. */
	if (is(SIN_PINPAD) && user == CKU_USER)
		return pin != NULL
		    ? CKR_ARGUMENTS_BAD
		    : target->C_Login(s, user, keyed, sizeof(keyed) - 1);
	const CK_RV rv = target->C_Login(s, user, pin, len);

	if (is(SIN_CRASH_LOGIN))
		crash();
	return rv;
}

/* As after a card was pulled out and put back between two requests. */
static CK_RV
get_session_info(CK_SESSION_HANDLE s, CK_SESSION_INFO *info)
{
	static atomic_flag is_done = ATOMIC_FLAG_INIT;
	const CK_RV rv = target->C_GetSessionInfo(s, info);

	if (rv != CKR_OK || !is(SIN_REINSERTED) ||
	    atomic_flag_test_and_set(&is_done))
		return rv;
	(void)target->C_CloseAllSessions(info->slotID);
	return CKR_SESSION_HANDLE_INVALID;
}

static CK_RV
sign_init(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key)
{
	static atomic_flag is_lost = ATOMIC_FLAG_INIT;
	CK_SESSION_INFO info;

	if (is(SIN_REMOVED_SIGN))
		return CKR_DEVICE_REMOVED;
	if (is(SIN_PULLED) && !atomic_flag_test_and_set(&is_lost)) {
		if (target->C_GetSessionInfo(s, &info) == CKR_OK)
			(void)target->C_CloseAllSessions(info.slotID);
		return CKR_DEVICE_REMOVED;
	}
	if (is(SIN_SESSION_LOST) && !atomic_flag_test_and_set(&is_lost))
		(void)target->C_CloseSession(s);
	return target->C_SignInit(s, m, key);
}

static CK_RV
sign(CK_SESSION_HANDLE s, unsigned char *data, CK_ULONG len,
    unsigned char *signature, CK_ULONG *signature_len)
{
	note("C_Sign");
	if (is(SIN_HANG_SIGN))
		hang();
	if (is(SIN_CRASH_SIGN))
		crash();
	if (is(SIN_ERROR_SIGN))
		return CKR_DEVICE_ERROR;
	if (is(SIN_SLOW_SIGN))
		(void)usleep(SLOW_US);
	if (is(SIN_EXEC))
		try_exec();
	if (is(SIN_CONNECT))
		try_connect();
	const CK_RV rv = target->C_Sign(s, data, len, signature, signature_len);

	if (rv != CKR_OK || signature == NULL)
		return rv;
	if (is(SIN_WRONG_LENGTH))
		(*signature_len)--;
	if (is(SIN_WRONG_SIGNATURE))
		signature[*signature_len / 2] ^= 1;
	if (is(SIN_ZERO_SIGNATURE))
		memset(signature, 0, *signature_len);
	return rv;
}

static CK_RV
generate_key_pair(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *pub,
    CK_ULONG n_pub, CK_ATTRIBUTE *priv, CK_ULONG n_priv,
    CK_OBJECT_HANDLE *ret_pub, CK_OBJECT_HANDLE *ret_priv)
{
	note("C_GenerateKeyPair");
	if (is(SIN_HANG_GENERATE))
		hang();
	if (is(SIN_CRASH_GENERATE))
		crash();
	if (is(SIN_FULL))
		return CKR_DEVICE_MEMORY;
	const CK_RV rv = target->C_GenerateKeyPair(
	    s, m, pub, n_pub, priv, n_priv, ret_pub, ret_priv);

	if (is(SIN_CRASH_GENERATED))
		crash();
	return rv;
}

static CK_RV
create_object(
    CK_SESSION_HANDLE s, CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *ret)
{
	note("C_CreateObject");
	if (is(SIN_FULL))
		return CKR_DEVICE_MEMORY;
	for (CK_ULONG i = 0; i < n && is(SIN_NO_IMPORT); i++)
		if (t[i].type == CKA_CLASS &&
		    *(const CK_OBJECT_CLASS *)t[i].pValue == CKO_PRIVATE_KEY)
			return CKR_FUNCTION_NOT_SUPPORTED;
	return target->C_CreateObject(s, t, n, ret);
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
	const CK_RV rv = target->C_GetAttributeValue(s, h, t, n);

	for (CK_ULONG i = 0; i < n && rv == CKR_OK; i++) {
		if (is(SIN_NO_PROOF))
			overwrite(&t[i], CKA_NEVER_EXTRACTABLE, CK_FALSE);
		if (is(SIN_ALWAYS_ASK))
			overwrite(&t[i], CKA_ALWAYS_AUTHENTICATE, CK_TRUE);
	}
	return rv;
}

static CK_RV
load_target(void)
{
	const char *path = getenv("FIRMA_BAD_TARGET");
	union {
		void *sym;
		CK_RV (*call)(CK_FUNCTION_LIST_PTR_PTR);
	} get;
	void *handle;

	handle = dlopen(path != NULL ? path : TARGET, RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL ||
	    (get.sym = dlsym(handle, "C_GetFunctionList")) == NULL)
		return CKR_LIBRARY_LOAD_FAILED;
	return get.call(&target);
}

__attribute__((visibility("default"))) CK_RV
C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR ret)
{
	CK_RV rv;

	if (target == NULL && (rv = load_target()) != CKR_OK)
		return rv;
	list = *target;
	list.C_GetFunctionList = C_GetFunctionList;
	list.C_Initialize = initialize;
	list.C_GetTokenInfo = get_token_info;
	list.C_Login = login;
	list.C_GetSessionInfo = get_session_info;
	list.C_SignInit = sign_init;
	list.C_Sign = sign;
	list.C_GenerateKeyPair = generate_key_pair;
	list.C_CreateObject = create_object;
	list.C_GetAttributeValue = get_attribute_value;
	*ret = &list;
	return CKR_OK;
}
