/* SPDX-License-Identifier: Apache-2.0 */
/*
 * idse.h - IDSE over HTTP: one operation, one POST.
 */
#ifndef FIRMA_PORTAL_IDSE_H
#define FIRMA_PORTAL_IDSE_H

#include "cli/portal/http.h"

/* What `open` made; zero-initialise, end with _done. */
struct portal_idse {
	struct portal_http *http;
	struct portal_url at;
	json_t *endpoints;
};

void portal_idse_done(struct portal_idse *idse);

/* For struct portal_helper; cls is a struct portal_idse. */
void portal_idse_answer(void *cls, int dir, const struct portal_request *q,
    struct portal_answer *ret);

/*
 * A login as IDSE's public clients send it: PEM armour "PKCS7" around the DER
 * without any line end, the BEGIN line dropped, the END line kept.
 */
FIRMA_CHECKED enum firma_err portal_idse_armour(
    struct firma_bytes der, struct firma_buf *ret);

#endif
