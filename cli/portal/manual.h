/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manual.h - the portal through a person with a browser: says what to do
 * there, which file to hand in, and takes the files that come out.
 */
#ifndef FIRMA_PORTAL_MANUAL_H
#define FIRMA_PORTAL_MANUAL_H

#include "cli/portal/answer.h"
#include "cli/portal/ask.h"

struct portal_manual {
	const char *dir; /* as the person sees it */
	char base[PORTAL_URL_MAX];
	struct portal_person person;
};

/* For struct portal_helper; cls is a struct portal_manual. */
void portal_manual_answer(void *cls, int dir, const struct portal_request *q,
    struct portal_answer *ret);

/* The DER inside a certificate in PEM; DER stays as it is. */
FIRMA_CHECKED enum firma_err portal_manual_der(
    struct firma_bytes v, struct firma_buf *ret);

#endif
