/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handler.h - which function answers which request.
 */
#ifndef FIRMA_DAEMON_HANDLER_H
#define FIRMA_DAEMON_HANDLER_H

#include "agent/daemon/task.h"

/* q->msg is the decoded message.  The handler ends q, now or later. */
typedef void firma_handler_fn(struct firma_task *q);

struct firma_handler {
	enum firma_msg_type type;
	bool changes; /* the same id twice has one effect: replay.h */
	firma_handler_fn *run;
};

/* NULL for messages that are not requests. */
const struct firma_handler *firma_handler_find(enum firma_msg_type type);

/* on_token.c */
firma_handler_fn firma_on_token_list, firma_on_token_inspect,
    firma_on_token_unlock, firma_on_token_lock, firma_on_token_init,
    firma_on_token_change_pin, firma_on_token_unblock;
/* on_key.c */
firma_handler_fn firma_on_key_list, firma_on_key_generate, firma_on_key_import,
    firma_on_request_make, firma_on_certificate_import,
    firma_on_certificate_read;
/* on_sign.c */
firma_handler_fn firma_on_sign;
/* on_renew.c and renew_*.c */
firma_handler_fn firma_on_renew_start, firma_on_renew_list, firma_on_renew_next,
    firma_on_renew_act, firma_on_renew_result, firma_on_renew_abort,
    firma_on_renew_retire, firma_on_renew_document, firma_on_renew_steps,
    firma_on_renew_letters, firma_on_renew_consent;
/* on_ledger.c */
firma_handler_fn firma_on_ledger_read, firma_on_ledger_head;
/* on_agent.c */
firma_handler_fn firma_on_agent_status;

#endif
