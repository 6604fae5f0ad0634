/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/failure.h"

#include <stdio.h>

#include "agent/daemon/key.h"
#include "agent/daemon/log.h"

#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

void
firma_failure_written(enum firma_err r, const struct firma_cause *cause)
{
	if (r != FIRMA_OK)
		firma_log(FIRMA_LOG_ERROR, "ledger: %s (%s)", firma_err_text(r),
		    cause->what);
}

void
firma_failure_write(struct firma_agent *a, const struct firma_asker *who,
    const struct firma_failure *f, firma_store_done_fn *fn, void *arg)
{
	const struct firma_cause cause = { .what = "no memory" };
	const struct firma_store_seqs none = { 0 };
	const struct firma_key *k = firma_key_find(a, f->key);
	struct firma_txn *txn = firma_txn_new(a->store);
	struct firma_ledger_entry e;

	firma_asker_entry(who, f->action, &e);
	(void)snprintf(e.action, sizeof(e.action), "%.24s-failed", f->action);
	e.ref = f->ref;
	if (k != NULL)
		firma_key_entry(k, &e);
	else
		COPY(e.key, f->key);
	COPY(e.result, firma_err_name(f->r));
	COPY(e.note, f->note);
	if (txn == NULL || firma_txn_ledger(txn, &e) != FIRMA_OK) {
		firma_txn_free(txn);
		fn(arg, FIRMA_ERR_NOMEM, &cause, &none);
		return;
	}
	(void)firma_store_submit(a->store, txn, FIRMA_DURABLE_DISK, fn, arg);
}
