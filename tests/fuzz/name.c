/* SPDX-License-Identifier: Apache-2.0 */
/* Names in DER: read, judged, written anew. */
#include "agent/pki/name.h"
#include "agent/pki/identity.h"
#include "tests/fuzz/fuzz.h"

/* What is written anew stays as it is when it is written anew again. */
static void
reencoded(struct firma_bytes der)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf once = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf twice = { 0 };
	struct firma_cause cause;

	if (fuzz_result(firma_name_reencode(der, &once, &cause)) != FIRMA_OK)
		return;
	FUZZ_WITH_MEMORY(fuzz_result(firma_name_reencode(firma_buf_view(&once),
			     &twice, &cause)) == FIRMA_OK);
	FUZZ_WITH_MEMORY(
	    firma_bytes_equal(firma_buf_view(&once), firma_buf_view(&twice)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf request = { 0 };
	const struct firma_bytes der = { data, size };
	struct firma_identity id;
	struct firma_cause cause;
	const int strict = firma_name_is_strict(der);

	reencoded(der);
	if (fuzz_result(firma_name_for_request(der, &request, &cause)) ==
		FIRMA_OK &&
	    strict)
		FUZZ_WITH_MEMORY(
		    firma_bytes_equal(firma_buf_view(&request), der));
	(void)!fuzz_result(firma_identity_of_subject(der, &id, &cause));
	return 0;
}
