/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent/PROTOCOL.md against the tables: every message, field, kind, bound,
 * number, error and value stands there, in order, and nothing else; and its
 * test vectors are parsed from the document, encoded and decoded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/own.h"
#include "agent/wire/frame.h"
#include "agent/wire/values.h"

#define LINES_MAX   2000
#define CELLS_MAX   5
#define VECTORS_MIN 12

static char *text;
static char *lines[LINES_MAX];
static size_t n_lines;

static int
load(void **state)
{
	FILE *f = fopen(FIRMA_PROTOCOL, "re");
	long size;

	(void)state;
	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	size = ftell(f);
	rewind(f);
	text = calloc(1, (size_t)size + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)size, f), size);
	(void)fclose(f);
	for (char *p = text; p != NULL && *p != '\0';) {
		char *end = strchr(p, '\n');

		assert_true(n_lines < LINES_MAX);
		lines[n_lines++] = p;
		if (end != NULL)
			*end++ = '\0';
		p = end;
	}
	return 0;
}

static int
unload(void **state)
{
	(void)state;
	free(text);
	return 0;
}

/* "| `a` | b |" into its cells, back quotes off.  0: not a row of a table. */
static size_t
cells(const char *line, char ret[CELLS_MAX][512])
{
	size_t n = 0;

	if (line[0] != '|')
		return 0;
	for (const char *p = line + 1; *p != '\0' && n < CELLS_MAX;) {
		const char *end = strchr(p, '|');
		const char *last;

		assert_non_null(end);
		for (last = end; p < last && *p == ' ';)
			p++;
		while (last > p && last[-1] == ' ')
			last--;
		if (last - p >= 2 && *p == '`' && last[-1] == '`') {
			p++;
			last--;
		}
		assert_true(last - p < 512);
		(void)snprintf(ret[n++], 512, "%.*s", (int)(last - p), p);
		p = end + 1;
	}
	return n;
}

static int
is_heading(const char *line)
{
	return line[0] == '#';
}

/* The line after which the rows of a table stand, two lines of head skipped. */
static size_t
table_at(const char *heading)
{
	for (size_t i = 0; i < n_lines; i++) {
		if (strcmp(lines[i], heading) != 0)
			continue;
		while (++i < n_lines && !is_heading(lines[i]))
			if (strncmp(lines[i], "|---", 4) == 0)
				return i + 1;
		break;
	}
	fail_msg("no table \"%s\"", heading);
	return 0;
}

static const char *
fds_words(enum firma_msg_fds fds)
{
	return fds == FIRMA_FDS_NONE ? "no descriptor"
	    : fds == FIRMA_FDS_ONE   ? "a descriptor"
				     : "perhaps a descriptor";
}

/* The rows after line i are d's fields; returns the line after them. */
static void
check_fields(const struct firma_msg_desc *d, size_t i)
{
	static const char *const kinds[] = { "U32", "U64", "STR", "BIN" };
	char cell[CELLS_MAX][512], want[64];
	size_t n = 0;

	for (; i < n_lines && !is_heading(lines[i]); i++) {
		if (cells(lines[i], cell) < 3 || lines[i][1] == '-' ||
		    strcmp(cell[0], "field") == 0)
			continue;
		if (n >= d->n_fields)
			fail_msg("%s: too many: %s", d->name, cell[0]);
		const struct firma_field *f = &d->fields[n++];

		if (f->kind == FIRMA_STR || f->kind == FIRMA_BIN)
			(void)snprintf(want, sizeof(want), "%s %zu",
			    kinds[f->kind], f->max);
		else
			(void)snprintf(
			    want, sizeof(want), "%s", kinds[f->kind]);
		if (strcmp(cell[0], f->name) != 0 || strcmp(cell[1], want) != 0)
			fail_msg("%s: \"%s\" \"%s\", not \"%s\" \"%s\"",
			    d->name, cell[0], cell[1], f->name, want);
	}
	if (n != d->n_fields)
		fail_msg("%s: %zu fields, not %zu", d->name, n, d->n_fields);
}

