/* SPDX-License-Identifier: Apache-2.0 */
/* verify-samples FOLDER: write sample.h's files there. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/verify/sample.h"

static void
write_file(const char *name, struct firma_bytes v, void *arg)
{
	char path[4096];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", (const char *)arg, name);
	f = fopen(path, "wb");
	if (f == NULL || fwrite(v.at, 1, v.len, f) != v.len || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

int
main(int argc, char **argv)
{
	if (argc != 2) {
		(void)fprintf(stderr, "usage: verify-samples FOLDER\n");
		return 2;
	}
	sample_each(write_file, argv[1]);
	return 0;
}
