/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/portal/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/fd.h"
#include "agent/base/own.h"

#define CHUNK    ((size_t)65536)
#define TEMP_MAX 80 /* octets: a plain name and a suffix */

enum firma_err
portal_folder_open(const char *path, int *ret_fd, struct firma_cause *cause)
{
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return firma_fail_errno(cause, path);
	*ret_fd = fd;
	return FIRMA_OK;
}

static enum firma_err
read_all(int fd, const char *name, size_t max, struct firma_buf *ret,
    struct firma_cause *cause)
{
	const size_t start = ret->len;
	struct stat st;
	enum firma_err r;
	ssize_t n;

	if (fstat(fd, &st) != 0)
		return firma_fail_errno(cause, name);
	/* A FIFO or a device could keep us for ever. */
	if (!S_ISREG(st.st_mode))
		return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		    "%s: not a regular file", name);
	for (;;) {
		if ((r = firma_buf_reserve(ret, CHUNK)) != FIRMA_OK)
			return r;
		if ((n = read(fd, ret->at + ret->len, CHUNK)) < 0) {
			if (errno == EINTR)
				continue;
			return firma_fail_errno(cause, name);
		}
		if (n == 0)
			return FIRMA_OK;
		ret->len += (size_t)n;
		if (ret->len - start > max)
			return firma_fail(cause, FIRMA_ERR_LIMIT,
			    FIRMA_CAUSE_NONE, 0, "%s: over %zu octets", name,
			    max);
	}
}

/* Whole, or ret is as it was. */
static enum firma_err
read_fd(int fd, const char *name, size_t max, struct firma_buf *ret,
    struct firma_cause *cause)
{
	const size_t start = ret->len;
	const enum firma_err r = read_all(fd, name, max, ret, cause);

	if (r != FIRMA_OK)
		ret->len = start;
	return r;
}

enum firma_err
portal_folder_read(int dir, const char *name, size_t max, struct firma_buf *ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done)
	int fd = openat(dir, name,
	    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return firma_fail_errno(cause, name);
	return read_fd(fd, name, max, ret, cause);
}

enum firma_err
portal_file_read(const char *path, size_t max, struct firma_buf *ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return firma_fail_errno(cause, path);
	return read_fd(fd, path, max, ret, cause);
}

enum firma_err
portal_folder_write(
    int dir, const char *name, struct firma_bytes v, struct firma_cause *cause)
{
	char temp[TEMP_MAX];
	FIRMA_OWN(firma_fd_done) int fd = -1;
	enum firma_err r;

	(void)snprintf(temp, sizeof(temp), ".%s.new", name);
	fd = openat(dir, temp,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return firma_fail_errno(cause, name);
	if (firma_fd_write(fd, v) != FIRMA_OK || fsync(fd) != 0 ||
	    renameat(dir, temp, dir, name) != 0) {
		r = firma_fail_errno(cause, name);
		(void)unlinkat(dir, temp, 0);
		return r;
	}
	return FIRMA_OK;
}
