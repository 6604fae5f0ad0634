/* SPDX-License-Identifier: Apache-2.0 */
/* A renewal procedure's file; what was taken can be walked to its end. */
#include "agent/renewal/profile.h"
#include "agent/renewal/machine.h"
#include "tests/fuzz/fuzz.h"

static void
walk(const struct firma_profile *p)
{
	struct firma_renewal_place at = { 0, FIRMA_STEP_TODO, false };

	for (size_t n = 0; n < p->n_steps; n++) {
		const struct firma_profile_step *s = &p->steps[at.index];
		const enum firma_step_class c = firma_step_class(s);
		struct firma_step_move m;

		FUZZ_MUST(!at.complete && at.index == n);
		FUZZ_MUST(firma_profile_step(p, s->id) == n);
		FUZZ_MUST(s->again == FIRMA_STEP_NONE || s->again < n);
		m = firma_step_next(c, at.state, FIRMA_EVENT_BEGIN);
		FUZZ_MUST(m.effect == FIRMA_EFFECT_JOURNAL_INTENT);
		m = firma_step_next(c, m.to, FIRMA_EVENT_RESULT_OK);
		at = firma_renewal_arrive(p, at.index, m);
	}
	FUZZ_MUST(at.complete);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct firma_problems problems;
	struct firma_profile *p = NULL;
	enum firma_err r;

	problems.n = problems.n_found = 0;
	r = fuzz_result(
	    firma_profile_parse(firma_bytes_of(data, size), &p, &problems));
	FUZZ_WITH_MEMORY((r == FIRMA_OK) == (problems.n_found == 0));
	FUZZ_MUST((r == FIRMA_OK) == (p != NULL));
	if (r == FIRMA_OK)
		walk(p);
	firma_profile_free(p);
	return 0;
}
