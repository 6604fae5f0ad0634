/* SPDX-License-Identifier: Apache-2.0 */
/* What a time-stamping authority answered, and the stamps in a SignedData. */
#include "agent/pki/timestamp.h"
#include "agent/pki/kind.h"
#include "tests/fuzz/fuzz.h"

static void
check(const struct firma_timestamp *t, enum firma_err verdict)
{
	FUZZ_MUST(t->tsa != NULL);
	FUZZ_MUST(t->imprint_len <= sizeof(t->imprint_hash));
	FUZZ_MUST(t->at_ms < 1000 && t->accuracy_us >= -1);
	FUZZ_MUST(memchr(t->name, 0, sizeof(t->name)) != NULL);
	FUZZ_MUST(memchr(t->serial, 0, sizeof(t->serial)) != NULL);
	FUZZ_MUST(memchr(t->policy, 0, sizeof(t->policy)) != NULL);
	/* Nothing holds that is signed with SHA-1, or over no SHA-2. */
	if (verdict == FIRMA_OK)
		FUZZ_MUST(t->digest[0] != '\0' && t->imprint[0] != '\0');
	FUZZ_MUST(!t->has_chain);
}

static void
read_token(struct firma_bytes token)
{
	FIRMA_OWN(firma_timestamp_done) struct firma_timestamp t = { 0 };
	static const uint8_t zero[FIRMA_SHA256];
	const struct firma_timestamp_expect any = { 0 },
					    none = { .sha256 = zero };
	struct firma_cause cause = { 0 };
	enum firma_err verdict = FIRMA_ERR_INTERNAL;

	if (fuzz_result(firma_timestamp_read(
		token, &any, &t, &verdict, &cause)) != FIRMA_OK)
		return;
	check(&t, verdict);
	/* Nobody has a text whose SHA-256 is zero. */
	FUZZ_MUST(firma_timestamp_verify(token, &none, &t, &cause) != FIRMA_OK);
}

static void
read_stamps(struct firma_bytes der)
{
	FIRMA_OWN(firma_cms_stamps_done) struct firma_cms_stamps s = { 0 };

	if (firma_cms_stamps(der, firma_bytes_of(NULL, 0), &s, NULL) !=
	    FIRMA_OK)
		return;
	FUZZ_MUST(s.n <= FIRMA_TIMESTAMPS_MAX);
	for (size_t i = 0; i < s.n; i++)
		if (s.at[i].verdict == FIRMA_OK) {
			check(&s.at[i].stamp, FIRMA_OK);
			FUZZ_MUST(s.at[i].stamp.is_compared);
		}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf token = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf again = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf same = { 0 };
	const struct firma_bytes in = firma_bytes_of(data, size);
	struct firma_cause cause = { 0 };

	if (fuzz_result(firma_timestamp_open(in, &token, &cause)) == FIRMA_OK) {
		FUZZ_MUST(token.len != 0 && token.len < size);
		read_token(firma_buf_view(&token));
		if (firma_timestamp_response(firma_buf_view(&token), &again) ==
			FIRMA_OK &&
		    firma_timestamp_open(firma_buf_view(&again), &same, NULL) ==
			FIRMA_OK)
			FUZZ_MUST(firma_bytes_equal(
			    firma_buf_view(&token), firma_buf_view(&same)));
		return 0;
	}
	if (firma_timestamp_is_token(in))
		read_token(in);
	read_stamps(in);
	return 0;
}
