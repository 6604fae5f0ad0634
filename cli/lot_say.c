/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/lot_say.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "agent/base/memfd.h"
#include "cli/lot.h"
#include "cli/out.h"
#include "cli/say.h"

#define DAY 16 /* octets of "2026-11-28", with the zero */

/* What is said about one lot. */
struct saying {
	const char *path;
	const struct lot *lot;
	char sha256[65];
};

static unsigned int
today(void)
{
	const time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm) == NULL)
		return 0;
	return (unsigned int)((tm.tm_year + 1900) * 10000 +
	    (tm.tm_mon + 1) * 100 + tm.tm_mday);
}

static const char *
day(unsigned int yyyymmdd, char ret[DAY])
{
	(void)snprintf(ret, DAY, "%04u-%02u-%02u", yyyymmdd / 10000 % 10000,
	    yyyymmdd / 100 % 100, yyyymmdd % 100);
	return yyyymmdd == 0 ? "-" : ret;
}

/* gettext("") would give the catalogue's header. */
static const char *
translated(const char *text)
{
	return text == NULL || text[0] == '\0' ? "" : _(text);
}

static const char *
expected(const struct lot_problem *p)
{
	if (p->wanted[0] != '\0')
		return p->wanted;
	if (lot_rule_expected(p->rule) != NULL)
		return _(lot_rule_expected(p->rule));
	return p->field == NULL ? "" : translated(p->field->expected);
}

/* "the check digit does not fit: 1, expected 9" */
static void
explain(const struct lot_problem *p, char *ret, size_t size)
{
	const char *what = _(lot_rule_what(p->rule));
	const char *wanted = expected(p);

	if (p->found[0] != '\0' && wanted[0] != '\0')
		(void)snprintf(ret, size, _("%s: \"%s\", expected: %s"), what,
		    p->found, wanted);
	else if (wanted[0] != '\0')
		(void)snprintf(ret, size, _("%s, expected: %s"), what, wanted);
	else
		(void)snprintf(ret, size, "%s", what);
}

static const char *
label(const struct lot_problem *p)
{
	return p->field == NULL ? _("line") : translated(p->field->label);
}

static void
say_problem(const char *path, const struct lot_problem *p)
{
	char text[512];

	explain(p, text, sizeof(text));
	if (lot_rule_is_error(p->rule))
		/* untranslated: the form of a compiler's message */
		out_note("%s:%lu:%u: %s: %s", path, p->line, p->column,
		    label(p), text);
	else
		out_note(_("%s:%lu:%u: warning: %s: %s"), path, p->line,
		    p->column, label(p), text);
}

/* Both lists are in the order of the file; so is what is printed. */
static const struct lot_problem *
next(const struct lot *l, unsigned long *e, unsigned long *w)
{
	const struct lot_problem *a =
	    *e < l->errors.n ? &l->errors.items[*e] : NULL;
	const struct lot_problem *b =
	    *w < l->warnings.n ? &l->warnings.items[*w] : NULL;

	if (a != NULL && (b == NULL || a->line <= b->line)) {
		++*e;
		return a;
	}
	if (b != NULL)
		++*w;
	return b;
}

static void
say_problems(const struct saying *s)
{
	const struct lot *l = s->lot;
	const unsigned long more = l->errors.n_found - l->errors.n;
	const unsigned long more_warnings = l->warnings.n_found - l->warnings.n;
	const struct lot_problem *p;
	unsigned long e = 0, w = 0;

	while ((p = next(l, &e, &w)) != NULL)
		say_problem(s->path, p);
	if (more > 0)
		out_note(_("%s: and %lu more errors"), s->path, more);
	if (more_warnings > 0)
		out_note(
		    _("%s: and %lu more warnings"), s->path, more_warnings);
}

static json_t *
problem_json(const struct lot_problem *p)
{
	char text[512];

	explain(p, text, sizeof(text));
	return json_pack("{ss ss sI sI ss* ss ss*}", "severity",
	    lot_rule_is_error(p->rule) ? "error" : "warning", "rule",
	    lot_rule_code(p->rule), "line", (json_int_t)p->line, "column",
	    (json_int_t)p->column, "field",
	    p->field == NULL ? NULL : p->field->name, "message", text, "found",
	    p->found[0] == '\0' ? NULL : p->found);
}

static const char *
ends_name(enum lot_ends ends)
{
	return ends == LOT_ENDS_CRLF ? "crlf"
	    : ends == LOT_ENDS_LF    ? "lf"
				     : NULL;
}

