/* SPDX-License-Identifier: Apache-2.0 */
/* The evidence of a small renewal, as a ZIP and as the text of evidence.c. */
#include <stdio.h>

#include "agent/base/own.h"
#include "cli/evidence.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/seeds.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define TIME  "2026-11-28T19:10:05.000Z"
#define LOCAL "2026-11-28T13:10:05-06:00"

static const char renewal[] =
    "{\"format\":2,\"lang\":\"es\",\"renewal\":1,\"old_serial\":\"1\","
    "\"new_serial\":\"2\",\"status\":\"complete\",\"made_by\":\"firmad\","
    "\"changed_seconds\":1790000000,\"started\":{\"utc\":\"" TIME
    "\",\"local\":\"" LOCAL "\"},\"company\":{\"name\":\"<b>&\"},"
    "\"receipts\":[{\"name\":\"folio\",\"title\":\"t\",\"value\":\"v\"}],"
    "\"steps\":[{\"step\":\"terms.sign.old\",\"user_step\":5,"
    "\"user_step_last\":6,\"title\":\"t\",\"state\":\"done\",\"seq\":1,"
    "\"time\":\"" TIME "\",\"local\":\"" LOCAL "\"},"
    "{\"step\":\"mail\",\"user_step\":6,\"user_step_last\":6,"
    "\"title\":\"t\",\"state\":\"open\"}]}\n";
static const char ledger[] =
    "{\"seq\":1,\"time\":\"" TIME "\",\"prev\":\"" ZEROS
    "\",\"uid\":0,\"user\":\"root\",\"pid\":1,\"program\":\"firma\","
    "\"request\":\"0000000000000001\",\"action\":\"sign\",\"key\":\"old\","
    "\"token\":\"t\",\"spki\":\"\",\"digest\":\"" ZEROS
    "\",\"name\":\"terms\",\"purpose\":\"renewal 1 terms.sign.old\","
    "\"format\":\"detached\",\"rule\":\"root\",\"result\":\"ok\",\"ref\":0,"
    "\"note\":\"n\"}\n";

static void
put(struct evidence *e, const char *name, struct firma_bytes v)
{
	FUZZ_MUST(evidence_put(e, name, v) == FIRMA_OK);
}

void
seeds_evidence(void)
{
	FIRMA_OWN(evidence_done) struct evidence e = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf made = { 0 }, zip = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf sums = { 0 }, text = { 0 };

	put(&e, EVIDENCE_RENEWAL, firma_bytes_of(renewal, sizeof(renewal) - 1));
	put(&e, EVIDENCE_LEDGER, firma_bytes_of(ledger, sizeof(ledger) - 1));
	put(&e, "letters/terms.pdf", firma_bytes_of("%PDF", 4));
	FUZZ_MUST(evidence_report(&e, &made, NULL) == FIRMA_OK);
	put(&e, EVIDENCE_REPORT, firma_buf_view(&made));
	FUZZ_MUST(evidence_sums(&e, &sums) == FIRMA_OK);
	put(&e, EVIDENCE_SUMS, firma_buf_view(&sums));
	FUZZ_MUST(evidence_pack_buf(&e, &zip, NULL) == FIRMA_OK);
	seed("evidence", "whole", firma_buf_view(&zip));
	for (size_t i = 0; i < e.n; i++) {
		FUZZ_MUST(firma_buf_put_u8(&text, 0x1e) == FIRMA_OK);
		FUZZ_MUST(firma_buf_put_str(&text, e.at[i].name) == FIRMA_OK);
		FUZZ_MUST(firma_buf_put_u8(&text, '\n') == FIRMA_OK);
		FUZZ_MUST(firma_buf_put(&text,
			      firma_buf_view(&e.at[i].content)) == FIRMA_OK);
	}
	seed("evidence", "text", firma_buf_view(&text));
}
