/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/own_openssl.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

/*
 * Did memory run out somewhere below?  Then nothing is said about the input,
 * whatever was reported on the way up.  Empties the queue.
 */
static bool
ran_out(void)
{
	bool is_so = false;
	unsigned long code;

	while ((code = ERR_get_error()) != 0)
		if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
			is_so = true;
	return is_so;
}

enum firma_err
firma_openssl_err(enum firma_err e)
{
	return ran_out() ? FIRMA_ERR_NOMEM : e;
}

enum firma_err
firma_openssl_fail(
    struct firma_cause *cause, enum firma_err e, const char *fmt, ...)
{
	const unsigned long code = ERR_peek_error();
	const char *reason = ERR_reason_error_string(code);
	char what[FIRMA_CAUSE_WHAT];
	va_list ap;

	if (ran_out())
		e = FIRMA_ERR_NOMEM;
	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (code == 0)
		return firma_fail(cause, e, FIRMA_CAUSE_NONE, 0, "%s", what);
	return firma_fail(cause, e, FIRMA_CAUSE_OPENSSL, code, "%s: %s", what,
	    reason != NULL ? reason : "no reason given");
}

enum firma_err
firma_openssl_put(struct firma_buf *b, unsigned char *der, int len)
{
	FIRMA_OWN(firma_openssl_mem_done) unsigned char *owned = der;

	if (len <= 0 || owned == NULL)
		return firma_openssl_err(FIRMA_ERR_INTERNAL);
	return firma_buf_put(b, firma_bytes_of(owned, (size_t)len));
}

enum firma_err
firma_openssl_time(const ASN1_TIME *t, int64_t *ret_seconds)
{
	struct tm tm = { 0 };

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return firma_openssl_err(FIRMA_ERR_VALUE);
	*ret_seconds = (int64_t)timegm(&tm);
	return FIRMA_OK;
}
