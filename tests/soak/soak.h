/* SPDX-License-Identifier: Apache-2.0 */
/*
 * soak.h - many signatures while tokens are killed, hung and pulled out.
 *
 * Clients, the operator who unlocks, and whoever does the harm are processes;
 * what they share is here.  Whoever finds something that must not be says so
 * and exits with 1; main() then ends the others.
 */
#ifndef FIRMA_SOAK_SOAK_H
#define FIRMA_SOAK_SOAK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/base/clock.h"
#include "agent/client/client.h"
#include "agent/wire/values.h"

#define SOAK_KEYS   16
#define SOAK_FAULTS 16
#define SOAK_SHA256 32
#define SOAK_ERRS   128 /* errors counted, by their number */
#define SOAK_WAIT   (60 * FIRMA_S)

/* kind:TOKEN[:ARGUMENT] on the command line. */
enum soak_fault_kind { SOAK_KILL, SOAK_HANG, SOAK_CARD };

struct soak_fault {
	enum soak_fault_kind kind;
	char token[65];
	char argument[512]; /* hang: the file that arms it; card: a program */
};

struct soak_options {
	const char *socket;
	const char *pin_file;
	pid_t agent;
	const char *keys[SOAK_KEYS];
	size_t n_keys;
	struct soak_fault faults[SOAK_FAULTS];
	size_t n_faults;
	size_t n_clients;
	uint64_t n_signatures;
	uint64_t every; /* signatures between two faults */
};

/* A signature that a client holds. */
struct soak_record {
	uint64_t seq;
	uint8_t digest[SOAK_SHA256];
};

struct soak_shared {
	atomic_uint_least64_t n_begun, n_signed, n_faults[3], n_unlocks,
	    n_doubts;
	atomic_uint_least64_t n_errors[SOAK_ERRS];
	atomic_uint_least64_t
	    pace; /* signatures that may begin before a fault */
	atomic_bool is_over;
	struct soak_record records[]; /* n_signatures of them */
};

extern struct soak_options soak_options;
extern struct soak_shared *soak_shared;

__attribute__((noreturn, format(printf, 1, 2))) void soak_fail(
    const char *fmt, ...);
struct firma_client *soak_open(void);

/* A token as the agent says it is. */
struct soak_token {
	char name[65];
	uint32_t state; /* enum firma_token_state */
	uint32_t n_restarts;
};
/* ret: room for SOAK_KEYS; returns how many. */
size_t soak_tokens(struct firma_client *c, struct soak_token *ret);
struct soak_token soak_token(struct firma_client *c, const char *name);

/* What each process does; each returns when all is signed. */
void soak_sign(unsigned int client);
void soak_operate(void);
void soak_harm(void);

/* The agent's memory and descriptors. */
struct soak_size {
	unsigned long rss_kb;
	unsigned long n_fds; /* 0: cannot be seen by this user */
};
struct soak_size soak_size(void);

/* Each record has its entry, each entry its record or its failure. */
void soak_check_ledger(void);

#endif
