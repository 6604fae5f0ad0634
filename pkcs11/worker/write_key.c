/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/random.h>

#include "agent/base/own.h"
#include "agent/base/secret.h"
#include "pkcs11/worker/key.h"
#include "pkcs11/worker/write.h"

#define SEED_LEN     32 /* octets given to C_SeedRandom */
#define SAME_ID_MAX  16 /* objects of one class under one id, deleted */
#define TEMPLATE_MAX 24 /* attributes */

/* RFC 5480 2.1.1.1 */
static uint8_t p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01,
	0x07 };
static uint8_t p384[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 };
static uint8_t exponent[] = { 0x01, 0x00, 0x01 };

static CK_BBOOL yes = CK_TRUE;
static CK_BBOOL no = CK_FALSE;

/* A template that grows; the values are borrowed. */
struct template
{
	CK_ATTRIBUTE list[TEMPLATE_MAX];
	CK_ULONG n;
};

static void
add(struct template *t, CK_ATTRIBUTE_TYPE type, const void *at, size_t len)
{
	t->list[t->n++] =
	    (CK_ATTRIBUTE){ type, firma_unconst(at), (CK_ULONG)len };
}

static void
add_name(struct template *t, struct firma_bytes id, struct firma_str label)
{
	add(t, CKA_ID, id.at, id.len);
	if (label.len != 0)
		add(t, CKA_LABEL, label.at, label.len);
}

/* What both ways of making a private key demand of it. */
static void
add_private(struct template *t, struct firma_bytes id, struct firma_str label)
{
	add(t, CKA_TOKEN, &yes, sizeof(yes));
	add(t, CKA_PRIVATE, &yes, sizeof(yes));
	add(t, CKA_SENSITIVE, &yes, sizeof(yes));
	/* Defaults differ between tokens: always said. */
	add(t, CKA_EXTRACTABLE, &no, sizeof(no));
	add(t, CKA_SIGN, &yes, sizeof(yes));
	add_name(t, id, label);
}

static void
add_public(struct template *t, struct firma_bytes id, struct firma_str label)
{
	add(t, CKA_TOKEN, &yes, sizeof(yes));
	add(t, CKA_VERIFY, &yes, sizeof(yes));
	add_name(t, id, label);
}

/* Objects that were destroyed and are still there: CKR_OK was a lie. */
FIRMA_CHECKED static enum firma_err
confirm_gone(struct firma_session *s, CK_OBJECT_CLASS class,
    struct firma_bytes id, struct firma_cause *cause)
{
	CK_OBJECT_HANDLE left;
	size_t n = 0;
	enum firma_err r;

	if ((r = firma_object_find(s, class, id, &left, 1, &n, cause)) !=
	    FIRMA_OK)
		return r;
	return n == 0
	    ? FIRMA_OK
	    : firma_fail(cause, FIRMA_ERR_TOKEN_ERROR, FIRMA_CAUSE_NONE, 0,
		  "C_DestroyObject: CKR_OK, and it is still there");
}

FIRMA_CHECKED static enum firma_err
destroy(struct firma_session *s, CK_OBJECT_CLASS class, struct firma_bytes id,
    size_t *n_gone, struct firma_cause *cause)
{
	CK_OBJECT_HANDLE found[SAME_ID_MAX];
	size_t n = 0;
	enum firma_err r;

	if ((r = firma_object_find(
		 s, class, id, found, SAME_ID_MAX, &n, cause)) != FIRMA_OK)
		return r;
	for (size_t i = 0; i < n; i++) {
		const CK_RV rv =
		    s->token->module->f->C_DestroyObject(s->handle, found[i]);

		if (rv == CKR_OBJECT_HANDLE_INVALID)
			continue; /* went with another one */
		if (rv != CKR_OK)
			return firma_session_fail(
			    s, cause, "C_DestroyObject", rv);
		(*n_gone)++;
	}
	return n == 0 ? FIRMA_OK : confirm_gone(s, class, id, cause);
}

/* No private key with this id, the user logged in, no leftovers. */
FIRMA_CHECKED static enum firma_err
make_room(
    struct firma_session *s, struct firma_bytes id, struct firma_cause *cause)
{
	CK_OBJECT_HANDLE found[1];
	bool is_logged_in = false;
	size_t n = 0;
	enum firma_err r;

