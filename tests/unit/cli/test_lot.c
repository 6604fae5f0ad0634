/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Movement lots: every rule, by lines that are written out here and not taken
 * from the layout's table.  All names and numbers are invented.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/lot.h"

#define TODAY  20261128u
#define TEXT   (16 * (LOT_WIDTH + 2))
#define N_BASE 5 /* movements of the lot that is changed */

static const char *const nss[N_BASE] = { "00000000018", "00000000026",
	"00000000034", "00000000042", "00000000059" };

/* Rules that were seen: each must be, in the end. */
static unsigned int seen;

/* One movement with its end. */
static size_t
line(char *to, const char *type, const char *number, const char *end)
{
	const int is_hire = strcmp(type, "08") == 0;
	const int is_out = strcmp(type, "02") == 0;
	int n;

	n = snprintf(to, LOT_WIDTH + 1,
	    "Z0000000017%s%-27s%-27s%-27s" /* 1-103 */
	    "%s%s%s"                       /* 104-118 */
	    "03112026%s  %s"               /* 119-133 */
	    "01400%-10s%s%-18s9",          /* 134-168 */
	    number, "PRUEBA", "FICTICIO", "NADIE", is_out ? "000000" : "045050",
	    is_out ? "000000" : "      ",
	    is_hire      ? "200"
		: is_out ? "000"
			 : " 00",
	    is_hire ? "012" : "   ", type, "W1", is_out ? "2" : " ",
	    is_out ? "" : "PUFN010101HDFRCD03");
	assert_int_equal(n, LOT_WIDTH);
	memcpy(to + n, end, strlen(end));
	return (size_t)n + strlen(end);
}

static size_t
control(char *to, unsigned int count, const char *end)
{
	const int n = snprintf(to, LOT_WIDTH + 1, "%s%43s%06u%71s01400%29s9",
	    "*************", "", count, "", "");

	assert_int_equal(n, LOT_WIDTH);
	memcpy(to + n, end, strlen(end));
	return (size_t)n + strlen(end);
}

/* N_BASE movements of one type and the control record. */
static size_t
base(char *to, const char *type, const char *end)
{
	size_t len = 0;

	for (size_t i = 0; i < N_BASE; i++)
		len += line(to + len, type, nss[i], end);
	return len + control(to + len, N_BASE, end);
}

static void
mark(const struct lot_problems *p)
{
	for (unsigned long i = 0; i < p->n; i++)
		seen |= 1u << p->items[i].rule;
}

static void
read_lot(struct lot *l, const char *text, size_t len)
{
	lot_init(l, TODAY);
	lot_take(l, firma_bytes_of(text, len));
	lot_end(l);
	mark(&l->errors);
	mark(&l->warnings);
}

static const struct lot_problem *
find(const struct lot *l, enum lot_rule rule)
{
	const struct lot_problems *in =
	    lot_rule_is_error(rule) ? &l->errors : &l->warnings;

	for (unsigned long i = 0; i < in->n; i++)
		if (in->items[i].rule == rule)
			return &in->items[i];
	return NULL;
}

/* This is the one error or warning; the other list is empty. */
static void
only(const struct lot *l, enum lot_rule rule, unsigned long at,
    unsigned int column)
{
	const int is_error = lot_rule_is_error(rule);
	const struct lot_problem *p = find(l, rule);

	if (p == NULL || p->line != at || p->column != column)
		fail_msg(
		    "%s is not at %lu:%u", lot_rule_code(rule), at, column);
	assert_int_equal(l->errors.n_found, is_error);
	assert_int_equal(l->warnings.n_found, !is_error);
}

