/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/components.h"

#include <string.h>

#include <openssl/core_names.h>

#include "agent/pki/own_openssl.h"

#define POINT_UNCOMPRESSED 0x04
#define N_RSA              8

/* The order of the wire; see components.h. */
static const char *const rsa_parameters[N_RSA] = { OSSL_PKEY_PARAM_RSA_N,
	OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D,
	OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
	OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
	OSSL_PKEY_PARAM_RSA_COEFFICIENT1 };

static const size_t rsa_members[N_RSA] = { offsetof(struct firma_components, n),
	offsetof(struct firma_components, e),
	offsetof(struct firma_components, d),
	offsetof(struct firma_components, p),
	offsetof(struct firma_components, q),
	offsetof(struct firma_components, dp),
	offsetof(struct firma_components, dq),
	offsetof(struct firma_components, qinv) };

static enum firma_err
put_u16(struct firma_secret *s, size_t v)
{
	const uint8_t out[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	return firma_secret_put(s, firma_bytes_of(out, sizeof(out)));
}

static enum firma_err
get_number(EVP_PKEY *key, const char *name, BIGNUM **ret)
{
	if (EVP_PKEY_get_bn_param(key, name, ret) == 1)
		return FIRMA_OK;
	return firma_openssl_err(FIRMA_ERR_NOT_SUPPORTED);
}

/* n octets of a number straight into locked memory. */
static enum firma_err
put_padded(struct firma_secret *s, const BIGNUM *number, size_t n)
{
	if (n > s->cap - s->len)
		return FIRMA_ERR_LIMIT;
	if (BN_bn2binpad(number, s->at + s->len, (int)n) != (int)n)
		return FIRMA_ERR_VALUE;
	s->len += n;
	return FIRMA_OK;
}

static enum firma_err
put_rsa(EVP_PKEY *key, struct firma_secret *s)
{
	FIRMA_OWN(firma_bn_done) BIGNUM *third = NULL;
	enum firma_err r;

	if (get_number(key, OSSL_PKEY_PARAM_RSA_FACTOR3, &third) == FIRMA_OK)
		return FIRMA_ERR_NOT_SUPPORTED;
	for (size_t i = 0; i < N_RSA; i++) {
		FIRMA_OWN(firma_bn_done) BIGNUM *number = NULL;
		size_t n;

		if ((r = get_number(key, rsa_parameters[i], &number)) !=
		    FIRMA_OK)
			return r;
		n = (size_t)BN_num_bytes(number);
		if (n == 0)
			return FIRMA_ERR_NOT_SUPPORTED;
		if ((r = put_u16(s, n)) != FIRMA_OK ||
		    (r = put_padded(s, number, n)) != FIRMA_OK)
			return r;
	}
	return FIRMA_OK;
}

static enum firma_err
put_ec(EVP_PKEY *key, size_t field, struct firma_secret *s)
{
	static const uint8_t form = POINT_UNCOMPRESSED;
	FIRMA_OWN(firma_bn_done) BIGNUM *scalar = NULL;
	FIRMA_OWN(firma_bn_done) BIGNUM *x = NULL;
	FIRMA_OWN(firma_bn_done) BIGNUM *y = NULL;
	enum firma_err r;

	if ((r = get_number(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar)) !=
		FIRMA_OK ||
	    (r = get_number(key, OSSL_PKEY_PARAM_EC_PUB_X, &x)) != FIRMA_OK ||
	    (r = get_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, &y)) != FIRMA_OK ||
	    (r = put_u16(s, field)) != FIRMA_OK ||
	    (r = put_padded(s, scalar, field)) != FIRMA_OK ||
	    (r = put_u16(s, 1 + 2 * field)) != FIRMA_OK ||
	    (r = firma_secret_put(s, firma_bytes_of(&form, 1))) != FIRMA_OK ||
	    (r = put_padded(s, x, field)) != FIRMA_OK)
		return r;
	return put_padded(s, y, field);
}

