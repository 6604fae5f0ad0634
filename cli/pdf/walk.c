/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdf/walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/own.h"
#include "cli/pdf/same.h"

#define NESTED_MAX 600 /* direct objects in one another: qpdf takes 500 */

void
pdf_walk_done(struct pdf_walk *w)
{
	free(w->seen);
	free(w->roles);
	free(w->queue);
	free(w->generations);
}

void
pdf_walk_changed(struct pdf_walk *w, const char *fmt, ...)
{
	va_list ap;

	if (w->what[0] != '\0')
		return;
	va_start(ap, fmt);
	(void)vsnprintf(w->what, sizeof(w->what), fmt, ap);
	va_end(ap);
	pdf_clean(w->what);
}

void
pdf_walk_role(struct pdf_walk *w, qpdf_oh o, enum pdf_role role)
{
	const int id = qpdf_oh_get_object_id(w->a->q, o);

	if (!qpdf_oh_is_indirect(w->a->q, o) || id <= 0 || id >= w->n)
		return;
	if (w->roles[id] != PDF_ROLE_PLAIN && w->roles[id] != role)
		pdf_walk_changed(w, "object %d is several things at once", id);
	w->roles[id] = (uint8_t)role;
}

void
pdf_walk_role_of_blank(struct pdf_walk *w, qpdf_oh o, enum pdf_role role)
{
	const int id = qpdf_oh_get_object_id(w->a->q, o);

	if (!qpdf_oh_is_indirect(w->a->q, o) || id <= 0 || id >= w->n)
		return;
	if (w->roles[id] == PDF_ROLE_PLAIN)
		w->roles[id] = (uint8_t)role;
	else
		w->seen[id] |= PDF_SHARED;
}

uint8_t *
pdf_walk_flags(struct pdf_walk *w, qpdf_oh o)
{
	static uint8_t none;
	const int id = qpdf_oh_get_object_id(w->a->q, o);

	none = 0;
	return qpdf_oh_is_indirect(w->a->q, o) && id > 0 && id < w->n
	    ? &w->seen[id]
	    : &none;
}

void
pdf_walk_enqueue(struct pdf_walk *w, struct pdf *p, qpdf_oh o)
{
	const int id = qpdf_oh_get_object_id(p->q, o);
	const int generation = qpdf_oh_get_generation(p->q, o);

	/* Neither state has a number that is larger. */
	if (id <= 0 || id >= w->n)
		return;
	if (w->seen[id] & PDF_SEEN) {
		if (w->generations[id] != generation)
			pdf_walk_changed(
			    w, "object %d is several things at once", id);
		return;
	}
	w->seen[id] |= PDF_SEEN;
	w->generations[id] = generation;
	w->queue[w->tail++] = id;
}

/* From where something is referred to. */
struct place {
	enum pdf_role role; /* of the object, or the part of it */
	const char *key;    /* of that; of an array's items: the array's */
	int is_objr;        /* the structure tree's way to an annotation */
	int is_sigref;      /* a signature's, to what it says something of */
};

/* What a direct object is, by where it is. */
static enum pdf_role
role_at(const struct place *at)
{
	if (at->role == PDF_ROLE_CATALOG && strcmp(at->key, "/AcroForm") == 0)
		return PDF_ROLE_FORM;
	if (at->role == PDF_ROLE_FORM && strcmp(at->key, "/Fields") == 0)
		return PDF_ROLE_FIELDS;
	if (at->role == PDF_ROLE_PAGE && strcmp(at->key, "/Annots") == 0)
		return PDF_ROLE_ANNOTS;
	if (at->role == PDF_ROLE_BLANK && strcmp(at->key, "/AP") == 0)
		return PDF_ROLE_LOOKS;
	return PDF_ROLE_PLAIN;
}

/*
 * Of an object with a role some parts may change, since they mean nothing but
 * what the role says: so nothing else may refer to it.
 */
static int
may_refer(enum pdf_role role, const struct place *at)
{
	switch (role) {
	case PDF_ROLE_CATALOG:
		return at->is_sigref && strcmp(at->key, "/Data") == 0;
	case PDF_ROLE_FORM:
	case PDF_ROLE_FIELDS:
	case PDF_ROLE_ANNOTS:
		return role_at(at) == role;
	case PDF_ROLE_FIELD:
		return at->role == PDF_ROLE_FIELDS ||
		    at->role == PDF_ROLE_ANNOTS ||
		    strcmp(at->key, "/Kids") == 0 ||
		    strcmp(at->key, "/Parent") == 0 ||
		    (at->is_objr && strcmp(at->key, "/Obj") == 0);
	case PDF_ROLE_BLANK:
		/* Also what is computed, submitted, reset, in which order. */
		return may_refer(PDF_ROLE_FIELD, at) ||
		    strcmp(at->key, "/CO") == 0 ||
		    strcmp(at->key, "/Fields") == 0;
	case PDF_ROLE_LOOKS:
		return role_at(at) == role;
	case PDF_ROLE_LOOK:
		return at->role == PDF_ROLE_LOOKS && strcmp(at->key, "/N") == 0;
	case PDF_ROLE_PLAIN:
	case PDF_ROLE_PAGE:
		break;
	}
	return 1;
}

static const char *const of_catalog[] = { "/AcroForm", "/Extensions", "/DSS",
	"/Metadata", NULL };
