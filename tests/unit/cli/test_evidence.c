/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "agent/base/own.h"
#include "agent/pki/own_openssl.h"
#include "cli/evidence_check.h"
#include "cli/file.h"
#include "cli/zip.h"

#define HOSTILE \
	"<script>alert(1)</script>\" onload='x' &lt; \xe2\x80\xae txt\x1b[1m"
/* In JSON. */
#define HOSTILE_JSON                                                       \
	"<script>alert(1)</script>\\\" onload='x' &lt; \\u202e txt\\u001b" \
	"[1m"

static void
put(struct evidence *e, const char *name, const char *text)
{
	assert_int_equal(
	    evidence_put(e, name, firma_bytes_of(text, strlen(text))),
	    FIRMA_OK);
}

/* A certificate whose common name is that. */
static void
put_certificate(struct evidence *e, const char *name, const char *cn)
{
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *key = EVP_EC_gen("P-256");
	FIRMA_OWN(firma_x509_done) X509 *x = X509_new();
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf pem = { 0 };
	X509_NAME *n = X509_get_subject_name(x);
	unsigned char *out = NULL;
	int len;

	assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 1234), 1);
	assert_int_equal(
	    X509_NAME_add_entry_by_NID(n, NID_commonName, V_ASN1_UTF8STRING,
		(const unsigned char *)cn, -1, -1, 0),
	    1);
	assert_int_equal(X509_set_issuer_name(x, n), 1);
	(void)X509_gmtime_adj(X509_getm_notBefore(x), 0);
	(void)X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	assert_int_equal(X509_set_pubkey(x, key), 1);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	len = i2d_X509(x, &out);
	assert_int_equal(firma_openssl_put(&der, out, len), FIRMA_OK);
	assert_int_equal(
	    file_pem("CERTIFICATE", firma_buf_view(&der), &pem), FIRMA_OK);
	assert_int_equal(evidence_put(e, name, firma_buf_view(&pem)), FIRMA_OK);
}

static char *
report_of(const struct evidence *e)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf html = { 0 };
	struct firma_cause cause = { 0 };

	assert_int_equal(evidence_report(e, &html, &cause), FIRMA_OK);
	return strndup((const char *)html.at, html.len);
}

static size_t
count(const char *in, const char *what)
{
	size_t n = 0;

	for (; (in = strstr(in, what)) != NULL; in += strlen(what))
		n++;
	return n;
}

static void
hostile_names(void **state)
{
	FIRMA_OWN(evidence_done) struct evidence e = { 0 };
	FIRMA_OWN(firma_mem_done) char *html = NULL;

	(void)state;
	put(&e, EVIDENCE_RENEWAL,
	    "{\"format\":1,\"lang\":\"es\",\"old_serial\":\"" HOSTILE_JSON
	    "\",\"portal\":\"" HOSTILE_JSON "\",\"status\":\"" HOSTILE_JSON
	    "\",\"made_by\":\"" HOSTILE_JSON "\",\"started\":{\"utc\":\"" //
	    HOSTILE_JSON "\",\"local\":\"" HOSTILE_JSON "\"},"
	    "\"company\":{\"name\":\"" HOSTILE_JSON "\"},"
	    "\"receipts\":[{\"name\":\"folio\",\"title\":\"" HOSTILE_JSON
	    "\",\"value\":\"" HOSTILE_JSON "\"}],"
	    "\"steps\":[{\"step\":\"a\",\"user_step\":1,\"user_step_last\":1,"
	    "\"title\":\"" HOSTILE_JSON "\",\"seq\":1,\"local\":\"" //
	    HOSTILE_JSON "\"}]}");
	put(&e, EVIDENCE_LEDGER,
	    "{\"seq\":1,\"time\":\"" HOSTILE_JSON "\",\"user\":\"" HOSTILE_JSON
	    "\",\"key\":\"" HOSTILE_JSON
	    "\",\"action\":\"sign\",\"digest\":\"" HOSTILE_JSON
	    "\",\"purpose\":\"renewal 0 a\",\"note\":\"" HOSTILE_JSON "\"}\n");
	put_certificate(&e, "old.pem", "<script>alert(1)</script>'\"&");
	put_certificate(&e, "new.pem", HOSTILE);
	html = report_of(&e);
	assert_int_equal(count(html, "<script"), 0);
	assert_int_equal(count(html, "onload='"), 0);
	assert_true(count(html, "&lt;script&gt;") > 10);
	/* No control, no change of direction; nothing fetched, nothing run. */
	assert_null(strchr(html, 0x1b));
	assert_int_equal(count(html, "\xe2\x80\xae"), 0);
	assert_int_equal(count(html, "src="), 0);
	assert_int_equal(count(html, "href="), 0);
	assert_int_equal(count(html, "url("), 0);
	assert_int_equal(count(html, "default-src 'none'"), 1);
	assert_int_equal(count(html, "<html lang=\"es\">"), 1);
}

