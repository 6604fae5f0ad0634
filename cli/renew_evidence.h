/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renew_evidence.h - everything that a stranger needs to check a renewal with
 * openssl alone, written into a folder.
 */
#ifndef FIRMA_CLI_RENEW_EVIDENCE_H
#define FIRMA_CLI_RENEW_EVIDENCE_H

#include "cli/app.h"

/* ca: a CA certificate's file that goes in as ca.pem, or NULL. */
int evidence_write(
    struct app *app, uint64_t renewal, const char *dir, const char *ca);

#endif
