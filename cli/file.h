/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.h - whole files in and out.
 */
#ifndef FIRMA_CLI_FILE_H
#define FIRMA_CLI_FILE_H

#include <sys/types.h>

#include "agent/base/buf.h"

#define FILE_PATH_MAX 4096 /* octets, with the terminating zero */

/*
 * Append the octets of path ("-": stdin) to ret; the buffer is wiped when it
 * is freed.  On failure ret has what it had.  FIRMA_ERR_LIMIT: more than max
 * octets.  The cause names the file.
 */
FIRMA_CHECKED enum firma_err file_read(const char *path, size_t max,
    struct firma_buf *ret, struct firma_cause *cause);

/*
 * A digest of it ("sha256", ...), without keeping it.  As file_read().
 * ret  room for that digest
 */
FIRMA_CHECKED enum firma_err file_digest(const char *path, size_t max,
    const char *digest, uint8_t *ret, size_t *ret_len,
    struct firma_cause *cause);

/* Open for reading; "-" gives a copy of stdin. */
FIRMA_CHECKED enum firma_err file_open(
    const char *path, int *ret_fd, struct firma_cause *cause);

/*
 * Write beside, then rename over: path is the old file or the new, whole.
 * What is no regular file ("-" for stdout, a device, a pipe, a link) is written
 * to as it is, never replaced.
 */
FIRMA_CHECKED enum firma_err file_write(const char *path, mode_t mode,
    struct firma_bytes v, struct firma_cause *cause);

/* The same, of octets that fn writes into fd, with file_put(). */
typedef enum firma_err file_fill_fn(
    void *arg, int fd, struct firma_cause *cause);
FIRMA_CHECKED enum firma_err file_write_by(const char *path, mode_t mode,
    file_fill_fn *fn, void *arg, struct firma_cause *cause);

/* All of v into fd.  FIRMA_ERR_IO, FIRMA_ERR_DISK_FULL. */
FIRMA_CHECKED enum firma_err file_put(
    int fd, struct firma_bytes v, struct firma_cause *cause);

/*
 * A file without a name in the folder where path is, or would be; it is gone when
 * ret_fd is closed.  Where path is no regular file it is in $TMPDIR or /var/tmp.
 */
FIRMA_CHECKED enum firma_err file_spool(
    const char *path, int *ret_fd, struct firma_cause *cause);

/*
 * file_write() for many files: what is written is whole at once for every
 * program, and on the disk after file_batch_sync(), in one go for each file
 * system.  A file that is replaced is written like file_write() does.
 * Zero-initialise; ended by _done(), which does not sync.
 */
#define FILE_BATCH_DISKS 8 /* file systems; more are synced file by file */
struct file_batch {
	struct {
		dev_t dev;
		int fd; /* a file on it */
	} on[FILE_BATCH_DISKS];
	size_t n;
};
FIRMA_CHECKED enum firma_err file_batch_write(struct file_batch *b,
    const char *path, mode_t mode, struct firma_bytes v,
    struct firma_cause *cause);
/* FIRMA_ERR_IO, _DISK_FULL: some of what was written may be lost. */
FIRMA_CHECKED enum firma_err file_batch_sync(
    struct file_batch *b, struct firma_cause *cause);
void file_batch_done(struct file_batch *b);

/*
 * Would file_write() find its folder, and be let in?  For who is about to make
 * something that should not be lost.  FIRMA_ERR_IO; the cause names the folder,
 * or what is a folder already.
 */
FIRMA_CHECKED enum firma_err file_can_write(
    const char *path, struct firma_cause *cause);

/*
 * What a document is called in the ledger: the last part of its path, at most 128
 * octets; what is no UTF-8 that may be shown is "?".  Gives ret.
 */
#define FILE_NAME_ROOM 129 /* octets, with the terminating zero */
const char *file_name(const char *path, char ret[FILE_NAME_ROOM]);

/*
 * Where a profile is: given as it is when it has a "/" or ends in ".ini", else
 * given.ini in the folder that the environment's variable names, or in folder.
 */
void file_profile(const char *given, const char *variable, const char *folder,
    char ret[FILE_PATH_MAX]);

/* mkdir -p, mode 0700. */
FIRMA_CHECKED enum firma_err file_mkdirs(
    const char *path, struct firma_cause *cause);

/* dir "/" name; FIRMA_ERR_LIMIT when it does not fit. */
FIRMA_CHECKED enum firma_err file_join(
    const char *dir, const char *name, char ret[FILE_PATH_MAX]);

/* Wrap DER into PEM with the given label. */
FIRMA_CHECKED enum firma_err file_pem(
    const char *label, struct firma_bytes der, struct firma_buf *ret);

/*
 * The DER in der_or_pem: a copy, or what stands between the first BEGIN and
 * END lines.  FIRMA_ERR_SHAPE: armour that is not base64.
 */
FIRMA_CHECKED enum firma_err file_unpem(
    struct firma_bytes der_or_pem, struct firma_buf *ret);

#endif
