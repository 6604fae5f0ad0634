/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker_sins.h - a token process with a module that sins, and a P-256 key
 * with the id "key" that a module without sin made before.
 */
#ifndef FIRMA_SOFTHSM_WORKER_SINS_H
#define FIRMA_SOFTHSM_WORKER_SINS_H

#include <stdbool.h>

#include "tests/softhsm/worker_peer.h"

extern struct peer sins_peer;
extern uint8_t sins_digest[32];

struct firma_bytes sins_bytes(const char *s);
void sins_start(const char *sin, bool armed, size_t n_lanes);
int sins_setup(void **state);
int sins_teardown(void **state);
void sins_arm(void);
void sins_login(void);
int sins_count(const char *line);
uint64_t sins_ask_sign(size_t lane);
void sins_good_signature(size_t lane);

#define SINS_TEST(name) \
	cmocka_unit_test_setup_teardown(name, sins_setup, sins_teardown)

#endif
