/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdf/filled.h"

#include <stdio.h>
#include <string.h>

#include "cli/pdf/same.h"
#include "cli/pdf/text_look.h"

/* /Ff: ISO 32000-1, tables 221 and 226. */
#define READ_ONLY   1
#define RADIO       (1 << 15)
#define PUSH_BUTTON (1 << 16)
#define IN_UNISON   (1 << 25)

static const char another_look[] = "what is seen of it";

static int
is_text(const struct pdf_node *t)
{
	return strcmp(t->type, "/Tx") == 0 || strcmp(t->type, "/Ch") == 0;
}

/* Fields that have a value to be filled in: no names, no signatures. */
static int
is_blank(const struct pdf_node *t)
{
	return !t->is_inner &&
	    (is_text(t) ||
		(strcmp(t->type, "/Btn") == 0 &&
		    (t->flags & PUSH_BUTTON) == 0));
}

/* Where a field is seen: in its kids, or it is its own place. */
static int
n_places(struct pdf *p, qpdf_oh field)
{
	const qpdf_oh kids = pdf_get(p, field, "/Kids");

	return pdf_is_array(p, kids) ? qpdf_oh_get_array_n_items(p->q, kids)
				     : 1;
}

static qpdf_oh
place(struct pdf *p, qpdf_oh field, int i)
{
	const qpdf_oh kids = pdf_get(p, field, "/Kids");

	return pdf_is_array(p, kids) ? qpdf_oh_get_array_item(p->q, kids, i)
				     : field;
}

static enum firma_err
note(
    struct pdf *p, const struct pdf_node *t, void *arg, struct pdf_refusal *why)
{
	struct pdf_walk *w = arg;
	const int n = n_places(p, t->field);

	(void)why;
	if (!is_blank(t))
		return FIRMA_OK;
	pdf_walk_role_of_blank(w, t->field, PDF_ROLE_BLANK);
	for (int i = 0; i < n; i++) {
		const qpdf_oh at = place(p, t->field, i);
		const qpdf_oh looks = pdf_get(p, at, "/AP");
		const qpdf_oh look = pdf_get(p, looks, "/N");

		if (at != t->field)
			pdf_walk_role_of_blank(w, at, PDF_ROLE_BLANK);
		if (!is_text(t))
			continue;
		pdf_walk_role_of_blank(w, looks, PDF_ROLE_LOOKS);
		if (qpdf_oh_is_stream(p->q, look))
			pdf_walk_role_of_blank(w, look, PDF_ROLE_LOOK);
	}
	return FIRMA_OK;
}

enum firma_err
pdf_filled_note(struct pdf_walk *w, struct pdf_refusal *why)
{
	return pdf_form_each(w->a, w->form_a.fields, note, w, why);
}

static int
is_same_key(struct pdf_walk *w, qpdf_oh x, qpdf_oh y, const char *key)
{
	const qpdf_oh one = pdf_get(w->a, x, key), two = pdf_get(w->b, y, key);

	return pdf_is_null(w->a, one) ? pdf_is_null(w->b, two)
				      : pdf_is_same(w->a, one, w->b, two);
}

void
pdf_filled_compare(struct pdf_walk *w, enum pdf_role role, qpdf_oh x, qpdf_oh y)
{
	const char *const *key = pdf_walk_free_keys(w, role);
	int is_same = 1;

	if (role == PDF_ROLE_LOOK)
		is_same = pdf_is_same_stream(w->a, x, w->b, y);
	else if (role == PDF_ROLE_LOOKS)
		is_same = pdf_is_same_resolved(w->a, x, w->b, y);
	else
		for (; *key != NULL; key++)
			is_same &= is_same_key(w, x, y, *key);
	if (!is_same)
		*pdf_walk_flags(w, x) |= PDF_DIFFERS;
}

/* The same object in what there is now. */
static qpdf_oh
now(struct pdf_walk *w, qpdf_oh o)
{
	return qpdf_get_object_by_id(w->b->q, qpdf_oh_get_object_id(w->a->q, o),
	    qpdf_oh_get_generation(w->a->q, o));
}

static int
differs(struct pdf_walk *w, qpdf_oh o)
{
	return (*pdf_walk_flags(w, o) & PDF_DIFFERS) != 0;
}

