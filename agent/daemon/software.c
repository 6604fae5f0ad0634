/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/software.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/own.h"

FIRMA_CHECKED static enum firma_err
fail(struct firma_cause *cause, const char *path)
{
	const int e = errno;

	return firma_fail(cause,
	    e == ENOSPC                     ? FIRMA_ERR_DISK_FULL
		: e == EROFS || e == EACCES ? FIRMA_ERR_READ_ONLY
					    : FIRMA_ERR_IO,
	    FIRMA_CAUSE_ERRNO, (unsigned long)e, "%.120s", path);
}

void
firma_software_folder(
    const struct firma_agent *a, const char *name, char *ret, size_t size)
{
	(void)snprintf(ret, size, "%s/software-%s", a->state_dir, name);
}

enum firma_err
firma_software_prepare(const struct firma_agent *a, const char *name,
    char *ret_env, size_t size, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	char dir[640], path[700], tokens[700], text[1024];
	int n;

	firma_software_folder(a, name, dir, sizeof(dir));
	(void)snprintf(path, sizeof(path), "%s/softhsm2.conf", dir);
	(void)snprintf(tokens, sizeof(tokens), "%s/tokens", dir);
	if ((mkdir(dir, 0700) != 0 && errno != EEXIST) ||
	    (mkdir(tokens, 0700) != 0 && errno != EEXIST))
		return fail(cause, dir);
	n = snprintf(text, sizeof(text),
	    "directories.tokendir = %s\nobjectstore.backend = file\n"
	    "objectstore.umask = 0077\nlog.level = ERROR\n"
	    "slots.removable = false\n",
	    tokens);
	fd = open(
	    path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || write(fd, text, (size_t)n) != n)
		return fail(cause, path);
	if ((size_t)snprintf(ret_env, size, "SOFTHSM2_CONF=%s", path) >= size)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "%.120s", path);
	return FIRMA_OK;
}
