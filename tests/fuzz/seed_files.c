/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/seed_files.h"

#include <dirent.h>

#include "tests/fuzz/fuzz.h"

#define FILE_MAX ((size_t)1024 * 1024)

static void
one(const char *path, seed_fn *each)
{
	uint8_t *at = malloc(FILE_MAX);
	FILE *f = fopen(path, "rbe");

	FUZZ_MUST(at != NULL);
	if (f == NULL) {
		perror(path);
		exit(1);
	}
	const size_t len = fread(at, 1, FILE_MAX, f);

	(void)fclose(f);
	each(path, at, len);
	free(at);
}

void
seed_files_each(const char *folder, seed_fn *each)
{
	struct dirent **list;
	char name[4096];
	const int n = scandir(folder, &list, NULL, alphasort);

	if (n < 0) {
		perror(folder);
		exit(1);
	}
	for (int i = 0; i < n; i++) {
		if (list[i]->d_name[0] != '.') {
			(void)snprintf(name, sizeof(name), "%s/%s", folder,
			    list[i]->d_name);
			one(name, each);
		}
		free(list[i]);
	}
	free(list);
}
