/* SPDX-License-Identifier: Apache-2.0 */
/*
 * card.h - the card: a state, what it forgets without power, and its commands.
 *
 * Each command gets the parsed APDU, appends the answer's data to *ret and
 * returns the status word.  What OpenSC's driver sc-hsm sends is answered as
 * the chip would; what it never sends is SW_INS.
 */
#ifndef FIRMA_VCARD_CARD_H
#define FIRMA_VCARD_CARD_H

#include <stdbool.h>

#include "tests/vcard/apdu.h"
#include "tests/vcard/state.h"

enum { CARD_NO_EF = -1 };

struct card {
	struct state state;
	/* gone with the power, or with a reset */
	bool applet;   /* the HSM's application is selected */
	bool verified; /* the user's PIN was */
	int ef;        /* FID of the selected EF, or CARD_NO_EF */
};

/* A file that is not there: a blank card with this serial is made. */
void card_open(struct card *c, const char *path, const char *serial);
void card_close(struct card *c);

/* Power off, power on, reset: they all forget. */
void card_reset(struct card *c);

/* SW and data of a command. */
unsigned card_do(struct card *c, const struct apdu *a, struct firma_buf *ret);

/* file.c */
unsigned file_select(
    struct card *c, const struct apdu *a, struct firma_buf *ret);
unsigned file_read(struct card *c, const struct apdu *a, struct firma_buf *ret);
unsigned file_write(struct card *c, const struct apdu *a);
unsigned file_delete(struct card *c, const struct apdu *a);
unsigned file_list(struct card *c, struct firma_buf *ret);

/* pin.c */
unsigned pin_verify(struct card *c, const struct apdu *a);
unsigned pin_change(struct card *c, const struct apdu *a);
unsigned pin_unblock(struct card *c, const struct apdu *a);
unsigned pin_init(struct card *c, const struct apdu *a);

/* key.c */
unsigned key_generate(
    struct card *c, const struct apdu *a, struct firma_buf *ret);
unsigned key_sign(struct card *c, const struct apdu *a, struct firma_buf *ret);

/* A new device key, and the certificate over it as the maker's. */
void key_make_device(struct card *c, struct firma_buf *ret_certificate);

#endif
