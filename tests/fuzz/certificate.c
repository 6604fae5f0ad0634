/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate, the identity in it, and the names. */
#include "agent/pki/certificate.h"
#include "agent/pki/identity.h"
#include "agent/pki/text.h"
#include "tests/fuzz/fuzz.h"

static void
identity(const struct firma_certificate *c)
{
	static const char *const names[] = { "CN", "O", "OU", "C", "2.5.4.41",
		"2.5.4.45", "serialNumber", "emailAddress" };
	struct firma_identity id;
	struct firma_cause cause;

	if (fuzz_result(firma_identity_of(c, &id, &cause)) != FIRMA_OK)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *v = firma_identity_attribute(&id, names[i]);

		FUZZ_MUST(v != NULL);
		FUZZ_MUST(firma_text_is_utf8(firma_bytes_of(v, strlen(v))));
		FUZZ_MUST(firma_text_is_clean(firma_bytes_of(v, strlen(v))));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	FIRMA_OWN(firma_buf_done) struct firma_buf spki = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf name = { 0 };
	char serial[FIRMA_SERIAL_TEXT];
	struct firma_cause cause;

	if (fuzz_result(firma_certificate_parse(
		firma_bytes_of(data, size), &c, &cause)) != FIRMA_OK) {
		FUZZ_MUST(c == NULL);
		return 0;
	}
	FUZZ_MUST(firma_certificate_der(c).len <= FIRMA_CERTIFICATE_MAX);
	firma_certificate_serial(c, serial);
	FUZZ_MUST(memchr(serial, '\0', sizeof(serial)) != NULL);
	for (const char *p = serial; *p != '\0'; p++)
		FUZZ_MUST(strchr("-0123456789abcdef", *p) != NULL);
	FUZZ_WITH_MEMORY(
	    fuzz_result(firma_certificate_spki_der(c, &spki)) == FIRMA_OK);
	FUZZ_WITH_MEMORY(firma_certificate_same_key(c, firma_buf_view(&spki)));
	FUZZ_WITH_MEMORY(
	    fuzz_result(firma_certificate_subject_der(c, &name)) == FIRMA_OK);
	FUZZ_WITH_MEMORY(firma_certificate_same_issuer(c, c));
	(void)firma_certificate_algorithm(c);
	(void)firma_certificate_issued_by(c, c);
	(void)firma_certificate_is_expired(c, 0);
	identity(c);
	return 0;
}
