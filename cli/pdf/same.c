/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdf/same.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/own.h"

int
pdf_is_same(struct pdf *a, qpdf_oh x, struct pdf *b, qpdf_oh y)
{
	/* Each document keeps its last text alone: a and b may be one. */
	FIRMA_OWN(firma_mem_done) char *one = strdup(qpdf_oh_unparse(a->q, x));

	return one != NULL && strcmp(one, qpdf_oh_unparse(b->q, y)) == 0;
}

int
pdf_is_same_resolved(struct pdf *a, qpdf_oh x, struct pdf *b, qpdf_oh y)
{
	FIRMA_OWN(firma_mem_done)
	char *one = strdup(qpdf_oh_unparse_resolved(a->q, x));

	return one != NULL &&
	    strcmp(one, qpdf_oh_unparse_resolved(b->q, y)) == 0;
}

int
pdf_is_same_stream(struct pdf *a, qpdf_oh x, struct pdf *b, qpdf_oh y)
{
	unsigned char *one = NULL, *two = NULL;
	size_t n = 0, m = 0;
	int same;

	if (!qpdf_oh_is_stream(b->q, y) ||
	    !pdf_is_same_resolved(
		a, qpdf_oh_get_dict(a->q, x), b, qpdf_oh_get_dict(b->q, y)))
		return 0;
	same = qpdf_oh_get_stream_data(a->q, x, qpdf_dl_none, NULL, &one, &n) <
		QPDF_ERRORS &&
	    qpdf_oh_get_stream_data(b->q, y, qpdf_dl_none, NULL, &two, &m) <
		QPDF_ERRORS &&
	    n == m && (n == 0 || memcmp(one, two, n) == 0);
	free(one);
	free(two);
	return same;
}

int
pdf_is_same_object(struct pdf *p, qpdf_oh x, qpdf_oh y)
{
	return qpdf_oh_is_indirect(p->q, x) && qpdf_oh_is_indirect(p->q, y) &&
	    qpdf_oh_get_object_id(p->q, x) == qpdf_oh_get_object_id(p->q, y) &&
	    qpdf_oh_get_generation(p->q, x) == qpdf_oh_get_generation(p->q, y);
}

int
pdf_is_one_of(const char *key, const char *const *keys)
{
	for (; *keys != NULL; keys++)
		if (strcmp(key, *keys) == 0)
			return 1;
	return 0;
}

int
pdf_has_only(struct pdf *p, qpdf_oh d, const char *const *keys)
{
	qpdf_oh_begin_dict_key_iter(p->q, d);
	while (qpdf_oh_dict_more_keys(p->q))
		if (!pdf_is_one_of(qpdf_oh_dict_next_key(p->q), keys))
			return 0;
	return 1;
}
