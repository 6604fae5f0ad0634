/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker_ask.h - a token process whose module changes its sin while it runs,
 * and requests to it that may end in any way.
 */
#ifndef FIRMA_TESTS_WORKER_ASK_H
#define FIRMA_TESTS_WORKER_ASK_H

#include "tests/softhsm/worker_sins.h"

/* How a request ended. */
enum ops_end {
	OPS_GOOD,   /* with its answer */
	OPS_ERROR,  /* with w_error */
	OPS_DEAD,   /* the process ended */
	OPS_SILENT, /* the module hangs */
};

struct ops_answer {
	enum ops_end end;
	enum firma_err err; /* OPS_ERROR */
	char what[161];
	uint64_t count; /* w_done */
	size_t n_keys;  /* w_key */
	uint32_t flags; /* of the last */
	bool present, logged_in;
	struct firma_bytes body; /* w_signature, w_der; views into sins_peer */
};

/*
 * A process with badmodule; the sin is in the file "arm", so that it changes
 * while the process runs.  NULL: none.
 */
void ops_start(const char *sin, const char *more_env);
void ops_sin(const char *sin);
extern char ops_armed_with[64]; /* for messages */

/* Lines of the module's log; how often a sin of verbs.def was committed. */
int ops_lines(const char *line);
int ops_sins(void);

/*
 * A request, to its end; on lane 0, or another.  Half a second of silence is
 * OPS_SILENT when the sin is to hang and was committed, or when the caller says
 * that the process may be silent; else a slow machine gets a minute.
 */
void ops_ask(
    struct ops_answer *a, enum firma_msg_type type, const void *msg, int fd);
void ops_ask_on(size_t lane, struct ops_answer *a, enum firma_msg_type type,
    const void *msg, int fd);

/* Said, and counted: a walk goes on and shows them all.  Fails if any were. */
void ops_surprise(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void ops_no_surprises(void);

#endif
