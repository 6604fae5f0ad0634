/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdf/reason.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {
#define X(name, text) [PDF_##name] = (text),
	PDF_REASONS(X)
#undef X
};

const char *
pdf_reason_name(enum pdf_reason reason)
{
	return names[reason];
}

int
pdf_reason_from(const char *name, enum pdf_reason *ret)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0) {
			*ret = (enum pdf_reason)i;
			return 1;
		}
	return 0;
}

void
pdf_clean(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7e)
			*text = '?';
}

enum firma_err
pdf_refuse(
    struct pdf_refusal *why, enum pdf_reason reason, const char *fmt, ...)
{
	va_list ap;

	why->reason = reason;
	va_start(ap, fmt);
	(void)vsnprintf(why->detail, sizeof(why->detail), fmt, ap);
	va_end(ap);
	pdf_clean(why->detail);
	return FIRMA_ERR_SHAPE;
}
