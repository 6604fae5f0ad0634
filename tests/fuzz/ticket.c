/* SPDX-License-Identifier: Apache-2.0 */
/* A ticket profile, and every template in it. */
#include "cli/ticket.h"
#include "cli/template.h"
#include "tests/fuzz/fuzz.h"

static enum firma_err
word(void *arg, const char *name, struct firma_buf *ret)
{
	(void)arg;
	FUZZ_MUST(name[0] != '\0');
	return firma_buf_put(ret, firma_bytes_of("<\xff", name[0] & 3));
}

static enum firma_err
when(void *arg, const char *name, int64_t *ret)
{
	(void)arg;
	*ret = (int64_t)strlen(name) * INT64_C(10000000000);
	return FIRMA_OK;
}

static void
fill(const char *text)
{
	const struct template_words words = { word, when, NULL };
	FIRMA_OWN(firma_buf_done) struct firma_buf got = { 0 };
	struct firma_cause cause = { 0 };
	const enum firma_err r = fuzz_result(template_fill(
	    firma_bytes_of(text, strlen(text)), &words, &got, &cause));

	FUZZ_MUST(got.len <= TEMPLATE_MAX);
	FUZZ_MUST(r == FIRMA_OK || got.len == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct firma_problems problems = { 0 };
	static struct ticket t;

	if (fuzz_result(ticket_parse(
		firma_bytes_of(data, size), &t, &problems)) != FIRMA_OK)
		return 0;
	FUZZ_MUST(t.n_fields > 0 && t.n_fields <= TICKET_FIELDS);
	fill(t.content);
	for (size_t i = 0; i < t.n_fields; i++)
		fill(t.fields[i].value);
	return 0;
}
