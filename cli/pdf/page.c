/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdf/page.h"

#include "cli/pdf/tree.h"

/* Others are nonsense, and readers take 1 for them. */
#define UNIT_MIN 1e-3
#define UNIT_MAX 75000.0

/* What the pages below a node of the tree inherit. */
struct node {
	qpdf_oh media, crop, rotate; /* null when nobody above has it */
};

struct walk {
	struct pdf *p;
	struct pdf_tree tree;
	struct node at[PDF_DEPTH_MAX]; /* by the tree's depth */
	long long n_pages;
};

/* What is here is nearer than what is above. */
static qpdf_oh
nearer(struct pdf *p, qpdf_oh node, const char *key, qpdf_oh above)
{
	const qpdf_oh here = pdf_get(p, node, key);

	return pdf_is_null(p, here) ? above : here;
}

static enum firma_err
down(struct walk *w, qpdf_oh node, struct pdf_refusal *why)
{
	struct pdf *p = w->p;
	const int depth = w->tree.depth;
	const struct node *above = &w->at[depth > 0 ? depth - 1 : 0];
	const qpdf_oh kids = pdf_get(p, node, "/Kids");
	enum firma_err r;

	if (!pdf_is_array(p, kids))
		return pdf_refuse(
		    why, PDF_DAMAGED, "a node of the page tree has no /Kids");
	if ((r = pdf_tree_down(p, &w->tree, kids, why)) != FIRMA_OK)
		return r;
	w->at[depth] =
	    (struct node){ .media = nearer(p, node, "/MediaBox", above->media),
		    .crop = nearer(p, node, "/CropBox", above->crop),
		    .rotate = nearer(p, node, "/Rotate", above->rotate) };
	return FIRMA_OK;
}

static enum firma_err
begin(struct walk *w, struct pdf_refusal *why)
{
	const qpdf_oh none = qpdf_oh_new_null(w->p->q);
	const qpdf_oh top = pdf_get(w->p, w->p->root, "/Pages");

	w->tree = (struct pdf_tree){ .of = "the page tree", .node = "a page" };
	w->at[0] = (struct node){ .media = none, .crop = none, .rotate = none };
	if (!pdf_is_dict(w->p, top))
		return pdf_refuse(why, PDF_DAMAGED, "it has no page tree");
	return down(w, top, why);
}

/* The next page in order; *ret_page is 0 after the last. */
static enum firma_err
next(struct walk *w, qpdf_oh *ret_page, struct pdf_refusal *why)
{
	struct pdf *p = w->p;
	enum firma_err r;

	for (;;) {
		qpdf_oh node;

		if ((r = pdf_tree_next(p, &w->tree, &node, why)) != FIRMA_OK)
			return r;
		*ret_page = node;
		if (node == 0)
			return FIRMA_OK;
		if (!qpdf_oh_is_indirect(p->q, node))
			return pdf_refuse(
			    why, PDF_DAMAGED, "a page is not indirect");
		if (!qpdf_oh_has_key(p->q, node, "/Kids")) {
			w->n_pages++;
			return FIRMA_OK;
		}
		if ((r = down(w, node, why)) != FIRMA_OK)
			return r;
	}
}

/* ISO 32000-1 table 30: of the page alone, not inherited. */
static double
unit_of(struct pdf *p, qpdf_oh page)
{
	const qpdf_oh o = pdf_get(p, page, "/UserUnit");
	const double v =
	    qpdf_oh_is_number(p->q, o) ? qpdf_oh_get_numeric_value(p->q, o) : 1;

	return v >= UNIT_MIN && v <= UNIT_MAX ? v : 1;
}

/* ISO 32000-1 14.11.2: what lies outside of the media box is not there. */
static enum firma_err
measure(
    struct walk *w, qpdf_oh page, struct pdf_page *ret, struct pdf_refusal *why)
{
	struct pdf *p = w->p;
	const struct node *n = &w->at[w->tree.depth - 1];
	const qpdf_oh crop = nearer(p, page, "/CropBox", n->crop);
	const long long turn =
	    pdf_int(p, nearer(p, page, "/Rotate", n->rotate), 0);
	double media[4];

