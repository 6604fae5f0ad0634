/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_call.h - ask a token's process to sign with a key, with its PIN when the key
 * asks for it each time (CKA_ALWAYS_AUTHENTICATE).
 */
#ifndef FIRMA_DAEMON_KEY_CALL_H
#define FIRMA_DAEMON_KEY_CALL_H

#include "agent/daemon/key.h"
#include "agent/daemon/task.h"
#include "agent/daemon/token.h"

/*
 * msg is a w_sign, w_cms or w_request.  A key that asks for its PIN gets the
 * client of q a pin_channel: one human entry a signature, presented as
 * present.h says.  With "keep-pin = signing" the token process uses the PIN
 * that it keeps.
 *
 * As firma_token_call(), but fn may be called before this returns, and gets the
 * last answer only.
 */
FIRMA_CHECKED enum firma_err firma_key_call(const struct firma_key *k,
    struct firma_task *q, enum firma_msg_type type, const void *msg,
    uint64_t deadline, firma_token_fn *fn, void *arg,
    struct firma_cause *cause);

#endif