enum firma_err
firma_keyfile_components(
    EVP_PKEY *key, struct firma_secret *ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_secret_done) struct firma_secret s = { 0 };
	enum firma_key_algorithm a;
	enum firma_err r;

	if ((r = firma_key_algorithm_find(key, &a)) != FIRMA_OK)
		return r;
	const uint8_t number[4] = { 0, 0, 0, (uint8_t)a };

	if (a == FIRMA_KEY_UNKNOWN)
		return firma_fail(cause, FIRMA_ERR_NOT_SUPPORTED,
		    FIRMA_CAUSE_NONE, 0, "this kind of key");
	if ((r = firma_secret_new(&s, FIRMA_COMPONENTS_MAX)) != FIRMA_OK ||
	    (r = firma_secret_put(
		 &s, firma_bytes_of(number, sizeof(number)))) != FIRMA_OK)
		return r;
	r = firma_key_algorithm_is_rsa(a)
	    ? put_rsa(key, &s)
	    : put_ec(key, firma_key_algorithm_field(a), &s);
	if (r != FIRMA_OK)
		return firma_fail(cause, r, FIRMA_CAUSE_NONE, 0,
		    "the private key's numbers cannot be read");
	*ret = s;
	s = (struct firma_secret){ 0 };
	return FIRMA_OK;
}

static enum firma_err
take(struct firma_bytes *in, struct firma_bytes *ret)
{
	size_t n;

	if (in->len < 2)
		return FIRMA_ERR_SHAPE;
	n = (size_t)in->at[0] << 8 | in->at[1];
	if (n == 0 || n > in->len - 2)
		return FIRMA_ERR_SHAPE;
	*ret = firma_bytes_of(in->at + 2, n);
	*in = firma_bytes_of(in->at + 2 + n, in->len - 2 - n);
	return FIRMA_OK;
}

static enum firma_err
take_rsa(struct firma_bytes *in, struct firma_components *c)
{
	const size_t modulus = firma_key_algorithm_bits(c->algorithm) / 8;
	enum firma_err r;

	for (size_t i = 0; i < N_RSA; i++) {
		struct firma_bytes v = { 0 };

		if ((r = take(in, &v)) != FIRMA_OK)
			return r;
		if (v.len > modulus || v.at[0] == 0)
			return FIRMA_ERR_SHAPE;
		memcpy((char *)c + rsa_members[i], &v, sizeof(v));
	}
	/* The algorithm's bits are the modulus's: full length, high bit set. */
	return c->n.len == modulus && c->n.at[0] >= 0x80 ? FIRMA_OK
							 : FIRMA_ERR_SHAPE;
}

static enum firma_err
take_ec(struct firma_bytes *in, struct firma_components *c)
{
	const size_t field = firma_key_algorithm_field(c->algorithm);
	enum firma_err r;

	if ((r = take(in, &c->scalar)) != FIRMA_OK ||
	    (r = take(in, &c->point)) != FIRMA_OK)
		return r;
	if (c->scalar.len != field || c->point.len != 1 + 2 * field ||
	    c->point.at[0] != POINT_UNCOMPRESSED)
		return FIRMA_ERR_SHAPE;
	return FIRMA_OK;
}

enum firma_err
firma_components_parse(struct firma_bytes bytes, struct firma_components *ret)
{
	struct firma_components c = { 0 };
	enum firma_err r;

	if (bytes.len < 4 || bytes.len > FIRMA_COMPONENTS_MAX)
		return FIRMA_ERR_SHAPE;
	c.algorithm = firma_key_algorithm_from_number(
	    (unsigned int)bytes.at[0] << 24 | (unsigned int)bytes.at[1] << 16 |
	    (unsigned int)bytes.at[2] << 8 | bytes.at[3]);
	if (c.algorithm == FIRMA_KEY_UNKNOWN)
		return FIRMA_ERR_VALUE;
	bytes = firma_bytes_of(bytes.at + 4, bytes.len - 4);
	r = firma_key_algorithm_is_rsa(c.algorithm) ? take_rsa(&bytes, &c)
						    : take_ec(&bytes, &c);
	if (r != FIRMA_OK)
		return r;
	if (bytes.len != 0)
		return FIRMA_ERR_SHAPE;
	*ret = c;
	return FIRMA_OK;
}
