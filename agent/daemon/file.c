/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/file.h"

#include <errno.h>
#include <fcntl.h>

#include "agent/base/own.h"

enum firma_err
firma_file_read(const char *path, size_t max, struct firma_buf *ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	enum firma_err r;
	ssize_t n;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) < 0)
		return firma_fail(cause,
		    errno == ENOENT ? FIRMA_ERR_NOT_FOUND : FIRMA_ERR_IO,
		    FIRMA_CAUSE_ERRNO, (unsigned long)errno, "%.140s", path);
	if ((r = firma_buf_reserve(ret, max + 1)) != FIRMA_OK)
		return r;
	while ((n = read(fd, ret->at + ret->len, max + 1 - ret->len)) > 0)
		ret->len += (size_t)n;
	if (n < 0)
		return firma_fail(cause, FIRMA_ERR_IO, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "%.140s", path);
	if (ret->len > max)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "%.120s: over %zu octets", path, max);
	return FIRMA_OK;
}
