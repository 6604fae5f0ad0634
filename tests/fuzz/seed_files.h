/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seed_files.h - every file of a folder, in the order of their names.
 */
#ifndef FIRMA_TEST_FUZZ_SEED_FILES_H
#define FIRMA_TEST_FUZZ_SEED_FILES_H

#include <stddef.h>
#include <stdint.h>

/* at may be changed; it is gone when this returns. */
typedef void seed_fn(const char *path, uint8_t *at, size_t len);

/* Ends the program, with the reason, when the folder or a file is not read. */
void seed_files_each(const char *folder, seed_fn *each);

#endif
