/* SPDX-License-Identifier: Apache-2.0 */
/* What a renewal consists of, and what the portal gave on the way. */
#include "agent/daemon/handler.h"
#include "agent/daemon/renewal.h"
#include "agent/daemon/task.h"

void
firma_on_renew_steps(struct firma_task *q)
{
	const struct firma_msg_renew_steps *m = (const void *)&q->msg;
	const struct firma_profile *p = NULL;
	const struct firma_renewal *r;

	if (!firma_task_allowed(q, FIRMA_ASK_RENEW_READ, NULL, NULL))
		return;
	if (m->renewal == 0 ||
	    (r = firma_renewal_find(q->agent, m->renewal)) == NULL) {
		firma_task_refuse(q, FIRMA_ERR_NOT_FOUND, "", "renewal %llu",
		    (unsigned long long)m->renewal);
		return;
	}
	if (r->site != NULL)
		p = r->site->profile;
	for (size_t i = 0; p != NULL && i < p->n_steps; i++)
		firma_task_answer(q, FIRMA_MSG_step_item,
		    &(struct firma_msg_step_item){
			.step = firma_str_of(p->steps[i].id),
			.user_step = p->steps[i].user_step,
			.user_step_last = p->steps[i].user_step_last,
			.title_en = firma_str_of(p->steps[i].title_en),
			.title_es = firma_str_of(p->steps[i].title_es) });
	firma_task_answer(q, FIRMA_MSG_fields_item,
	    &(struct firma_msg_fields_item){
		.fields = firma_str_of(r->row.fields) });
	firma_task_done(q, p != NULL ? p->n_steps : 0);
}
