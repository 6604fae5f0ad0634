/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What reads and writes, while memory runs out and the kernel's calls fail, each
 * in turn: an error that says so, nothing half done, no descriptor left open.
 * A call that a signal interrupts, or that does a part only, changes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/client/client.h"
#include "agent/daemon/file.h"
#include "cli/file.h"
#include "cli/portal/folder.h"
#include "pkcs11/worker/lane.h"
#include "tests/inject/inject.h"
#include "tests/unit/client/fake_agent.h"

#define TEXT      "a document of more than one octet\n"
#define CALLS_MAX 1000 /* of one scenario: more is a loop */

static char folder[64];

/* inject_result() is of replay.c; nobody compares here. */
void
inject_result(enum firma_err r)
{
	(void)r;
}

static struct firma_bytes
text(void)
{
	return firma_bytes_of(TEXT, strlen(TEXT));
}

static const char *
path_of(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int
count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n;
}

/*
 * How many they are at last: the fake agent opens and closes its ends when it
 * comes to it, and may do so again after they were as many as wanted.
 */
static int
settled_descriptors(int wanted)
{
	int n = count_descriptors();

	for (int i = 0; i < 500 && n != wanted; i++) {
		(void)poll(NULL, 0, 10);
		n = count_descriptors();
	}
	return n;
}

/* What is in a file of the folder; by plain calls, which never fail here. */
static void
file_is(const char *name, const char *wanted)
{
	char got[128] = { 0 };

	inject_hold();
	FILE *f = fopen(path_of(name), "r");

	if (f == NULL)
		fail_msg("%s is gone", name);
	(void)!fread(got, 1, sizeof(got) - 1, f);
	(void)fclose(f);
	assert_string_equal(got, wanted);
	inject_go_on();
}

static void
put_file(const char *name, const char *what)
{
	inject_hold();
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	assert_true(fputs(what, f) >= 0);
	assert_int_equal(fclose(f), 0);
	inject_go_on();
}

static size_t
count_files(void)
{
	struct dirent *e;
	size_t n = 0;
	DIR *d;

	inject_hold();
	d = opendir(folder);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.' || strlen(e->d_name) > 2;
	(void)closedir(d);
	inject_go_on();
	return n;
}

/* ---- scenarios ---- */

static enum firma_err
memfd_of_bytes(void)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	struct firma_bytes view = { NULL, 0 };
	struct firma_cause cause;
	enum firma_err r;

	if ((r = firma_memfd_from_bytes(text(), &fd, &cause)) != FIRMA_OK) {
		assert_int_equal(fd, -1);
		return r;
	}
	if ((r = firma_memfd_map(fd, 100, &view, &cause)) != FIRMA_OK) {
		assert_null(view.at);
		return r;
	}
	assert_true(firma_bytes_equal(view, text()));
	firma_memfd_unmap(&view);
	return FIRMA_OK;
}

static enum firma_err
memfd_of_file(void)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	FIRMA_OWN(firma_fd_done) int in = -1;
	char got[sizeof(TEXT)] = { 0 };
	struct firma_cause cause;
	enum firma_err r;

	inject_hold();
	in = open(path_of("in"), O_RDONLY | O_CLOEXEC);
	inject_go_on();
	assert_true(in >= 0);
	if ((r = firma_memfd_from_fd(in, 100, &fd, &cause)) != FIRMA_OK) {
		assert_int_equal(fd, -1);
		return r;
	}
	assert_int_equal(pread(fd, got, sizeof(got), 0), strlen(TEXT));
	assert_string_equal(got, TEXT);
	return FIRMA_OK;
}

/* Appended behind what was there, or what was there and nothing else. */
static enum firma_err
appended(enum firma_err r, struct firma_buf *b)
{
	if (r == FIRMA_OK) {
		assert_int_equal(b->len, 3 + strlen(TEXT));
		assert_memory_equal(b->at + 3, TEXT, strlen(TEXT));
	} else if (b->len != 0)
		assert_int_equal(b->len, 3);
	return r;
}

static enum firma_err
agent_reads_a_file(void)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	struct firma_cause cause;
	enum firma_err r;

	if ((r = firma_buf_put_str(&b, "old")) != FIRMA_OK)
		return r;
	return appended(firma_file_read(path_of("in"), 100, &b, &cause), &b);
}

