/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/fd.h"
#include "agent/base/own.h"

#define SEALS (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)
#define CHUNK 65536 /* octets a read */

FIRMA_CHECKED static enum firma_err
make(int *ret_fd, struct firma_cause *cause)
{
	const int fd =
	    memfd_create("firma-document", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return firma_fail_errno(cause, "memfd_create");
	*ret_fd = fd;
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
seal(int fd, struct firma_cause *cause)
{
	if (fcntl(fd, F_ADD_SEALS, SEALS) != 0)
		return firma_fail_errno(cause, "F_ADD_SEALS");
	return FIRMA_OK;
}

enum firma_err
firma_memfd_from_parts(const struct firma_bytes *parts, size_t n_parts,
    int *ret_fd, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	enum firma_err r;

	if ((r = make(&fd, cause)) != FIRMA_OK)
		return r;
	for (size_t i = 0; i < n_parts; i++)
		if (firma_fd_write(fd, parts[i]) != FIRMA_OK)
			return firma_fail_errno(cause, "memfd write");
	if ((r = seal(fd, cause)) != FIRMA_OK)
		return r;
	*ret_fd = firma_fd_take(&fd);
	return FIRMA_OK;
}

enum firma_err
firma_memfd_from_bytes(
    struct firma_bytes v, int *ret_fd, struct firma_cause *cause)
{
	return firma_memfd_from_parts(&v, 1, ret_fd, cause);
}

enum firma_err
firma_memfd_from_fd(int in, size_t max, int *ret_fd, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	uint8_t chunk[CHUNK];
	struct stat st;
	size_t total = 0;
	enum firma_err r;

	/* A huge file is refused before a byte of it is read. */
	if (fstat(in, &st) == 0 && S_ISREG(st.st_mode) &&
	    (uintmax_t)st.st_size > max)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "%ju octets, at most %zu", (uintmax_t)st.st_size, max);
	if ((r = make(&fd, cause)) != FIRMA_OK)
		return r;
	for (;;) {
		const ssize_t n = read(in, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return firma_fail_errno(cause, "read");
		if (n == 0)
			break;
		total += (size_t)n;
		if (total > max)
			return firma_fail(cause, FIRMA_ERR_LIMIT,
			    FIRMA_CAUSE_NONE, 0, "more than %zu octets", max);
		if (firma_fd_write(fd, firma_bytes_of(chunk, (size_t)n)) !=
		    FIRMA_OK)
			return firma_fail_errno(cause, "memfd write");
	}
	if ((r = seal(fd, cause)) != FIRMA_OK)
		return r;
	*ret_fd = firma_fd_take(&fd);
	return FIRMA_OK;
}

enum firma_err
firma_memfd_map(
    int fd, size_t max, struct firma_bytes *ret_view, struct firma_cause *cause)
{
	struct stat st;
	void *p;
	const int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0 || (seals & SEALS) != SEALS)
		return firma_fail(cause, FIRMA_ERR_UNSEALED, FIRMA_CAUSE_NONE,
		    0, "seals %#x, wanted %#x",
		    (unsigned)(seals < 0 ? 0 : seals), (unsigned)SEALS);
	if (fstat(fd, &st) != 0)
		return firma_fail_errno(cause, "fstat");
	if ((uintmax_t)st.st_size > max)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "%ju octets, at most %zu", (uintmax_t)st.st_size, max);
	if (st.st_size == 0) {
		*ret_view = (struct firma_bytes){ NULL, 0 };
		return FIRMA_OK;
	}
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return firma_fail_errno(cause, "mmap");
	*ret_view = firma_bytes_of(p, (size_t)st.st_size);
	return FIRMA_OK;
}

void
firma_memfd_unmap(struct firma_bytes *view)
{
	union {
		const uint8_t *in;
		void *out;
	} p = { .in = view->at };

	if (view->at != NULL)
		(void)munmap(p.out, view->len);
	*view = (struct firma_bytes){ NULL, 0 };
}
