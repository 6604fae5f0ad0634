/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/softhsm/worker_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/own.h"
#include "agent/base/secret.h"
#include "agent/base/spawn.h"

#define SOFTHSM   "/usr/lib/softhsm/libsofthsm2.so"
#define ANSWER_MS 60000 /* RSA-4096 under ASan takes its time */
#define ARGS_MAX  32

static char folder[PATH_MAX];
static const uint8_t salt[16] = "a salt of 16 oct";

void
peer_folder_make(void)
{
	char conf[256];

	(void)snprintf(folder, sizeof(folder), "%s/firma-worker.XXXXXX",
	    getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(peer_shell("mkdir tokens"), 0);
	const int n = snprintf(conf, sizeof(conf),
	    "directories.tokendir = %.200s/tokens\n"
	    "objectstore.backend = file\nlog.level = ERROR\n",
	    folder);
	peer_file("softhsm2.conf", firma_bytes_of(conf, (size_t)n));
}

void
peer_folder_remove(void)
{
	char command[PATH_MAX + 16];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	assert_int_equal(system(command), 0);
}

const char *
peer_folder(void)
{
	return folder;
}

static int start_ms = ANSWER_MS;

void
peer_start_wait(int ms)
{
	start_ms = ms != 0 ? ms : ANSWER_MS;
}

static char run_as[2][24]; /* options of setpriv(1); empty: not used */

void
peer_run_as(uid_t uid)
{
	run_as[0][0] = '\0';
	if (uid == 0)
		return;
	(void)snprintf(run_as[0], sizeof(run_as[0]), "--reuid=%u", uid);
	(void)snprintf(run_as[1], sizeof(run_as[1]), "--regid=%u", uid);
}

static void
spawn(struct peer *p, const char *const *args, const char *const *env,
    const int *fds)
{
	union {
		const char *const *in;
		char *const *out;
	} a = { .in = args }, e = { .in = env };
	struct firma_spawn s = { .exe_fd = -1,
		.path = args[0],
		.argv = a.out,
		.envp = e.out,
		.fds = { -1, 2, 2 },
		.n_fds = 3 + p->n_lanes,
		.die = 1 };
	struct firma_cause cause = { 0 };

	memcpy(s.fds + 3, fds, p->n_lanes * sizeof(*fds));
	if (firma_spawn(&s, &p->pid, NULL, &cause) != FIRMA_OK)
		fail_msg("%s: %s", args[0], cause.what);
}

void
peer_start(struct peer *p, const char *module, size_t n_lanes,
    const char *const *env, const char *const *more)
{
	char conf[PATH_MAX + 64], lanes[8];
	const char *args[ARGS_MAX] = { "/usr/bin/setpriv", run_as[0], run_as[1],
		"--clear-groups", TOKEN_PROCESS, "--module",
		module != NULL ? module : SOFTHSM, "--lanes", lanes, "--name",
		"test", "--writable", folder };
	const char *envp[ARGS_MAX] = { conf, "LANG=C.UTF-8" };
	size_t n = 13, n_env = 2;
	int theirs[PEER_LANES];

	assert_in_range(n_lanes, 1, PEER_LANES);
	(void)snprintf(
	    conf, sizeof(conf), "SOFTHSM2_CONF=%s/softhsm2.conf", folder);
	(void)snprintf(lanes, sizeof(lanes), "%zu", n_lanes);
	if (more == NULL) {
		args[n++] = "--label";
		args[n++] = PEER_LABEL;
	}
	for (; more != NULL && *more != NULL; more++)
		args[n++] = *more;
	for (; env != NULL && *env != NULL; env++)
		envp[n_env++] = *env;
	*p = (struct peer){ .n_lanes = n_lanes, .next_id = 1 };
	p->room = malloc(FIRMA_FRAME_MAX);
	assert_non_null(p->room);
	for (size_t i = 0; i < n_lanes; i++) {
		int pair[2];

		assert_int_equal(
		    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair),
		    0);
		p->lane[i] = pair[0];
		theirs[i] = pair[1];
	}
	spawn(p, run_as[0][0] != '\0' ? args : args + 4, envp, theirs);
	for (size_t i = 0; i < n_lanes; i++)
		(void)close(theirs[i]);
	(void)peer_take(p, 0, start_ms);
}

static int
reap(struct peer *p)
{
	int status = 0;

	for (size_t i = 0; i < p->n_lanes; i++)
		firma_fd_done(&p->lane[i]);
	assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
	free(p->room);
	*p = (struct peer){ 0 };
	return status;
}

int
peer_stop(struct peer *p)
{
	return reap(p);
}

void
peer_kill(struct peer *p)
{
	assert_int_equal(kill(p->pid, SIGKILL), 0);
	(void)reap(p);
}

