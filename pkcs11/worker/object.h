/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object.h - find objects on the token and read their attributes.
 *
 * Every failure passes through firma_token_fail(), so that a token that went
 * is noticed wherever it is.
 */
#ifndef FIRMA_WORKER_OBJECT_H
#define FIRMA_WORKER_OBJECT_H

#include "agent/base/buf.h"
#include "pkcs11/worker/session.h"

#define FIRMA_ID_MAX        64    /* octets of a CKA_ID */
#define FIRMA_OBJECTS_MAX   4096  /* of one class on one token */
#define FIRMA_ATTRIBUTE_MAX 32768 /* octets of one attribute's value */

struct firma_object {
	CK_OBJECT_HANDLE handle;
	uint8_t id[FIRMA_ID_MAX];
	size_t id_len;
};

struct firma_objects {
	struct firma_object *list;
	size_t n;
};
void firma_objects_done(struct firma_objects *o);

/*
 * Handles of all objects of a class with this CKA_ID (empty id: all of the
 * class) that are on the token and can be seen.  At most max.
 */
FIRMA_CHECKED enum firma_err firma_object_find(struct firma_session *s,
    CK_OBJECT_CLASS class, struct firma_bytes id, CK_OBJECT_HANDLE *ret,
    size_t max, size_t *ret_n, struct firma_cause *cause);

/* All of a class, with their ids.  Those with a longer id are left out. */
FIRMA_CHECKED enum firma_err firma_object_list(struct firma_session *s,
    CK_OBJECT_CLASS class, struct firma_objects *ret,
    struct firma_cause *cause);

/* Append an attribute's value.  FIRMA_ERR_NOT_FOUND: the object has none. */
FIRMA_CHECKED enum firma_err firma_object_bytes(struct firma_session *s,
    CK_OBJECT_HANDLE h, CK_ATTRIBUTE_TYPE type, struct firma_buf *ret,
    struct firma_cause *cause);

/* The same for numbers and flags; what the object does not have is unset. */
FIRMA_CHECKED enum firma_err firma_object_ulong(struct firma_session *s,
    CK_OBJECT_HANDLE h, CK_ATTRIBUTE_TYPE type, CK_ULONG *ret,
    struct firma_cause *cause);
bool firma_object_flag(
    struct firma_session *s, CK_OBJECT_HANDLE h, CK_ATTRIBUTE_TYPE type);

/* PKCS#11 takes what it only reads through pointers that are not const. */
static inline void *
firma_unconst(const void *p)
{
	union {
		const void *in;
		void *out;
	} u = { .in = p };

	return u.out;
}

#endif
