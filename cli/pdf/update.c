/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdf/update.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PUT_MAX        1024  /* octets of one formatted piece */
#define GENERATION_MAX 65535 /* ISO 32000-1 7.5.4 */
#define TRAILER_MAX    ((size_t)64 * 1024)
#define WINDOW         4096 /* numbers among which new ones are chosen */

enum firma_err
pdf_update_put(struct pdf_update *u, const char *fmt, ...)
{
	char text[PUT_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || n >= PUT_MAX)
		return FIRMA_ERR_LIMIT;
	return firma_buf_put(&u->out, firma_bytes_of(text, (size_t)n));
}

static int
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' ||
	    c == '\0';
}

/* Back over blanks, then digits: where these begin; 0: not both are there. */
static size_t
back_over_number(struct firma_bytes v, size_t at)
{
	size_t end = at;

	while (at > 0 && is_blank(v.at[at - 1]))
		at--;
	if (at == end)
		return 0;
	for (end = at; at > 0 && v.at[at - 1] >= '0' && v.at[at - 1] <= '9';
	     at--)
		;
	return at == end ? 0 : at;
}

/* The number N of each "N G R", less from, if it is below n: marked. */
static void
mark_references(struct firma_bytes v, long from, uint8_t *marks, long n)
{
	for (size_t i = 0; i < v.len; i++) {
		size_t at;
		long id = 0;

		if (v.at[i] != 'R' || (at = back_over_number(v, i)) == 0 ||
		    (at = back_over_number(v, at)) == 0)
			continue;
		for (; v.at[at] >= '0' && v.at[at] <= '9' && id <= PDF_ID_MAX;
		     at++)
			id = id * 10 + (v.at[at] - '0');
		if (id >= from && id - from < n)
			marks[id - from] = 1;
	}
}

/*
 * A document may refer to objects that it does not have: one with such a number
 * would become part of what an earlier signature covers.
 */
static enum firma_err
choose_first(struct pdf *p, int *ret)
{
	uint8_t marks[WINDOW] = { 0 };
	int n_free = 0;

	mark_references(p->file, p->size, marks, WINDOW);
	for (int i = 0; i < WINDOW; i++) {
		n_free = marks[i] ? 0 : n_free + 1;
		if (n_free == PDF_UPDATE_OBJECTS + 1) {
			*ret = p->size + i + 1 - n_free;
			return FIRMA_OK;
		}
	}
	return FIRMA_ERR_LIMIT;
}

enum firma_err
pdf_update_init(struct pdf_update *u, struct pdf *p)
{
	const uint8_t last = p->file.at[p->file.len - 1];
	enum firma_err r;

	*u = (struct pdf_update){ .p = p };
	if ((r = choose_first(p, &u->next)) != FIRMA_OK)
		return r;
	/* An object begins on a line of its own. */
	if (last != '\n' && last != '\r')
		return firma_buf_put_u8(&u->out, '\n');
	return FIRMA_OK;
}

void
pdf_update_done(struct pdf_update *u)
{
	firma_buf_done(&u->out);
}

int
pdf_update_new(struct pdf_update *u)
{
	return u->next++;
}

static size_t
here(const struct pdf_update *u)
{
	return u->p->file.len + u->out.len;
}

enum firma_err
pdf_update_begin(struct pdf_update *u, int id, int generation)
{
	if (u->n == PDF_UPDATE_OBJECTS)
		return FIRMA_ERR_LIMIT;
	u->objects[u->n].id = id;
	u->objects[u->n].generation = generation;
	u->objects[u->n].at = here(u);
	u->n++;
	return pdf_update_put(u, "%d %d obj\n", id, generation);
}

enum firma_err
pdf_update_end(struct pdf_update *u)
{
	return firma_buf_put_str(&u->out, "\nendobj\n");
}

