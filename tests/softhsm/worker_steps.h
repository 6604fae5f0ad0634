/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker_steps.h - what several tests of the token process begin with.
 */
#ifndef FIRMA_TESTS_WORKER_STEPS_H
#define FIRMA_TESTS_WORKER_STEPS_H

#include "agent/pki/algorithm.h"
#include "tests/softhsm/worker_peer.h"

#define DOCUMENT "Carta de prueba\n"

extern struct peer p;

struct firma_bytes bytes(const char *s);
/* SHA-256; valid until the next call. */
struct firma_bytes digest_of(const char *s);

/* For cmocka: a fresh token, logged in, three lanes; and its end. */
int setup(void **state);
int teardown(void **state);

/* Generates; leaves the public key as ID.pub (PEM) in the folder. */
void generate(
    const char *id, enum firma_key_algorithm a, struct firma_msg_w_key *k);

/* Signs DOCUMENT; openssl verifies it with ID.pub. */
void sign_and_verify(size_t lane, const char *id);

#endif
