/* SPDX-License-Identifier: Apache-2.0 */
/*
 * killat_worker.c - firmad-token with killat.c built in, for worker = in
 * firmad.conf.  The agent gives a token's process no LD_PRELOAD, refuses one in
 * its configuration, and lets no other program be executed.
 *
 * KILLAT_ENV names a file of NAME=VALUE lines for the environment; it is read
 * before killat.c looks there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_LEN_MAX 4096 /* octets, with the terminating zero */
#define EARLY        101  /* before constructors without a number */

__attribute__((constructor(EARLY))) static void
read_environment(void)
{
	const char *path = getenv("KILLAT_ENV");
	char line[LINE_LEN_MAX];
	FILE *f = path == NULL ? NULL : fopen(path, "re");

	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL) {
		char *value = strchr(line, '=');

		line[strcspn(line, "\n")] = '\0';
		if (value == NULL)
			continue;
		*value++ = '\0';
		if (setenv(line, value, 1) != 0)
			break;
	}
	(void)fclose(f);
}
