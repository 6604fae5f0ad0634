/* SPDX-License-Identifier: Apache-2.0 */
/* verify.h - does a signature fit the public key of PUBLIC_DIR/KEY.pem? */
#ifndef FIRMA_BENCH_VERIFY_H
#define FIRMA_BENCH_VERIFY_H

#include "tests/bench/way.h"

int bench_verifies(const struct bench_place *p, const char *key,
    const uint8_t sha256[BENCH_SHA256], const struct bench_signature *s);

/* Ends the process when it does not. */
void bench_verify(const struct bench_place *p, const char *key,
    const uint8_t sha256[BENCH_SHA256], const struct bench_signature *s);

#endif