static enum firma_err
firma_reads_a_file(void)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	struct firma_cause cause;
	enum firma_err r;

	if ((r = firma_buf_put_str(&b, "old")) != FIRMA_OK)
		return r;
	return appended(file_read(path_of("in"), 100, &b, &cause), &b);
}

static enum firma_err
firma_writes_a_file(void)
{
	struct firma_cause cause;
	enum firma_err r;

	put_file("out", "old");
	r = file_write(path_of("out"), 0600, text(), &cause);
	file_is("out", r == FIRMA_OK ? TEXT : "old");
	assert_int_equal(count_files(), 2); /* nothing beside it */
	return r;
}

static enum firma_err
helper_reads_a_file(void)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	FIRMA_OWN(firma_fd_done) int dir = -1;
	struct firma_cause cause;
	enum firma_err r;

	if ((r = firma_buf_put_str(&b, "old")) != FIRMA_OK ||
	    (r = portal_folder_open(folder, &dir, &cause)) != FIRMA_OK)
		return r;
	return appended(portal_folder_read(dir, "in", 100, &b, &cause), &b);
}

static enum firma_err
helper_writes_a_file(void)
{
	FIRMA_OWN(firma_fd_done) int dir = -1;
	struct firma_cause cause;
	enum firma_err r;

	put_file("out", "old");
	if ((r = portal_folder_open(folder, &dir, &cause)) != FIRMA_OK)
		return r;
	r = portal_folder_write(dir, "out", text(), &cause);
	file_is("out", r == FIRMA_OK ? TEXT : "old");
	assert_int_equal(count_files(), 2);
	return r;
}

static void
lane_done(struct firma_lane *l)
{
	firma_fd_done(&l->socket);
	firma_buf_done(&l->out);
	firma_fd_done(&l->now.fd);
	free(l->now.at);
}

/* A request with a descriptor comes, and an answer goes. */
static enum firma_err
lane_takes_and_answers(void)
{
	FIRMA_OWN(lane_done)
	struct firma_lane l = { .socket = -1, .now = { .fd = -1 } };
	FIRMA_OWN(firma_buf_done) struct firma_buf out = { 0 };
	FIRMA_OWN(firma_fd_done) int agent = -1;
	const struct firma_msg_w_probe probe = { 0 };
	const struct firma_msg_w_done done = { .count = 3 };
	struct firma_cause cause = { 0 };
	struct firma_frame f;
	enum firma_err r;
	int pair[2];

	inject_hold();
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	agent = pair[0];
	assert_int_equal(
	    firma_frame_put(&out, FIRMA_MSG_w_probe, &probe, 9, 0, 1),
	    FIRMA_OK);
	assert_int_equal(
	    firma_frame_send(agent, firma_buf_view(&out), agent), out.len);
	inject_go_on();
	if ((r = firma_lane_init(&l, pair[1], 0)) != FIRMA_OK ||
	    (r = firma_lane_take(&l, &f, &cause)) != FIRMA_OK)
		return r;
	assert_int_equal(f.id, 9);
	assert_true(l.now.fd >= 0);
	return firma_lane_answer(&l, FIRMA_MSG_w_done, &done, f.id);
}

static int
sign_always(void *arg, struct fake_request *q)
{
	const struct firma_msg_signed m = { .ledger_seq = 7,
		.signature = text() };

	(void)arg;
	fake_answer(q, FIRMA_MSG_signed, &m, -1);
	return 1;
}

static struct fake_agent agent;

/* A lost connection is made again: then it is no error. */
static enum firma_err
client_signs(void)
{
	FIRMA_OWN(firma_client_done) struct firma_client *c = NULL;
	FIRMA_OWN(firma_signed_done) struct firma_signed s = { 0 };
	const struct firma_msg_sign ask = { .key = firma_str_of("acme") };
	struct firma_cause cause;
	enum firma_err r;

	r = firma_client_open(
	    agent.path, "test", firma_after(20 * FIRMA_S), &c, &cause);
	if (r != FIRMA_OK) {
		assert_null(c);
		return r;
	}
	r = firma_client_sign(
	    c, &ask, -1, firma_after(20 * FIRMA_S), &s, &cause);
	if (r == FIRMA_OK)
		assert_true(
		    firma_bytes_equal(firma_buf_view(&s.signature), text()));
	return r;
}