static int
place_differs(struct pdf_walk *w, qpdf_oh at)
{
	const qpdf_oh looks = pdf_get(w->a, at, "/AP");

	return differs(w, at) || differs(w, looks) ||
	    differs(w, pdf_get(w->a, looks, "/N"));
}

static int
field_differs(struct pdf_walk *w, qpdf_oh field)
{
	const int n = n_places(w->a, field);
	int yes = differs(w, field);

	for (int i = 0; i < n && !yes; i++)
		yes = place_differs(w, place(w->a, field, i));
	return yes;
}

/* It, and what it is seen by, is explained; 0: something else refers to it. */
static int
excuse(struct pdf_walk *w, qpdf_oh o)
{
	uint8_t *flags = pdf_walk_flags(w, o);

	if ((*flags & PDF_DIFFERS) != 0 && (*flags & PDF_SHARED) != 0)
		return 0;
	*flags &= (uint8_t)~PDF_DIFFERS;
	return 1;
}

/* No object that was something else before, or is hidden somewhere. */
static int
is_new(struct pdf_walk *w, qpdf_oh v)
{
	return !qpdf_oh_is_indirect(w->b->q, v) || !pdf_walk_is_old(w, v);
}

static int
is_text_value(struct pdf_walk *w, qpdf_oh v)
{
	const int n =
	    pdf_is_array(w->b, v) ? qpdf_oh_get_array_n_items(w->b->q, v) : -1;

	for (int i = 0; i < n; i++)
		if (!qpdf_oh_is_string(
			w->b->q, qpdf_oh_get_array_item(w->b->q, v, i)))
			return 0;
	return n >= 0 || pdf_is_null(w->b, v) || qpdf_oh_is_string(w->b->q, v);
}

static int
is_index(struct pdf_walk *w, qpdf_oh v)
{
	const int n =
	    pdf_is_array(w->b, v) ? qpdf_oh_get_array_n_items(w->b->q, v) : -1;

	for (int i = 0; i < n; i++)
		if (!qpdf_oh_is_integer(
			w->b->q, qpdf_oh_get_array_item(w->b->q, v, i)))
			return 0;
	return n >= 0 || pdf_is_null(w->b, v);
}

static int
is_value(struct pdf_walk *w, const struct pdf_node *t, qpdf_oh y)
{
	const qpdf_oh v = pdf_get(w->b, y, "/V"), rv = pdf_get(w->b, y, "/RV");
	const qpdf_oh index = pdf_get(w->b, y, "/I");

	if (!is_new(w, v) || !is_new(w, rv) || !is_new(w, index) ||
	    !is_index(w, index))
		return 0;
	if (!is_text(t))
		return pdf_is_null(w->b, v) || qpdf_oh_is_name(w->b->q, v);
	return is_text_value(w, v) && is_text_value(w, rv);
}

/* Had it a value that somebody could have meant? */
static int
is_empty(struct pdf *p, qpdf_oh v)
{
	if (qpdf_oh_is_string(p->q, v)) {
		size_t n = 0;

		(void)qpdf_oh_get_binary_string_value(p->q, v, &n);
		return n == 0;
	}
	if (pdf_is_array(p, v))
		return qpdf_oh_get_array_n_items(p->q, v) == 0;
	return pdf_is_null(p, v) || pdf_is_name(p, v, "/Off");
}

/* Of a field of text: what is seen of it now. */
static int
is_good_look(struct pdf_walk *w, qpdf_oh x, qpdf_oh y)
{
	static const char *const keys[] = { "/N", NULL };
	const qpdf_oh was = pdf_get(w->a, pdf_get(w->a, x, "/AP"), "/N");
	const qpdf_oh looks = pdf_get(w->b, y, "/AP");
	const qpdf_oh look = pdf_get(w->b, looks, "/N");
	const int id = qpdf_oh_get_object_id(w->b->q, look);

	if (pdf_is_null(w->b, looks))
		return 1; /* to be made of the value by who shows it */
	return pdf_is_dict(w->b, looks) && pdf_has_only(w->b, looks, keys) &&
	    (is_new(w, looks) || is_same_key(w, x, y, "/AP")) &&
	    (is_new(w, look) ||
		(id == qpdf_oh_get_object_id(w->a->q, was) &&
		    qpdf_oh_get_generation(w->b->q, look) ==
			qpdf_oh_get_generation(w->a->q, was) &&
		    w->roles[id] == PDF_ROLE_LOOK)) &&
	    pdf_is_text_look(w->b, y, look);
}

