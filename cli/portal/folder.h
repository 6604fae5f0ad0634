/* SPDX-License-Identifier: Apache-2.0 */
/*
 * folder.h - the folder through which documents go to and from `firma`.
 */
#ifndef FIRMA_PORTAL_FOLDER_H
#define FIRMA_PORTAL_FOLDER_H

#include "agent/base/buf.h"

#define PORTAL_DOCUMENT_MAX ((size_t)16 * 1024 * 1024) /* octets */

/* A descriptor of DIR.  FIRMA_ERR_IO with errno as cause. */
FIRMA_CHECKED enum firma_err portal_folder_open(
    const char *path, int *ret_fd, struct firma_cause *cause);

/* name is plain (portal_file_plain); a regular file, never a link. */
FIRMA_CHECKED enum firma_err portal_folder_read(int dir, const char *name,
    size_t max, struct firma_buf *ret, struct firma_cause *cause);

/* Replace name atomically; mode 0600. */
FIRMA_CHECKED enum firma_err portal_folder_write(
    int dir, const char *name, struct firma_bytes v, struct firma_cause *cause);

/* A file anywhere, named by a person. */
FIRMA_CHECKED enum firma_err portal_file_read(const char *path, size_t max,
    struct firma_buf *ret, struct firma_cause *cause);

#endif
