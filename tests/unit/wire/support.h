/* SPDX-License-Identifier: Apache-2.0 */
/*
 * support.h - any message of the tables, filled with what a test wants.
 */
#ifndef TESTS_UNIT_WIRE_SUPPORT_H
#define TESTS_UNIT_WIRE_SUPPORT_H

#include "agent/wire/msg.h"

/* How full a field is made. */
enum fill { FILL_EMPTY, FILL_SOME, FILL_MAX };

#define PATTERN_MAX 65536 /* octets: more than any field takes */

/* Text of PATTERN_MAX letters and octets of PATTERN_MAX values, for views. */
const char *pattern_text(void);
const uint8_t *pattern_octets(void);

/* Fill every field of d in m; numbers get a value that is all their own. */
void fill_msg(
    const struct firma_msg_desc *d, enum fill how, union firma_msg_any *m);

/* Give field i of d that many octets, which may be over its maximum. */
void fill_field(const struct firma_msg_desc *d, size_t i, size_t len,
    union firma_msg_any *m);

/* 1: the same value of every field of d. */
int same_msg(const struct firma_msg_desc *d, const union firma_msg_any *a,
    const union firma_msg_any *b);

/* Each call another number, the same ones in each run. */
uint32_t next_random(uint32_t *seed);

#endif
