/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/letter_scan.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "agent/pki/identifier.h"

#define YEAR_FIRST 1900
#define YEAR_LAST  2199
#define LABEL_NEAR 48 /* characters between a number and what it is called */
#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))

/* A place in the text; what is behind its end is a line feed. */
struct cursor {
	struct firma_bytes v;
	size_t at;
};

static uint8_t
peek(const struct cursor *c)
{
	return c->at < c->v.len ? c->v.at[c->at] : '\n';
}

static bool
is_id(uint8_t c)
{
	return letter_plain_is_letter(c) || letter_plain_is_digit(c) ||
	    c == '&' || c == LETTER_PLAIN_OTHER;
}

/* One character of an identifier, as UTF-8, behind what is in to. */
static void
add(char to[LETTER_ID_TEXT], uint8_t c)
{
	const size_t n = strlen(to);

	(void)snprintf(to + n, LETTER_ID_TEXT - n, c == 'n' ? "Ñ" : "%c", c);
}

static bool
is_rfc_letter(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || c == '&' || c == 'n';
}

static bool
is_curp_letter(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || c == 'n';
}

static bool
is_alphanumeric(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || letter_plain_is_digit(c);
}

static bool
is_digit(uint8_t c)
{
	return letter_plain_is_digit(c);
}

/* n characters of a class; false when there are fewer. */
static bool
take(struct cursor *c, size_t n, bool (*is)(uint8_t), char to[LETTER_ID_TEXT])
{
	for (; n > 0; n--, c->at++) {
		/* A line ended within it. */
		if (peek(c) == '-' && c->at + 1 < c->v.len &&
		    c->v.at[c->at + 1] == '\n' && to[0] != '\0')
			c->at += 2;
		if (!is(peek(c)))
			return false;
		add(to, peek(c));
	}
	return true;
}

static void
blanks(struct cursor *c)
{
	while (c->at < c->v.len && (peek(c) == ' ' || peek(c) == '\n'))
		c->at++;
}

/* Between parts: one mark or none, and room.  Was there any? */
static bool
separator(struct cursor *c)
{
	static const char marks[] = "-./_";
	const size_t from = c->at;

	blanks(c);
	if (peek(c) != '\0' && strchr(marks, peek(c)) != NULL) {
		c->at++;
		blanks(c);
	}
	return c->at > from;
}

/* Only the check digit is wrong: the form and the date are right. */
static bool
is_form(enum firma_err r, const struct firma_cause *cause)
{
	return r == FIRMA_OK || strstr(cause->what, "check digit") != NULL;
}

/* ---- RFC, CURP, registro patronal, NSS ---- */

static bool
scan_rfc(struct cursor *c, size_t letters, struct letter_id *ret)
{
	struct firma_cause cause = { 0 };
	enum firma_err r;

	if (!take(c, letters, is_rfc_letter, ret->text))
		return false;
	(void)separator(c);
	if (!take(c, 6, is_digit, ret->text))
		return false;
	(void)separator(c);
	if (!take(c, 3, is_alphanumeric, ret->text) || is_id(peek(c)))
		return false;
	r = firma_rfc_check(ret->text, &cause);
	ret->kind = LETTER_RFC;
	ret->is_valid = r == FIRMA_OK;
	return is_form(r, &cause);
}

static bool
scan_company(struct cursor *c, struct letter_id *ret)
{
	return scan_rfc(c, 3, ret);
}

static bool
scan_person(struct cursor *c, struct letter_id *ret)
{
	return scan_rfc(c, 4, ret);
}

static bool
scan_curp(struct cursor *c, struct letter_id *ret)
{
	struct firma_cause cause = { 0 };
	enum firma_err r;

	if (!take(c, 4, is_curp_letter, ret->text) ||
	    !take(c, 6, is_digit, ret->text) ||
	    !take(c, 6, is_curp_letter, ret->text) ||
	    !take(c, 2, is_alphanumeric, ret->text) || is_id(peek(c)))
		return false;
	r = firma_curp_check(ret->text, &cause);
	ret->kind = LETTER_CURP;
	ret->is_valid = r == FIRMA_OK;
	return is_form(r, &cause);
}

/*
 * Where these words end that stand last before it, shortly, in any case and with
 * any accents; 0 when they do not.
 */
static size_t
called(const struct cursor *c, size_t begin, const char *words)
{
	const size_t n = strlen(words);
	const size_t from = begin > LABEL_NEAR ? begin - LABEL_NEAR : 0;
	size_t last = 0;

	for (size_t at = from; at + n <= begin; at++)
		if (memcmp(c->v.at + at, words, n) == 0)
			last = at + n;
	return last;
}

/* An NSS has digits alone; between two words the nearer one is its own. */
static bool
is_called_nss(const struct cursor *c, size_t begin, const char *text)
{
	const size_t patronal = called(c, begin, "PATRONAL");

	return is_digit((uint8_t)text[0]) &&
	    (called(c, begin, "NSS") > patronal ||
		called(c, begin, "SEGURIDAD SOCIAL") > patronal);
}

/*
 * "Y60-77636-10-5"; the groups may also stand without separators.  How many
 * there were.
 */
static bool
take_eleven(struct cursor *c, struct letter_id *ret, unsigned int *ret_parted)
{
	static const size_t groups[] = { 2, 5, 2, 1 };

	if (!take(c, 1, is_alphanumeric, ret->text))
		return false;
	for (size_t i = 0; i < COUNT(groups); i++) {
		if (i > 0)
			*ret_parted += separator(c);
		if (!take(c, groups[i], is_digit, ret->text))
			return false;
	}
	return !is_id(peek(c));
}