enum firma_err
pdf_update_object(struct pdf_update *u, qpdf_oh object, struct pdf_refusal *why)
{
	const int id = qpdf_oh_get_object_id(u->p->q, object);
	const int generation = qpdf_oh_get_generation(u->p->q, object);
	enum firma_err r;

	if (id < 1 || generation < 0 || generation >= GENERATION_MAX)
		return pdf_refuse(why, PDF_DAMAGED,
		    "an object with the number %d %d", id, generation);
	/* One object in two roles, each of which was changed. */
	for (size_t i = 0; i < u->n; i++)
		if (u->objects[i].id == id)
			return pdf_refuse(why, PDF_DAMAGED,
			    "object %d is several things at once", id);
	if ((r = pdf_update_begin(u, id, generation)) != FIRMA_OK ||
	    (r = firma_buf_put_str(&u->out,
		 qpdf_oh_unparse_resolved(u->p->q, object))) != FIRMA_OK)
		return r;
	return pdf_update_end(u);
}

static int
by_id(const void *a, const void *b)
{
	const int *x = a, *y = b; /* the first member */

	return (*x > *y) - (*x < *y);
}

/* How many from i on have numbers that follow one another. */
static size_t
run_of(const struct pdf_update *u, size_t i)
{
	size_t n = 1;

	while (
	    i + n < u->n && u->objects[i + n].id == u->objects[i].id + (int)n)
		n++;
	return n;
}

/* What is the section's own, and not the document's. */
static int
is_sections(const char *key)
{
	static const char *const keys[] = { "/Size", "/Prev", "/XRefStm",
		"/Type", "/W", "/Index", "/Length", "/Filter", "/DecodeParms",
		"/F", "/FFilter", "/FDecodeParms", "/DL" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(key, keys[i]) == 0)
			return 1;
	return 0;
}

/* The first half says which document it is, the second which version. */
static enum firma_err
put_id(struct pdf_update *u, qpdf_oh both, const uint8_t id[PDF_ID_OCTETS])
{
	qpdf_data q = u->p->q;
	char hex[2 * PDF_ID_OCTETS + 1];
	enum firma_err r;

	if (!pdf_is_array(u->p, both) ||
	    qpdf_oh_get_array_n_items(q, both) != 2)
		return firma_buf_put_str(&u->out, qpdf_oh_unparse(q, both));
	firma_hex(firma_bytes_of(id, PDF_ID_OCTETS), hex);
	if ((r = firma_buf_put_u8(&u->out, '[')) != FIRMA_OK ||
	    (r = firma_buf_put_str(&u->out,
		 qpdf_oh_unparse_binary(
		     q, qpdf_oh_get_array_item(q, both, 0)))) != FIRMA_OK)
		return r;
	return pdf_update_put(u, " <%s>]", hex);
}

static enum firma_err
put_trailer(struct pdf_update *u, const uint8_t id[PDF_ID_OCTETS],
    struct pdf_refusal *why)
{
	struct pdf *p = u->p;
	const qpdf_oh dict = p->trailer;
	const size_t before = u->out.len;
	enum firma_err r;

	qpdf_oh_begin_dict_key_iter(p->q, dict);
	while (qpdf_oh_dict_more_keys(p->q)) {
		const char *key = qpdf_oh_dict_next_key(p->q);
		const qpdf_oh v = pdf_get(p, dict, key);
		const int is_id = strcmp(key, "/ID") == 0;

		if (is_sections(key))
			continue;
		/* Its name once more, with what has to be escaped in it. */
		if ((r = firma_buf_put_u8(&u->out, '\n')) != FIRMA_OK ||
		    (r = firma_buf_put_str(&u->out,
			 qpdf_oh_unparse(p->q, qpdf_oh_new_name(p->q, key)))) !=
			FIRMA_OK ||
		    (r = firma_buf_put_u8(&u->out, ' ')) != FIRMA_OK)
			return r;
		r = is_id
		    ? put_id(u, v, id)
		    : firma_buf_put_str(&u->out, qpdf_oh_unparse(p->q, v));
		if (r != FIRMA_OK)
			return r;
		if (u->out.len - before > TRAILER_MAX)
			return pdf_refuse(why, PDF_LIMIT,
			    "a trailer of more than %zu octets", TRAILER_MAX);
	}
	return pdf_update_put(
	    u, "\n/Size %d\n/Prev %zu", u->next, p->startxref);
}