static void
good_lots(void **state)
{
	static const char *const types[] = { "08", "07", "02" };
	static const char *const ends[] = { "\n", "\r\n" };
	char text[TEXT], registro[LOT_TEXT_MAX];
	struct lot l;

	(void)state;
	for (size_t t = 0; t < 3; t++)
		for (size_t e = 0; e < 2; e++) {
			read_lot(&l, text, base(text, types[t], ends[e]));
			if (l.errors.n_found + l.warnings.n_found != 0)
				fail_msg("%s: %s", types[t],
				    lot_rule_code(l.errors.n > 0
					    ? l.errors.items[0].rule
					    : l.warnings.items[0].rule));
			assert_true(lot_is_good(&l));
			assert_int_equal(l.n_lines, N_BASE + 1);
			assert_int_equal(l.n_movements, N_BASE);
			assert_int_equal(l.n_of[t], N_BASE);
			assert_int_equal(l.first_date, 20261103);
			assert_int_equal(l.last_date, 20261103);
			assert_int_equal(l.ends, e + 1);
			assert_true(l.has_control);
			assert_string_equal(
			    lot_registro(&l, registro), "Z0000000017");
		}
}

/* What is changed in the second line of a good lot, and what comes of it. */
static const struct change {
	const char *type;
	unsigned int at; /* column, from 1 */
	const char *text;
	enum lot_rule rule;
	unsigned int column; /* 0: nothing is wrong with it */
	const char *field, *wanted;
} changes[] = {
	/* registro patronal: its check digit; its form */
	{ "08", 11, "8", LOT_E_CHECK_DIGIT, 11, "registro_patronal", "7" },
	{ "08", 5, "A", LOT_E_FORM, 1, "registro_patronal", "" },
	{ "08", 1, "           ", LOT_E_MISSING, 1, "registro_patronal", "" },
	{ "08", 5, "\xd1", LOT_E_FORM, 1, "registro_patronal", "" },
	{ "08", 5, "\xc1", LOT_E_FORM, 1, "registro_patronal", "" },
	/* NSS */
	{ "08", 22, "9", LOT_E_CHECK_DIGIT, 22, "nss", "6" },
	{ "07", 12, "X", LOT_E_FORM, 12, "nss", "" },
	{ "02", 12, "           ", LOT_E_MISSING, 12, "nss", "" },
	/* names: N with tilde is one column; others are told of */
	{ "08", 23, "MU\xd1OZ", LOT_E_FORM, 0, "", "" },
	{ "08", 23, "P\xc9REZ", LOT_W_LETTERS, 24, "first_surname", "" },
	{ "08", 77, "nadie", LOT_W_LETTERS, 77, "given_names", "" },
	{ "08", 50, "D'PRUEBA", LOT_W_LETTERS, 51, "second_surname", "" },
	{ "08", 23, "      ", LOT_E_MISSING, 23, "first_surname", "" },
	{ "08", 23, " PRUEBA", LOT_E_ALIGNMENT, 23, "first_surname", "" },
	{ "08", 50, "        ", LOT_E_FORM, 0, "", "" },
	{ "02", 77, "     ", LOT_E_MISSING, 77, "given_names", "" },
	/* base salary */
	{ "08", 104, "000000", LOT_E_FORM, 104, "base_salary", "" },
	{ "08", 104, " 45050", LOT_E_FORM, 104, "base_salary", "" },
	{ "07", 107, ".", LOT_E_FORM, 107, "base_salary", "" },
	{ "07", 104, "      ", LOT_E_MISSING, 104, "base_salary", "" },
	/* fillers: blanks or zeros */
	{ "08", 110, "000000", LOT_E_FORM, 0, "", "" },
	{ "08", 112, "7", LOT_E_FORM, 112, "filler", "" },
	{ "07", 116, "0", LOT_E_FORM, 0, "", "" },
	{ "07", 116, "1", LOT_E_FORM, 116, "filler", "" },
	{ "02", 104, "               ", LOT_E_FORM, 0, "", "" },
	{ "02", 104, "045050", LOT_E_FORM, 105, "filler", "" },
	{ "07", 127, "012", LOT_E_FORM, 128, "filler", "" },
	{ "08", 149, "1", LOT_E_FORM, 149, "filler", "" },
	/* catalogues */
	{ "08", 116, "5", LOT_E_FORM, 116, "worker_type", "" },
	{ "08", 116, " ", LOT_E_MISSING, 116, "worker_type", "" },
	{ "08", 117, "3", LOT_E_FORM, 117, "salary_type", "" },
	{ "08", 118, "7", LOT_E_FORM, 118, "short_week", "" },
	{ "07", 117, "  ", LOT_E_FORM, 0, "", "" },
	{ "07", 118, "9", LOT_E_FORM, 118, "short_week", "" },
	/* dates */
	{ "08", 119, "31112026", LOT_E_DATE, 119, "date", "" },
	{ "07", 119, "29022025", LOT_E_DATE, 119, "date", "" },
	{ "07", 119, "29022024", LOT_E_FORM, 0, "", "" },
	{ "02", 119, "00112026", LOT_E_DATE, 119, "date", "" },
	{ "02", 119, "03132026", LOT_E_DATE, 119, "date", "" },
	{ "08", 119, "03111942", LOT_E_DATE, 119, "date", "" },
	{ "08", 119, "3/11/202", LOT_E_FORM, 120, "date", "" },
	{ "08", 119, "        ", LOT_E_MISSING, 119, "date", "" },
	{ "08", 119, "28112027", LOT_E_FORM, 0, "", "" },
	{ "08", 119, "29112027", LOT_W_FAR_DATE, 119, "date", "" },
	{ "02", 119, "28112021", LOT_E_FORM, 0, "", "" },
	{ "02", 119, "27112021", LOT_W_FAR_DATE, 119, "date", "" },
	/* family clinic, guide (not as in the others), worker's key */
	{ "08", 127, "A12", LOT_E_FORM, 127, "umf", "" },
	{ "08", 127, "   ", LOT_E_FORM, 0, "", "" },
	{ "08", 138, "X", LOT_E_FORM, 138, "guide", "" },
	{ "02", 139, "          ", LOT_E_FORM, 0, "", "" },
	/* movement type; the format's nine */
	{ "08", 132, "09", LOT_E_FORM, 132, "movement_type", "" },
	{ "08", 132, "  ", LOT_E_MISSING, 132, "movement_type", "" },
	{ "07", 168, "8", LOT_E_FORM, 168, "format", "" },
	/* cause of discharge */
	{ "02", 149, "A", LOT_E_FORM, 0, "", "" },
	{ "02", 149, "B", LOT_E_FORM, 149, "cause", "" },
	{ "02", 149, "0", LOT_E_FORM, 149, "cause", "" },
	{ "02", 149, " ", LOT_E_MISSING, 149, "cause", "" },
	/* CURP: needed when somebody is hired */
	{ "08", 167, "4", LOT_E_CHECK_DIGIT, 167, "curp", "3" },
	{ "08", 154, "011301", LOT_E_FORM, 150, "curp", "" },
	{ "08", 150, "                  ", LOT_E_MISSING, 150, "curp", "" },
	{ "07", 150, "                  ", LOT_E_FORM, 0, "", "" },
	{ "02", 150, "PUFN010101HDFRCD03", LOT_E_FORM, 0, "", "" },
	{ "02", 150, "PUFN010101HDFRCD05", LOT_E_CHECK_DIGIT, 167, "curp",
	    "3" },
	{ "08", 150, "\xd1UFN000229HDFRCDA9", LOT_E_FORM, 0, "", "" },
};

