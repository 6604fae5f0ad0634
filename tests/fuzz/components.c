/* SPDX-License-Identifier: Apache-2.0 */
/* A private key's numbers, as a token process takes them from a client. */
#include "agent/pki/components.h"
#include "agent/pki/ecdsa_der.h"
#include "tests/fuzz/fuzz.h"

static void
signature(struct firma_bytes v)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf raw = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf any = { 0 };

	if (fuzz_result(firma_ecdsa_to_der(v, &der)) == FIRMA_OK) {
		FUZZ_WITH_MEMORY(
		    fuzz_result(firma_ecdsa_from_der(
			firma_buf_view(&der), v.len / 2, &raw)) == FIRMA_OK);
		FUZZ_WITH_MEMORY(firma_bytes_equal(firma_buf_view(&raw), v));
	}
	if (fuzz_result(firma_ecdsa_from_der(v, 32, &any)) == FIRMA_OK)
		FUZZ_MUST(any.len == 64);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct firma_components c = { 0 };

	if (fuzz_result(firma_components_parse(
		firma_bytes_of(data, size), &c)) == FIRMA_OK) {
		FUZZ_MUST(c.algorithm != FIRMA_KEY_UNKNOWN);
		if (firma_key_algorithm_is_rsa(c.algorithm))
			FUZZ_MUST(c.n.len != 0 && c.scalar.len == 0);
		else
			FUZZ_MUST(c.n.len == 0 && c.point.len != 0);
	}
	signature(firma_bytes_of(data, size));
	return 0;
}