static void
messages_are_those_of_the_tables(void **state)
{
	const struct firma_msg_desc *table;
	size_t n, found = 0;

	(void)state;
	table = firma_msg_table(&n);
	for (size_t i = 0; i < n_lines; i++) {
		char want[256];

		if (strncmp(lines[i], "#### `", 6) != 0)
			continue;
		/* In the order of the tables, so that none is missed. */
		if (found >= n)
			fail_msg("no such message: %s", lines[i]);
		const struct firma_msg_desc *d = &table[found++];

		(void)snprintf(want, sizeof(want), "#### `%s`, 0x%04x, %s, %s",
		    d->name, (unsigned)d->type,
		    d->direction == 'Q' ? "request" : "answer",
		    fds_words(d->fds));
		assert_string_equal(lines[i], want);
		check_fields(d, i + 1);
	}
	assert_int_equal(found, n);
}

static void
numbers_are_used_once(void **state)
{
	const struct firma_msg_desc *table;
	size_t n;

	(void)state;
	table = firma_msg_table(&n);
	for (size_t i = 0; i < n; i++)
		assert_ptr_equal(firma_msg_find(table[i].type), &table[i]);
}

/* ---- numbers with names ---- */

struct named {
	unsigned int n;
	const char *name;
};

static void
check_values(const char *heading, const struct named *want, size_t n_want)
{
	char cell[CELLS_MAX][512], number[16];
	size_t n = 0;

	for (size_t i = table_at(heading);
	     i < n_lines && cells(lines[i], cell) >= 2; i++, n++) {
		if (n >= n_want)
			fail_msg("%s: too many: %s", heading, lines[i]);
		(void)snprintf(number, sizeof(number), "%u", want[n].n);
		assert_string_equal(cell[0], number);
		assert_string_equal(cell[1], want[n].name);
	}
	assert_int_equal(n, n_want);
}

#define ROW(name, n, text) { (n), text },
#define X(what, prefix, list) \
	static const struct named what##_rows[] = { list(ROW) };
FIRMA_VALUE_LIST(X)
#undef X

