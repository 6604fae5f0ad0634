/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk.h - two states of one document, walked side by side: which objects belong
 * to what was signed, what each of them is, and what refers to it.
 *
 * Of an object with a role some parts may change, since they mean nothing but
 * what the role says; so nothing else may refer to it.
 *
 * May include: agent/base, cli/pdf.  Does no I/O.
 */
#ifndef FIRMA_PDF_WALK_H
#define FIRMA_PDF_WALK_H

#include "cli/pdf/changes.h"
#include "cli/pdf/form.h"

/* What an object is, and so what of it a later signature may change. */
enum pdf_role {
	PDF_ROLE_PLAIN,
	PDF_ROLE_CATALOG,
	PDF_ROLE_FORM,
	PDF_ROLE_FIELDS,
	PDF_ROLE_PAGE,
	PDF_ROLE_ANNOTS,
	PDF_ROLE_FIELD, /* a signature's, that waits; or its place */
	PDF_ROLE_BLANK, /* another field, to be filled in; or a place of it */
	PDF_ROLE_LOOKS, /* the dictionary of how that is seen */
	PDF_ROLE_LOOK   /* the stream in it */
};

/* Of an object, by number. */
#define PDF_SEEN    1 /* it belongs to what was signed */
#define PDF_DIFFERS 2 /* it may, by its role, and it does: filled.h */
#define PDF_SHARED  4 /* it may not, since something else refers to it */

struct pdf_walk {
	struct pdf *a, *b; /* what was signed, and what there is now */
	struct pdf_form form_a, form_b;
	int is_new_form;       /* of a: it has no field at all */
	int n;                 /* numbers of either are below it */
	uint8_t *seen, *roles; /* by number, as all these */
	int *generations;      /* under which a refers to it */
	int *queue;            /* numbers */
	size_t head, tail;
	int certifies; /* the permission of the signature that was given, or 0 */
	char what[PDF_CHANGE_MAX];   /* "": no change so far */
	char filled[PDF_CHANGE_MAX]; /* names of fields, filled in since */
};
/* For FIRMA_OWN. */
void pdf_walk_done(struct pdf_walk *w);

/* Keep what was changed, unless something was before. */
void pdf_walk_changed(struct pdf_walk *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* o, of the state a, is this; a direct object is by where it is. */
void pdf_walk_role(struct pdf_walk *w, qpdf_oh o, enum pdf_role role);

/*
 * The same for BLANK, LOOKS and LOOK.  What is something else as well stays
 * that; what is the same of two is shared.
 */
void pdf_walk_role_of_blank(struct pdf_walk *w, qpdf_oh o, enum pdf_role role);

/* o of p is to be looked at, if it was not yet. */
void pdf_walk_enqueue(struct pdf_walk *w, struct pdf *p, qpdf_oh o);

/* All that o refers to is to be looked at; role is its own. */
void pdf_walk_follow(
    struct pdf_walk *w, struct pdf *p, qpdf_oh o, enum pdf_role role);

/* Keys that may differ, up to NULL: they are compared in other ways. */
const char *const *pdf_walk_free_keys(
    const struct pdf_walk *w, enum pdf_role role);

/* The flags of o, of the state a; none of a direct object. */
uint8_t *pdf_walk_flags(struct pdf_walk *w, qpdf_oh o);

/* Has o, of the state b, a number that was something else before? */
int pdf_walk_is_old(struct pdf_walk *w, qpdf_oh o);

#endif
