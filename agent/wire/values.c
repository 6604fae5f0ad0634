/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/wire/values.h"

#include <stddef.h>
#include <string.h>

struct value {
	unsigned int n;
	const char *name;
};

static const char *
name_of(const struct value *list, size_t n, unsigned int value)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].n == value)
			return list[i].name;
	return "?";
}

static int
value_of(const struct value *list, size_t n, const char *name,
    unsigned int *ret_value)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i].name, name) != 0)
			continue;
		*ret_value = list[i].n;
		return 1;
	}
	return 0;
}

#define ROW(name, n, text) { (n), text },
#define X(what, prefix, list)                                              \
	static const struct value what##_rows[] = { list(ROW) };           \
	const char *firma_##what##_name(unsigned int value)                \
	{                                                                  \
		return name_of(what##_rows,                                \
		    sizeof(what##_rows) / sizeof(what##_rows[0]), value);  \
	}                                                                  \
	int firma_##what##_from(const char *name, unsigned int *ret_value) \
	{                                                                  \
		return value_of(what##_rows,                               \
		    sizeof(what##_rows) / sizeof(what##_rows[0]), name,    \
		    ret_value);                                            \
	}
FIRMA_VALUE_LIST(X)

static const struct {
	int is_cms, is_attached, is_sha1, is_bare;
} formats[] = {
	[FIRMA_SIGN_RAW] = { 0, 0, 0, 1 },
	[FIRMA_SIGN_CMS_DETACHED] = { 1, 0, 0, 0 },
	[FIRMA_SIGN_CMS_ATTACHED] = { 1, 1, 0, 0 },
	[FIRMA_SIGN_PADES] = { 1, 0, 0, 0 },
	[FIRMA_SIGN_BARE_DETACHED] = { 1, 0, 0, 1 },
	[FIRMA_SIGN_BARE_ATTACHED] = { 1, 1, 0, 1 },
	[FIRMA_SIGN_SHA1_RAW] = { 0, 0, 1, 1 },
	[FIRMA_SIGN_SHA1_ATTACHED] = { 1, 1, 1, 0 },
};
#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

int
firma_sign_is_cms(unsigned int format)
{
	return format < N_FORMATS && formats[format].is_cms;
}

int
firma_sign_is_attached(unsigned int format)
{
	return format < N_FORMATS && formats[format].is_attached;
}

int
firma_sign_is_sha1(unsigned int format)
{
	return format < N_FORMATS && formats[format].is_sha1;
}

int
firma_sign_is_bare(unsigned int format)
{
	return format < N_FORMATS && formats[format].is_bare;
}
