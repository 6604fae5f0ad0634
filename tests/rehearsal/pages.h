/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages.h - the portal's pages in Spanish, for a person with a browser.
 */
#ifndef FIRMA_REHEARSAL_PAGES_H
#define FIRMA_REHEARSAL_PAGES_H

#include "tests/rehearsal/company.h"

/*
 * Where a login lands.  The mark stands in that page alone: programs know the
 * page by it, as they must on the real portal.
 */
#define REHEARSAL_PAGE_LIST(X)                                             \
	X(EXPIRED, "expired", "Su certificado digital ya no está vigente") \
	X(CONDITIONS, "conditions",                                        \
	    "Falta firmar la Carta de Condiciones de Uso")                 \
	X(HOME, "home", "Bienvenido a IDSE de ensayo")

enum rehearsal_page {
#define X(id, name, mark) REHEARSAL_PAGE_##id,
	REHEARSAL_PAGE_LIST(X)
#undef X
	    REHEARSAL_N_PAGES
};

const char *rehearsal_page_name(enum rehearsal_page p);

/* The page for this session's certificate, by the stage of the renewal. */
enum rehearsal_page rehearsal_page_of(
    const json_t *company, enum rehearsal_role role);

/* Each appends an HTML document; FIRMA_ERR_NOMEM. */
FIRMA_CHECKED enum firma_err rehearsal_page_login(
    struct firma_bytes challenge, struct firma_buf *ret);
FIRMA_CHECKED enum firma_err rehearsal_page_company(const json_t *company,
    enum rehearsal_role role, enum rehearsal_page page, struct firma_buf *ret);
FIRMA_CHECKED enum firma_err rehearsal_page_refusal(
    unsigned int status, const char *why, struct firma_buf *ret);

#endif
