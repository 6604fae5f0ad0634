/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pin_record.h - what is known of a token's PIN, and what it forbids.
 *
 * One record for each token serial and role (the user's PIN, the SO-PIN): slow keyed
 * hashes of the PINs that the token refused since it last took one, how
 * many they were, and the one whose outcome was lost with a process.
 *
 * The record is the rule, the token's flags are a further veto: some tokens
 * never say that a try was counted or that one is left.  So
 *   - a PIN that was refused is never presented again, whatever the flags;
 *   - a PIN whose outcome is not known is not presented again without the
 *     operator's word (FIRMA_UNLOCK_AGAIN), unless the token counted nothing and
 *     has shown before, by telling of a refusal, that its flags can be believed;
 *   - the last try, by our count or by the flags, needs the operator's word
 *     (FIRMA_UNLOCK_LAST_TRY).  A lost outcome counts as a refusal.
 *
 * Pure: no store, no loop.  Test: tests/unit/daemon/test_pin_record.c.
 */
#ifndef FIRMA_DAEMON_PIN_RECORD_H
#define FIRMA_DAEMON_PIN_RECORD_H

#include "agent/base/buf.h"
#include "agent/base/err.h"
#include "agent/store/rows.h"

enum firma_pin_role { FIRMA_PIN_USER, FIRMA_PIN_SO }; /* stand in the store */

/* A record of a token that was never presented a PIN; FIRMA_ERR_IO: no salt. */
FIRMA_CHECKED enum firma_err firma_pin_record_new(const char *serial,
    enum firma_pin_role role, struct firma_pin_record *ret,
    struct firma_cause *cause);

/* Refusals since the token last took a PIN; a lost outcome is one. */
uint32_t firma_pin_record_burnt(
    const struct firma_pin_record *r, uint64_t ck_flags);

/*
 * Is a further try the last one?  tries: what the token gives, 0 for no end.
 * ck_flags: CK_TOKEN_INFO.flags.
 */
bool firma_pin_record_is_last(
    const struct firma_pin_record *r, uint64_t ck_flags, uint32_t tries);

/* Hashes of PINs that the token refused for sure, in room: w_login.refused. */
struct firma_bytes firma_pin_record_refused(const struct firma_pin_record *r,
    uint8_t room[FIRMA_PIN_REFUSED_MAX * FIRMA_STORE_HASH]);

/*
 * May the PIN with this hash be presented?  Empty: it is typed on a keypad, and
 * nobody knows which it is.
 * flags: FIRMA_UNLOCK_LAST_TRY, FIRMA_UNLOCK_AGAIN
 *
 * FIRMA_ERR_PIN_REPEATED, FIRMA_ERR_PIN_LAST_TRY
 */
FIRMA_CHECKED enum firma_err firma_pin_record_judge(
    const struct firma_pin_record *r, struct firma_bytes hash,
    uint64_t ck_flags, uint32_t tries, uint32_t flags,
    struct firma_cause *cause);

/* It is going to be presented; then how it ended, if that is known. */
void firma_pin_record_begin(
    struct firma_pin_record *r, struct firma_bytes hash, uint64_t ck_flags);
/* Not presented after all, or not counted. */
void firma_pin_record_cancel(struct firma_pin_record *r);
void firma_pin_record_refuse(struct firma_pin_record *r);
/* Also when it was set anew: what is known of the old one means nothing now. */
void firma_pin_record_accept(struct firma_pin_record *r);

#endif
