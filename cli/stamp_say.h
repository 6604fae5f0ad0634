/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stamp_say.h - time stamps for people and programs.
 */
#ifndef FIRMA_CLI_STAMP_SAY_H
#define FIRMA_CLI_STAMP_SAY_H

#include <jansson.h>

#include "agent/pki/timestamp.h"

#define STAMP_TIME 32 /* octets, with the terminating zero */

/* "2026-11-28 18:40:44 UTC" */
const char *stamp_time(int64_t at, char ret[STAMP_TIME]);

/* When, by whom, which; the names are promised in firma(1). */
json_t *stamp_json(const struct firma_timestamp *t);
void stamp_text(const struct firma_timestamp *t);

/*
 * The same of one in a SignedData: with its verdict, and whether the signer's
 * certificate was valid then (signer may be NULL).
 */
json_t *stamp_json_of(const struct firma_timestamp *t, enum firma_err verdict,
    const struct firma_cause *cause, const struct firma_certificate *signer);
void stamp_text_of(const struct firma_timestamp *t, enum firma_err verdict,
    const struct firma_cause *cause, const struct firma_certificate *signer);

/* say_failure() for what stamp_ask() can say; what is translated. */
int stamp_failure(
    enum firma_err e, const struct firma_cause *cause, const char *what);

#endif
