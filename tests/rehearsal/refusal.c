/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rehearsal/refusal.h"

#include <stdarg.h>
#include <stdio.h>

enum firma_err
rehearsal_refuse(
    struct rehearsal_refusal *r, unsigned int status, const char *fmt, ...)
{
	va_list ap;

	r->status = status;
	va_start(ap, fmt);
	(void)vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
	return FIRMA_ERR_PORTAL_REJECTED;
}

enum firma_err
rehearsal_fault(struct rehearsal_refusal *r, const char *what)
{
	r->status = 500;
	(void)snprintf(r->text, sizeof(r->text),
	    "El portal de ensayo falló por dentro: %s.", what);
	return FIRMA_ERR_INTERNAL;
}
