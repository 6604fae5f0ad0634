/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zip.h - the small files in a ZIP, read from memory.
 *
 * Nothing is ever written or extracted, and no name of an entry is used as a
 * path.  Source: PKWARE's APPNOTE; libarchive reads by the central directory.
 */
#ifndef FIRMA_CLI_ZIP_H
#define FIRMA_CLI_ZIP_H

#include "agent/base/buf.h"

#define ZIP_MAX         ((size_t)4 * 1024 * 1024) /* octets of the archive */
#define ZIP_ENTRIES_MAX 64                        /* folders included */
#define ZIP_ENTRY_MAX   ((size_t)16 * 1024) /* octets of one that is read */
#define ZIP_NAME_MAX    256 /* octets, with the terminating zero */

struct zip_entry {
	/* UTF-8 that may be shown; what may not is "?" */
	char name[ZIP_NAME_MAX];
	struct firma_buf content;
	/* over ZIP_ENTRY_MAX, under a password, or of a kind that is not read:
	 * content is then empty */
	int is_left_out;
};

struct zip {
	struct zip_entry *at; /* files, in the archive's order; no folders */
	size_t n;
};
void zip_done(struct zip *z);

/*
 * ret is whole or untouched.
 *
 * FIRMA_ERR_SHAPE  not a ZIP, cut off, or an entry's octets do not fit its CRC
 * FIRMA_ERR_LIMIT  over ZIP_MAX or ZIP_ENTRIES_MAX
 */
FIRMA_CHECKED enum firma_err zip_read(
    struct firma_bytes file, struct zip *ret, struct firma_cause *cause);

#endif
