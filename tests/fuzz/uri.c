/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token's PKCS#11 URI: what firmad.conf may say, the token process takes, and
 * both read the same in it.
 */
#include "agent/policy/uri.h"
#include "pkcs11/worker/uri.h"
#include "tests/fuzz/fuzz.h"

/* A token's field with this text; of no text: with any. */
static void
field(unsigned char *to, size_t size, const char *text)
{
	memset(to, ' ', size);
	memcpy(to, text[0] != '\0' ? text : "other",
	    strlen(text[0] != '\0' ? text : "other"));
}

static void
check(const struct firma_token_uri *u, const struct firma_uri *parsed)
{
	const struct firma_str label = firma_uri_label(parsed);
	CK_TOKEN_INFO info = { 0 };

	field(info.label, sizeof(info.label), u->token);
	field(
	    info.manufacturerID, sizeof(info.manufacturerID), u->manufacturer);
	field(info.model, sizeof(info.model), u->model);
	field(info.serialNumber, sizeof(info.serialNumber), u->serial);
	FUZZ_MUST(firma_uri_fits(parsed, &info));
	FUZZ_MUST(firma_uri_fits_blank(parsed, &info));
	FUZZ_MUST(label.len <= strlen(u->token) &&
	    memcmp(label.at, u->token, label.len) == 0);
	/* Every attribute counts, and the label not in a blank one. */
	info.label[0] ^= 1;
	FUZZ_MUST(firma_uri_fits(parsed, &info) == (u->token[0] == '\0'));
	FUZZ_MUST(firma_uri_fits_blank(parsed, &info));
	info.label[0] ^= 1;
	info.serialNumber[0] ^= 1;
	FUZZ_MUST(firma_uri_fits(parsed, &info) == (u->serial[0] == '\0'));
	FUZZ_MUST(
	    firma_uri_fits_blank(parsed, &info) == (u->serial[0] == '\0'));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FIRMA_OWN(firma_uri_done) struct firma_uri *parsed = NULL;
	struct firma_token_uri u = { 0 };
	struct firma_cause cause = { 0 };
	char *text = fuzz_text(data, size);
	const char *fault = firma_token_uri_parse(text, &u);
	const enum firma_err r =
	    fuzz_result(firma_uri_parse(text, &parsed, &cause));

	if (fault == NULL) {
		FUZZ_WITH_MEMORY(r == FIRMA_OK);
		if (r == FIRMA_OK)
			check(&u, parsed);
	} else
		FUZZ_MUST(u.token[0] == '\0' && u.serial[0] == '\0');
	FUZZ_MUST((r == FIRMA_OK) == (parsed != NULL));
	/* No PIN passes, whoever looks. */
	if (strstr(text, "pin-value") != NULL ||
	    strstr(text, "pin-source") != NULL)
		FUZZ_MUST(fault != NULL);
	free(text);
	return 0;
}
