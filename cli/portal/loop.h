/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.h - the life of a helper: a line in, a line out, until stdin ends.
 */
#ifndef FIRMA_PORTAL_LOOP_H
#define FIRMA_PORTAL_LOOP_H

#include "cli/portal/answer.h"

/*
 * One way of talking to an institution.  answer() never fails: what goes wrong
 * is an outcome.  dir is a descriptor of DIR.  A request other than `open`
 * comes only after an `open` that was answered "ok".
 */
struct portal_helper {
	const char *name;     /* the program's, for stderr */
	unsigned int confine; /* enum portal_confine */
	void (*answer)(void *cls, int dir, const struct portal_request *q,
	    struct portal_answer *ret);
	void *cls;
};

/* main() of a helper: its arguments, its promises, its loop; the exit status. */
int portal_helper_main(
    const struct portal_helper *helper, int argc, char **argv);

#endif
