/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf.h - bytes: a borrowed view, and an owned, bounded, wiped buffer.
 */
#ifndef FIRMA_BASE_BUF_H
#define FIRMA_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"

#define FIRMA_BUF_MAX ((size_t)64 * 1024 * 1024) /* octets */

/* A view.  Owns nothing; valid while its source is unchanged. */
struct firma_bytes {
	const uint8_t *at;
	size_t len;
};

/* Owns its storage; wiped when freed.  Zero-initialise before use. */
struct firma_buf {
	uint8_t *at;
	size_t len, cap;
};

/* Append.  FIRMA_ERR_NOMEM: no memory, or over FIRMA_BUF_MAX; unchanged. */
FIRMA_CHECKED enum firma_err firma_buf_put(
    struct firma_buf *b, struct firma_bytes v);
FIRMA_CHECKED enum firma_err firma_buf_put_u8(struct firma_buf *b, uint8_t v);
FIRMA_CHECKED enum firma_err firma_buf_put_str(
    struct firma_buf *b, const char *s);

/* Make room for n more octets at b->at + b->len; the caller then adds to len. */
FIRMA_CHECKED enum firma_err firma_buf_reserve(struct firma_buf *b, size_t n);

/* Drop the first n octets (n <= len). */
void firma_buf_drop(struct firma_buf *b, size_t n);

struct firma_bytes firma_buf_view(const struct firma_buf *b);
void firma_buf_done(struct firma_buf *b);

static inline struct firma_bytes
firma_bytes_of(const void *at, size_t len)
{
	return (struct firma_bytes){ at, len };
}

/* Equal length and octets; not constant time. */
int firma_bytes_equal(struct firma_bytes a, struct firma_bytes b);

/*
 * Lower-case hex.  ret has room for 2 * v.len + 1; FIRMA_ERR_SHAPE on odd
 * length or a character outside 0-9a-fA-F.
 */
void firma_hex(struct firma_bytes v, char *ret);
FIRMA_CHECKED enum firma_err firma_unhex(
    const char *hex, struct firma_buf *ret_bytes);

/* RFC 4648 section 4, with padding, without line breaks. */
FIRMA_CHECKED enum firma_err firma_base64(
    struct firma_bytes v, struct firma_buf *ret_text);
FIRMA_CHECKED enum firma_err firma_unbase64(
    struct firma_bytes text, struct firma_buf *ret_bytes);

#endif
