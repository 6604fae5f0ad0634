/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/buf.h"

#include <stdlib.h>
#include <string.h>

enum firma_err
firma_buf_reserve(struct firma_buf *b, size_t n)
{
	uint8_t *p;
	size_t cap;

	if (n > FIRMA_BUF_MAX - b->len)
		return FIRMA_ERR_NOMEM;
	if (b->len + n <= b->cap)
		return FIRMA_OK;
	cap = b->cap * 2;
	if (cap < b->len + n)
		cap = b->len + n;
	if (cap < 64)
		cap = 64;
	/* Not realloc(): it may leave an unwiped copy behind. */
	if ((p = malloc(cap)) == NULL)
		return FIRMA_ERR_NOMEM;
	if (b->len != 0)
		memcpy(p, b->at, b->len);
	if (b->at != NULL)
		explicit_bzero(b->at, b->cap);
	free(b->at);
	b->at = p;
	b->cap = cap;
	return FIRMA_OK;
}

enum firma_err
firma_buf_put(struct firma_buf *b, struct firma_bytes v)
{
	enum firma_err r;

	if (v.len == 0)
		return FIRMA_OK;
	if ((r = firma_buf_reserve(b, v.len)) != FIRMA_OK)
		return r;
	memcpy(b->at + b->len, v.at, v.len);
	b->len += v.len;
	return FIRMA_OK;
}

enum firma_err
firma_buf_put_u8(struct firma_buf *b, uint8_t v)
{
	return firma_buf_put(b, (struct firma_bytes){ &v, 1 });
}

enum firma_err
firma_buf_put_str(struct firma_buf *b, const char *s)
{
	return firma_buf_put(b, firma_bytes_of(s, strlen(s)));
}

void
firma_buf_drop(struct firma_buf *b, size_t n)
{
	if (n == 0)
		return;
	memmove(b->at, b->at + n, b->len - n);
	explicit_bzero(b->at + b->len - n, n);
	b->len -= n;
}

struct firma_bytes
firma_buf_view(const struct firma_buf *b)
{
	return (struct firma_bytes){ b->at, b->len };
}

void
firma_buf_done(struct firma_buf *b)
{
	if (b->at != NULL)
		explicit_bzero(b->at, b->cap);
	free(b->at);
	*b = (struct firma_buf){ 0 };
}

int
firma_bytes_equal(struct firma_bytes a, struct firma_bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

void
firma_hex(struct firma_bytes v, char *ret)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < v.len; i++) {
		ret[2 * i] = digit[v.at[i] >> 4];
		ret[2 * i + 1] = digit[v.at[i] & 15];
	}
	ret[2 * v.len] = '\0';
}

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

enum firma_err
firma_unhex(const char *hex, struct firma_buf *ret_bytes)
{
	const size_t len = strlen(hex);
	enum firma_err r;

	if (len % 2 != 0)
		return FIRMA_ERR_SHAPE;
	for (size_t i = 0; i < len; i++)
		if (nibble(hex[i]) < 0)
			return FIRMA_ERR_SHAPE;
	if ((r = firma_buf_reserve(ret_bytes, len / 2)) != FIRMA_OK)
		return r;
	for (size_t i = 0; i < len; i += 2)
		ret_bytes->at[ret_bytes->len++] =
		    (uint8_t)(nibble(hex[i]) << 4 | nibble(hex[i + 1]));
	return FIRMA_OK;
}

static const char b64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum firma_err
firma_base64(struct firma_bytes v, struct firma_buf *ret_text)
{
	enum firma_err r;

	if (v.len > FIRMA_BUF_MAX / 2)
		return FIRMA_ERR_LIMIT;
	if ((r = firma_buf_reserve(ret_text, (v.len + 2) / 3 * 4)) != FIRMA_OK)
		return r;
	for (size_t i = 0; i < v.len; i += 3) {
		const size_t left = v.len - i;
		const uint32_t w = (uint32_t)v.at[i] << 16 |
		    (left > 1 ? (uint32_t)v.at[i + 1] << 8 : 0) |
		    (left > 2 ? (uint32_t)v.at[i + 2] : 0);
		uint8_t *to = ret_text->at + ret_text->len;

		to[0] = (uint8_t)b64[w >> 18 & 63];
		to[1] = (uint8_t)b64[w >> 12 & 63];
		to[2] = left > 1 ? (uint8_t)b64[w >> 6 & 63] : '=';
		to[3] = left > 2 ? (uint8_t)b64[w & 63] : '=';
		ret_text->len += 4;
	}
	return FIRMA_OK;
}

static int
sextet(uint8_t c)
{
	const char *p = c == 0 ? NULL : strchr(b64, c);

	return p == NULL ? -1 : (int)(p - b64);
}

enum firma_err
firma_unbase64(struct firma_bytes text, struct firma_buf *ret_bytes)
{
	enum firma_err r;

	if (text.len % 4 != 0)
		return FIRMA_ERR_SHAPE;
	for (size_t i = 0; i < text.len; i++) {
		const int pad_ok = text.at[i] == '=' &&
		    (i + 1 == text.len ||
			(i + 2 == text.len && text.at[i + 1] == '='));

		if (sextet(text.at[i]) < 0 && !pad_ok)
			return FIRMA_ERR_SHAPE;
	}
	if ((r = firma_buf_reserve(ret_bytes, text.len / 4 * 3)) != FIRMA_OK)
		return r;
	for (size_t i = 0; i < text.len; i += 4) {
		const uint8_t *s = text.at + i;
		const int n = s[2] == '=' ? 1 : s[3] == '=' ? 2 : 3;
		const uint32_t w = (uint32_t)sextet(s[0]) << 18 |
		    (uint32_t)sextet(s[1]) << 12 |
		    (n > 1 ? (uint32_t)sextet(s[2]) << 6 : 0) |
		    (n > 2 ? (uint32_t)sextet(s[3]) : 0);

		for (int k = 0; k < n; k++)
			ret_bytes->at[ret_bytes->len++] =
			    (uint8_t)(w >> (16 - 8 * k));
	}
	return FIRMA_OK;
}
