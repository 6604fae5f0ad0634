/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign_large.h - a file that is too long to copy is hashed where it lies.
 *
 * The agent hashes what it signs, in a sealed copy in memory.  Of a long file
 * firma takes the SHA-256 in a stream instead and has that signed, as --digest
 * does; a key whose configuration says digest-only = no still gets the copy.
 */
#ifndef FIRMA_CLI_SIGN_LARGE_H
#define FIRMA_CLI_SIGN_LARGE_H

#include "agent/base/buf.h"

#define SIGN_LARGE_FROM ((uint64_t)64 * 1024 * 1024) /* octets */

/* A regular file of at least SIGN_LARGE_FROM? */
int sign_large_is(int fd);

/*
 * Append the SHA-256 of all that fd gives; progress is shown.
 * FIRMA_ERR_IO
 */
FIRMA_CHECKED enum firma_err sign_large_hash(
    int fd, struct firma_buf *ret_sha256, struct firma_cause *cause);

#endif
