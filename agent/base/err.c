/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

struct row {
	enum firma_err err;
	enum firma_exit exit;
	const char *name;
	const char *text;
};

static const struct row rows[] = {
#define X(name, wire, exit, text) { name, FIRMA_EXIT_##exit, #name, text },
	FIRMA_ERR_LIST(X)
#undef X
};

static const struct row *
find(enum firma_err e)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].err == e)
			return &rows[i];
	return NULL;
}

static const struct row *
find_or_internal(enum firma_err e)
{
	static const struct row internal = { FIRMA_ERR_INTERNAL,
		FIRMA_EXIT_FAILED, "FIRMA_ERR_INTERNAL", "internal error" };
	const struct row *r = find(e);

	return r != NULL ? r : &internal;
}

const char *
firma_err_name(enum firma_err e)
{
	return find_or_internal(e)->name;
}

const char *
firma_err_text(enum firma_err e)
{
	return find_or_internal(e)->text;
}

enum firma_exit
firma_err_exit(enum firma_err e)
{
	return find_or_internal(e)->exit;
}

int
firma_err_known(unsigned int wire)
{
	return find((enum firma_err)wire) != NULL;
}

/* Drop an incomplete UTF-8 character at the end of len octets. */
static void
cut(char *text, size_t len)
{
	size_t start = len;

	while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start == 0 || (unsigned char)text[start - 1] < 0xc0)
		return;
	start--;
	const unsigned char c = (unsigned char)text[start];

	if (start + (c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4) > len)
		text[start] = '\0';
}

enum firma_err
firma_fail(struct firma_cause *cause, enum firma_err e,
    enum firma_cause_kind kind, unsigned long code, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (cause == NULL)
		return e;
	cause->kind = kind;
	cause->code = code;
	va_start(ap, fmt);
	n = vsnprintf(cause->what, sizeof(cause->what), fmt, ap);
	va_end(ap);
	/* Cut at a character's edge: half of one would not cross the wire. */
	if (n >= (int)sizeof(cause->what))
		cut(cause->what, sizeof(cause->what) - 1);
	return e;
}

enum firma_err
firma_fail_errno(struct firma_cause *cause, const char *what)
{
	const int e = errno;

	return firma_fail(cause,
	    e == ENOSPC ? FIRMA_ERR_DISK_FULL : FIRMA_ERR_IO, FIRMA_CAUSE_ERRNO,
	    (unsigned long)e, "%s", what);
}