/* Of a button: one of the states that it had. */
static int
is_good_state(struct pdf_walk *w, qpdf_oh x, qpdf_oh y)
{
	const qpdf_oh state = pdf_get(w->b, y, "/AS");
	const qpdf_oh had = pdf_get(w->a, pdf_get(w->a, x, "/AP"), "/N");

	return is_same_key(w, x, y, "/AP") &&
	    (is_same_key(w, x, y, "/AS") || pdf_is_name(w->b, state, "/Off") ||
		(qpdf_oh_is_name(w->b->q, state) && pdf_is_dict(w->a, had) &&
		    qpdf_oh_has_key(
			w->a->q, had, qpdf_oh_get_name(w->b->q, state))));
}

/*
 * The value is the field's.  One writer gives it to the places alone, and the
 * field has none: but no two at once.
 */
static int
is_value_of_place(struct pdf_walk *w, const struct pdf_node *t, qpdf_oh y)
{
	const qpdf_oh field = pdf_get(w->b, now(w, t->field), "/V");
	const qpdf_oh v = pdf_get(w->b, y, "/V");

	return pdf_is_null(w->b, v) ||
	    (is_value(w, t, y) &&
		(pdf_is_null(w->b, field) ||
		    pdf_is_same(w->b, field, w->b, v)));
}

/*
 * The value that a place is to show: the field's, which may be inherited, or
 * that of the place alone.
 */
static qpdf_oh
value_of_place(struct pdf_walk *w, const struct pdf_node *t, qpdf_oh y)
{
	const qpdf_oh field = now(w, t->field);
	const qpdf_oh own = pdf_get(w->b, field, "/V");
	const qpdf_oh of_place = pdf_get(w->b, y, "/V");
	qpdf_oh above = pdf_get(w->b, field, "/Parent");

	if (!pdf_is_null(w->b, own))
		return own;
	if (!pdf_is_null(w->b, of_place))
		return of_place;
	for (int i = 0; i < PDF_DEPTH_MAX && pdf_is_dict(w->b, above); i++) {
		const qpdf_oh v = pdf_get(w->b, above, "/V");

		if (!pdf_is_null(w->b, v))
			return v;
		above = pdf_get(w->b, above, "/Parent");
	}
	return own;
}

/* Has the place y of a button the state that is called v? */
static int
has_state(struct pdf_walk *w, qpdf_oh y, qpdf_oh v)
{
	const qpdf_oh states = pdf_get(w->b, pdf_get(w->b, y, "/AP"), "/N");

	return qpdf_oh_is_name(w->b->q, v) && !pdf_is_name(w->b, v, "/Off") &&
	    pdf_is_dict(w->b, states) &&
	    qpdf_oh_has_key(w->b->q, states, qpdf_oh_get_name(w->b->q, v));
}

/*
 * Of a button with a new value: what is seen is that value.  Of a choice of one
 * a single place shows it, though others have the same state.
 */
static const char *
check_states(struct pdf_walk *w, const struct pdf_node *t)
{
	const int n = n_places(w->a, t->field);
	const int is_one =
	    (t->flags & RADIO) != 0 && (t->flags & IN_UNISON) == 0;
	int n_having = 0, n_shown = 0, has_value = 0;

	for (int i = 0; i < n; i++) {
		const qpdf_oh y = now(w, place(w->a, t->field, i));
		const qpdf_oh v = value_of_place(w, t, y);
		const qpdf_oh state = pdf_get(w->b, y, "/AS");
		const int has = has_state(w, y, v);

		has_value |= !is_empty(w->b, v);
		n_having += has;
		if (has && pdf_is_same(w->b, v, w->b, state))
			n_shown++;
		else if (!is_empty(w->b, state) || (has && !is_one))
			return another_look;
	}
	if (has_value && n_having == 0)
		return "a value that it does not show";
	return n_having > 0 && n_shown == 0 ? another_look : NULL;
}

/* What is wrong with one place of a field, or NULL. */
static const char *
check_place(struct pdf_walk *w, const struct pdf_node *t, qpdf_oh x)
{
	const qpdf_oh y = now(w, x), at = pdf_get(w->b, y, "/M");
	const qpdf_oh looks = pdf_get(w->a, x, "/AP");

	if (!pdf_is_null(w->b, at) && !qpdf_oh_is_string(w->b->q, at))
		return "its time";
	if (!pdf_is_same_object(w->a, x, t->field) &&
	    !is_value_of_place(w, t, y))
		return "a value of its place";
	/* Of a text /AS says nothing; one writer has it. */
	if (is_text(t) ? !is_good_look(w, x, y) : !is_good_state(w, x, y))
		return another_look;
	return excuse(w, x) && excuse(w, looks) &&
		excuse(w, pdf_get(w->a, looks, "/N"))
	    ? NULL
	    : "it is something else at once";
}

