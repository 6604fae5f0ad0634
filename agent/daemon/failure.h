/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failure.h - the second entry of what came to nothing: "ACTION-failed", which
 * names the entry "begun" that it answers.
 */
#ifndef FIRMA_DAEMON_FAILURE_H
#define FIRMA_DAEMON_FAILURE_H

#include "agent/daemon/task.h"

struct firma_failure {
	const char *action; /* of the first entry */
	uint64_t ref;       /* its seq */
	const char *key;    /* alias */
	enum firma_err r;
	const char *note;
};

/*
 * Write it to the disk.  fn is called as by firma_store_submit(), or from here
 * when there is no memory; it calls firma_failure_written() first.
 */
void firma_failure_write(struct firma_agent *a, const struct firma_asker *who,
    const struct firma_failure *f, firma_store_done_fn *fn, void *arg);

/* What became of writing it: logged, for nothing else can be done. */
void firma_failure_written(enum firma_err r, const struct firma_cause *cause);

#endif
