/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields.h - the small JSON object of strings that a renewal keeps: the
 * company's data, receipts, the folio.
 */
#ifndef FIRMA_DAEMON_FIELDS_H
#define FIRMA_DAEMON_FIELDS_H

#include <jansson.h>

#include "agent/base/err.h"
#include "agent/renewal/profile.h"

/*
 * Write o (taken; NULL is out of memory) as text.  FIRMA_ERR_LIMIT when it does
 * not fit; ret is then untouched.
 */
FIRMA_CHECKED enum firma_err firma_fields_write(
    json_t *o, char *ret, size_t size, struct firma_cause *cause);

/*
 * Add to fields (text, of size) what a helper answered in a step.  Data of the
 * company fill what the certificate did not say, and stand beside it as
 * "portal_<name>"; anything else becomes "<step>.<name>".  Answers that are not
 * an object of strings, or too much, are left out.
 */
void firma_fields_merge(char *fields, size_t size,
    const struct firma_profile_step *step, const char *answer, size_t len);

#endif
