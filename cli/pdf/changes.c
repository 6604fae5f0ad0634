/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdf/changes.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/own.h"
#include "cli/pdf/appended.h"
#include "cli/pdf/filled.h"
#include "cli/pdf/fonts.h"
#include "cli/pdf/later_field.h"
#include "cli/pdf/page.h"
#include "cli/pdf/same.h"
#include "cli/pdf/walk.h"

/* Keys of x that differ in y, but for the free ones; name says of what. */
static void
compare_half(struct pdf_walk *w, struct pdf *p, qpdf_oh x, qpdf_oh y,
    const char *const *free_keys, const char *name)
{
	qpdf_oh_begin_dict_key_iter(p->q, x);
	while (qpdf_oh_dict_more_keys(p->q)) {
		const char *key = qpdf_oh_dict_next_key(p->q);
		qpdf_oh one, two;

		if (pdf_is_one_of(key, free_keys))
			continue;
		one = pdf_get(w->a, p == w->a ? x : y, key);
		two = pdf_get(w->b, p == w->a ? y : x, key);
		if (pdf_is_null(w->a, one) != pdf_is_null(w->b, two) ||
		    !pdf_is_same(w->a, one, w->b, two))
			pdf_walk_changed(w, "%.60s of %.60s", key, name);
	}
}

static void
compare(struct pdf_walk *w, qpdf_oh x, qpdf_oh y, const char *const *free_keys,
    const char *name)
{
	if (!pdf_is_dict(w->a, x) || !pdf_is_dict(w->b, y)) {
		pdf_walk_changed(w, "%.60s", name);
		return;
	}
	compare_half(w, w->a, x, y, free_keys, name);
	compare_half(w, w->b, y, x, free_keys, name);
}

static int
are_dictionaries(struct pdf *p, qpdf_oh all)
{
	const int n =
	    pdf_is_array(p, all) ? qpdf_oh_get_array_n_items(p->q, all) : 0;

	for (int i = 0; i < n; i++) {
		const qpdf_oh one = qpdf_oh_get_array_item(p->q, all, i);
		const int is_good = pdf_is_null_or_dict(p, one);

		qpdf_oh_release(p->q, one);
		if (!is_good)
			return 0;
	}
	return pdf_is_array(p, all) || pdf_is_null(p, all);
}

/* All that was there still is, in its order; what came is signature fields. */
static void
compare_lists(struct pdf_walk *w, qpdf_oh x, qpdf_oh y, const char *name)
{
	const int n =
	    pdf_is_array(w->a, x) ? qpdf_oh_get_array_n_items(w->a->q, x) : 0;
	const int m =
	    pdf_is_array(w->b, y) ? qpdf_oh_get_array_n_items(w->b->q, y) : 0;

	if (!are_dictionaries(w->a, x) || !are_dictionaries(w->b, y))
		pdf_walk_changed(w, "%s: no list of dictionaries", name);
	if (m < n)
		pdf_walk_changed(w, "%s: one is gone", name);
	for (int i = 0; i < m && w->what[0] == '\0'; i++) {
		const qpdf_oh two = qpdf_oh_get_array_item(w->b->q, y, i);

		if (i >= n) {
			if (!pdf_later_is_harmless(w, two))
				pdf_walk_changed(w, "%s: a new one", name);
		} else {
			const qpdf_oh one =
			    qpdf_oh_get_array_item(w->a->q, x, i);

			if (!pdf_is_same(w->a, one, w->b, two))
				pdf_walk_changed(w, "%s: another one", name);
			qpdf_oh_release(w->a->q, one);
		}
		qpdf_oh_release(w->b->q, two);
	}
}

/*
 * Fonts may come to those that fields are written in, but none that they waited
 * for; no name of them may become another, and nothing else.
 */
static void
compare_resources(struct pdf_walk *w, qpdf_oh x, qpdf_oh y)
{
	static const char *const none[] = { NULL };
	static const char *const but_fonts[] = { "/Font", NULL };
	const qpdf_oh fonts = pdf_get(w->a, x, "/Font");

	if (!pdf_is_null_or_dict(w->a, x) || !pdf_is_null_or_dict(w->b, y) ||
	    !pdf_is_null_or_dict(w->a, fonts) ||
	    !pdf_is_null_or_dict(w->b, pdf_get(w->b, y, "/Font"))) {
		pdf_walk_changed(w, "/DR of the form");
		return;
	}
	if (pdf_is_dict(w->b, y))
		compare_half(w, w->b, y, x, but_fonts, "the form's /DR");
	if (pdf_is_dict(w->a, x))
		compare_half(w, w->a, x, y, but_fonts, "the form's /DR");
	if (pdf_is_dict(w->a, fonts))
		compare_half(w, w->a, fonts, pdf_get(w->b, y, "/Font"), none,
		    "the form's fonts");
	pdf_fonts_compare(w, fonts, pdf_get(w->b, y, "/Font"));
}

