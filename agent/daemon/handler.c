/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/handler.h"

static const struct firma_handler table[] = {
	{ FIRMA_MSG_sign, true, firma_on_sign },
	{ FIRMA_MSG_token_list, false, firma_on_token_list },
	{ FIRMA_MSG_token_inspect, false, firma_on_token_inspect },
	{ FIRMA_MSG_token_unlock, true, firma_on_token_unlock },
	{ FIRMA_MSG_token_lock, true, firma_on_token_lock },
	{ FIRMA_MSG_token_init, true, firma_on_token_init },
	{ FIRMA_MSG_token_change_pin, true, firma_on_token_change_pin },
	{ FIRMA_MSG_token_unblock, true, firma_on_token_unblock },
	{ FIRMA_MSG_key_list, false, firma_on_key_list },
	{ FIRMA_MSG_key_generate, true, firma_on_key_generate },
	{ FIRMA_MSG_key_import, true, firma_on_key_import },
	{ FIRMA_MSG_request_make, true, firma_on_request_make },
	{ FIRMA_MSG_certificate_import, true, firma_on_certificate_import },
	{ FIRMA_MSG_certificate_read, false, firma_on_certificate_read },
	{ FIRMA_MSG_renew_start, true, firma_on_renew_start },
	{ FIRMA_MSG_renew_list, false, firma_on_renew_list },
	{ FIRMA_MSG_renew_next, false, firma_on_renew_next },
	{ FIRMA_MSG_renew_act, true, firma_on_renew_act },
	{ FIRMA_MSG_renew_result, true, firma_on_renew_result },
	{ FIRMA_MSG_renew_abort, true, firma_on_renew_abort },
	{ FIRMA_MSG_renew_retire, true, firma_on_renew_retire },
	{ FIRMA_MSG_renew_document, false, firma_on_renew_document },
	{ FIRMA_MSG_renew_steps, false, firma_on_renew_steps },
	{ FIRMA_MSG_renew_letters, false, firma_on_renew_letters },
	{ FIRMA_MSG_renew_consent, true, firma_on_renew_consent },
	{ FIRMA_MSG_ledger_read, false, firma_on_ledger_read },
	{ FIRMA_MSG_ledger_head, false, firma_on_ledger_head },
	{ FIRMA_MSG_agent_status, false, firma_on_agent_status },
};

const struct firma_handler *
firma_handler_find(enum firma_msg_type type)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].type == type)
			return &table[i];
	return NULL;
}