static void
values_are_those_of_the_tables(void **state)
{
	size_t n = 0, found = 0;

	(void)state;
#define X(what, prefix, list)                                 \
	check_values("#### Values: `" #what "`", what##_rows, \
	    sizeof(what##_rows) / sizeof(what##_rows[0]));    \
	n++;
	FIRMA_VALUE_LIST(X)
#undef X
	for (size_t i = 0; i < n_lines; i++)
		found += strncmp(lines[i], "#### Values: ", 13) == 0;
	assert_int_equal(found, n);
}

static void
errors_are_those_of_the_table(void **state)
{
	static const enum firma_err all[] = {
#define X(name, wire, exit, text) name,
		FIRMA_ERR_LIST(X)
#undef X
	};
	char cell[CELLS_MAX][512], number[16];
	size_t n = 0;

	(void)state;
	for (size_t i = table_at("#### Errors");
	     i < n_lines && cells(lines[i], cell) >= 4; i++, n++) {
		if (n >= sizeof(all) / sizeof(all[0]))
			fail_msg("no such error: %s", lines[i]);
		(void)snprintf(number, sizeof(number), "%u", (unsigned)all[n]);
		assert_string_equal(cell[0], number);
		assert_string_equal(cell[1], firma_err_name(all[n]));
		(void)snprintf(number, sizeof(number), "%u",
		    (unsigned)firma_err_exit(all[n]));
		assert_string_equal(cell[2], number);
		assert_string_equal(cell[3], firma_err_text(all[n]));
	}
	assert_int_equal(n, sizeof(all) / sizeof(all[0]));
}

static const struct firma_msg_desc *
message_named(const char *name)
{
	const struct firma_msg_desc *table;
	size_t n;

	table = firma_msg_table(&n);
	for (size_t i = 0; i < n; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	fail_msg("no message %s", name);
	return NULL;
}

/* ---- which answers to which requests ---- */

static size_t
line_of(const char *start)
{
	for (size_t i = 0; i < n_lines; i++)
		if (strncmp(lines[i], start, strlen(start)) == 0)
			return i;
	fail_msg("no line \"%s\"", start);
	return 0;
}

/* The words in back quotes in column of a row, one after the other. */
static int
next_word(const char **at, const char *end, char ret[64])
{
	const char *from = memchr(*at, '`', (size_t)(end - *at));
	const char *to = from == NULL
	    ? NULL
	    : memchr(from + 1, '`', (size_t)(end - from - 1));

	if (to == NULL || to - from > 64)
		return 0;
	(void)snprintf(ret, 64, "%.*s", (int)(to - from - 1), from + 1);
	*at = to + 1;
	return 1;
}

static void
every_request_has_its_answers(void **state)
{
	const struct firma_msg_desc *table;
	const size_t first = line_of("| request | answers |") + 2;
	bool named[200] = { false };
	size_t n, n_rows = 0, n_requests = 0;

	(void)state;
	table = firma_msg_table(&n);
	assert_true(n < 200);
	for (size_t i = first; lines[i][0] == '|'; i++, n_rows++) {
		const char *at = lines[i], *mid = strchr(at + 1, '|');
		const char *end = strchr(mid + 1, '|');
		char word[64];
		size_t n_words = 0;

		while (next_word(&at, end, word)) {
			const struct firma_msg_desc *d = message_named(word);

			/* The request, then what answers it. */
			assert_int_equal(
			    d->direction, n_words++ == 0 ? 'Q' : 'A');
			assert_false(d->direction == 'Q' && named[d - table]);
			named[d - table] = true;
		}
		assert_true(n_words > 1);
	}
	for (size_t k = 0; k < n && (unsigned)table[k].type < 0x8000; k++) {
		n_requests += table[k].direction == 'Q';
		if (!named[k] && table[k].type != FIRMA_MSG_error)
			fail_msg("%s is in no row", table[k].name);
	}
	assert_int_equal(n_rows, n_requests);
}

/* ---- vectors ---- */

struct vector {
	const struct firma_msg_desc *d;
	uint64_t id;
	uint32_t deadline;
	unsigned int n_fds;
	union firma_msg_any msg;
	struct firma_buf octets;
	/* Storage of the texts and octets in msg. */
	char texts[32][256];
	struct firma_buf bins[32];
};

/* The value behind "name = " in a line; it must be that name. */
static const char *
value_of(const char *line, const char *name)
{
	const size_t len = strlen(name);

	if (strncmp(line, name, len) != 0 || strncmp(line + len, " =", 2) != 0)
		fail_msg("\"%s\" instead of %s", line, name);
	return line[len + 2] == ' ' ? line + len + 3 : line + len + 2;
}

static void
set_field(struct vector *v, size_t n, const char *value)
{
	const struct firma_field *f = &v->d->fields[n];
	void *to = v->msg.room + f->offset;
	size_t len;

	switch (f->kind) {
	case FIRMA_U32:
		*(uint32_t *)to = (uint32_t)strtoul(value, NULL, 0);
		break;
	case FIRMA_U64:
		*(uint64_t *)to = strtoull(value, NULL, 0);
		break;
	case FIRMA_STR:
		len = strlen(value);
		assert_true(len >= 2 && value[0] == '"' &&
		    value[len - 1] == '"' && len - 2 < sizeof(v->texts[n]));
		(void)snprintf(v->texts[n], sizeof(v->texts[n]), "%.*s",
		    (int)len - 2, value + 1);
		*(struct firma_str *)to = firma_str_of(v->texts[n]);
		break;
	case FIRMA_BIN:
	default:
		assert_int_equal(strncmp(value, "hex:", 4), 0);
		assert_int_equal(firma_unhex(value + 4, &v->bins[n]), FIRMA_OK);
		*(struct firma_bytes *)to = firma_buf_view(&v->bins[n]);
		break;
	}
}

static void
octets_of(struct vector *v, size_t *i)
{
	char hex[8192] = "";
	size_t len = 0;

	for (; strcmp(lines[*i], "```") != 0; (*i)++)
		for (const char *p = lines[*i]; *p != '\0'; p++)
			if (*p != ' ' && len < sizeof(hex) - 1) {
				hex[len++] = *p;
				hex[len] = '\0';
			}
	assert_int_equal(firma_unhex(hex, &v->octets), FIRMA_OK);
}

static void
read_vector(struct vector *v, size_t *i)
{
	v->d = message_named(value_of(lines[(*i)++], "type"));
	v->id = strtoull(value_of(lines[(*i)++], "id"), NULL, 0);
	v->deadline =
	    (uint32_t)strtoul(value_of(lines[(*i)++], "deadline"), NULL, 0);
	v->n_fds = (unsigned int)strtoul(
	    value_of(lines[(*i)++], "descriptors"), NULL, 0);
	assert_true(v->d->n_fields <= 32);
	for (size_t n = 0; n < v->d->n_fields; n++)
		set_field(v, n, value_of(lines[(*i)++], v->d->fields[n].name));
	(void)value_of(lines[(*i)++], "octets");
	octets_of(v, i);
}

static void
same_field(const struct vector *v, size_t n, const union firma_msg_any *got)
{
	const struct firma_field *f = &v->d->fields[n];
	const void *a = v->msg.room + f->offset, *b = got->room + f->offset;
	const struct firma_str *s = a, *t = b;

	switch (f->kind) {
	case FIRMA_U32:
		assert_int_equal(*(const uint32_t *)a, *(const uint32_t *)b);
		break;
	case FIRMA_U64:
		assert_int_equal(*(const uint64_t *)a, *(const uint64_t *)b);
		break;
	case FIRMA_STR:
		assert_int_equal(s->len, t->len);
		assert_memory_equal(s->at, t->len == 0 ? "" : t->at, s->len);
		break;
	case FIRMA_BIN:
	default:
		assert_true(firma_bytes_equal(*(const struct firma_bytes *)a,
		    *(const struct firma_bytes *)b));
		break;
	}
}

static void
check_vector(const struct vector *v)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf out = { 0 };
	union firma_msg_any got;
	struct firma_frame f;
	size_t used;

	assert_int_equal(firma_frame_put(&out, v->d->type, &v->msg, v->id,
			     v->deadline, v->n_fds),
	    FIRMA_OK);
	assert_int_equal(out.len, v->octets.len);
	assert_memory_equal(out.at, v->octets.at, out.len);

	assert_int_equal(
	    firma_frame_parse(firma_buf_view(&v->octets), &f, &used), FIRMA_OK);
	assert_int_equal(used, v->octets.len);
	assert_int_equal(f.type, v->d->type);
	assert_int_equal(f.version, FIRMA_WIRE_VERSION);
	assert_int_equal(f.id, v->id);
	assert_int_equal(f.deadline_ms, v->deadline);
	assert_int_equal(f.n_fds, v->n_fds);
	assert_int_equal(
	    firma_msg_decode(v->d->type, f.payload, &got, NULL), FIRMA_OK);
	for (size_t n = 0; n < v->d->n_fields; n++)
		same_field(v, n, &got);
}

static void
vectors_encode_and_decode(void **state)
{
	static const char *const wanted[] = { "hello", "welcome", "sign",
		"signed", "error", "token_unlock", "pin_channel",
		"renew_todo" };
	size_t n = 0, i = 0;
	unsigned int seen = 0;

	(void)state;
	while (i < n_lines) {
		if (strcmp(lines[i++], "```vector") != 0)
			continue;
		struct vector *v = calloc(1, sizeof(*v));

		assert_non_null(v);
		read_vector(v, &i);
		check_vector(v);
		for (size_t k = 0; k < sizeof(wanted) / sizeof(wanted[0]); k++)
			if (strcmp(v->d->name, wanted[k]) == 0)
				seen |= 1u << k;
		for (size_t k = 0; k < 32; k++)
			firma_buf_done(&v->bins[k]);
		firma_buf_done(&v->octets);
		free(v);
		n++;
	}
	assert_true(n >= VECTORS_MIN);
	assert_int_equal(seen, (1u << sizeof(wanted) / sizeof(wanted[0])) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_those_of_the_tables),
		cmocka_unit_test(numbers_are_used_once),
		cmocka_unit_test(values_are_those_of_the_tables),
		cmocka_unit_test(errors_are_those_of_the_table),
		cmocka_unit_test(every_request_has_its_answers),
		cmocka_unit_test(vectors_encode_and_decode),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
