/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of one line. */
#include <stdio.h>
#include <string.h>

#include "agent/pki/identifier.h"
#include "cli/lot_part.h"

#define N_TILDE      0xd1  /* windows-1252 and ISO-8859-1 alike */
#define IDENTIFIER_8 37    /* octets: a CURP in UTF-8, with the zero */
#define YEAR         10000 /* of a yyyymmdd */

int
lot_is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static int
is_filler(uint8_t c)
{
	return c == ' ' || c == '0';
}

static int
is_letter(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || c == N_TILDE || c == ' ';
}

size_t
lot_span(struct firma_bytes v, int (*is)(uint8_t))
{
	size_t n = 0;

	while (n < v.len && is(v.at[n]))
		n++;
	return n;
}

static int
is_all(struct firma_bytes v, uint8_t c)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.at[i] != c)
			return 0;
	return 1;
}

unsigned long
lot_number(const uint8_t *at, size_t n)
{
	unsigned long v = 0;

	for (size_t i = 0; i < n; i++)
		v = v * 10 + (unsigned long)(at[i] - '0');
	return v;
}

/* yyyymmdd of DDMMAAAA, 0 when there is no such day. */
static unsigned int
date_of(const uint8_t *at)
{
	static const unsigned int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30,
		31, 30, 31 };
	const unsigned int d = (unsigned int)lot_number(at, 2);
	const unsigned int m = (unsigned int)lot_number(at + 2, 2);
	const unsigned int y = (unsigned int)lot_number(at + 4, 4);
	const unsigned int leap =
	    m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);

	if (y < LOT_YEAR_MIN || m < 1 || m > 12 || d < 1 ||
	    d > days[m - 1] + leap)
		return 0;
	return y * YEAR + m * 100 + d;
}

static void
check_date(struct lot *l, const struct lot_field *f, const uint8_t *at)
{
	const unsigned int day = date_of(at);

	if (day == 0) {
		(void)lot_add_field(l, LOT_E_DATE, f, 0);
		return;
	}
	if (l->first_date == 0 || day < l->first_date)
		l->first_date = day;
	if (day > l->last_date)
		l->last_date = day;
	if (l->today != 0 &&
	    (day > l->today + LOT_AHEAD * YEAR ||
		day + LOT_BACK * YEAR < l->today))
		(void)lot_add_field(l, LOT_W_FAR_DATE, f, 0);
}

/* The validators take UTF-8; N with tilde is the one letter beyond ASCII. */
static int
identifier_text(struct firma_bytes v, char ret[IDENTIFIER_8])
{
	for (size_t i = 0; i < v.len; i++)
		if (v.at[i] == N_TILDE) {
			*ret++ = '\xc3';
			*ret++ = '\x91';
		} else if (v.at[i] < 0x80) {
			*ret++ = (char)v.at[i];
		} else {
			return 0;
		}
	*ret = '\0';
	return 1;
}

static enum firma_err
identifier_check(enum lot_kind kind, const char *text)
{
	switch (kind) {
	case LOT_REGISTRO:
		return firma_registro_check(text, NULL);
	case LOT_NSS:
		return firma_nss_check(text, NULL);
	case LOT_CURP:
		return firma_curp_check(text, NULL);
	default:
		return FIRMA_ERR_INTERNAL;
	}
}

/* When another last digit fits, it is that one which is wrong. */
static void
check_identifier(struct lot *l, const struct lot_field *f, struct firma_bytes v)
{
	char text[IDENTIFIER_8];
	struct lot_problem *p;

	if (!identifier_text(v, text)) {
		(void)lot_add_field(l, LOT_E_FORM, f, 0);
		return;
	}
	if (identifier_check(f->kind, text) == FIRMA_OK)
		return;
	for (char c = '0'; c <= '9'; c++) {
		text[strlen(text) - 1] = c;
		if (identifier_check(f->kind, text) != FIRMA_OK)
			continue;
		p = lot_add_field(l, LOT_E_CHECK_DIGIT, f, v.len - 1);
		if (p != NULL)
			(void)snprintf(p->wanted, sizeof(p->wanted), "%c", c);
		return;
	}
	(void)lot_add_field(l, LOT_E_FORM, f, 0);
}

static void
check_digits(struct lot *l, const struct lot_field *f, struct firma_bytes v)
{
	const size_t n = lot_span(v, lot_is_digit);

	if (n < v.len || (f->kind == LOT_AMOUNT && is_all(v, '0')))
		(void)lot_add_field(l, LOT_E_FORM, f, n < v.len ? n : 0);
	else if (f->kind == LOT_DATE)
		check_date(l, f, v.at);
}

static void
check_name(struct lot *l, const struct lot_field *f, struct firma_bytes v)
{
	const size_t n = lot_span(v, is_letter);

	if (v.at[0] == ' ')
		(void)lot_add_field(l, LOT_E_ALIGNMENT, f, 0);
	if (n < v.len)
		(void)lot_add_field(l, LOT_W_LETTERS, f, n);
}

static int
is_as_set(const struct lot_field *f, struct firma_bytes v)
{
	return f->kind == LOT_ONE_OF
	    ? strchr(f->set, v.at[0]) != NULL
	    : strlen(f->set) == v.len && memcmp(f->set, v.at, v.len) == 0;
}

void
lot_check_field(struct lot *l, const struct lot_field *f)
{
	const struct firma_bytes v =
	    firma_bytes_of(l->line + f->column - 1, f->width);
	size_t n;

	if (is_all(v, ' ')) {
		if (!f->is_optional && f->kind != LOT_FILLER)
			(void)lot_add_field(l, LOT_E_MISSING, f, 0);
		return;
	}
	switch (f->kind) {
	case LOT_FILLER:
		if ((n = lot_span(v, is_filler)) < v.len)
			(void)lot_add_field(l, LOT_E_FORM, f, n);
		break;
	case LOT_FIXED:
	case LOT_ONE_OF:
		if (!is_as_set(f, v))
			(void)lot_add_field(l, LOT_E_FORM, f, 0);
		break;
	case LOT_DIGITS:
	case LOT_AMOUNT:
	case LOT_DATE:
		check_digits(l, f, v);
		break;
	case LOT_NAME:
		check_name(l, f, v);
		break;
	case LOT_REGISTRO:
	case LOT_NSS:
	case LOT_CURP:
		check_identifier(l, f, v);
		break;
	case LOT_TEXT: /* every octet of the line can be printed */
	default:
		break;
	}
}