/* ---- each call in turn ---- */

static bool
says_so(enum inject_what what, enum firma_err r)
{
	switch (what) {
	case INJECT_MEMORY: /* mmap's failure is one of the kernel, too */
		return r == FIRMA_ERR_NOMEM || r == FIRMA_ERR_IO;
	case INJECT_IO:
		return r == FIRMA_ERR_IO || r == FIRMA_ERR_AGENT_GONE ||
		    r == FIRMA_ERR_UNSEALED;
	case INJECT_INTERRUPT:
	case INJECT_SHORT:
	default:
		return false;
	}
}

/* Returns how many calls were made to fail. */
static unsigned long
in_turn(enum firma_err (*scenario)(void), enum inject_what what, bool may_help)
{
	static int before; /* any: nothing but the fake agent was opened */
	unsigned long nth, n_failed = 0;

	if (before == 0)
		before = count_descriptors();
	assert_int_equal(scenario(), FIRMA_OK);
	for (nth = 1; nth < CALLS_MAX; nth++) {
		enum firma_err r;
		int now;

		inject_arm(what, nth, false);
		r = scenario();
		(void)inject_disarm();
		if ((now = settled_descriptors(before)) != before)
			fail_msg("call %lu of kind %d: %d descriptors, not %d",
			    nth, (int)what, now, before);
		if (!inject_happened()) {
			assert_int_equal(r, FIRMA_OK);
			return n_failed;
		}
		n_failed++;
		if (r == FIRMA_OK &&
		    (may_help || what == INJECT_INTERRUPT ||
			what == INJECT_SHORT))
			continue;
		if (!says_so(what, r))
			fail_msg("call %lu of kind %d: %s", nth, (int)what,
			    firma_err_name(r));
	}
	fail_msg("no end");
	return 0;
}

/* enough: at least so many calls of memory and of I/O did fail. */
static void
each_call(enum firma_err (*scenario)(void), unsigned long memory,
    unsigned long io, bool may_help)
{
	assert_in_range(
	    in_turn(scenario, INJECT_MEMORY, false), memory, CALLS_MAX);
	assert_in_range(in_turn(scenario, INJECT_IO, may_help), io, CALLS_MAX);
	(void)in_turn(scenario, INJECT_INTERRUPT, false);
	(void)in_turn(scenario, INJECT_SHORT, false);
}

#define SCENARIO(name, memory, io, may_help)           \
	static void test_##name(void **state)          \
	{                                              \
		(void)state;                           \
		each_call(name, memory, io, may_help); \
	}
SCENARIO(memfd_of_bytes, 1, 4, false)
SCENARIO(memfd_of_file, 0, 4, true)
SCENARIO(agent_reads_a_file, 1, 3, false)
SCENARIO(firma_reads_a_file, 1, 3, false)
SCENARIO(firma_writes_a_file, 0, 4, false)
SCENARIO(helper_reads_a_file, 1, 4, false)
SCENARIO(helper_writes_a_file, 0, 5, false)
SCENARIO(lane_takes_and_answers, 2, 2, false)
SCENARIO(client_signs, 1, 5, true)

static int
setup(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/firma-inject.XXXXXX");
	assert_non_null(mkdtemp(folder));
	put_file("in", TEXT);
	fake_start(&agent, sign_always, NULL);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fake_stop(&agent);
	(void)unlink(path_of("in"));
	(void)unlink(path_of("out"));
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memfd_of_bytes),
		cmocka_unit_test(test_memfd_of_file),
		cmocka_unit_test(test_agent_reads_a_file),
		cmocka_unit_test(test_firma_reads_a_file),
		cmocka_unit_test(test_firma_writes_a_file),
		cmocka_unit_test(test_helper_reads_a_file),
		cmocka_unit_test(test_helper_writes_a_file),
		cmocka_unit_test(test_lane_takes_and_answers),
		cmocka_unit_test(test_client_signs),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
