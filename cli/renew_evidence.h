/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renew_evidence.h - everything that a stranger needs to check a renewal with
 * openssl alone, written into a folder or into one ZIP.
 */
#ifndef FIRMA_CLI_RENEW_EVIDENCE_H
#define FIRMA_CLI_RENEW_EVIDENCE_H

#include "cli/renewals.h"

/* ca: a CA certificate's file that goes in as ca.pem, or NULL. */
int evidence_write(
    struct app *app, const struct renewal *r, const char *dir, const char *ca);

/*
 * One ZIP of evidence.h, at --zip of a: with --ca's certificate and, with
 * --timestamp, a stamp over its SHA256SUMS.  Never over another without --force;
 * without the stamp that was asked for nothing is written.
 */
int evidence_write_zip(
    struct app *app, const struct renewal *r, const struct args *a);

#endif
