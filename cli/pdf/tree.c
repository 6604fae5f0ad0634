/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdf/tree.h"

enum firma_err
pdf_tree_down(
    struct pdf *p, struct pdf_tree *t, qpdf_oh kids, struct pdf_refusal *why)
{
	if (t->depth == PDF_DEPTH_MAX)
		return pdf_refuse(why, PDF_DAMAGED, "%s is deeper than %d",
		    t->of, PDF_DEPTH_MAX);
	t->at[t->depth].kids = kids;
	t->at[t->depth].next = 0;
	t->at[t->depth].n = qpdf_oh_get_array_n_items(p->q, kids);
	t->depth++;
	return FIRMA_OK;
}

enum firma_err
pdf_tree_next(struct pdf *p, struct pdf_tree *t, qpdf_oh *ret_node,
    struct pdf_refusal *why)
{
	qpdf_oh node;
	int top;

	while (
	    t->depth > 0 && t->at[t->depth - 1].next == t->at[t->depth - 1].n)
		t->depth--;
	*ret_node = 0;
	if (t->depth == 0)
		return FIRMA_OK;
	if (++t->n_nodes > PDF_NODES_MAX)
		return pdf_refuse(why, PDF_LIMIT, "%s has more than %d nodes",
		    t->of, PDF_NODES_MAX);
	top = t->depth - 1;
	node = qpdf_oh_get_array_item(p->q, t->at[top].kids, t->at[top].next++);
	if (!pdf_is_dict(p, node))
		return pdf_refuse(
		    why, PDF_DAMAGED, "%s is no dictionary", t->node);
	*ret_node = node;
	return FIRMA_OK;
}
