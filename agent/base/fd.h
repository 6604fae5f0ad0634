/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fd.h - all of it into a descriptor, however the kernel cuts it.
 */
#ifndef FIRMA_BASE_FD_H
#define FIRMA_BASE_FD_H

#include "agent/base/buf.h"

/*
 * Write v whole; waits where the descriptor does.
 * FIRMA_ERR_DISK_FULL, FIRMA_ERR_IO  errno says why; part of it may be written
 */
FIRMA_CHECKED enum firma_err firma_fd_write(int fd, struct firma_bytes v);

#endif
