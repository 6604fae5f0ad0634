/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdf/appended.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTIONS_MAX 128
#define TRAILER_MAX  ((size_t)64 * 1024)
#define ENTRY        ((size_t)20) /* octets of one, in a table */
#define WIDTH_MAX    8            /* octets of one of its three numbers */

struct reader {
	struct pdf *before, *now;
	struct pdf_appended *to;
	size_t from, len; /* of the file */
	size_t first;     /* entry of this section */
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
		if (to->entries[i].id == (int)id)
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
	if (id != 0)
		keep(r, id, 0, 0);
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

/* The one "/Prev" that there is in a trailer, and its number; or 0. */
static size_t
find_prev(struct reader *r, const char *text, size_t len)
{
	const char *at = memmem(text, len, "/Prev", 5);
	size_t prev = 0, digits = 0;

	if (at == NULL)
		return 0;
	at += 5;
	if (memmem(at, len - (size_t)(at - text), "/Prev", 5) != NULL ||
	    memmem(text, len, "/XRefStm", 8) != NULL ||
	    memchr(text, '%', len) != NULL) {
		wrong(r, "a section has no plain trailer");
		return 0;
	}
	while (at < text + len && is_blank((uint8_t)*at))
		at++;
	for (; at < text + len && is_digit((uint8_t)*at) && digits < 11;
	     at++, digits++)
		prev = prev * 10 + (size_t)(*at - '0');
	return prev;
}

/* The trailer behind a table: where the section before it is. */
static size_t
read_trailer(struct reader *r, size_t at)
{
	const uint8_t *s = r->now->file.at + at, *end;
	size_t prev, n;
	char *text;

	end = memmem(s, r->len - at, "startxref", 9);
	if (r->len - at < 7 || memcmp(s, "trailer", 7) != 0 || end == NULL ||
	    (size_t)(end - s) > TRAILER_MAX ||
	    (text = malloc((size_t)(end - s))) == NULL) {
		wrong(r, "a section has no plain trailer");
		return 0;
	}
	n = unescape(s + 7, (size_t)(end - s) - 7, text);
	prev = find_prev(r, text, n);
	free(text);
	return prev;
}

static size_t
read_table(struct reader *r, size_t at)
{
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
	return r->to->wrong == NULL ? read_trailer(r, at) : 0;
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
