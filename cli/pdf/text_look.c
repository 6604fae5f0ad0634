/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdf/text_look.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/own.h"
#include "cli/pdf/same.h"

#define AREA_MIN     1e-6 /* points squared: less is no place to draw in */
#define ROUNDED      1.0  /* points: writers round the sizes that they give */
#define OPERATOR_MAX 8

/* Of a content stream. */
struct content {
	const unsigned char *at, *end;
	int depth; /* q without its Q */
};

int
pdf_is_text_font(struct pdf *p, qpdf_oh font)
{
	const qpdf_oh type = pdf_get(p, font, "/Subtype");

	return pdf_is_name(p, type, "/Type0") ||
	    pdf_is_name(p, type, "/Type1") || pdf_is_name(p, type, "/TrueType");
}

/* NULL, which has its own meaning to strchr(), is white as well. */
static int
is_white(unsigned char c)
{
	return c == '\0' || strchr(" \t\r\n\f", c) != NULL;
}

static int
is_regular(unsigned char c)
{
	return !is_white(c) && strchr("()<>[]{}/%", c) == NULL;
}

/* Behind the first ( of a string: its end, or NULL. */
static const unsigned char *
end_of_string(const unsigned char *at, const unsigned char *end)
{
	int depth = 1;

	for (; at < end; at++) {
		if (*at == '\\') {
			if (++at == end)
				return NULL;
		} else if (*at == '(')
			depth++;
		else if (*at == ')' && --depth == 0)
			return at + 1;
	}
	return NULL;
}

/* Behind the < of a hexadecimal string: its end, or NULL. */
static const unsigned char *
end_of_hex(const unsigned char *at, const unsigned char *end)
{
	for (; at < end && *at != '>'; at++)
		if (!is_white(*at) &&
		    (*at == '\0' ||
			strchr("0123456789abcdefABCDEF", *at) == NULL))
			return NULL;
	return at < end ? at + 1 : NULL;
}

static const unsigned char *
end_of_word(const unsigned char *at, const unsigned char *end)
{
	while (at < end && is_regular(*at))
		at++;
	return at;
}

static const unsigned char *
end_of_line(const unsigned char *at, const unsigned char *end)
{
	while (at < end && *at != '\r' && *at != '\n')
		at++;
	return at;
}

/*
 * State, lines, text, plain colours, marks.  Not: Do, BI, sh, gs, d0, d1, the
 * patterns of scn, and what nobody knows.
 */
static int
take_word(struct content *c, const unsigned char *word, size_t n)
{
	static const char *const operators[] = { "q", "Q", "cm", "w", "J", "j",
		"M", "d", "ri", "i", "m", "l", "c", "v", "y", "h", "re", "S",
		"s", "f", "F", "f*", "B", "B*", "b", "b*", "n", "W", "W*", "BT",
		"ET", "Tc", "Tw", "Tz", "TL", "Tf", "Tr", "Ts", "Td", "TD",
		"Tm", "T*", "Tj", "TJ", "'", "\"", "g", "G", "rg", "RG", "k",
		"K", "cs", "CS", "sc", "SC", "MP", "DP", "BMC", "BDC", "EMC",
		"true", "false", "null", NULL };
	char name[OPERATOR_MAX] = "";

	if (strchr("0123456789+-.", word[0]) != NULL) {
		for (size_t i = 0; i < n; i++)
			if (strchr("0123456789+-.", word[i]) == NULL)
				return 0;
		return 1;
	}
	if (n >= sizeof(name))
		return 0;
	memcpy(name, word, n);
	if (strcmp(name, "q") == 0)
		c->depth++;
	else if (strcmp(name, "Q") == 0 && c->depth-- == 0)
		return 0;
	return pdf_is_one_of(name, operators);
}

/* One token more; 0: it is none, or not of text. */
static int
take_token(struct content *c)
{
	const unsigned char *from = c->at++;

	switch (*from) {
	case '%':
		c->at = end_of_line(c->at, c->end);
		return 1;
	case '(':
		c->at = end_of_string(c->at, c->end);
		return c->at != NULL;
	case '<':
		if (c->at < c->end && *c->at == '<')
			c->at++;
		else
			c->at = end_of_hex(c->at, c->end);
		return c->at != NULL;
	case '>':
		return c->at < c->end && *c->at++ == '>';
	case '/':
		c->at = end_of_word(c->at, c->end);
		return 1;
	case '[':
	case ']':
		return 1;
	default:
		c->at = end_of_word(from, c->end);
		return c->at > from &&
		    take_word(c, from, (size_t)(c->at - from));
	}
}

