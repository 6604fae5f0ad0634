/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lot_problem.h - what can be wrong with a lot, and with what weight.
 *
 * An error forbids to sign; a warning is told, because the sources are thin or
 * because it is the person's to decide.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_CLI_LOT_PROBLEM_H
#define FIRMA_CLI_LOT_PROBLEM_H

#include "agent/base/lang.h"
#include "cli/lot_layout.h"

#define LOT_PROBLEMS_MAX 100 /* kept, of errors and of warnings each */
#define LOT_TEXT_MAX     64  /* octets of what stands there, with the zero */

/*          name              code (--json)      what is wrong       expected */
/* The expected NULL: what the field says, or a number of the file. */
/* clang-format off */
#define LOT_ERRORS(X) \
	X(LOT_E_WIDTH, "line-width", N_("the line has another width"), N_("168 columns")) \
	X(LOT_E_OCTET, "no-character", N_("an octet that is no character"), N_("text in windows-1252 or ISO-8859-1")) \
	X(LOT_E_UTF8, "utf-8", N_("the text is UTF-8"), N_("windows-1252 (iconv -f UTF-8 -t WINDOWS-1252)")) \
	X(LOT_E_ENDS, "line-ends", N_("some lines end with CRLF and some with LF"), N_("the ends of the first line")) \
	X(LOT_E_FORM, "form", N_("this cannot stand there"), NULL) \
	X(LOT_E_MISSING, "missing", N_("it is missing"), NULL) \
	X(LOT_E_CHECK_DIGIT, "check-digit", N_("the check digit does not fit"), NULL) \
	X(LOT_E_DATE, "date", N_("there is no such date"), NULL) \
	X(LOT_E_ALIGNMENT, "alignment", N_("it begins with a blank"), N_("text from the first column on")) \
	X(LOT_E_EMPTY, "empty", N_("there is no movement"), N_("one line a movement")) \
	X(LOT_E_COUNT, "count", N_("the control record counts otherwise"), NULL) \
	X(LOT_E_AFTER, "after-control", N_("a line behind the control record"), N_("the control record last")) \
	X(LOT_E_LINES, "too-many-lines", N_("the file has too many lines"), NULL)
#define LOT_WARNINGS(X) \
	X(LOT_W_LETTERS, "letters", N_("a character that the institute may refuse"), N_("A to Z, N with tilde and blanks")) \
	X(LOT_W_FAR_DATE, "far-date", N_("the date is far away"), N_("at most 5 years ago and 1 year ahead")) \
	X(LOT_W_FEW, "few", N_("the file has few movements"), N_("5 or more; fewer may be typed in the portal")) \
	X(LOT_W_NO_CONTROL, "no-control", N_("there is no control record"), N_("a last line with 13 asterisks and the count")) \
	X(LOT_W_CONTROL_GUIDE, "control-guide", N_("the control record has another guide"), NULL) \
	X(LOT_W_GUIDES, "guides", N_("not all lines have the same guide"), NULL) \
	X(LOT_W_TYPES, "types", N_("not all lines have the same movement type"), NULL) \
	X(LOT_W_REGISTROS, "registros", N_("not all lines have the same registro patronal"), NULL) \
	X(LOT_W_NO_NEWLINE, "no-newline", N_("the last line has no end"), N_("CRLF or LF"))
/* clang-format on */

enum lot_rule {
#define X(name, code, what, expected) name,
	LOT_ERRORS(X) LOT_N_ERRORS,
	LOT_ERRORS_END = LOT_N_ERRORS - 1, /* warnings follow at once */
	LOT_WARNINGS(X) LOT_N_RULES
#undef X
};

struct lot_problem {
	enum lot_rule rule;
	unsigned long line;            /* from 1 */
	unsigned int column;           /* from 1, octets */
	const struct lot_field *field; /* NULL: the line, or the file */
	char found[LOT_TEXT_MAX];      /* UTF-8, printable; may be empty */
	char wanted[LOT_TEXT_MAX]; /* when the rule alone cannot say; or "" */
};

struct lot_problems {
	struct lot_problem items[LOT_PROBLEMS_MAX];
	unsigned long n, n_found; /* kept; all */
};

/* Of a rule: its stable name; msgids of what is wrong and expected (or NULL). */
const char *lot_rule_code(enum lot_rule rule);
const char *lot_rule_what(enum lot_rule rule);
const char *lot_rule_expected(enum lot_rule rule);
int lot_rule_is_error(enum lot_rule rule);

#endif
