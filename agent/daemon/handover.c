/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/handover.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/daemon/failure.h"

#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

/* What the second entry would say.  Most never need it, and it goes first. */
struct request {
	struct firma_asker asker;
	const char *action;
	char alias[FIRMA_STORE_NAME];
};

struct firma_handover {
	struct firma_agent *agent;
	size_t n_holders;
	uint64_t seq;            /* of the entry "begun"; 0: not made */
	struct request *request; /* NULL: a client has it */
};

struct firma_handover *
firma_handover_new(
    const struct firma_task *q, const char *action, const char *alias)
{
	struct firma_handover *h = calloc(1, sizeof(*h));
	struct request *r = calloc(1, sizeof(*r));

	if (h == NULL || r == NULL) {
		free(h);
		free(r);
		return NULL;
	}
	r->asker = firma_task_asker(q);
	r->action = action;
	COPY(r->alias, alias);
	h->agent = q->agent;
	h->n_holders = 1;
	h->request = r;
	return h;
}

void
firma_handover_made(struct firma_handover *h, uint64_t seq)
{
	h->seq = seq;
}

struct firma_handover *
firma_handover_hold(struct firma_handover *h)
{
	if (h != NULL)
		h->n_holders++;
	return h;
}

void
firma_handover_done(struct firma_handover *h)
{
	free(h->request);
	h->request = NULL;
}

static void
told(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	(void)arg;
	(void)seqs;
	firma_failure_written(r, cause);
}

static void
tell(const struct firma_handover *h)
{
	const struct firma_failure f = { .action = h->request->action,
		.ref = h->seq,
		.key = h->request->alias,
		.r = FIRMA_ERR_CANCELLED,
		.note = "it was made, and no client took it" };

	firma_failure_write(h->agent, &h->request->asker, &f, told, NULL);
}

void
firma_handover_drop(struct firma_handover *h)
{
	if (h == NULL || --h->n_holders > 0)
		return;
	if (h->seq != 0 && h->request != NULL)
		tell(h);
	free(h->request);
	free(h);
}
