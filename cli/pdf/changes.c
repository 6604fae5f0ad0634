/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdf/changes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/own.h"
#include "cli/pdf/appended.h"
#include "cli/pdf/form.h"
#include "cli/pdf/page.h"

#define NESTED_MAX 600 /* direct objects in one another: qpdf takes 500 */

/* What an object is, and so what of it a later signature may change. */
enum role { PLAIN, CATALOG, FORM, FIELDS, PAGE, ANNOTS, FIELD };

/* Two states of one document, walked side by side. */
struct walk {
	struct pdf *a, *b; /* what was signed, and what there is now */
	struct pdf_form form_a, form_b;
	int is_new_form;       /* of a: it has no field at all */
	int n;                 /* numbers of either are below it */
	uint8_t *seen, *roles; /* by number, as all these */
	int *generations;      /* under which a refers to it */
	int *queue;            /* numbers */
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

	if (!qpdf_oh_is_indirect(w->a->q, o) || id <= 0 || id >= w->n)
		return;
	if (w->roles[id] != PLAIN && w->roles[id] != role)
		changed(w, "object %d is several things at once", id);
	w->roles[id] = (uint8_t)role;
}

static void
enqueue(struct walk *w, struct pdf *p, qpdf_oh o)
{
	const int id = qpdf_oh_get_object_id(p->q, o);
	const int generation = qpdf_oh_get_generation(p->q, o);

	/* Neither state has a number that is larger. */
	if (id <= 0 || id >= w->n)
		return;
	if (w->seen[id]) {
		if (w->generations[id] != generation)
			changed(w, "object %d is several things at once", id);
		return;
	}
	w->seen[id] = 1;
	w->generations[id] = generation;
	w->queue[w->tail++] = id;
}

/* From where something is referred to. */
struct place {
	enum role role;  /* of the object, or the part of it */
	const char *key; /* of that; of an array's items: the array's */
	int is_objr;     /* the structure tree's way to an annotation */
	int is_sigref;   /* a signature's, to what it says something of */
};

/* What a direct object is, by where it is. */
static enum role
role_at(const struct place *at)
{
	if (at->role == CATALOG && strcmp(at->key, "/AcroForm") == 0)
		return FORM;
	if (at->role == FORM && strcmp(at->key, "/Fields") == 0)
		return FIELDS;
	if (at->role == PAGE && strcmp(at->key, "/Annots") == 0)
		return ANNOTS;
	return PLAIN;
}

/*
 * Of an object with a role some parts may change, since they mean nothing but
 * what the role says: so nothing else may refer to it.
 */
static int
may_refer(enum role role, const struct place *at)
{
	switch (role) {
	case CATALOG:
		return at->is_sigref && strcmp(at->key, "/Data") == 0;
	case FORM:
	case FIELDS:
	case ANNOTS:
		return role_at(at) == role;
	case FIELD:
		return at->role == FIELDS || at->role == ANNOTS ||
		    strcmp(at->key, "/Kids") == 0 ||
		    strcmp(at->key, "/Parent") == 0 ||
		    (at->is_objr && strcmp(at->key, "/Obj") == 0);
	case PLAIN:
	case PAGE:
		break;
	}
	return 1;
}

static int
is_one_of(const char *key, const char *const *keys)
{
	for (; *keys != NULL; keys++)
		if (strcmp(key, *keys) == 0)
			return 1;
	return 0;
}

static const char *const of_catalog[] = { "/AcroForm", "/Extensions", "/DSS",
	"/Metadata", NULL };
static const char *const of_page[] = { "/Annots", NULL };
static const char *const of_field[] = { "/V", "/AP", "/F", "/MK", "/M", NULL };
static const char *const of_form[] = { "/Fields", "/SigFlags", NULL };
/* Some writers give a form what its first field needs. */
static const char *const of_new_form[] = { "/Fields", "/SigFlags", "/DR", "/DA",
	NULL };

/* May it differ, by what it is part of?  (It is compared in other ways.) */
static int
is_free(const struct walk *w, enum role role, const char *key)
{
	switch (role) {
	case CATALOG:
		/* A form that was there is followed. */
		return is_one_of(key, of_catalog) &&
		    (strcmp(key, "/AcroForm") != 0 ||
			pdf_is_null(w->a, w->form_a.form));
	case PAGE:
		return is_one_of(key, of_page);
	case FIELD:
		return is_one_of(key, of_field);
	case FORM:
		return is_one_of(key, w->is_new_form ? of_new_form : of_form);
	case PLAIN:
	case FIELDS:
	case ANNOTS:
		break;
	}
	return 0;
}

