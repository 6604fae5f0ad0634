/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/clock.h"
#include "agent/daemon/handler.h"
#include "agent/daemon/readers.h"
#include "agent/daemon/token.h"
#include "agent/pki/algorithm.h"

#define INSPECT_NS (10 * FIRMA_S)

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
		.reader =
		    firma_str_of(firma_readers_name(q->agent->readers, t)),
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

/* ---- what token and module say of themselves ---- */

/* While the token's process answers; the task knows which token. */
static const struct firma_config_token *
inspected(const struct firma_task *q)
{
	const struct firma_msg_token_inspect *m = (const void *)&q->msg;
	char name[FIRMA_CONFIG_NAME];

	firma_str_copy(m->token, name, sizeof(name));
	return firma_config_token(q->agent->config, name);
}

FIRMA_CHECKED static enum firma_err
pass_report(struct firma_task *q, const struct firma_frame *f)
{
	const struct firma_config_token *c = inspected(q);
	struct firma_msg_w_report m;
	const enum firma_err r =
	    firma_msg_decode(FIRMA_MSG_w_report, f->payload, &m, NULL);

	if (r != FIRMA_OK)
		return r;
	const struct firma_msg_token_report a = {
		.library = m.library,
		.slot = m.slot,
		.hardware = m.hardware,
		.firmware = m.firmware,
		.present = m.present,
		.n_slots = m.n_slots,
		.n_tokens = m.n_tokens,
		.others = m.others,
		.public_free = m.public_free,
		.private_free = m.private_free,
		.algorithm = c == NULL
		    ? 0
		    : (uint32_t)firma_key_algorithm_from_name(c->algorithm),
		.algorithms = m.algorithms,
		.lacks = m.lacks,
	};

	firma_task_answer(q, FIRMA_MSG_token_report, &a);
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
pass_mechanism(struct firma_task *q, const struct firma_frame *f)
{
	struct firma_msg_w_mechanism m;
	const enum firma_err r =
	    firma_msg_decode(FIRMA_MSG_w_mechanism, f->payload, &m, NULL);

	if (r != FIRMA_OK)
		return r;
	const struct firma_msg_token_mechanism a = { .mechanism = m.mechanism,
		.name = m.name,
		.flags = m.flags,
		.min_bits = m.min_bits,
		.max_bits = m.max_bits };

	firma_task_answer(q, FIRMA_MSG_token_mechanism, &a);
	return FIRMA_OK;
}

static void
on_inspected(void *arg, enum firma_err r, const struct firma_frame *f,
    bool last, const struct firma_cause *cause)
{
	struct firma_task *q = arg;

	/* What cannot be read is left out: the rest is still worth telling. */
	if (r == FIRMA_OK && f->type == FIRMA_MSG_w_report)
		(void)!pass_report(q, f);
	else if (r == FIRMA_OK && f->type == FIRMA_MSG_w_mechanism)
		(void)!pass_mechanism(q, f);
	if (!last)
		return;
	if (r != FIRMA_OK)
		firma_task_fail(q, r, "", cause);
	else
		firma_task_done(q, 1);
}

void
firma_on_token_inspect(struct firma_task *q)
{
	const struct firma_config_token *c = inspected(q);
	struct firma_cause cause = { 0 };
	struct firma_token *t;
	enum firma_err r;

	if (!firma_task_allowed(
		q, FIRMA_ASK_TOKEN_LIST, NULL, c != NULL ? c->name : NULL))
		return;
	t = c != NULL ? firma_token_find(q->agent, c->name) : NULL;
	if (t == NULL) {
		const struct firma_msg_token_inspect *m = (const void *)&q->msg;

		firma_task_refuse(q, FIRMA_ERR_NOT_FOUND, "", "token %.*s",
		    (int)m->token.len, m->token.at);
		return;
	}
	const struct firma_msg_w_inspect ask = {
		.algorithm =
		    (uint32_t)firma_key_algorithm_from_name(c->algorithm)
	};

	r = firma_token_call(t, FIRMA_MSG_w_inspect, &ask, -1, INSPECT_NS,
	    q->deadline, on_inspected, q, &cause);
	if (r != FIRMA_OK)
		firma_task_fail(q, r, "", &cause);
}
