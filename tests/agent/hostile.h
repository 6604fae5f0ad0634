/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostile.h - a client without manners: raw sockets, octets as it likes.
 *
 * hostile.c has the connection and the look at the agent afterwards;
 * hostile_frames.c and hostile_load.c have the cases.
 */
#ifndef TESTS_AGENT_HOSTILE_H
#define TESTS_AGENT_HOSTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/wire/frame.h"

#define HOSTILE_WAIT_MS 10000 /* for an answer, or for being hung up on */

/* The agent's socket, and a key that signs raw with it. */
extern const char *hostile_socket;
extern const char *hostile_key;

struct hostile_case {
	const char *name;
	void (*run)(void);
};
extern const struct hostile_case hostile_frames[], hostile_load[];

__attribute__((noreturn, format(printf, 1, 2))) void hostile_fail(
    const char *fmt, ...);
#define HOSTILE_CHECK(what)                                                   \
	do {                                                                  \
		if (!(what))                                                  \
			hostile_fail("%s:%d: %s", __FILE__, __LINE__, #what); \
	} while (0)

/* A connection, greeted or not. */
int hostile_connect(void);
int hostile_greeted(void);

/* All of it; false when the agent has hung up. */
bool hostile_send(int s, struct firma_bytes v);
/* With n descriptors, all fd, on the first octet. */
bool hostile_send_fds(int s, struct firma_bytes v, int fd, size_t n);

/* A sign request over a digest (fd -1), or over a document. */
void hostile_sign(struct firma_buf *out, uint64_t id, unsigned int n_fds);

/*
 * Read one frame.  Returns its type, 0 at the end of the connection; fails
 * when neither comes.  ret_err gets the error of an `error`.
 */
unsigned int hostile_receive(int s, uint64_t *ret_id, uint32_t *ret_err);

/* The agent says that error in a frame with id 0, then hangs up. */
void hostile_expect_hang_up(int s, enum firma_err err);
/* The agent answers the request with that error, and goes on. */
void hostile_expect_error(int s, uint64_t id, enum firma_err err);
void hostile_expect_signed(int s, uint64_t id);

/* Sign properly on a connection of one's own; the signature must be right. */
void hostile_good_client(void);

/* Kilobytes of the agent's memory now. */
size_t hostile_rss_kb(void);

#endif
