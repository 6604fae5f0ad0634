/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/worker/signer.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/own.h"
#include "agent/pki/ecdsa_der.h"
#include "pkcs11/worker/key.h"

#define SHA256_LEN 32
#define SHA1_LEN   20

/* RFC 8017, 9.2 note 1: DigestInfo up to the digest. */
static const uint8_t info_sha1[] = { 0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b,
	0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14 };
static const uint8_t info_sha256[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60,
	0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
	0x20 };

/* CKA_EC_PARAMS of the curves that we use. */
static const uint8_t p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
	0x01, 0x07 };
static const uint8_t p384[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 };

struct firma_signer *
firma_signer_new(struct firma_token *t)
{
	struct firma_signer *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->session.token = t;
	return s;
}

static void
forget(struct firma_signer *s)
{
	for (size_t i = 0; s->n_keys != 0 && i < FIRMA_SIGNER_SLOTS; i++)
		firma_rsa_check_free(s->keys[i].check);
	memset(s->keys, 0, sizeof(s->keys));
	s->n_keys = 0;
	s->generation = atomic_load(&s->session.token->generation);
}

/* FNV-1a; the slot with this id, or the empty one where it belongs. */
static struct firma_signer_key *
slot_of(struct firma_signer *s, struct firma_bytes id)
{
	uint32_t h = 2166136261u;
	struct firma_signer_key *k;

	for (size_t i = 0; i < id.len; i++)
		h = (h ^ id.at[i]) * 16777619u;
	for (;; h++) {
		k = &s->keys[h % FIRMA_SIGNER_SLOTS];
		if (k->id_len == 0 ||
		    (k->id_len == id.len && memcmp(k->id, id.at, id.len) == 0))
			return k;
	}
}

/*
 * OpenSC tells the curve of a private key by the public key that it found when
 * it read the card.  One that came later, with a certificate, tells it too.
 */
FIRMA_CHECKED static enum firma_err
measure_public(struct firma_session *s, struct firma_signer_key *k,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf spki = { 0 };
	enum firma_err r;

	if ((r = firma_key_public(s, firma_bytes_of(k->id, k->id_len), &spki,
		 cause)) != FIRMA_OK)
		return r;
	k->mechanism = CKM_ECDSA;
	k->len = 2 *
	    firma_key_algorithm_field(
		firma_key_algorithm_of_spki(firma_buf_view(&spki)));
	return k->len != 0
	    ? FIRMA_OK
	    : firma_fail(cause, FIRMA_ERR_TOKEN_ERROR, FIRMA_CAUSE_NONE, 0,
		  "CKA_EC_PARAMS: not there; put the card in again");
}

