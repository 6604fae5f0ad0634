/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdf/appended.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/own.h"

#define SECTIONS_MAX    128
#define STREAM_HEAD     ((size_t)4096) /* octets up to "stream" */
#define NAME_MAX_OCTETS 128 /* of a key; longer ones are none of ours */
#define ENTRY           ((size_t)20) /* octets of one, in a table */
#define WIDTH_MAX       8            /* octets of one of its three numbers */

struct reader {
	struct pdf *before, *now;
	struct pdf_appended *to;
	size_t from, len; /* of the file */
	size_t first;     /* entry of this section */
	int is_hidden;    /* it is the second half of a hybrid's */
};

static void
wrong(struct reader *r, const char *what)
{
	if (r->to->wrong == NULL)
		r->to->wrong = what;
}

static int
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' ||
	    c == '\0';
}

static int
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static uint8_t
octet(const struct reader *r, size_t at)
{
	return at < r->len ? r->now->file.at[at] : 0;
}

static size_t
skip_blanks(const struct reader *r, size_t at)
{
	while (at < r->len && is_blank(octet(r, at)))
		at++;
	return at;
}

/* Digits at *at; 0: there are none, or too many. */
static int
take(const struct reader *r, size_t *at, size_t *ret)
{
	size_t n = 0;

	for (*ret = 0; is_digit(octet(r, *at)) && n <= 10; (*at)++, n++)
		*ret = *ret * 10 + (size_t)(octet(r, *at) - '0');
	return n != 0 && n <= 10;
}

/* Back over blanks, then digits: where these begin, or 0. */
static size_t
back_over_number(const struct reader *r, size_t at)
{
	size_t end;

	while (at > r->from && is_blank(octet(r, at - 1)))
		at--;
	for (end = at; at > r->from && is_digit(octet(r, at - 1)); at--)
		;
	return at == end ? 0 : at;
}

/* All "N G obj", wherever they are: in a string or a stream as well. */
static void
find_bodies(struct reader *r)
{
	for (size_t at = r->from; at + 3 <= r->len; at++) {
		struct pdf_entry *e = &r->to->bodies[r->to->n_bodies];
		size_t g, n, id, generation;

		if (memcmp(r->now->file.at + at, "obj", 3) != 0 ||
		    (g = back_over_number(r, at)) == 0 ||
		    (n = back_over_number(r, g)) == 0 || n == g)
			continue;
		if (r->to->n_bodies == PDF_APPENDED_MAX) {
			wrong(r, "too many objects were added");
			return;
		}
		e->at = n;
		if (!take(r, &n, &id) || !take(r, &g, &generation) ||
		    id > PDF_ID_MAX || generation > 65535) {
			wrong(r, "an object's number is too large");
			return;
		}
		e->id = (int)id;
		e->generation = (int)generation;
		r->to->n_bodies++;
	}
}

static struct pdf_entry *
body_at(struct reader *r, size_t at)
{
	for (size_t i = 0; i < r->to->n_bodies; i++)
		if (r->to->bodies[i].at == at)
			return &r->to->bodies[i];
	return NULL;
}

/* at is 0 when it is in an object stream. */
static void
keep(struct reader *r, size_t id, size_t generation, size_t at)
{
	struct pdf_appended *to = r->to;
	struct pdf_entry *body = at == 0 ? NULL : body_at(r, at);

	if (id > PDF_ID_MAX || to->n_entries == PDF_APPENDED_MAX) {
		wrong(r, "too many objects were added");
		return;
	}
	for (size_t i = r->first; i < to->n_entries; i++)
		if (to->entries[i].id != (int)id)
			continue;
		else if (to->entries[i].is_free && r->is_hidden)
			to->entries[i].is_free = 0;
		else
			wrong(r, "an object is listed twice");
	if (at != 0 &&
	    (body == NULL || body->id != (int)id ||
		body->generation != (int)generation))
		wrong(r, "an object is not where it is listed");
	else if (body != NULL)
		body->is_listed = 1;
	to->entries[to->n_entries++] = (struct pdf_entry){
		.id = (int)id, .generation = (int)generation, .at = at
	};
}

