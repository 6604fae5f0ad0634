/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/option.h"

#include <stdio.h>
#include <string.h>

bool
firma_number_of(const char *text, unsigned int min, unsigned int max,
    unsigned int *ret_number)
{
	unsigned int v = 0;

	if (*text == '\0' || strlen(text) > 9)
		return false; /* nine digits always fit */
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		v = v * 10 + (unsigned int)(*text - '0');
	}
	if (v < min || v > max)
		return false;
	*ret_number = v;
	return true;
}

/* ".." as a whole component */
static bool
climbs(const char *path)
{
	for (const char *at = path; (at = strstr(at, "..")) != NULL; at += 2)
		if ((at == path || at[-1] == '/') &&
		    (at[2] == '/' || at[2] == '\0'))
			return true;
	return false;
}

bool
firma_path_join(
    const char *folder, const char *path, char *ret_path, size_t size)
{
	const size_t a = path[0] == '/' ? 0 : strlen(folder);
	const size_t b = strlen(path);

	if (b == 0 || climbs(path) || a + b + 2 > size)
		return false;
	memcpy(ret_path, folder, a);
	if (a > 0 && folder[a - 1] != '/')
		ret_path[a] = '/';
	memcpy(ret_path + a + (a > 0 && folder[a - 1] != '/'), path, b + 1);
	return true;
}

static bool
url_fits(const char *url)
{
	const char *host = strncmp(url, "https://", 8) == 0 ? url + 8
	    : strncmp(url, "http://", 7) == 0               ? url + 7
							    : NULL;

	return host != NULL && *host != '\0' && *host != '/' &&
	    strpbrk(url, " \t\"<>\\") == NULL;
}

static bool
word_of(const struct firma_option *o, const char *value, unsigned int *ret)
{
	for (unsigned int i = 0; o->words[i] != NULL; i++)
		if (strcmp(o->words[i], value) == 0) {
			*ret = i;
			return true;
		}
	return false;
}

/* "disk, process": what a WORD may be. */
static const char *
words_text(const struct firma_option *o, char *ret, size_t size)
{
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = 0; o->words[i] != NULL && len < size; i++) {
		const int n = snprintf(ret + len, size - len, "%s%s",
		    i == 0 ? "" : ", ", o->words[i]);

		if (n < 0)
			break;
		len += (size_t)n;
	}
	return ret;
}

static void
complain(const struct firma_option *o, const struct firma_ini_line *l,
    struct firma_problems *problems)
{
	char words[160];

	switch (o->kind) {
	case FIRMA_OPTION_TEXT:
		firma_problem_add(problems, l->line,
		    "%s needs 1 to %zu octets of text", o->name, o->size - 1);
		return;
	case FIRMA_OPTION_NAME:
		firma_problem_add(problems, l->line,
		    "%s is a name: a-z or 0-9, then at most %zu of a-z 0-9 . _ -",
		    o->name, o->size - 2);
		return;
	case FIRMA_OPTION_PATH:
		firma_problem_add(problems, l->line,
		    "%s is a path of at most %zu octets without \"..\"",
		    o->name, o->size - 1);
		return;
	case FIRMA_OPTION_URL:
		firma_problem_add(problems, l->line,
		    "%s is an address that begins with https:// or http://",
		    o->name);
		return;
	case FIRMA_OPTION_NUMBER:
		firma_problem_add(problems, l->line,
		    "%s is a number from %u to %u", o->name, o->min, o->max);
		return;
	case FIRMA_OPTION_WORD:
		firma_problem_add(problems, l->line, "%s is one of: %s",
		    o->name, words_text(o, words, sizeof(words)));
		return;
	case FIRMA_OPTION_OTHER:
		return;
	}
}

static bool
set(const struct firma_section *s, const struct firma_option *o,
    const char *value)
{
	char *field = (char *)s->at + o->offset;
	const size_t len = strlen(value);
	unsigned int number;

	switch (o->kind) {
	case FIRMA_OPTION_PATH:
		return firma_path_join(s->folder, value, field, o->size);
	case FIRMA_OPTION_NUMBER:
		if (!firma_number_of(value, o->min, o->max, &number))
			return false;
		memcpy(field, &number, sizeof(number));
		return true;
	case FIRMA_OPTION_WORD:
		if (!word_of(o, value, &number))
			return false;
		memcpy(field, &number, sizeof(number));
		return true;
	case FIRMA_OPTION_NAME:
		if (!firma_name_fits(value))
			return false;
		break;
	case FIRMA_OPTION_URL:
		if (!url_fits(value))
			return false;
		break;
	case FIRMA_OPTION_TEXT:
	case FIRMA_OPTION_OTHER:
		break;
	}
	if (len == 0 || len >= o->size)
		return false;
	memcpy(field, value, len + 1);
	return true;
}

bool
firma_section_option(struct firma_section *s, const struct firma_ini_line *line,
    struct firma_problems *problems)
{
	if (s->table == NULL)
		return false;
	for (size_t i = 0; i < s->n; i++) {
		const struct firma_option *o = &s->table[i];

		if (strcmp(o->name, line->name) != 0)
			continue;
		s->seen |= 1u << i;
		if (o->kind == FIRMA_OPTION_OTHER)
			return true;
		if (!set(s, o, line->value))
			complain(o, line, problems);
		return false;
	}
	firma_problem_add(problems, line->line, "[%s] has no option \"%s\"",
	    line->section, line->name);
	return false;
}

void
firma_section_end(
    const struct firma_section *s, struct firma_problems *problems)
{
	if (s->table == NULL)
		return;
	for (size_t i = 0; i < s->n; i++)
		if (s->table[i].required && (s->seen & (1u << i)) == 0)
			firma_problem_add(problems, s->line,
			    "option \"%s\" is missing", s->table[i].name);
}

bool
firma_section_has(const struct firma_section *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->table[i].name, name) == 0)
			return (s->seen & (1u << i)) != 0;
	return false;
}