	if (id.len == 0 || id.len > FIRMA_ID_MAX)
		return firma_fail(
		    cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0, "id");
	if ((r = firma_session_logged_in(s, &is_logged_in, cause)) != FIRMA_OK)
		return r;
	if (!is_logged_in)
		return firma_fail(cause, FIRMA_ERR_PIN_NEEDED, FIRMA_CAUSE_NONE,
		    0, "not logged in");
	if ((r = firma_object_find(
		 s, CKO_PRIVATE_KEY, id, found, 1, &n, cause)) != FIRMA_OK)
		return r;
	if (n != 0)
		return firma_fail(cause, FIRMA_ERR_EXISTS, FIRMA_CAUSE_NONE, 0,
		    "a private key has this CKA_ID");
	return destroy(s, CKO_PUBLIC_KEY, id, &n, cause);
}

/* The token's own generator makes the key; this only adds to it. */
static void
seed(struct firma_session *s)
{
	uint8_t more[SEED_LEN];

	if (getrandom(more, sizeof(more), 0) == (ssize_t)sizeof(more))
		(void)s->token->module->f->C_SeedRandom(
		    s->handle, more, sizeof(more));
	explicit_bzero(more, sizeof(more));
}

enum firma_err
firma_write_generate(struct firma_token *t, struct firma_bytes id,
    struct firma_str label, enum firma_key_algorithm algorithm,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_session_done)
	struct firma_session s = { .token = t, .flags = CKF_RW_SESSION };
	struct template priv = { 0 }, pub = { 0 };
	CK_ULONG bits = firma_key_algorithm_bits(algorithm);
	CK_MECHANISM m = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
	CK_OBJECT_HANDLE h_pub, h_priv;
	enum firma_err r;
	CK_RV rv;

	if (bits == 0)
		return firma_fail(
		    cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0, "algorithm");
	add_private(&priv, id, label);
	add(&priv, CKA_DECRYPT, &no, sizeof(no));
	add_public(&pub, id, label);
	if (firma_key_algorithm_is_rsa(algorithm)) {
		add(&pub, CKA_MODULUS_BITS, &bits, sizeof(bits));
		add(&pub, CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent));
	} else {
		m.mechanism = CKM_EC_KEY_PAIR_GEN;
		if (algorithm == FIRMA_KEY_EC_P256)
			add(&pub, CKA_EC_PARAMS, p256, sizeof(p256));
		else
			add(&pub, CKA_EC_PARAMS, p384, sizeof(p384));
	}
	if ((r = make_room(&s, id, cause)) != FIRMA_OK)
		return r;
	seed(&s);
	rv = t->module->f->C_GenerateKeyPair(
	    s.handle, &m, pub.list, pub.n, priv.list, priv.n, &h_pub, &h_priv);
	firma_token_changed(t);
	return rv == CKR_OK
	    ? FIRMA_OK
	    : firma_session_fail(&s, cause, "C_GenerateKeyPair", rv);
}

/* Values of C_CreateObject that mean "this token does not take keys". */
static bool
cannot_import(CK_RV rv)
{
	return rv == CKR_FUNCTION_NOT_SUPPORTED ||
	    rv == CKR_TEMPLATE_INCONSISTENT || rv == CKR_TEMPLATE_INCOMPLETE ||
	    rv == CKR_ATTRIBUTE_VALUE_INVALID ||
	    rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_READ_ONLY ||
	    rv == CKR_ACTION_PROHIBITED || rv == CKR_KEY_SIZE_RANGE ||
	    rv == CKR_MECHANISM_INVALID || rv == CKR_CURVE_NOT_SUPPORTED ||
	    rv == CKR_DOMAIN_PARAMS_INVALID;
}

FIRMA_CHECKED static enum firma_err
create(struct firma_session *s, struct template *t, struct firma_cause *cause)
{
	CK_OBJECT_HANDLE h;
	const CK_RV rv =
	    s->token->module->f->C_CreateObject(s->handle, t->list, t->n, &h);

	if (rv == CKR_OK)
		return FIRMA_OK;
	if (cannot_import(rv))
		return firma_fail(cause, FIRMA_ERR_TOKEN_NO_IMPORT,
		    FIRMA_CAUSE_CKR, rv, "C_CreateObject: %s",
		    firma_ckr_name(rv));
	return firma_session_fail(s, cause, "C_CreateObject", rv);
}

