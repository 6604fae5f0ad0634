/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader.h - the numbers in what firmad-reader tells (r_reader, r_service).
 */
#ifndef FIRMA_WIRE_READER_H
#define FIRMA_WIRE_READER_H

#define FIRMA_READER_NAME 128 /* octets, with the terminating zero */

/* Bits of r_reader.flags.  Neither GONE, EMPTY nor PRESENT: not known. */
#define FIRMA_READER_GONE      0x01u /* the reader itself left; said once */
#define FIRMA_READER_EMPTY     0x02u
#define FIRMA_READER_PRESENT   0x04u /* a card is in it */
#define FIRMA_READER_MUTE      0x08u /* ... which does not answer */
#define FIRMA_READER_EXCLUSIVE 0x10u /* ... which one program has alone */

/* r_service.state: pcscd */
enum firma_service {
	FIRMA_SERVICE_DOWN = 0,
	FIRMA_SERVICE_UP = 1,     /* and all its readers have been told */
	FIRMA_SERVICE_REFUSED = 2 /* it runs, and does not speak to us */
};

#endif
