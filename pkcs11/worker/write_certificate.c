/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/own.h"
#include "agent/pki/certificate.h"
#include "agent/pki/own_openssl.h"
#include "pkcs11/worker/key.h"
#include "pkcs11/worker/write.h"

#define SAME_ID_MAX 16 /* certificates under one id */

/* The key that the certificate goes beside, for its public key. */
FIRMA_CHECKED static enum firma_err
take_spki(void *arg, const struct firma_key *key)
{
	struct firma_buf *spki = arg;

	return spki->len != 0 ? FIRMA_OK
			      : firma_buf_put(spki, firma_buf_view(&key->spki));
}

FIRMA_CHECKED static enum firma_err
check_key(struct firma_session *s, struct firma_bytes id,
    const struct firma_certificate *c, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf spki = { 0 };
	CK_OBJECT_HANDLE h;
	size_t n = 0;
	enum firma_err r;

	if ((r = firma_key_find(s, id, &h, cause)) != FIRMA_OK ||
	    (r = firma_key_each(s, id, take_spki, &spki, &n, cause)) !=
		FIRMA_OK)
		return r;
	/*
	 * A card whose last certificate was only half written does not show
	 * the public half any more, and OpenSC then cannot sign with a key on
	 * a curve either.  The agent, which remembers the key, has compared.
	 */
	if (spki.len == 0)
		return FIRMA_OK;
	if (!firma_certificate_same_key(c, firma_buf_view(&spki)))
		return firma_fail(cause, FIRMA_ERR_CERT_KEY, FIRMA_CAUSE_NONE,
		    0, "certificate");
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
create(struct firma_session *s, struct firma_bytes id, struct firma_str label,
    const struct firma_certificate *c, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf subject = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf issuer = { 0 };
	FIRMA_OWN(firma_openssl_mem_done) unsigned char *serial = NULL;
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	const struct firma_bytes der = firma_certificate_der(c);
	CK_OBJECT_HANDLE h;
	enum firma_err r;
	CK_RV rv;

	const int n_serial = i2d_ASN1_INTEGER(
	    X509_get0_serialNumber(firma_certificate_x509(c)), &serial);
	if (n_serial <= 0)
		return FIRMA_ERR_INTERNAL;
	if ((r = firma_certificate_subject_der(c, &subject)) != FIRMA_OK ||
	    (r = firma_certificate_issuer_der(c, &issuer)) != FIRMA_OK)
		return r;
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_CERTIFICATE_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &no, sizeof(no) },
		{ CKA_ID, firma_unconst(id.at), id.len },
		{ CKA_SUBJECT, subject.at, subject.len },
		{ CKA_ISSUER, issuer.at, issuer.len },
		{ CKA_SERIAL_NUMBER, serial, (CK_ULONG)n_serial },
		{ CKA_VALUE, firma_unconst(der.at), der.len },
		{ CKA_LABEL, firma_unconst(label.at), label.len },
	};
	rv = s->token->module->f->C_CreateObject(
	    s->handle, t, sizeof(t) / sizeof(t[0]) - (label.len == 0), &h);
	return rv == CKR_OK
	    ? FIRMA_OK
	    : firma_session_fail(s, cause, "C_CreateObject", rv);
}

FIRMA_CHECKED static enum firma_err
destroy(struct firma_session *s, CK_OBJECT_HANDLE h, struct firma_cause *cause)
{
	const CK_RV rv = s->token->module->f->C_DestroyObject(s->handle, h);

	return rv == CKR_OK || rv == CKR_OBJECT_HANDLE_INVALID
	    ? FIRMA_OK
	    : firma_session_fail(s, cause, "C_DestroyObject", rv);
}

/*
 * Look at a certificate that is there.  *ret_same: it is this one.  What is no
 * certificate (the token was taken away while it was written) is destroyed: a
 * token may take only one under an id.  *h is then void.
 */
FIRMA_CHECKED static enum firma_err
look_at(struct firma_session *s, CK_OBJECT_HANDLE *h,
    const struct firma_certificate *c, bool *ret_same,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *old = NULL;
	FIRMA_OWN(firma_buf_done) struct firma_buf v = { 0 };
	const CK_OBJECT_HANDLE was = *h;
	enum firma_err r;

	r = firma_object_bytes(s, was, CKA_VALUE, &v, cause);
	if (r != FIRMA_OK && r != FIRMA_ERR_NOT_FOUND)
		return r;
	*ret_same =
	    firma_bytes_equal(firma_buf_view(&v), firma_certificate_der(c));
	if (*ret_same ||
	    firma_certificate_parse(firma_buf_view(&v), &old, NULL) == FIRMA_OK)
		return FIRMA_OK;
	*h = CK_INVALID_HANDLE;
	return destroy(s, was, cause);
}

enum firma_err
firma_write_certificate(struct firma_token *t, struct firma_bytes id,
    struct firma_str label, struct firma_bytes der, struct firma_cause *cause)
{
	FIRMA_OWN(firma_session_done)
	struct firma_session s = { .token = t, .flags = CKF_RW_SESSION };
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	CK_OBJECT_HANDLE found[SAME_ID_MAX];
	bool is_there = false, same = false;
	size_t n = 0;
	enum firma_err r;

	if ((r = firma_certificate_parse(der, &c, cause)) != FIRMA_OK ||
	    (r = check_key(&s, id, c, cause)) != FIRMA_OK ||
	    (r = firma_object_find(&s, CKO_CERTIFICATE, id, found, SAME_ID_MAX,
		 &n, cause)) != FIRMA_OK)
		return r;
	for (size_t i = 0; i < n; i++) {
		r = look_at(&s, &found[i], c, &same, cause);
		if (r != FIRMA_OK)
			return r;
		if (same && !is_there) {
			is_there = true;
			found[i] = CK_INVALID_HANDLE;
		}
	}
	if (!is_there && (r = create(&s, id, label, c, cause)) != FIRMA_OK)
		return r;
	firma_token_changed(t);
	for (size_t i = 0; i < n; i++)
		if (found[i] != CK_INVALID_HANDLE &&
		    (r = destroy(&s, found[i], cause)) != FIRMA_OK)
			return r;
	return FIRMA_OK;
}
