/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdf/changes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/own.h"
#include "cli/pdf/form.h"
#include "cli/pdf/page.h"

#define NESTED_MAX 600 /* direct objects in one another: qpdf takes 500 */

/* What an object is, and so what of it a later signature may change. */
enum role { PLAIN, CATALOG, FORM, FIELDS, PAGE, ANNOTS, FIELD };

/* Two states of one document, walked side by side. */
struct walk {
	struct pdf *a, *b;     /* what was signed, and what there is now */
	uint8_t *seen, *roles; /* by the number of an object of a */
	int *queue;            /* numbers; generations beside them */
	int *generations;
	size_t head, tail;
	char what[PDF_CHANGE_MAX]; /* "": no change so far */
};

static void
walk_done(struct walk *w)
{
	free(w->seen);
	free(w->roles);
	free(w->queue);
	free(w->generations);
}

static void changed(struct walk *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
changed(struct walk *w, const char *fmt, ...)
{
	va_list ap;

	if (w->what[0] != '\0')
		return;
	va_start(ap, fmt);
	(void)vsnprintf(w->what, sizeof(w->what), fmt, ap);
	va_end(ap);
	for (char *s = w->what; *s != '\0'; s++)
		if (*s < 0x20 || *s > 0x7e)
			*s = '?';
}

static void
give_role(struct walk *w, qpdf_oh o, enum role role)
{
	const int id = qpdf_oh_get_object_id(w->a->q, o);

	if (qpdf_oh_is_indirect(w->a->q, o) && id > 0 && id < w->a->size &&
	    w->roles[id] == PLAIN)
		w->roles[id] = (uint8_t)role;
}

static void
enqueue(struct walk *w, qpdf_oh o)
{
	const int id = qpdf_oh_get_object_id(w->a->q, o);

	/* A number that is too large is an object that is not there. */
	if (id <= 0 || id >= w->a->size || w->seen[id])
		return;
	w->seen[id] = 1;
	w->queue[w->tail] = id;
	w->generations[w->tail++] = qpdf_oh_get_generation(w->a->q, o);
}

/* Everything that o refers to is looked at later. */
static void
follow(struct walk *w, qpdf_oh o, int depth)
{
	qpdf_data q = w->a->q;
	qpdf_oh item;

	if (qpdf_oh_is_indirect(q, o) && depth > 0) {
		enqueue(w, o);
		return;
	}
	if (depth > NESTED_MAX) {
		changed(w, "objects are nested too deeply");
	} else if (qpdf_oh_is_array(q, o)) {
		const int n = qpdf_oh_get_array_n_items(q, o);

		for (int i = 0; i < n; i++) {
			item = qpdf_oh_get_array_item(q, o, i);
			follow(w, item, depth + 1);
			qpdf_oh_release(q, item);
		}
	} else if (qpdf_oh_is_dictionary(q, o) || qpdf_oh_is_stream(q, o)) {
		const qpdf_oh d =
		    qpdf_oh_is_stream(q, o) ? qpdf_oh_get_dict(q, o) : o;
		FIRMA_OWN(firma_buf_done) struct firma_buf keys = { 0 };

		/* One iterator a document: the keys are kept first. */
		qpdf_oh_begin_dict_key_iter(q, d);
		while (qpdf_oh_dict_more_keys(q)) {
			const char *key = qpdf_oh_dict_next_key(q);

			if (firma_buf_put(
				&keys, firma_bytes_of(key, strlen(key) + 1)) !=
			    FIRMA_OK)
				changed(w, "a dictionary is too large");
		}
		for (size_t at = 0; at < keys.len;
		     at += strlen((const char *)keys.at + at) + 1) {
			item =
			    qpdf_oh_get_key(q, d, (const char *)keys.at + at);
			follow(w, item, depth + 1);
			qpdf_oh_release(q, item);
		}
	}
}

/* Two values as they are written: a reference is its number. */
static int
is_same(struct walk *w, qpdf_oh x, qpdf_oh y)
{
	const char *one = qpdf_oh_unparse(w->a->q, x);

	return strcmp(one, qpdf_oh_unparse(w->b->q, y)) == 0;
}

static int
is_same_resolved(struct walk *w, qpdf_oh x, qpdf_oh y)
{
	const char *one = qpdf_oh_unparse_resolved(w->a->q, x);

	return strcmp(one, qpdf_oh_unparse_resolved(w->b->q, y)) == 0;
}

static int
is_same_stream(struct walk *w, qpdf_oh x, qpdf_oh y)
{
	unsigned char *one = NULL, *two = NULL;
	size_t n = 0, m = 0;
	int same;

	if (!qpdf_oh_is_stream(w->b->q, y) ||
	    !is_same_resolved(
		w, qpdf_oh_get_dict(w->a->q, x), qpdf_oh_get_dict(w->b->q, y)))
		return 0;
	same = qpdf_oh_get_stream_data(
		   w->a->q, x, qpdf_dl_none, NULL, &one, &n) < QPDF_ERRORS &&
	    qpdf_oh_get_stream_data(w->b->q, y, qpdf_dl_none, NULL, &two, &m) <
		QPDF_ERRORS &&
	    n == m && (n == 0 || memcmp(one, two, n) == 0);
	free(one);
	free(two);
	return same;
}

static int
is_one_of(const char *key, const char *const *keys)
{
	for (; *keys != NULL; keys++)
		if (strcmp(key, *keys) == 0)
			return 1;
	return 0;
}

/* Keys of x that differ in y, but for the free ones; name says of what. */
static void
compare_half(struct walk *w, struct pdf *p, qpdf_oh x, qpdf_oh y,
    const char *const *free_keys, const char *name)
{
	qpdf_oh_begin_dict_key_iter(p->q, x);
	while (qpdf_oh_dict_more_keys(p->q)) {
		const char *key = qpdf_oh_dict_next_key(p->q);

		if (is_one_of(key, free_keys))
			continue;
		if (p == w->a ? !is_same(w, pdf_get(w->a, x, key),
				    pdf_get(w->b, y, key))
			      : !is_same(w, pdf_get(w->a, y, key),
				    pdf_get(w->b, x, key)))
			changed(w, "%.60s of %.60s", key, name);
	}
}

static void
compare(struct walk *w, qpdf_oh x, qpdf_oh y, const char *const *free_keys,
    const char *name)
{
	if (!pdf_is_dict(w->a, x) || !pdf_is_dict(w->b, y)) {
		changed(w, "%.60s", name);
		return;
	}
	compare_half(w, w->a, x, y, free_keys, name);
	compare_half(w, w->b, y, x, free_keys, name);
}

static int
is_signature_field(struct pdf *p, qpdf_oh o)
{
	const qpdf_oh above = pdf_get(p, o, "/Parent");

	return pdf_is_name(p, pdf_get(p, o, "/FT"), "/Sig") ||
	    (pdf_is_null(p, pdf_get(p, o, "/FT")) &&
		pdf_is_name(p, pdf_get(p, above, "/FT"), "/Sig"));
}

/*
 * A new one that is seen without being signed could cover what was signed; of one
 * that is signed firma asks whose it is.
 */
static int
is_harmless_field(struct pdf *p, qpdf_oh o)
{
	const qpdf_oh above = pdf_get(p, o, "/Parent");

	/* Nor may it do anything when it is looked at. */
	if (!pdf_is_null(p, pdf_get(p, o, "/A")) ||
	    !pdf_is_null(p, pdf_get(p, o, "/AA")))
		return 0;
	return is_signature_field(p, o) &&
	    (pdf_is_null(p, pdf_get(p, o, "/AP")) ||
		pdf_is_dict(p, pdf_get(p, o, "/V")) ||
		pdf_is_dict(p, pdf_get(p, above, "/V")));
}

/* All that was there still is, in its order; what came is signature fields. */
static void
compare_lists(struct walk *w, qpdf_oh x, qpdf_oh y, const char *name)
{
	const int n =
	    pdf_is_array(w->a, x) ? qpdf_oh_get_array_n_items(w->a->q, x) : 0;
	const int m =
	    pdf_is_array(w->b, y) ? qpdf_oh_get_array_n_items(w->b->q, y) : 0;

	if (m < n)
		changed(w, "%s: one is gone", name);
	for (int i = 0; i < m && w->what[0] == '\0'; i++) {
		const qpdf_oh two = qpdf_oh_get_array_item(w->b->q, y, i);

		if (i >= n) {
			if (!is_harmless_field(w->b, two))
				changed(w, "%s: a new one", name);
		} else {
			const qpdf_oh one =
			    qpdf_oh_get_array_item(w->a->q, x, i);

			if (!is_same(w, one, two))
				changed(w, "%s: another one", name);
			qpdf_oh_release(w->a->q, one);
		}
		qpdf_oh_release(w->b->q, two);
	}
}

static void
compare_form(struct walk *w, qpdf_oh x, qpdf_oh y)
{
	static const char *const free_keys[] = { "/Fields", "/SigFlags", NULL };
	/* Some writers give a form what its first field needs. */
	static const char *const first[] = { "/Fields", "/SigFlags", "/DR",
		"/DA", NULL };
	const int is_new = pdf_is_null(w->a, pdf_get(w->a, x, "/DR")) &&
	    pdf_is_null(w->a, pdf_get(w->a, x, "/DA"));

	/* A form that is new has nothing else: XFA would be another document. */
	if (!pdf_is_null(w->a, x))
		compare(w, x, y, is_new ? first : free_keys, "the form");
	else if (pdf_is_dict(w->b, y))
		compare_half(w, w->b, y, x, first, "the form");
	else if (!pdf_is_null(w->b, y))
		changed(w, "the form");
	compare_lists(w, pdf_get(w->a, x, "/Fields"),
	    pdf_get(w->b, y, "/Fields"), "the form's fields");
}

static void
compare_by_role(struct walk *w, enum role role, qpdf_oh x, qpdf_oh y)
{
	static const char *const of_catalog[] = { "/AcroForm", "/Extensions",
		"/DSS", "/Metadata", NULL };
	static const char *const of_page[] = { "/Annots", NULL };
	static const char *const of_field[] = { "/V", "/AP", "/F", "/MK", "/M",
		NULL };
	static const char *const none[] = { NULL };

	switch (role) {
	case CATALOG:
		compare(w, x, y, of_catalog, "the catalog");
		compare_form(w, pdf_get(w->a, x, "/AcroForm"),
		    pdf_get(w->b, y, "/AcroForm"));
		break;
	case PAGE:
		compare(w, x, y, of_page, "a page");
		compare_lists(w, pdf_get(w->a, x, "/Annots"),
		    pdf_get(w->b, y, "/Annots"), "annotations");
		break;
	case FIELD:
		/* Only who signs it may show it, and something in it. */
		compare(w, x, y,
		    pdf_is_dict(w->b, pdf_get(w->b, y, "/V")) ||
			    pdf_is_dict(w->b,
				pdf_get(
				    w->b, pdf_get(w->b, y, "/Parent"), "/V"))
			? of_field
			: none,
		    "a signature field");
		break;
	case FORM:
	case FIELDS:
	case ANNOTS:
	case PLAIN:
		/* By way of what refers to it. */
		break;
	}
}

static void
look(struct walk *w, int id, int generation)
{
	const qpdf_oh x = qpdf_get_object_by_id(w->a->q, id, generation);
	const qpdf_oh y = qpdf_get_object_by_id(w->b->q, id, generation);

	if (w->roles[id] != PLAIN)
		compare_by_role(w, (enum role)w->roles[id], x, y);
	else if (qpdf_oh_is_stream(w->a->q, x) ? !is_same_stream(w, x, y)
					       : !is_same_resolved(w, x, y))
		changed(w, "object %d", id);
	follow(w, x, 0);
	qpdf_oh_release(w->a->q, x);
	qpdf_oh_release(w->b->q, y);
}

static enum firma_err
note_page(struct pdf *p, qpdf_oh page, long long number, void *arg)
{
	struct walk *w = arg;

	(void)number;
	give_role(w, page, PAGE);
	give_role(w, pdf_get(p, page, "/Annots"), ANNOTS);
	return FIRMA_OK;
}

/* A field that waits for its signature, and its one place. */
static void
note_fields(struct walk *w, const struct pdf_form *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const qpdf_oh kids = pdf_get(w->a, f->at[i].field, "/Kids");

		if (!pdf_is_null(w->a, f->at[i].value))
			continue;
		give_role(w, f->at[i].field, FIELD);
		if (pdf_is_array(w->a, kids) &&
		    qpdf_oh_get_array_n_items(w->a->q, kids) == 1)
			give_role(
			    w, qpdf_oh_get_array_item(w->a->q, kids, 0), FIELD);
	}
}

