/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz.h - what every target has: the entry that libFuzzer and replay.c call,
 * and a check that ends the program.
 *
 * A target gives the parser any octets and then asks of what was accepted that
 * it holds what its header promises.
 */
#ifndef FIRMA_TEST_FUZZ_H
#define FIRMA_TEST_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/own.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise of the code under test; libFuzzer keeps the input that breaks it. */
#define FUZZ_MUST(what)                                                        \
	do {                                                                   \
		if (!(what)) {                                                 \
			(void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, \
			    __LINE__, #what);                                  \
			abort();                                               \
		}                                                              \
	} while (0)

/*
 * In tests/inject allocations fail while a target runs.  What it then answers is
 * compared with what it answers else; elsewhere these do nothing.
 */
__attribute__((weak)) bool inject_happened(void);
__attribute__((weak)) void inject_result(enum firma_err r);

static inline enum firma_err
fuzz_result(enum firma_err r)
{
	if (inject_result != NULL)
		inject_result(r);
	return r;
}

/* A promise that holds while there is memory. */
#define FUZZ_WITH_MEMORY(what) \
	FUZZ_MUST((what) || (inject_happened != NULL && inject_happened()))

/*
 * Zero-terminated copy; the parser sees a heap block of exactly this length.
 * aligned_alloc() because that one never fails on purpose.
 */
static inline char *
fuzz_text(const uint8_t *data, size_t size)
{
	char *s = aligned_alloc(1, size + 1);

	FUZZ_MUST(s != NULL);
	if (size != 0)
		memcpy(s, data, size);
	s[size] = '\0';
	return s;
}

#endif
