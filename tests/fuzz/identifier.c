/* SPDX-License-Identifier: Apache-2.0 */
/* RFC, CURP, NSS, registro patronal, e-mail: what a person types. */
#include "agent/pki/identifier.h"
#include "agent/pki/text.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *s = fuzz_text(data, size);
	const struct firma_bytes v = { (const uint8_t *)s, strlen(s) };
	struct firma_cause cause;

	/* Characters are counted; N with tilde has two octets. */
	if (firma_rfc_check(s, &cause) == FIRMA_OK)
		FUZZ_MUST(v.len >= 12 && v.len <= 17);
	if (firma_curp_check(s, &cause) == FIRMA_OK)
		FUZZ_MUST(v.len >= 18 && v.len <= 36);
	if (firma_nss_check(s, &cause) == FIRMA_OK)
		FUZZ_MUST(v.len == 11);
	if (firma_registro_check(s, &cause) == FIRMA_OK)
		FUZZ_MUST(v.len == 11);
	if (firma_email_check(s, &cause) == FIRMA_OK)
		FUZZ_MUST(v.len <= FIRMA_EMAIL_MAX && firma_text_is_ascii(v) &&
		    firma_text_is_clean(v) && strchr(s, '@') != NULL);
	free(s);
	return 0;
}
