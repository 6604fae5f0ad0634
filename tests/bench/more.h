/* SPDX-License-Identifier: Apache-2.0 */
/* more.h - what is measured beside signatures a second. */
#ifndef FIRMA_BENCH_MORE_H
#define FIRMA_BENCH_MORE_H

#include "tests/bench/way.h"

/* One client signs count times; the agent's memory on the way. */
void bench_soak(const struct bench_place *p, const char *key,
    unsigned int count, long agent_pid);

/* A sealed 256 MB document through the agent; the same octets hashed here. */
void bench_document(
    const struct bench_place *p, const char *key, unsigned int n_rounds);

/* Start command (an agent), wait for its first answer, end it; some times. */
void bench_start(const char *socket, char **command);

#endif
