/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/worker/spki.h"

#include "agent/base/own.h"
#include "agent/pki/der.h"

#define BIT_STRING   0x03
#define UNCOMPRESSED 0x04 /* SEC 1, 2.3.3 */

/* AlgorithmIdentifier { rsaEncryption, NULL } */
static const uint8_t rsa_algorithm[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86,
	0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };
/* id-ecPublicKey */
static const uint8_t ec_oid[] = { 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d,
	0x02, 0x01 };

FIRMA_CHECKED static enum firma_err
put_integer(struct firma_buf *b, struct firma_bytes v)
{
	enum firma_err r;

	while (v.len != 0 && v.at[0] == 0) {
		v.at++;
		v.len--;
	}
	if (v.len == 0)
		return FIRMA_ERR_SHAPE;
	const size_t pad = v.at[0] >> 7;

	if ((r = firma_der_put_header(b, FIRMA_DER_INTEGER, v.len + pad)) !=
		FIRMA_OK ||
	    (pad != 0 && (r = firma_buf_put_u8(b, 0)) != FIRMA_OK))
		return r;
	return firma_buf_put(b, v);
}

/* SEQUENCE { algorithm, BIT STRING { key } } */
FIRMA_CHECKED static enum firma_err
put_spki(
    struct firma_buf *ret, struct firma_bytes algorithm, struct firma_bytes key)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf body = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf all = { 0 };
	enum firma_err r;

	if ((r = firma_buf_put(&body, algorithm)) != FIRMA_OK ||
	    (r = firma_der_put_header(&body, BIT_STRING, key.len + 1)) !=
		FIRMA_OK ||
	    (r = firma_buf_put_u8(&body, 0)) != FIRMA_OK ||
	    (r = firma_buf_put(&body, key)) != FIRMA_OK ||
	    (r = firma_der_put_header(&all, FIRMA_DER_SEQUENCE, body.len)) !=
		FIRMA_OK ||
	    (r = firma_buf_put(&all, firma_buf_view(&body))) != FIRMA_OK)
		return r;
	return firma_buf_put(ret, firma_buf_view(&all));
}

enum firma_err
firma_spki_rsa(
    struct firma_bytes n, struct firma_bytes e, struct firma_buf *ret_spki)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf body = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf key = { 0 };
	enum firma_err r;

	if ((r = put_integer(&body, n)) != FIRMA_OK ||
	    (r = put_integer(&body, e)) != FIRMA_OK ||
	    (r = firma_der_put_header(&key, FIRMA_DER_SEQUENCE, body.len)) !=
		FIRMA_OK ||
	    (r = firma_buf_put(&key, firma_buf_view(&body))) != FIRMA_OK)
		return r;
	return put_spki(ret_spki,
	    firma_bytes_of(rsa_algorithm, sizeof(rsa_algorithm)),
	    firma_buf_view(&key));
}

/* 1 + 2 * field of P-256, P-384, P-521; wrapped ones are longer by 2 or 3. */
static int
is_bare(size_t len)
{
	return len == 65 || len == 97 || len == 133;
}

enum firma_err
firma_spki_ec(struct firma_bytes params, struct firma_bytes point,
    struct firma_buf *ret_spki)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf algorithm = { 0 };
	struct firma_bytes rest = point, bare = point;
	enum firma_err r;

	if (!firma_der_is(params, FIRMA_DER_OID))
		return FIRMA_ERR_NOT_SUPPORTED;
	/* 04 begins a bare point and an OCTET STRING: the length decides. */
	if (!is_bare(point.len) &&
	    (firma_der_take(&rest, FIRMA_DER_OCTETS, &bare) != FIRMA_OK ||
		rest.len != 0))
		return FIRMA_ERR_SHAPE;
	if (bare.len < 3 || bare.len % 2 == 0 || bare.at[0] != UNCOMPRESSED)
		return FIRMA_ERR_SHAPE;
	if ((r = firma_der_put_header(&algorithm, FIRMA_DER_SEQUENCE,
		 sizeof(ec_oid) + params.len)) != FIRMA_OK ||
	    (r = firma_buf_put(&algorithm,
		 firma_bytes_of(ec_oid, sizeof(ec_oid)))) != FIRMA_OK ||
	    (r = firma_buf_put(&algorithm, params)) != FIRMA_OK)
		return r;
	return put_spki(ret_spki, firma_buf_view(&algorithm), bare);
}
