/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay.c - main() of the targets where there is no libFuzzer: every file of
 * the given folders as it is, cut off, and with single octets changed.
 * Deterministic: the same corpus gives the same inputs.
 *
 *	fuzz_NOUN [-stride=N] FOLDER...		N: only every Nth variation
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/seed_files.h"

#define CUTS    64 /* of each file */
#define CHANGES 192

static size_t n_files, n_inputs, stride = 1;

static void
once(const uint8_t *at, size_t len)
{
	/* A block of its own, so that a read behind its end is seen. */
	uint8_t *copy = malloc(len == 0 ? 1 : len);

	FUZZ_MUST(copy != NULL);
	if (len != 0)
		memcpy(copy, at, len);
	(void)LLVMFuzzerTestOneInput(copy, len);
	free(copy);
	n_inputs++;
}

static void
variations(uint8_t *at, size_t len)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff, '"',
		'\n', '=' };

	FUZZ_MUST(stride != 0);
	once(at, len);
	for (size_t i = 0; i < CUTS && i < len; i += stride)
		once(at, len < CUTS ? i : len * i / CUTS);
	for (size_t i = 0; i < CHANGES && len != 0; i += stride) {
		const size_t where =
		    len < CHANGES ? i % len : len * i / CHANGES;
		const uint8_t was = at[where];

		at[where] = values[(i + where) % sizeof(values)];
		once(at, len);
		at[where] = (uint8_t)(was ^ 1u << i % 8);
		once(at, len);
		at[where] = was;
	}
}

static void
replay(const char *path, uint8_t *at, size_t len)
{
	(void)path;
	variations(at, len);
	n_files++;
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], "-stride=", 8) == 0)
			stride = strtoul(argv[i] + 8, NULL, 10);
		else
			seed_files_each(argv[i], replay);
	printf("%zu files, %zu inputs\n", n_files, n_inputs);
	return n_files == 0; /* an empty corpus tests nothing */
}