static int
draws_text(struct pdf *p, qpdf_oh look)
{
	FIRMA_OWN(firma_mem_done) unsigned char *s = NULL;
	struct content c = { 0 };
	QPDF_BOOL is_decoded = QPDF_FALSE;
	size_t len = 0;

	if (qpdf_oh_get_stream_data(p->q, look, qpdf_dl_generalized,
		&is_decoded, &s, &len) >= QPDF_ERRORS ||
	    !is_decoded)
		return 0;
	if (len == 0)
		return 1;
	c.at = s;
	c.end = s + len;
	while (c.at < c.end)
		if (is_white(*c.at))
			c.at++;
		else if (!take_token(&c))
			return 0;
	return c.depth == 0;
}

/* Numbers, written in the array itself: a reader may not follow references. */
static int
are_plain_numbers(struct pdf *p, qpdf_oh all, int n)
{
	if (qpdf_oh_is_indirect(p->q, all) || !pdf_is_array(p, all) ||
	    qpdf_oh_get_array_n_items(p->q, all) != n)
		return 0;
	for (int i = 0; i < n; i++) {
		const qpdf_oh one = qpdf_oh_get_array_item(p->q, all, i);

		if (qpdf_oh_is_indirect(p->q, one) ||
		    !qpdf_oh_is_number(p->q, one) ||
		    !isfinite(qpdf_oh_get_numeric_value(p->q, one)))
			return 0;
	}
	return 1;
}

/* Of the box, as /Matrix turns it: how wide and how high it is. */
static int
measure(struct pdf *p, qpdf_oh d, double *ret_width, double *ret_height)
{
	const qpdf_oh box = pdf_get(p, d, "/BBox");
	const qpdf_oh matrix = pdf_get(p, d, "/Matrix");
	double m[6] = { 1, 0, 0, 1, 0, 0 }, at[4], width, height;

	if (!are_plain_numbers(p, box, 4) || !pdf_rectangle(p, box, at))
		return 0;
	if (!pdf_is_null(p, matrix)) {
		if (!are_plain_numbers(p, matrix, 6))
			return 0;
		for (int i = 0; i < 6; i++)
			m[i] = qpdf_oh_get_numeric_value(
			    p->q, qpdf_oh_get_array_item(p->q, matrix, i));
	}
	width = at[2] - at[0];
	height = at[3] - at[1];
	*ret_width = fabs(m[0]) * width + fabs(m[2]) * height;
	*ret_height = fabs(m[1]) * width + fabs(m[3]) * height;
	return fabs(m[0] * m[3] - m[1] * m[2]) * width * height > AREA_MIN;
}

static int
fits(struct pdf *p, qpdf_oh place, qpdf_oh d)
{
	double at[4], width, height;

	return pdf_rectangle(p, pdf_get(p, place, "/Rect"), at) &&
	    measure(p, d, &width, &height) &&
	    width <= at[2] - at[0] + ROUNDED &&
	    height <= at[3] - at[1] + ROUNDED;
}

static int
has_text_fonts(struct pdf *p, qpdf_oh resources)
{
	const qpdf_oh fonts = pdf_get(p, resources, "/Font");

	if (!pdf_is_dict(p, fonts))
		return pdf_is_null(p, fonts);
	qpdf_oh_begin_dict_key_iter(p->q, fonts);
	while (qpdf_oh_dict_more_keys(p->q))
		if (!pdf_is_text_font(
			p, pdf_get(p, fonts, qpdf_oh_dict_next_key(p->q))))
			return 0;
	return 1;
}

int
pdf_is_text_look(struct pdf *p, qpdf_oh place, qpdf_oh look)
{
	static const char *const keys[] = { "/Type", "/Subtype", "/FormType",
		"/BBox", "/Matrix", "/Resources", "/Length", "/Filter",
		"/DecodeParms", NULL };
	static const char *const resources[] = { "/Font", "/ProcSet", NULL };
	qpdf_oh d, r;

	if (!qpdf_oh_is_stream(p->q, look))
		return 0;
	d = qpdf_oh_get_dict(p->q, look);
	r = pdf_get(p, d, "/Resources");
	return pdf_is_name(p, pdf_get(p, d, "/Subtype"), "/Form") &&
	    pdf_has_only(p, d, keys) && fits(p, place, d) &&
	    (pdf_is_null(p, r) ||
		(pdf_is_dict(p, r) && pdf_has_only(p, r, resources) &&
		    has_text_fonts(p, r))) &&
	    draws_text(p, look);
}
