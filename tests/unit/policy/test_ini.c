/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/ini.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/option.h"
#include "agent/base/own.h"

/* Everything that was read, as one text: "3[s]" "4 n=v". */
struct heard {
	char text[8192];
	size_t len;
};

static void
hear(void *arg, const struct firma_ini_line *l)
{
	struct heard *h = arg;
	const size_t left = sizeof(h->text) - h->len;
	int n;

	if (l->name == NULL)
		n = snprintf(
		    h->text + h->len, left, "%u[%s]", l->line, l->section);
	else
		n = snprintf(h->text + h->len, left, "%u %s=%s;", l->line,
		    l->name, l->value);
	assert_true(n > 0 && (size_t)n < left);
	h->len += (size_t)n;
}

static void
reads(struct firma_bytes text, const char *want, struct firma_problems *p)
{
	struct heard h = { .len = 0 };
	static const char *const again[] = { "other", "again", NULL };
	const struct firma_ini_reader reader = { hear, &h, again };

	memset(p, 0, sizeof(*p));
	assert_int_equal(firma_ini_read(text, &reader, p), FIRMA_OK);
	assert_string_equal(h.text, want);
}

static void
fine(const char *text, const char *want)
{
	struct firma_problems p;

	reads(firma_bytes_of(text, strlen(text)), want, &p);
	if (p.n_found != 0)
		fail_msg("%u: %s", p.items[0].line, p.items[0].text);
}

