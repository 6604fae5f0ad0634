/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/lot_problem.h"

#include <stdio.h>
#include <string.h>

#include "cli/lot_part.h"

#define SOFT_HYPHEN 0xad /* cannot be seen */

_Static_assert(
    LOT_WIDTH == 168 && LOT_FEW == 5 && LOT_BACK == 5 && LOT_AHEAD == 1,
    "the texts of the rules have these numbers");
_Static_assert(LOT_N_RULES <= 32, "struct lot.said has a bit for each rule");

static const struct {
	const char *code, *what, *expected;
} rules[LOT_N_RULES] = {
#define X(name, code, what, expected) [name] = { code, what, expected },
	LOT_ERRORS(X) LOT_WARNINGS(X)
#undef X
};

const char *
lot_rule_code(enum lot_rule rule)
{
	return rules[rule].code;
}

const char *
lot_rule_what(enum lot_rule rule)
{
	return rules[rule].what;
}

const char *
lot_rule_expected(enum lot_rule rule)
{
	return rules[rule].expected;
}

int
lot_rule_is_error(enum lot_rule rule)
{
	return rule < LOT_N_ERRORS;
}

void
lot_show(char ret[LOT_TEXT_MAX], const uint8_t *at, size_t n)
{
	char *to = ret;

	while (n > 0 && at[n - 1] == ' ')
		n--;
	for (size_t i = 0; i < n && to < ret + LOT_TEXT_MAX - 3; i++)
		if (at[i] >= ' ' && at[i] < 0x7f) {
			*to++ = (char)at[i];
		} else if (at[i] > 0xa0 && at[i] != SOFT_HYPHEN) {
			*to++ = (char)(0xc0 | at[i] >> 6);
			*to++ = (char)(0x80 | (at[i] & 0x3f));
		} else {
			*to++ = '?';
		}
	*to = '\0';
}

struct lot_problem *
lot_add(struct lot *l, enum lot_rule rule, const struct lot_field *f,
    unsigned int column)
{
	struct lot_problems *to =
	    lot_rule_is_error(rule) ? &l->errors : &l->warnings;
	struct lot_problem *p;

	to->n_found++;
	if (to->n == LOT_PROBLEMS_MAX)
		return NULL;
	p = &to->items[to->n++];
	*p = (struct lot_problem){ .rule = rule,
		.line = l->n_lines == 0 ? 1 : l->n_lines,
		.column = column,
		.field = f };
	return p;
}

int
lot_once(struct lot *l, enum lot_rule rule)
{
	const unsigned int bit = 1u << rule;
	const int is_first = (l->said & bit) == 0;

	l->said |= bit;
	return is_first;
}

void
lot_add_number(struct lot *l, enum lot_rule rule, const struct lot_field *f,
    unsigned int column, unsigned long found, unsigned long wanted)
{
	struct lot_problem *p = lot_add(l, rule, f, column);

	if (p == NULL)
		return;
	(void)snprintf(p->found, sizeof(p->found), "%lu", found);
	if (wanted != 0)
		(void)snprintf(p->wanted, sizeof(p->wanted), "%lu", wanted);
}

struct lot_problem *
lot_add_field(
    struct lot *l, enum lot_rule rule, const struct lot_field *f, size_t at)
{
	struct lot_problem *p =
	    lot_add(l, rule, f, f->column + (unsigned int)at);

	if (p != NULL)
		lot_show(p->found, l->line + f->column - 1, f->width);
	return p;
}

void
lot_add_differs(struct lot *l, enum lot_rule rule, const struct lot_field *f,
    const uint8_t *wanted)
{
	struct lot_problem *p;

	if (!lot_once(l, rule) || (p = lot_add_field(l, rule, f, 0)) == NULL)
		return;
	lot_show(p->wanted, wanted, f->width);
}
