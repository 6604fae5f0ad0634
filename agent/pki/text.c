/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/text.h"

#include <string.h>

#include "agent/base/own.h"

#define CHARACTER_MAX 0x10ffffu

/* 0x80 .. 0x9f of windows-1252; 0 is undefined.  The rest is Latin-1. */
static const uint16_t cp1252[32] = {
	0x20ac,
	0,
	0x201a,
	0x0192,
	0x201e,
	0x2026,
	0x2020,
	0x2021,
	0x02c6,
	0x2030,
	0x0160,
	0x2039,
	0x0152,
	0,
	0x017d,
	0,
	0,
	0x2018,
	0x2019,
	0x201c,
	0x201d,
	0x2022,
	0x2013,
	0x2014,
	0x02dc,
	0x2122,
	0x0161,
	0x203a,
	0x0153,
	0,
	0x017e,
	0x0178,
};

static int
is_scalar(uint32_t c)
{
	return c <= CHARACTER_MAX && (c < 0xd800 || c > 0xdfff);
}

int
firma_text_take(struct firma_bytes *in, uint32_t *ret_character)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	uint32_t c;
	size_t more;

	if (in->len == 0)
		return 0;
	c = in->at[0];
	if (c < 0x80)
		more = 0;
	else if (c >= 0xc2 && c < 0xe0)
		more = 1, c &= 0x1f;
	else if (c >= 0xe0 && c < 0xf0)
		more = 2, c &= 0x0f;
	else if (c >= 0xf0 && c < 0xf5)
		more = 3, c &= 0x07;
	else
		return 0;
	if (in->len < 1 + more)
		return 0;
	for (size_t i = 1; i <= more; i++) {
		if ((in->at[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (in->at[i] & 0x3f);
	}
	if (c < least[more] || !is_scalar(c))
		return 0;
	*in = firma_bytes_of(in->at + 1 + more, in->len - 1 - more);
	*ret_character = c;
	return 1;
}

int
firma_text_is_utf8(struct firma_bytes v)
{
	uint32_t c;

	while (v.len != 0)
		if (!firma_text_take(&v, &c))
			return 0;
	return 1;
}

int
firma_text_is_ascii(struct firma_bytes v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.at[i] >= 0x80)
			return 0;
	return 1;
}

enum firma_err
firma_text_put(struct firma_buf *b, uint32_t c)
{
	uint8_t out[4];
	size_t n = 0;

	if (!is_scalar(c))
		return FIRMA_ERR_VALUE;
	if (c < 0x80) {
		out[n++] = (uint8_t)c;
	} else if (c < 0x800) {
		out[n++] = (uint8_t)(0xc0 | c >> 6);
		out[n++] = (uint8_t)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		out[n++] = (uint8_t)(0xe0 | c >> 12);
		out[n++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[n++] = (uint8_t)(0x80 | (c & 0x3f));
	} else {
		out[n++] = (uint8_t)(0xf0 | c >> 18);
		out[n++] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
		out[n++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[n++] = (uint8_t)(0x80 | (c & 0x3f));
	}
	return firma_buf_put(b, firma_bytes_of(out, n));
}

enum firma_err
firma_text_from_cp1252(struct firma_bytes v, struct firma_buf *ret_utf8)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf out = { 0 };
	enum firma_err r;

	for (size_t i = 0; i < v.len; i++) {
		uint32_t c = v.at[i];

		if (c >= 0x80 && c < 0xa0 && (c = cp1252[c - 0x80]) == 0)
			return FIRMA_ERR_VALUE;
		if ((r = firma_text_put(&out, c)) != FIRMA_OK)
			return r;
	}
	return firma_buf_put(ret_utf8, firma_buf_view(&out));
}

/* The octet of a character, or -1. */
static int
to_octet(uint32_t c)
{
	if (c < 0x80 || (c >= 0xa0 && c < 0x100))
		return (int)c;
	for (int i = 0; i < 32; i++)
		if (cp1252[i] != 0 && cp1252[i] == c)
			return 0x80 + i;
	return -1;
}

enum firma_err
firma_text_to_cp1252(struct firma_bytes utf8, struct firma_buf *ret_cp1252)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf out = { 0 };
	enum firma_err r;
	uint32_t c;

	while (utf8.len != 0) {
		int octet;

		if (!firma_text_take(&utf8, &c) || (octet = to_octet(c)) < 0)
			return FIRMA_ERR_VALUE;
		if ((r = firma_buf_put_u8(&out, (uint8_t)octet)) != FIRMA_OK)
			return r;
	}
	return firma_buf_put(ret_cp1252, firma_buf_view(&out));
}

static int
is_clean(uint32_t c)
{
	static const uint32_t bad[][2] = {
		{ 0x0000, 0x001f },  /* C0 */
		{ 0x007f, 0x009f },  /* DEL, C1 */
		{ 0x061c, 0x061c },  /* Arabic letter mark */
		{ 0x200b, 0x200f },  /* zero width, direction marks */
		{ 0x2028, 0x202e },  /* separators, direction overrides */
		{ 0x2060, 0x206f },  /* invisible operators, isolates */
		{ 0xfdd0, 0xfdef },  /* non-characters */
		{ 0xfeff, 0xfeff },  /* BOM */
		{ 0xfff9, 0xfffb },  /* annotations */
		{ 0xe0000, 0xe007f } /* tags */
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (c >= bad[i][0] && c <= bad[i][1])
			return 0;
	return (c & 0xfffe) != 0xfffe;
}

int
firma_text_is_clean(struct firma_bytes utf8)
{
	uint32_t c;

	while (utf8.len != 0)
		if (!firma_text_take(&utf8, &c) || !is_clean(c))
			return 0;
	return 1;
}

void
firma_text_show(struct firma_bytes v, char *ret, size_t size)
{
	size_t n = 0;

	while (v.at != NULL && v.len != 0) {
		struct firma_bytes one = v;
		uint32_t c;

		if (firma_text_take(&v, &c)) {
			one.len -= v.len;
		} else {
			one.len = 1;
			v = firma_bytes_of(v.at + 1, v.len - 1);
		}
		if (!firma_text_is_clean(one))
			one = firma_bytes_of("?", 1);
		if (n + one.len >= size)
			break;
		memcpy(ret + n, one.at, one.len);
		n += one.len;
	}
	ret[n] = '\0';
}
