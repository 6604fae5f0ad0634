/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/own_openssl.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

enum firma_err
firma_openssl_fail(
    struct firma_cause *cause, enum firma_err e, const char *fmt, ...)
{
	const unsigned long code = ERR_peek_error();
	const char *reason = ERR_reason_error_string(code);
	char what[FIRMA_CAUSE_WHAT];
	va_list ap;

	ERR_clear_error();
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

	if (len <= 0 || owned == NULL) {
		ERR_clear_error();
		return FIRMA_ERR_INTERNAL;
	}
	return firma_buf_put(b, firma_bytes_of(owned, (size_t)len));
}

enum firma_err
firma_openssl_time(const ASN1_TIME *t, int64_t *ret_seconds)
{
	struct tm tm = { 0 };

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1) {
		ERR_clear_error();
		return FIRMA_ERR_VALUE;
	}
	*ret_seconds = (int64_t)timegm(&tm);
	return FIRMA_OK;
}
