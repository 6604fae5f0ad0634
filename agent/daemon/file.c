/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/file.h"

#include <errno.h>
#include <fcntl.h>

#include "agent/base/own.h"

/* At most so many octets, for which there is room. */
FIRMA_CHECKED static enum firma_err
read_all(int fd, size_t most, struct firma_buf *ret)
{
	ssize_t n;

	while (most != 0 && (n = read(fd, ret->at + ret->len, most)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FIRMA_ERR_IO;
		ret->len += (size_t)n;
		most -= (size_t)n;
	}
	return FIRMA_OK;
}

enum firma_err
firma_file_read(const char *path, size_t max, struct firma_buf *ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	const size_t start = ret->len;
	enum firma_err r;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) < 0)
		return firma_fail(cause,
		    errno == ENOENT ? FIRMA_ERR_NOT_FOUND : FIRMA_ERR_IO,
		    FIRMA_CAUSE_ERRNO, (unsigned long)errno, "%.140s", path);
	if ((r = firma_buf_reserve(ret, max + 1)) != FIRMA_OK)
		return r;
	r = read_all(fd, max + 1, ret);
	if (r != FIRMA_OK)
		r = firma_fail(cause, r, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "%.140s", path);
	else if (ret->len - start > max)
		r = firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "%.120s: over %zu octets", path, max);
	if (r != FIRMA_OK)
		ret->len = start;
	return r;
}