static void
compare_form(struct pdf_walk *w, qpdf_oh x, qpdf_oh y)
{
	/* A form that is new has nothing else: XFA would be another document. */
	if (!pdf_is_null(w->a, x))
		compare(
		    w, x, y, pdf_walk_free_keys(w, PDF_ROLE_FORM), "the form");
	else if (pdf_is_dict(w->b, y))
		compare_half(w, w->b, y, x,
		    pdf_walk_free_keys(w, PDF_ROLE_FORM), "the form");
	else if (!pdf_is_null(w->b, y))
		pdf_walk_changed(w, "the form");
	if (!w->is_new_form)
		compare_resources(
		    w, pdf_get(w->a, x, "/DR"), pdf_get(w->b, y, "/DR"));
	else
		pdf_fonts_compare(w, pdf_get(w->a, x, "/DR"),
		    pdf_get(w->b, pdf_get(w->b, y, "/DR"), "/Font"));
	compare_lists(w, pdf_get(w->a, x, "/Fields"),
	    pdf_get(w->b, y, "/Fields"), "the form's fields");
}

static void
compare_by_role(struct pdf_walk *w, enum pdf_role role, qpdf_oh x, qpdf_oh y)
{
	static const char *const none[] = { NULL };

	switch (role) {
	case PDF_ROLE_CATALOG:
		compare(w, x, y, pdf_walk_free_keys(w, role), "the catalog");
		compare_form(w, pdf_get(w->a, x, "/AcroForm"),
		    pdf_get(w->b, y, "/AcroForm"));
		break;
	case PDF_ROLE_PAGE:
		compare(w, x, y, pdf_walk_free_keys(w, role), "a page");
		compare_lists(w, pdf_get(w->a, x, "/Annots"),
		    pdf_get(w->b, y, "/Annots"), "annotations");
		break;
	case PDF_ROLE_FIELD:
		if (!pdf_later_is_typed(w->a, x) ||
		    !pdf_later_is_typed(w->b, y))
			pdf_walk_changed(w, "a signature field");
		compare(w, x, y,
		    pdf_later_is_signed(w, y) ? pdf_walk_free_keys(w, role)
					      : none,
		    "a signature field");
		break;
	case PDF_ROLE_BLANK:
		compare(w, x, y, pdf_walk_free_keys(w, role), "a field");
		pdf_filled_compare(w, role, x, y);
		break;
	case PDF_ROLE_LOOKS:
	case PDF_ROLE_LOOK:
		pdf_filled_compare(w, role, x, y);
		break;
	case PDF_ROLE_FORM:
	case PDF_ROLE_FIELDS:
	case PDF_ROLE_ANNOTS:
	case PDF_ROLE_PLAIN:
		/* By way of what refers to it. */
		break;
	}
}

static void
look(struct pdf_walk *w, int id)
{
	const int generation = w->generations[id];
	const enum pdf_role role = (enum pdf_role)w->roles[id];
	const qpdf_oh x = qpdf_get_object_by_id(w->a->q, id, generation);
	const qpdf_oh y = qpdf_get_object_by_id(w->b->q, id, generation);

	if (pdf_is_null(w->a, x) && !pdf_is_null(w->b, y))
		pdf_walk_changed(w, "object %d, which was not there", id);
	else if (role != PDF_ROLE_PLAIN)
		compare_by_role(w, role, x, y);
	else if (qpdf_oh_is_stream(w->a->q, x)
		? !pdf_is_same_stream(w->a, x, w->b, y)
		: !pdf_is_same_resolved(w->a, x, w->b, y))
		pdf_walk_changed(w, "object %d", id);
	pdf_walk_follow(w, w->a, x, role);
	/* What it may differ in is not part of what was signed. */
	if ((w->seen[id] & PDF_DIFFERS) == 0 || role == PDF_ROLE_BLANK)
		pdf_walk_follow(w, w->b, y, role);
	qpdf_oh_release(w->a->q, x);
	qpdf_oh_release(w->b->q, y);
}

static enum firma_err
note_page(struct pdf *p, qpdf_oh page, long long number, void *arg)
{
	struct pdf_walk *w = arg;

	(void)number;
	pdf_walk_role(w, page, PDF_ROLE_PAGE);
	pdf_walk_role(w, pdf_get(p, page, "/Annots"), PDF_ROLE_ANNOTS);
	return FIRMA_OK;
}

/* A field that waits for its signature, and its one place. */
static void
note_fields(struct pdf_walk *w, const struct pdf_form *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const qpdf_oh kids = pdf_get(w->a, f->at[i].field, "/Kids");

		if (!pdf_is_null(w->a, f->at[i].value))
			continue;
		pdf_walk_role(w, f->at[i].field, PDF_ROLE_FIELD);
		if (pdf_is_array(w->a, kids) &&
		    qpdf_oh_get_array_n_items(w->a->q, kids) == 1)
			pdf_walk_role(w,
			    qpdf_oh_get_array_item(w->a->q, kids, 0),
			    PDF_ROLE_FIELD);
	}
}