static enum firma_err
begin(struct walk *w, struct pdf_refusal *why)
{
	const size_t n = (size_t)w->a->size;
	struct pdf_form form = { 0 };
	enum firma_err r;

	w->seen = calloc(n, 1);
	w->roles = calloc(n, 1);
	w->queue = calloc(n, sizeof(*w->queue));
	w->generations = calloc(n, sizeof(*w->generations));
	if (w->seen == NULL || w->roles == NULL || w->queue == NULL ||
	    w->generations == NULL)
		return FIRMA_ERR_NOMEM;
	if ((r = pdf_form_read(w->a, &form, why)) != FIRMA_OK)
		return r;
	give_role(w, w->a->root, CATALOG);
	give_role(w, form.form, FORM);
	give_role(w, form.fields, FIELDS);
	note_fields(w, &form);
	if ((r = pdf_page_each(w->a, note_page, w, why)) != FIRMA_OK)
		return r;
	if (!is_same(w, pdf_get(w->a, w->a->trailer, "/Root"),
		pdf_get(w->b, w->b->trailer, "/Root")))
		changed(w, "the catalog");
	enqueue(w, w->a->root);
	return FIRMA_OK;
}

static int
is_blank(const struct pdf *p, size_t from)
{
	for (; from < p->file.len; from++)
		if (strchr(" \t\r\n", p->file.at[from]) == NULL ||
		    p->file.at[from] == '\0')
			return 0;
	return 1;
}

