/* SPDX-License-Identifier: Apache-2.0 */
/* file.h - a whole configuration file, bounded. */
#ifndef FIRMA_DAEMON_FILE_H
#define FIRMA_DAEMON_FILE_H

#include "agent/base/buf.h"

/*
 * Append the file's octets; on failure ret is as it was.
 * FIRMA_ERR_NOT_FOUND, FIRMA_ERR_LIMIT (over max), FIRMA_ERR_IO
 */
FIRMA_CHECKED enum firma_err firma_file_read(const char *path, size_t max,
    struct firma_buf *ret, struct firma_cause *cause);

#endif
