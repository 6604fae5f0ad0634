/* SPDX-License-Identifier: Apache-2.0 */
/* Private key files and .pfx; passwords as their own first octets. */
#include <openssl/evp.h>

#include "agent/pki/components.h"
#include "agent/pki/keyfile.h"
#include "tests/fuzz/fuzz.h"

/*
 * A file may ask for 5 000 000 rounds, which is seconds; here only what a
 * DER INTEGER of up to 17 bits can say is tried.
 */
static int
asks_for_many_rounds(struct firma_bytes v)
{
	for (size_t i = 0; i + 5 < v.len; i++) {
		if (v.at[i] != 0x02)
			continue;
		if (v.at[i + 1] == 3 && v.at[i + 2] > 1)
			return 1;
		if (v.at[i + 1] == 4 || v.at[i + 1] == 0x81)
			return 1;
	}
	return 0;
}

static void
opened(EVP_PKEY *key)
{
	struct firma_secret s = { 0 };
	struct firma_components c;
	struct firma_cause cause;

	FUZZ_MUST(key != NULL);
	if (fuzz_result(firma_keyfile_components(key, &s, &cause)) == FIRMA_OK)
		FUZZ_WITH_MEMORY(fuzz_result(firma_components_parse(
				     firma_secret_view(&s), &c)) == FIRMA_OK);
	firma_secret_done(&s);
	EVP_PKEY_free(key);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	const struct firma_bytes file = { data, size };
	/* That of the seeds: see seeds_pki.c. */
	const struct firma_bytes password = firma_bytes_of("clave\xc3\xb1", 7);
	struct firma_keyfile_audit audit;
	struct firma_cause cause;
	EVP_PKEY *key = NULL;

	if (fuzz_result(firma_keyfile_audit(file, &audit, &cause)) == FIRMA_OK)
		FUZZ_MUST(
		    memchr(audit.scheme, '\0', sizeof(audit.scheme)) != NULL);
	if (asks_for_many_rounds(file))
		return 0;
	if (fuzz_result(firma_keyfile_open(file, password, &key, &cause)) ==
	    FIRMA_OK)
		opened(key);
	else
		FUZZ_MUST(key == NULL);
	key = NULL;
	if (firma_pkcs12_is(file) &&
	    fuzz_result(firma_pkcs12_open(file, password, &key, &c, &cause)) ==
		FIRMA_OK) {
		FUZZ_MUST(c != NULL);
		FUZZ_WITH_MEMORY(fuzz_result(firma_keyfile_matches(
				     key, c, &cause)) == FIRMA_OK);
		opened(key);
	}
	return 0;
}
