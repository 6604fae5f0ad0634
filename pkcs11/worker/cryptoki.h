/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cryptoki.h - the one place that includes PKCS#11's own header, and what an
 * answer of a module means to us.
 *
 * Source: PKCS#11 v2.40 base specification, section 5.1 (return values).
 * May include: agent/base.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_WORKER_CRYPTOKI_H
#define FIRMA_WORKER_CRYPTOKI_H

#include <p11-kit/pkcs11.h>

#include <stdbool.h>

#include "agent/base/err.h"

/* "CKR_PIN_INCORRECT"; "CKR_VENDOR_DEFINED" or "CKR_?" when not in the table. */
const char *firma_ckr_name(CK_RV rv);

/* Does it say no more than that something went wrong? */
bool firma_ckr_is_unclear(CK_RV rv);

/* What the value means when nothing more is known about the call. */
enum firma_err firma_ckr_err(CK_RV rv);

/*
 * Fill the cause with the call's name and the value's, and return
 * firma_ckr_err(rv).  CKR_OK gives FIRMA_ERR_INTERNAL: a caller's mistake.
 */
FIRMA_CHECKED enum firma_err firma_ckr_fail(
    struct firma_cause *cause, const char *call, CK_RV rv);

#endif
