/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/vcard/card.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "tests/vcard/out.h"

#define EF_DEVICE  0x2f02 /* the device's certificate */
#define RANDOM_MAX 1024

void
card_open(struct card *c, const char *path, const char *serial)
{
	struct state_ef *ef;

	*c = (struct card){ .ef = CARD_NO_EF };
	if (state_load(&c->state, path) != 0)
		return;
	if (strlen(serial) < 3 || strlen(serial) > STATE_SERIAL_MAX)
		out_die("a serial has 3 to %d characters", STATE_SERIAL_MAX);
	memcpy(c->state.serial, serial, strlen(serial) + 1);
	ef = state_make(&c->state, EF_DEVICE);
	key_make_device(c, &ef->data);
	state_save(&c->state);
}

void
card_close(struct card *c)
{
	state_done(&c->state);
}

void
card_reset(struct card *c)
{
	c->applet = false;
	c->verified = false;
	c->ef = CARD_NO_EF;
}

static unsigned
get_random(const struct apdu *a, struct firma_buf *ret)
{
	uint8_t octets[RANDOM_MAX];

	if (a->le == 0 || a->le > sizeof(octets))
		return SW_LENGTH;
	if (RAND_bytes(octets, (int)a->le) != 1)
		out_die("no random octets");
	out_put(ret, firma_bytes_of(octets, a->le));
	return SW_OK;
}

unsigned
card_do(struct card *c, const struct apdu *a, struct firma_buf *ret)
{
	if (a->name == APDU_SELECT)
		return file_select(c, a, ret);
	/* The card manager, which answers before, knows none of these. */
	if (!c->applet)
		return a->cla == 0 ? SW_INS : SW_CLA;
	switch (a->name) {
	case APDU_READ:
		return file_read(c, a, ret);
	case APDU_WRITE:
		return file_write(c, a);
	case APDU_DELETE:
		return file_delete(c, a);
	case APDU_LIST:
		return file_list(c, ret);
	case APDU_VERIFY:
		return pin_verify(c, a);
	case APDU_CHANGE:
		return pin_change(c, a);
	case APDU_UNBLOCK:
		return pin_unblock(c, a);
	case APDU_INIT:
		return pin_init(c, a);
	case APDU_GENERATE:
		return key_generate(c, a, ret);
	case APDU_SIGN:
		return key_sign(c, a, ret);
	case APDU_RANDOM:
		return get_random(a, ret);
	case APDU_SELECT:
	case APDU_OTHER:
	case APDU_ANY:
		break;
	}
	return SW_INS;
}