static void
a_report_of_little(void **state)
{
	FIRMA_OWN(evidence_done) struct evidence e = { 0 };
	FIRMA_OWN(firma_mem_done) char *html = NULL;
	FIRMA_OWN(firma_buf_done) struct firma_buf none = { 0 };

	(void)state;
	assert_int_equal(evidence_report(&e, &none, NULL), FIRMA_ERR_SHAPE);
	put(&e, EVIDENCE_RENEWAL, "{}");
	html = report_of(&e);
	assert_int_equal(count(html, "<html lang=\"en\">"), 1);
	assert_int_equal(count(html, "</html>"), 1);
	put(&e, EVIDENCE_LEDGER, "{\"seq\":1}\n[]\n");
	assert_int_equal(evidence_report(&e, &none, NULL), FIRMA_ERR_SHAPE);
	put(&e, EVIDENCE_RENEWAL, "[]");
	assert_int_equal(evidence_report(&e, &none, NULL), FIRMA_ERR_SHAPE);
	assert_int_equal(none.len, 0);
}

static void
what_is_put_in_comes_out(void **state)
{
	FIRMA_OWN(evidence_done) struct evidence e = { 0 };
	FIRMA_OWN(evidence_done) struct evidence back = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf zip = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf again = { 0 };
	struct firma_cause cause = { 0 };

	(void)state;
	put(&e, "letters/b", "B");
	put(&e, "letters/a", "");
	put(&e, EVIDENCE_RENEWAL, "{\"changed_seconds\":1790000000}");
	put(&e, EVIDENCE_SUMS, "x");
	put(&e, "letters/b", "BB");
	assert_int_equal(evidence_pack_buf(&e, &zip, &cause), FIRMA_OK);
	assert_true(evidence_is(firma_buf_view(&zip)));
	assert_int_equal(
	    evidence_unpack(firma_buf_view(&zip), &back, &cause), FIRMA_OK);
	assert_int_equal(back.n, 4);
	assert_string_equal(back.at[1].name, "letters/a");
	assert_int_equal(back.at[1].content.len, 0);
	assert_int_equal(evidence_find(&back, "letters/b").len, 2);
	assert_int_equal(evidence_pack_buf(&back, &again, &cause), FIRMA_OK);
	assert_true(
	    firma_bytes_equal(firma_buf_view(&zip), firma_buf_view(&again)));
	assert_false(evidence_is(firma_bytes_of("PK\3\4", 4)));
	assert_false(evidence_is(firma_bytes_of("x", 1)));
}

static void
names_that_are_none_of_ours(void **state)
{
	static const char *const names[] = { "../a", "/a", "a/../b", "a//b",
		".a", "a/.b", "..\\\\a", "C:a", "a b", "\xc3\xb1", "a/./b" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		FIRMA_OWN(evidence_done) struct evidence e = { 0 };
		FIRMA_OWN(firma_buf_done) struct firma_buf zip = { 0 };
		const struct zip_file file = { .name = names[i],
			.content = firma_bytes_of("x", 1) };
		enum firma_err r = zip_write_buf(&file, 1, 0, &zip, NULL);

		/* libarchive does not write all of them. */
		if (r == FIRMA_OK)
			r = evidence_unpack(firma_buf_view(&zip), &e, NULL);
		if (r == FIRMA_OK && e.n != 0)
			fail_msg("%s became %s", names[i], e.at[0].name);
	}
}

