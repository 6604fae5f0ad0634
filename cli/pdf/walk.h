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
	PDF_ROLE_FIELD
};

struct pdf_walk {
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
/* For FIRMA_OWN. */
void pdf_walk_done(struct pdf_walk *w);

/* Keep what was changed, unless something was before. */
void pdf_walk_changed(struct pdf_walk *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* o, of the state a, is this; a direct object is by where it is. */
void pdf_walk_role(struct pdf_walk *w, qpdf_oh o, enum pdf_role role);

/* o of p is to be looked at, if it was not yet. */
void pdf_walk_enqueue(struct pdf_walk *w, struct pdf *p, qpdf_oh o);

/* All that o refers to is to be looked at; role is its own. */
void pdf_walk_follow(
    struct pdf_walk *w, struct pdf *p, qpdf_oh o, enum pdf_role role);

/* Keys that may differ, up to NULL: they are compared in other ways. */
const char *const *pdf_walk_free_keys(
    const struct pdf_walk *w, enum pdf_role role);

/* Has o, of the state b, a number that was something else before? */
int pdf_walk_is_old(struct pdf_walk *w, qpdf_oh o);

#endif
