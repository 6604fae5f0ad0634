/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine.h - what firma gives up before it takes a stranger's file apart.
 *
 * OpenSSL and libarchive read files of any origin in this very process, for a
 * command that needs nothing more: `verify` and `key audit`.  All that they want
 * is read by then.  What is left: libraries and their texts (an old key wants
 * OpenSSL's legacy provider) and the descriptors that are open.  Other files can
 * be neither read nor written any more; no programs, processes, sockets.  What
 * `verify --output` writes comes out of such a process by a memfd, and is written
 * by the one that started it.
 *
 * As far as the kernel goes (agent/base/fence.h): files from Landlock on (5.13),
 * signals to others from its ABI 6 on (6.12); the system calls always.
 *
 * PDFs and letters are read by programs of their own: sandboxed.h.  The signatures
 * that firma-pdf finds are read here, by `verify` confined.
 *
 * Proved inside the running program by tests/verify/test_confine.sh and
 * tests/pdf/test_confine.sh.
 */
#ifndef FIRMA_CLI_CONFINE_H
#define FIRMA_CLI_CONFINE_H

#include "agent/base/err.h"

FIRMA_CHECKED enum firma_err confine_reading(struct firma_cause *cause);

#endif
