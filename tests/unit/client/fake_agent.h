/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_agent.h - an agent for tests: listens, decodes, hands requests to a
 * function of the test.  Runs in a thread of its own.
 */
#ifndef FIRMA_TEST_FAKE_AGENT_H
#define FIRMA_TEST_FAKE_AGENT_H

#include <pthread.h>
#include <stdatomic.h>

#include "agent/client/client.h"
#include "agent/wire/frame.h"

struct fake_agent;

struct fake_request {
	struct fake_agent *agent;
	int socket;
	unsigned int connection; /* 0 is the first */
	uint64_t id;
	uint32_t deadline_ms;
	enum firma_msg_type type;
	const void *msg;
	int fd; /* or -1; closed afterwards */
};

/* Returns 0 to hang up. */
typedef int fake_handler(void *arg, struct fake_request *q);

struct fake_agent {
	char dir[64], path[96];
	int listener, stop[2];
	pthread_t thread;
	fake_handler *handler;
	void *arg;
	atomic_uint n_connections;
	atomic_uint n_requests; /* without hello */
};

/* Hello is answered by the fake itself. */
void fake_start(struct fake_agent *a, fake_handler *handler, void *arg);
void fake_stop(struct fake_agent *a);

/* A client of it. */
struct firma_client *fake_client(const struct fake_agent *a);

/* Answer q with msg; fd or -1. */
void fake_answer(
    struct fake_request *q, enum firma_msg_type type, const void *msg, int fd);
void fake_done(struct fake_request *q);
void fake_error(struct fake_request *q, enum firma_err e, const char *rule,
    const char *what);

#endif
