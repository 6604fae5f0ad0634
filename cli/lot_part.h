/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lot_part.h - what lot.c, lot_field.c and lot_problem.c share; nobody else
 * includes it.
 */
#ifndef FIRMA_CLI_LOT_PART_H
#define FIRMA_CLI_LOT_PART_H

#include "cli/lot.h"

/* ---- lot_problem.c: note what is wrong in the present line ---- */

/* To be filled further; NULL when enough are kept (it is counted). */
struct lot_problem *lot_add(struct lot *l, enum lot_rule rule,
    const struct lot_field *f, unsigned int column);

/* With what the field holds; at: columns behind its first. */
struct lot_problem *lot_add_field(
    struct lot *l, enum lot_rule rule, const struct lot_field *f, size_t at);

/* wanted  0: the rule says what is expected */
void lot_add_number(struct lot *l, enum lot_rule rule,
    const struct lot_field *f, unsigned int column, unsigned long found,
    unsigned long wanted);

/* Once a file: f is not as in the first line.  wanted: f->width octets. */
void lot_add_differs(struct lot *l, enum lot_rule rule,
    const struct lot_field *f, const uint8_t *wanted);

/* Is it the first time that this rule asks? */
int lot_once(struct lot *l, enum lot_rule rule);

/* Latin-1 as UTF-8, for people; what cannot be seen is a question mark. */
void lot_show(char ret[LOT_TEXT_MAX], const uint8_t *at, size_t n);

/* ---- lot_field.c ---- */

/* Of a line of LOT_WIDTH octets that can be printed. */
void lot_check_field(struct lot *l, const struct lot_field *f);

int lot_is_digit(uint8_t c);

/* How many octets of v are so, from the first on. */
size_t lot_span(struct firma_bytes v, int (*is)(uint8_t));

/* Of n digits. */
unsigned long lot_number(const uint8_t *at, size_t n);

#endif
