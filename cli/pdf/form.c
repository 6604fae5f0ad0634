/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdf/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/pdf/page.h"
#include "cli/pdf/same.h"
#include "cli/pdf/tree.h"

#define DIGITS_MAX     8    /* of the number in a field's name */
#define REFERENCES_MAX 16   /* of one signature */
#define NAMES_MAX      4096 /* of one lock */
#define READ_ONLY      1    /* /Ff: ISO 32000-1, table 221 */

static const char own_name[] = "Signature";

/* What fields inherit from a node above them. */
struct node {
	const char *type; /* of pdf_node */
	qpdf_oh value, flags;
	char name[PDF_NAME_MAX];
};

struct walk {
	struct pdf *p;
	struct pdf_tree tree;
	struct node at[PDF_DEPTH_MAX + 1]; /* by the tree's depth */
};

/* "Signature7" is taken: the next one is 8. */
static void
note_number(struct pdf_form *f, const char *name)
{
	const size_t n = sizeof(own_name) - 1;
	unsigned long number;
	char *end;

	if (strncmp(name, own_name, n) != 0 || name[n] < '0' || name[n] > '9' ||
	    strlen(name + n) > DIGITS_MAX)
		return;
	number = strtoul(name + n, &end, 10);
	if (number >= f->number)
		f->number = number + 1;
}

/*
 * Kids without a name of their own are the places of one field.  A mixture of
 * places and fields is neither.
 */
static enum firma_err
has_fields_below(struct pdf *p, qpdf_oh kids, int *ret_has, const char *name,
    struct pdf_refusal *why)
{
	const int n =
	    pdf_is_array(p, kids) ? qpdf_oh_get_array_n_items(p->q, kids) : 0;
	int n_named = 0;

	for (int i = 0; i < n; i++) {
		const qpdf_oh kid = qpdf_oh_get_array_item(p->q, kids, i);

		n_named += !pdf_is_null(p, pdf_get(p, kid, "/T")) ||
		    !pdf_is_null(p, pdf_get(p, kid, "/Kids"));
		qpdf_oh_release(p->q, kid);
	}
	if (n_named != 0 && n_named != n)
		return pdf_refuse(why, PDF_DAMAGED,
		    "the kids of field %.100s are fields and places", name);
	*ret_has = n_named != 0;
	return FIRMA_OK;
}

/* "above.name"; a field without a name has that of the one above. */
static enum firma_err
name_field(struct walk *w, qpdf_oh field, const char *above, char *ret,
    struct pdf_refusal *why)
{
	char own[PDF_NAME_MAX];
	int n;

	pdf_text(w->p, pdf_get(w->p, field, "/T"), own, sizeof(own));
	n = snprintf(ret, PDF_NAME_MAX, "%s%s%s", above,
	    above[0] != '\0' && own[0] != '\0' ? "." : "", own);
	if (n < 0 || n >= PDF_NAME_MAX)
		return pdf_refuse(why, PDF_LIMIT,
		    "a field's name of more than %d octets", PDF_NAME_MAX);
	return FIRMA_OK;
}

static const char *
type_of(struct pdf *p, qpdf_oh field, const char *above)
{
	static const char *const types[] = { "/Sig", "/Tx", "/Btn", "/Ch" };
	const qpdf_oh type = pdf_get(p, field, "/FT");

	if (pdf_is_null(p, type))
		return above;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (pdf_is_name(p, type, types[i]))
			return types[i];
	return "";
}

/* What is here is nearer than what is above. */
static qpdf_oh
nearer(struct pdf *p, qpdf_oh field, const char *key, qpdf_oh above)
{
	const qpdf_oh here = pdf_get(p, field, key);

	return pdf_is_null(p, here) ? above : here;
}

/* Below: is there a field, or is this one the last? */
static enum firma_err
visit(
    struct walk *w, qpdf_oh field, int *ret_has_fields, struct pdf_refusal *why)
{
	struct pdf *p = w->p;
	const struct node *above = &w->at[w->tree.depth - 1];
	struct node *to = &w->at[w->tree.depth];
	const qpdf_oh kids = pdf_get(p, field, "/Kids");
	struct node n;
	enum firma_err r;

	n.type = type_of(p, field, above->type);
	n.value = nearer(p, field, "/V", above->value);
	n.flags = nearer(p, field, "/Ff", above->flags);
	if ((r = name_field(w, field, above->name, n.name, why)) != FIRMA_OK ||
	    (r = has_fields_below(p, kids, ret_has_fields, n.name, why)) !=
		FIRMA_OK)
		return r;
	*to = n;
	return *ret_has_fields ? pdf_tree_down(p, &w->tree, kids, why)
			       : FIRMA_OK;
}