static enum firma_err
compare_states(struct walk *w, struct pdf_refusal *why)
{
	enum firma_err r;

	if ((r = begin(w, why)) != FIRMA_OK)
		return r;
	while (w->head < w->tail && w->what[0] == '\0') {
		const size_t i = w->head++;

		look(w, w->queue[i], w->generations[i]);
	}
	if ((r = pdf_check(w->a, why)) != FIRMA_OK)
		return r;
	return pdf_check(w->b, why);
}

enum firma_err
pdf_changes_after(struct pdf *p, size_t len, enum pdf_later *ret,
    char ret_what[PDF_CHANGE_MAX])
{
	FIRMA_OWN(pdf_done) struct pdf before = { 0 };
	FIRMA_OWN(walk_done) struct walk w = { .a = &before, .b = p };
	struct pdf_refusal why = { 0 };
	enum firma_err r;

	ret_what[0] = '\0';
	*ret = PDF_LATER_NOTHING;
	if (len == p->file.len)
		return FIRMA_OK;
	*ret = PDF_LATER_SPACES;
	if (is_blank(p, len))
		return FIRMA_OK;
	*ret = PDF_LATER_SIGNATURES;
	if (p->startxref < len)
		changed(&w, "octets that are no part of the document");
	r = pdf_open(firma_bytes_of(p->file.at, len), &before, &why);
	if (r == FIRMA_OK)
		r = compare_states(&w, &why);
	if (r != FIRMA_OK && r != FIRMA_ERR_SHAPE)
		return r;
	if (r == FIRMA_ERR_SHAPE)
		changed(&w, "what was signed cannot be compared: %.100s",
		    why.detail);
	if (w.what[0] != '\0')
		*ret = PDF_LATER_OTHER;
	memcpy(ret_what, w.what, sizeof(w.what));
	return FIRMA_OK;
}