/* One that is free now: it must not have been there. */
static void
keep_free(struct reader *r, size_t id)
{
	if (id == 0)
		return;
	keep(r, id, 0, 0);
	if (r->to->wrong == NULL)
		r->to->entries[r->to->n_entries - 1].is_free = 1;
}

static int
hex(uint8_t c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A name's characters may be written as #xx. */
static size_t
unescape(const uint8_t *s, size_t len, char *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		const int high = i + 2 < len ? hex(s[i + 1]) : -1;
		const int low = i + 2 < len ? hex(s[i + 2]) : -1;

		ret[n++] = (char)s[i];
		if (s[i] == '#' && high >= 0 && low >= 0) {
			ret[n - 1] = (char)(high << 4 | low);
			i += 2;
		}
	}
	return n;
}

static int
is_delimiter(uint8_t c)
{
	return is_blank(c) || strchr("()<>[]{}/%", c) != NULL;
}

/* Behind a string in parentheses, which may have others in it. */
static size_t
skip_string(const struct reader *r, size_t at)
{
	int depth = 0;

	do {
		const uint8_t c = octet(r, at);

		if (c == '\\')
			at++;
		else if (c == '(')
			depth++;
		else if (c == ')')
			depth--;
		at++;
	} while (depth > 0 && at < r->len);
	return at;
}

/* What a trailer says of other sections; 0: nothing. */
struct trailer {
	size_t prev, stream;
};

/* A name at *at, and the number behind it when it is one of ours. */
static void
take_name(struct reader *r, size_t *at, struct trailer *ret)
{
	char name[NAME_MAX_OCTETS];
	const size_t begin = ++*at;
	size_t *to, n;

	while (!is_delimiter(octet(r, *at)))
		++*at;
	if (*at - begin >= sizeof(name))
		return;
	n = unescape(r->now->file.at + begin, *at - begin, name);
	name[n] = '\0';
	if (strcmp(name, "Prev") == 0)
		to = &ret->prev;
	else if (strcmp(name, "XRefStm") == 0)
		to = &ret->stream;
	else
		return;
	*at = skip_blanks(r, *at);
	/* A number itself, and not that of an object. */
	if (*to != 0 || !take(r, at, to) || *to == 0 ||
	    !is_delimiter(octet(r, *at)) ||
	    is_digit(octet(r, skip_blanks(r, *at))))
		wrong(r, "a section has no plain trailer");
}

/* The trailer behind a table, one dictionary. */
static void
read_trailer(struct reader *r, size_t at, struct trailer *ret)
{
	struct trailer inner = { 0 };
	int depth = 0;

	if (r->len - at < 7 || memcmp(r->now->file.at + at, "trailer", 7) != 0)
		wrong(r, "a section has no plain trailer");
	at = skip_blanks(r, at + 7);
	do {
		const uint8_t c = octet(r, at);
		const int is_double = c == octet(r, at + 1);

		if (c == '(') {
			at = skip_string(r, at);
		} else if (c == '/') {
			take_name(r, &at, depth == 1 ? ret : &inner);
			inner = (struct trailer){ 0 };
		} else if ((c == '<' || c == '>') && is_double) {
			depth += c == '<' ? 1 : -1;
			at += 2;
		} else if (c == '%' || depth == 0 || at >= r->len) {
			wrong(r, "a section has no plain trailer");
		} else {
			at++;
		}
	} while (depth > 0 && r->to->wrong == NULL);
	at = skip_blanks(r, at);
	if (at + 9 > r->len ||
	    memcmp(r->now->file.at + at, "startxref", 9) != 0)
		wrong(r, "a section has no plain trailer");
}

static void
read_entry(
    struct reader *r, size_t id, const unsigned char *s, const long long w[3])
{
	size_t v[3] = { w[0] == 0, 0, 0 };

	for (int k = 0; k < 3; k++)
		for (long long i = 0; i < w[k]; i++)
			v[k] = v[k] << 8 | *s++;
	if (v[0] == 0)
		keep_free(r, id);
	else if (v[0] == 1 && v[1] != 0)
		keep(r, id, v[2], v[1]);
	else if (v[0] == 2)
		keep(r, id, 0, 0);
	else
		wrong(r, "a cross-reference stream is not plain");
}

