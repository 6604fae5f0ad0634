/* SPDX-License-Identifier: Apache-2.0 */
/* SignedData, attached and detached. */
#include "agent/pki/cms.h"
#include "tests/fuzz/fuzz.h"

/* What the seeds are signed over: see seeds_pki.c. */
#define CONTENT "carta"

static enum firma_err
verify(struct firma_bytes der, struct firma_bytes content)
{
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info info = { 0 };
	struct firma_cause cause;
	const enum firma_err r =
	    fuzz_result(firma_cms_verify(der, content, &info, &cause));

	/* Whole or untouched. */
	FUZZ_MUST((r == FIRMA_OK) == (info.signer != NULL));
	if (r == FIRMA_OK && content.len == 0)
		FUZZ_MUST(info.is_attached);
	return r;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf whole = { 0 };
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info info = { 0 };
	const struct firma_bytes der = { data, size };
	const struct firma_bytes content = firma_bytes_of(CONTENT, 5);
	const uint8_t digest[FIRMA_SHA256] = { 1 };
	struct firma_cause cause;

	(void)!verify(der, firma_bytes_of(NULL, 0));
	(void)!verify(der, content);
	FUZZ_MUST(fuzz_result(firma_cms_verify_digest(der,
		      firma_bytes_of(digest, 32), &info, &cause)) != FIRMA_OK);
	/* Put together, it verifies exactly when it did apart. */
	if (fuzz_result(firma_cms_attach(der, content, &whole, &cause)) ==
		FIRMA_OK &&
	    verify(der, content) == FIRMA_OK)
		FUZZ_WITH_MEMORY(verify(firma_buf_view(&whole),
				     firma_bytes_of(NULL, 0)) == FIRMA_OK);
	return 0;
}
