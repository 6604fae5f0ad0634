/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.h - whole files, read within a bound and replaced atomically.
 */
#ifndef FIRMA_REHEARSAL_FILE_H
#define FIRMA_REHEARSAL_FILE_H

#include <sys/types.h>

#include "agent/base/buf.h"

/*
 * Append the file's octets to ret.  dir may be AT_FDCWD.
 *
 * FIRMA_ERR_NOT_FOUND  no such file
 * FIRMA_ERR_LIMIT      more than max octets
 */
FIRMA_CHECKED enum firma_err rehearsal_file_read(
    int dir, const char *name, size_t max, struct firma_buf *ret);

/*
 * Write name.new, fsync it, rename it over name, fsync the folder: after a
 * kill -9 or a power cut the file is the old or the new one, whole.
 */
FIRMA_CHECKED enum firma_err rehearsal_file_write(
    int dir, const char *name, mode_t mode, struct firma_bytes v);

#endif