FIRMA_CHECKED static enum firma_err
measure_ec(struct firma_session *s, CK_OBJECT_HANDLE h,
    struct firma_signer_key *k, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf params = { 0 };
	enum firma_err r;

	r = firma_object_bytes(s, h, CKA_EC_PARAMS, &params, cause);
	if (r == FIRMA_ERR_NOT_FOUND)
		return measure_public(s, k, cause);
	if (r != FIRMA_OK)
		return r;
	if (firma_bytes_equal(
		firma_buf_view(&params), firma_bytes_of(p256, sizeof(p256))))
		k->len = 64;
	else if (firma_bytes_equal(firma_buf_view(&params),
		     firma_bytes_of(p384, sizeof(p384))))
		k->len = 96;
	else
		return firma_fail(cause, FIRMA_ERR_TOKEN_NO_MECH,
		    FIRMA_CAUSE_NONE, 0, "CKA_EC_PARAMS: another curve");
	k->mechanism = CKM_ECDSA;
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
measure_rsa(struct firma_session *s, CK_OBJECT_HANDLE h,
    struct firma_signer_key *k, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf n = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf e = { 0 };
	struct firma_bytes v;
	enum firma_err r;

	if ((r = firma_object_bytes(s, h, CKA_MODULUS, &n, cause)) != FIRMA_OK)
		return r;
	v = firma_buf_view(&n);
	while (v.len != 0 && v.at[0] == 0) {
		v.at++;
		v.len--;
	}
	if (v.len < 128 || v.len > FIRMA_SIGNATURE_MAX)
		return firma_fail(cause, FIRMA_ERR_TOKEN_NO_MECH,
		    FIRMA_CAUSE_NONE, 0, "CKA_MODULUS: %zu octets", v.len);
	k->len = v.len;
	k->mechanism = CKM_RSA_PKCS;
	r = firma_object_bytes(s, h, CKA_PUBLIC_EXPONENT, &e, cause);
	if (r == FIRMA_OK)
		k->check = firma_rsa_check_new(v, firma_buf_view(&e));
	return r == FIRMA_ERR_NOT_FOUND ? FIRMA_OK : r;
}

/* Look the key up on the token and remember it. */
FIRMA_CHECKED static enum firma_err
learn(struct firma_signer *s, struct firma_bytes id,
    struct firma_signer_key **ret, struct firma_cause *cause)
{
	struct firma_session *ss = &s->session;
	struct firma_signer_key k = { .id_len = id.len };
	CK_KEY_TYPE type = 0;
	enum firma_err r;

	memcpy(k.id, id.at, id.len);
	if ((r = firma_key_find(ss, id, &k.handle, cause)) != FIRMA_OK)
		return r;
	k.asks = firma_object_flag(ss, k.handle, CKA_ALWAYS_AUTHENTICATE);
	if ((r = firma_object_ulong(
		 ss, k.handle, CKA_KEY_TYPE, &type, cause)) != FIRMA_OK)
		return r;
	if (type == CKK_EC)
		r = measure_ec(ss, k.handle, &k, cause);
	else if (type == CKK_RSA)
		r = measure_rsa(ss, k.handle, &k, cause);
	else
		r = firma_fail(cause, FIRMA_ERR_TOKEN_NO_MECH, FIRMA_CAUSE_NONE,
		    0, "CKA_KEY_TYPE: %lu", type);
	if (r != FIRMA_OK)
		return r;
	if (s->n_keys >= FIRMA_SIGNER_SLOTS / 2)
		forget(s);
	s->n_keys++;
	k.learned = ++s->n_learned;
	*ret = slot_of(s, id);
	**ret = k;
	return FIRMA_OK;
}

/* Is a handle or the session stale, so that looking again helps? */
static bool
is_stale(CK_RV rv)
{
	return rv == CKR_KEY_HANDLE_INVALID ||
	    rv == CKR_OBJECT_HANDLE_INVALID ||
	    rv == CKR_SESSION_HANDLE_INVALID || rv == CKR_SESSION_CLOSED ||
	    rv == CKR_OPERATION_ACTIVE;
}

/* The key, from the table or from the token. */
FIRMA_CHECKED static enum firma_err
know(struct firma_signer *s, struct firma_bytes id,
    struct firma_signer_key **ret, struct firma_cause *cause)
{
	struct firma_session *ss = &s->session;
	enum firma_err r;

	if (id.len == 0 || id.len > FIRMA_ID_MAX)
		return firma_fail(
		    cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0, "id");
	if ((r = firma_session_need(ss, cause)) != FIRMA_OK)
		return r;
	if (s->generation != atomic_load(&ss->token->generation))
		forget(s);
	*ret = slot_of(s, id);
	return (*ret)->id_len == 0 ? learn(s, id, ret, cause) : FIRMA_OK;
}

enum firma_err
firma_signer_needs_pin(struct firma_cause *cause)
{
	return firma_fail(cause, FIRMA_ERR_PIN_NEEDED, FIRMA_CAUSE_NONE, 0,
	    "CKA_ALWAYS_AUTHENTICATE: the key wants its PIN for each "
	    "signature");
}

FIRMA_CHECKED static enum firma_err
begin(struct firma_signer *s, struct firma_bytes id, bool is_sha1, bool has_pin,
    struct firma_signer_key **ret, CK_RV *ret_rv, struct firma_cause *cause)
{
	struct firma_session *ss = &s->session;
	struct firma_signer_key *k = NULL;
	CK_MECHANISM m = { 0 };
	enum firma_err r;

	*ret_rv = CKR_OK;
	if ((r = know(s, id, &k, cause)) != FIRMA_OK)
		return r;
	if (k->asks && !has_pin)
		return firma_signer_needs_pin(cause);
	if (is_sha1 && k->mechanism != CKM_RSA_PKCS)
		return firma_fail(cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
		    "digest: SHA-1 with an EC key");
	m.mechanism = k->mechanism;
	*ret_rv = ss->token->module->f->C_SignInit(ss->handle, &m, k->handle);
	if (*ret_rv != CKR_OK)
		return firma_session_fail(ss, cause, "C_SignInit", *ret_rv);
	*ret = k;
	return FIRMA_OK;
}

static bool
is_zero(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i] != 0)
			return false;
	return true;
}

/*
 * Between C_SignInit and C_Sign (PKCS#11 v3.0 5.6.10, CKU_CONTEXT_SPECIFIC): no
 * other call comes between these three in this session.
 */
FIRMA_CHECKED static enum firma_err
authenticate(struct firma_signer *s, struct firma_signer_pin *pin,
    struct firma_cause *cause)
{
	struct firma_session *ss = &s->session;
	enum firma_err r;
	CK_RV rv;

	pin->is_used = true;
	rv = ss->token->module->f->C_Login(ss->handle, CKU_CONTEXT_SPECIFIC,
	    firma_unconst(pin->pin.at), pin->pin.len);
	r = rv == CKR_OK ? pin->accepted(pin->arg)
			 : firma_session_fail(ss, cause, "C_Login", rv);
	/* The signature was begun: only a new session is sure. */
	if (r != FIRMA_OK)
		firma_session_done(ss);
	return r;
}

