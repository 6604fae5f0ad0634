/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#include "agent/base/own.h"
#include "agent/store/ledger.h"

#define NOON ((uint64_t)1795435200123) /* 2026-11-23T12:00:00.123Z */

struct chain {
	struct firma_ledger_head head;
	struct firma_buf text; /* lines with newlines */
};

static void
chain_add(struct chain *c, const struct firma_ledger_entry *e)
{
	char line[FIRMA_LEDGER_LINE_MAX];
	size_t len;

	assert_int_equal(
	    firma_ledger_line(e, &c->head, NOON, line, &len), FIRMA_OK);
	c->head.seq++;
	assert_int_equal(
	    firma_ledger_hash(firma_bytes_of(line, len), c->head.hash),
	    FIRMA_OK);
	assert_int_equal(
	    firma_buf_put(&c->text, firma_bytes_of(line, len)), FIRMA_OK);
	assert_int_equal(firma_buf_put_u8(&c->text, '\n'), FIRMA_OK);
}

static void
chain_of(struct chain *c, size_t n)
{
	struct firma_ledger_entry e = {
		.user = "ana", .action = "sign", .result = "begun"
	};

	for (size_t i = 0; i < n; i++) {
		(void)snprintf(e.name, sizeof(e.name), "%zu.pdf", i);
		chain_add(c, &e);
	}
}

static enum firma_err
verify(const struct firma_buf *text, struct firma_cause *cause)
{
	struct firma_ledger_check check = { 0 };

	return firma_ledger_verify(&check, firma_buf_view(text), cause);
}

static void
a_line_is_exactly_as_documented(void **state)
{
	static const char want[] =
	    "{\"seq\":7,\"time\":\"2026-11-23T12:00:00.123Z\",\"prev\":\""
	    "0100000000000000000000000000000000000000000000000000000000000002"
	    "\",\"uid\":0,\"user\":\"root\",\"pid\":123,\"program\":\"firma\","
	    "\"request\":\"00000000000000ff\",\"action\":\"sign\",\"key\":"
	    "\"imss\",\"token\":\"5e71a1\",\"spki\":\"\",\"digest\":\""
	    "abababababababababababababababababababababababababababababababab"
	    "\",\"name\":\"terms.pdf\",\"purpose\":\"renewal 1 terms old\","
	    "\"format\":\"detached\",\"rule\":\"owner\",\"result\":\"begun\","
	    "\"ref\":4,\"note\":\"\"}";
	struct firma_ledger_head head = { .seq = 6,
		.hash = { [0] = 1, [31] = 2 } };
	struct firma_ledger_entry e = { .pid = 123,
		.request = 255,
		.ref = 4,
		.has_digest = true,
		.user = "root",
		.program = "firma",
		.action = "sign",
		.key = "imss",
		.token = "5e71a1",
		.name = "terms.pdf",
		.purpose = "renewal 1 terms old",
		.format = "detached",
		.rule = "owner",
		.result = "begun" };
	char line[FIRMA_LEDGER_LINE_MAX];
	size_t len;

	(void)state;
	memset(e.digest, 0xab, sizeof(e.digest));
	assert_int_equal(
	    firma_ledger_line(&e, &head, NOON, line, &len), FIRMA_OK);
	assert_int_equal(len, sizeof(want) - 1);
	assert_memory_equal(line, want, len);
}

/* jansson's compact dump is canonical in the same way: an independent judge. */
static void
assert_canonical(const char *line, size_t len, const char *note)
{
	json_error_t why;
	json_t *o = json_loadb(line, len, JSON_REJECT_DUPLICATES, &why);
	char *again;

	if (o == NULL)
		fail_msg("not JSON: %s at %d", why.text, why.position);
	again = json_dumps(o, JSON_COMPACT);
	assert_non_null(again);
	assert_int_equal(strlen(again), len);
	assert_memory_equal(again, line, len);
	if (note != NULL)
		assert_string_equal(
		    json_string_value(json_object_get(o, "note")), note);
	free(again);
	json_decref(o);
}

static void
every_character_is_escaped_as_json_wants(void **state)
{
	static const struct firma_ledger_head none;
	char line[FIRMA_LEDGER_LINE_MAX];
	size_t len;

	(void)state;
	for (int c = 1; c < 128; c++) {
		struct firma_ledger_entry e = { .note = { 'a', (char)c, 'z' } };

		assert_int_equal(
		    firma_ledger_line(&e, &none, NOON, line, &len), FIRMA_OK);
		assert_canonical(line, len, e.note);
	}
}

