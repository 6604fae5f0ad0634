/* SPDX-License-Identifier: Apache-2.0 */
/* Any file, as `firma verify` explains it: kinds, ZIPs, what is in what. */
#include "cli/explain.h"
#include "tests/fuzz/fuzz.h"

#define NOW       INT64_C(1790000000)
#define PARTS_MAX 64 /* of a ZIP: zip.h */

/* What is promised of each part; the depth is counted from the outside. */
static void
check(const struct explanation *e, unsigned int depth)
{
	FUZZ_MUST(depth <= EXPLAIN_DEPTH_MAX);
	FUZZ_MUST(e->n_parts <= PARTS_MAX);
	FUZZ_MUST(e->n_parts <= 1 || e->kind == FIRMA_KIND_ZIP);
	FUZZ_MUST((e->cms.signer == NULL) ||
	    (e->kind == FIRMA_KIND_CMS && e->verdict != FIRMA_ERR_SHAPE));
	/* Nothing is called good whose signature was not seen to be. */
	if (e->kind == FIRMA_KIND_REQUEST && e->verdict == FIRMA_OK)
		FUZZ_MUST(e->request.is_signed);
	if (e->kind == FIRMA_KIND_CMS && e->verdict == FIRMA_OK && depth > 1)
		FUZZ_MUST(e->cms.is_attached);
	FUZZ_MUST(!e->is_opened || e->algorithm != FIRMA_KEY_UNKNOWN);
	for (size_t i = 0; i < e->n_parts; i++) {
		check(&e->parts[i], depth + 1);
		if (explanation_exit(&e->parts[i]) != FIRMA_EXIT_OK)
			FUZZ_MUST(explanation_exit(e) != FIRMA_EXIT_OK);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FIRMA_OWN(explanation_done) struct explanation e = { 0 };
	const struct explain_with with = { .now = NOW };
	json_t *j;

	if (fuzz_result(explain(firma_bytes_of(data, size), &with, &e)) !=
	    FIRMA_OK)
		return 0;
	check(&e, 1);
	/* jansson refuses what is not UTF-8: no part may be missing. */
	j = explanation_json(&e, NULL);
	FUZZ_WITH_MEMORY(
	    j != NULL && json_is_string(json_object_get(j, "kind")));
	FUZZ_WITH_MEMORY(e.kind != FIRMA_KIND_REQUEST ||
	    e.request.spki_der.len == 0 ||
	    json_is_string(json_object_get(j, "common_name")));
	FUZZ_WITH_MEMORY(e.kind != FIRMA_KIND_CMS || e.cms.signer == NULL ||
	    json_is_object(json_object_get(j, "signer")));
	json_decref(j);
	return 0;
}
