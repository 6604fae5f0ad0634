/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdf/later_field.h"

#include <string.h>

#include "cli/pdf/same.h"

static int
is_among(struct pdf *p, qpdf_oh o, qpdf_oh all)
{
	const int n =
	    pdf_is_array(p, all) ? qpdf_oh_get_array_n_items(p->q, all) : 0;

	for (int i = 0; i < n; i++)
		if (pdf_is_same_object(
			p, o, qpdf_oh_get_array_item(p->q, all, i)))
			return 1;
	return 0;
}

/* The signature field of the form that o is, or a place of; or NULL. */
static const struct pdf_field *
find_field(struct pdf *p, const struct pdf_form *f, qpdf_oh o)
{
	const qpdf_oh above = pdf_get(p, o, "/Parent");

	for (size_t i = 0; i < f->n; i++)
		if (pdf_is_same_object(p, o, f->at[i].field))
			return &f->at[i];
	for (size_t i = 0; i < f->n; i++)
		if (pdf_is_same_object(p, above, f->at[i].field) &&
		    pdf_is_null(p, pdf_get(p, o, "/T")) &&
		    is_among(p, o, pdf_get(p, above, "/Kids")))
			return &f->at[i];
	return NULL;
}

int
pdf_later_is_typed(struct pdf *p, qpdf_oh o)
{
	const qpdf_oh flags = pdf_get(p, o, "/F"), at = pdf_get(p, o, "/M");

	return pdf_is_dict(p, o) &&
	    pdf_is_null_or_dict(p, pdf_get(p, o, "/V")) &&
	    pdf_is_null_or_dict(p, pdf_get(p, o, "/AP")) &&
	    pdf_is_null_or_dict(p, pdf_get(p, o, "/MK")) &&
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
		"/AP", "/AS", "/MK", "/M", "/BS", "/Border", NULL };
	static const char *const of_empty[] = { "/Type", "/Subtype", "/FT",
		"/T", "/TU", "/TM", "/P", "/F", "/Ff", "/Rect", "/Parent",
		"/Kids", "/Lock", "/SV", "/NM", "/DA", "/Q", "/StructParent",
		NULL };
	const qpdf_oh type = pdf_get(p, o, "/Type");
	const qpdf_oh subtype = pdf_get(p, o, "/Subtype");
	const qpdf_oh field = pdf_get(p, o, "/FT");

	return pdf_later_is_typed(p, o) &&
	    pdf_has_only(p, o, is_signed ? of_signed : of_empty) &&
	    (pdf_is_null(p, type) || pdf_is_name(p, type, "/Annot")) &&
	    (pdf_is_null(p, subtype) || pdf_is_name(p, subtype, "/Widget")) &&
	    (pdf_is_null(p, field) || pdf_is_name(p, field, "/Sig"));
}

/* Its places are new as well: another's would be seen as its own. */
static int
has_new_kids(struct pdf_walk *w, qpdf_oh field)
{
	const qpdf_oh kids = pdf_get(w->b, field, "/Kids");
	const int n = pdf_is_array(w->b, kids)
	    ? qpdf_oh_get_array_n_items(w->b->q, kids)
	    : 0;

	if (!pdf_is_null(w->b, kids) && !pdf_is_array(w->b, kids))
		return 0;
	for (int i = 0; i < n; i++)
		if (pdf_walk_is_old(
			w, qpdf_oh_get_array_item(w->b->q, kids, i)))
			return 0;
	return 1;
}

int
pdf_later_is_harmless(struct pdf_walk *w, qpdf_oh o)
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
	if (is_signed && pdf_walk_is_old(w, value))
		return 0;
	(void)pdf_form_by_name(&w->form_b, f->name, &n);
	if (n != 1)
		return 0;
	was = pdf_form_by_name(&w->form_a, f->name, &n);
	if (was != NULL && (n != 1 || !pdf_is_null(w->a, was->value)))
		return 0;
	if (pdf_walk_is_old(w, o))
		return is_signed && id < w->n && w->roles[id] == PDF_ROLE_FIELD;
	if (was != NULL || pdf_walk_is_old(w, f->field) ||
	    !has_new_kids(w, f->field))
		return 0;
	return has_harmless_keys(w->b, o, is_signed) &&
	    has_harmless_keys(w->b, f->field, is_signed);
}

int
pdf_later_is_signed(struct pdf_walk *w, qpdf_oh o)
{
	const struct pdf_field *f = find_field(w->b, &w->form_b, o);
	qpdf_oh value;

	if (f == NULL)
		return 0;
	value = pdf_get(w->b, f->field, "/V");
	return pdf_is_dict(w->b, value) && !pdf_walk_is_old(w, value) &&
	    (pdf_is_same_object(w->b, o, f->field) ||
		pdf_is_null(w->b, pdf_get(w->b, o, "/V")));
}

/* Is nothing seen of it? */
static int
is_unseen(struct pdf *p, qpdf_oh field)
{
	const qpdf_oh place = pdf_get(p, field, "/Rect");
	double at[4];

	return (pdf_is_null(p, pdf_get(p, field, "/AP")) &&
		   pdf_is_null(p, pdf_get(p, field, "/MK"))) ||
	    pdf_is_null(p, place) ||
	    (pdf_rectangle(p, place, at) && (at[0] >= at[2] || at[1] >= at[3]));
}

/* ISO 32000-2 12.8.5: its own kind of value, which no certification forbids. */
int
pdf_later_is_stamp(struct pdf_walk *w, const struct pdf_field *f)
{
	struct pdf *p = w->b;
	size_t n;

	return pdf_form_by_name(&w->form_a, f->name, &n) == NULL &&
	    pdf_is_name(p, pdf_get(p, f->value, "/Type"), "/DocTimeStamp") &&
	    pdf_is_name(
		p, pdf_get(p, f->value, "/SubFilter"), "/ETSI.RFC3161") &&
	    pdf_is_null(p, pdf_get(p, f->field, "/Kids")) &&
	    is_unseen(p, f->field);
}
