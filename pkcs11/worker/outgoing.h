/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outgoing.h - what came of the module's last try to reach the network.
 *
 * A module says CKR_GENERAL_ERROR, or that there is no slot, when its HSM cannot
 * be reached, and nobody learns that it was the kernel that refused a socket, or
 * which port did not answer.  So socket() and connect() of this program, which
 * the module's calls find before libc's, do what libc's do and remember how it
 * ended.  They refuse nothing: that is harden.h's.  Calls from within libc (its
 * resolver) and of a module that makes the system call by itself are not seen.
 *
 * Any thread.  Tests: tests/agent/network.sh.
 */
#ifndef FIRMA_WORKER_OUTGOING_H
#define FIRMA_WORKER_OUTGOING_H

#include <stddef.h>

#include "agent/base/err.h"

#define FIRMA_OUTGOING_TEXT 112 /* octets with the zero */

/* May the process connect anywhere?  It says which advice fits. */
void firma_outgoing_begin(unsigned int n_ports);

/* The last try, when it failed, in words with what to do; "" when it did not. */
void firma_outgoing_text(char ret[FIRMA_OUTGOING_TEXT]);

/* The same behind an error that it may be the reason of. */
void firma_outgoing_explain(enum firma_err r, struct firma_cause *cause);

#endif
