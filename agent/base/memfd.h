/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memfd.h - sealed documents.
 *
 * A document crosses the socket as a memfd with the seals WRITE, GROW, SHRINK
 * and SEAL, so that what was hashed is what is signed and no slow file can
 * stall the agent.  Source: memfd_create(2), fcntl(2) F_ADD_SEALS.
 */
#ifndef FIRMA_BASE_MEMFD_H
#define FIRMA_BASE_MEMFD_H

#include "agent/base/buf.h"

#define FIRMA_DOCUMENT_MAX ((size_t)2 * 1024 * 1024 * 1024) /* octets */

/* A sealed memfd with a copy of v. */
FIRMA_CHECKED enum firma_err firma_memfd_from_bytes(
    struct firma_bytes v, int *ret_fd, struct firma_cause *cause);

/* The same, of several one after the other. */
FIRMA_CHECKED enum firma_err firma_memfd_from_parts(
    const struct firma_bytes *parts, size_t n_parts, int *ret_fd,
    struct firma_cause *cause);

/*
 * A sealed memfd with what can be read from fd (a file or a pipe) until its end.
 * FIRMA_ERR_LIMIT  more than max octets; nothing is kept
 */
FIRMA_CHECKED enum firma_err firma_memfd_from_fd(
    int fd, size_t max, int *ret_fd, struct firma_cause *cause);

/*
 * Map a received descriptor for reading.  ret_view is valid until
 * firma_memfd_unmap().  An empty document gives { NULL, 0 }.
 *
 * FIRMA_ERR_UNSEALED  not a memfd, or one of the four seals is missing
 * FIRMA_ERR_LIMIT     more than max octets
 */
FIRMA_CHECKED enum firma_err firma_memfd_map(int fd, size_t max,
    struct firma_bytes *ret_view, struct firma_cause *cause);
void firma_memfd_unmap(struct firma_bytes *view);

#endif
