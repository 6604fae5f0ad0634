/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/confine.h"

#include <libintl.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include "agent/base/fence.h"
#include "agent/base/own.h"
#include "agent/base/sandbox.h"

#ifdef __SANITIZE_ADDRESS__
static int is_confined;

/*
 * The leak checker looks into the process with ptrace(2), which is given up
 * here; told so, it does not try (sanitizer/lsan_interface.h).
 */
int __lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
	return is_confined;
}
#endif

static const char *const libraries[] = { "/usr/lib", "/usr/lib64", "/lib",
	"/lib64", "/usr/local/lib", "/usr/share/locale", "/usr/share/zoneinfo",
	"/etc/ld.so.cache", "/etc/localtime", "/etc/ssl/openssl.cnf",
	FIRMA_LOCALEDIR, NULL };

FIRMA_CHECKED static enum firma_err
fence(struct firma_cause *cause)
{
	FIRMA_OWN(firma_fence_done) struct firma_fence f = { .fd = -1 };
	const char *const texts[] = { getenv("FIRMA_LOCALEDIR"), NULL };
	enum firma_err r;

	if ((r = firma_fence_begin(&f, FIRMA_FENCE_ALL, cause)) != FIRMA_OK ||
	    (r = firma_fence_allow_all(
		 &f, libraries, FIRMA_FENCE_READ, cause)) != FIRMA_OK ||
	    (r = firma_fence_allow_all(&f, texts, FIRMA_FENCE_READ, cause)) !=
		FIRMA_OK)
		return r;
	return firma_fence_close(&f, cause);
}

enum firma_err
confine_reading(struct firma_cause *cause)
{
	enum firma_err r;

	/* What they read when they are asked first: from wherever it is set. */
	(void)OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
	(void)gettext("");
	if ((r = firma_sandbox_begin(cause)) != FIRMA_OK ||
	    (r = fence(cause)) != FIRMA_OK)
		return r;
#ifdef __SANITIZE_ADDRESS__
	is_confined = 1;
#endif
	return firma_sandbox_finish(0, cause);
}