static void follow(struct walk *w, struct pdf *p, qpdf_oh o,
    const struct place *from, int depth);

static void
follow_keys(struct walk *w, struct pdf *p, qpdf_oh d, enum role role, int depth)
{
	qpdf_data q = p->q;
	FIRMA_OWN(firma_buf_done) struct firma_buf keys = { 0 };
	const int is_objr = pdf_is_name(p, pdf_get(p, d, "/Type"), "/OBJR");
	const int is_sigref =
	    !pdf_is_null(p, pdf_get(p, d, "/TransformMethod"));

	/* One iterator a document: the keys are kept first. */
	qpdf_oh_begin_dict_key_iter(q, d);
	while (qpdf_oh_dict_more_keys(q)) {
		const char *key = qpdf_oh_dict_next_key(q);

		if (firma_buf_put(&keys,
			firma_bytes_of(key, strlen(key) + 1)) != FIRMA_OK)
			changed(w, "a dictionary is too large");
	}
	for (size_t at = 0; at < keys.len;
	     at += strlen((const char *)keys.at + at) + 1) {
		const struct place here = { role, (const char *)keys.at + at,
			is_objr, is_sigref };
		qpdf_oh item;

		if (p == w->b && is_free(w, role, here.key))
			continue;
		item = qpdf_oh_get_key(q, d, here.key);
		follow(w, p, item, &here, depth + 1);
		qpdf_oh_release(q, item);
	}
}

/*
 * Everything that o refers to is looked at later.  A reference to what is not
 * there is no part of a dictionary for qpdf: so the later state is followed as
 * well, where it is there, but for what may differ.
 */
