/* SPDX-License-Identifier: Apache-2.0 */
/* A letter before it is signed, and a helper's fields in the agent. */
#include "agent/daemon/fields.h"
#include "agent/renewal/check.h"
#include "tests/fuzz/fuzz.h"

static void
fields(const uint8_t *data, size_t size)
{
	char kept[FIRMA_FIELDS_MAX] = "{\"rfc\":\"EKU9003173C9\"}";
	struct firma_profile_step s = { .id = "data.fetch",
		.op = FIRMA_OP_DATA,
		.expects_field = "page",
		.expects_value = "home" };
	struct firma_cause cause;
	json_t *j;

	(void)!fuzz_result(
	    firma_renewal_expects(&s, firma_bytes_of(data, size), &cause));
	firma_fields_merge(kept, sizeof(kept), &s, (const char *)data, size);
	/* Whatever came: one JSON object, with what was there before. */
	j = json_loads(kept, 0, NULL);
	FUZZ_WITH_MEMORY(j != NULL);
	FUZZ_WITH_MEMORY(json_object_get(j, "rfc") != NULL);
	json_decref(j);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct firma_bytes letter = { data, size };
	const uint8_t other[32] = { 0 };
	struct firma_cause cause;

	if (fuzz_result(firma_renewal_check_letter(
		letter, firma_bytes_of(NULL, 0), &cause)) == FIRMA_OK)
		FUZZ_MUST(size > 9 && memcmp(data, "%PDF-", 5) == 0);
	FUZZ_MUST(
	    firma_renewal_check_letter(letter,
		firma_bytes_of(other, sizeof(other)), &cause) != FIRMA_OK);
	fields(data, size);
	return 0;
}
