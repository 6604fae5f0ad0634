/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rehearsal/letter.h"

#include <hpdf.h>
#include <openssl/asn1.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/rehearsal/letter_text.h"

#define MARGIN          72.0F /* points */
#define LINE_MAX_OCTETS 4096
#define PDF_MAX         ((size_t)1024 * 1024) /* octets */

/* Where the pen is.  The document fails as a whole: libharu keeps the error. */
struct pen {
	HPDF_Doc pdf;
	HPDF_Page page;
	HPDF_Font body, bold;
	float y;
};

const char *
rehearsal_letter_name(enum rehearsal_letter which)
{
	return rehearsal_letter_texts[which].name;
}

const char *
rehearsal_letter_title(enum rehearsal_letter which)
{
	return rehearsal_letter_texts[which].title;
}

int
rehearsal_letter_of(const char *name)
{
	for (int i = 0; i < REHEARSAL_N_LETTERS; i++)
		if (strcmp(name, rehearsal_letter_texts[i].name) == 0)
			return i;
	return -1;
}

/* The built-in fonts take WinAnsi, which is Latin-1 where we need it. */
static void
to_winansi(const char *utf8, char ret[LINE_MAX_OCTETS])
{
	const unsigned char *p = (const unsigned char *)utf8;
	int left = (int)strlen(utf8);
	size_t out = 0;

	while (left > 0 && out + 1 < LINE_MAX_OCTETS) {
		unsigned long c = 0;
		const int n = UTF8_getc(p, left, &c);

		if (n <= 0)
			break;
		ret[out++] = (char)(c <= 0xff ? c : '?');
		p += n;
		left -= n;
	}
	ret[out] = '\0';
}

static void
new_page(struct pen *pen)
{
	pen->page = HPDF_AddPage(pen->pdf);
	(void)HPDF_Page_SetSize(
	    pen->page, HPDF_PAGE_SIZE_LETTER, HPDF_PAGE_PORTRAIT);
	pen->y = HPDF_Page_GetHeight(pen->page) - MARGIN;
}

static void
draw_line(struct pen *pen, HPDF_Font font, float size, float x,
    const char *text, float word_space)
{
	if (pen->y - size < MARGIN)
		new_page(pen);
	pen->y -= size * 1.35F;
	(void)HPDF_Page_BeginText(pen->page);
	(void)HPDF_Page_SetFontAndSize(pen->page, font, size);
	(void)HPDF_Page_SetWordSpace(pen->page, word_space);
	(void)HPDF_Page_TextOut(pen->page, x, pen->y, text);
	(void)HPDF_Page_EndText(pen->page);
}

static float
width_of(struct pen *pen, HPDF_Font font, float size, const char *text)
{
	(void)HPDF_Page_SetFontAndSize(pen->page, font, size);
	(void)HPDF_Page_SetWordSpace(pen->page, 0);
	return HPDF_Page_TextWidth(pen->page, text);
}

/* The longest prefix in whole words that fits: its length in octets. */
static size_t
fit(struct pen *pen, HPDF_Font font, float size, const char *text, float room)
{
	HPDF_UINT n;

	(void)HPDF_Page_SetFontAndSize(pen->page, font, size);
	(void)HPDF_Page_SetWordSpace(pen->page, 0);
	n = HPDF_Page_MeasureText(pen->page, text, room, HPDF_TRUE, NULL);
	return n == 0 ? strlen(text) : n;
}

/* Fill lines: justified, or centred, over as many pages as it takes. */
static void
paragraph(
    struct pen *pen, HPDF_Font font, float size, int centred, const char *utf8)
{
	char text[LINE_MAX_OCTETS], line[LINE_MAX_OCTETS];
	const char *p = text;
	const float room = HPDF_Page_GetWidth(pen->page) - 2 * MARGIN;

	to_winansi(utf8, text);
	while (*p != '\0') {
		size_t n = fit(pen, font, size, p, room), words = 0;
		const int last = p[n] == '\0';
		float slack;

		(void)snprintf(line, sizeof(line), "%.*s", (int)n, p);
		p += n;
		for (n = strlen(line); n > 0 && line[n - 1] == ' '; n--)
			line[n - 1] = '\0';
		for (const char *s = line; *s != '\0'; s++)
			words += *s == ' ';
		slack = room - width_of(pen, font, size, line);
		if (centred)
			draw_line(pen, font, size, MARGIN + slack / 2, line, 0);
		else
			draw_line(pen, font, size, MARGIN, line,
			    last || words == 0 ? 0 : slack / (float)words);
	}
	pen->y -= size * 0.7F;
}