static void
follow(struct walk *w, struct pdf *p, qpdf_oh o, const struct place *from,
    int depth)
{
	qpdf_data q = p->q;
	const int id = qpdf_oh_get_object_id(q, o);
	enum role role;

	if (qpdf_oh_is_indirect(q, o) && depth > 0) {
		if (id > 0 && id < w->n &&
		    !may_refer((enum role)w->roles[id], from))
			changed(w, "object %d is several things at once", id);
		enqueue(w, p, o);
		return;
	}
	role = depth == 0 ? from->role : role_at(from);
	if (p == w->b && (role == FIELDS || role == ANNOTS))
		return;
	if (depth > NESTED_MAX) {
		changed(w, "objects are nested too deeply");
	} else if (qpdf_oh_is_array(q, o)) {
		const struct place here = { role, from->key, 0, 0 };
		const int n = qpdf_oh_get_array_n_items(q, o);

		for (int i = 0; i < n; i++) {
			const qpdf_oh item = qpdf_oh_get_array_item(q, o, i);

			follow(w, p, item, &here, depth + 1);
			qpdf_oh_release(q, item);
		}
	} else if (qpdf_oh_is_stream(q, o)) {
		follow_keys(w, p, qpdf_oh_get_dict(q, o), role, depth);
	} else if (qpdf_oh_is_dictionary(q, o)) {
		follow_keys(w, p, o, role, depth);
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

/* Keys of x that differ in y, but for the free ones; name says of what. */
static void
compare_half(struct walk *w, struct pdf *p, qpdf_oh x, qpdf_oh y,
    const char *const *free_keys, const char *name)
{
	qpdf_oh_begin_dict_key_iter(p->q, x);
	while (qpdf_oh_dict_more_keys(p->q)) {
		const char *key = qpdf_oh_dict_next_key(p->q);
		qpdf_oh one, two;

		if (is_one_of(key, free_keys))
			continue;
		one = pdf_get(w->a, p == w->a ? x : y, key);
		two = pdf_get(w->b, p == w->a ? y : x, key);
		if (pdf_is_null(w->a, one) != pdf_is_null(w->b, two) ||
		    !is_same(w, one, two))
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

/* Has o a number that was something else before? */
static int
is_old(struct walk *w, qpdf_oh o)
{
	const int id = qpdf_oh_get_object_id(w->b->q, o);

	return id > 0 && id < w->n &&
	    (w->seen[id] || w->roles[id] != PLAIN ||
		!pdf_is_null(w->a,
		    qpdf_get_object_by_id(
			w->a->q, id, qpdf_oh_get_generation(w->b->q, o))));
}

static int
is_same_object(struct pdf *p, qpdf_oh x, qpdf_oh y)
{
	return qpdf_oh_is_indirect(p->q, x) && qpdf_oh_is_indirect(p->q, y) &&
	    qpdf_oh_get_object_id(p->q, x) == qpdf_oh_get_object_id(p->q, y) &&
	    qpdf_oh_get_generation(p->q, x) == qpdf_oh_get_generation(p->q, y);
}

static int
is_among(struct pdf *p, qpdf_oh o, qpdf_oh all)
{
	const int n =
	    pdf_is_array(p, all) ? qpdf_oh_get_array_n_items(p->q, all) : 0;

	for (int i = 0; i < n; i++)
		if (is_same_object(p, o, qpdf_oh_get_array_item(p->q, all, i)))
			return 1;
	return 0;
}

/* The signature field of the form that o is, or a place of; or NULL. */
static const struct pdf_field *
find_field(struct pdf *p, const struct pdf_form *f, qpdf_oh o)
{
	const qpdf_oh above = pdf_get(p, o, "/Parent");

	for (size_t i = 0; i < f->n; i++)
		if (is_same_object(p, o, f->at[i].field))
			return &f->at[i];
	for (size_t i = 0; i < f->n; i++)
		if (is_same_object(p, above, f->at[i].field) &&
		    pdf_is_null(p, pdf_get(p, o, "/T")) &&
		    is_among(p, o, pdf_get(p, above, "/Kids")))
			return &f->at[i];
	return NULL;
}

static const struct pdf_field *
find_name(const struct pdf_form *f, const char *name, size_t *ret_n)
{
	const struct pdf_field *last = NULL;

	*ret_n = 0;
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->at[i].name, name) == 0) {
			last = &f->at[i];
			++*ret_n;
		}
	return last;
}

static int
has_only(struct pdf *p, qpdf_oh d, const char *const *keys)
{
	qpdf_oh_begin_dict_key_iter(p->q, d);
	while (qpdf_oh_dict_more_keys(p->q))
		if (!is_one_of(qpdf_oh_dict_next_key(p->q), keys))
			return 0;
	return 1;
}

static int
is_null_or_dict(struct pdf *p, qpdf_oh o)
{
	return pdf_is_null(p, o) || pdf_is_dict(p, o);
}

/* What may change in a field is what it seems to be, and nothing else. */
static int
is_typed(struct pdf *p, qpdf_oh o)
{
	const qpdf_oh flags = pdf_get(p, o, "/F"), at = pdf_get(p, o, "/M");

	return pdf_is_dict(p, o) && is_null_or_dict(p, pdf_get(p, o, "/V")) &&
	    is_null_or_dict(p, pdf_get(p, o, "/AP")) &&
	    is_null_or_dict(p, pdf_get(p, o, "/MK")) &&
	    (pdf_is_null(p, flags) || qpdf_oh_is_integer(p->q, flags)) &&
	    (pdf_is_null(p, at) || qpdf_oh_is_string(p->q, at));
}

/*
 * A new one that is seen without being signed could cover what was signed; of
 * one that is signed firma asks whose it is.  Nor may it do anything when it is
 * looked at.
 */
static int
has_harmless_keys(struct pdf *p, qpdf_oh o, int is_signed)
{
	static const char *const of_signed[] = { "/Type", "/Subtype", "/FT",
		"/T", "/TU", "/TM", "/V", "/P", "/F", "/Ff", "/Rect", "/Parent",
		"/Kids", "/Lock", "/SV", "/NM", "/DA", "/Q", "/StructParent",
		"/AP", "/MK", "/M", "/BS", "/Border", NULL };
	static const char *const of_empty[] = { "/Type", "/Subtype", "/FT",
		"/T", "/TU", "/TM", "/P", "/F", "/Ff", "/Rect", "/Parent",
		"/Kids", "/Lock", "/SV", "/NM", "/DA", "/Q", "/StructParent",
		NULL };
	const qpdf_oh type = pdf_get(p, o, "/Type");
	const qpdf_oh subtype = pdf_get(p, o, "/Subtype");
	const qpdf_oh field = pdf_get(p, o, "/FT");

	return is_typed(p, o) &&
	    has_only(p, o, is_signed ? of_signed : of_empty) &&
	    (pdf_is_null(p, type) || pdf_is_name(p, type, "/Annot")) &&
	    (pdf_is_null(p, subtype) || pdf_is_name(p, subtype, "/Widget")) &&
	    (pdf_is_null(p, field) || pdf_is_name(p, field, "/Sig"));
}

/* Its places are new as well: another's would be seen as its own. */
static int
has_new_kids(struct walk *w, qpdf_oh field)
{
	const qpdf_oh kids = pdf_get(w->b, field, "/Kids");
	const int n = pdf_is_array(w->b, kids)
	    ? qpdf_oh_get_array_n_items(w->b->q, kids)
	    : 0;

	if (!pdf_is_null(w->b, kids) && !pdf_is_array(w->b, kids))
		return 0;
	for (int i = 0; i < n; i++)
		if (is_old(w, qpdf_oh_get_array_item(w->b->q, kids, i)))
			return 0;
	return 1;
}

/* Of the form, new, or signed only now. */
static int
is_harmless_field(struct walk *w, qpdf_oh o)
{
	const struct pdf_field *f = find_field(w->b, &w->form_b, o);
	const int id = qpdf_oh_get_object_id(w->b->q, o);
	const struct pdf_field *was;
	qpdf_oh value;
	size_t n;
	int is_signed;

	if (f == NULL)
		return 0;
	value = pdf_get(w->b, f->field, "/V");
	is_signed = pdf_is_dict(w->b, value);
	/* One that takes over another's value is not its own. */
	if (!is_signed && !pdf_is_null(w->b, f->value))
		return 0;
	if (is_signed && is_old(w, value))
		return 0;
	(void)find_name(&w->form_b, f->name, &n);
	if (n != 1)
		return 0;
	was = find_name(&w->form_a, f->name, &n);
	if (was != NULL && (n != 1 || !pdf_is_null(w->a, was->value)))
		return 0;
	if (is_old(w, o))
		return is_signed && id < w->n && w->roles[id] == FIELD;
	if (was != NULL || is_old(w, f->field) || !has_new_kids(w, f->field))
		return 0;
	return has_harmless_keys(w->b, o, is_signed) &&
	    has_harmless_keys(w->b, f->field, is_signed);
}

static int
are_dictionaries(struct pdf *p, qpdf_oh all)
{
	const int n =
	    pdf_is_array(p, all) ? qpdf_oh_get_array_n_items(p->q, all) : 0;

	for (int i = 0; i < n; i++) {
		const qpdf_oh one = qpdf_oh_get_array_item(p->q, all, i);
		const int is_good = is_null_or_dict(p, one);

		qpdf_oh_release(p->q, one);
		if (!is_good)
			return 0;
	}
	return pdf_is_array(p, all) || pdf_is_null(p, all);
}

/* All that was there still is, in its order; what came is signature fields. */
static void
compare_lists(struct walk *w, qpdf_oh x, qpdf_oh y, const char *name)
{
	const int n =
	    pdf_is_array(w->a, x) ? qpdf_oh_get_array_n_items(w->a->q, x) : 0;
	const int m =
	    pdf_is_array(w->b, y) ? qpdf_oh_get_array_n_items(w->b->q, y) : 0;

	if (!are_dictionaries(w->a, x) || !are_dictionaries(w->b, y))
		changed(w, "%s: no list of dictionaries", name);
	if (m < n)
		changed(w, "%s: one is gone", name);
	for (int i = 0; i < m && w->what[0] == '\0'; i++) {
		const qpdf_oh two = qpdf_oh_get_array_item(w->b->q, y, i);

		if (i >= n) {
			if (!is_harmless_field(w, two))
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
	/* A form that is new has nothing else: XFA would be another document. */
	if (!pdf_is_null(w->a, x))
		compare(w, x, y, w->is_new_form ? of_new_form : of_form,
		    "the form");
	else if (pdf_is_dict(w->b, y))
		compare_half(w, w->b, y, x, of_new_form, "the form");
	else if (!pdf_is_null(w->b, y))
		changed(w, "the form");
	compare_lists(w, pdf_get(w->a, x, "/Fields"),
	    pdf_get(w->b, y, "/Fields"), "the form's fields");
}

/*
 * Only who signs a field may show it, and something in it: the form says that
 * it is signed, and so the signature is looked at.
 */
static int
is_signed_now(struct walk *w, qpdf_oh o)
{
	const struct pdf_field *f = find_field(w->b, &w->form_b, o);
	qpdf_oh value;

	if (f == NULL)
		return 0;
	value = pdf_get(w->b, f->field, "/V");
	return pdf_is_dict(w->b, value) && !is_old(w, value) &&
	    (is_same_object(w->b, o, f->field) ||
		pdf_is_null(w->b, pdf_get(w->b, o, "/V")));
}

static void
compare_by_role(struct walk *w, enum role role, qpdf_oh x, qpdf_oh y)
{
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
		if (!is_typed(w->a, x) || !is_typed(w->b, y))
			changed(w, "a signature field");
		compare(w, x, y, is_signed_now(w, y) ? of_field : none,
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
look(struct walk *w, int id)
{
	const int generation = w->generations[id];
	const struct place from = { (enum role)w->roles[id], "", 0, 0 };
	const qpdf_oh x = qpdf_get_object_by_id(w->a->q, id, generation);
	const qpdf_oh y = qpdf_get_object_by_id(w->b->q, id, generation);

	if (pdf_is_null(w->a, x) && !pdf_is_null(w->b, y))
		changed(w, "object %d, which was not there", id);
	else if (from.role != PLAIN)
		compare_by_role(w, from.role, x, y);
	else if (qpdf_oh_is_stream(w->a->q, x) ? !is_same_stream(w, x, y)
					       : !is_same_resolved(w, x, y))
		changed(w, "object %d", id);
	follow(w, w->a, x, &from, 0);
	follow(w, w->b, y, &from, 0);
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
	const struct pdf_form *form = &w->form_a;
	size_t n;
	enum firma_err r;

	w->n = w->a->size > w->b->size ? w->a->size : w->b->size;
	n = (size_t)w->n;
	w->seen = calloc(n, 1);
	w->roles = calloc(n, 1);
	w->queue = calloc(n, sizeof(*w->queue));
	w->generations = calloc(n, sizeof(*w->generations));
	if (w->seen == NULL || w->roles == NULL || w->queue == NULL ||
	    w->generations == NULL)
		return FIRMA_ERR_NOMEM;
	if ((r = pdf_form_read(w->a, &w->form_a, why)) != FIRMA_OK ||
	    (r = pdf_form_read(w->b, &w->form_b, why)) != FIRMA_OK)
		return r;
	w->is_new_form = pdf_is_null(w->a, pdf_get(w->a, form->form, "/DR")) &&
	    pdf_is_null(w->a, pdf_get(w->a, form->form, "/DA")) &&
	    (pdf_is_null(w->a, form->fields) ||
		qpdf_oh_get_array_n_items(w->a->q, form->fields) == 0);
	give_role(w, w->a->root, CATALOG);
	give_role(w, form->form, FORM);
	give_role(w, form->fields, FIELDS);
	note_fields(w, form);
	if ((r = pdf_page_each(w->a, note_page, w, why)) != FIRMA_OK)
		return r;
	if (!is_same(w, pdf_get(w->a, w->a->trailer, "/Root"),
		pdf_get(w->b, w->b->trailer, "/Root")))
		changed(w, "the catalog");
	enqueue(w, w->a, w->a->root);
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

/* Readers differ in which object they take: none of those may be another. */
static enum firma_err
compare_numbers(struct walk *w)
{
	struct pdf_appended *all = calloc(1, sizeof(*all));

	if (all == NULL)
		return FIRMA_ERR_NOMEM;
	pdf_appended_read(w->a, w->b, w->a->file.len, all);
	if (all->wrong != NULL)
		changed(w, "%s", all->wrong);
	for (size_t i = 0; i < all->n_entries; i++) {
		const struct pdf_entry *e = &all->entries[i];

		if (e->id >= w->n)
			changed(w, "object %d is beyond the /Size", e->id);
		else if (w->seen[e->id] &&
		    (w->roles[e->id] == PLAIN ||
			w->generations[e->id] != e->generation))
			changed(w, "object %d", e->id);
	}
	free(all);
	return FIRMA_OK;
}

/* What earlier signatures forbid is no harmless addition. */
static void
compare_permission(struct walk *w)
{
	struct pdf_refusal why = { 0 };

	if (w->form_a.permission == 1)
		changed(w, "it was certified against any change");
	for (size_t i = 0; i < w->form_b.n; i++) {
		const struct pdf_field *f = &w->form_b.at[i];
		const struct pdf_field *was;
		size_t n;

		was = find_name(&w->form_a, f->name, &n);
		if (pdf_is_null(w->b, f->value) ||
		    (was != NULL && !pdf_is_null(w->a, was->value)))
			continue;
		if (pdf_form_allows(w->a, &w->form_a, f->name, &why) !=
		    FIRMA_OK)
			changed(w, "field %.60s was locked", f->name);
	}
}

static enum firma_err
compare_states(struct walk *w, struct pdf_refusal *why)
{
	enum firma_err r;

	if ((r = begin(w, why)) != FIRMA_OK)
		return r;
	while (w->head < w->tail && w->what[0] == '\0')
		look(w, w->queue[w->head++]);
	compare_permission(w);
	if (w->what[0] == '\0' && (r = compare_numbers(w)) != FIRMA_OK)
		return r;
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
