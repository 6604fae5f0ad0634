/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/worker/key.h"

#include <string.h>

#include "agent/base/own.h"
#include "agent/pki/certificate.h"
#include "agent/wire/values.h"
#include "pkcs11/worker/spki.h"

void
firma_key_done(struct firma_key *k)
{
	firma_buf_done(&k->spki);
	firma_buf_done(&k->certificate);
}

/* The objects of a token that can be (part of) a key. */
struct view {
	struct firma_objects private_, public_, certificate;
	bool is_logged_in;
};

static void
view_done(struct view *v)
{
	firma_objects_done(&v->private_);
	firma_objects_done(&v->public_);
	firma_objects_done(&v->certificate);
}

static bool
same_id(const struct firma_object *a, const struct firma_object *b)
{
	return a->id_len == b->id_len && memcmp(a->id, b->id, a->id_len) == 0;
}

static const struct firma_object *
match(const struct firma_objects *in, const struct firma_object *o)
{
	for (size_t i = 0; i < in->n; i++)
		if (same_id(&in->list[i], o))
			return &in->list[i];
	return NULL;
}

static unsigned int
flags_of(struct firma_session *s, CK_OBJECT_HANDLE h)
{
	static const struct {
		CK_ATTRIBUTE_TYPE type;
		unsigned int flag;
	} list[] = {
		{ CKA_LOCAL, FIRMA_KEYFLAG_LOCAL },
		{ CKA_ALWAYS_SENSITIVE, FIRMA_KEYFLAG_ALWAYS_SENSITIVE },
		{ CKA_NEVER_EXTRACTABLE, FIRMA_KEYFLAG_NEVER_EXTRACTABLE },
		{ CKA_ALWAYS_AUTHENTICATE, FIRMA_KEYFLAG_ALWAYS_AUTHENTICATE },
		{ CKA_SENSITIVE, FIRMA_KEYFLAG_SENSITIVE },
		{ CKA_EXTRACTABLE, FIRMA_KEYFLAG_EXTRACTABLE },
	};
	unsigned int flags = 0;

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (firma_object_flag(s, h, list[i].type))
			flags |= list[i].flag;
	return flags;
}

enum firma_err
firma_key_spki(struct firma_session *s, CK_OBJECT_HANDLE h,
    struct firma_buf *ret_spki, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf a = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	CK_KEY_TYPE type = 0;
	enum firma_err r;

	if ((r = firma_object_ulong(s, h, CKA_KEY_TYPE, &type, cause)) !=
	    FIRMA_OK)
		return r;
	if (type != CKK_RSA && type != CKK_EC)
		return FIRMA_ERR_NOT_SUPPORTED;
	if ((r = firma_object_bytes(s, h,
		 type == CKK_RSA ? CKA_MODULUS : CKA_EC_PARAMS, &a, cause)) !=
		FIRMA_OK ||
	    (r = firma_object_bytes(s, h,
		 type == CKK_RSA ? CKA_PUBLIC_EXPONENT : CKA_EC_POINT, &b,
		 cause)) != FIRMA_OK)
		return r;
	return type == CKK_RSA
	    ? firma_spki_rsa(firma_buf_view(&a), firma_buf_view(&b), ret_spki)
	    : firma_spki_ec(firma_buf_view(&a), firma_buf_view(&b), ret_spki);
}

/* Did the token fail, rather than just not have what was asked for? */
static bool
is_fatal(enum firma_err r)
{
	return r == FIRMA_ERR_TOKEN_GONE || r == FIRMA_ERR_NOMEM;
}

