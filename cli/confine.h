/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine.h - what firma gives up before it takes a stranger's file apart.
 *
 * OpenSSL and libarchive read files of any origin in this very process, for a
 * command that needs nothing more: `verify` and `key audit`.  All that they want
 * is read by then.  What is left: libraries and their texts (an old key wants
 * OpenSSL's legacy provider) and the descriptors that are open.  Files of the
 * user's cannot be read any more, nor any written but in the folder of --output;
 * no programs, processes, sockets, signals.
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

/* output: the file that will be written, or NULL. */
FIRMA_CHECKED enum firma_err confine_reading(
    const char *output, struct firma_cause *cause);

#endif
