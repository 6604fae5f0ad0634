/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/handler.h"
#include "agent/daemon/token.h"

/* PKCS#11 v3.0 section 3.3: CKF_PROTECTED_AUTHENTICATION_PATH */
#define CKF_PINPAD 0x00000100u

static void
item(struct firma_task *q, struct firma_token *t)
{
	const struct firma_msg_token_item m = {
		.name = firma_str_of(t->config->name),
		.state = (uint32_t)t->state,
		.pin_state = (uint32_t)firma_token_pin_state(t),
		.label = firma_str_of(t->label),
		.serial = firma_str_of(t->serial),
		.manufacturer = firma_str_of(t->manufacturer),
		.model = firma_str_of(t->model),
		.module = firma_str_of(t->config->module),
		.flags =
		    ((t->ck_flags & CKF_PINPAD) != 0 ? FIRMA_TOKENFLAG_PINPAD
						     : 0) |
		    (t->config->software != 0 ? FIRMA_TOKENFLAG_SOFTWARE : 0),
		.min_pin = t->min_pin,
		.max_pin = t->max_pin,
		.n_restarts = t->n_restarts,
		.why = firma_str_of(t->why),
	};

	firma_task_answer(q, FIRMA_MSG_token_item, &m);
}

void
firma_on_token_list(struct firma_task *q)
{
	const struct firma_msg_token_list *m = (const void *)&q->msg;
	uint64_t n = 0;

	if (!firma_task_allowed(q, FIRMA_ASK_TOKEN_LIST, NULL, NULL))
		return;
	for (size_t i = 0; i < q->agent->n_tokens; i++) {
		struct firma_token *t = q->agent->tokens[i];

		if (m->token.len != 0 &&
		    !firma_str_is(m->token, t->config->name))
			continue;
		item(q, t);
		n++;
	}
	if (m->token.len != 0 && n == 0)
		firma_task_refuse(q, FIRMA_ERR_NOT_FOUND, "", "token %.*s",
		    (int)m->token.len, m->token.at);
	else
		firma_task_done(q, n);
}
