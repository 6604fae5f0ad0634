/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/wire/msg.h"

#include <string.h>

/* Field lists: fields_sign[] = { { "key", FIRMA_STR, 64, offsetof } ... } */
#define MSG(name, number, direction, fds)           \
	typedef struct firma_msg_##name msg_##name; \
	enum { n_##name = 0
#define U32(field)      +1
#define U64(field)      +1
#define STR(field, max) +1
#define BIN(field, max) +1
#define END(name) \
	}         \
	;
#include "agent/wire/client.def"
#include "agent/wire/worker.def"
#undef MSG
#undef U32
#undef U64
#undef STR
#undef BIN
#undef END

/*
 * The field macros do not know their message, so offsets are taken from a
 * cursor type that each MSG() defines in a scope of its own: a function.
 */
#define MSG(name, number, direction, fds)                    \
	static const struct firma_field *fields_##name(void) \
	{                                                    \
		typedef msg_##name self;                     \
		static const struct firma_field list[] = {
#define U32(field)      { #field, FIRMA_U32, 4, offsetof(self, field) },
#define U64(field)      { #field, FIRMA_U64, 8, offsetof(self, field) },
#define STR(field, max) { #field, FIRMA_STR, (max), offsetof(self, field) },
#define BIN(field, max) { #field, FIRMA_BIN, (max), offsetof(self, field) },
#define END(name)                                                      \
	{                                                              \
		NULL, FIRMA_U32, 0, sizeof(self)                       \
	}                                                              \
	}                                                              \
	;                                                              \
	_Static_assert(sizeof(list) / sizeof(list[0]) == n_##name + 1, \
	    "fields of " #name);                                       \
	_Static_assert(sizeof(self) <= FIRMA_MSG_STRUCT_MAX, #name);   \
	return list;                                                   \
	}
#include "agent/wire/client.def"
#include "agent/wire/worker.def"
#undef MSG
#undef U32
#undef U64
#undef STR
#undef BIN
#undef END

#define FDS_0      FIRMA_FDS_NONE
#define FDS_1      FIRMA_FDS_ONE
#define FDS_OPT_FD FIRMA_FDS_OPT

static struct firma_msg_desc table[] = {
#define MSG(name, number, direction, fds)                                    \
	{ FIRMA_MSG_##name, #name, #direction[0], FDS_##fds, NULL, n_##name, \
		sizeof(struct firma_msg_##name) },
#define U32(field)
#define U64(field)
#define STR(field, max)
#define BIN(field, max)
#define END(name)
#include "agent/wire/client.def"
#include "agent/wire/worker.def"
#undef MSG
#undef END
};

#define N_TABLE (sizeof(table) / sizeof(table[0]))

/* Before main(): the lists are static, only their addresses are late. */
__attribute__((constructor)) static void
link_fields(void)
{
	size_t i = 0;

#define MSG(name, number, direction, fds) table[i++].fields = fields_##name();
#define END(name)
#include "agent/wire/client.def"
#include "agent/wire/worker.def"
#undef MSG
#undef U32
#undef U64
#undef STR
#undef BIN
#undef END
}

const struct firma_msg_desc *
firma_msg_table(size_t *ret_n)
{
	*ret_n = N_TABLE;
	return table;
}

const struct firma_msg_desc *
firma_msg_find(unsigned int type)
{
	for (size_t i = 0; i < N_TABLE; i++)
		if ((unsigned int)table[i].type == type)
			return &table[i];
	return NULL;
}

int
firma_str_is(struct firma_str a, const char *s)
{
	const size_t len = strlen(s);

	return a.len == len && (len == 0 || memcmp(a.at, s, len) == 0);
}

void
firma_str_copy(struct firma_str a, char *ret, size_t size)
{
	size_t n = a.len;

	if (n >= size) {
		n = size - 1;
		while (n > 0 && ((unsigned char)a.at[n] & 0xc0) == 0x80)
			n--;
	}
	if (n != 0)
		memcpy(ret, a.at, n);
	ret[n] = '\0';
}

static void
put_be(uint8_t *to, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

static uint64_t
get_be(const uint8_t *at, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | at[i];
	return v;
}

FIRMA_CHECKED static enum firma_err
encode_field(
    const struct firma_field *f, const uint8_t *at, struct firma_buf *to)
{
	struct firma_bytes v = { NULL, 0 };
	uint8_t head[8];
	size_t n;
	enum firma_err r;

	switch (f->kind) {
	case FIRMA_U32:
		n = 4;
		put_be(head, *(const uint32_t *)(const void *)at, n);
		break;
	case FIRMA_U64:
		n = 8;
		put_be(head, *(const uint64_t *)(const void *)at, n);
		break;
	case FIRMA_STR:
		v = firma_bytes_of(
		    ((const struct firma_str *)(const void *)at)->at,
		    ((const struct firma_str *)(const void *)at)->len);
		n = 2;
		break;
	case FIRMA_BIN:
	default:
		v = *(const struct firma_bytes *)(const void *)at;
		n = 4;
		break;
	}
	if (f->kind == FIRMA_STR || f->kind == FIRMA_BIN) {
		if (v.len > f->max)
			return FIRMA_ERR_LIMIT;
		put_be(head, v.len, n);
	}
	if ((r = firma_buf_put(to, firma_bytes_of(head, n))) != FIRMA_OK)
		return r;
	return firma_buf_put(to, v);
}

enum firma_err
firma_msg_encode(
    enum firma_msg_type type, const void *msg, struct firma_buf *ret_payload)
{
	const struct firma_msg_desc *d = firma_msg_find(type);
	const size_t before = ret_payload->len;

	if (d == NULL)
		return FIRMA_ERR_NOT_FOUND;
	for (size_t i = 0; i < d->n_fields; i++) {
		const enum firma_err r = encode_field(&d->fields[i],
		    (const uint8_t *)msg + d->fields[i].offset, ret_payload);

		if (r != FIRMA_OK) {
			ret_payload->len = before;
			return r;
		}
	}
	return FIRMA_OK;
}

/* RFC 3629, without NUL: table 3-7 of the Unicode standard, by ranges. */
static int
is_text(const uint8_t *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		const uint8_t c = s[i];
		const size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

		if (c == 0 || (c >= 0x80 && c < 0xc2) || c > 0xf4 ||
		    n > len - i)
			return 0;
		for (size_t k = 1; k < n; k++)
			if ((s[i + k] & 0xc0) != 0x80)
				return 0;
		if ((c == 0xe0 && s[i + 1] < 0xa0) ||
		    (c == 0xed && s[i + 1] > 0x9f) ||
		    (c == 0xf0 && s[i + 1] < 0x90) ||
		    (c == 0xf4 && s[i + 1] > 0x8f))
			return 0;
		i += n;
	}
	return 1;
}

FIRMA_CHECKED static enum firma_err
decode_field(const struct firma_field *f, struct firma_bytes *from, uint8_t *to)
{
	static const size_t head[] = { [FIRMA_U32] = 4,
		[FIRMA_U64] = 8,
		[FIRMA_STR] = 2,
		[FIRMA_BIN] = 4 };
	const size_t n = head[f->kind];
	uint64_t v;

	if (from->len < n)
		return FIRMA_ERR_SHAPE;
	v = get_be(from->at, n);
	from->at += n;
	from->len -= n;
	if (f->kind == FIRMA_U32) {
		*(uint32_t *)(void *)to = (uint32_t)v;
		return FIRMA_OK;
	}
	if (f->kind == FIRMA_U64) {
		*(uint64_t *)(void *)to = v;
		return FIRMA_OK;
	}
	if (v > f->max)
		return FIRMA_ERR_LIMIT;
	if (v > from->len)
		return FIRMA_ERR_SHAPE;
	if (f->kind == FIRMA_STR) {
		if (!is_text(from->at, (size_t)v))
			return FIRMA_ERR_SHAPE;
		*(struct firma_str *)(void *)to =
		    (struct firma_str){ (const char *)from->at, (size_t)v };
	} else {
		*(struct firma_bytes *)(void *)to =
		    firma_bytes_of(from->at, (size_t)v);
	}
	from->at += v;
	from->len -= (size_t)v;
	return FIRMA_OK;
}

enum firma_err
firma_msg_decode(enum firma_msg_type type, struct firma_bytes payload,
    void *ret_msg, struct firma_cause *cause)
{
	const struct firma_msg_desc *d = firma_msg_find(type);
	union firma_msg_any any = { 0 };

	if (d == NULL)
		return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE,
		    0, "message %#x", (unsigned)type);
	for (size_t i = 0; i < d->n_fields; i++) {
		const struct firma_field *f = &d->fields[i];
		const enum firma_err r =
		    decode_field(f, &payload, any.room + f->offset);

		if (r != FIRMA_OK)
			return firma_fail(cause, r, FIRMA_CAUSE_NONE, 0,
			    "%s.%s", d->name, f->name);
	}
	if (payload.len != 0)
		return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		    "%s: %zu octets left over", d->name, payload.len);
	memcpy(ret_msg, any.room, d->size);
	return FIRMA_OK;
}
