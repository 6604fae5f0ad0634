/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <hpdf.h>

#include "agent/base/own.h"
#include "cli/pdf/appearance.h"

/* Another library's table of the same font. */
static void
widths(void **state)
{
	HPDF_Doc doc = HPDF_New(NULL, NULL);
	HPDF_Font font;

	(void)state;
	assert_non_null(doc);
	font = HPDF_GetFont(doc, "Helvetica", "WinAnsiEncoding");
	assert_non_null(font);
	for (unsigned int c = 0x20; c < 0x100; c++) {
		const HPDF_BYTE one = (HPDF_BYTE)c;

		assert_int_equal(pdf_appearance_width((uint8_t)c),
		    HPDF_Font_TextWidth(font, &one, 1).width);
	}
	assert_int_equal(pdf_appearance_width('\n'), 0);
	HPDF_Free(doc);
}

/* How many lines it has, and of what size they are. */
static void
is_laid_out(double w, double h, const char *text, size_t n, const char *size)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf got = { 0 };
	struct pdf_refusal why;
	size_t lines = 0;

	assert_int_equal(
	    pdf_appearance_make(w, h, 0, text, &got, &why), FIRMA_OK);
	assert_int_equal(firma_buf_put_u8(&got, '\0'), FIRMA_OK);
	for (const char *s = (const char *)got.at;
	     (s = strstr(s, " Tj T*")) != NULL; s++)
		lines++;
	assert_int_equal(lines, n);
	assert_non_null(strstr((const char *)got.at, size));
}

static void
lines(void **state)
{
	(void)state;
	is_laid_out(200, 60, "uno", 1, "/F1 12.0 Tf");
	is_laid_out(200, 60, "uno\ndos", 2, "/F1 12.0 Tf");
	is_laid_out(200, 60, "uno\n\ndos", 3, "/F1 12.0 Tf");
	is_laid_out(200, 60, "", 1, "/F1 12.0 Tf");
	/* 12 points: "uno dos" is 43 points wide. */
	is_laid_out(50, 60, "uno dos", 1, "/F1 12.0 Tf");
	is_laid_out(40, 60, "uno dos", 2, "/F1 12.0 Tf");
	is_laid_out(40, 18, "uno dos", 1, "/F1 9.");
	is_laid_out(200, 12, "uno", 1, "/F1 5.0 Tf");
}

static enum firma_err
refused(double w, double h, const char *text, enum pdf_reason reason,
    const char *detail)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf got = { 0 };
	struct pdf_refusal why = { 0 };
	const enum firma_err r = pdf_appearance_make(w, h, 0, text, &got, &why);

	assert_int_equal(why.reason, reason);
	assert_string_equal(why.detail, detail);
	assert_int_equal(got.len, 0);
	return r;
}

static void
refusals(void **state)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

	(void)state;
	assert_int_equal(refused(200, 60, "\xd0\x96", PDF_CHARACTER, "U+0416"),
	    FIRMA_ERR_SHAPE);
	assert_int_equal(
	    refused(200, 60, "\t", PDF_CHARACTER, "U+0009"), FIRMA_ERR_SHAPE);
	assert_int_equal(refused(200, 60, "\xff", PDF_CHARACTER, "no UTF-8"),
	    FIRMA_ERR_SHAPE);
	/* Writes from right to left. */
	assert_int_equal(
	    refused(200, 60, "\xe2\x80\xae", PDF_CHARACTER, "U+202E"),
	    FIRMA_ERR_SHAPE);
	assert_int_equal(
	    refused(20, 60, letters, PDF_NO_ROOM, ""), FIRMA_ERR_SHAPE);
	assert_int_equal(
	    refused(200, 5, "a", PDF_NO_ROOM, ""), FIRMA_ERR_SHAPE);
	assert_int_equal(
	    refused(5, 200, "a", PDF_NO_ROOM, ""), FIRMA_ERR_SHAPE);
}

static void
characters(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf got = { 0 };
	struct pdf_refusal why;

	(void)state;
	assert_int_equal(pdf_appearance_make(200, 60, 90,
			     "\xc3\x91 \xe2\x82\xac \\()", &got, &why),
	    FIRMA_OK);
	assert_int_equal(firma_buf_put_u8(&got, '\0'), FIRMA_OK);
	assert_non_null(strstr((const char *)got.at, "<D12080205C2829> Tj"));
	assert_non_null(strstr((const char *)got.at, "/Matrix [0 1 -1 0 0 0]"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(widths),
		cmocka_unit_test(lines),
		cmocka_unit_test(refusals),
		cmocka_unit_test(characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
