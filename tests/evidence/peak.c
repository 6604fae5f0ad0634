/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peak FILE COMMAND ARGUMENT... - run it, and write into FILE how many KiB of memory
 * it had at most.  Its exit status is the command's.
 */
#include <err.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct rusage used = { 0 };
	int status = 0;
	pid_t child;
	FILE *f;

	if (argc < 3)
		errx(2, "usage: peak FILE COMMAND ARGUMENT...");
	if ((child = fork()) < 0)
		err(2, "fork");
	if (child == 0) {
		(void)execvp(argv[2], argv + 2);
		err(127, "%s", argv[2]);
	}
	if (wait4(child, &status, 0, &used) != child)
		err(2, "wait4");
	if ((f = fopen(argv[1], "w")) == NULL ||
	    fprintf(f, "%ld\n", used.ru_maxrss) < 0 || fclose(f) != 0)
		err(2, "%s", argv[1]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