static void
add_rsa(struct template *priv, struct template *pub,
    const struct firma_components *k)
{
	const struct {
		CK_ATTRIBUTE_TYPE type;
		struct firma_bytes v;
	} list[] = { { CKA_MODULUS, k->n }, { CKA_PUBLIC_EXPONENT, k->e },
		{ CKA_PRIVATE_EXPONENT, k->d }, { CKA_PRIME_1, k->p },
		{ CKA_PRIME_2, k->q }, { CKA_EXPONENT_1, k->dp },
		{ CKA_EXPONENT_2, k->dq }, { CKA_COEFFICIENT, k->qinv } };

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		add(priv, list[i].type, list[i].v.at, list[i].v.len);
		if (i < 2)
			add(pub, list[i].type, list[i].v.at, list[i].v.len);
	}
}

/* point: room for the OCTET STRING of CKA_EC_POINT, which pub borrows. */
static void
add_ec(struct template *priv, struct template *pub,
    const struct firma_components *k, uint8_t *point)
{
	const bool is_p256 = k->algorithm == FIRMA_KEY_EC_P256;
	const uint8_t *curve = is_p256 ? p256 : p384;
	const size_t curve_len = is_p256 ? sizeof(p256) : sizeof(p384);

	point[0] = 0x04; /* OCTET STRING; 97 octets at most: a short length */
	point[1] = (uint8_t)k->point.len;
	memcpy(point + 2, k->point.at, k->point.len);
	add(priv, CKA_EC_PARAMS, curve, curve_len);
	add(priv, CKA_VALUE, k->scalar.at, k->scalar.len);
	add(pub, CKA_EC_PARAMS, curve, curve_len);
	add(pub, CKA_EC_POINT, point, k->point.len + 2);
}

enum firma_err
firma_write_import(struct firma_token *t, struct firma_bytes id,
    struct firma_str label, const struct firma_components *key,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_session_done)
	struct firma_session s = { .token = t, .flags = CKF_RW_SESSION };
	CK_OBJECT_CLASS c_priv = CKO_PRIVATE_KEY, c_pub = CKO_PUBLIC_KEY;
	const bool is_rsa = firma_key_algorithm_is_rsa(key->algorithm);
	CK_KEY_TYPE type = is_rsa ? CKK_RSA : CKK_EC;
	struct template priv = { 0 }, pub = { 0 };
	uint8_t point[2 + 127];
	size_t n = 0;
	enum firma_err r;

	if (!is_rsa && key->point.len > sizeof(point) - 2)
		return FIRMA_ERR_SHAPE;
	add(&priv, CKA_CLASS, &c_priv, sizeof(c_priv));
	add(&priv, CKA_KEY_TYPE, &type, sizeof(type));
	add_private(&priv, id, label);
	add(&pub, CKA_CLASS, &c_pub, sizeof(c_pub));
	add(&pub, CKA_KEY_TYPE, &type, sizeof(type));
	add_public(&pub, id, label);
	if (is_rsa)
		add_rsa(&priv, &pub, key);
	else
		add_ec(&priv, &pub, key, point);
	if ((r = make_room(&s, id, cause)) != FIRMA_OK)
		return r;
	/* Public first: killed in between, a leftover shows and is no key. */
	if ((r = create(&s, &pub, cause)) != FIRMA_OK ||
	    (r = create(&s, &priv, cause)) != FIRMA_OK)
		if (destroy(&s, CKO_PUBLIC_KEY, id, &n, NULL) != FIRMA_OK)
			return r; /* the first failure is the one to tell */
	firma_token_changed(t);
	return r;
}

enum firma_err
firma_write_delete(struct firma_token *t, struct firma_bytes id, size_t *ret_n,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_session_done)
	struct firma_session s = { .token = t, .flags = CKF_RW_SESSION };
	bool is_logged_in = false;
	size_t n = 0;
	enum firma_err r;

	if (id.len == 0)
		return firma_fail(
		    cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0, "id");
	if ((r = firma_session_logged_in(&s, &is_logged_in, cause)) != FIRMA_OK)
		return r;
	/* Logged out, the private key would be left behind unseen. */
	if (!is_logged_in)
		return firma_fail(cause, FIRMA_ERR_PIN_NEEDED, FIRMA_CAUSE_NONE,
		    0, "not logged in");
	r = destroy(&s, CKO_PRIVATE_KEY, id, &n, cause);
	firma_token_changed(t);
	if (r != FIRMA_OK ||
	    (r = destroy(&s, CKO_PUBLIC_KEY, id, &n, cause)) != FIRMA_OK ||
	    (r = destroy(&s, CKO_CERTIFICATE, id, &n, cause)) != FIRMA_OK)
		return r;
	*ret_n = n;
	return FIRMA_OK;
}