/* What C_Sign gets: the digest, in its DigestInfo for RSA.  Octets written. */
static size_t
to_sign(bool is_rsa, struct firma_bytes digest, uint8_t *to)
{
	const bool is_sha1 = digest.len == SHA1_LEN;
	const size_t n = !is_rsa ? 0
	    : is_sha1            ? sizeof(info_sha1)
				 : sizeof(info_sha256);

	if (n != 0)
		memcpy(to, is_sha1 ? info_sha1 : info_sha256, n);
	memcpy(to + n, digest.at, digest.len);
	return n + digest.len;
}

FIRMA_CHECKED static enum firma_err
finish(struct firma_signer *s, const struct firma_signer_key *k,
    struct firma_bytes digest, struct firma_buf *ret, struct firma_cause *cause)
{
	struct firma_token *t = s->session.token;
	uint8_t in[sizeof(info_sha256) + SHA256_LEN];
	/* Zeros: a module that says CKR_OK may have written nothing. */
	uint8_t raw[FIRMA_RAW_SIGNATURE_MAX] = { 0 };
	CK_ULONG len = sizeof(raw);
	const bool is_rsa = k->mechanism == CKM_RSA_PKCS;
	const size_t n_in = to_sign(is_rsa, digest, in);
	CK_RV rv;

	rv = t->module->f->C_Sign(
	    s->session.handle, in, (CK_ULONG)n_in, raw, &len);
	if (rv != CKR_OK) {
		/* The operation may be left open: only a new session is sure. */
		const enum firma_err r =
		    firma_session_fail(&s->session, cause, "C_Sign", rv);

		firma_session_done(&s->session);
		return r;
	}
	if (len != k->len)
		return firma_fail(cause, FIRMA_ERR_TOKEN_ERROR,
		    FIRMA_CAUSE_NONE, 0, "C_Sign: %lu octets, %zu expected",
		    len, k->len);
	if (is_rsa && is_zero(raw, len))
		return firma_fail(cause, FIRMA_ERR_TOKEN_ERROR,
		    FIRMA_CAUSE_NONE, 0, "C_Sign: nothing but zeros");
	if (k->check != NULL &&
	    !firma_rsa_check_holds(
		k->check, firma_bytes_of(in, n_in), firma_bytes_of(raw, len)))
		return firma_fail(cause, FIRMA_ERR_TOKEN_ERROR,
		    FIRMA_CAUSE_NONE, 0, "C_Sign: no signature of this key");
	if (is_rsa)
		return firma_buf_put(ret, firma_bytes_of(raw, len));
	if (firma_ecdsa_to_der(firma_bytes_of(raw, len), ret) != FIRMA_OK)
		return firma_fail(cause, FIRMA_ERR_TOKEN_ERROR,
		    FIRMA_CAUSE_NONE, 0, "C_Sign: r or s is zero");
	return FIRMA_OK;
}

enum firma_err
firma_signer_find(struct firma_signer *s, struct firma_bytes id, bool *ret_asks,
    uint64_t *ret_learned, struct firma_cause *cause)
{
	struct firma_signer_key *k = NULL;
	const enum firma_err r = know(s, id, &k, cause);

	if (r != FIRMA_OK)
		return r;
	*ret_asks = k->asks;
	if (ret_learned != NULL)
		*ret_learned = k->learned;
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
sign(struct firma_signer *s, struct firma_bytes id, struct firma_bytes digest,
    struct firma_signer_pin *pin, struct firma_buf *ret_signature,
    struct firma_cause *cause)
{
	const bool has_pin = pin != NULL && !pin->is_used;
	struct firma_signer_key *k = NULL;
	enum firma_err r;
	CK_RV rv;

	r = begin(s, id, digest.len == SHA1_LEN, has_pin, &k, &rv, cause);
	if (r != FIRMA_OK && is_stale(rv)) {
		/* Nothing was signed yet: once more, from the beginning. */
		firma_session_done(&s->session);
		forget(s);
		r = begin(
		    s, id, digest.len == SHA1_LEN, has_pin, &k, &rv, cause);
	}
	if (r == FIRMA_OK && k->asks)
		r = authenticate(s, pin, cause);
	return r == FIRMA_OK ? finish(s, k, digest, ret_signature, cause) : r;
}

enum firma_err
firma_signer_sign(struct firma_signer *s, struct firma_bytes id,
    struct firma_bytes digest, struct firma_signer_pin *pin,
    struct firma_buf *ret_signature, struct firma_cause *cause)
{
	pthread_rwlock_t *const use = &s->session.token->signing;
	enum firma_err r;

	if (digest.len != SHA256_LEN && digest.len != SHA1_LEN)
		return firma_fail(cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
		    "digest: %zu octets", digest.len);
	/*
	 * Another lane's signature between that login and C_Sign would use it
	 * up: a card knows no sessions.
	 */
	(void)(pin != NULL ? pthread_rwlock_wrlock(use)
			   : pthread_rwlock_rdlock(use));
	r = sign(s, id, digest, pin, ret_signature, cause);
	(void)pthread_rwlock_unlock(use);
	return r;
}
