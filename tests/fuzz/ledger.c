/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger: lines from anywhere, and an entry with any texts in it. */
#include "agent/store/ledger.h"
#include "tests/fuzz/fuzz.h"

/* Any octets as the texts of an entry: its line follows and is good. */
static void
entry(const uint8_t *data, size_t size)
{
	struct firma_ledger_entry e = { .uid = 1 };
	const struct firma_ledger_head none = { 0 };
	struct firma_ledger_check check = { 0 };
	struct firma_cause cause = { 0 };
	char line[FIRMA_LEDGER_LINE_MAX];
	size_t len;

	(void)snprintf(e.action, sizeof(e.action), "sign");
	(void)snprintf(e.result, sizeof(e.result), "ok");
	char *s = fuzz_text(data, size);

	(void)snprintf(e.name, sizeof(e.name), "%s", s);
	(void)snprintf(e.note, sizeof(e.note), "%s", s);
	(void)snprintf(e.purpose, sizeof(e.purpose), "%s", s);
	(void)snprintf(e.program, sizeof(e.program), "%s", s);
	free(s);
	FUZZ_MUST(firma_ledger_line(&e, &none, UINT64_C(1790000000123), line,
		      &len) == FIRMA_OK);
	FUZZ_MUST(len <= sizeof(line) && memchr(line, '\n', len) == NULL);
	FUZZ_WITH_MEMORY(fuzz_result(firma_ledger_feed(&check,
			     firma_bytes_of(line, len), &cause)) == FIRMA_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct firma_ledger_check whole = { 0 };
	struct firma_ledger_check part = { .anywhere = true };
	struct firma_cause cause = { 0 };

	(void)!fuzz_result(
	    firma_ledger_verify(&whole, firma_bytes_of(data, size), &cause));
	(void)!fuzz_result(
	    firma_ledger_feed(&part, firma_bytes_of(data, size), &cause));
	entry(data, size);
	return 0;
}
