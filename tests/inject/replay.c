/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay.c - main() of the fuzz targets where memory runs out: each seed once as
 * it is, and then with one allocation failing, each in turn.
 *
 *	inject_NOUN [-all] [-turns=N] [-loose] FOLDER...
 *
 * The target's own promises hold all the while.  What it answers is compared:
 * up to the failure as without it, and the answer in which it happened is the
 * same, or FIRMA_ERR_NOMEM.  -loose: or another error, because OpenSSL and
 * jansson do not always say why they failed; but never a success where without
 * the failure there was none.  Afterwards the seed is read as before: a failure
 * leaves nothing behind.  What leaks is told by the sanitizer at the end.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/seed_files.h"
#include "tests/inject/inject.h"

#define RESULTS_MAX 64 /* of one input; further ones are not compared */

struct run {
	enum firma_err results[RESULTS_MAX];
	size_t n;
	size_t hit; /* the answer in which a failure happened; n: none */
	bool is_hit;
};

static struct run *current;
static unsigned long turns = 24; /* failures a seed and mode; 0: each */
static bool is_loose;
static unsigned long n_seeds, n_failures, n_told, n_other;

void
inject_result(enum firma_err r)
{
	struct run *c = current;

	if (c == NULL || c->n == RESULTS_MAX)
		return;
	if (inject_happened() && !c->is_hit) {
		c->is_hit = true;
		c->hit = c->n;
	}
	c->results[c->n++] = r;
}

static unsigned long
once(const uint8_t *at, size_t len, unsigned long nth, bool on_and_on,
    struct run *ret)
{
	uint8_t *copy;
	unsigned long n;

	*ret = (struct run){ 0 };
	current = ret;
	copy = malloc(len == 0 ? 1 : len);
	FUZZ_MUST(copy != NULL);
	if (len != 0)
		memcpy(copy, at, len);
	inject_arm(INJECT_MEMORY, nth, on_and_on);
	(void)LLVMFuzzerTestOneInput(copy, len);
	n = inject_disarm();
	free(copy);
	current = NULL;
	return n;
}

static void
tell(const char *path, unsigned long nth, const struct run *clean,
    const struct run *r, size_t i)
{
	(void)fprintf(stderr, "%s: allocation %lu: answer %zu is %s, not %s\n",
	    path, nth, i, firma_err_name(r->results[i]),
	    i < clean->n ? firma_err_name(clean->results[i]) : "none");
	if (++n_told == 20)
		exit(1);
}

/* With a failure: the same up to it; then the same, or out of memory. */
static void
compare(const char *path, unsigned long nth, const struct run *clean,
    const struct run *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const bool is_same =
		    i < clean->n && r->results[i] == clean->results[i];

		if (r->is_hit && i == r->hit) {
			if (is_same || r->results[i] == FIRMA_ERR_NOMEM)
				return; /* what follows depends on it */
			if (is_loose && r->results[i] != FIRMA_OK)
				n_other++;
			else
				tell(path, nth, clean, r, i);
			return;
		}
		if (!is_same) {
			tell(path, nth, clean, r, i);
			return;
		}
	}
}

static void
fail_in_turn(const char *path, const uint8_t *at, size_t len, bool on_and_on)
{
	struct run clean, r;
	unsigned long n = once(at, len, 0, false, &clean), step = 1;

	/* The first ones, and then a spread. */
	for (unsigned long nth = 1; nth <= n; nth += step) {
		(void)once(at, len, nth, on_and_on, &r);
		n_failures++;
		compare(path, nth, &clean, &r);
		if (turns != 0 && nth >= turns / 2 && n > turns)
			step = 1 + (n - turns / 2) / (turns - turns / 2);
	}
	(void)once(at, len, 0, false, &r);
	if (r.n != clean.n ||
	    memcmp(r.results, clean.results, r.n * sizeof(r.results[0])) != 0) {
		(void)fprintf(stderr, "%s: not as before the failures\n", path);
		n_told++;
	}
}

static void
replay(const char *path, uint8_t *at, size_t len)
{
	struct run warm;

	/* What libraries keep for later is there before it is counted. */
	(void)once(at, len, 0, false, &warm);
	fail_in_turn(path, at, len, false);
	fail_in_turn(path, at, len, true);
	n_seeds++;
}

int
main(int argc, char **argv)
{
	inject_start();
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "-all") == 0)
			turns = 0;
		else if (strcmp(argv[i], "-loose") == 0)
			is_loose = true;
		else if (strncmp(argv[i], "-turns=", 7) == 0)
			turns = strtoul(argv[i] + 7, NULL, 10);
		else
			seed_files_each(argv[i], replay);
	printf("%lu seeds, %lu failures of an allocation, %lu told as another "
	       "error\n",
	    n_seeds, n_failures, n_other);
	return n_told != 0 || n_seeds == 0;
}
