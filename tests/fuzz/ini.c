/* SPDX-License-Identifier: Apache-2.0 */
/* INI lines, and the small readers of values. */
#include "agent/base/option.h"
#include "tests/fuzz/fuzz.h"

static void
line(void *arg, const struct firma_ini_line *l)
{
	const char *name;
	unsigned int n;
	char path[300];

	(void)arg;
	FUZZ_MUST(l->line >= 1);
	FUZZ_MUST(strlen(l->section) <= FIRMA_INI_SECTION);
	FUZZ_MUST(firma_ini_kind(l->section, &name) <= strlen(l->section));
	if (l->name == NULL)
		return;
	FUZZ_MUST(strlen(l->name) <= FIRMA_INI_NAME);
	FUZZ_MUST(strlen(l->value) <= FIRMA_INI_LINE);
	if (firma_number_of(l->value, 3, 77, &n))
		FUZZ_MUST(n >= 3 && n <= 77);
	if (firma_path_join("/etc/firmad", l->value, path, sizeof(path)))
		FUZZ_MUST(path[0] == '/' && strstr(path, "/../") == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct firma_problems problems;
	static const char *const again[] = { "environment", NULL };
	const struct firma_ini_reader reader = { line, NULL, again };
	enum firma_err r;

	problems.n = problems.n_found = 0;
	r = fuzz_result(
	    firma_ini_read(firma_bytes_of(data, size), &reader, &problems));
	FUZZ_WITH_MEMORY(r == FIRMA_OK || r == FIRMA_ERR_LIMIT);
	FUZZ_MUST(problems.n <= FIRMA_PROBLEMS_MAX);
	FUZZ_MUST(problems.n <= problems.n_found);
	return 0;
}
