/* SPDX-License-Identifier: Apache-2.0 */
/* A movement lot, whole and in pieces. */
#include "cli/lot.h"
#include "agent/pki/text.h"
#include "tests/fuzz/fuzz.h"

#define TODAY 20261128u

static void
take(struct lot *l, const uint8_t *data, size_t size, size_t piece)
{
	lot_init(l, TODAY);
	for (size_t at = 0; at < size; at += piece)
		lot_take(l,
		    firma_bytes_of(
			data + at, size - at < piece ? size - at : piece));
	lot_end(l);
}

/* Each says where it is, in words that can be shown. */
static void
walk(const struct lot *l, const struct lot_problems *p, size_t size)
{
	unsigned long line = 1;

	FUZZ_MUST(p->n <= p->n_found && p->n <= LOT_PROBLEMS_MAX);
	for (unsigned long i = 0; i < p->n; i++) {
		const struct lot_problem *at = &p->items[i];
		const struct lot_field *f = at->field;

		FUZZ_MUST(at->line >= line &&
		    (at->line <= l->n_lines || l->n_lines == 0));
		FUZZ_MUST(at->column >= 1 && at->column <= size + 1);
		FUZZ_MUST(f == NULL ||
		    (at->column >= f->column &&
			at->column < f->column + f->width));
		FUZZ_MUST(firma_text_is_clean(
		    firma_bytes_of(at->found, strlen(at->found))));
		FUZZ_MUST(firma_text_is_clean(
		    firma_bytes_of(at->wanted, strlen(at->wanted))));
		FUZZ_MUST(lot_rule_is_error(at->rule) == (p == &l->errors));
		line = at->line;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct lot whole, cut;
	unsigned long n = 0;

	take(&whole, data, size, size == 0 ? 1 : size);
	take(&cut, data, size, size == 0 ? 1 : data[0] % 64 + 1u);
	FUZZ_MUST(memcmp(&whole, &cut, sizeof(whole)) == 0);
	walk(&whole, &whole.errors, size);
	walk(&whole, &whole.warnings, size);
	for (enum lot_type t = LOT_HIRE; t < LOT_MOVEMENTS; t++)
		n += whole.n_of[t];
	FUZZ_MUST(n <= whole.n_movements && whole.n_movements <= whole.n_lines);
	if (!lot_is_good(&whole))
		return 0;
	/* What may be signed is as large as it says, and has a date. */
	FUZZ_MUST(n == whole.n_movements && n > 0);
	FUZZ_MUST(size >= whole.n_lines * LOT_WIDTH &&
	    size <= whole.n_lines * (LOT_WIDTH + 2));
	FUZZ_MUST(whole.n_lines == n + (whole.has_control ? 1 : 0));
	FUZZ_MUST(whole.first_date != 0 && whole.first_date <= whole.last_date);
	return 0;
}
