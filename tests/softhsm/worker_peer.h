/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker_peer.h - the agent's part, for tests: start a real firmad-token on a
 * private SoftHSM2 token folder and speak worker.def to it.
 *
 * Everything here ends the test at the first surprise.
 */
#ifndef FIRMA_TESTS_WORKER_PEER_H
#define FIRMA_TESTS_WORKER_PEER_H

#include <stdbool.h>
#include <sys/types.h>

#include "agent/wire/frame.h"

#define PEER_LANES  4
#define PEER_SO_PIN "87654321"
#define PEER_PIN    "123456"
#define PEER_LABEL  "firma-test"
/* EC P-256, the key 1 and its point: the curve's generator. */
#define PEER_P256                                                          \
	"\0\0\0\4\0\x20"                                                   \
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1" \
	"\0\x41\4"                                                         \
	"\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2" \
	"\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96" \
	"\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16" \
	"\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5"

struct peer {
	pid_t pid;
	int lane[PEER_LANES]; /* our ends */
	size_t n_lanes;
	uint64_t next_id;
	uint8_t *room;
	unsigned int
	    n_asking;      /* w_asking that came; they are no answers here */
	bool was_accepted; /* by the last peer_present(): w_presented came */
	struct firma_frame frame; /* the last answer; views point into room */
};

/* A private folder with softhsm2.conf; removed by peer_folder_remove(). */
void peer_folder_make(void);
void peer_folder_remove(void);
const char *peer_folder(void);

/*
 * Start it: module NULL for SoftHSM2; env: NULL-terminated, added to
 * SOFTHSM2_CONF; more: NULL-terminated further options, or NULL.
 * Takes the first answer, whatever it is, into p->frame.
 */
void peer_start(struct peer *p, const char *module, size_t n_lanes,
    const char *const *env, const char *const *more);
/* How long the next ones have for the first answer; 0: as always. */
void peer_start_wait(int ms);
/* The next ones run as this user (0: as ourselves), by setpriv(1). */
void peer_run_as(uid_t uid);
/* Close the lanes and reap; returns the wait status. */
int peer_stop(struct peer *p);
void peer_kill(struct peer *p); /* SIGKILL, and reap */

/* Send a request; returns its id. */
uint64_t peer_send(struct peer *p, size_t lane, enum firma_msg_type type,
    const void *msg, int fd);
void peer_send_as(struct peer *p, size_t lane, enum firma_msg_type type,
    const void *msg, int fd, uint64_t id, uint32_t deadline_ms);

/* The next answer on a lane, within ms; false when none comes. */
bool peer_take(struct peer *p, size_t lane, int ms);
/* Is nothing more to come on a lane? */
bool peer_hung_up(const struct peer *p, size_t lane);

/* The next answer, which must be of this type and for this id (0: any). */
void peer_expect(struct peer *p, size_t lane, enum firma_msg_type type,
    uint64_t id, void *ret_msg);
/* The next answer must be w_error with this error; returns the CK_RV or 0. */
unsigned long peer_expect_error(
    struct peer *p, size_t lane, uint64_t id, enum firma_err err);

/* Both together, for one answer on lane 0. */
void peer_call(struct peer *p, enum firma_msg_type type, const void *msg,
    enum firma_msg_type answer, void *ret_msg);
enum firma_err peer_call_error(
    struct peer *p, enum firma_msg_type type, const void *msg);

/* An already filled one-shot channel: the end to pass on. */
int peer_secret(const void *at, size_t len);
int peer_secret_two(const char *first, const char *second);

void peer_init(struct peer *p);
/* The whole two-phase login with PEER_PIN's salt; returns FIRMA_OK or w_error.
 * ret_presented: whether w_presenting came. */
enum firma_err peer_login(struct peer *p, const char *pin,
    struct firma_bytes refused, bool *ret_presented, uint8_t ret_hash[32]);
/* The same for any request that presents a PIN; fd is taken. */
enum firma_err peer_present(struct peer *p, enum firma_msg_type type,
    const void *msg, int fd, bool *ret_presented, uint8_t ret_hash[32]);

/* Lists and waits for w_done; returns the number of w_key. */
size_t peer_find(struct peer *p, struct firma_bytes id);

/* Write, run a shell command in the folder, read: openssl as the judge. */
void peer_file(const char *name, struct firma_bytes v);
struct firma_buf peer_read(const char *name);
int peer_shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* FIRMA_FIXTURES, or ../shared/fixtures beside the sources; NULL if missing. */
const char *peer_fixtures(void);

#endif
