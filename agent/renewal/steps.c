/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/renewal/profile.h"

#include <string.h>

#define BIT(outcome) (1u << FIRMA_OUTCOME_##outcome)
/* Whatever is asked, these may be the answer. */
#define COMMON (BIT(REJECTED) | BIT(UNREACHABLE) | BIT(PERSON))

static const struct {
	const char *name;
	enum firma_op_kind kind;
} ops[FIRMA_OP_N] = { [FIRMA_OP_NONE] = { "", FIRMA_OP_IS_ASK },
#define X(name, text, kind) [FIRMA_OP_##name] = { text, FIRMA_OP_IS_##kind },
	FIRMA_PORTAL_OPS(X)
#undef X
};

static const unsigned int answers[FIRMA_OP_N] = {
	[FIRMA_OP_CHALLENGE] = BIT(OK) | BIT(WAIT),
	[FIRMA_OP_ENTER] = BIT(OK) | BIT(WAIT),
	[FIRMA_OP_DATA] = BIT(OK) | BIT(WAIT),
	[FIRMA_OP_CONFIRM] = BIT(OK) | BIT(WAIT),
	[FIRMA_OP_LETTER] = BIT(OK) | BIT(WAIT),
	[FIRMA_OP_SUBMIT_LETTER] = BIT(OK) | BIT(WAIT),
	[FIRMA_OP_FIND_LETTER] = BIT(OK) | BIT(WAIT) | BIT(UNKNOWN),
	[FIRMA_OP_MAIL] = BIT(OK) | BIT(WAIT),
	[FIRMA_OP_SUBMIT_REQUEST] = BIT(ISSUED) | BIT(WAIT),
	[FIRMA_OP_FIND_REQUEST] = BIT(ISSUED) | BIT(WAIT) | BIT(UNKNOWN),
	[FIRMA_OP_CERTIFICATE] = BIT(ISSUED) | BIT(WAIT) | BIT(UNKNOWN),
	[FIRMA_OP_FINISH] = BIT(OK) | BIT(WAIT),
};

const char *
firma_op_name(enum firma_portal_op op)
{
	return (unsigned int)op < FIRMA_OP_N ? ops[op].name : "";
}

bool
firma_op_from(const char *name, enum firma_portal_op *ret_op)
{
	for (unsigned int i = FIRMA_OP_NONE + 1; i < FIRMA_OP_N; i++)
		if (strcmp(ops[i].name, name) == 0) {
			*ret_op = (enum firma_portal_op)i;
			return true;
		}
	return false;
}

enum firma_op_kind
firma_op_kind(enum firma_portal_op op)
{
	return (unsigned int)op < FIRMA_OP_N ? ops[op].kind : FIRMA_OP_IS_ASK;
}

bool
firma_op_may_answer(enum firma_portal_op op, unsigned int outcome)
{
	return op != FIRMA_OP_NONE && (unsigned int)op < FIRMA_OP_N &&
	    outcome < 32 && ((answers[op] | COMMON) & 1u << outcome) != 0;
}

size_t
firma_profile_step(const struct firma_profile *p, const char *id)
{
	for (size_t i = 0; i < p->n_steps; i++)
		if (strcmp(p->steps[i].id, id) == 0)
			return i;
	return FIRMA_STEP_NONE;
}

const struct firma_profile_letter *
firma_profile_letter(const struct firma_profile *p, const char *name)
{
	for (size_t i = 0; i < p->n_letters; i++)
		if (strcmp(p->letters[i].name, name) == 0)
			return &p->letters[i];
	return NULL;
}

unsigned int
firma_profile_user_steps(const struct firma_profile *p)
{
	/* They never go back: order.c. */
	return p->n_steps == 0 ? 0 : p->steps[p->n_steps - 1].user_step_last;
}

size_t
firma_profile_saver(const struct firma_profile *p, const char *document)
{
	for (size_t i = 0; i < p->n_steps; i++)
		if (strcmp(p->steps[i].saves, document) == 0)
			return i;
	return FIRMA_STEP_NONE;
}

bool
firma_profile_is_consent(const char *document)
{
	const size_t n = strlen(document);
	const size_t tail = sizeof(FIRMA_PROFILE_CONSENT) - 1;

	return n >= tail &&
	    strcmp(document + n - tail, FIRMA_PROFILE_CONSENT) == 0;
}
