/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The evidence of a renewal: its ZIP, and what is in it.  A ZIP's checksums keep
 * a fuzzer out, so the files are given too as a text of
 *
 *	0x1e NAME "\n" CONTENT
 */
#include "cli/evidence_check.h"
#include "tests/fuzz/fuzz.h"

#define SEPARATOR 0x1e

static void
take_files(struct firma_bytes in, struct evidence *ret)
{
	while (in.len > 1 && in.at[0] == SEPARATOR) {
		const uint8_t *next = memchr(in.at + 1, SEPARATOR, in.len - 1);
		const size_t n = next != NULL ? (size_t)(next - in.at) : in.len;
		const uint8_t *end = memchr(in.at, '\n', n);
		char name[EVIDENCE_NAME_MAX];
		size_t len;

		if (end == NULL)
			return;
		len = (size_t)(end - in.at) - 1;
		if (len >= sizeof(name))
			len = sizeof(name) - 1;
		memcpy(name, in.at + 1, len);
		name[len] = '\0';
		if (evidence_put(ret, name,
			firma_bytes_of(end + 1,
			    n - (size_t)(end + 1 - in.at))) != FIRMA_OK)
			return;
		in = firma_bytes_of(in.at + n, in.len - n);
	}
}

/* Our own markup has none of these: what has come from outside is text. */
static void
check_report(const struct firma_buf *html)
{
	static const char *const none[] = { "<script", "<img", "<a ", "<svg",
		"<iframe", "<object", "\x1b" };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		FUZZ_MUST(memmem(html->at, html->len, none[i],
			      strlen(none[i])) == NULL);
}

static void
judge(const struct evidence *e)
{
	FIRMA_OWN(evidence_findings_done) struct evidence_findings f = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf html = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf sums = { 0 };
	const struct evidence_with with = { 0 };

	if (fuzz_result(evidence_judge(e, &with, &f)) != FIRMA_OK)
		return;
	FUZZ_MUST(f.n <= EVIDENCE_FINDINGS_MAX);
	if (evidence_report(e, &html, NULL) == FIRMA_OK)
		check_report(&html);
	if (evidence_exit(&f) != FIRMA_EXIT_OK ||
	    evidence_sums(e, &sums) != FIRMA_OK)
		return;
	/* What is called good has all that it is made of. */
	FUZZ_MUST(evidence_has(e, EVIDENCE_LEDGER));
	FUZZ_MUST(evidence_find(e, EVIDENCE_SUMS).len == sums.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FIRMA_OWN(evidence_done) struct evidence e = { 0 };
	const struct firma_bytes in = firma_bytes_of(data, size);
	struct firma_cause cause = { 0 };

	if (size != 0 && data[0] == SEPARATOR)
		take_files(in, &e);
	else if (fuzz_result(evidence_unpack(in, &e, &cause)) != FIRMA_OK)
		return 0;
	FUZZ_MUST(e.n <= EVIDENCE_FILES_MAX);
	judge(&e);
	return 0;
}
