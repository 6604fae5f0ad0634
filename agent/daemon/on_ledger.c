/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/handler.h"

#define READ_MAX 500 /* entries one request gives; the client asks again */

static bool
line(void *arg, uint64_t seq, struct firma_bytes text)
{
	struct firma_task *q = arg;
	const struct firma_msg_ledger_item m = { .seq = seq,
		.line = { (const char *)text.at, text.len } };

	firma_task_answer(q, FIRMA_MSG_ledger_item, &m);
	return true;
}

void
firma_on_ledger_read(struct firma_task *q)
{
	const struct firma_msg_ledger_read *m = (const void *)&q->msg;
	const uint32_t max =
	    m->max == 0 || m->max > READ_MAX ? READ_MAX : m->max;
	struct firma_cause cause = { 0 };
	enum firma_err r;

	if (!firma_task_allowed(q, FIRMA_ASK_LEDGER_READ, NULL, NULL))
		return;
	r = firma_store_ledger(q->agent->store, m->from, max, line, q, &cause);
	if (r == FIRMA_OK)
		firma_task_done(q, 0);
	else
		firma_task_fail(q, r, "", &cause);
}

void
firma_on_ledger_head(struct firma_task *q)
{
	struct firma_ledger_head head = { 0 };
	struct firma_cause cause = { 0 };
	enum firma_err r;

	if (!firma_task_allowed(q, FIRMA_ASK_LEDGER_READ, NULL, NULL))
		return;
	r = firma_store_ledger_head(q->agent->store, &head, &cause);
	if (r != FIRMA_OK) {
		firma_task_fail(q, r, "", &cause);
		return;
	}
	firma_task_answer(q, FIRMA_MSG_ledger_headed,
	    &(struct firma_msg_ledger_headed){ .seq = head.seq,
		.hash = firma_bytes_of(head.hash, sizeof(head.hash)) });
	firma_task_done(q, 1);
}