static void
wrong(const char *text, const char *want, unsigned int line, const char *why)
{
	struct firma_problems p;

	reads(firma_bytes_of(text, strlen(text)), want, &p);
	assert_int_equal(p.n_found, 1);
	assert_int_equal(p.items[0].line, line);
	if (strstr(p.items[0].text, why) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", p.items[0].text, why);
}

static void
lines_are_read(void **state)
{
	(void)state;
	fine("", "");
	fine("\xef\xbb\xbf[a]\nx=1\n", "1[a]2 x=1;");
	fine("# c\n; c\n\n[a b.c-d_e]\r\n  x.y =\t a = b ; c # d \r\n[c]",
	    "4[a b.c-d_e]5 x.y=a = b ; c # d;6[c]");
	fine("[ a ]\nx=", "1[a]2 x=;");
	fine("[a]\nx=Ñandú ✓\n", "1[a]2 x=Ñandú ✓;");
	fine("[a]\nagain=1\nagain=2\n[b]\nagain=1\n",
	    "1[a]2 again=1;3 again=2;4[b]5 again=1;");
}

static void
mistakes_have_their_line(void **state)
{
	struct firma_problems p;

	(void)state;
	wrong("x=1\n[a]\n", "2[a]", 1, "before the first section");
	wrong("[a]\nx\n", "1[a]", 2, "neither");
	wrong("[a]\n  going on\n", "1[a]", 2, "neither");
	wrong("[a]\nX=1\n", "1[a]", 2, "an option's name");
	wrong("[a]\n=1\n", "1[a]", 2, "an option's name");
	wrong("[a]\nx=1\nx=2\n", "1[a]2 x=1;", 3, "second time in [a]");
	wrong("[a]\n[b]\n[a]\nx=1\n", "1[a]2[b]", 3, "[a] stands a second");
	wrong("[a] x\ny=1\n[b]\n", "3[b]", 1, "ends with ']'");
	wrong("[\ny=1\n[b]\n", "3[b]", 1, "ends with ']'");
	wrong("[]\n", "", 1, "a section is");
	wrong("[A]\nx=1\n", "", 1, "a section is");
	wrong("[a  b]\n", "", 1, "a section is");
	wrong("[a b c]\n", "", 1, "a section is");
	wrong("[a]\nx=\xc3\n", "1[a]", 2, "UTF-8");
	wrong("[a]\nx=\xed\xa0\x80\n", "1[a]", 2, "UTF-8");
	wrong("[a]\nx=\xc0\xaf\n", "1[a]", 2, "UTF-8");
	wrong("[a]\nx=\xf4\x90\x80\x80\n", "1[a]", 2, "UTF-8");
	wrong("[a]\nx=\x1b[2J\n", "1[a]", 2, "control");
	reads(firma_bytes_of("[a]\nx=1\0002\n", 10), "1[a]", &p);
	assert_int_equal(p.n_found, 1);
}

/* What the packaged library would cut in silence. */
static void
long_names_stay_whole(void **state)
{
	char text[FIRMA_INI_LINE + 64], want[2 * sizeof(text)], alias[65];

	(void)state;
	memset(alias, 'k', 64);
	alias[64] = '\0';
	(void)snprintf(text, sizeof(text), "[key %s]\n", alias);
	(void)snprintf(want, sizeof(want), "1[key %s]", alias);
	fine(text, want);

	memset(text, 0, sizeof(text));
	memcpy(text, "[a]\nx=", 6);
	memset(text + 6, 'v', FIRMA_INI_LINE - 2);
	(void)snprintf(want, sizeof(want), "1[a]2 x=%s;", text + 6);
	fine(text, want);
	text[6 + FIRMA_INI_LINE - 2] = 'v';
	wrong(text, "1[a]", 2, "over 2000 octets");
}

static void
counts_are_bounded(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	const struct firma_ini_reader reader = { hear, NULL, NULL };
	struct firma_problems p = { 0 };
	struct firma_ini_reader silent;
	struct heard h = { .len = 0 };
	char line[32];

	(void)state;
	assert_int_equal(firma_buf_put_str(&text, "[a]\n"), FIRMA_OK);
	for (int i = 0; i <= FIRMA_INI_OPTIONS; i++) {
		(void)snprintf(line, sizeof(line), "x%d=1\n", i);
		assert_int_equal(firma_buf_put_str(&text, line), FIRMA_OK);
	}
	silent = (struct firma_ini_reader){ hear, &h, NULL };
	assert_int_equal(
	    firma_ini_read(firma_buf_view(&text), &silent, &p), FIRMA_OK);
	assert_int_equal(p.n_found, 1);
	assert_non_null(strstr(p.items[0].text, "too many options"));

	memset(&p, 0, sizeof(p));
	assert_int_equal(
	    firma_ini_read(
		firma_bytes_of(text.at, FIRMA_INI_SIZE + 1), &reader, &p),
	    FIRMA_ERR_LIMIT);
	assert_int_equal(p.items[0].line, 0);
}

static void
problems_are_printable_and_sorted(void **state)
{
	struct firma_problems p = { 0 };
	struct firma_cause cause = { 0 };

	(void)state;
	assert_int_equal(firma_problems_err(&p, &cause), FIRMA_OK);
	firma_problem_add(&p, 9, "a\nb\x1b%s", "c");
	for (unsigned int i = 0; i < 100; i++)
		firma_problem_add(&p, 8 - i % 8, "more");
	firma_problems_sort(&p);
	assert_int_equal(p.n, FIRMA_PROBLEMS_MAX);
	assert_int_equal(p.n_found, 101);
	assert_string_equal(p.items[p.n - 1].text, "a?b?c");
	assert_int_equal(firma_problems_err(&p, &cause), FIRMA_ERR_CONFIG);
	assert_int_equal(cause.kind, FIRMA_CAUSE_LINE);
	assert_int_equal(cause.code, 1);
}

static void
names_and_kinds(void **state)
{
	const char *name;
	char n65[66];

	(void)state;
	memset(n65, 'a', 65);
	n65[65] = '\0';
	assert_false(firma_name_fits(n65));
	assert_true(firma_name_fits(n65 + 1));
	assert_true(firma_name_fits("a.b-c_9"));
	assert_false(firma_name_fits(""));
	assert_false(firma_name_fits(".a"));
	assert_false(firma_name_fits("-a"));
	assert_false(firma_name_fits("A"));
	assert_false(firma_name_fits("a/b"));
	assert_int_equal(firma_ini_kind("key ab", &name), 3);
	assert_string_equal(name, "ab");
	assert_int_equal(firma_ini_kind("agent", &name), 5);
	assert_string_equal(name, "");
}

static void
numbers_and_paths(void **state)
{
	unsigned int n = 7;
	char path[16] = "kept";

	(void)state;
	assert_true(firma_number_of("010", 1, 10, &n));
	assert_int_equal(n, 10);
	assert_false(firma_number_of("", 0, 10, &n));
	assert_false(firma_number_of("+1", 0, 10, &n));
	assert_false(firma_number_of("1 ", 0, 10, &n));
	assert_false(firma_number_of("0x1", 0, 10, &n));
	assert_false(firma_number_of("11", 0, 10, &n));
	assert_false(firma_number_of("4294967297", 0, UINT32_MAX, &n));
	assert_int_equal(n, 10);

	assert_false(firma_path_join("/etc", "../x", path, sizeof(path)));
	assert_false(firma_path_join("/etc", "x/..", path, sizeof(path)));
	assert_false(firma_path_join("/etc", "", path, sizeof(path)));
	assert_false(firma_path_join("/etc", "0123456789a", path, 16));
	assert_string_equal(path, "kept");
	assert_true(firma_path_join("/etc", "0123456789", path, 16));
	assert_string_equal(path, "/etc/0123456789");
	assert_true(firma_path_join("/", "..x/y..z", path, 16));
	assert_string_equal(path, "/..x/y..z");
	assert_true(firma_path_join("/etc", "/a", path, 16));
	assert_string_equal(path, "/a");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_read),
		cmocka_unit_test(mistakes_have_their_line),
		cmocka_unit_test(long_names_stay_whole),
		cmocka_unit_test(counts_are_bounded),
		cmocka_unit_test(problems_are_printable_and_sorted),
		cmocka_unit_test(names_and_kinds),
		cmocka_unit_test(numbers_and_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