static enum firma_err
begin(struct pdf_walk *w, struct pdf_refusal *why)
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
	pdf_walk_role(w, w->a->root, PDF_ROLE_CATALOG);
	pdf_walk_role(w, form->form, PDF_ROLE_FORM);
	pdf_walk_role(w, form->fields, PDF_ROLE_FIELDS);
	note_fields(w, form);
	if ((r = pdf_page_each(w->a, note_page, w, why)) != FIRMA_OK)
		return r;
	if ((r = pdf_filled_note(w, why)) != FIRMA_OK)
		return r;
	if (!pdf_is_same(w->a, pdf_get(w->a, w->a->trailer, "/Root"), w->b,
		pdf_get(w->b, w->b->trailer, "/Root")))
		pdf_walk_changed(w, "the catalog");
	pdf_walk_enqueue(w, w->a, w->a->root);
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

/*
 * May the number be listed again?  What may differ may be: not under another
 * generation, but for a look that nothing refers to any more.
 */
static int
may_be_listed(const struct pdf_walk *w, const struct pdf_entry *e)
{
	const uint8_t flags = w->seen[e->id], role = w->roles[e->id];

	return (flags & PDF_SEEN) == 0 ||
	    (role != PDF_ROLE_PLAIN &&
		w->generations[e->id] == e->generation) ||
	    (role == PDF_ROLE_LOOK && (flags & PDF_SHARED) == 0);
}

/* Readers differ in which object they take: none of those may be another. */
static enum firma_err
compare_numbers(struct pdf_walk *w)
{
	struct pdf_appended *all = calloc(1, sizeof(*all));

	if (all == NULL)
		return FIRMA_ERR_NOMEM;
	pdf_appended_read(w->a, w->b, w->a->file.len, all);
	if (all->wrong != NULL)
		pdf_walk_changed(w, "%s", all->wrong);
	for (size_t i = 0; i < all->n_entries; i++) {
		const struct pdf_entry *e = &all->entries[i];

		if (e->id >= w->n)
			pdf_walk_changed(
			    w, "object %d is beyond the /Size", e->id);
		else if (!may_be_listed(w, e))
			pdf_walk_changed(w, "object %d", e->id);
	}
	free(all);
	return FIRMA_OK;
}

/* What earlier signatures forbid is no harmless addition. */
static void
compare_permission(struct pdf_walk *w)
{
	const int is_final = w->form_a.permission == 1;
	struct pdf_refusal why = { 0 };

	for (size_t i = 0; i < w->form_b.n; i++) {
		const struct pdf_field *f = &w->form_b.at[i];
		const struct pdf_field *was;
		size_t n;

		was = pdf_form_by_name(&w->form_a, f->name, &n);
		if ((was != NULL && !pdf_is_null(w->a, was->value)) ||
		    (pdf_is_null(w->b, f->value) &&
			(was != NULL || !is_final)) ||
		    pdf_later_is_stamp(w, f))
			continue;
		if (is_final)
			pdf_walk_changed(
			    w, "it was certified against any change");
		else if (pdf_form_allows(w->a, &w->form_a, f->name, &why) !=
		    FIRMA_OK)
			pdf_walk_changed(w, "field %.60s was locked", f->name);
	}
}

static enum firma_err
compare_states(struct pdf_walk *w, struct pdf_refusal *why)
{
	enum firma_err r;

	if ((r = begin(w, why)) != FIRMA_OK)
		return r;
	while (w->head < w->tail && w->what[0] == '\0')
		look(w, w->queue[w->head++]);
	compare_permission(w);
	if (w->what[0] == '\0' && (r = pdf_filled_check(w, why)) != FIRMA_OK)
		return r;
	if (w->what[0] == '\0' && (r = compare_numbers(w)) != FIRMA_OK)
		return r;
	if ((r = pdf_check(w->a, why)) != FIRMA_OK)
		return r;
	return pdf_check(w->b, why);
}

enum firma_err
pdf_changes_after(struct pdf *p, size_t len, int certifies, enum pdf_later *ret,
    char ret_what[PDF_CHANGE_MAX])
{
	FIRMA_OWN(pdf_done) struct pdf before = { 0 };
	FIRMA_OWN(pdf_walk_done)
	struct pdf_walk w = { .a = &before, .b = p, .certifies = certifies };
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
		pdf_walk_changed(&w, "octets that are no part of the document");
	r = pdf_open(firma_bytes_of(p->file.at, len), &before, &why);
	if (r == FIRMA_OK)
		r = compare_states(&w, &why);
	if (r != FIRMA_OK && r != FIRMA_ERR_SHAPE)
		return r;
	if (r == FIRMA_ERR_SHAPE)
		pdf_walk_changed(&w,
		    "what was signed cannot be compared: %.100s", why.detail);
	if (w.what[0] != '\0')
		*ret = PDF_LATER_OTHER;
	else if (w.filled[0] != '\0')
		*ret = PDF_LATER_FIELDS;
	memcpy(ret_what, w.what[0] != '\0' ? w.what : w.filled, PDF_CHANGE_MAX);
	return FIRMA_OK;
}
