/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.h - one page of a PDF, and how many there are.
 *
 * The tree is walked here, with bounds: qpdf's own pages are found by repairing
 * the tree where it is broken.
 *
 * Sources: ISO 32000-1 7.7.3 (page tree, inherited attributes; UserUnit).
 * May include: agent/base, cli/pdf.  Does no I/O.
 */
#ifndef FIRMA_PDF_PAGE_H
#define FIRMA_PDF_PAGE_H

#include "cli/pdf/document.h"

struct pdf_page {
	qpdf_oh page;  /* a dictionary, indirect */
	double box[4]; /* of what is shown, in user space: the crop box */
	int rotate;    /* 0, 90, 180, 270: clockwise, when it is shown */
	double unit;   /* points, of one unit of user space: nearly always 1 */
	/* its annotations are an array of its own that other pages have too */
	int shares_annots;
	int n_pages; /* of the document */
};

/*
 * The page with this number, from 1; 0: the last one.  Refuses a broken or endless tree, and
 * a number that no page has.
 */
FIRMA_CHECKED enum firma_err pdf_page_find(struct pdf *p, long long number,
    struct pdf_page *ret, struct pdf_refusal *why);

/*
 * The page that has this annotation (an indirect object) among its own;
 * *ret_number is 0 when none has it, and ret then untouched.
 */
FIRMA_CHECKED enum firma_err pdf_page_of_annotation(struct pdf *p,
    qpdf_oh annotation, struct pdf_page *ret, long long *ret_number,
    struct pdf_refusal *why);

/* Call fn for each page in turn, until it gives another than FIRMA_OK. */
typedef enum firma_err pdf_page_fn(
    struct pdf *p, qpdf_oh page, long long number, void *arg);
FIRMA_CHECKED enum firma_err pdf_page_each(
    struct pdf *p, pdf_page_fn *fn, void *arg, struct pdf_refusal *why);

#endif
