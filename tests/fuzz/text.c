/* SPDX-License-Identifier: Apache-2.0 */
/* Character sets, hex and base64. */
#include "agent/pki/text.h"
#include "tests/fuzz/fuzz.h"

static void
charsets(struct firma_bytes v)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf utf8 = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf back = { 0 };

	if (fuzz_result(firma_text_from_cp1252(v, &utf8)) == FIRMA_OK) {
		FUZZ_MUST(firma_text_is_utf8(firma_buf_view(&utf8)));
		FUZZ_WITH_MEMORY(
		    fuzz_result(firma_text_to_cp1252(
			firma_buf_view(&utf8), &back)) == FIRMA_OK);
		FUZZ_WITH_MEMORY(firma_bytes_equal(firma_buf_view(&back), v));
	}
	if (firma_text_is_ascii(v))
		FUZZ_MUST(firma_text_is_utf8(v));
	(void)firma_text_is_clean(v);
}

static void
codings(struct firma_bytes v)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf back = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf any = { 0 };
	char *hex = aligned_alloc(1, 2 * v.len + 1);

	FUZZ_WITH_MEMORY(fuzz_result(firma_base64(v, &text)) == FIRMA_OK);
	FUZZ_WITH_MEMORY(fuzz_result(firma_unbase64(
			     firma_buf_view(&text), &back)) == FIRMA_OK);
	FUZZ_WITH_MEMORY(firma_bytes_equal(firma_buf_view(&back), v));
	(void)!fuzz_result(firma_unbase64(v, &any));
	firma_buf_done(&back);
	FUZZ_MUST(hex != NULL);
	firma_hex(v, hex);
	FUZZ_WITH_MEMORY(fuzz_result(firma_unhex(hex, &back)) == FIRMA_OK);
	FUZZ_WITH_MEMORY(firma_bytes_equal(firma_buf_view(&back), v));
	free(hex);
	hex = fuzz_text(v.at, v.len);
	firma_buf_done(&back);
	(void)!fuzz_result(firma_unhex(hex, &back));
	free(hex);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	charsets(firma_bytes_of(data, size));
	codings(firma_bytes_of(data, size));
	return 0;
}
