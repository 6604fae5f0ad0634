/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/ecdsa_der.h"

#include "agent/base/own.h"
#include "agent/pki/der.h"

/* Append one INTEGER; digits is big endian and not negative. */
static enum firma_err
put_integer(struct firma_buf *b, struct firma_bytes digits)
{
	enum firma_err r;
	int pad;

	while (digits.len != 0 && digits.at[0] == 0) {
		digits.at++;
		digits.len--;
	}
	if (digits.len == 0)
		return FIRMA_ERR_VALUE;
	/* X.690 8.3.3: two's complement, so a high first bit needs a zero. */
	pad = digits.at[0] >= 0x80;
	r = firma_der_put_header(
	    b, FIRMA_DER_INTEGER, digits.len + (pad ? 1 : 0));
	if (r == FIRMA_OK && pad)
		r = firma_buf_put_u8(b, 0);
	return r == FIRMA_OK ? firma_buf_put(b, digits) : r;
}

enum firma_err
firma_ecdsa_to_der(struct firma_bytes raw, struct firma_buf *ret_der)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf body = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	const size_t n = raw.len / 2;
	enum firma_err r;

	if (raw.len == 0 || raw.len % 2 != 0 || raw.len > FIRMA_ECDSA_RAW_MAX)
		return FIRMA_ERR_SHAPE;

	if ((r = put_integer(&body, firma_bytes_of(raw.at, n))) != FIRMA_OK ||
	    (r = put_integer(&body, firma_bytes_of(raw.at + n, n))) !=
		FIRMA_OK ||
	    (r = firma_der_put_header(&der, FIRMA_DER_SEQUENCE, body.len)) !=
		FIRMA_OK ||
	    (r = firma_buf_put(&der, firma_buf_view(&body))) != FIRMA_OK)
		return r;

	/* One append, last: ret_der stays whole if anything above failed. */
	return firma_buf_put(ret_der, firma_buf_view(&der));
}

/* Take one positive INTEGER off *in and append it as n octets. */
static enum firma_err
take_integer(struct firma_bytes *in, size_t n, struct firma_buf *raw)
{
	struct firma_bytes v = { 0 };
	enum firma_err r;

	if ((r = firma_der_take(in, FIRMA_DER_INTEGER, &v)) != FIRMA_OK)
		return r;
	if (v.len == 0)
		return FIRMA_ERR_SHAPE;
	if (v.at[0] >= 0x80)
		return FIRMA_ERR_VALUE;
	if (v.at[0] == 0) {
		/* X.690 8.3.2: a zero octet only before a high bit. */
		if (v.len > 1 && v.at[1] < 0x80)
			return FIRMA_ERR_SHAPE;
		v = firma_bytes_of(v.at + 1, v.len - 1);
	}
	if (v.len == 0 || v.len > n)
		return FIRMA_ERR_VALUE;
	for (size_t i = v.len; i < n; i++)
		if ((r = firma_buf_put_u8(raw, 0)) != FIRMA_OK)
			return r;
	return firma_buf_put(raw, v);
}

enum firma_err
firma_ecdsa_from_der(
    struct firma_bytes der, size_t n, struct firma_buf *ret_raw)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf raw = { 0 };
	struct firma_bytes body = { 0 };
	enum firma_err r;

	if (n == 0 || n > FIRMA_ECDSA_RAW_MAX / 2)
		return FIRMA_ERR_SHAPE;
	if ((r = firma_der_take(&der, FIRMA_DER_SEQUENCE, &body)) != FIRMA_OK ||
	    (r = take_integer(&body, n, &raw)) != FIRMA_OK ||
	    (r = take_integer(&body, n, &raw)) != FIRMA_OK)
		return r;
	if (der.len != 0 || body.len != 0)
		return FIRMA_ERR_SHAPE;
	return firma_buf_put(ret_raw, firma_buf_view(&raw));
}
