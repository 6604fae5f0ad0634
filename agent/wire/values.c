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