	ret->page = page;
	ret->unit = unit_of(p, page);
	ret->rotate = (int)((turn % 360 + 360) % 360);
	if (!pdf_rectangle(p, nearer(p, page, "/MediaBox", n->media), media))
		return pdf_refuse(
		    why, PDF_DAMAGED, "page %lld has no size", w->n_pages);
	if (ret->rotate % 90 != 0)
		return pdf_refuse(why, PDF_DAMAGED, "page %lld is turned by %d",
		    w->n_pages, ret->rotate);
	for (int i = 0; i < 4; i++)
		ret->box[i] = media[i];
	if (pdf_rectangle(p, crop, ret->box))
		for (int i = 0; i < 4; i++)
			if (i < 2 ? ret->box[i] < media[i]
				  : ret->box[i] > media[i])
				ret->box[i] = media[i];
	if (ret->box[2] - ret->box[0] < 1 || ret->box[3] - ret->box[1] < 1)
		return pdf_refuse(
		    why, PDF_DAMAGED, "page %lld has no size", w->n_pages);
	return FIRMA_OK;
}

static int
same_object(struct pdf *p, qpdf_oh a, qpdf_oh b)
{
	return qpdf_oh_is_indirect(p->q, a) && qpdf_oh_is_indirect(p->q, b) &&
	    qpdf_oh_get_object_id(p->q, a) == qpdf_oh_get_object_id(p->q, b) &&
	    qpdf_oh_get_generation(p->q, a) == qpdf_oh_get_generation(p->q, b);
}

static enum firma_err
count_sharing(struct pdf *p, qpdf_oh page, long long number, void *arg)
{
	struct pdf_page *ret = arg;

	(void)number;
	if (!same_object(p, page, ret->page) &&
	    same_object(p, pdf_get(p, page, "/Annots"),
		pdf_get(p, ret->page, "/Annots")))
		ret->shares_annots = 1;
	ret->n_pages++;
	return FIRMA_OK;
}

enum firma_err
pdf_page_each(
    struct pdf *p, pdf_page_fn *fn, void *arg, struct pdf_refusal *why)
{
	struct walk w = { .p = p };
	qpdf_oh page;
	enum firma_err r;

	if ((r = begin(&w, why)) != FIRMA_OK)
		return r;
	while ((r = next(&w, &page, why)) == FIRMA_OK && page != 0)
		if ((r = fn(p, page, w.n_pages, arg)) != FIRMA_OK)
			return r;
	return r;
}

static enum firma_err
count(struct pdf *p, qpdf_oh page, long long number, void *arg)
{
	(void)p;
	(void)page;
	*(long long *)arg = number;
	return FIRMA_OK;
}

enum firma_err
pdf_page_find(struct pdf *p, long long number, struct pdf_page *ret,
    struct pdf_refusal *why)
{
	struct walk w = { .p = p };
	struct pdf_page got = { 0 };
	qpdf_oh page;
	enum firma_err r;

	if (number == 0) {
		if ((r = pdf_page_each(p, count, &number, why)) != FIRMA_OK)
			return r;
	}
	if ((r = begin(&w, why)) != FIRMA_OK)
		return r;
	while ((r = next(&w, &page, why)) == FIRMA_OK && page != 0)
		if (w.n_pages == number)
			break;
	if (r != FIRMA_OK)
		return r;
	if (page == 0)
		return pdf_refuse(why, PDF_NO_PAGE, "%lld", w.n_pages);
	if ((r = measure(&w, page, &got, why)) != FIRMA_OK ||
	    (r = pdf_page_each(p, count_sharing, &got, why)) != FIRMA_OK)
		return r;
	*ret = got;
	return FIRMA_OK;
}

struct search {
	qpdf_oh annotation;
	long long found;
};

static enum firma_err
search(struct pdf *p, qpdf_oh page, long long number, void *arg)
{
	struct search *s = arg;
	const qpdf_oh annots = pdf_get(p, page, "/Annots");
	const int n = pdf_is_array(p, annots)
	    ? qpdf_oh_get_array_n_items(p->q, annots)
	    : 0;

	for (int i = 0; i < n && s->found == 0; i++) {
		const qpdf_oh one = qpdf_oh_get_array_item(p->q, annots, i);

		if (same_object(p, one, s->annotation))
			s->found = number;
		qpdf_oh_release(p->q, one);
	}
	return FIRMA_OK;
}

enum firma_err
pdf_page_of_annotation(struct pdf *p, qpdf_oh annotation, struct pdf_page *ret,
    long long *ret_number, struct pdf_refusal *why)
{
	struct search s = { .annotation = annotation };
	enum firma_err r;

	if ((r = pdf_page_each(p, search, &s, why)) != FIRMA_OK)
		return r;
	if (s.found != 0 &&
	    (r = pdf_page_find(p, s.found, ret, why)) != FIRMA_OK)
		return r;
	*ret_number = s.found;
	return FIRMA_OK;
}