static void
datum(struct pen *pen, const char *label, const char *utf8)
{
	char text[LINE_MAX_OCTETS];
	float y;

	to_winansi(label, text);
	draw_line(pen, pen->bold, 10, MARGIN, text, 0);
	to_winansi(utf8[0] == '\0' ? "-" : utf8, text);
	y = pen->y;
	pen->y += 10 * 1.35F;
	draw_line(pen, pen->body, 10, MARGIN + 170, text, 0);
	pen->y = y;
}

static void
date_text(int64_t at, char *ret, size_t len)
{
	static const char *const months[] = { "enero", "febrero", "marzo",
		"abril", "mayo", "junio", "julio", "agosto", "septiembre",
		"octubre", "noviembre", "diciembre" };
	const time_t t = (time_t)at;
	struct tm tm = { 0 };

	(void)gmtime_r(&t, &tm);
	(void)snprintf(ret, len, "%d de %s de %d, %02d:%02d:%02d UTC",
	    tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour,
	    tm.tm_min, tm.tm_sec);
}

static void
compose(struct pen *pen, const struct rehearsal_letter_text *text,
    const struct rehearsal_identity *who, int64_t at)
{
	char date[64];

	date_text(at, date, sizeof(date));
	new_page(pen);
	paragraph(pen, pen->body, 9, 1,
	    "PORTAL PATRONAL DE ENSAYO - DOCUMENTO SIN VALIDEZ OFICIAL");
	pen->y -= 8;
	paragraph(pen, pen->bold, 15, 1, text->title);
	pen->y -= 8;
	datum(pen, "Nombre o razón social:", who->name);
	datum(pen, "RFC:", who->rfc);
	datum(pen, "CURP:", who->curp);
	datum(pen, "Registro patronal:", who->registro);
	datum(pen, "Fecha de la carta:", date);
	pen->y -= 14;
	for (const char *const *p = text->paragraphs; *p != NULL; p++)
		paragraph(pen, pen->body, 11, 0, *p);
}

static enum firma_err
take_stream(HPDF_Doc pdf, struct firma_buf *ret)
{
	enum firma_err r;
	HPDF_UINT32 size;

	if (HPDF_GetError(pdf) != HPDF_OK || HPDF_SaveToStream(pdf) != HPDF_OK)
		return FIRMA_ERR_INTERNAL;
	size = HPDF_GetStreamSize(pdf);
	if (size == 0 || size > PDF_MAX)
		return FIRMA_ERR_LIMIT;
	if ((r = firma_buf_reserve(ret, size)) != FIRMA_OK)
		return r;
	(void)HPDF_ResetStream(pdf);
	if (HPDF_ReadFromStream(pdf, ret->at + ret->len, &size) != HPDF_OK &&
	    HPDF_GetError(pdf) != HPDF_STREAM_EOF)
		return FIRMA_ERR_INTERNAL;
	ret->len += size;
	return FIRMA_OK;
}

enum firma_err
rehearsal_letter_make(enum rehearsal_letter which,
    const struct rehearsal_identity *who, int64_t at, const char *link,
    struct firma_buf *ret)
{
	const struct rehearsal_letter_text *text =
	    &rehearsal_letter_texts[which];
	struct pen pen = { .pdf = HPDF_New(NULL, NULL) };
	char title[LINE_MAX_OCTETS];
	enum firma_err r;

	if (pen.pdf == NULL)
		return FIRMA_ERR_NOMEM;
	to_winansi(text->title, title);
	(void)HPDF_SetCompressionMode(pen.pdf, HPDF_COMP_ALL);
	(void)HPDF_SetInfoAttr(pen.pdf, HPDF_INFO_TITLE, title);
	(void)HPDF_SetInfoAttr(pen.pdf, HPDF_INFO_AUTHOR, "firma-rehearsal");
	pen.body = HPDF_GetFont(pen.pdf, "Times-Roman", "WinAnsiEncoding");
	pen.bold = HPDF_GetFont(pen.pdf, "Times-Bold", "WinAnsiEncoding");
	compose(&pen, text, who, at);
	if (link != NULL)
		(void)HPDF_Page_CreateURILinkAnnot(pen.page,
		    (HPDF_Rect){ MARGIN, MARGIN, 2 * MARGIN, 2 * MARGIN },
		    link);
	r = take_stream(pen.pdf, ret);
	HPDF_Free(pen.pdf);
	return r;
}
