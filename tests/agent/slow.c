/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slow.c - a library to preload that makes a disk slow: while the file that
 * FIRMA_SLOW names is there, fsync() and fdatasync() wait for its end, and say
 * so by a file with ".waits" behind its name.  In the program
 * FIRMA_SLOW_PROGRAM only.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void
wait_for_it(void)
{
	const struct timespec pause = { 0, 10000000 };
	const char *path = getenv("FIRMA_SLOW");
	const char *program = getenv("FIRMA_SLOW_PROGRAM");
	char told[PATH_MAX];
	int fd;

	if (path == NULL || program == NULL ||
	    strcmp(program, program_invocation_short_name) != 0 ||
	    access(path, F_OK) != 0)
		return;
	(void)snprintf(told, sizeof(told), "%s.waits", path);
	fd = open(told, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd >= 0)
		(void)close(fd);
	while (access(path, F_OK) == 0)
		(void)nanosleep(&pause, NULL);
}

int
fsync(int fd)
{
	wait_for_it();
	return (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	wait_for_it();
	return (int)syscall(SYS_fdatasync, fd);
}
