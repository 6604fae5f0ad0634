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
    const struct firma_certificate *c, bool *ret_is_torn,
    struct firma_cause *cause)
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
	*ret_is_torn = spki.len == 0;
	if (*ret_is_torn)
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

/*
 * OpenSC hides a certificate of which a SmartCard-HSM was pulled out half way,
 * and still takes no other one under the id.  PKCS#11 has no way to remove what
 * it does not show.
 */
FIRMA_CHECKED static enum firma_err
advise(struct firma_bytes id, enum firma_err r, struct firma_cause *cause)
{
	char hex[2 * FIRMA_ID_MAX + 1];

	if (cause == NULL || r != FIRMA_ERR_TOKEN_ERROR)
		return r;
	firma_hex(id, hex);
	return firma_fail(cause, r, FIRMA_CAUSE_CKR, cause->code,
	    "half a certificate? pkcs15-init --delete-objects cert "
	    "--verify-pin --id %s; put the card in again",
	    hex);
}

/* The handle of this very certificate among those with the id. */
FIRMA_CHECKED static enum firma_err
find_same(struct firma_session *s, struct firma_bytes id,
    const struct firma_certificate *c, CK_OBJECT_HANDLE found[SAME_ID_MAX],
    size_t *ret_n, CK_OBJECT_HANDLE *ret_same, struct firma_cause *cause)
{
	enum firma_err r;

	*ret_same = CK_INVALID_HANDLE;
	if ((r = firma_object_find(s, CKO_CERTIFICATE, id, found, SAME_ID_MAX,
		 ret_n, cause)) != FIRMA_OK)
		return r;
	for (size_t i = 0; i < *ret_n && *ret_same == CK_INVALID_HANDLE; i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf v = { 0 };

		r = firma_object_bytes(s, found[i], CKA_VALUE, &v, cause);
		if (r != FIRMA_OK && r != FIRMA_ERR_NOT_FOUND)
			return r;
		if (firma_bytes_equal(
			firma_buf_view(&v), firma_certificate_der(c)))
			*ret_same = found[i];
	}
	return FIRMA_OK;
}

/*
 * What is no certificate (the token was taken away while it was written) goes
 * first: a token may take only one under an id.
 */
FIRMA_CHECKED static enum firma_err
destroy_torn(struct firma_session *s, const CK_OBJECT_HANDLE *found, size_t n,
    struct firma_cause *cause)
{
	for (size_t i = 0; i < n; i++) {
		FIRMA_OWN(firma_certificate_done)
		struct firma_certificate *old = NULL;
		FIRMA_OWN(firma_buf_done) struct firma_buf v = { 0 };
		enum firma_err r;
		CK_RV rv;

		r = firma_object_bytes(s, found[i], CKA_VALUE, &v, cause);
		if (r != FIRMA_OK && r != FIRMA_ERR_NOT_FOUND)
			return r;
		if (firma_certificate_parse(firma_buf_view(&v), &old, NULL) ==
		    FIRMA_OK)
			continue;
		rv = s->token->module->f->C_DestroyObject(s->handle, found[i]);
		if (rv != CKR_OK && rv != CKR_OBJECT_HANDLE_INVALID)
			return firma_session_fail(
			    s, cause, "C_DestroyObject", rv);
	}
	return FIRMA_OK;
}

/* Of those with the id only this one stays, and that is looked at. */
FIRMA_CHECKED static enum firma_err
leave_alone(struct firma_session *s, struct firma_bytes id,
    const CK_OBJECT_HANDLE *found, size_t n, CK_OBJECT_HANDLE same,
    struct firma_cause *cause)
{
	CK_OBJECT_HANDLE left[2];
	size_t n_left = 0;
	enum firma_err r;

	for (size_t i = 0; i < n; i++) {
		const CK_RV rv = found[i] == same
		    ? CKR_OK
		    : s->token->module->f->C_DestroyObject(s->handle, found[i]);

		if (rv != CKR_OK && rv != CKR_OBJECT_HANDLE_INVALID)
			return firma_session_fail(
			    s, cause, "C_DestroyObject", rv);
	}
	if (n < 2)
		return FIRMA_OK;
	if ((r = firma_object_find(
		 s, CKO_CERTIFICATE, id, left, 2, &n_left, cause)) != FIRMA_OK)
		return r;
	return n_left == 1
	    ? FIRMA_OK
	    : firma_fail(cause, FIRMA_ERR_TOKEN_ERROR, FIRMA_CAUSE_NONE, 0,
		  "C_DestroyObject: CKR_OK, and it is still there");
}

/* OpenSC knows a curve by the public key that it found when it read the card. */
static bool
lacks_curve(struct firma_session *s, struct firma_bytes id)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf params = { 0 };
	CK_OBJECT_HANDLE h;
	CK_KEY_TYPE type = 0;

	return firma_key_find(s, id, &h, NULL) == FIRMA_OK &&
	    firma_object_ulong(s, h, CKA_KEY_TYPE, &type, NULL) == FIRMA_OK &&
	    type == CKK_EC &&
	    firma_object_bytes(s, h, CKA_EC_PARAMS, &params, NULL) ==
	    FIRMA_ERR_NOT_FOUND;
}

enum firma_err
firma_write_certificate(struct firma_token *t, struct firma_bytes id,
    struct firma_str label, struct firma_bytes der, bool *ret_is_stale,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_session_done)
	struct firma_session s = { .token = t, .flags = CKF_RW_SESSION };
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	CK_OBJECT_HANDLE found[SAME_ID_MAX], same = CK_INVALID_HANDLE;
	bool is_torn = false;
	size_t n = 0;
	enum firma_err r;

	if ((r = firma_certificate_parse(der, &c, cause)) != FIRMA_OK ||
	    (r = check_key(&s, id, c, &is_torn, cause)) != FIRMA_OK ||
	    (r = find_same(&s, id, c, found, &n, &same, cause)) != FIRMA_OK)
		return r;
	if (same == CK_INVALID_HANDLE) {
		if ((r = destroy_torn(&s, found, n, cause)) != FIRMA_OK ||
		    (r = create(&s, id, label, c, cause)) != FIRMA_OK) {
			*ret_is_stale |= is_torn;
			return is_torn ? advise(id, r, cause) : r;
		}
		if ((r = find_same(&s, id, c, found, &n, &same, cause)) !=
		    FIRMA_OK)
			return r;
	}
	/* The old ones go only when the new one was seen. */
	if (same == CK_INVALID_HANDLE)
		return firma_fail(cause, FIRMA_ERR_TOKEN_ERROR,
		    FIRMA_CAUSE_NONE, 0,
		    "C_CreateObject: CKR_OK, and the certificate is not there");
	firma_token_changed(t);
	*ret_is_stale |= is_torn && lacks_curve(&s, id);
	return leave_alone(&s, id, found, n, same, cause);
}
