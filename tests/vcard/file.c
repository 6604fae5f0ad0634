/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.c - elementary files: all of them in one folder, named by two octets.
 *
 * C4xx describes the key CCxx, CExx holds its request and later its
 * certificate; 2Fxx are the card's own.
 */
#include <string.h>

#include "agent/base/own.h"
#include "tests/vcard/card.h"
#include "tests/vcard/out.h"
#include "tests/vcard/tlv.h"

#define EF_MAX       8192 /* octets of one file */
#define TAG_OFFSET   0x54
#define TAG_CONTENTS 0x53

static const uint8_t aid[] = { 0xe8, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x81, 0xc3,
	0x1f, 0x02, 0x01 };
/* The end of tag 85 is the version of the application: 3.5. */
static const uint8_t proprietary[] = { 0x00, 0x01, 0x00, 0x03, 0x05 };

static unsigned
number(struct firma_bytes v)
{
	unsigned n = 0;

	for (size_t i = 0; i < v.len; i++)
		n = n << 8 | v.at[i];
	return n;
}

static bool
is_key(unsigned id)
{
	return id >> 8 == 0xcc;
}
static bool
is_private(unsigned id)
{
	return id >> 8 == 0xcd;
}

static unsigned
select_applet(struct card *c, const struct apdu *a, struct firma_buf *ret)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf fci = { 0 };

	if (!firma_bytes_equal(a->data, firma_bytes_of(aid, sizeof(aid))))
		return SW_NO_FILE;
	/* Selecting it again is also how the driver logs out. */
	card_reset(c);
	c->applet = true;
	tlv_put(&fci, 0x84, firma_bytes_of(aid, sizeof(aid)));
	tlv_put(&fci, 0x85, firma_bytes_of(proprietary, sizeof(proprietary)));
	tlv_put(ret, 0x6f, firma_buf_view(&fci));
	return SW_OK;
}

unsigned
file_select(struct card *c, const struct apdu *a, struct firma_buf *ret)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf fci = { 0 };
	const struct state_ef *ef;
	uint8_t size[2];

	if (a->p1 == 0x04)
		return select_applet(c, a, ret);
	if (a->p1 != 0x00 || a->data.len != 2 || !c->applet)
		return SW_NO_FILE;
	ef = state_find(&c->state, number(a->data));
	if (ef == NULL)
		return SW_NO_FILE;
	c->ef = ef->id;
	size[0] = (uint8_t)(ef->data.len >> 8);
	size[1] = (uint8_t)ef->data.len;
	tlv_put(&fci, 0x80, firma_bytes_of(size, sizeof(size)));
	tlv_put(&fci, 0x82, firma_bytes_of("\x01", 1)); /* transparent */
	tlv_put(&fci, 0x83, a->data);
	tlv_put(ret, 0x6f, firma_buf_view(&fci));
	return SW_OK;
}

/* P1 P2 name the file; 0: the one that is selected. */
static unsigned
addressed(const struct card *c, const struct apdu *a)
{
	const unsigned id = (unsigned)(a->p1 << 8 | a->p2);

	return id == 0 && c->ef != CARD_NO_EF ? (unsigned)c->ef : id;
}

unsigned
file_read(struct card *c, const struct apdu *a, struct firma_buf *ret)
{
	const unsigned id = addressed(c, a);
	const struct state_ef *ef = state_find(&c->state, id);
	struct firma_bytes offset;
	size_t from, n;

	if (ef == NULL)
		return SW_NO_FILE;
	if (is_key(id) || (is_private(id) && !c->verified))
		return SW_SECURITY;
	if (!tlv_find(a->data, TAG_OFFSET, &offset) || offset.len > 2)
		return SW_DATA;
	from = number(offset);
	if (from > ef->data.len)
		from = ef->data.len;
	n = ef->data.len - from;
	if (n > a->le)
		n = a->le;
	out_put(ret, firma_bytes_of(ef->data.at + from, n));
	return n < a->le ? SW_END_OF_FILE : SW_OK;
}

static unsigned
write_at(struct state_ef *ef, size_t from, struct firma_bytes v)
{
	if (from > ef->data.len)
		return SW_DATA;
	if (from + v.len > EF_MAX)
		return SW_NO_ROOM;
	if (from + v.len > ef->data.len) {
		if (firma_buf_reserve(&ef->data, from + v.len - ef->data.len) !=
		    FIRMA_OK)
			out_die("no memory");
		ef->data.len = from + v.len;
	}
	if (v.len != 0)
		memcpy(ef->data.at + from, v.at, v.len);
	return SW_OK;
}

unsigned
file_write(struct card *c, const struct apdu *a)
{
	const unsigned id = addressed(c, a);
	struct firma_bytes offset, contents;
	struct state_ef *ef;
	unsigned sw;

	if (!c->verified || is_key(id))
		return SW_SECURITY;
	if (!tlv_find(a->data, TAG_OFFSET, &offset) || offset.len > 2 ||
	    !tlv_find(a->data, TAG_CONTENTS, &contents))
		return SW_DATA;
	ef = state_make(&c->state, id);
	if (ef == NULL)
		return SW_NO_ROOM;
	sw = write_at(ef, number(offset), contents);
	c->ef = (int)id;
	state_save(&c->state);
	return sw;
}

unsigned
file_delete(struct card *c, const struct apdu *a)
{
	const unsigned id = number(a->data);

	if (!c->verified)
		return SW_SECURITY;
	if (a->data.len != 2 || state_find(&c->state, id) == NULL)
		return SW_NO_FILE;
	state_drop(&c->state, id);
	c->ef = CARD_NO_EF;
	state_save(&c->state);
	return SW_OK;
}

unsigned
file_list(struct card *c, struct firma_buf *ret)
{
	for (size_t i = 0; i < c->state.n_efs; i++) {
		const unsigned id = c->state.efs[i].id;

		if (id >> 8 == 0x2f)
			continue;
		out_byte(ret, id >> 8);
		out_byte(ret, id & 0xff);
	}
	return SW_OK;
}
