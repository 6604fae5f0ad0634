/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/ini.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/own.h"

/* What has been seen: to find what stands twice.  Views into the text. */
struct reading {
	const struct firma_ini_reader *reader;
	struct firma_problems *problems;
	unsigned int line;
	bool skipping; /* the header was no good: its options are skipped */
	size_t n_sections, n_options;
	char section[FIRMA_INI_SECTION + 1];
	struct firma_bytes sections[FIRMA_INI_SECTIONS];
	struct firma_bytes options[FIRMA_INI_OPTIONS];
};

void
firma_problem_add(
    struct firma_problems *p, unsigned int line, const char *fmt, ...)
{
	struct firma_problem *item;
	va_list ap;

	p->n_found++;
	if (p->n == FIRMA_PROBLEMS_MAX)
		return;
	item = &p->items[p->n++];
	item->line = line;
	va_start(ap, fmt);
	(void)vsnprintf(item->text, sizeof(item->text), fmt, ap);
	va_end(ap);
	/* Part of the text may come from the file. */
	for (char *at = item->text; *at != '\0'; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = '?';
}

static int
by_line(const void *a, const void *b)
{
	const struct firma_problem *x = a, *y = b;

	return (x->line > y->line) - (x->line < y->line);
}

void
firma_problems_sort(struct firma_problems *p)
{
	qsort(p->items, p->n, sizeof(p->items[0]), by_line);
}

enum firma_err
firma_problems_err(const struct firma_problems *p, struct firma_cause *cause)
{
	if (p->n_found == 0)
		return FIRMA_OK;
	return firma_fail(cause, FIRMA_ERR_CONFIG, FIRMA_CAUSE_LINE,
	    p->items[0].line, "%s", p->items[0].text);
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static struct firma_bytes
trim(struct firma_bytes v)
{
	while (v.len > 0 && is_blank(v.at[0])) {
		v.at++;
		v.len--;
	}
	while (v.len > 0 && is_blank(v.at[v.len - 1]))
		v.len--;
	return v;
}

/* Length of the UTF-8 character at v (RFC 3629), 0 when it is none. */
static size_t
utf8_len(struct firma_bytes v)
{
	const uint8_t c = v.at[0];
	size_t n = 0;

	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c < 0xf5)
		n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (n == 0 || n > v.len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((v.at[i] & 0xc0) != 0x80)
			return 0;
	if ((c == 0xe0 && v.at[1] < 0xa0) || (c == 0xed && v.at[1] > 0x9f) ||
	    (c == 0xf0 && v.at[1] < 0x90) || (c == 0xf4 && v.at[1] > 0x8f))
		return 0;
	return n;
}

/* Text that can be shown: UTF-8 without control characters but the tab. */
static bool
is_text(struct firma_bytes v)
{
	while (v.len > 0) {
		const size_t n = utf8_len(v);

		if (n == 0 || (v.at[0] < 0x20 && v.at[0] != '\t') ||
		    v.at[0] == 0x7f)
			return false;
		v.at += n;
		v.len -= n;
	}
	return true;
}

static bool
is_word(struct firma_bytes v)
{
	for (size_t i = 0; i < v.len; i++)
		if (memchr("abcdefghijklmnopqrstuvwxyz0123456789._-", v.at[i],
			39) == NULL)
			return false;
	return v.len > 0;
}

static bool
seen(const struct firma_bytes *list, size_t n, struct firma_bytes v)
{
	for (size_t i = 0; i < n; i++)
		if (firma_bytes_equal(list[i], v))
			return true;
	return false;
}

static void
copy(struct firma_bytes v, char *ret, size_t size)
{
	const size_t n = v.len < size ? v.len : size - 1;

	memcpy(ret, v.at, n);
	ret[n] = '\0';
}

/* "[name]" or "[kind name]", one blank between the words. */
static void
read_header(struct reading *r, struct firma_bytes v)
{
	struct firma_ini_line out = { r->line, r->section, NULL, NULL };
	struct firma_bytes name = { v.at + 1, v.len - 1 };
	const uint8_t *blank;
	bool fits;

	r->skipping = true;
	r->n_options = 0;
	if (v.at[v.len - 1] != ']') {
		firma_problem_add(
		    r->problems, r->line, "a section's header ends with ']'");
		return;
	}
	name.len--;
	name = trim(name);
	blank = name.len == 0 ? NULL : memchr(name.at, ' ', name.len);
	fits = blank == NULL
	    ? is_word(name)
	    : is_word(firma_bytes_of(name.at, (size_t)(blank - name.at))) &&
		is_word(firma_bytes_of(
		    blank + 1, name.len - (size_t)(blank + 1 - name.at)));
	if (!fits || name.len > FIRMA_INI_SECTION) {
		firma_problem_add(r->problems, r->line,
		    "a section is [name] or [kind name] of a-z 0-9 . _ -");
		return;
	}
	copy(name, r->section, sizeof(r->section));
	if (seen(r->sections, r->n_sections, name)) {
		firma_problem_add(r->problems, r->line,
		    "section [%s] stands a second time", r->section);
		return;
	}
	if (r->n_sections == FIRMA_INI_SECTIONS) {
		firma_problem_add(r->problems, r->line, "too many sections");
		return;
	}
	r->sections[r->n_sections++] = name;
	r->skipping = false;
	r->reader->fn(r->reader->arg, &out);
}

static bool
may_repeat(const struct firma_ini_reader *reader, const char *name)
{
	for (const char *const *r = reader->repeat; r != NULL && *r != NULL;
	     r++)
		if (strcmp(*r, name) == 0)
			return true;
	return false;
}

static void
read_option(struct reading *r, struct firma_bytes v)
{
	const uint8_t *equals = memchr(v.at, '=', v.len);
	char name[FIRMA_INI_NAME + 1], value[FIRMA_INI_LINE + 1];
	struct firma_ini_line out = { r->line, r->section, name, value };
	struct firma_bytes left;

	if (equals == NULL) {
		firma_problem_add(r->problems, r->line,
		    "neither \"[section]\" nor \"option = value\"");
		return;
	}
	left = trim(firma_bytes_of(v.at, (size_t)(equals - v.at)));
	if (!is_word(left) || left.len > FIRMA_INI_NAME) {
		firma_problem_add(r->problems, r->line,
		    "an option's name is 1 to %d of a-z 0-9 . _ -",
		    FIRMA_INI_NAME);
		return;
	}
	copy(left, name, sizeof(name));
	if (r->n_sections == 0 && !r->skipping) {
		firma_problem_add(r->problems, r->line,
		    "option \"%s\" stands before the first section", name);
		return;
	}
	if (r->skipping)
		return;
	if (!may_repeat(r->reader, name) &&
	    seen(r->options, r->n_options, left)) {
		firma_problem_add(r->problems, r->line,
		    "option \"%s\" stands a second time in [%s]", name,
		    r->section);
		return;
	}
	if (r->n_options == FIRMA_INI_OPTIONS) {
		firma_problem_add(r->problems, r->line,
		    "too many options in [%s]", r->section);
		return;
	}
	r->options[r->n_options++] = left;
	copy(trim(firma_bytes_of(
		 equals + 1, v.len - (size_t)(equals + 1 - v.at))),
	    value, sizeof(value));
	r->reader->fn(r->reader->arg, &out);
}

static void
read_line(struct reading *r, struct firma_bytes v)
{
	if (v.len > 0 && v.at[v.len - 1] == '\r')
		v.len--;
	if (v.len > FIRMA_INI_LINE) {
		firma_problem_add(r->problems, r->line,
		    "the line has over %d octets", FIRMA_INI_LINE);
		return;
	}
	if (!is_text(v)) {
		firma_problem_add(r->problems, r->line,
		    "the line is not UTF-8 text without control characters");
		return;
	}
	v = trim(v);
	if (v.len == 0 || v.at[0] == '#' || v.at[0] == ';')
		return;
	if (v.at[0] == '[')
		read_header(r, v);
	else
		read_option(r, v);
}

enum firma_err
firma_ini_read(struct firma_bytes text, const struct firma_ini_reader *reader,
    struct firma_problems *problems)
{
	FIRMA_OWN(firma_mem_done) struct reading *r = NULL;

	if (text.len > FIRMA_INI_SIZE) {
		firma_problem_add(problems, 0, "the file has over %zu octets",
		    FIRMA_INI_SIZE);
		return FIRMA_ERR_LIMIT;
	}
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return FIRMA_ERR_NOMEM;
	r->reader = reader;
	r->problems = problems;

	if (text.len >= 3 && memcmp(text.at, "\xef\xbb\xbf", 3) == 0) {
		text.at += 3;
		text.len -= 3;
	}
	while (text.len > 0) {
		const uint8_t *end = memchr(text.at, '\n', text.len);
		const size_t n =
		    end == NULL ? text.len : (size_t)(end - text.at);

		r->line++;
		read_line(r, firma_bytes_of(text.at, n));
		text.at += end == NULL ? n : n + 1;
		text.len -= end == NULL ? n : n + 1;
	}
	return FIRMA_OK;
}

size_t
firma_ini_kind(const char *section, const char **ret_name)
{
	const size_t n = strcspn(section, " ");

	*ret_name = section[n] == ' ' ? section + n + 1 : section + n;
	return n;
}

int
firma_name_fits(const char *name)
{
	const size_t n = strlen(name);

	return n > 0 && n <= 64 && strchr("._-", name[0]) == NULL &&
	    is_word(firma_bytes_of(name, n));
}