static void
too_much_is_refused(void **state)
{
	FIRMA_OWN(evidence_done) struct evidence e = { 0 };
	FIRMA_OWN(firma_mem_done) void *big = calloc(1, EVIDENCE_FILE_MAX + 1);
	char name[EVIDENCE_NAME_MAX + 1];

	(void)state;
	assert_non_null(big);
	assert_int_equal(
	    evidence_put(&e, "a", firma_bytes_of(big, EVIDENCE_FILE_MAX + 1)),
	    FIRMA_ERR_LIMIT);
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(name, sizeof(name), "%zu", i);
		assert_int_equal(evidence_put(&e, name,
				     firma_bytes_of(big, EVIDENCE_FILE_MAX)),
		    FIRMA_OK);
	}
	assert_int_equal(
	    evidence_put(&e, "2", firma_bytes_of(big, EVIDENCE_FILE_MAX)),
	    FIRMA_ERR_LIMIT);
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(
	    evidence_put(&e, name, firma_bytes_of("", 0)), FIRMA_ERR_LIMIT);
	for (size_t i = e.n; i < EVIDENCE_FILES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "n%zu", i);
		put(&e, name, "");
	}
	assert_int_equal(
	    evidence_put(&e, "more", firma_bytes_of("", 0)), FIRMA_ERR_LIMIT);
}

/* Over a gigabyte of entries is refused, and not an octet before. */
static void
a_ledger_has_a_limit(void **state)
{
	FIRMA_OWN(evidence_entries_done) struct evidence_entries e = { 0 };
	FIRMA_OWN(firma_mem_done) uint8_t *piece = malloc(1 << 20);

	(void)state;
	assert_non_null(piece);
	memset(piece, 'x', 1 << 20);
	for (size_t i = 0; i < 1 << 20; i += 512) {
		memcpy(piece + i, "{\"seq\":1", 8);
		piece[i + 511] = '\n';
	}
	assert_int_equal(evidence_entries_begin(&e, NULL), FIRMA_OK);
	/* The lines are none: what is counted is their octets. */
	for (uint64_t i = 0; i < EVIDENCE_LEDGER_MAX >> 20; i++)
		assert_int_equal(
		    evidence_entries_feed(&e, firma_bytes_of(piece, 1 << 20)),
		    FIRMA_OK);
	assert_int_equal(evidence_entries_feed(&e, firma_bytes_of(piece, 1)),
	    FIRMA_ERR_LIMIT);
	assert_int_equal(e.size, EVIDENCE_LEDGER_MAX);
	assert_int_equal(e.chain_says, FIRMA_ERR_LEDGER_BROKEN);
}

/* The first that is none is the last that is looked at. */
static void
a_line_that_is_no_entry(void **state)
{
	static const char *const lines[] = { "\n", "x\n", "{}\n", "{\"seq\":\n",
		"{\"seq\":0}\n", "{\"seq\":-1}\n", " {\"seq\":1}\n", "[]" };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		FIRMA_OWN(evidence_entries_done)
		struct evidence_entries e = { 0 };
		enum firma_err r;

		assert_int_equal(evidence_entries_begin(&e, NULL), FIRMA_OK);
		r = evidence_entries_feed(
		    &e, firma_bytes_of(lines[i], strlen(lines[i])));
		if (r == FIRMA_OK)
			r = evidence_entries_end(&e);
		assert_int_equal(r, FIRMA_ERR_SHAPE);
		assert_int_equal(e.n, 0);
	}
}

/* A ZIP of two files, and where its directory and its end begin. */
static void
two_files(struct firma_buf *zip, size_t *ret_directory, size_t *ret_end)
{
	static const char central[] = "PK\1\2";
	const struct zip_file files[] = {
		{ .name = "a", .content = firma_bytes_of("A", 1) },
		{ .name = "b", .content = firma_bytes_of("B", 1) }
	};
	const uint8_t *at;

	zip->len = 0;
	assert_int_equal(zip_write_buf(files, 2, 0, zip, NULL), FIRMA_OK);
	at = memmem(zip->at, zip->len, central, 4);
	assert_non_null(at);
	*ret_directory = (size_t)(at - zip->at);
	*ret_end = zip->len - 22;
}

static void
insert(struct firma_buf *zip, size_t at, struct firma_bytes what)
{
	assert_int_equal(firma_buf_put(zip, what), FIRMA_OK);
	memmove(
	    zip->at + at + what.len, zip->at + at, zip->len - what.len - at);
	memcpy(zip->at + at, what.at, what.len);
}

