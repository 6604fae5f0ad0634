/* SPDX-License-Identifier: Apache-2.0 */
/* What firma-pdf answers, when it is no longer itself. */
#include "agent/pki/text.h"
#include "cli/explain_pdf.h"
#include "cli/pades.h"
#include "tests/fuzz/fuzz.h"

#define DOCUMENT 1000 /* octets of the document that it is about */

static void
is_clean(const char *text, size_t size)
{
	FUZZ_MUST(memchr(text, '\0', size) != NULL);
	FUZZ_MUST(firma_text_is_clean(firma_bytes_of(text, strlen(text))));
}

static void
plan(struct firma_bytes answer)
{
	FIRMA_OWN(pades_plan_done) struct pades_plan p = { 0 };

	if (fuzz_result(pades_plan_parse(answer, DOCUMENT, &p, NULL)) !=
	    FIRMA_OK)
		return;
	if (p.is_refused) {
		is_clean(p.why.detail, sizeof(p.why.detail));
		return;
	}
	is_clean(p.field, sizeof(p.field));
	FUZZ_MUST(p.contents >= DOCUMENT && p.range >= DOCUMENT);
	FUZZ_MUST(p.contents + p.contents_len <= DOCUMENT + p.out.len);
	FUZZ_MUST(p.range + 36 <= DOCUMENT + p.out.len);
	FUZZ_MUST(p.range + 36 <= p.contents ||
	    p.range >= p.contents + p.contents_len);
	FUZZ_MUST(p.out.at[p.contents - DOCUMENT] == '<');
}

static void
look(struct firma_bytes answer)
{
	FIRMA_OWN(explained_pdf_done) struct explained_pdf e = { 0 };

	if (fuzz_result(explain_pdf_parse(answer, DOCUMENT, &e, NULL)) !=
	    FIRMA_OK)
		return;
	for (size_t i = 0; i < e.n; i++) {
		const struct explained_signature *s = &e.at[i];

		is_clean(s->field, sizeof(s->field));
		is_clean(s->reason, sizeof(s->reason));
		is_clean(s->what, sizeof(s->what));
		FUZZ_MUST(!s->has_range ||
		    (s->range[0] + s->range[1] <= s->range[2] &&
			s->range[2] + s->range[3] <= DOCUMENT));
	}
	for (size_t i = 0; i < e.n_empty; i++)
		is_clean(e.empty[i], sizeof(e.empty[i]));
	/* Nothing has been verified: none of them may look good by itself. */
	FUZZ_MUST(e.n != 0 || explained_pdf_exit(&e) == FIRMA_EXIT_INVALID);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct firma_bytes answer = firma_bytes_of(data, size);
	char *text = fuzz_text(data, size);

	plan(answer);
	look(answer);
	FUZZ_MUST(explain_pdf_time(text) >= -1);
	free(text);
	return 0;
}
