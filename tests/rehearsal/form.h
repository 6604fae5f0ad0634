/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form.h - the fields of a request, bounded in number and size.
 */
#ifndef FIRMA_REHEARSAL_FORM_H
#define FIRMA_REHEARSAL_FORM_H

#include <stdint.h>

#include "agent/base/buf.h"

#define REHEARSAL_FIELDS_MAX     16
#define REHEARSAL_FIELD_NAME_MAX 32 /* octets, with the terminating zero */
#define REHEARSAL_FORM_MAX       ((size_t)256 * 1024) /* octets of all values */

struct rehearsal_form {
	struct {
		char name[REHEARSAL_FIELD_NAME_MAX];
		struct firma_buf value;
	} at[REHEARSAL_FIELDS_MAX];
	size_t n, total;
};

/* Append to the field, making it when off is 0.  FIRMA_ERR_LIMIT. */
FIRMA_CHECKED enum firma_err rehearsal_form_put(struct rehearsal_form *f,
    const char *name, uint64_t off, struct firma_bytes v);
void rehearsal_form_done(struct rehearsal_form *f);

/* { NULL, 0 } when there is none. */
struct firma_bytes rehearsal_form_get(
    const struct rehearsal_form *f, const char *name);

/* A text field; "" when missing, over len - 1 octets, or with a zero octet. */
void rehearsal_form_text(
    const struct rehearsal_form *f, const char *name, char *ret, size_t len);

/* The uploaded document `archivo`: DER as it is, PEM decoded.  May be empty. */
FIRMA_CHECKED enum firma_err rehearsal_form_document(
    const struct rehearsal_form *f, struct firma_buf *ret);

#endif