enum firma_err
pdf_form_each(struct pdf *p, qpdf_oh fields, pdf_node_fn *fn, void *arg,
    struct pdf_refusal *why)
{
	struct walk w = { .p = p,
		.tree = { .of = "the form", .node = "a field" } };
	const qpdf_oh none = qpdf_oh_new_null(p->q);
	qpdf_oh field;
	enum firma_err r;

	if (!pdf_is_array(p, fields))
		return FIRMA_OK;
	w.at[0] = (struct node){ .type = "", .value = none, .flags = none };
	if ((r = pdf_tree_down(p, &w.tree, fields, why)) != FIRMA_OK)
		return r;
	while ((r = pdf_tree_next(p, &w.tree, &field, why)) == FIRMA_OK &&
	    field != 0) {
		const struct node *n = &w.at[w.tree.depth];
		struct pdf_node t = { .field = field };
		int has_fields = 0;

		if ((r = visit(&w, field, &has_fields, why)) != FIRMA_OK)
			return r;
		t.name = n->name;
		t.type = n->type;
		t.value = n->value;
		t.flags = pdf_int(p, n->flags, 0);
		t.is_inner = has_fields;
		if ((r = fn(p, &t, arg, why)) != FIRMA_OK)
			return r;
	}
	return r;
}

static enum firma_err
keep(
    struct pdf *p, const struct pdf_node *t, void *arg, struct pdf_refusal *why)
{
	struct pdf_form *f = arg;
	struct pdf_field *to = &f->at[f->n];

	note_number(f, t->name);
	if (t->is_inner || strcmp(t->type, "/Sig") != 0)
		return FIRMA_OK;
	if (f->n == PDF_FIELDS_MAX)
		return pdf_refuse(why, PDF_LIMIT,
		    "more than %d signature fields", PDF_FIELDS_MAX);
	*to = (struct pdf_field){ .field = t->field,
		.value = t->value,
		.is_indirect = qpdf_oh_is_indirect(p->q, t->field) };
	memcpy(to->name, t->name, sizeof(to->name));
	if (pdf_is_dict(p, t->value))
		f->n_signed++;
	else if (!pdf_is_null(p, t->value))
		return pdf_refuse(why, PDF_DAMAGED,
		    "the value of field %.100s is no signature", t->name);
	f->n++;
	return FIRMA_OK;
}

int
pdf_form_permission(struct pdf *p, qpdf_oh signature)
{
	const qpdf_oh all = pdf_get(p, signature, "/Reference");
	int n = pdf_is_array(p, all) ? qpdf_oh_get_array_n_items(p->q, all) : 0;

	if (n > REFERENCES_MAX)
		n = REFERENCES_MAX;
	for (int i = 0; i < n; i++) {
		const qpdf_oh one = qpdf_oh_get_array_item(p->q, all, i);
		long long v;

		if (!pdf_is_name(
			p, pdf_get(p, one, "/TransformMethod"), "/DocMDP"))
			continue;
		/* Table 254: 2 when it does not say. */
		v = pdf_int(p,
		    pdf_get(p, pdf_get(p, one, "/TransformParams"), "/P"), 2);
		return v < 1 || v > 3 ? 1 : (int)v;
	}
	return 0;
}

/* ISO 32000-2 table 236: its field's lock may forbid more than it says itself. */
static int
permission_of(struct pdf *p, const struct pdf_field *f)
{
	const qpdf_oh lock = pdf_get(p, pdf_get(p, f->field, "/Lock"), "/P");
	const int own = pdf_form_permission(p, f->value);
	long long v;

	if (!pdf_is_dict(p, f->value) || pdf_is_null(p, lock))
		return own;
	v = pdf_int(p, lock, 1);
	if (v < 1 || v > 3)
		v = 1;
	return own != 0 && own < v ? own : (int)v;
}

/* The strictest of the certification and of all signatures. */
static void
find_permission(struct pdf *p, struct pdf_form *f)
{
	const qpdf_oh perms = pdf_get(p, p->root, "/Perms");
	const qpdf_oh certified = pdf_get(p, perms, "/DocMDP");

	f->permission = pdf_form_permission(p, certified);
	if (f->permission == 0 && pdf_is_dict(p, certified))
		f->permission = 1; /* it does not say what it allows */
	for (size_t i = 0; i < f->n; i++) {
		const int v = permission_of(p, &f->at[i]);

		if (v != 0 && (f->permission == 0 || v < f->permission))
			f->permission = v;
	}
}

