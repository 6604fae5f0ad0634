/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vpcd.h - the way to pcscd: a connection to the driver vpcd is an inserted
 * card, and its end a card that was pulled out.
 *
 * A message is two octets of length, big endian, and so many octets.  One octet
 * from the driver is a word about the power, anything else a command APDU.
 * Source: vsmartcard, "virtualsmartcard/vpcd protocol".
 */
#ifndef FIRMA_VCARD_VPCD_H
#define FIRMA_VCARD_VPCD_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/buf.h"

enum {
	VPCD_OFF = 0,
	VPCD_ON = 1,
	VPCD_RESET = 2,
	VPCD_ATR = 4,
};

/* Returns a descriptor, or -1: nobody listens there (yet). */
int vpcd_connect(uint16_t port);

/* One message into *ret.  False: the connection is gone. */
bool vpcd_receive(int fd, struct firma_buf *ret);

bool vpcd_send(int fd, struct firma_bytes message);

#endif
