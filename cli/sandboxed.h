/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandboxed.h - have a file from outside read by a program of its own.
 *
 * A helper of this kind looks at one document and answers once.  What a library
 * that parses such files can be made to do happens there, in a process that has
 * given up files, network and programs before it looks (each helper's confine.c);
 * what comes back is bounded, waited for with a deadline, and checked by whoever
 * asked.
 *
 * The helper's descriptors: 0 the question and 3 the document, both sealed
 * memfds (agent/base/memfd.h); 1 the answer, a pipe; 2 /dev/null, since what it
 * writes there could be the file's words to the terminal.
 */
#ifndef FIRMA_CLI_SANDBOXED_H
#define FIRMA_CLI_SANDBOXED_H

#include <stdint.h>

#include "agent/base/buf.h"

#define SANDBOXED_ASK      0 /* descriptors of the helper */
#define SANDBOXED_ANSWER   1
#define SANDBOXED_DOCUMENT 3

/*
 * program   a plain name; from $FIRMA_HELPER_DIR, else where it is installed
 * envp      its whole environment; NULL: LC_ALL=C.UTF-8 alone
 * ask       the question
 * document  borrowed; a sealed memfd
 * max       octets of the answer
 * deadline  the helper is killed then
 */
struct sandboxed {
	const char *program;
	char *const *envp;
	struct firma_bytes ask;
	int document;
	size_t max;
	uint64_t deadline;
};

/*
 * Run it to its end; appends the answer.  On failure ret has what it had, the
 * helper is gone, and the cause says how it ended.
 *
 * FIRMA_ERR_NOT_FOUND  there is no such program
 * FIRMA_ERR_DEADLINE   it did not end in time
 * FIRMA_ERR_LIMIT      it answered more than max octets
 * FIRMA_ERR_SHAPE      a signal ended it: the document was too much for it
 * FIRMA_ERR_INTERNAL   it ended with another status than 0
 */
FIRMA_CHECKED enum firma_err sandboxed_run(const struct sandboxed *s,
    struct firma_buf *ret, struct firma_cause *cause);

#endif
