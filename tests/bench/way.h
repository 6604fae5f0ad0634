/* SPDX-License-Identifier: Apache-2.0 */
/*
 * way.h - a way to get a signature: the module itself, the module behind
 * p11-kit's server, or the agent.
 *
 * A way is opened in the process that uses it, after fork(): PKCS#11 modules
 * do not survive one.  Failures end the process with a message: a benchmark
 * has nothing better to do.
 *
 * May include: agent/base, agent/wire, agent/client.
 */
#ifndef FIRMA_BENCH_WAY_H
#define FIRMA_BENCH_WAY_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_SHA256    32
#define BENCH_SIGNATURE 512 /* octets: RSA-4096 */

/* Where things are; set once by the options. */
struct bench_place {
	const char *module;     /* the PKCS#11 module */
	const char *p11kit;     /* p11-kit-client.so; its server in the
				 * environment, P11_KIT_SERVER_ADDRESS */
	const char *token;      /* label */
	const char *pin_file;   /* for the PKCS#11 ways */
	const char *socket;     /* the agent's */
	const char *public_dir; /* KEY.pem, for checking */
};

struct bench_signature {
	uint8_t at[BENCH_SIGNATURE]; /* EC: DER from the agent, else r || s */
	size_t len;
	uint64_t seq; /* in the ledger; 0 where there is none */
};

struct bench_way {
	const char *name;
	/* key is a CKA_LABEL, and the agent's alias */
	void *(*open)(const struct bench_place *p, const char *key);
	void (*sign)(void *way, const uint8_t sha256[BENCH_SHA256],
	    struct bench_signature *ret);
	/* NULL: it ends with its process, as a module does. */
	void (*close)(void *way);
	/* Is seq the entry of that digest and key?  NULL: no ledger. */
	int (*in_ledger)(void *way, const char *key, uint64_t seq,
	    const uint8_t sha256[BENCH_SHA256]);
};

extern const struct bench_way bench_direct, bench_p11kit, bench_agent;

__attribute__((noreturn, format(printf, 1, 2))) void bench_fail(
    const char *fmt, ...);

#endif