static void
each_field(void **state)
{
	char text[TEXT];
	struct lot l;

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const struct change *c = &changes[i];
		const size_t len = base(text, c->type, "\r\n");
		const struct lot_problem *p;

		memcpy(
		    text + LOT_WIDTH + 2 + c->at - 1, c->text, strlen(c->text));
		read_lot(&l, text, len);
		p = find(&l, c->rule);
		if (c->column == 0) {
			if (l.errors.n_found + l.warnings.n_found != 0)
				fail_msg("%s, column %u, \"%s\"", c->type,
				    c->at, c->text);
			continue;
		}
		if (p == NULL || p->column != c->column || p->line != 2 ||
		    strcmp(p->field->name, c->field) != 0 ||
		    strcmp(p->wanted, c->wanted) != 0 ||
		    l.errors.n_found + l.warnings.n_found !=
			1ul + (c->at < 12 || c->at == 138) ||
		    lot_is_good(&l) == lot_rule_is_error(c->rule))
			fail_msg("%s, column %u, \"%s\": %lu errors, %lu "
				 "warnings, at %u, wanted %s",
			    c->type, c->at, c->text, l.errors.n_found,
			    l.warnings.n_found, p == NULL ? 0 : p->column,
			    p == NULL ? "" : p->wanted);
	}
}

