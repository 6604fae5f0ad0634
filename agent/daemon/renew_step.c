/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/renew_step.h"

#include <stdio.h>

#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

const struct firma_profile_step *
firma_renew_step_of(const struct firma_change *c)
{
	return firma_renewal_step(c->renewal);
}

struct firma_change *
firma_renew_second(struct firma_change *c, enum firma_step_event event)
{
	const struct firma_step_move move =
	    firma_step_next(firma_step_class(firma_renew_step_of(c)),
		(enum firma_step_state)c->renewal->row.step_state, event);

	c->row = c->renewal->row;
	c->then = NULL;
	if ((c->txn = firma_txn_new(c->q->agent->store)) == NULL) {
		firma_change_fail(c, FIRMA_ERR_NOMEM, "", NULL);
		return NULL;
	}
	c->renewal->owner = 0;
	firma_change_move(c, move, 0);
	return c;
}

void
firma_renew_failed(struct firma_change *c, enum firma_step_event event,
    enum firma_err r, const struct firma_cause *cause)
{
	struct firma_ledger_entry e;

	if (cause != NULL)
		c->cause = *cause;
	if ((c = firma_renew_second(c, event)) == NULL)
		return;
	(void)snprintf(c->row.why, sizeof(c->row.why), "%s%s%s",
	    firma_err_text(r), c->cause.what[0] != '\0' ? ": " : "",
	    c->cause.what);
	firma_change_entry(c, "renew", NULL, "", &e);
	COPY(e.result, firma_err_name(r));
	COPY(e.note, c->cause.what);
	if (firma_txn_ledger(c->txn, &e) != FIRMA_OK) {
		firma_change_fail(c, r, "", &c->cause);
		return;
	}
	c->r = r;
	firma_change_commit(c);
}

void
firma_renew_succeed(struct firma_change *c)
{
	if (c->r != FIRMA_OK)
		firma_change_fail(c, c->r, "", &c->cause);
	else
		firma_change_commit(c);
}
