/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firma-badmodule.so - a PKCS#11 module with one sin.  See README.md.
 *
 * Forwards to another module and interferes where the sin says so.  For tests
 * only: it is never installed.
 */
#include "tests/badmodule/badmodule.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TARGET "/usr/lib/softhsm/libsofthsm2.so"

static const char *const words[] = {
#define SIN(name, word, what) word,
#include "tests/badmodule/sins.def"
#undef SIN
};

CK_FUNCTION_LIST_PTR bad_target;
CK_FUNCTION_LIST bad_special;
static CK_FUNCTION_LIST list; /* ours: each function wrapped */

void
bad_note(const char *what)
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

bool
bad_is(enum sin which)
{
	return strcmp(bad_text(), words[which]) == 0;
}

void
bad_hang(void)
{
	for (;;)
		(void)pause();
}

void
bad_crash(void)
{
	(void)signal(SIGSEGV, SIG_DFL);
	(void)raise(SIGSEGV);
	abort();
}

/* clang-format off */
#define FUNCTION(name, params, args)                    \
	static CK_RV wrap_##name params                 \
	{                                               \
		CK_RV rv;                               \
                                                        \
		bad_begin(FN_##name);                   \
		bad_do_in_each();                       \
		if (bad_before(FN_##name, &rv))         \
			return rv;                      \
		return bad_after(FN_##name,             \
		    bad_special.name args);             \
	}
#include "tests/badmodule/functions.def"
#undef FUNCTION
/* clang-format on */

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
	return get.call(&bad_target);
}

static CK_RV
get_function_list(CK_FUNCTION_LIST_PTR_PTR ret)
{
	CK_RV rv;

	if (bad_target == NULL && (rv = load_target()) != CKR_OK)
		return rv;
	bad_special = *bad_target;
	bad_special_put(&bad_special);
	bad_special.C_GetFunctionList = get_function_list;
	list.version = bad_target->version;
#define FUNCTION(name, params, args) list.name = wrap_##name;
#include "tests/badmodule/functions.def"
#undef FUNCTION
	*ret = &list;
	return CKR_OK;
}

__attribute__((visibility("default"))) CK_RV
C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR ret)
{
	bad_special.C_GetFunctionList = get_function_list;
	return wrap_C_GetFunctionList(ret);
}
