/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pin.c - the user's PIN (reference 81) and the initialisation code (88, the
 * SO-PIN), with counters that a pulled card does not give back.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "tests/vcard/card.h"
#include "tests/vcard/tlv.h"

#define REF_USER  0x81
#define REF_SO    0x88

#define SO_LEN    8
#define SO_TRIES  15
#define USER_MIN  6
#define TRIES_MAX 10

static struct state_pin *
pin_of(struct card *c, unsigned reference)
{
	if (reference == REF_USER)
		return &c->state.user;
	return reference == REF_SO ? &c->state.so : NULL;
}

static unsigned
tries_word(const struct state_pin *pin)
{
	if (pin->len == 0)
		return SW_NOT_USABLE;
	return pin->tries == 0 ? SW_BLOCKED : SW_TRIES | pin->tries;
}

static void
pin_set(struct state_pin *pin, struct firma_bytes value)
{
	OPENSSL_cleanse(pin->value, sizeof(pin->value));
	memcpy(pin->value, value.at, value.len);
	pin->len = value.len;
	pin->tries = pin->max;
}

/*
 * The try is counted, on the disk, before the PIN is compared: pulling the
 * card at the right moment wins nothing.
 */
static unsigned
present(struct card *c, struct state_pin *pin, struct firma_bytes value)
{
	if (pin->len == 0 || pin->tries == 0)
		return tries_word(pin);
	pin->tries--;
	state_save(&c->state);
	if (value.len != pin->len ||
	    CRYPTO_memcmp(value.at, pin->value, pin->len) != 0)
		return tries_word(pin);
	pin->tries = pin->max;
	state_save(&c->state);
	return SW_OK;
}

unsigned
pin_verify(struct card *c, const struct apdu *a)
{
	struct state_pin *pin = pin_of(c, a->p2);
	unsigned sw;

	if (pin == NULL)
		return SW_NO_REFERENCE;
	if (a->data.len == 0)
		return pin == &c->state.user && c->verified ? SW_OK
							    : tries_word(pin);
	sw = present(c, pin, a->data);
	if (pin == &c->state.user)
		c->verified = sw == SW_OK;
	return sw;
}

static bool
length_fits(const struct card *c, const struct state_pin *pin, size_t len)
{
	return pin == &c->state.so ? len == SO_LEN
				   : len >= USER_MIN && len <= STATE_PIN_MAX;
}

/* CHANGE REFERENCE DATA: the old PIN and the new one, without a seam. */
unsigned
pin_change(struct card *c, const struct apdu *a)
{
	struct state_pin *pin = pin_of(c, a->p2);
	unsigned sw;
	size_t old;

	if (pin == NULL)
		return SW_NO_REFERENCE;
	if (pin->len == 0)
		return SW_NOT_USABLE;
	old = pin->len;
	if (a->data.len < old || !length_fits(c, pin, a->data.len - old))
		return SW_LENGTH;
	sw = present(c, pin, firma_bytes_of(a->data.at, old));
	if (sw != SW_OK)
		return sw;
	pin_set(pin, firma_bytes_of(a->data.at + old, a->data.len - old));
	state_save(&c->state);
	return SW_OK;
}

/* RESET RETRY COUNTER: the SO-PIN, and a new PIN for the user if there is. */
unsigned
pin_unblock(struct card *c, const struct apdu *a)
{
	struct state_pin *user = &c->state.user;
	struct firma_bytes fresh;
	unsigned sw;

	if (a->p1 != 0 || a->p2 != REF_USER)
		return SW_P1P2;
	if (a->data.len < SO_LEN)
		return SW_LENGTH;
	fresh = firma_bytes_of(a->data.at + SO_LEN, a->data.len - SO_LEN);
	if (fresh.len != 0 && !length_fits(c, user, fresh.len))
		return SW_LENGTH;
	sw = present(c, &c->state.so, firma_bytes_of(a->data.at, SO_LEN));
	if (sw != SW_OK)
		return sw;
	if (fresh.len != 0)
		pin_set(user, fresh);
	user->tries = user->max;
	c->verified = false;
	state_save(&c->state);
	return SW_OK;
}

/* INITIALIZE DEVICE: erases all; a card that has an SO-PIN wants that one. */
unsigned
pin_init(struct card *c, const struct apdu *a)
{
	struct state *s = &c->state;
	struct firma_bytes user, so, tries;
	struct state_ef *ef;

	if (!tlv_find(a->data, 0x81, &user) || !tlv_find(a->data, 0x82, &so) ||
	    !tlv_find(a->data, 0x91, &tries) || user.len < USER_MIN ||
	    user.len > STATE_PIN_MAX || so.len != SO_LEN || tries.len != 1 ||
	    tries.at[0] == 0 || tries.at[0] > TRIES_MAX)
		return SW_DATA;
	if (s->so.len != 0 && present(c, &s->so, so) != SW_OK)
		return s->so.tries == 0 ? SW_BLOCKED : SW_CONDITIONS;
	for (size_t i = s->n_efs; i-- > 0;) {
		ef = &s->efs[i];
		if (ef->id != 0x2f02)
			state_drop(s, ef->id);
	}
	s->user.max = tries.at[0];
	s->so.max = SO_TRIES;
	pin_set(&s->user, user);
	pin_set(&s->so, so);
	c->verified = false;
	state_save(s);
	return SW_OK;
}
