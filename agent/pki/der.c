/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/der.h"

#define LENGTH_OCTETS_MAX 4 /* 4 GiB: more than anything here */
#define DEPTH_MAX         32

#define CLASS_BITS        0xc0 /* 0 is "universal" */
#define CONSTRUCTED       0x20
#define TAG_SET           0x31

/* Octets of tag and length, and the length; 0 when malformed. */
static size_t
header(struct firma_bytes in, size_t *ret_len)
{
	size_t n, len = 0;

	if (in.len < 2 || (in.at[0] & 0x1f) == 0x1f)
		return 0;
	if (in.at[1] < 0x80) {
		*ret_len = in.at[1];
		return 2;
	}
	n = in.at[1] & 0x7f;
	if (n == 0 || n > LENGTH_OCTETS_MAX || in.len < 2 + n || in.at[2] == 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		len = len << 8 | in.at[2 + i];
	if (len < 0x80)
		return 0;
	*ret_len = len;
	return 2 + n;
}

enum firma_err
firma_der_take(
    struct firma_bytes *in, uint8_t tag, struct firma_bytes *ret_value)
{
	size_t len = 0;
	const size_t n = header(*in, &len);

	if (n == 0 || in->at[0] != tag || len > in->len - n)
		return FIRMA_ERR_SHAPE;
	*ret_value = firma_bytes_of(in->at + n, len);
	*in = firma_bytes_of(in->at + n + len, in->len - n - len);
	return FIRMA_OK;
}

int
firma_der_is(struct firma_bytes in, uint8_t tag)
{
	return in.len != 0 && in.at[0] == tag;
}

int
firma_der_is_strict(struct firma_bytes in)
{
	size_t ends[DEPTH_MAX]; /* of what we are in: offsets into in */
	size_t at = 0, depth = 0;

	while (at < in.len || depth != 0) {
		const size_t end = depth != 0 ? ends[depth - 1] : in.len;
		uint8_t tag;
		size_t len = 0, n;

		if (at == end) {
			depth--;
			continue;
		}
		tag = in.at[at];
		n = header(firma_bytes_of(in.at + at, end - at), &len);
		if (n == 0 || len > end - at - n)
			return 0;
		at += n;
		if ((tag & CONSTRUCTED) == 0) {
			at += len;
			continue;
		}
		/* X.690 10.2: strings are primitive */
		if (((tag & CLASS_BITS) == 0 && tag != FIRMA_DER_SEQUENCE &&
			tag != TAG_SET) ||
		    depth == DEPTH_MAX)
			return 0;
		ends[depth++] = at + len;
	}
	return 1;
}

enum firma_err
firma_der_put_header(struct firma_buf *b, uint8_t tag, size_t len)
{
	uint8_t out[4];
	size_t n = 0;

	if (len > 0xffff)
		return FIRMA_ERR_LIMIT;
	out[n++] = tag;
	if (len > 0xff) {
		out[n++] = 0x82;
		out[n++] = (uint8_t)(len >> 8);
	} else if (len > 0x7f) {
		out[n++] = 0x81;
	}
	out[n++] = (uint8_t)len;
	return firma_buf_put(b, firma_bytes_of(out, n));
}