/* Put `with` in the place of n octets at `at`. */
static size_t
splice(char *text, size_t len, size_t at, size_t n, const char *with,
    size_t with_len)
{
	memmove(text + at + with_len, text + at + n, len - at - n);
	memcpy(text + at, with, with_len);
	return len - n + with_len;
}

#define SECOND (LOT_WIDTH + 2) /* where the second line begins, with CRLF */

static void
lines(void **state)
{
	static const struct {
		size_t at, n; /* in the second line */
		const char *with;
		size_t len;
		enum lot_rule rule;
		unsigned int column;
	} cases[] = {
		{ 60, 1, "", 0, LOT_E_WIDTH, 168 },
		{ 60, 0, " ", 1, LOT_E_WIDTH, 169 },
		{ 0, LOT_WIDTH, "", 0, LOT_E_WIDTH, 1 },
		{ 60, 1, "\0", 1, LOT_E_OCTET, 61 },
		{ 60, 1, "\t", 1, LOT_E_OCTET, 61 },
		{ 60, 1, "\r", 1, LOT_E_OCTET, 61 },
		{ 167, 1, "\x1a", 1, LOT_E_OCTET, 168 },
		{ 60, 1, "\x81", 1, LOT_E_OCTET, 61 },
		{ 24, 1, "\xc3\x91", 2, LOT_E_UTF8, 25 },
		{ 24, 2, "\xc3\x91", 2, LOT_E_UTF8, 25 },
		{ LOT_WIDTH, 2, "\n", 1, LOT_E_ENDS, 169 },
	};
	char text[TEXT];
	struct lot l;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = base(text, "08", "\r\n");

		len = splice(text, len, SECOND + cases[i].at, cases[i].n,
		    cases[i].with, cases[i].len);
		read_lot(&l, text, len);
		only(&l, cases[i].rule, 2, cases[i].column);
	}
}

/* UTF-8 and its mark are told once, not for each line. */
static void
utf8(void **state)
{
	char text[TEXT];
	size_t len = base(text, "08", "\n");
	struct lot l;

	(void)state;
	len = splice(text, len, 24, 1, "\xc3\x91", 2);
	len = splice(text, len, LOT_WIDTH + 2 + 24, 1, "\xc3\x91", 2);
	read_lot(&l, text, len);
	only(&l, LOT_E_UTF8, 1, 25);
	len = base(text, "08", "\n");
	len = splice(text, len, 0, 0, "\xef\xbb\xbf", 3);
	read_lot(&l, text, len);
	only(&l, LOT_E_UTF8, 1, 1);
}

static void
no_lots(void **state)
{
	char text[TEXT];
	struct lot l;

	(void)state;
	read_lot(&l, "", 0);
	assert_non_null(find(&l, LOT_E_EMPTY));
	assert_false(lot_is_good(&l));
	read_lot(&l, text, control(text, 0, "\n"));
	assert_non_null(find(&l, LOT_E_EMPTY));
	read_lot(&l,
	    "\x7f"
	    "ELF\x02\x01\x01\0\0\0",
	    10);
	assert_non_null(find(&l, LOT_E_OCTET));
	/* UTF-16 */
	read_lot(&l,
	    "\xff\xfeZ\0"
	    "0\0\n\0",
	    8);
	assert_non_null(find(&l, LOT_E_OCTET));
	read_lot(&l, "\n\n\n", 3);
	assert_int_equal(l.errors.n_found, 3);
}

static void
ends_of_files(void **state)
{
	char text[TEXT];
	size_t len;
	struct lot l;

	(void)state;
	/* The last line is read without its end. */
	len = base(text, "08", "\r\n");
	read_lot(&l, text, len - 2);
	only(&l, LOT_W_NO_NEWLINE, N_BASE + 1, LOT_WIDTH + 1);
	assert_true(l.has_control);
	/* Half an end is an octet of the line. */
	read_lot(&l, text, len - 1);
	assert_non_null(find(&l, LOT_E_OCTET));
	/* Nothing may follow the control record. */
	len += line(text + len, "08", "00000000067", "\r\n");
	read_lot(&l, text, len);
	only(&l, LOT_E_AFTER, N_BASE + 2, 1);
	len = base(text, "08", "\r\n");
	read_lot(&l, text, len - LOT_WIDTH - 2);
	only(&l, LOT_W_NO_CONTROL, N_BASE, 1);
}

