/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/lot.h"

#include <stdio.h>
#include <string.h>

#include "agent/pki/text.h"
#include "cli/lot_part.h"

static int
is_printed(uint8_t c)
{
	return c >= ' ' && c != 0x7f && (c < 0x80 || c > 0x9f);
}

static int
is_ascii(uint8_t c)
{
	return c < 0x80;
}

static const uint8_t *
value(const struct lot *l, const struct lot_field *f)
{
	return l->line + f->column - 1;
}

static enum lot_type
type_of(const struct lot *l)
{
	const struct lot_field *f;

	if (l->line[0] == '*')
		return LOT_CONTROL;
	for (enum lot_type t = LOT_HIRE; t < LOT_MOVEMENTS; t++) {
		f = lot_layout_find(t, "movement_type");
		if (memcmp(value(l, f), lot_type_code(t), f->width) == 0)
			return t;
	}
	return LOT_UNKNOWN;
}

/* What all lines of a lot have in common is told by the first. */
static void
compare(struct lot *l, enum lot_type type)
{
	const struct lot_field *reg =
	    lot_layout_find(type, "registro_patronal");
	const struct lot_field *guide = lot_layout_find(type, "guide");

	if (!l->has_registro) {
		l->has_registro = 1;
		memcpy(l->registro, value(l, reg), sizeof(l->registro));
		memcpy(l->guide, value(l, guide), sizeof(l->guide));
		l->type = type;
		return;
	}
	if (memcmp(l->registro, value(l, reg), sizeof(l->registro)) != 0)
		lot_add_differs(l, LOT_W_REGISTROS, reg, l->registro);
	if (memcmp(l->guide, value(l, guide), sizeof(l->guide)) != 0)
		lot_add_differs(l, LOT_W_GUIDES, guide, l->guide);
	if (type != l->type && type != LOT_UNKNOWN && l->type != LOT_UNKNOWN)
		lot_add_differs(l, LOT_W_TYPES,
		    lot_layout_find(type, "movement_type"),
		    (const uint8_t *)lot_type_code(l->type));
}

static void
take_control(struct lot *l)
{
	const struct lot_field *total = lot_layout_find(LOT_CONTROL, "total");
	const struct lot_field *guide = lot_layout_find(LOT_CONTROL, "guide");
	const struct firma_bytes v =
	    firma_bytes_of(value(l, total), total->width);

	if (lot_span(v, lot_is_digit) == v.len &&
	    lot_number(v.at, v.len) != l->n_movements)
		lot_add_number(l, LOT_E_COUNT, total, total->column,
		    lot_number(v.at, v.len), l->n_movements);
	if (l->has_registro &&
	    memcmp(l->guide, value(l, guide), guide->width) != 0)
		lot_add_differs(l, LOT_W_CONTROL_GUIDE, guide, l->guide);
}

/* A line of the right width, of octets that can be printed. */
static void
take_fields(struct lot *l)
{
	const enum lot_type type = type_of(l);

	for (const struct lot_field *f = lot_layout(type); f->name != NULL; f++)
		lot_check_field(l, f);
	if (type == LOT_CONTROL) {
		take_control(l);
		return;
	}
	if (type != LOT_UNKNOWN)
		l->n_of[type]++;
	compare(l, type);
}

static int
is_utf8(const struct lot *l)
{
	const struct firma_bytes v = firma_bytes_of(l->line, l->width);

	return l->width <= LOT_LINE_KEPT && !firma_text_is_ascii(v) &&
	    firma_text_is_utf8(v);
}

static void
bad_octet(struct lot *l, size_t at)
{
	struct lot_problem *p =
	    lot_add(l, LOT_E_OCTET, NULL, (unsigned int)at + 1);

	if (p != NULL)
		(void)snprintf(
		    p->found, sizeof(p->found), "0x%02x", l->line[at]);
}

static void
take_line(struct lot *l)
{
	const size_t kept = l->width < LOT_LINE_KEPT ? l->width : LOT_LINE_KEPT;
	size_t bad;

	if (l->has_control)
		(void)lot_add(l, LOT_E_AFTER, NULL, 1);
	if (kept > 0 && l->line[0] == '*')
		l->has_control = 1;
	else
		l->n_movements++;
	if (is_utf8(l)) {
		bad = lot_span(firma_bytes_of(l->line, kept), is_ascii);
		if (lot_once(l, LOT_E_UTF8))
			(void)lot_add(
			    l, LOT_E_UTF8, NULL, (unsigned int)bad + 1);
		return;
	}
	if ((bad = lot_span(firma_bytes_of(l->line, kept), is_printed)) < kept)
		bad_octet(l, bad);
	else if (l->width != LOT_WIDTH)
		lot_add_number(l, LOT_E_WIDTH, NULL,
		    (unsigned int)(l->width < LOT_WIDTH ? l->width
							: LOT_WIDTH) +
			1,
		    l->width, 0);
	else
		take_fields(l);
}

/* Count it; no when there were enough. */
static int
begin_line(struct lot *l)
{
	l->n_lines++;
	if (l->n_lines <= LOT_LINES_MAX)
		return 1;
	lot_add_number(l, LOT_E_LINES, NULL, 1, l->n_lines, LOT_LINES_MAX);
	l->is_over = 1;
	return 0;
}

static void
end_line(struct lot *l)
{
	enum lot_ends ends = LOT_ENDS_LF;

	if (!begin_line(l))
		return;
	if (l->width > 0 && l->last == '\r') {
		ends = LOT_ENDS_CRLF;
		l->width--;
	}
	if (l->ends == LOT_ENDS_NONE)
		l->ends = ends;
	take_line(l);
	if (ends != l->ends && lot_once(l, LOT_E_ENDS))
		(void)lot_add(
		    l, LOT_E_ENDS, NULL, (unsigned int)(l->width + 1));
	l->width = 0;
}

void
lot_init(struct lot *l, unsigned int today)
{
	memset(l, 0, sizeof(*l));
	l->today = today;
}

void
lot_take(struct lot *l, struct firma_bytes piece)
{
	for (size_t i = 0; i < piece.len && !l->is_over; i++) {
		if (piece.at[i] == '\n') {
			end_line(l);
			continue;
		}
		if (l->width < LOT_LINE_KEPT)
			l->line[l->width] = piece.at[i];
		l->width++;
		l->last = piece.at[i];
	}
}

void
lot_end(struct lot *l)
{
	if (l->is_over)
		return;
	if (l->width > 0 && begin_line(l)) {
		take_line(l);
		(void)lot_add(
		    l, LOT_W_NO_NEWLINE, NULL, (unsigned int)l->width + 1);
	}
	if (l->n_movements == 0)
		(void)lot_add(l, LOT_E_EMPTY, NULL, 1);
	else if (l->n_movements < LOT_FEW)
		lot_add_number(l, LOT_W_FEW, NULL, 1, l->n_movements, 0);
	if (!l->has_control)
		(void)lot_add(l, LOT_W_NO_CONTROL, NULL, 1);
}

int
lot_is_good(const struct lot *l)
{
	return l->errors.n_found == 0;
}

const char *
lot_registro(const struct lot *l, char ret[LOT_TEXT_MAX])
{
	lot_show(ret, l->registro, l->has_registro ? sizeof(l->registro) : 0);
	return ret;
}
