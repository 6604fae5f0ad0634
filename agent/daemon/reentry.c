/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/reentry.h"

#include <stdio.h>
#include <string.h>

#include "agent/daemon/fields.h"

#define RETURN_TO      "return_to" /* field: the step that was refused */

#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

/* The last challenge before the step; FIRMA_STEP_NONE when there is none, or
 * when the step belongs to that entry itself. */
static size_t
entry_before(const struct firma_renewal *r)
{
	const struct firma_profile *p = r->site->profile;
	size_t first = FIRMA_STEP_NONE;

	for (size_t i = 0; i < r->index; i++)
		if (p->steps[i].op == FIRMA_OP_CHALLENGE)
			first = i;
	if (first == FIRMA_STEP_NONE)
		return first;
	for (size_t i = first; i < r->index; i++)
		if (p->steps[i].op == FIRMA_OP_ENTER)
			return first;
	return FIRMA_STEP_NONE;
}

bool
firma_reentry_is_due(
    const struct firma_renewal *r, const struct firma_msg_renew_result *m)
{
	json_t *o;
	const char *reason;
	bool due;

	if (m->outcome != FIRMA_OUTCOME_REJECTED || m->fields.len == 0)
		return false;
	o = json_loadb(m->fields.at, m->fields.len, 0, NULL);
	reason = json_string_value(json_object_get(o, "reason"));
	due = reason != NULL && strcmp(reason, "session") == 0 &&
	    r->n_reentries < FIRMA_REENTRIES_MAX &&
	    entry_before(r) != FIRMA_STEP_NONE;
	json_decref(o);
	return due;
}

/* Set or take out the field; what does not fit is left as it was. */
static void
put_return(struct firma_change *c, const char *step)
{
	json_t *o = json_loads(c->row.fields, 0, NULL);

	if (!json_is_object(o)) {
		json_decref(o);
		return;
	}
	if (step != NULL)
		(void)json_object_set_new(o, RETURN_TO, json_string(step));
	else
		(void)json_object_del(o, RETURN_TO);
	if (firma_fields_write(
		o, c->row.fields, sizeof(c->row.fields), &c->cause) != FIRMA_OK)
		c->r = FIRMA_ERR_LIMIT;
}

void
firma_reentry_begin(struct firma_change *c)
{
	struct firma_renewal *r = c->renewal;
	const struct firma_profile *p = r->site->profile;

	r->n_reentries++;
	put_return(c, p->steps[r->index].id);
	COPY(c->row.step, p->steps[entry_before(r)].id);
	c->row.step_state = FIRMA_STEP_TODO;
	c->row.signing_time = 0;
	c->row.not_earlier = 0;
	c->row.session[0] = '\0';
}

void
firma_reentry_end(struct firma_change *c)
{
	struct firma_renewal *r = c->renewal;
	const struct firma_profile *p = r->site->profile;
	const char *id;
	size_t index;
	json_t *o;

	if (firma_renewal_step(r)->op != FIRMA_OP_ENTER)
		return;
	o = json_loads(c->row.fields, 0, NULL);
	id = json_string_value(json_object_get(o, RETURN_TO));
	index = id != NULL ? firma_profile_step(p, id) : FIRMA_STEP_NONE;
	json_decref(o);
	if (index == FIRMA_STEP_NONE)
		return;
	put_return(c, NULL);
	COPY(c->row.step, p->steps[index].id);
	c->row.status = FIRMA_RENEWAL_OPEN;
	c->row.step_state =
	    firma_step_class(&p->steps[index]) == FIRMA_CLASS_SUBMIT
	    ? FIRMA_STEP_ASK
	    : FIRMA_STEP_TODO;
}
