/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine.h - what a helper gives up before it reads its first octet.
 *
 * No new privileges, no core file, not dumpable, no descriptor besides the
 * standard three, bounded files; system calls by a list of what is kept
 * (agent/base/sandbox.h), with no programs, no processes, no Unix sockets (the
 * agent's socket cannot be opened).  Writing in the work folder alone, and on
 * devices.  The helper that speaks to the internet reads that folder and what
 * names, certificates and texts need; from the portal's address on it reaches by
 * TCP the port of that address alone.  The helper for a person reads what the
 * person names, and has no network at all.
 * Proved by tests/unit/portal/test_confine.c, and in the running helpers by
 * tests/rehearsal/test_confine.sh.
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

/* When what has to be opened is open; dir is the work folder. */
FIRMA_CHECKED enum firma_err portal_confine_finish(
    enum portal_confine how, int dir, struct firma_cause *cause);

/*
 * The portal's port is known: TCP to it alone from now on, to a proxy's that the
 * environment names, and to a name server's.  A helper has one portal:
 * FIRMA_ERR_DENIED for a second port.
 */
FIRMA_CHECKED enum firma_err portal_confine_port(
    unsigned int port, struct firma_cause *cause);

#endif
