/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine.h - what firma-pdf gives up before it looks at a document.
 *
 * Everything: files, network, sockets, programs, processes, signals to others;
 * what is left is memory and time, both bounded, and the answer's pipe.
 * Proved by tests/unit/pdf/test_confine.c, and in the running program by
 * tests/pdf/test_confine.sh.
 */
#ifndef FIRMA_PDF_CONFINE_H
#define FIRMA_PDF_CONFINE_H

#include "agent/base/err.h"

FIRMA_CHECKED enum firma_err pdf_confine(struct firma_cause *cause);

#endif
