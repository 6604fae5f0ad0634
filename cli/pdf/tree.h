/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree.h - down a tree of dictionaries, as pages and fields are kept, with
 * bounds: each node has the nodes below it in an array, and may be its own.
 *
 * Sources: ISO 32000-1 7.7.3 (page tree), 12.7.3 (field hierarchy).
 * May include: agent/base, cli/pdf.  Does no I/O.
 */
#ifndef FIRMA_PDF_TREE_H
#define FIRMA_PDF_TREE_H

#include "cli/pdf/document.h"

/* Zero-initialise, but for the names; begin with pdf_tree_down(). */
struct pdf_tree {
	const char *of;   /* "the page tree", for refusals */
	const char *node; /* "a page" */
	struct {
		qpdf_oh kids;
		int next, n;
	} at[PDF_DEPTH_MAX];
	int depth; /* of those whose kids are being visited; 0: the end */
	long n_nodes;
};

/* Visit these next: an array.  Refuses what is deeper than PDF_DEPTH_MAX. */
FIRMA_CHECKED enum firma_err pdf_tree_down(
    struct pdf *p, struct pdf_tree *t, qpdf_oh kids, struct pdf_refusal *why);

/*
 * The next node: a kid of level t->depth - 1; 0 after the last.  Refuses more
 * than PDF_NODES_MAX, and what is no dictionary.
 */
FIRMA_CHECKED enum firma_err pdf_tree_next(struct pdf *p, struct pdf_tree *t,
    qpdf_oh *ret_node, struct pdf_refusal *why);

#endif
