/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/relation.h"

#include <string.h>

static int
agree(const struct firma_identity *a, const struct firma_identity *b,
    const char *attribute)
{
	return firma_identity_compare(a, b, &attribute, 1, NULL, NULL) ==
	    FIRMA_OK;
}

/* A company's first request has " / " where the CURP would be. */
static int
has_curp(const struct firma_identity *id)
{
	return id->serial_number[strspn(id->serial_number, " /")] != '\0';
}

/* A company's request, and its representative's own certificate. */
static int
is_representative(
    const struct firma_identity *asked, const struct firma_identity *by)
{
	return asked->rfc[0] != '\0' && asked->representative_rfc[0] != '\0' &&
	    strchr(by->unique_identifier, '/') == NULL &&
	    strcmp(asked->representative_rfc, by->rfc) == 0 &&
	    (!has_curp(asked) ||
		(asked->curp[0] == '\0' && by->curp[0] != '\0' &&
		    strcmp(asked->representative_curp, by->curp) == 0));
}

struct firma_relation
firma_relation_of(const struct firma_request *request,
    const struct firma_identity *asked, const struct firma_certificate *signer,
    const struct firma_identity *by)
{
	struct firma_relation r = { FIRMA_RELATION_UNKNOWN, 0, 0,
		!firma_certificate_same_key(
		    signer, firma_buf_view(&request->spki_der)) };

	if (asked->unique_identifier[0] == '\0' ||
	    by->unique_identifier[0] == '\0')
		return r;
	r.rfc_differs = !agree(asked, by, "2.5.4.45");
	r.curp_differs = has_curp(asked) && !agree(asked, by, "2.5.4.5");
	if (!r.rfc_differs && !r.curp_differs)
		r.identity = FIRMA_RELATION_SAME;
	else if (is_representative(asked, by))
		r.identity = FIRMA_RELATION_REPRESENTATIVE;
	else
		r.identity = FIRMA_RELATION_OTHER;
	if (r.identity != FIRMA_RELATION_OTHER)
		r.rfc_differs = r.curp_differs = 0;
	return r;
}

const char *
firma_relation_name(enum firma_relation_kind k)
{
	static const char *const names[] = {
#define X(name, text) [FIRMA_RELATION_##name] = (text),
		FIRMA_RELATION_LIST(X)
#undef X
	};

	return (size_t)k < sizeof(names) / sizeof(names[0]) ? names[k]
							    : names[0];
}
