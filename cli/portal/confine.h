/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine.h - what a helper gives up before it reads its first octet.
 *
 * No new privileges, no core file, not dumpable, no descriptor besides the
 * standard three, bounded files; and by a system call filter: no programs are
 * started, no Unix sockets (the agent's socket cannot be opened), no looking
 * into other processes.  The helper for a person has no network either.
 * Proved by tests/unit/portal/test_confine.c and tests/rehearsal/test_confine.sh.
 */
#ifndef FIRMA_PORTAL_CONFINE_H
#define FIRMA_PORTAL_CONFINE_H

#include "agent/base/err.h"

enum portal_confine {
	PORTAL_CONFINE_INTERNET, /* IPv4 and IPv6 */
	PORTAL_CONFINE_NO_NETWORK
};

/* First of all: descriptors, core, dumpable, limits. */
FIRMA_CHECKED enum firma_err portal_confine_begin(struct firma_cause *cause);

/* When what has to be opened is open: the filter. */
FIRMA_CHECKED enum firma_err portal_confine_finish(
    enum portal_confine how, struct firma_cause *cause);

#endif