static void
assert_hidden(const struct firma_buf *zip, const char *what)
{
	FIRMA_OWN(evidence_done) struct evidence e = { 0 };
	FIRMA_OWN(zip_done) struct zip other = { 0 };

	if (evidence_unpack(firma_buf_view(zip), &e, NULL) != FIRMA_ERR_SHAPE)
		fail_msg("%s is not seen", what);
	/* One of others is read as before. */
	if (zip_read(firma_buf_view(zip), &other, NULL) != FIRMA_OK ||
	    other.n != 2)
		fail_msg("%s: it is not read", what);
}

/* What a program finds that reads from the beginning, and the directory has not. */
static void
nothing_is_hidden_in_a_zip(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf zip = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf hidden = { 0 };
	FIRMA_OWN(evidence_done) struct evidence e = { 0 };
	size_t directory, end, second;

	(void)state;
	two_files(&zip, &directory, &end);
	assert_int_equal(
	    evidence_unpack(firma_buf_view(&zip), &e, NULL), FIRMA_OK);
	second = directory / 2; /* both are as long */
	assert_memory_equal(zip.at + second, "PK\3\4", 4);
	assert_int_equal(
	    firma_buf_put(&hidden, firma_bytes_of(zip.at, second)), FIRMA_OK);

	insert(&zip, directory, firma_buf_view(&hidden));
	zip.at[end + second + 16] = (uint8_t)(directory + second);
	assert_hidden(&zip, "a file before the directory");

	two_files(&zip, &directory, &end);
	assert_int_equal(firma_buf_put_str(&zip, "x"), FIRMA_OK);
	assert_hidden(&zip, "an octet behind");

	two_files(&zip, &directory, &end);
	zip.at[30] = 'c';
	assert_hidden(&zip, "another name");

	/* As a program has it that unpacks itself: all begin later. */
	two_files(&zip, &directory, &end);
	for (size_t at = directory; at < end; at += (end - directory) / 2)
		zip.at[at + 42]++;
	zip.at[end + 16]++;
	insert(&zip, 0, firma_bytes_of("x", 1));
	assert_hidden(&zip, "an octet before all");
}

/* In pieces of any size they are the same entries. */
static void
entries_in_pieces(void **state)
{
	static const char lines[] =
	    "{\"seq\":7,\"action\":\"renew-start\",\"key\":\"old\"}\n"
	    "{\"seq\":8,\"action\":\"sign\",\"purpose\":\"payroll\"}\n"
	    "{\"seq\":9,\"action\":\"sign\",\"purpose\":\"renewal 1 a\","
	    "\"result\":\"ok\",\"name\":\"terms\"}\n"
	    "{\"seq\":10,\"action\":\"sign\",\"purpose\":\"renewal 11 a\","
	    "\"result\":\"ok\"}";
	const size_t len = sizeof(lines) - 1;
	json_t *renewal = json_pack(
	    "{si s[{si} {si}]}", "renewal", 1, "steps", "seq", 8, "seq", 9);

	(void)state;
	for (size_t n = 1; n <= len; n++) {
		FIRMA_OWN(evidence_entries_done)
		struct evidence_entries e = { 0 };

		assert_int_equal(evidence_entries_begin(&e, renewal), FIRMA_OK);
		for (size_t at = 0; at < len; at += n)
			assert_int_equal(evidence_entries_feed(&e,
					     firma_bytes_of(lines + at,
						 len - at < n ? len - at : n)),
			    FIRMA_OK);
		assert_int_equal(evidence_entries_end(&e), FIRMA_OK);
		assert_int_equal(e.n, 4);
		assert_int_equal(e.n_others, 2);
		assert_int_equal(e.first_seq, 7);
		assert_int_equal(e.last_seq, 10);
		assert_false(e.is_last_own);
		assert_false(e.is_shapeless);
		assert_int_equal(json_object_size(e.steps), 1);
		assert_non_null(json_object_get(e.signs, "renewal 1 a"));
		assert_int_equal(json_object_size(e.signs), 1);
	}
	json_decref(renewal);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(a_report_of_little),
		cmocka_unit_test(what_is_put_in_comes_out),
		cmocka_unit_test(names_that_are_none_of_ours),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(a_ledger_has_a_limit),
		cmocka_unit_test(a_line_that_is_no_entry),
		cmocka_unit_test(nothing_is_hidden_in_a_zip),
		cmocka_unit_test(entries_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