static void
read_entries(struct reader *r, qpdf_oh d, const unsigned char *s, size_t len)
{
	struct pdf *p = r->now;
	const qpdf_oh index = pdf_get(p, d, "/Index");
	const qpdf_oh widths = pdf_get(p, d, "/W");
	const int n =
	    pdf_is_array(p, index) ? qpdf_oh_get_array_n_items(p->q, index) : 2;
	long long w[3] = { 0 };
	size_t width = 0, at = 0;

	for (int i = 0; i < 3 && pdf_is_array(p, widths); i++) {
		w[i] = pdf_int(p, qpdf_oh_get_array_item(p->q, widths, i), -1);
		if (w[i] < 0 || w[i] > WIDTH_MAX)
			wrong(r, "a cross-reference stream is not plain");
		width += (size_t)w[i];
	}
	for (int i = 0; i + 1 < n && r->to->wrong == NULL; i += 2) {
		const int has = pdf_is_array(p, index);
		const long long id = !has
		    ? 0
		    : pdf_int(p, qpdf_oh_get_array_item(p->q, index, i), -1);
		const long long m = !has
		    ? pdf_int(p, pdf_get(p, d, "/Size"), -1)
		    : pdf_int(
			  p, qpdf_oh_get_array_item(p->q, index, i + 1), -1);

		if (width == 0 || id < 0 || id > PDF_ID_MAX || m < 0 ||
		    m > PDF_APPENDED_MAX || (size_t)m * width > len - at) {
			wrong(r, "a cross-reference stream is not plain");
			return;
		}
		for (long long k = 0; k < m; k++, at += width)
			read_entry(r, (size_t)(id + k), s + at, w);
	}
	if (at != len)
		wrong(r, "a cross-reference stream is not plain");
}

/*
 * The stream of a hybrid may be listed nowhere, and then qpdf has no object of
 * that number: it gets one, with what is written at this place.
 */
static qpdf_oh
make_stream(struct reader *r, size_t at)
{
	static const char *const keys[] = { "/W", "/Index", "/Size", "/Prev" };
	qpdf_data q = r->now->q;
	const uint8_t *file = r->now->file.at;
	const size_t room =
	    r->len - at < STREAM_HEAD ? r->len - at : STREAM_HEAD;
	const uint8_t *obj = memmem(file + at, room, "obj", 3);
	const uint8_t *end = memmem(file + at, room, "stream", 6);
	FIRMA_OWN(firma_mem_done) char *text = NULL;
	qpdf_oh d, ret = qpdf_oh_new_null(q);
	long long len;
	size_t data;

	if (obj == NULL || end == NULL || end < obj + 3 ||
	    (text = strndup((const char *)obj + 3, (size_t)(end - obj) - 3)) ==
		NULL)
		return ret;
	d = qpdf_oh_parse(q, text);
	len = pdf_int(r->now, pdf_get(r->now, d, "/Length"), -1);
	data = (size_t)(end - file) + 6;
	data += octet(r, data) == '\r' && octet(r, data + 1) == '\n';
	data++;
	if (len < 0 || data > r->len || (size_t)len > r->len - data)
		return ret;
	ret = qpdf_oh_new_stream(q);
	qpdf_oh_replace_stream_data(q, ret, file + data, (size_t)len,
	    pdf_get(r->now, d, "/Filter"), pdf_get(r->now, d, "/DecodeParms"));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		qpdf_oh_replace_key(q, qpdf_oh_get_dict(q, ret), keys[i],
		    pdf_get(r->now, d, keys[i]));
	return ret;
}

