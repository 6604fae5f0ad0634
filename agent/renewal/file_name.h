/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_name.h - how a document is called when it is handed in.
 *
 * A pattern is letters, digits, ".", "_", "-" and any of
 *   {rfc}   the RFC; what is no letter, digit, ".", "_" or "-" becomes "_"
 *   {date}  yyyymmdd, {time} HHMMSS: when the document was made, local time
 * as in Renovacion_FIEL_{rfc}_{date}_{time}.ren, the tax authority's own.
 *
 * Pure, but for the time zone.  May include: agent/base.
 */
#ifndef FIRMA_RENEWAL_FILE_NAME_H
#define FIRMA_RENEWAL_FILE_NAME_H

#include <stdbool.h>
#include <stdint.h>

#define FIRMA_FILE_NAME 65 /* octets with the terminating zero */

/* Is it a pattern, and does what it becomes fit into FIRMA_FILE_NAME? */
bool firma_file_name_fits(const char *pattern);

/* when: seconds since 1970.  ret: "" when pattern is none. */
void firma_file_name(const char *pattern, const char *rfc, int64_t when,
    char ret[FIRMA_FILE_NAME]);

#endif
