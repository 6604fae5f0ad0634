/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rehearsal/op.h"

#include <string.h>

static const struct {
	const char *name, *path;
} ops[REHEARSAL_N_OPS] = {
#define X(id, name, path) { name, path },
	REHEARSAL_OP_LIST(X)
#undef X
};

const char *
rehearsal_op_name(enum rehearsal_op op)
{
	return ops[op].name;
}

const char *
rehearsal_op_path(enum rehearsal_op op)
{
	return ops[op].path;
}

int
rehearsal_op_by_name(const char *name)
{
	for (int i = 0; i < REHEARSAL_N_OPS; i++)
		if (strcmp(name, ops[i].name) == 0)
			return i;
	return -1;
}

int
rehearsal_op_by_url(const char *url)
{
	const size_t n = strlen(REHEARSAL_BASE);

	if (strncmp(url, REHEARSAL_BASE, n) != 0)
		return -1;
	for (int i = 0; i < REHEARSAL_N_OPS; i++)
		if (strcmp(url + n, ops[i].path) == 0)
			return i;
	return -1;
}
