/* SPDX-License-Identifier: Apache-2.0 */
/*
 * login.h - PINs: read one, judge it, present it once.
 *
 * Presenting is in the caller's hands, between firma_login_check() and
 * firma_login_present(): the agent first writes down that it happens.
 */
#ifndef FIRMA_WORKER_LOGIN_H
#define FIRMA_WORKER_LOGIN_H

#include "agent/base/secret.h"
#include "pkcs11/worker/session.h"

#define FIRMA_PIN_MAX            256 /* octets */
#define FIRMA_PIN_HASH           32  /* octets */
#define FIRMA_PIN_ITERATIONS_MAX 10000000u
#define FIRMA_PIN_SALT_MIN       8 /* octets */

/*
 * Read at most max octets into a new secret: one packet of a channel, or all of
 * a regular file (a credential) but one newline at its end.
 * FIRMA_ERR_DEADLINE   none came in time
 * FIRMA_ERR_CANCELLED  the other end was closed without one, or an empty file
 * FIRMA_ERR_LIMIT      longer; it is read and dropped
 */
FIRMA_CHECKED enum firma_err firma_secret_read(int fd, size_t max,
    uint64_t deadline, struct firma_secret *ret, struct firma_cause *cause);

/* FIRMA_ERR_PIN_FORMAT when the token does not take this length. */
FIRMA_CHECKED enum firma_err firma_pin_fits(struct firma_bytes pin,
    const CK_TOKEN_INFO *info, struct firma_cause *cause);

/*
 * PBKDF2-HMAC-SHA256.  FIRMA_ERR_VALUE: too few or too many iterations, or
 * too short a salt.
 */
FIRMA_CHECKED enum firma_err firma_pin_hash(struct firma_bytes pin,
    struct firma_bytes salt, uint32_t iterations,
    uint8_t ret_hash[FIRMA_PIN_HASH]);

/*
 * May a PIN be presented, by the token's own flags?
 * FIRMA_ERR_PIN_LOCKED, FIRMA_ERR_PIN_LAST_TRY, or FIRMA_ERR_STATE (no PIN set)
 */
FIRMA_CHECKED enum firma_err firma_login_allowed(
    const CK_TOKEN_INFO *info, unsigned int flags, struct firma_cause *cause);

/* The same for the SO-PIN, by its own flags. */
FIRMA_CHECKED enum firma_err firma_so_login_allowed(
    const CK_TOKEN_INFO *info, unsigned int flags, struct firma_cause *cause);

/*
 * C_Login as the user, once, whatever the answer; an empty pin leaves it to
 * the reader's keypad.
 */
FIRMA_CHECKED enum firma_err firma_login_present(
    struct firma_session *s, struct firma_bytes pin, struct firma_cause *cause);

FIRMA_CHECKED enum firma_err firma_logout(
    struct firma_session *s, struct firma_cause *cause);

#endif
