/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/vcard/tlv.h"

#include "tests/vcard/out.h"

static bool
take(struct firma_bytes *in, unsigned *ret)
{
	if (in->len == 0)
		return false;
	*ret = *in->at++;
	in->len--;
	return true;
}

static bool
take_length(struct firma_bytes *in, size_t *ret)
{
	unsigned octet = 0, n;
	size_t len = 0;

	if (!take(in, &octet))
		return false;
	if (octet < 0x80) {
		*ret = octet;
		return true;
	}
	n = octet & 0x7f;
	if (n == 0 || n > 2)
		return false;
	while (n-- > 0) {
		if (!take(in, &octet))
			return false;
		len = len << 8 | octet;
	}
	*ret = len;
	return true;
}

bool
tlv_next(
    struct firma_bytes *in, unsigned *ret_tag, struct firma_bytes *ret_value)
{
	unsigned tag = 0, more = 0;
	size_t len = 0;

	if (!take(in, &tag))
		return false;
	if ((tag & 0x1f) == 0x1f) {
		if (!take(in, &more))
			return false;
		tag = tag << 8 | more;
	}
	if (!take_length(in, &len) || len > in->len)
		return false;
	*ret_tag = tag;
	*ret_value = firma_bytes_of(in->at, len);
	in->at += len;
	in->len -= len;
	return true;
}

bool
tlv_find(struct firma_bytes in, unsigned tag, struct firma_bytes *ret_value)
{
	struct firma_bytes value;
	unsigned got;

	while (tlv_next(&in, &got, &value)) {
		if (got == tag) {
			*ret_value = value;
			return true;
		}
	}
	return false;
}

void
tlv_put(struct firma_buf *b, unsigned tag, struct firma_bytes value)
{
	if (tag > 0xff)
		out_byte(b, tag >> 8);
	out_byte(b, tag & 0xff);
	if (value.len > 0xff) {
		out_byte(b, 0x82);
		out_byte(b, (unsigned)(value.len >> 8));
	} else if (value.len > 0x7f) {
		out_byte(b, 0x81);
	}
	out_byte(b, value.len & 0xff);
	out_put(b, value);
}
