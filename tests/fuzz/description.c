/* SPDX-License-Identifier: Apache-2.0 */
/* What firma-letter answered, as firma takes it. */
#include "agent/pki/text.h"
#include "cli/letter_say.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct letter_verdict v;
	static struct letter l;
	json_t *j;

	if (fuzz_result(letter_parse(firma_bytes_of(data, size), &l)) !=
	    FIRMA_OK)
		return 0;
	FUZZ_MUST(
	    firma_text_is_clean(firma_bytes_of(l.title, strlen(l.title))));
	FUZZ_MUST(firma_text_is_clean(
	    firma_bytes_of(l.producer, strlen(l.producer))));
	FUZZ_MUST(l.unread != FIRMA_OK || l.facts.n_pages <= l.n_pages);
	letter_judge(&l, NULL, &v);
	/* What nobody could read is never good. */
	FUZZ_MUST(l.unread == FIRMA_OK || v.level == LETTER_ODD);
	FUZZ_MUST(l.facts.n_pages > 0 || v.level != LETTER_GOOD);
	j = letter_json(&l, NULL, &v);
	FUZZ_WITH_MEMORY(j != NULL);
	json_decref(j);
	letter_done(&l);
	return 0;
}
