/* SPDX-License-Identifier: Apache-2.0 */
/* A portal helper's answer as firma reads it, and as the helper writes it. */
#include "cli/portal/answer.h"
#include "cli/renew_portal.h"
#include "tests/fuzz/fuzz.h"

/* Any text of a portal's: the line that a helper makes of it, firma takes. */
static void
there_and_back(struct firma_bytes text)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf line = { 0 };
	struct portal_answer a = { .outcome = PORTAL_OK };
	struct portal_reply reply = { 0 };
	struct firma_cause cause;
	char name[65];

	portal_answer_text(&a, text);
	if (fuzz_result(portal_answer_line(&a, 7, &line)) == FIRMA_OK)
		FUZZ_WITH_MEMORY(fuzz_result(portal_parse(
				     firma_bytes_of(line.at, line.len - 1), 7,
				     &reply, name, &cause)) == FIRMA_OK);
	portal_answer_done(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct portal_reply reply;
	struct firma_cause cause;
	char name[65];

	if (fuzz_result(portal_parse(firma_bytes_of(data, size), 1, &reply,
		name, &cause)) == FIRMA_OK) {
		FUZZ_MUST(strchr(name, '/') == NULL && name[0] != '.');
		FUZZ_MUST(strlen(reply.fields) < sizeof(reply.fields));
		for (const char *p = reply.text; *p != '\0'; p++)
			FUZZ_MUST((unsigned char)*p >= 0x20 && *p != 0x7f);
	}
	there_and_back(firma_bytes_of(data, size));
	return 0;
}