static json_t *
lot_json(const struct saying *s)
{
	const struct lot *l = s->lot;
	json_t *problems = json_array(), *n_of = json_object();
	const struct lot_problem *p;
	unsigned long e = 0, w = 0;
	char registro[LOT_TEXT_MAX], first[DAY], last[DAY];

	while ((p = next(l, &e, &w)) != NULL)
		(void)json_array_append_new(problems, problem_json(p));
	for (enum lot_type t = LOT_HIRE; t < LOT_MOVEMENTS; t++)
		(void)json_object_set_new(n_of, lot_type_code(t),
		    json_integer((json_int_t)l->n_of[t]));
	/* A path that is no UTF-8 has no place in JSON: then without "file". */
	return json_pack("{so* sb ss sI sI so ss ss ss sb ss* sI sI so}",
	    "file", json_string(s->path), "valid", lot_is_good(l),
	    "registro_patronal", lot_registro(l, registro), "lines",
	    (json_int_t)l->n_lines, "movements", (json_int_t)l->n_movements,
	    "by_type", n_of, "first_date", day(l->first_date, first),
	    "last_date", day(l->last_date, last), "sha256", s->sha256,
	    "control_record", l->has_control, "line_ends", ends_name(l->ends),
	    "errors", (json_int_t)l->errors.n_found, "warnings",
	    (json_int_t)l->warnings.n_found, "problems", problems);
}

static void
say_lot(const struct saying *s)
{
	const struct lot *l = s->lot;
	char registro[LOT_TEXT_MAX], first[DAY], last[DAY];

	out_coloured(
	    OUT_GOOD, _("%s: a lot in which no error was found"), s->path);
	out_pair(_("registro patronal"), "%s", lot_registro(l, registro));
	out_pair(_("movements"), "%lu", l->n_movements);
	out_pair(_("hired (08)"), "%lu", l->n_of[LOT_HIRE]);
	out_pair(_("salary changed (07)"), "%lu", l->n_of[LOT_SALARY]);
	out_pair(_("discharged (02)"), "%lu", l->n_of[LOT_DISCHARGE]);
	out_pair(_("dates"), _("%s to %s"), day(l->first_date, first),
	    day(l->last_date, last));
	/* untranslated: a name */
	out_pair("SHA-256", "%s", s->sha256);
}

/* Before it is signed; stdout is the signature's. */
static void
announce(const struct saying *s)
{
	const struct lot *l = s->lot;
	char registro[LOT_TEXT_MAX], first[DAY], last[DAY];

	out_note(_("%s: registro patronal %s, %lu movements (08: %lu, 07: %lu, "
		   "02: %lu), %s to %s, SHA-256 %s"),
	    s->path, lot_registro(l, registro), l->n_movements,
	    l->n_of[LOT_HIRE], l->n_of[LOT_SALARY], l->n_of[LOT_DISCHARGE],
	    day(l->first_date, first), day(l->last_date, last), s->sha256);
}

static int
refuse(const struct saying *s)
{
	return say_refusal(FIRMA_EXIT_INVALID,
	    _("correct the lines named above; each says what was expected"),
	    P_("%s: %lu error in the lot; nothing is signed",
		"%s: %lu errors in the lot; nothing is signed",
		s->lot->errors.n_found),
	    s->path, s->lot->errors.n_found);
}

static int
say(const struct saying *s, int is_check, json_t **ret_json)
{
	const int is_good = lot_is_good(s->lot);

	say_problems(s);
	if (out_is_json() && (is_check || !is_good))
		out_json(lot_json(s));
	if (!is_good)
		return refuse(s);
	if (!is_check)
		announce(s);
	if (out_is_json() && !is_check)
		*ret_json = lot_json(s);
	if (!out_is_json() && is_check)
		say_lot(s);
	return FIRMA_EXIT_OK;
}

int
lot_say(int fd, const char *path, int is_check, json_t **ret_json)
{
	struct firma_cause cause = { 0 };
	struct saying s = { .path = path };
	struct firma_bytes text;
	unsigned char hash[32];
	enum firma_err r;
	struct lot lot;

	r = firma_memfd_map(fd, LOT_FILE_MAX, &text, &cause);
	if (r != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", path);
	lot_init(&lot, today());
	lot_take(&lot, text);
	lot_end(&lot);
	if (EVP_Digest(text.len == 0 ? "" : (const void *)text.at, text.len,
		hash, NULL, EVP_sha256(), NULL) != 1)
		r = FIRMA_ERR_INTERNAL;
	firma_memfd_unmap(&text);
	if (r != FIRMA_OK)
		return say_failure(r, NULL, NULL, "%s", path);
	firma_hex(firma_bytes_of(hash, sizeof(hash)), s.sha256);
	s.lot = &lot;
	return say(&s, is_check, ret_json);
}

int
lot_say_too_large(const char *path)
{
	return say_refusal(FIRMA_EXIT_INVALID,
	    _("split it: each part is a lot of its own"),
	    _("%s: a lot has at most %d lines of %d columns"), path,
	    LOT_LINES_MAX, LOT_WIDTH);
}
