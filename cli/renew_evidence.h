/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renew_evidence.h - everything that a stranger needs to check a renewal with
 * openssl alone, written into a folder or into one ZIP.
 */
#ifndef FIRMA_CLI_RENEW_EVIDENCE_H
#define FIRMA_CLI_RENEW_EVIDENCE_H

#include "cli/renewals.h"

/*
 * The files of evidence.h, at --zip or in --dir of a: with --ca's certificate,
 * with --sign-with a signature and with --timestamp a stamp over SHA256SUMS.
 * A ZIP is never written over another file without --force; without the signature
 * or the stamp that was asked for nothing is written.
 */
int evidence_write(
    struct app *app, const struct renewal *r, const struct args *a);

#endif
