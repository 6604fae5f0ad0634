/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdf/appearance.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/own.h"
#include "agent/pki/text.h"

#define SIZE_MAX_PT 12.0
#define SIZE_MIN_PT 4.0
#define SIZE_STEP   0.5
#define MARGIN      3.0 /* points inside of the frame */
#define LEADING     1.2 /* of the size, from line to line */
#define ASCENT      0.76
#define LINES_MAX   128
#define FIRST       0x20

/* Of Helvetica, from 0x20 on; unit/pdf/appearance compares it with libharu's. */
/* clang-format off */
static const uint16_t widths[256 - FIRST] = {
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333,
	278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278,
	584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
	500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944,
	667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556,
	278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
	278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584, 278, 556, 278,
	222, 556, 333, 1000, 556, 556, 333, 1000, 667, 333, 1000, 278, 611, 278,
	278, 222, 222, 333, 333, 350, 556, 1000, 333, 1000, 500, 333, 944, 278,
	500, 667, 278, 333, 556, 556, 556, 556, 260, 556, 333, 737, 370, 556,
	584, 278, 737, 333, 400, 584, 333, 333, 333, 556, 537, 278, 333, 333,
	365, 556, 834, 834, 834, 611, 667, 667, 667, 667, 667, 667, 1000, 722,
	667, 667, 667, 667, 278, 278, 278, 278, 722, 722, 778, 778, 778, 778,
	778, 584, 778, 722, 722, 722, 722, 667, 667, 611, 556, 556, 556, 556,
	556, 556, 889, 500, 556, 556, 556, 556, 278, 278, 278, 278, 556, 556,
	556, 556, 556, 556, 556, 584, 611, 556, 556, 556, 556, 500, 556, 500,
};
/* clang-format on */

unsigned int
pdf_appearance_width(uint8_t character)
{
	return character < FIRST ? 0 : widths[character - FIRST];
}

struct line {
	size_t at, len;
};

struct layout {
	struct firma_bytes text; /* WinAnsi */
	struct line lines[LINES_MAX];
	size_t n;
};

static enum firma_err
encode(const char *text, struct firma_buf *ret, struct pdf_refusal *why)
{
	struct firma_bytes in = firma_bytes_of(text, strlen(text));

	while (in.len != 0) {
		struct firma_bytes one = in;
		uint32_t c;

		if (!firma_text_take(&in, &c))
			return pdf_refuse(why, PDF_CHARACTER, "no UTF-8");
		one.len -= in.len;
		if (c != '\n' &&
		    (!firma_text_is_clean(one) ||
			firma_text_to_cp1252(one, ret) != FIRMA_OK))
			return pdf_refuse(
			    why, PDF_CHARACTER, "U+%04X", (unsigned int)c);
		if (c == '\n' && firma_buf_put_u8(ret, '\n') != FIRMA_OK)
			return FIRMA_ERR_NOMEM;
	}
	return FIRMA_OK;
}

/* The longest beginning of at..end that is no wider than room; 0: none. */
static size_t
break_line(struct firma_bytes text, size_t at, size_t end, double room)
{
	double width = 0;
	size_t fits = 0;

	for (size_t i = at; i < end; i++) {
		if (text.at[i] == ' ')
			fits = i - at;
		width += pdf_appearance_width(text.at[i]);
		if (width > room)
			return fits;
	}
	return end - at;
}

/* Lines of at most room thousandths of the size; 0 when a word is wider. */
static int
lay_out(struct layout *l, double room)
{
	size_t at = 0;

	for (l->n = 0; at <= l->text.len; l->n++) {
		const uint8_t *nl = at == l->text.len
		    ? NULL
		    : memchr(l->text.at + at, '\n', l->text.len - at);
		const size_t end =
		    nl == NULL ? l->text.len : (size_t)(nl - l->text.at);
		const size_t n = break_line(l->text, at, end, room);

		if (l->n == LINES_MAX || (n == 0 && end != at))
			return 0;
		l->lines[l->n] = (struct line){ at, n };
		at += n;
		/* The space or the line's end goes with the break. */
		if (at == end)
			at = end + 1;
		else
			at++;
	}
	return 1;
}

