/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/fd.h"

#include <errno.h>
#include <unistd.h>

enum firma_err
firma_fd_write(int fd, struct firma_bytes v)
{
	while (v.len > 0) {
		const ssize_t n = write(fd, v.at, v.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return firma_fail_errno(NULL, "");
		if (n == 0) {
			errno = EIO; /* no device does; not to wait for ever */
			return FIRMA_ERR_IO;
		}
		v = firma_bytes_of(v.at + n, v.len - (size_t)n);
	}
	return FIRMA_OK;
}
