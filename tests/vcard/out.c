/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/vcard/out.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_ 1024

void
out_die(const char *fmt, ...)
{
	va_list ap;

	(void)fputs("firma-vcard: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	exit(1);
}

void
out_put(struct firma_buf *b, struct firma_bytes v)
{
	if (firma_buf_put(b, v) != FIRMA_OK)
		out_die("no memory");
}

void
out_byte(struct firma_buf *b, unsigned v)
{
	const uint8_t octet = (uint8_t)v;

	out_put(b, firma_bytes_of(&octet, 1));
}

void
out_text(struct firma_buf *b, const char *fmt, ...)
{
	char line[LINE_MAX_];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(line))
		out_die("a line is too long");
	out_put(b, firma_bytes_of(line, (size_t)n));
}