static enum firma_err
put_table(struct pdf_update *u, const uint8_t id[PDF_ID_OCTETS],
    struct pdf_refusal *why)
{
	enum firma_err r;

	if ((r = firma_buf_put_str(&u->out, "xref\n")) != FIRMA_OK)
		return r;
	for (size_t i = 0; i < u->n; i++) {
		if ((i == 0 || u->objects[i].id != u->objects[i - 1].id + 1) &&
		    (r = pdf_update_put(u, "%d %zu\n", u->objects[i].id,
			 run_of(u, i))) != FIRMA_OK)
			return r;
		/* Twenty octets each, by the standard. */
		if ((r = pdf_update_put(u, "%010zu %05d n\r\n",
			 u->objects[i].at, u->objects[i].generation)) !=
		    FIRMA_OK)
			return r;
	}
	if ((r = firma_buf_put_str(&u->out, "trailer\n<<")) != FIRMA_OK ||
	    (r = put_trailer(u, id, why)) != FIRMA_OK)
		return r;
	return firma_buf_put_str(&u->out, " >>\n");
}

/* 1, the place in four octets, the generation in two: /W [1 4 2]. */
static enum firma_err
put_entry(struct pdf_update *u, size_t i)
{
	const size_t at = u->objects[i].at;
	const int g = u->objects[i].generation;
	const uint8_t v[7] = { 1, (uint8_t)(at >> 24), (uint8_t)(at >> 16),
		(uint8_t)(at >> 8), (uint8_t)at, (uint8_t)(g >> 8),
		(uint8_t)g };

	return firma_buf_put(&u->out, firma_bytes_of(v, sizeof(v)));
}

static enum firma_err
put_stream(struct pdf_update *u, const uint8_t id[PDF_ID_OCTETS],
    struct pdf_refusal *why)
{
	enum firma_err r;

	if ((r = firma_buf_put_str(&u->out, "<< /Type /XRef /W [1 4 2]")) !=
		FIRMA_OK ||
	    (r = firma_buf_put_str(&u->out, "\n/Index [")) != FIRMA_OK)
		return r;
	for (size_t i = 0; i < u->n; i += run_of(u, i))
		if ((r = pdf_update_put(u, "%s%d %zu", i == 0 ? "" : " ",
			 u->objects[i].id, run_of(u, i))) != FIRMA_OK)
			return r;
	if ((r = firma_buf_put_u8(&u->out, ']')) != FIRMA_OK ||
	    (r = put_trailer(u, id, why)) != FIRMA_OK ||
	    (r = pdf_update_put(u, "\n/Length %zu >>\nstream\n", u->n * 7)) !=
		FIRMA_OK)
		return r;
	for (size_t i = 0; i < u->n; i++)
		if ((r = put_entry(u, i)) != FIRMA_OK)
			return r;
	if ((r = firma_buf_put_str(&u->out, "\nendstream")) != FIRMA_OK)
		return r;
	return pdf_update_end(u);
}

enum firma_err
pdf_update_finish(struct pdf_update *u, const uint8_t id[PDF_ID_OCTETS],
    struct pdf_refusal *why)
{
	size_t at = here(u);
	enum firma_err r;

	if (u->p->is_stream &&
	    (r = pdf_update_begin(u, pdf_update_new(u), 0)) != FIRMA_OK)
		return r;
	qsort(u->objects, u->n, sizeof(u->objects[0]), by_id);
	r = u->p->is_stream ? put_stream(u, id, why) : put_table(u, id, why);
	if (r != FIRMA_OK)
		return r;
	return pdf_update_put(u, "startxref\n%zu\n%%%%EOF\n", at);
}
