/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/letter/confine.h"

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/base/fence.h"
#include "agent/base/own.h"
#include "agent/base/sandbox.h"

#ifdef __SANITIZE_ADDRESS__
#define WITH_SANITIZER 1

/*
 * The leak checker looks into the process with ptrace(2), which is given up
 * here; told so, it does not try (sanitizer/lsan_interface.h).
 */
int __lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
	return 1;
}
#else
#define WITH_SANITIZER 0
#endif

static enum firma_err
failed(struct firma_cause *cause, const char *what)
{
	return firma_fail(cause, FIRMA_ERR_INTERNAL, FIRMA_CAUSE_ERRNO,
	    (unsigned long)errno, "%s", what);
}

static int
limit(int what, rlim_t most)
{
	const struct rlimit l = { most, most };

	return setrlimit((__rlimit_resource_t)what, &l);
}

FIRMA_CHECKED static enum firma_err
no_files(struct firma_cause *cause)
{
	FIRMA_OWN(firma_fence_done) struct firma_fence f = { .fd = -1 };
	enum firma_err r;

	if ((r = firma_fence_begin(&f, FIRMA_FENCE_ALL, cause)) != FIRMA_OK)
		return r;
	return firma_fence_close(&f, cause);
}

enum firma_err
letter_confine(struct firma_cause *cause)
{
	enum firma_err r;

	if (close_range(STDERR_FILENO + 1, ~0U, 0) != 0)
		return failed(cause, "close_range");
	if ((r = firma_sandbox_begin(cause)) != FIRMA_OK ||
	    (r = no_files(cause)) != FIRMA_OK ||
	    (r = firma_sandbox_finish(0, cause)) != FIRMA_OK)
		return r;
	if (limit(RLIMIT_NOFILE, STDERR_FILENO + 1) != 0 ||
	    limit(RLIMIT_FSIZE, 0) != 0 ||
	    limit(RLIMIT_CPU, LETTER_CPU_S) != 0 ||
	    (!WITH_SANITIZER && limit(RLIMIT_AS, LETTER_MEMORY) != 0))
		return failed(cause, "setrlimit");
	return FIRMA_OK;
}