/* The largest size at which it fits; 0: none. */
static double
fit(struct layout *l, double w, double h)
{
	for (double size = SIZE_MAX_PT; size >= SIZE_MIN_PT; size -= SIZE_STEP)
		if (lay_out(l, (w - 2 * MARGIN) * 1000 / size) &&
		    (double)l->n * size * LEADING <= h - 2 * MARGIN)
			return size;
	return 0;
}

FIRMA_CHECKED static enum firma_err put(struct firma_buf *b, const char *fmt,
    ...) __attribute__((format(printf, 2, 3)));

static enum firma_err
put(struct firma_buf *b, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return firma_buf_put_str(b, text);
}

/* Hexadecimal: nothing to escape. */
static enum firma_err
put_line(struct firma_buf *b, struct firma_bytes line)
{
	enum firma_err r;

	if ((r = firma_buf_put_u8(b, '<')) != FIRMA_OK)
		return r;
	for (size_t i = 0; i < line.len; i++)
		if ((r = put(b, "%02X", line.at[i])) != FIRMA_OK)
			return r;
	return firma_buf_put_str(b, "> Tj T*\n");
}

static enum firma_err
draw(const struct layout *l, double size, double w, double h,
    struct firma_buf *ret)
{
	enum firma_err r;

	r = put(ret,
	    "q\n0.35 G 0.5 w 0.75 0.75 %.2f %.2f re S\n"
	    "BT\n0 g /F1 %.1f Tf %.2f TL %.2f %.2f Td\n",
	    w - 1.5, h - 1.5, size, size * LEADING, MARGIN,
	    h - MARGIN - size * ASCENT);
	for (size_t i = 0; i < l->n && r == FIRMA_OK; i++)
		r = put_line(ret,
		    firma_bytes_of(
			l->text.at + l->lines[i].at, l->lines[i].len));
	return r == FIRMA_OK ? firma_buf_put_str(ret, "ET\nQ\n") : r;
}

/* Turned against the page, so that it is upright when the page is turned. */
static const char *
matrix(int rotate)
{
	switch (rotate) {
	case 90:
		return "0 1 -1 0 0 0";
	case 180:
		return "-1 0 0 -1 0 0";
	case 270:
		return "0 -1 1 0 0 0";
	default:
		return "1 0 0 1 0 0";
	}
}

enum firma_err
pdf_appearance_make(double w, double h, int rotate, const char *text,
    struct firma_buf *ret, struct pdf_refusal *why)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf encoded = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf data = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf whole = { 0 };
	struct layout l;
	enum firma_err r;
	double size;

	if ((r = encode(text, &encoded, why)) != FIRMA_OK)
		return r;
	l.text = firma_buf_view(&encoded);
	if ((size = fit(&l, w, h)) == 0)
		return pdf_refuse(why, PDF_NO_ROOM, "%s", "");
	if ((r = draw(&l, size, w, h, &data)) != FIRMA_OK ||
	    (r = put(&whole,
		 "<< /Type /XObject /Subtype /Form /BBox [0 0 %.2f %.2f]\n"
		 "/Matrix [%s]\n/Resources << /Font << /F1 << /Type /Font\n"
		 "/Subtype /Type1 /BaseFont /Helvetica\n"
		 "/Encoding /WinAnsiEncoding >> >> >>\n"
		 "/Length %zu >>\nstream\n",
		 w, h, matrix(rotate), data.len)) != FIRMA_OK ||
	    (r = firma_buf_put(&whole, firma_buf_view(&data))) != FIRMA_OK ||
	    (r = firma_buf_put_str(&whole, "\nendstream")) != FIRMA_OK)
		return r;
	return firma_buf_put(ret, firma_buf_view(&whole));
}
