/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refusal.h - why the portal says no: an HTTP status and a Spanish sentence.
 */
#ifndef FIRMA_REHEARSAL_REFUSAL_H
#define FIRMA_REHEARSAL_REFUSAL_H

#include "agent/base/err.h"

#define REHEARSAL_REFUSAL_MAX 320 /* octets, with the terminating zero */

struct rehearsal_refusal {
	unsigned int status; /* 4xx, or 500 for the portal's own fault */
	char text[REHEARSAL_REFUSAL_MAX]; /* UTF-8, for the person */
};

/* Fill r and return FIRMA_ERR_PORTAL_REJECTED, for `return`. */
FIRMA_CHECKED enum firma_err rehearsal_refuse(
    struct rehearsal_refusal *r, unsigned int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Status 500 and FIRMA_ERR_INTERNAL: the portal itself failed. */
FIRMA_CHECKED enum firma_err rehearsal_fault(
    struct rehearsal_refusal *r, const char *what);

#endif
