/* SPDX-License-Identifier: Apache-2.0 */
/* A PDF, as firma-pdf takes it; what it answers, as firma takes that. */
#include "cli/explain_pdf.h"
#include "cli/pades.h"
#include "cli/pdf/question.h"
#include "tests/fuzz/fuzz.h"

#define SIGN                                                                     \
	"{\"op\":\"sign\",\"time\":1790000000,\"octets\":1024,\"id\":"           \
	"\"00112233445566778899aabbccddeeff\",\"reason\":\"\xc3\x91\",\"text\":" \
	"\"a b\""

static struct firma_bytes
bytes(const char *text)
{
	return firma_bytes_of(text, strlen(text));
}

static void
plan(const char *question, struct firma_bytes file)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf answer = { 0 };
	FIRMA_OWN(pades_plan_done) struct pades_plan p = { 0 };
	struct firma_cause cause = { 0 };

	FUZZ_MUST(pdf_answer(bytes(question), file, &answer) == FIRMA_OK);
	FUZZ_MUST(pades_plan_parse(firma_buf_view(&answer), file.len, &p,
		      &cause) == FIRMA_OK);
	/* What can be signed begins with what it was: the rest is behind it. */
	FUZZ_MUST(p.is_refused || p.contents > file.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf answer = { 0 };
	FIRMA_OWN(explained_pdf_done) struct explained_pdf e = { 0 };
	const struct firma_bytes file = firma_bytes_of(data, size);

	plan(SIGN "}", file);
	plan(SIGN ",\"visible\":{\"page\":0,\"x\":1,\"y\":2,\"w\":30,\"h\":"
		  "40}}",
	    file);
	plan(SIGN ",\"field\":\"a\"}", file);
	FUZZ_MUST(
	    pdf_answer(bytes("{\"op\":\"look\"}"), file, &answer) == FIRMA_OK);
	FUZZ_MUST(explain_pdf_parse(firma_buf_view(&answer), size, &e, NULL) ==
	    FIRMA_OK);
	return 0;
}
