/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg.h - messages: structs, encoder and decoder, all from the two tables
 * client.def (the signing socket) and worker.def (the token process).
 *
 * A payload is its fields in table order, nothing between or after them:
 *   U32  4 octets, big endian        U64  8 octets, big endian
 *   STR  u16 length, then UTF-8 without NUL
 *   BIN  u32 length, then octets
 *
 * May include: agent/base.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_WIRE_MSG_H
#define FIRMA_WIRE_MSG_H

#include <stddef.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/base/err.h"

/* Borrowed text: not zero-terminated, valid UTF-8 without NUL when decoded. */
struct firma_str {
	const char *at;
	size_t len;
};

static inline struct firma_str
firma_str_of(const char *s)
{
	return (struct firma_str){ s, s == NULL ? 0 : __builtin_strlen(s) };
}

int firma_str_is(struct firma_str a, const char *s);

/* Zero-terminated copy, cut at a character's edge when ret is too small. */
void firma_str_copy(struct firma_str a, char *ret, size_t size);

/* One struct a message: struct firma_msg_sign { struct firma_str key; ... } */
#define MSG(name, number, direction, fds) struct firma_msg_##name {
#define U32(field)                        uint32_t field;
#define U64(field)                        uint64_t field;
#define STR(field, max)                   struct firma_str field;
#define BIN(field, max)                   struct firma_bytes field;
/* ISO C has no empty struct; messages without fields get this one. */
#define END(name)  \
	char end_; \
	}          \
	;
#include "agent/wire/client.def"
#include "agent/wire/worker.def"
#undef MSG
#undef U32
#undef U64
#undef STR
#undef BIN
#undef END

/* FIRMA_MSG_sign = 0x0300, ... */
enum firma_msg_type {
#define MSG(name, number, direction, fds) FIRMA_MSG_##name = (number),
#define U32(field)
#define U64(field)
#define STR(field, max)
#define BIN(field, max)
#define END(name)
#include "agent/wire/client.def"
#include "agent/wire/worker.def"
#undef MSG
#undef U32
#undef U64
#undef STR
#undef BIN
#undef END
};

enum firma_msg_fds { FIRMA_FDS_NONE = 0, FIRMA_FDS_ONE = 1, FIRMA_FDS_OPT = 2 };
enum firma_field_kind { FIRMA_U32, FIRMA_U64, FIRMA_STR, FIRMA_BIN };

struct firma_field {
	const char *name;
	enum firma_field_kind kind;
	size_t max;    /* octets, for STR and BIN */
	size_t offset; /* in the message's struct */
};

struct firma_msg_desc {
	enum firma_msg_type type;
	const char *name;
	char direction; /* 'Q' or 'A' */
	enum firma_msg_fds fds;
	const struct firma_field *fields;
	size_t n_fields;
	size_t size; /* of the struct */
};

/* NULL for a number that no message has. */
const struct firma_msg_desc *firma_msg_find(unsigned int type);

/* The whole table, for documentation checks and fuzzing. */
const struct firma_msg_desc *firma_msg_table(size_t *ret_n);

#define FIRMA_MSG_STRUCT_MAX 512 /* octets; the largest struct, asserted */

/* A struct big enough for any message. */
union firma_msg_any {
	uint64_t align;
	uint8_t room[FIRMA_MSG_STRUCT_MAX];
};

/*
 * Append the payload of msg, a struct firma_msg_<type>.
 * FIRMA_ERR_LIMIT  a field is over its maximum (a caller's mistake)
 */
FIRMA_CHECKED enum firma_err firma_msg_encode(
    enum firma_msg_type type, const void *msg, struct firma_buf *ret_payload);

/*
 * Decode a payload into ret_msg, a struct firma_msg_<type>, whose views point
 * into payload.  ret_msg is only set on success.
 *
 * FIRMA_ERR_NOT_FOUND  no such message
 * FIRMA_ERR_SHAPE      too short, octets left over, or text that is not UTF-8
 * FIRMA_ERR_LIMIT      a field is over its maximum
 * The cause names the message and the field.
 */
FIRMA_CHECKED enum firma_err firma_msg_decode(enum firma_msg_type type,
    struct firma_bytes payload, void *ret_msg, struct firma_cause *cause);

#endif