/* A page's search for fields that the form does not list. */
struct search {
	struct pdf_form *to;
	struct pdf_refusal *why;
};

static int
is_listed(struct pdf *p, const struct pdf_form *f, qpdf_oh field)
{
	for (size_t i = 0; i < f->n; i++)
		if (pdf_is_same_object(p, f->at[i].field, field))
			return 1;
	return 0;
}

/*
 * Some writers give a signature field to its page and not to the form.  Readers
 * find it there, and so does who looks for signatures.
 */
static enum firma_err
find_unlisted(struct pdf *p, qpdf_oh page, long long number, void *arg)
{
	const struct search *s = arg;
	const qpdf_oh annots = pdf_get(p, page, "/Annots");
	const int n = pdf_is_array(p, annots)
	    ? qpdf_oh_get_array_n_items(p->q, annots)
	    : 0;
	char name[PDF_NAME_MAX];
	enum firma_err r = FIRMA_OK;

	(void)number;
	for (int i = 0; i < n && r == FIRMA_OK; i++) {
		const qpdf_oh one = qpdf_oh_get_array_item(p->q, annots, i);
		const struct pdf_node t = { .field = one,
			.name = name,
			.type = "/Sig",
			.value = pdf_get(p, one, "/V") };

		if (!pdf_is_name(p, pdf_get(p, one, "/FT"), "/Sig") ||
		    !pdf_is_name(p, pdf_get(p, one, "/Subtype"), "/Widget") ||
		    !pdf_is_null(p, pdf_get(p, one, "/Parent")) ||
		    !qpdf_oh_is_indirect(p->q, one) || is_listed(p, s->to, one))
			continue;
		pdf_text(p, pdf_get(p, one, "/T"), name, sizeof(name));
		r = keep(p, &t, s->to, s->why);
		if (r == FIRMA_OK)
			s->to->at[s->to->n - 1].is_unlisted = 1;
	}
	return r;
}

enum firma_err
pdf_form_read(struct pdf *p, struct pdf_form *ret, struct pdf_refusal *why)
{
	struct search unlisted = { ret, why };
	enum firma_err r;

	ret->number = 1;
	ret->form = pdf_get(p, p->root, "/AcroForm");
	ret->fields = pdf_get(p, ret->form, "/Fields");
	if (!pdf_is_null(p, ret->form) && !pdf_is_dict(p, ret->form))
		return pdf_refuse(
		    why, PDF_DAMAGED, "/AcroForm is no dictionary");
	if (!pdf_is_null(p, ret->fields) && !pdf_is_array(p, ret->fields))
		return pdf_refuse(why, PDF_DAMAGED, "/Fields is no array");
	ret->has_xfa = !pdf_is_null(p, pdf_get(p, ret->form, "/XFA"));
	if ((r = pdf_form_each(p, ret->fields, keep, ret, why)) != FIRMA_OK ||
	    (r = pdf_page_each(p, find_unlisted, &unlisted, why)) != FIRMA_OK)
		return r;
	find_permission(p, ret);
	return FIRMA_OK;
}

/* Is name the field that is locked, or below it? */
static int
is_below(const char *name, const char *locked)
{
	const size_t n = strlen(locked);

	return n != 0 && strncmp(name, locked, n) == 0 &&
	    (name[n] == '\0' || name[n] == '.');
}

/* ISO 32000-1, table 256.  What is not understood locks. */
static int
is_locked(struct pdf *p, qpdf_oh params, const char *name)
{
	const qpdf_oh action = pdf_get(p, params, "/Action");
	const qpdf_oh names = pdf_get(p, params, "/Fields");
	const int excludes = pdf_is_name(p, action, "/Exclude");
	char one[PDF_NAME_MAX];
	int n;

	if (!excludes && !pdf_is_name(p, action, "/Include"))
		return 1;
	if (!pdf_is_array(p, names) ||
	    (n = qpdf_oh_get_array_n_items(p->q, names)) > NAMES_MAX)
		return 1;
	for (int i = 0; i < n; i++) {
		pdf_text(p, qpdf_oh_get_array_item(p->q, names, i), one,
		    sizeof(one));
		if (is_below(name, one))
			return !excludes;
	}
	return excludes;
}