static void
counts(void **state)
{
	const struct lot_problem *p;
	char text[TEXT];
	struct lot l;
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < N_BASE; i++)
		len += line(text + len, "08", nss[i], "\n");
	read_lot(&l, text, len + control(text + len, 6, "\n"));
	only(&l, LOT_E_COUNT, N_BASE + 1, 57);
	p = find(&l, LOT_E_COUNT);
	assert_string_equal(p->found, "6");
	assert_string_equal(p->wanted, "5");
	/* A line that cannot be read is one movement all the same. */
	text[20] = '\0';
	read_lot(&l, text, len + control(text + len, 5, "\n"));
	only(&l, LOT_E_OCTET, 1, 21);
	/* So few may be typed in the portal: told, not refused. */
	len = line(text, "08", nss[0], "\n");
	read_lot(&l, text, len + control(text + len, 1, "\n"));
	only(&l, LOT_W_FEW, 2, 1);
	assert_true(lot_is_good(&l));
}

/* What is not the same in all lines is told once, where it begins. */
static void
differences(void **state)
{
	char text[TEXT];
	const size_t len = base(text, "08", "\r\n");
	struct lot l;

	(void)state;
	memcpy(text + SECOND, "Y0000000026", 11);
	memcpy(text + 2 * SECOND, "Y0000000026", 11);
	read_lot(&l, text, len);
	only(&l, LOT_W_REGISTROS, 2, 1);
	(void)base(text, "08", "\r\n");
	memcpy(text + 2 * SECOND + 133, "01500", 5);
	read_lot(&l, text, len);
	only(&l, LOT_W_GUIDES, 3, 134);
	(void)base(text, "08", "\r\n");
	memcpy(text + N_BASE * SECOND + 133, "01500", 5);
	read_lot(&l, text, len);
	only(&l, LOT_W_CONTROL_GUIDE, N_BASE + 1, 134);
	assert_string_equal(find(&l, LOT_W_CONTROL_GUIDE)->wanted, "01400");
	(void)base(text, "08", "\r\n");
	(void)line(text + 4 * SECOND, "02", nss[4], "\r\n");
	read_lot(&l, text, len);
	only(&l, LOT_W_TYPES, 5, 132);
	assert_int_equal(l.n_of[LOT_HIRE], 4);
	assert_int_equal(l.n_of[LOT_DISCHARGE], 1);
	(void)base(text, "08", "\r\n");
	memcpy(text + 118, "01102026", 8);
	memcpy(text + 3 * SECOND + 118, "30112026", 8);
	read_lot(&l, text, len);
	assert_int_equal(l.first_date, 20261001);
	assert_int_equal(l.last_date, 20261130);
}

/* However the text comes, the result is the same. */
static void
pieces(void **state)
{
	static struct lot whole, cut;
	char text[TEXT];
	size_t len = base(text, "07", "\r\n");

	(void)state;
	text[30] = '\xe9';
	text[SECOND + 11] = '9';
	read_lot(&whole, text, len);
	for (size_t n = 1; n < 2 * SECOND; n += 13) {
		lot_init(&cut, TODAY);
		for (size_t at = 0; at < len; at += n)
			lot_take(&cut,
			    firma_bytes_of(
				text + at, len - at < n ? len - at : n));
		lot_end(&cut);
		assert_memory_equal(&whole, &cut, sizeof(whole));
	}
}