void
peer_send_as(struct peer *p, size_t lane, enum firma_msg_type type,
    const void *msg, int fd, uint64_t id, uint32_t deadline_ms)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf out = { 0 };

	assert_int_equal(
	    firma_frame_put(&out, type, msg, id, deadline_ms, fd >= 0),
	    FIRMA_OK);
	assert_int_equal(
	    firma_frame_send(p->lane[lane], firma_buf_view(&out), fd), out.len);
	if (fd >= 0)
		(void)close(fd);
}

uint64_t
peer_send(struct peer *p, size_t lane, enum firma_msg_type type,
    const void *msg, int fd)
{
	const uint64_t id = p->next_id++;

	peer_send_as(p, lane, type, msg, fd, id, 0);
	return id;
}

bool
peer_take(struct peer *p, size_t lane, int ms)
{
	struct pollfd f = { .fd = p->lane[lane], .events = POLLIN };
	size_t used = 0;
	int fd = -1;
	long n;

again:
	p->frame = (struct firma_frame){ 0 };
	if (poll(&f, 1, ms) != 1)
		return false;
	n = firma_frame_recv(p->lane[lane], p->room, FIRMA_FRAME_MAX, &fd);
	if (n <= 0)
		return false;
	assert_int_equal(fd, -1);
	assert_int_equal(firma_frame_parse(firma_bytes_of(p->room, (size_t)n),
			     &p->frame, &used),
	    FIRMA_OK);
	assert_int_equal(used, n);
	/* Only the agent's clock minds. */
	if (p->frame.type == FIRMA_MSG_w_asking) {
		p->n_asking++;
		goto again;
	}
	return true;
}

bool
peer_hung_up(const struct peer *p, size_t lane)
{
	char c;
	const long n = recv(p->lane[lane], &c, 1, MSG_PEEK | MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN);
}

static void
unexpected(const struct peer *p)
{
	struct firma_msg_w_error e;
	char what[200] = "";

	if (p->frame.type != FIRMA_MSG_w_error ||
	    firma_msg_decode(FIRMA_MSG_w_error, p->frame.payload, &e, NULL) !=
		FIRMA_OK)
		fail_msg("answer of type %#x", p->frame.type);
	firma_str_copy(e.what, what, sizeof(what));
	fail_msg("%s: %s (%#llx)", firma_err_name((enum firma_err)e.err), what,
	    (unsigned long long)e.cause_code);
}

void
peer_expect(struct peer *p, size_t lane, enum firma_msg_type type, uint64_t id,
    void *ret_msg)
{
	struct firma_cause cause = { 0 };

	if (!peer_take(p, lane, ANSWER_MS))
		fail_msg("no answer");
	if (p->frame.type != (unsigned)type)
		unexpected(p);
	if (id != 0)
		assert_int_equal(p->frame.id, id);
	if (firma_msg_decode(type, p->frame.payload, ret_msg, &cause) !=
	    FIRMA_OK)
		fail_msg("%s", cause.what);
}

unsigned long
peer_expect_error(struct peer *p, size_t lane, uint64_t id, enum firma_err err)
{
	struct firma_msg_w_error e;
	char what[200];

	peer_expect(p, lane, FIRMA_MSG_w_error, id, &e);
	firma_str_copy(e.what, what, sizeof(what));
	if (e.err != (uint32_t)err)
		fail_msg("%s: %s, but expected was %s",
		    firma_err_name((enum firma_err)e.err), what,
		    firma_err_name(err));
	return e.cause_kind == FIRMA_CAUSE_CKR ? e.cause_code : 0;
}

void
peer_call(struct peer *p, enum firma_msg_type type, const void *msg,
    enum firma_msg_type answer, void *ret_msg)
{
	peer_expect(p, 0, answer, peer_send(p, 0, type, msg, -1), ret_msg);
}

enum firma_err
peer_call_error(struct peer *p, enum firma_msg_type type, const void *msg)
{
	struct firma_msg_w_error e;

	peer_expect(
	    p, 0, FIRMA_MSG_w_error, peer_send(p, 0, type, msg, -1), &e);
	return (enum firma_err)e.err;
}