static void
what_is_not_utf8_becomes_a_replacement(void **state)
{
	static const struct {
		const char *in, *out;
	} row[] = {
		{ "Compa\xc3\xb1\xc3\xad"
		  "a & S\xc3\xb3lo",
		    "Compa\xc3\xb1\xc3\xad"
		    "a & S\xc3\xb3lo" },
		{ "\xf0\x9f\x96\x8b", "\xf0\x9f\x96\x8b" },
		{ "caf\xe9", "caf\xef\xbf\xbd" },           /* Latin-1 */
		{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" }, /* overlong */
		{ "\xe0\x80\xaf",
		    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" }, /* overlong */
		{ "\xed\xa0\x80",
		    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" }, /* surrogate */
		{ "\xf4\x90\x80\x80",
		    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd" }, /* cut */
	};
	static const struct firma_ledger_head none;
	char line[FIRMA_LEDGER_LINE_MAX];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct firma_ledger_entry e = { 0 };

		(void)snprintf(e.note, sizeof(e.note), "%s", row[i].in);
		assert_int_equal(
		    firma_ledger_line(&e, &none, NOON, line, &len), FIRMA_OK);
		assert_canonical(line, len, row[i].out);
	}
}

static void
fill(char *text, size_t size, char c)
{
	memset(text, c, size - 1);
	text[size - 1] = '\0';
}

static void
the_worst_line_fits_and_only_its_note_is_cut(void **state)
{
	struct firma_ledger_head head = { .seq = INT64_MAX - 1 };
	struct firma_ledger_entry e = { .uid = UINT32_MAX,
		.pid = UINT32_MAX,
		.request = UINT64_MAX,
		.ref = INT64_MAX,
		.has_spki = true,
		.has_digest = true };
	char line[FIRMA_LEDGER_LINE_MAX];
	size_t len;

	(void)state;
	fill(e.user, sizeof(e.user), 1);
	fill(e.program, sizeof(e.program), 1);
	fill(e.key, sizeof(e.key), 1);
	fill(e.token, sizeof(e.token), 1);
	fill(e.name, sizeof(e.name), 1);
	fill(e.purpose, sizeof(e.purpose), 1);
	fill(e.note, sizeof(e.note), 1);
	fill(e.action, sizeof(e.action), 'a');
	fill(e.format, sizeof(e.format), 'a');
	fill(e.rule, sizeof(e.rule), 'a');
	fill(e.result, sizeof(e.result), 'a');
	assert_int_equal(
	    firma_ledger_line(&e, &head, NOON, line, &len), FIRMA_OK);
	assert_in_range(len, FIRMA_LEDGER_LINE_MAX - 6, FIRMA_LEDGER_LINE_MAX);
	assert_canonical(line, len, NULL);
	/* With words of ours that need escapes there is no room any more. */
	fill(e.action, sizeof(e.action), 1);
	fill(e.format, sizeof(e.format), 1);
	fill(e.rule, sizeof(e.rule), 1);
	fill(e.result, sizeof(e.result), 1);
	assert_int_equal(
	    firma_ledger_line(&e, &head, NOON, line, &len), FIRMA_ERR_LIMIT);
}

static void
a_text_without_end_is_refused(void **state)
{
	static const struct firma_ledger_head none;
	struct firma_ledger_entry e = { 0 };
	char line[FIRMA_LEDGER_LINE_MAX];
	size_t len = 77;

	(void)state;
	memset(e.program, 'x', sizeof(e.program));
	assert_int_equal(
	    firma_ledger_line(&e, &none, NOON, line, &len), FIRMA_ERR_VALUE);
	assert_int_equal(len, 77);
}

static void
a_whole_chain_passes(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf empty = { 0 };
	struct firma_ledger_check check = { 0 };
	struct firma_cause cause;
	struct chain c = { 0 };

	(void)state;
	assert_int_equal(verify(&empty, &cause), FIRMA_OK);
	chain_of(&c, 20);
	assert_int_equal(
	    firma_ledger_verify(&check, firma_buf_view(&c.text), &cause),
	    FIRMA_OK);
	assert_int_equal(check.at.seq, 20);
	assert_memory_equal(check.at.hash, c.head.hash, 32);
	c.text.len--; /* the last newline may be missing */
	assert_int_equal(verify(&c.text, &cause), FIRMA_OK);
	firma_buf_done(&c.text);
}

static void
a_part_passes_when_told_so(void **state)
{
	struct firma_ledger_check check = { .anywhere = true };
	struct firma_cause cause;
	struct firma_bytes v;
	struct chain c = { 0 };
	const uint8_t *second;

	(void)state;
	chain_of(&c, 5);
	second = memchr(c.text.at, '\n', c.text.len);
	assert_non_null(second);
	v = firma_bytes_of(
	    second + 1, c.text.len - (size_t)(second + 1 - c.text.at));
	assert_int_equal(firma_ledger_verify(&check, v, &cause), FIRMA_OK);
	assert_int_equal(check.at.seq, 5);
	check = (struct firma_ledger_check){ 0 };
	assert_int_equal(
	    firma_ledger_verify(&check, v, &cause), FIRMA_ERR_LEDGER_BROKEN);
	firma_buf_done(&c.text);
}

/* A clock that was set back is told of, and breaks nothing. */
static void
times_that_go_back_are_counted(void **state)
{
	static const int64_t times[] = { 0, 5, 5, 4, 9, -86400000, 1 };
	static const struct firma_ledger_entry e = { 0 };
	struct firma_ledger_check check = { 0 };
	struct firma_ledger_head head = { 0 };
	char line[FIRMA_LEDGER_LINE_MAX];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		assert_int_equal(
		    firma_ledger_line(&e, &head,
			(uint64_t)((int64_t)NOON + times[i]), line, &len),
		    FIRMA_OK);
		assert_int_equal(
		    firma_ledger_feed(&check, firma_bytes_of(line, len), NULL),
		    FIRMA_OK);
		head = check.at;
	}
	assert_int_equal(check.n_back, 2);
	assert_int_equal(check.first_back, 4);
}

/* Any single octet changed anywhere but in the last line is noticed. */
static void
every_changed_octet_is_noticed(void **state)
{
	struct firma_cause cause;
	struct chain c = { 0 };
	size_t last = 0;

	(void)state;
	chain_of(&c, 3);
	for (size_t i = 0; i + 1 < c.text.len; i++)
		if (c.text.at[i] == '\n')
			last = i;
	for (size_t i = 0; i < last; i++) {
		c.text.at[i] ^= 1;
		assert_int_equal(
		    verify(&c.text, &cause), FIRMA_ERR_LEDGER_BROKEN);
		assert_int_equal(cause.kind, FIRMA_CAUSE_LINE);
		assert_in_range(cause.code, 1, 3);
		c.text.at[i] ^= 1;
	}
	assert_int_equal(verify(&c.text, &cause), FIRMA_OK);
	firma_buf_done(&c.text);
}

static void
a_missing_or_moved_entry_is_named(void **state)
{
	struct firma_ledger_check check = { 0 };
	struct firma_cause cause;
	struct chain c = { 0 };
	struct firma_bytes line[4];
	const uint8_t *at;

	(void)state;
	chain_of(&c, 4);
	at = c.text.at;
	for (size_t i = 0; i < 4; i++) {
		const uint8_t *end =
		    memchr(at, '\n', c.text.len - (size_t)(at - c.text.at));

		assert_non_null(end);
		line[i] = firma_bytes_of(at, (size_t)(end - at));
		at = end + 1;
	}
	assert_int_equal(firma_ledger_feed(&check, line[0], &cause), FIRMA_OK);
	assert_int_equal(firma_ledger_feed(&check, line[2], &cause),
	    FIRMA_ERR_LEDGER_BROKEN);
	assert_int_equal(cause.code, 2);
	assert_int_equal(firma_ledger_feed(&check, line[0], &cause),
	    FIRMA_ERR_LEDGER_BROKEN);
	/* A refusal leaves the check where it was. */
	assert_int_equal(firma_ledger_feed(&check, line[1], &cause), FIRMA_OK);
	assert_int_equal(firma_ledger_feed(&check, line[2], &cause), FIRMA_OK);
	assert_int_equal(check.at.seq, 3);
	firma_buf_done(&c.text);
}

static void
what_is_no_entry_is_refused(void **state)
{
	static const char zeros[] =
	    "\",\"prev\":\""
	    "0000000000000000000000000000000000000000000000000000000000000000"
	    "\",\"uid\":0}";
	static const char *const head[] = { "", "{}", "{\"seq\":1}",
		"{\"seq\":01,\"time\":\"2026-11-23T12:00:00.123Z",
		"{\"seq\":,\"time\":\"2026-11-23T12:00:00.123Z",
		"{\"seq\":18446744073709551617,\"time\":\""
		"2026-11-23T12:00:00.123Z",
		"{\"seq\":0,\"time\":\"2026-11-23T12:00:00.123Z",
		"{\"seq\":1,\"time\":\"yesterday-at-some-time-o",
		"{\"seq\":1, \"time\":\"2026-11-23T12:00:00.123Z" };
	struct firma_ledger_check check = { 0 };
	struct firma_cause cause;

	(void)state;
	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
		char line[512];
		const int n = snprintf(
		    line, sizeof(line), "%s%s", head[i], i < 3 ? "" : zeros);

		assert_int_equal(firma_ledger_feed(&check,
				     firma_bytes_of(line, (size_t)n), &cause),
		    FIRMA_ERR_LEDGER_BROKEN);
	}
	assert_int_equal(check.at.seq, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_exactly_as_documented),
		cmocka_unit_test(every_character_is_escaped_as_json_wants),
		cmocka_unit_test(what_is_not_utf8_becomes_a_replacement),
		cmocka_unit_test(the_worst_line_fits_and_only_its_note_is_cut),
		cmocka_unit_test(a_text_without_end_is_refused),
		cmocka_unit_test(a_whole_chain_passes),
		cmocka_unit_test(a_part_passes_when_told_so),
		cmocka_unit_test(times_that_go_back_are_counted),
		cmocka_unit_test(every_changed_octet_is_noticed),
		cmocka_unit_test(a_missing_or_moved_entry_is_named),
		cmocka_unit_test(what_is_no_entry_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