/* Constant memory: so many problems are kept, so many lines are read. */
static void
limits(void **state)
{
	char text[TEXT];
	const size_t len = line(text, "08", nss[0], "\n");
	struct lot l;

	(void)state;
	text[11] = 'X';
	lot_init(&l, TODAY);
	for (int i = 0; i < 150; i++)
		lot_take(&l, firma_bytes_of(text, len));
	lot_end(&l);
	assert_int_equal(l.errors.n, LOT_PROBLEMS_MAX);
	assert_int_equal(l.errors.n_found, 150);
	assert_int_equal(l.errors.items[99].line, 100);
	/* A line without an end. */
	lot_init(&l, TODAY);
	for (int i = 0; i < 10000; i++)
		lot_take(&l, firma_bytes_of(text, LOT_WIDTH));
	lot_end(&l);
	assert_int_equal(l.n_lines, 1);
	assert_int_equal(l.errors.items[0].rule, LOT_E_WIDTH);
	assert_string_equal(l.errors.items[0].found, "1680000");
	assert_int_equal(l.errors.items[0].column, LOT_WIDTH + 1);
	/* One line too many; what follows is not looked at. */
	(void)line(text, "08", nss[0], "\n");
	lot_init(&l, TODAY);
	for (int i = 0; i < LOT_LINES_MAX + 5; i++)
		lot_take(&l, firma_bytes_of(text, len));
	lot_end(&l);
	mark(&l.errors);
	only(&l, LOT_E_LINES, LOT_LINES_MAX + 1, 1);
	assert_int_equal(l.n_movements, LOT_LINES_MAX);
	/* The same without the last line's end. */
	lot_init(&l, TODAY);
	for (int i = 0; i < LOT_LINES_MAX; i++)
		lot_take(&l, firma_bytes_of(text, len));
	lot_take(&l, firma_bytes_of(text, 5));
	lot_end(&l);
	assert_non_null(find(&l, LOT_E_LINES));
}

/* Columns follow one another and end at 168. */
static void
the_layout_is_whole(void **state)
{
	(void)state;
	for (enum lot_type t = LOT_HIRE; t < LOT_TYPES; t++) {
		unsigned int at = 1;

		for (const struct lot_field *f = lot_layout(t); f->name != NULL;
		     f++) {
			if (t != LOT_UNKNOWN)
				assert_int_equal(f->column, at);
			assert_true(f->column >= at && f->width > 0);
			at = f->column + f->width;
		}
		assert_int_equal(at, LOT_WIDTH + 1);
	}
}

/* LOT.md has a row "| 1-11 | `registro_patronal` |" for each field. */
static void
the_page_has_each_field(void **state)
{
	static char page[65536];
	FILE *f = fopen(FIRMA_LOT_PAGE, "re");
	char row[128];

	(void)state;
	assert_non_null(f);
	page[fread(page, 1, sizeof(page) - 1, f)] = '\0';
	(void)fclose(f);
	for (enum lot_type t = LOT_HIRE; t < LOT_TYPES; t++)
		for (const struct lot_field *d = lot_layout(t); d->name != NULL;
		     d++) {
			(void)snprintf(row, sizeof(row), "| %u-%u | `%s` |",
			    d->column, d->column + d->width - 1, d->name);
			if (strstr(page, row) == NULL)
				fail_msg("LOT.md lacks %s", row);
		}
	for (enum lot_rule r = 0; r < LOT_N_RULES; r++) {
		(void)snprintf(row, sizeof(row), "| `%s` |", lot_rule_code(r));
		if (strstr(page, row) == NULL)
			fail_msg("LOT.md lacks %s", row);
	}
}

static void
every_rule_was_seen(void **state)
{
	(void)state;
	for (enum lot_rule r = 0; r < LOT_N_RULES; r++)
		if ((seen & 1u << r) == 0)
			fail_msg("%s was never found", lot_rule_code(r));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_lots),
		cmocka_unit_test(each_field),
		cmocka_unit_test(lines),
		cmocka_unit_test(utf8),
		cmocka_unit_test(no_lots),
		cmocka_unit_test(ends_of_files),
		cmocka_unit_test(counts),
		cmocka_unit_test(differences),
		cmocka_unit_test(pieces),
		cmocka_unit_test(limits),
		cmocka_unit_test(the_layout_is_whole),
		cmocka_unit_test(the_page_has_each_field),
		/* Last: it asks what the others found. */
		cmocka_unit_test(every_rule_was_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