/* Is nothing of it another but when it was written? */
static int
is_seen_as_it_was(struct pdf_walk *w, qpdf_oh field)
{
	const int n = n_places(w->a, field);

	for (int i = 0; i < n; i++) {
		const qpdf_oh x = place(w->a, field, i), y = now(w, x);
		const qpdf_oh looks = pdf_get(w->a, x, "/AP");

		if (!is_same_key(w, x, y, "/AP") ||
		    !is_same_key(w, x, y, "/AS") || differs(w, looks) ||
		    differs(w, pdf_get(w->a, looks, "/N")))
			return 0;
	}
	return 1;
}

/* Has the field, or a place of it, another value?  Had any of them one? */
static void
compare_values(struct pdf_walk *w, const struct pdf_node *t, int *ret_is_other,
    int *ret_had)
{
	const int n = n_places(w->a, t->field);

	*ret_is_other = !is_same_key(w, t->field, now(w, t->field), "/V");
	*ret_had = !is_empty(w->a, t->value);
	for (int i = 0; i < n; i++) {
		const qpdf_oh x = place(w->a, t->field, i);

		*ret_is_other |= !is_same_key(w, x, now(w, x), "/V");
		*ret_had |= !is_empty(w->a, pdf_get(w->a, x, "/V"));
	}
}

/* What forbids that it is another, or NULL. */
static const char *
find_obstacle(
    struct pdf_walk *w, const struct pdf_node *t, int is_other, int had)
{
	struct pdf_refusal why = { 0 };

	if (w->form_a.permission == 1)
		return "it was certified against any change";
	if (w->form_a.has_xfa)
		return "it is one of an XFA form";
	if (pdf_form_allows(w->a, &w->form_a, t->name, &why) != FIRMA_OK)
		return "it was locked";
	if ((t->flags & READ_ONLY) != 0)
		return "it is read-only";
	if (!is_other)
		return another_look;
	/* A certification lets it be another; who approves means this one. */
	return w->certifies < 2 && had ? "it had a value" : NULL;
}

static void
name_filled(struct pdf_walk *w, const char *name)
{
	const size_t n = strlen(w->filled);

	(void)snprintf(w->filled + n, sizeof(w->filled) - n, "%s%s",
	    n == 0 ? "" : ", ", name);
	pdf_clean(w->filled);
}

static enum firma_err
check(
    struct pdf *p, const struct pdf_node *t, void *arg, struct pdf_refusal *why)
{
	struct pdf_walk *w = arg;
	const int n = n_places(p, t->field);
	const char *wrong = NULL;
	int is_other, had;
	qpdf_oh y;

	(void)why;
	if (!is_blank(t) || !field_differs(w, t->field))
		return FIRMA_OK;
	y = now(w, t->field);
	compare_values(w, t, &is_other, &had);
	if (is_other || !is_seen_as_it_was(w, t->field))
		wrong = find_obstacle(w, t, is_other, had);
	if (wrong == NULL && !is_value(w, t, y))
		wrong = "its value";
	for (int i = 0; i < n && wrong == NULL; i++)
		wrong = check_place(w, t, place(p, t->field, i));
	if (wrong == NULL && is_other && !is_text(t))
		wrong = check_states(w, t);
	if (wrong == NULL && !excuse(w, t->field))
		wrong = "it is something else at once";
	if (wrong != NULL)
		pdf_walk_changed(w, "field %.60s: %s", t->name, wrong);
	else if (is_other)
		name_filled(w, t->name);
	return FIRMA_OK;
}

enum firma_err
pdf_filled_check(struct pdf_walk *w, struct pdf_refusal *why)
{
	enum firma_err r;

	r = pdf_form_each(w->a, w->form_a.fields, check, w, why);
	for (int id = 0; r == FIRMA_OK && id < w->n; id++)
		if ((w->seen[id] & PDF_DIFFERS) != 0)
			pdf_walk_changed(w, "object %d", id);
	return r;
}
