/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/softhsm/worker_ask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/own.h"

#define LOOK_MS 50    /* between two looks whether the module hangs */
#define LONG_MS 60000 /* a process that does not answer, without a sin */

char ops_armed_with[64];

/* ---- the file that says which sin ---- */

void
ops_sin(const char *sin)
{
	char path[PATH_MAX + 8];

	(void)snprintf(ops_armed_with, sizeof(ops_armed_with), "%s",
	    sin != NULL ? sin : "");
	(void)snprintf(path, sizeof(path), "%s/arm", peer_folder());
	if (sin == NULL)
		(void)unlink(path);
	else
		peer_file("arm", sins_bytes(sin));
}

static long
log_size(void)
{
	char path[PATH_MAX + 8];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/log", peer_folder());
	return stat(path, &st) == 0 ? (long)st.st_size : 0;
}

/* Lines of the log that are this one. */
int
ops_lines(const char *line)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	const size_t len = strlen(line);
	int n = 0;

	if (log_size() == 0)
		return 0;
	b = peer_read("log");
	for (size_t i = 0; i < b.len; i++) {
		const size_t from = i;

		while (i < b.len && b.at[i] != '\n')
			i++;
		n += i - from == len && memcmp(b.at + from, line, len) == 0;
	}
	return n;
}

int
ops_sins(void)
{
	return ops_lines("sin");
}

void
ops_start(const char *sin, const char *more_env)
{
	static char arm[PATH_MAX + 32], log[PATH_MAX + 32];
	const char *env[] = { arm, log, more_env, NULL };

	(void)snprintf(arm, sizeof(arm), "FIRMA_BAD_ARM=%s/arm", peer_folder());
	(void)snprintf(log, sizeof(log), "FIRMA_BAD_LOG=%s/log", peer_folder());
	peer_file("log", sins_bytes(""));
	ops_sin(sin);
	peer_start(&sins_peer, BADMODULE, 2, env, NULL);
}

/* ---- asking ---- */

static unsigned int n_surprises;

void
ops_surprise(const char *fmt, ...)
{
	va_list ap;

	(void)fprintf(stderr, "surprise: ");
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fprintf(stderr, "\n");
	n_surprises++;
}

void
ops_no_surprises(void)
{
	const unsigned int n = n_surprises;

	n_surprises = 0;
	assert_int_equal(n, 0);
}

/*
 * The next frame.  A module that hangs wrote "sin" before: then half a second
 * of silence is enough to know it, else a slow machine gets its time.
 */
static enum ops_end
take(size_t lane)
{
	for (int ms = 0; ms < LONG_MS; ms += LOOK_MS) {
		if (peer_take(&sins_peer, lane, LOOK_MS))
			return OPS_GOOD;
		if (peer_hung_up(&sins_peer, lane))
			return OPS_DEAD;
		if (ms >= 10 * LOOK_MS &&
		    strstr(ops_armed_with, "hang:") != NULL && ops_sins() != 0)
			return OPS_SILENT;
	}
	fail_msg("%s: no answer", ops_armed_with);
	return OPS_SILENT;
}

static void
decode(enum firma_msg_type type, void *ret)
{
	struct firma_cause cause = { 0 };

	if (firma_msg_decode(type, sins_peer.frame.payload, ret, &cause) !=
	    FIRMA_OK)
		fail_msg("%s: %s", ops_armed_with, cause.what);
}

static void
take_error(struct ops_answer *a)
{
	struct firma_msg_w_error e;

	decode(FIRMA_MSG_w_error, &e);
	a->end = OPS_ERROR;
	a->err = (enum firma_err)e.err;
	firma_str_copy(e.what, a->what, sizeof(a->what));
	if (!firma_err_known(e.err) || e.err == FIRMA_OK)
		fail_msg("%s: error %u", ops_armed_with, e.err);
	/* Each CK_RV has a name that says what it is. */
	if (e.cause_kind == FIRMA_CAUSE_CKR &&
	    (strstr(a->what, "CKR_") == NULL ||
		strstr(a->what, "CKR_?") != NULL))
		ops_surprise("%s: %#lx is \"%s\"", ops_armed_with,
		    (unsigned long)e.cause_code, a->what);
}

/* True: more will come. */
static bool
take_frame(struct ops_answer *a)
{
	const struct firma_msg_w_present go = { .go = 1 };
	union firma_msg_any m;

	switch (sins_peer.frame.type) {
	case FIRMA_MSG_w_key:
		decode(FIRMA_MSG_w_key, &m);
		a->n_keys++;
		a->flags = ((struct firma_msg_w_key *)(void *)&m)->flags;
		return true;
	case FIRMA_MSG_w_presenting:
		peer_send_as(&sins_peer, 0, FIRMA_MSG_w_present, &go, -1,
		    sins_peer.frame.id, 0);
		return true;
	case FIRMA_MSG_w_presented:
	case FIRMA_MSG_w_report:
	case FIRMA_MSG_w_mechanism:
		decode((enum firma_msg_type)sins_peer.frame.type, &m);
		return true;
	case FIRMA_MSG_w_error:
		take_error(a);
		return false;
	case FIRMA_MSG_w_done:
		decode(FIRMA_MSG_w_done, &m);
		a->count = ((struct firma_msg_w_done *)(void *)&m)->count;
		return false;
	case FIRMA_MSG_w_signature:
		decode(FIRMA_MSG_w_signature, &m);
		a->body =
		    ((struct firma_msg_w_signature *)(void *)&m)->signature;
		return false;
	case FIRMA_MSG_w_der:
		decode(FIRMA_MSG_w_der, &m);
		a->body = ((struct firma_msg_w_der *)(void *)&m)->der;
		return false;
	case FIRMA_MSG_w_token: {
		const struct firma_msg_w_token *t = (void *)&m;

		decode(FIRMA_MSG_w_token, &m);
		a->present = t->present != 0;
		a->logged_in = t->logged_in != 0;
		return false;
	}
	default:
		fail_msg(
		    "%s: answer %#x", ops_armed_with, sins_peer.frame.type);
		return false;
	}
}

void
ops_ask_on(size_t lane, struct ops_answer *a, enum firma_msg_type type,
    const void *msg, int fd)
{
	const uint64_t id = peer_send(&sins_peer, lane, type, msg, fd);

	*a = (struct ops_answer){ 0 };
	do {
		a->end = take(lane);
		if (a->end != OPS_GOOD)
			return;
		assert_int_equal(sins_peer.frame.id, id);
	} while (take_frame(a));
}

void
ops_ask(struct ops_answer *a, enum firma_msg_type type, const void *msg, int fd)
{
	ops_ask_on(0, a, type, msg, fd);
}

/* Without a sin: it must work. */
