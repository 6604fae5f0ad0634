/* SPDX-License-Identifier: Apache-2.0 */
/* A letter's text, page by page (a form feed ends one), and what is said of it. */
#include "agent/pki/text.h"
#include "cli/letter_rule.h"
#include "cli/letter_say.h"
#include "tests/fuzz/fuzz.h"

static const struct letter_rules rules = {
	.all = { { "terms", "Carta de Términos y Condiciones",
		     FIRMA_MUST_TITLE | FIRMA_MUST_NAME | FIRMA_MUST_RFC |
			 FIRMA_MUST_REGISTRO,
		     "IMS421231I45" },
	    { "conditions", "Carta de Condiciones de Uso", FIRMA_MUST_TITLE,
		"" } },
	.n = 2,
	.name = "MUEBLES PEÑA SA DE CV",
	.rfc = "MPE150312AB6",
	.registro = "Y5472318103",
};

static void
take(struct letter *l, const uint8_t *data, size_t size)
{
	while (size > 0 && l->facts.n_pages < LETTER_PAGES_MAX) {
		const uint8_t *end = memchr(data, '\f', size);
		const size_t n = end == NULL ? size : (size_t)(end - data);

		FUZZ_WITH_MEMORY(letter_facts_page(&l->facts,
				     firma_bytes_of(data, n)) == FIRMA_OK);
		data += end == NULL ? n : n + 1;
		size -= end == NULL ? n : n + 1;
	}
	l->n_pages = l->facts.n_pages;
}

static void
look_at_ids(const struct letter_facts *f)
{
	FUZZ_MUST(f->n_ids <= LETTER_IDS_MAX && f->n_empty <= f->n_pages);
	for (size_t i = 0; i < f->n_ids; i++) {
		const struct letter_id *id = &f->ids[i];

		FUZZ_MUST(id->page >= 1 && id->page <= f->n_pages);
		FUZZ_MUST(strlen(id->text) >= 10);
		FUZZ_MUST(firma_text_is_clean(
		    firma_bytes_of(id->text, strlen(id->text))));
		FUZZ_MUST(letter_facts_find(f, id->kind, id->text) == id);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct letter_verdict v;
	struct letter l = { 0 };
	char title[LETTER_HEADING_MAX], words[257];

	take(&l, data, size);
	look_at_ids(&l.facts);
	letter_judge(&l, &rules, &v);
	FUZZ_MUST(v.n <= LETTER_FINDINGS_MAX);
	FUZZ_MUST((v.level == LETTER_REFUSED) == (v.err != FIRMA_OK));
	/* A good one has all that is wanted, and nothing of another's. */
	if (v.level == LETTER_GOOD) {
		FUZZ_MUST(v.n == 0 && l.facts.n_empty == 0);
		FUZZ_MUST(letter_facts_names(&l.facts, rules.name, NULL));
		FUZZ_MUST(letter_facts_names(&l.facts, rules.rfc, NULL) ||
		    letter_facts_find(&l.facts, LETTER_RFC, rules.rfc) != NULL);
		for (size_t i = 0; i < l.facts.n_ids; i++)
			FUZZ_MUST(l.facts.ids[i].kind != LETTER_REGISTRO ||
			    strcmp(l.facts.ids[i].text, rules.registro) == 0);
	}
	letter_title(&l, &rules, title);
	FUZZ_MUST(firma_text_is_clean(firma_bytes_of(title, strlen(title))));
	letter_odd_words(&v, words, sizeof(words));
	FUZZ_MUST(strlen(words) < sizeof(words));
	letter_done(&l);
	return 0;
}