static const char *const of_page[] = { "/Annots", NULL };
static const char *const of_field[] = { "/V", "/AP", "/F", "/MK", "/M", NULL };
static const char *const of_blank[] = { "/V", "/RV", "/AP", "/AS", "/I", "/M",
	NULL };
static const char *const of_form[] = { "/Fields", "/SigFlags", "/DR", NULL };
/* Some writers give a form what its first field needs. */
static const char *const of_new_form[] = { "/Fields", "/SigFlags", "/DR", "/DA",
	NULL };

const char *const *
pdf_walk_free_keys(const struct pdf_walk *w, enum pdf_role role)
{
	static const char *const none[] = { NULL };

	switch (role) {
	case PDF_ROLE_CATALOG:
		return of_catalog;
	case PDF_ROLE_PAGE:
		return of_page;
	case PDF_ROLE_FIELD:
		return of_field;
	case PDF_ROLE_FORM:
		return w->is_new_form ? of_new_form : of_form;
	case PDF_ROLE_BLANK:
		return of_blank;
	case PDF_ROLE_PLAIN:
	case PDF_ROLE_FIELDS:
	case PDF_ROLE_ANNOTS:
	case PDF_ROLE_LOOKS:
	case PDF_ROLE_LOOK:
		break;
	}
	return none;
}

/* May it differ, by what it is part of?  (It is compared in other ways.) */
static int
is_free(const struct pdf_walk *w, enum pdf_role role, const char *key)
{
	/* A form that was there is followed. */
	if (role == PDF_ROLE_CATALOG && strcmp(key, "/AcroForm") == 0 &&
	    !pdf_is_null(w->a, w->form_a.form))
		return 0;
	return pdf_is_one_of(key, pdf_walk_free_keys(w, role));
}

static void
refuse_reference(struct pdf_walk *w, int id)
{
	if (w->roles[id] < PDF_ROLE_BLANK)
		pdf_walk_changed(w, "object %d is several things at once", id);
	else
		w->seen[id] |= PDF_SHARED; /* and must not differ */
}

static void follow_from(struct pdf_walk *w, struct pdf *p, qpdf_oh o,
    const struct place *from, int depth);

static void
follow_keys(
    struct pdf_walk *w, struct pdf *p, qpdf_oh d, enum pdf_role role, int depth)
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
			pdf_walk_changed(w, "a dictionary is too large");
	}
	for (size_t at = 0; at < keys.len;
	     at += strlen((const char *)keys.at + at) + 1) {
		const struct place here = { role, (const char *)keys.at + at,
			is_objr, is_sigref };
		qpdf_oh item;

		if (p == w->b && is_free(w, role, here.key))
			continue;
		item = qpdf_oh_get_key(q, d, here.key);
		follow_from(w, p, item, &here, depth + 1);
		qpdf_oh_release(q, item);
	}
}

/*
 * Everything that o refers to is looked at later.  A reference to what is not
 * there is no part of a dictionary for qpdf: so the later state is followed as
 * well, where it is there, but for what may differ.
 */
static void
follow_from(struct pdf_walk *w, struct pdf *p, qpdf_oh o,
    const struct place *from, int depth)
{
	qpdf_data q = p->q;
	const int id = qpdf_oh_get_object_id(q, o);
	enum pdf_role role;

	if (qpdf_oh_is_indirect(q, o) && depth > 0) {
		if (id > 0 && id < w->n &&
		    !may_refer((enum pdf_role)w->roles[id], from))
			refuse_reference(w, id);
		pdf_walk_enqueue(w, p, o);
		return;
	}
	role = depth == 0 ? from->role : role_at(from);
	if (p == w->b && (role == PDF_ROLE_FIELDS || role == PDF_ROLE_ANNOTS))
		return;
	if (depth > NESTED_MAX) {
		pdf_walk_changed(w, "objects are nested too deeply");
	} else if (qpdf_oh_is_array(q, o)) {
		const struct place here = { role, from->key, 0, 0 };
		const int n = qpdf_oh_get_array_n_items(q, o);

		for (int i = 0; i < n; i++) {
			const qpdf_oh item = qpdf_oh_get_array_item(q, o, i);

			follow_from(w, p, item, &here, depth + 1);
			qpdf_oh_release(q, item);
		}
	} else if (qpdf_oh_is_stream(q, o)) {
		follow_keys(w, p, qpdf_oh_get_dict(q, o), role, depth);
	} else if (qpdf_oh_is_dictionary(q, o)) {
		follow_keys(w, p, o, role, depth);
	}
}

void
pdf_walk_follow(
    struct pdf_walk *w, struct pdf *p, qpdf_oh o, enum pdf_role role)
{
	const struct place from = { role, "", 0, 0 };

	follow_from(w, p, o, &from, 0);
}

int
pdf_walk_is_old(struct pdf_walk *w, qpdf_oh o)
{
	const int id = qpdf_oh_get_object_id(w->b->q, o);

	return id > 0 && id < w->n &&
	    ((w->seen[id] & PDF_SEEN) || w->roles[id] != PDF_ROLE_PLAIN ||
		!pdf_is_null(w->a,
		    qpdf_get_object_by_id(
			w->a->q, id, qpdf_oh_get_generation(w->b->q, o))));
}
