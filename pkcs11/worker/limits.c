/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/worker/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/base/own.h"

#define STATM_TEXT 256
#define ROOM       ((size_t)4 << 20) /* octets that a request may want */
#define OOM_SCORE \
	"500" /* of 1000: a token process is made again, an agent's
			  * state is not */

FIRMA_CHECKED static enum firma_err
fail(struct firma_cause *cause, const char *what)
{
	return firma_fail(cause, FIRMA_ERR_INTERNAL, FIRMA_CAUSE_ERRNO,
	    (unsigned long)errno, "%s", what);
}

/* proc(5), statm: the sixth number is data and stack, in pages. */
FIRMA_CHECKED static enum firma_err
data_now(size_t *ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done)
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	char text[STATM_TEXT];
	unsigned long pages;
	ssize_t n;

	if (fd < 0 || (n = read(fd, text, sizeof(text) - 1)) <= 0)
		return fail(cause, "/proc/self/statm");
	text[n] = '\0';
	if (sscanf(text, "%*u %*u %*u %*u %*u %lu", &pages) != 1)
		return fail(cause, "/proc/self/statm");
	*ret = pages * (size_t)sysconf(_SC_PAGESIZE);
	return FIRMA_OK;
}

/* A lower limit that is there already stays. */
FIRMA_CHECKED static enum firma_err
lower(int resource, rlim_t to, const char *name, struct firma_cause *cause)
{
	struct rlimit l;

	if (getrlimit(resource, &l) != 0)
		return fail(cause, name);
	if (l.rlim_cur > to)
		l.rlim_cur = to;
	if (l.rlim_max > to)
		l.rlim_max = to;
	return setrlimit(resource, &l) == 0 ? FIRMA_OK : fail(cause, name);
}

enum firma_err
firma_limits_set(struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done)
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	size_t data = 0;
	enum firma_err r;

	if (fd >= 0)
		(void)!write(fd, OOM_SCORE, sizeof(OOM_SCORE) - 1);
	if ((r = data_now(&data, cause)) != FIRMA_OK ||
	    (r = lower(RLIMIT_NOFILE, FIRMA_LIMIT_FILES, "RLIMIT_NOFILE",
		 cause)) != FIRMA_OK)
		return r;
	return lower(
	    RLIMIT_DATA, data + FIRMA_LIMIT_DATA, "RLIMIT_DATA", cause);
}

const char *
firma_limits_reached(void)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	void *room;

	if ((fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)) < 0 &&
	    errno == EMFILE)
		return "descriptors";
	room = mmap(NULL, ROOM, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED)
		return "memory";
	(void)munmap(room, ROOM);
	return NULL;
}
