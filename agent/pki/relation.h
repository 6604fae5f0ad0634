/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relation.h - a certificate request beside the certificate that signed it.
 *
 * The tax authority's rule: the request of a renewal repeats 2.5.4.45 and
 * 2.5.4.5 of the certificate that signs it.  A company's ("RFC / the
 * representative's RFC", " / the representative's CURP") may also be signed with
 * the certificate of just that representative.  A request that leaves the CURP
 * out, as a company's first one does, is compared by the RFCs.
 * May include: agent/base, agent/pki.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_PKI_RELATION_H
#define FIRMA_PKI_RELATION_H

#include "agent/pki/identity.h"
#include "agent/pki/request.h"

/* clang-format off */
/*  name            for programs (stable) */
#define FIRMA_RELATION_LIST(X) \
	X(UNKNOWN,        "unknown")        /* an identifier is missing */ \
	X(SAME,           "same")           /* both attributes agree */ \
	X(REPRESENTATIVE, "representative") /* the signer is whom it names */ \
	X(OTHER,          "other")
/* clang-format on */

enum firma_relation_kind {
#define X(name, text) FIRMA_RELATION_##name,
	FIRMA_RELATION_LIST(X)
#undef X
};

struct firma_relation {
	enum firma_relation_kind identity;
	int rfc_differs, curp_differs; /* with FIRMA_RELATION_OTHER */
	int is_new_key;                /* not the signer's own */
};

/* Pure.  Names are compared as they are read, not as they are encoded. */
struct firma_relation firma_relation_of(const struct firma_request *request,
    const struct firma_identity *asked, const struct firma_certificate *signer,
    const struct firma_identity *signed_by);

/* "same", ...; never NULL. */
const char *firma_relation_name(enum firma_relation_kind k);

#endif