static int
channel(int *ret_ours)
{
	int pair[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	*ret_ours = pair[0];
	return pair[1];
}

int
peer_secret(const void *at, size_t len)
{
	FIRMA_OWN(firma_fd_done) int ours = -1;
	const int theirs = channel(&ours);

	assert_int_equal(send(ours, at, len, 0), len);
	return theirs;
}

int
peer_secret_two(const char *first, const char *second)
{
	FIRMA_OWN(firma_fd_done) int ours = -1;
	const int theirs = channel(&ours);

	assert_int_equal(send(ours, first, strlen(first), 0), strlen(first));
	assert_int_equal(send(ours, second, strlen(second), 0), strlen(second));
	return theirs;
}

/* The agent's side of w_presenting: allow it. */
static void
let_go(struct peer *p, uint64_t id, uint8_t ret_hash[32])
{
	const struct firma_msg_w_present go = { .go = 1 };
	struct firma_msg_w_presenting m;

	assert_int_equal(firma_msg_decode(FIRMA_MSG_w_presenting,
			     p->frame.payload, &m, NULL),
	    FIRMA_OK);
	assert_int_equal(m.pin_hash.len, 32);
	if (ret_hash != NULL)
		memcpy(ret_hash, m.pin_hash.at, 32);
	peer_send_as(p, 0, FIRMA_MSG_w_present, &go, -1, id, 0);
	if (!peer_take(p, 0, ANSWER_MS))
		fail_msg("no answer");
}

enum firma_err
peer_present(struct peer *p, enum firma_msg_type type, const void *msg, int fd,
    bool *ret_presented, uint8_t ret_hash[32])
{
	struct firma_msg_w_error e;
	const uint64_t id = peer_send(p, 0, type, msg, fd);

	if (!peer_take(p, 0, ANSWER_MS))
		fail_msg("no answer");
	if (ret_presented != NULL)
		*ret_presented = p->frame.type == FIRMA_MSG_w_presenting;
	if (p->frame.type == FIRMA_MSG_w_presenting)
		let_go(p, id, ret_hash);
	p->was_accepted = p->frame.type == FIRMA_MSG_w_presented;
	if (p->was_accepted && !peer_take(p, 0, ANSWER_MS))
		fail_msg("no answer");
	assert_int_equal(p->frame.id, id);
	if (p->frame.type != FIRMA_MSG_w_error)
		return FIRMA_OK;
	assert_int_equal(
	    firma_msg_decode(FIRMA_MSG_w_error, p->frame.payload, &e, NULL),
	    FIRMA_OK);
	return (enum firma_err)e.err;
}

void
peer_init(struct peer *p)
{
	const struct firma_msg_w_init m = { .salt = { salt, sizeof(salt) },
		.iterations = 1000 };
	bool presented;

	assert_int_equal(
	    peer_present(p, FIRMA_MSG_w_init, &m,
		peer_secret_two(PEER_SO_PIN, PEER_PIN), &presented, NULL),
	    FIRMA_OK);
	assert_true(presented);
}

enum firma_err
peer_login(struct peer *p, const char *pin, struct firma_bytes refused,
    bool *ret_presented, uint8_t ret_hash[32])
{
	const struct firma_msg_w_login m = { .salt = { salt, sizeof(salt) },
		.iterations = 1000,
		.refused = refused };

	return peer_present(p, FIRMA_MSG_w_login, &m,
	    peer_secret(pin, strlen(pin)), ret_presented, ret_hash);
}

size_t
peer_find(struct peer *p, struct firma_bytes id)
{
	const struct firma_msg_w_find m = { .id = id };
	const struct firma_msg_w_keys all = { 0 };
	const uint64_t request = id.len != 0
	    ? peer_send(p, 0, FIRMA_MSG_w_find, &m, -1)
	    : peer_send(p, 0, FIRMA_MSG_w_keys, &all, -1);
	struct firma_msg_w_done done;
	size_t n = 0;

	while (peer_take(p, 0, ANSWER_MS) && p->frame.type == FIRMA_MSG_w_key) {
		assert_int_equal(p->frame.id, request);
		n++;
	}
	if (p->frame.type != FIRMA_MSG_w_done)
		unexpected(p);
	assert_int_equal(
	    firma_msg_decode(FIRMA_MSG_w_done, p->frame.payload, &done, NULL),
	    FIRMA_OK);
	assert_int_equal(done.count, n);
	return n;
}

static void
path_of(const char *name, char ret[PATH_MAX])
{
	assert_in_range(
	    snprintf(ret, PATH_MAX, "%s/%s", folder, name), 1, PATH_MAX - 1);
}

void
peer_file(const char *name, struct firma_bytes v)
{
	char path[PATH_MAX];

	path_of(name, path);
	FIRMA_OWN(firma_fd_done)
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, v.at, v.len), v.len);
}

struct firma_buf
peer_read(const char *name)
{
	struct firma_buf b = { 0 };
	char path[PATH_MAX];
	struct stat st;

	if (name[0] == '/')
		(void)snprintf(path, sizeof(path), "%s", name);
	else
		path_of(name, path);
	FIRMA_OWN(firma_fd_done) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0)
		fail_msg("%s", path);
	assert_int_equal(firma_buf_reserve(&b, (size_t)st.st_size), FIRMA_OK);
	assert_int_equal(
	    read(fd, b.at, (size_t)st.st_size), (ssize_t)st.st_size);
	b.len = (size_t)st.st_size;
	return b;
}

int
peer_shell(const char *fmt, ...)
{
	char command[4096], all[PATH_MAX + 5000];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	(void)snprintf(all, sizeof(all), "cd '%s' && { %s; } >shell.log 2>&1",
	    folder, command);
	return system(all);
}

const char *
peer_fixtures(void)
{
	static char path[PATH_MAX];
	const char *set = getenv("FIRMA_FIXTURES");

	(void)snprintf(path, sizeof(path), "%s",
	    set != NULL ? set : SOURCE_DIR "/../shared/fixtures");
	return access(path, R_OK) == 0 ? path : NULL;
}
