/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/portal/op.h"

#include <string.h>

static const struct {
	const char *name;
	unsigned int args, outcomes;
} ops[PORTAL_N_OPS] = {
#define X(id, name, args, outcomes) { name, args, (outcomes) | PORTAL_ANY },
	PORTAL_OP_LIST(X)
#undef X
};

static const char *const outcome_names[PORTAL_N_OUTCOMES] = {
#define X(id, name) name,
	PORTAL_OUTCOME_LIST(X)
#undef X
};

const char *
portal_op_name(enum portal_op op)
{
	return ops[op].name;
}

unsigned int
portal_op_args(enum portal_op op)
{
	return ops[op].args;
}

int
portal_op_may_answer(enum portal_op op, enum portal_outcome outcome)
{
	return (ops[op].outcomes & 1U << outcome) != 0;
}

int
portal_op_of(const char *name)
{
	for (int i = 0; i < PORTAL_N_OPS; i++)
		if (strcmp(ops[i].name, name) == 0)
			return i;
	return -1;
}

const char *
portal_outcome_name(enum portal_outcome o)
{
	return outcome_names[o];
}

int
portal_outcome_of(const char *name)
{
	for (int i = 0; i < PORTAL_N_OUTCOMES; i++)
		if (strcmp(outcome_names[i], name) == 0)
			return i;
	return -1;
}