/* The object that qpdf knows by its number is this one: there is no other. */
static size_t
read_stream(struct reader *r, size_t at)
{
	struct pdf *p = r->now;
	struct pdf_entry *body = body_at(r, at);
	unsigned char *s = NULL;
	size_t len = 0;
	qpdf_oh o, d;
	long long prev = 0;

	for (size_t i = 0; body != NULL && i < r->to->n_bodies; i++)
		if (&r->to->bodies[i] != body &&
		    r->to->bodies[i].id == body->id)
			body = NULL;
	if (body == NULL || body->generation != 0 ||
	    !pdf_is_null(
		r->before, qpdf_get_object_by_id(r->before->q, body->id, 0))) {
		wrong(r, "a cross-reference stream is not plain");
		return 0;
	}
	o = qpdf_get_object_by_id(p->q, body->id, 0);
	if (r->is_hidden && pdf_is_null(p, o))
		o = make_stream(r, at);
	if (!qpdf_oh_is_stream(p->q, o)) {
		wrong(r, "a cross-reference stream is not plain");
		return 0;
	}
	body->is_section = 1;
	d = qpdf_oh_get_dict(p->q, o);
	if (qpdf_oh_get_stream_data(
		p->q, o, qpdf_dl_generalized, NULL, &s, &len) < QPDF_ERRORS)
		read_entries(r, d, s, len);
	else
		wrong(r, "a cross-reference stream is not plain");
	free(s);
	prev = pdf_int(p, pdf_get(p, d, "/Prev"), 0);
	return prev < 0 ? 0 : (size_t)prev;
}

/*
 * A hybrid's second half: it has what the table calls free, so that readers of
 * old do not see it.  That is looked up after the table, and before what was
 * there: it belongs to this section alone when it was appended with it.
 */
static void
read_hidden(struct reader *r, size_t at)
{
	if (at < r->from)
		wrong(r, "a section has the hidden part of another");
	r->is_hidden = 1;
	if (r->to->wrong == NULL)
		(void)read_stream(r, at);
	r->is_hidden = 0;
}

static size_t
read_table(struct reader *r, size_t at)
{
	struct trailer found = { 0 };

	at = skip_blanks(r, at + 4);
	while (r->to->wrong == NULL && is_digit(octet(r, at))) {
		size_t id, n, place, generation;

		if (!take(r, &at, &id) ||
		    (at = skip_blanks(r, at), !take(r, &at, &n)) ||
		    n > PDF_APPENDED_MAX) {
			wrong(r, "a table is not plain");
			return 0;
		}
		at = skip_blanks(r, at);
		for (; n > 0 && r->to->wrong == NULL; n--, id++, at += ENTRY) {
			size_t p = at, g = at + 11;

			if (at + ENTRY > r->len || !take(r, &p, &place) ||
			    !take(r, &g, &generation) || p != at + 10 ||
			    g != at + 16 || octet(r, at + 10) != ' ' ||
			    octet(r, at + 16) != ' ')
				wrong(r, "a table is not plain");
			else if (octet(r, at + 17) == 'n' && place != 0)
				keep(r, id, generation, place);
			else if (octet(r, at + 17) == 'f')
				keep_free(r, id);
			else
				wrong(r, "a table is not plain");
		}
		at = skip_blanks(r, at);
	}
	if (r->to->wrong == NULL)
		read_trailer(r, at, &found);
	if (r->to->wrong == NULL && found.stream != 0)
		read_hidden(r, found.stream);
	return r->to->wrong == NULL ? found.prev : 0;
}

void
pdf_appended_read(
    struct pdf *before, struct pdf *now, size_t len, struct pdf_appended *ret)
{
	struct reader r = { .before = before,
		.now = now,
		.to = ret,
		.from = len,
		.len = now->file.len };
	size_t at = now->startxref;

	find_bodies(&r);
	for (int i = 0; at >= len && ret->wrong == NULL; i++) {
		const size_t section = at;

		if (i == SECTIONS_MAX || at + 4 > now->file.len)
			wrong(&r, "too many sections were added");
		else if (memcmp(now->file.at + at, "xref", 4) == 0)
			at = read_table(&r, at);
		else
			at = read_stream(&r, at);
		if (at >= section)
			wrong(&r, "sections do not lead to what was signed");
		r.first = ret->n_entries;
	}
	if (at != before->startxref)
		wrong(&r, "sections do not lead to what was signed");
	for (size_t i = 0; i < ret->n_bodies; i++)
		if (!ret->bodies[i].is_listed && !ret->bodies[i].is_section)
			wrong(&r, "an object is not listed");
}
