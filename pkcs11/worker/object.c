/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/worker/object.h"

#include <string.h>

#include "agent/base/own.h"

#define BATCH 64 /* handles asked for at once */

void
firma_objects_done(struct firma_objects *o)
{
	free(o->list);
	*o = (struct firma_objects){ 0 };
}

FIRMA_CHECKED static enum firma_err
fail(struct firma_session *s, struct firma_cause *cause, const char *call,
    CK_RV rv)
{
	return firma_session_fail(s, cause, call, rv);
}

enum firma_err
firma_object_find(struct firma_session *s, CK_OBJECT_CLASS class,
    struct firma_bytes id, CK_OBJECT_HANDLE *ret, size_t max, size_t *ret_n,
    struct firma_cause *cause)
{
	const CK_FUNCTION_LIST_PTR f = s->token->module->f;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE what[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_ID, firma_unconst(id.at), id.len },
	};
	size_t n = 0;
	CK_ULONG got;
	enum firma_err r;
	CK_RV rv, end;

	if ((r = firma_session_need(s, cause)) != FIRMA_OK)
		return r;
	rv = f->C_FindObjectsInit(s->handle, what, id.len == 0 ? 2 : 3);
	if (rv != CKR_OK) {
		/* It may have begun all the same, and would be in the way. */
		r = fail(s, cause, "C_FindObjectsInit", rv);
		firma_session_done(s);
		return r;
	}
	do {
		const size_t room = max - n < BATCH ? max - n : BATCH;

		got = 0;
		if (room == 0)
			break;
		rv = f->C_FindObjects(s->handle, ret + n, room, &got);
		n += got <= room ? got : room;
	} while (rv == CKR_OK && got != 0);
	end = f->C_FindObjectsFinal(s->handle);
	if (rv != CKR_OK)
		return fail(s, cause, "C_FindObjects", rv);
	/* A search that cannot be ended is ended with its session; some
	 * modules end it by themselves when it is exhausted. */
	if (end != CKR_OK && end != CKR_OPERATION_NOT_INITIALIZED) {
		r = fail(s, cause, "C_FindObjectsFinal", end);
		firma_session_done(s);
		return r;
	}
	*ret_n = n;
	return FIRMA_OK;
}

enum firma_err
firma_object_list(struct firma_session *s, CK_OBJECT_CLASS class,
    struct firma_objects *ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_objects_done) struct firma_objects o = { 0 };
	FIRMA_OWN(firma_mem_done) CK_OBJECT_HANDLE *handles = NULL;
	size_t n = 0;
	enum firma_err r;

	if ((handles = calloc(FIRMA_OBJECTS_MAX, sizeof(*handles))) == NULL)
		return FIRMA_ERR_NOMEM;
	if ((r = firma_object_find(s, class, firma_bytes_of(NULL, 0), handles,
		 FIRMA_OBJECTS_MAX, &n, cause)) != FIRMA_OK)
		return r;
	if ((o.list = calloc(n + 1, sizeof(*o.list))) == NULL)
		return FIRMA_ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		struct firma_object *to = &o.list[o.n];
		CK_ATTRIBUTE id = { CKA_ID, to->id, sizeof(to->id) };
		const CK_RV rv = s->token->module->f->C_GetAttributeValue(
		    s->handle, handles[i], &id, 1);

		if (rv == CKR_OBJECT_HANDLE_INVALID ||
		    rv == CKR_BUFFER_TOO_SMALL ||
		    (rv == CKR_OK && id.ulValueLen > sizeof(to->id)))
			continue;
		if (rv != CKR_OK && rv != CKR_ATTRIBUTE_TYPE_INVALID)
			return fail(s, cause, "C_GetAttributeValue", rv);
		to->handle = handles[i];
		to->id_len = rv == CKR_OK ? id.ulValueLen : 0;
		o.n++;
	}
	*ret = o;
	o = (struct firma_objects){ 0 };
	return FIRMA_OK;
}

enum firma_err
firma_object_bytes(struct firma_session *s, CK_OBJECT_HANDLE h,
    CK_ATTRIBUTE_TYPE type, struct firma_buf *ret, struct firma_cause *cause)
{
	CK_ATTRIBUTE a = { type, NULL, 0 };
	const CK_FUNCTION_LIST_PTR f = s->token->module->f;
	CK_ULONG room;
	enum firma_err r;
	CK_RV rv;

	if ((r = firma_session_need(s, cause)) != FIRMA_OK)
		return r;
	rv = f->C_GetAttributeValue(s->handle, h, &a, 1);
	if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE ||
	    (rv == CKR_OK &&
		(a.ulValueLen == 0 ||
		    a.ulValueLen == CK_UNAVAILABLE_INFORMATION)))
		return FIRMA_ERR_NOT_FOUND;
	if (rv != CKR_OK)
		return fail(s, cause, "C_GetAttributeValue", rv);
	if (a.ulValueLen > FIRMA_ATTRIBUTE_MAX)
		return FIRMA_ERR_LIMIT;
	if ((r = firma_buf_reserve(ret, a.ulValueLen)) != FIRMA_OK)
		return r;
	a.pValue = ret->at + ret->len;
	room = a.ulValueLen;
	if ((rv = f->C_GetAttributeValue(s->handle, h, &a, 1)) != CKR_OK)
		return fail(s, cause, "C_GetAttributeValue", rv);
	/* A module may say that it wrote more than there was room for. */
	if (a.ulValueLen > room)
		return firma_fail(cause, FIRMA_ERR_TOKEN_ERROR,
		    FIRMA_CAUSE_NONE, 0,
		    "C_GetAttributeValue: %lu octets into %lu", a.ulValueLen,
		    room);
	ret->len += a.ulValueLen;
	return FIRMA_OK;
}

enum firma_err
firma_object_ulong(struct firma_session *s, CK_OBJECT_HANDLE h,
    CK_ATTRIBUTE_TYPE type, CK_ULONG *ret, struct firma_cause *cause)
{
	CK_ULONG v = 0;
	CK_ATTRIBUTE a = { type, &v, sizeof(v) };
	const CK_RV rv =
	    s->token->module->f->C_GetAttributeValue(s->handle, h, &a, 1);

	if (rv == CKR_ATTRIBUTE_TYPE_INVALID)
		return FIRMA_ERR_NOT_FOUND;
	if (rv != CKR_OK)
		return fail(s, cause, "C_GetAttributeValue", rv);
	if (a.ulValueLen != sizeof(v))
		return firma_fail(cause, FIRMA_ERR_TOKEN_ERROR,
		    FIRMA_CAUSE_NONE, 0,
		    "C_GetAttributeValue: a number of %lu octets",
		    a.ulValueLen);
	*ret = v;
	return FIRMA_OK;
}

bool
firma_object_flag(
    struct firma_session *s, CK_OBJECT_HANDLE h, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL v = CK_FALSE;
	CK_ATTRIBUTE a = { type, &v, sizeof(v) };

	return s->token->module->f->C_GetAttributeValue(s->handle, h, &a, 1) ==
	    CKR_OK &&
	    a.ulValueLen == sizeof(v) && v != CK_FALSE;
}