/* The certificate with the key's id, unless it is another key's. */
FIRMA_CHECKED static enum firma_err
add_certificate(struct firma_session *s, const struct view *v,
    struct firma_key *k, struct firma_cause *cause)
{
	for (size_t i = 0; i < v->certificate.n; i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
		FIRMA_OWN(firma_certificate_done)
		struct firma_certificate *c = NULL;
		enum firma_err r;

		if (!same_id(&v->certificate.list[i], &k->object))
			continue;
		r = firma_object_bytes(
		    s, v->certificate.list[i].handle, CKA_VALUE, &der, cause);
		if (is_fatal(r))
			return r;
		if (r != FIRMA_OK ||
		    firma_certificate_parse(firma_buf_view(&der), &c, NULL) !=
			FIRMA_OK)
			continue;
		if (k->spki.len == 0) {
			if ((r = firma_certificate_spki_der(c, &k->spki)) !=
			    FIRMA_OK)
				return r;
		} else if (!firma_certificate_same_key(
			       c, firma_buf_view(&k->spki)))
			continue;
		k->flags |= FIRMA_KEYFLAG_CERTIFICATE;
		k->certificate = der;
		der = (struct firma_buf){ 0 };
		return FIRMA_OK;
	}
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
describe(struct firma_session *s, const struct view *v,
    const struct firma_object *o, bool is_private, struct firma_key *k,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf label = { 0 };
	const struct firma_object *pub = match(&v->public_, o);
	enum firma_err r;

	k->object = *o;
	if (is_fatal(
		r = firma_object_bytes(s, o->handle, CKA_LABEL, &label, cause)))
		return r;
	firma_module_text(label.at, label.len, k->label, sizeof(k->label));
	if (is_private)
		k->flags = flags_of(s, o->handle);
	if (pub != NULL &&
	    is_fatal(r = firma_key_spki(s, pub->handle, &k->spki, cause)))
		return r;
	/* An RSA private key tells its public half too. */
	if (k->spki.len == 0 && is_private &&
	    is_fatal(r = firma_key_spki(s, o->handle, &k->spki, cause)))
		return r;
	if ((r = add_certificate(s, v, k, cause)) != FIRMA_OK)
		return r;
	k->algorithm = firma_key_algorithm_of_spki(firma_buf_view(&k->spki));
	if (k->spki.len > FIRMA_KEY_SPKI_MAX)
		k->spki.len = 0;
	return FIRMA_OK;
}

struct walk {
	struct firma_session *s;
	const struct view *v;
	struct firma_bytes id;
	firma_key_fn *fn;
	void *arg;
	size_t n;
};

FIRMA_CHECKED static enum firma_err
walk(struct walk *w, const struct firma_objects *from, bool is_private,
    const struct firma_objects *known, const struct firma_objects *known_too,
    struct firma_cause *cause)
{
	for (size_t i = 0; i < from->n; i++) {
		FIRMA_OWN(firma_key_done) struct firma_key k = { 0 };
		const struct firma_object *o = &from->list[i];
		enum firma_err r;

		if ((w->id.len != 0 &&
			!firma_bytes_equal(
			    w->id, firma_bytes_of(o->id, o->id_len))) ||
		    (known != NULL && match(known, o) != NULL) ||
		    (known_too != NULL && match(known_too, o) != NULL))
			continue;
		if ((r = describe(w->s, w->v, o, is_private, &k, cause)) !=
			FIRMA_OK ||
		    (r = w->fn(w->arg, &k)) != FIRMA_OK)
			return r;
		w->n++;
	}
	return FIRMA_OK;
}

enum firma_err
firma_key_each(struct firma_session *s, struct firma_bytes id, firma_key_fn *fn,
    void *arg, size_t *ret_n, struct firma_cause *cause)
{
	FIRMA_OWN(view_done) struct view v = { 0 };
	struct walk w = { s, &v, id, fn, arg, 0 };
	enum firma_err r;

	if ((r = firma_session_logged_in(s, &v.is_logged_in, cause)) !=
		FIRMA_OK ||
	    (r = firma_object_list(s, CKO_PRIVATE_KEY, &v.private_, cause)) !=
		FIRMA_OK ||
	    (r = firma_object_list(s, CKO_PUBLIC_KEY, &v.public_, cause)) !=
		FIRMA_OK ||
	    (r = firma_object_list(
		 s, CKO_CERTIFICATE, &v.certificate, cause)) != FIRMA_OK ||
	    (r = walk(&w, &v.private_, true, NULL, NULL, cause)) != FIRMA_OK)
		return r;
	/* Logged in, a public object alone is a leftover and not a key. */
	if (!v.is_logged_in &&
	    ((r = walk(&w, &v.public_, false, &v.private_, NULL, cause)) !=
		    FIRMA_OK ||
		(r = walk(&w, &v.certificate, false, &v.private_, &v.public_,
		     cause)) != FIRMA_OK))
		return r;
	*ret_n = w.n;
	return FIRMA_OK;
}

enum firma_err
firma_key_find(struct firma_session *s, struct firma_bytes id,
    CK_OBJECT_HANDLE *ret, struct firma_cause *cause)
{
	CK_OBJECT_HANDLE found[2];
	bool is_logged_in = false;
	size_t n = 0;
	enum firma_err r;

	if (id.len == 0)
		return firma_fail(
		    cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0, "empty id");
	if ((r = firma_object_find(
		 s, CKO_PRIVATE_KEY, id, found, 2, &n, cause)) != FIRMA_OK)
		return r;
	if (n == 1) {
		*ret = found[0];
		return FIRMA_OK;
	}
	/* Two keys under one id: which one is meant?  Never guess. */
	if (n > 1)
		return firma_fail(cause, FIRMA_ERR_STATE, FIRMA_CAUSE_NONE, 0,
		    "two private keys have this CKA_ID");
	if ((r = firma_session_logged_in(s, &is_logged_in, cause)) != FIRMA_OK)
		return r;
	return firma_fail(cause,
	    is_logged_in ? FIRMA_ERR_NOT_FOUND : FIRMA_ERR_PIN_NEEDED,
	    FIRMA_CAUSE_NONE, 0, "no private key with this CKA_ID is seen");
}

FIRMA_CHECKED static enum firma_err
certificate_spki(struct firma_session *s, CK_OBJECT_HANDLE h,
    struct firma_buf *ret_spki, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	enum firma_err r;

	if ((r = firma_object_bytes(s, h, CKA_VALUE, &der, cause)) !=
		FIRMA_OK ||
	    (r = firma_certificate_parse(firma_buf_view(&der), &c, cause)) !=
		FIRMA_OK)
		return r;
	return firma_certificate_spki_der(c, ret_spki);
}

enum firma_err
firma_key_public(struct firma_session *s, struct firma_bytes id,
    struct firma_buf *ret_spki, struct firma_cause *cause)
{
	static const CK_OBJECT_CLASS from[] = { CKO_PUBLIC_KEY, CKO_PRIVATE_KEY,
		CKO_CERTIFICATE };

	for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		CK_OBJECT_HANDLE found[1];
		size_t n = 0;
		enum firma_err r;

		ret_spki->len = 0;
		if ((r = firma_object_find(
			 s, from[i], id, found, 1, &n, cause)) != FIRMA_OK)
			return r;
		if (n == 0)
			continue;
		r = from[i] == CKO_CERTIFICATE
		    ? certificate_spki(s, found[0], ret_spki, cause)
		    : firma_key_spki(s, found[0], ret_spki, cause);
		if (r == FIRMA_OK || is_fatal(r))
			return r;
	}
	ret_spki->len = 0;
	return FIRMA_OK;
}
