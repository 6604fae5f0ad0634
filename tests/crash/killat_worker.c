/* SPDX-License-Identifier: Apache-2.0 */
/*
 * killat_worker.c - stands in the place of firmad-token (worker = in
 * firmad.conf) and becomes it, with killat.c preloaded.  The agent gives a
 * token's process no LD_PRELOAD, and refuses one in its configuration.
 *
 * KILLAT_ENV names a file of NAME=VALUE lines for the environment;
 * KILLAT_WORKER among them is the real firmad-token.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_LEN_MAX 4096 /* octets, with the terminating zero */

static int
read_environment(const char *path)
{
	char line[LINE_LEN_MAX];
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return -1;
	while (fgets(line, sizeof(line), f) != NULL) {
		char *value = strchr(line, '=');

		line[strcspn(line, "\n")] = '\0';
		if (value == NULL)
			continue;
		*value++ = '\0';
		if (setenv(line, value, 1) != 0)
			break;
	}
	return fclose(f);
}

int
main(int argc, char **argv)
{
	const char *path = getenv("KILLAT_ENV");
	const char *worker;

	(void)argc;
	if (path == NULL || read_environment(path) != 0 ||
	    (worker = getenv("KILLAT_WORKER")) == NULL)
		return 2;
	(void)execv(worker, argv);
	perror(worker);
	return 2;
}
