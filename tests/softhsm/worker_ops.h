/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker_ops.h - every request that a token process takes, one after the
 * other, with a module that sins meanwhile; and what must be true afterwards,
 * whatever it did.
 */
#ifndef FIRMA_TESTS_WORKER_OPS_H
#define FIRMA_TESTS_WORKER_OPS_H

#include "tests/softhsm/worker_ask.h"

/* One request of the walk. */
struct ops_op {
	const char *name;
	void (*prepare)(void); /* without sin; or NULL */
	void (*run)(struct ops_answer *a);
	/* Without sin again: is what it said true, is nothing lost? */
	void (*check)(const struct ops_answer *a);
};
extern const struct ops_op ops_list[];
extern const size_t ops_n;

/* A blank folder, with a token that has the key "key" and a certificate. */
int ops_setup(void **state);
int ops_teardown(void **state);

/* Run one op under a sin; then without, and check. */
enum ops_end ops_commit(const struct ops_op *op, const char *sin);
void ops_sign(struct ops_answer *a);

/*
 * A new process without a sin, and its end: the key is there once and signs, it
 * has its certificate; what was being made is there once or not.
 */
void ops_nothing_lost(void);

/* Present, logged in (logs in when it is not), signs on both lanes. */
void ops_works(void);
#endif