/*
 * Eleven digits with a Luhn digit are a social security number as well as a
 * registro: what they are called decides.
 */
static bool
scan_registro(struct cursor *c, struct letter_id *ret)
{
	const size_t begin = c->at;
	unsigned int parted = 0;

	if (!take_eleven(c, ret, &parted))
		return false;
	ret->is_valid = firma_registro_check(ret->text, NULL) == FIRMA_OK;
	ret->kind = LETTER_REGISTRO;
	if (is_called_nss(c, begin, ret->text)) {
		ret->kind = LETTER_NSS;
		return true;
	}
	ret->is_named = called(c, begin, "PATRONAL") != 0 || parted == 3;
	if (called(c, begin, "PATRONAL") != 0)
		return true;
	return !is_digit((uint8_t)ret->text[0]) && ret->is_valid;
}

/* ---- dates ---- */

static bool
number(struct cursor *c, size_t least, size_t most, unsigned int *ret)
{
	size_t n = 0;

	*ret = 0;
	for (; n < most && is_digit(peek(c)); n++, c->at++)
		*ret = *ret * 10 + (peek(c) - '0');
	return n >= least && !is_digit(peek(c));
}

static bool
date(struct cursor *c, unsigned int y, unsigned int m, unsigned int d,
    struct letter_id *ret)
{
	static const unsigned int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30,
		31, 30, 31 };

	if (y < YEAR_FIRST || y > YEAR_LAST || m < 1 || m > 12 || d < 1 ||
	    d > days[m - 1] || letter_plain_is_letter(peek(c)))
		return false;
	if (m == 2 && d == 29 && (y % 4 != 0 || (y % 100 == 0 && y % 400 != 0)))
		return false;
	(void)snprintf(ret->text, sizeof(ret->text), "%04u-%02u-%02u", y, m, d);
	ret->kind = LETTER_DATE;
	ret->is_valid = 1;
	return true;
}

static bool
literal(struct cursor *c, const char *text)
{
	const size_t n = strlen(text);

	if (c->v.len - c->at < n || memcmp(c->v.at + c->at, text, n) != 0)
		return false;
	c->at += n;
	return true;
}

static bool
spaces(struct cursor *c)
{
	const size_t from = c->at;

	while (c->at < c->v.len && (peek(c) == ' ' || peek(c) == '\n'))
		c->at++;
	return c->at > from;
}

/* "2026-11-28" */
static bool
scan_iso(struct cursor *c, struct letter_id *ret)
{
	unsigned int y, m, d;

	return number(c, 4, 4, &y) && literal(c, "-") && number(c, 2, 2, &m) &&
	    literal(c, "-") && number(c, 2, 2, &d) && date(c, y, m, d, ret);
}

/* "28/11/2026", and with dots or hyphens */
static bool
scan_numbers(struct cursor *c, struct letter_id *ret)
{
	unsigned int y, m, d;
	uint8_t mark;

	if (!number(c, 1, 2, &d))
		return false;
	mark = peek(c);
	if (mark != '/' && mark != '-' && mark != '.')
		return false;
	c->at++;
	if (!number(c, 1, 2, &m) || peek(c) != mark)
		return false;
	c->at++;
	return number(c, 4, 4, &y) && date(c, y, m, d, ret);
}

static bool
month(struct cursor *c, unsigned int *ret)
{
	static const char *const names[] = { "ENERO", "FEBRERO", "MARZO",
		"ABRIL", "MAYO", "JUNIO", "JULIO", "AGOSTO", "SEPTIEMBRE",
		"OCTUBRE", "NOVIEMBRE", "DICIEMBRE" };

	for (unsigned int i = 0; i < COUNT(names); i++)
		if (literal(c, names[i])) {
			*ret = i + 1;
			return true;
		}
	*ret = 9;
	return literal(c, "SETIEMBRE");
}

/* "28 de noviembre de 2026", also "del" */
static bool
scan_words(struct cursor *c, struct letter_id *ret)
{
	unsigned int y, m, d;

	if (!number(c, 1, 2, &d) || !spaces(c) || !literal(c, "DE") ||
	    !spaces(c) || !month(c, &m) || !spaces(c))
		return false;
	if (literal(c, "DE")) {
		(void)literal(c, "L");
		if (!spaces(c))
			return false;
	}
	return number(c, 4, 4, &y) && date(c, y, m, d, ret);
}

int
letter_scan(struct firma_bytes plain, size_t *at, struct letter_id *ret)
{
	static bool (*const scans[])(
	    struct cursor *, struct letter_id *) = { scan_company, scan_person,
		scan_curp, scan_registro, scan_iso, scan_numbers, scan_words };
	const unsigned int page = ret->page;

	for (; *at < plain.len; ++*at) {
		/* Only where a word begins. */
		if (!is_id(plain.at[*at]) ||
		    (*at > 0 && is_id(plain.at[*at - 1])))
			continue;
		for (size_t i = 0; i < COUNT(scans); i++) {
			struct cursor c = { plain, *at };

			*ret = (struct letter_id){ .page = page };
			if (scans[i](&c, ret)) {
				*at = c.at;
				return 1;
			}
		}
	}
	return 0;
}
