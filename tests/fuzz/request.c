/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS#10, and the public keys that a token tells of. */
#include "agent/pki/request.h"
#include "pkcs11/worker/spki.h"
#include "tests/fuzz/fuzz.h"

static void
token_key(struct firma_bytes v)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf spki = { 0 };
	const size_t half = v.len / 2;
	const struct firma_bytes a = { v.at, half };
	const struct firma_bytes b = { v.at + half, v.len - half };

	(void)!fuzz_result(firma_spki_ec(a, b, &spki));
	(void)!fuzz_result(firma_spki_rsa(a, b, &spki));
	(void)firma_key_algorithm_of_spki(v);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FIRMA_OWN(firma_request_done) struct firma_request q = { 0 };
	struct firma_cause cause;

	if (fuzz_result(firma_request_check(
		firma_bytes_of(data, size), &q, &cause)) == FIRMA_OK)
		FUZZ_WITH_MEMORY(firma_key_algorithm_of_spki(firma_buf_view(
				     &q.spki_der)) == q.algorithm);
	else
		FUZZ_MUST(q.spki_der.len == 0 && q.subject_der.len == 0);
	token_key(firma_bytes_of(data, size));
	return 0;
}
