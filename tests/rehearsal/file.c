/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rehearsal/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/own.h"

#define CHUNK ((size_t)16384)

enum firma_err
rehearsal_file_read(
    int dir, const char *name, size_t max, struct firma_buf *ret)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	enum firma_err r;
	ssize_t n;

	if ((fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOCTTY)) < 0)
		return errno == ENOENT ? FIRMA_ERR_NOT_FOUND : FIRMA_ERR_IO;
	for (;;) {
		if ((r = firma_buf_reserve(ret, CHUNK)) != FIRMA_OK)
			return r;
		if ((n = read(fd, ret->at + ret->len, CHUNK)) < 0) {
			if (errno == EINTR)
				continue;
			return FIRMA_ERR_IO;
		}
		if (n == 0)
			return FIRMA_OK;
		ret->len += (size_t)n;
		if (ret->len > max)
			return FIRMA_ERR_LIMIT;
	}
}

static enum firma_err
write_all(int fd, struct firma_bytes v)
{
	size_t done = 0;
	ssize_t n;

	while (done < v.len) {
		if ((n = write(fd, v.at + done, v.len - done)) < 0) {
			if (errno == EINTR)
				continue;
			return errno == ENOSPC ? FIRMA_ERR_DISK_FULL
					       : FIRMA_ERR_IO;
		}
		done += (size_t)n;
	}
	return fsync(fd) == 0 ? FIRMA_OK : FIRMA_ERR_IO;
}

/* The folder that name stands in, for the fsync after the rename. */
static enum firma_err
sync_folder(int dir, const char *name)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(name, '/');
	FIRMA_OWN(firma_fd_done) int fd = -1;

	if (slash == NULL)
		(void)snprintf(folder, sizeof(folder), ".");
	else
		(void)snprintf(folder, sizeof(folder), "%.*s",
		    (int)(slash - name + 1), name);
	if ((fd = openat(dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return FIRMA_ERR_IO;
	return fsync(fd) == 0 ? FIRMA_OK : FIRMA_ERR_IO;
}

enum firma_err
rehearsal_file_write(
    int dir, const char *name, mode_t mode, struct firma_bytes v)
{
	char temp[PATH_MAX];
	FIRMA_OWN(firma_fd_done) int fd = -1;
	enum firma_err r;

	if ((size_t)snprintf(temp, sizeof(temp), "%s.new", name) >=
	    sizeof(temp))
		return FIRMA_ERR_LIMIT;
	fd = openat(dir, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0)
		return FIRMA_ERR_IO;
	if ((r = write_all(fd, v)) != FIRMA_OK) {
		(void)unlinkat(dir, temp, 0);
		return r;
	}
	if (renameat(dir, temp, dir, name) != 0)
		return FIRMA_ERR_IO;
	return sync_folder(dir, name);
}
