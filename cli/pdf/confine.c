/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdf/confine.h"

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/base/fence.h"
#include "agent/base/own.h"
#include "agent/base/sandbox.h"

#define DOCUMENT    3                 /* the last descriptor it has */
#define MEMORY      ((rlim_t)1 << 30) /* octets of address space */
#define CPU_SECONDS ((rlim_t)20)

#ifdef __SANITIZE_ADDRESS__
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
#endif

FIRMA_CHECKED static enum firma_err
limit(int what, rlim_t most, struct firma_cause *cause)
{
	struct rlimit now;

	if (getrlimit((__rlimit_resource_t)what, &now) == 0) {
		if (now.rlim_max == RLIM_INFINITY || now.rlim_max > most)
			now.rlim_max = most;
		now.rlim_cur = now.rlim_max;
		if (setrlimit((__rlimit_resource_t)what, &now) == 0)
			return FIRMA_OK;
	}
	return firma_fail(cause, FIRMA_ERR_INTERNAL, FIRMA_CAUSE_ERRNO,
	    (unsigned long)errno, "setrlimit");
}

FIRMA_CHECKED static enum firma_err
limits(struct firma_cause *cause)
{
	enum firma_err r;

	if ((r = limit(RLIMIT_FSIZE, 0, cause)) != FIRMA_OK ||
	    (r = limit(RLIMIT_NOFILE, DOCUMENT + 1, cause)) != FIRMA_OK)
		return r;
#ifndef __SANITIZE_ADDRESS__
	/* AddressSanitizer reserves terabytes. */
	if ((r = limit(RLIMIT_AS, MEMORY, cause)) != FIRMA_OK)
		return r;
#endif
	return limit(RLIMIT_CPU, CPU_SECONDS, cause);
}

enum firma_err
pdf_confine(struct firma_cause *cause)
{
	FIRMA_OWN(firma_fence_done) struct firma_fence f = { .fd = -1 };
	enum firma_err r;

	if (close_range(DOCUMENT + 1, ~0U, 0) != 0)
		return firma_fail(cause, FIRMA_ERR_INTERNAL, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "close_range");
	if ((r = firma_sandbox_begin(cause)) != FIRMA_OK ||
	    (r = firma_fence_begin(&f, FIRMA_FENCE_ALL, cause)) != FIRMA_OK ||
	    (r = firma_fence_close(&f, cause)) != FIRMA_OK ||
	    (r = limits(cause)) != FIRMA_OK)
		return r;
	return firma_sandbox_finish(0, cause);
}