/* By what the signature says, or by its field's lock that it should have said. */
static int
locks(struct pdf *p, const struct pdf_field *f, const char *name)
{
	const qpdf_oh all = pdf_get(p, f->value, "/Reference");
	const qpdf_oh lock = pdf_get(p, f->field, "/Lock");
	int n = pdf_is_array(p, all) ? qpdf_oh_get_array_n_items(p->q, all) : 0;

	if (pdf_is_dict(p, f->value) && pdf_is_dict(p, lock) &&
	    is_locked(p, lock, name))
		return 1;
	if (n > REFERENCES_MAX)
		return 1;
	while (n-- > 0) {
		const qpdf_oh one = qpdf_oh_get_array_item(p->q, all, n);

		if (pdf_is_name(
			p, pdf_get(p, one, "/TransformMethod"), "/FieldMDP") &&
		    is_locked(p, pdf_get(p, one, "/TransformParams"), name))
			return 1;
	}
	return 0;
}

enum firma_err
pdf_form_allows(struct pdf *p, const struct pdf_form *f, const char *name,
    struct pdf_refusal *why)
{
	if (f->permission == 1)
		return pdf_refuse(why, PDF_CERTIFIED, "%s", "");
	for (size_t i = 0; i < f->n; i++)
		if (locks(p, &f->at[i], name))
			return pdf_refuse(why, PDF_LOCKED, "%s", name);
	return FIRMA_OK;
}

/* The names of those that wait, in one text. */
static enum firma_err
refuse_absent(struct pdf *p, const struct pdf_form *f, struct pdf_refusal *why)
{
	char names[sizeof(why->detail)] = "";
	size_t n = 0;

	for (size_t i = 0; i < f->n && n < sizeof(names); i++)
		if (pdf_is_null(p, f->at[i].value))
			n += (size_t)snprintf(names + n, sizeof(names) - n,
			    "%s%s", n == 0 ? "" : ", ", f->at[i].name);
	return pdf_refuse(why, PDF_NO_FIELD, "%s", names);
}

/* What the field wants and nobody here looks at. */
static enum firma_err
refuse_demands(struct pdf *p, qpdf_oh field, struct pdf_refusal *why)
{
	const qpdf_oh seed = pdf_get(p, field, "/SV");
	const qpdf_oh kids = pdf_get(p, field, "/Kids");

	if ((pdf_int(p, pdf_get(p, field, "/Ff"), 0) & READ_ONLY) != 0)
		return pdf_refuse(why, PDF_DEMANDS, "it is read-only");
	if (pdf_int(p, pdf_get(p, seed, "/Ff"), 0) != 0 ||
	    !pdf_is_null(p, pdf_get(p, seed, "/MDP")))
		return pdf_refuse(
		    why, PDF_DEMANDS, "its seed value (/SV) has conditions");
	if (!pdf_is_null(p, pdf_get(p, pdf_get(p, field, "/Lock"), "/P")))
		return pdf_refuse(
		    why, PDF_DEMANDS, "its lock (/Lock) forbids changes (/P)");
	if (pdf_is_array(p, kids) && qpdf_oh_get_array_n_items(p->q, kids) > 1)
		return pdf_refuse(
		    why, PDF_DEMANDS, "it has more than one place");
	return FIRMA_OK;
}

enum firma_err
pdf_form_find(struct pdf *p, const struct pdf_form *f, const char *name,
    const struct pdf_field **ret, struct pdf_refusal *why)
{
	const struct pdf_field *at = NULL;
	enum firma_err r;

	for (size_t i = 0; i < f->n && at == NULL; i++)
		if (strcmp(f->at[i].name, name) == 0)
			at = &f->at[i];
	if (at == NULL)
		return refuse_absent(p, f, why);
	if (!pdf_is_null(p, at->value))
		return pdf_refuse(why, PDF_FILLED, "%s", name);
	if (at->is_unlisted)
		return pdf_refuse(why, PDF_DAMAGED,
		    "field %.100s is not one of the form's", name);
	if (!at->is_indirect)
		return pdf_refuse(
		    why, PDF_DAMAGED, "field %.100s is not indirect", name);
	if ((r = refuse_demands(p, at->field, why)) != FIRMA_OK)
		return r;
	*ret = at;
	return FIRMA_OK;
}

const struct pdf_field *
pdf_form_by_name(const struct pdf_form *f, const char *name, size_t *ret_n)
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
