/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/renewals.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/memfd.h"
#include "agent/base/own.h"

#define DOCUMENT_MAX ((size_t)16 * 1024 * 1024) /* octets, as in the store */

void
renewals_done(struct renewals *r)
{
	free(r->at);
	*r = (struct renewals){ 0 };
}

static void
keep(struct renewal *r, const struct firma_msg_renewal_item *m)
{
	*r = (struct renewal){ .id = m->renewal,
		.new_not_after = m->new_not_after,
		.started = m->started,
		.changed = m->changed,
		.not_earlier = m->not_earlier,
		.status = m->status,
		.step_index = m->step_index,
		.n_steps = m->n_steps,
		.user_step = m->user_step,
		.step_state = m->step_state };
	firma_str_copy(m->profile, r->profile, sizeof(r->profile));
	firma_str_copy(m->step, r->step, sizeof(r->step));
	firma_str_copy(m->old_key, r->old_key, sizeof(r->old_key));
	firma_str_copy(m->new_key, r->new_key, sizeof(r->new_key));
	firma_str_copy(m->old_serial, r->old_serial, sizeof(r->old_serial));
	firma_str_copy(m->new_serial, r->new_serial, sizeof(r->new_serial));
	firma_str_copy(m->email, r->email, sizeof(r->email));
	firma_str_copy(m->portal, r->portal, sizeof(r->portal));
	firma_str_copy(m->why, r->why, sizeof(r->why));
}

enum firma_err
renewals_keep(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	struct renewals *k = arg;
	struct renewal *more;

	(void)fd;
	if (msg == NULL)
		k->n = 0;
	if (type != FIRMA_MSG_renewal_item)
		return FIRMA_OK;
	if (k->n == RENEWALS_MAX)
		return FIRMA_ERR_LIMIT;
	if ((more = realloc(k->at, (k->n + 1) * sizeof(*more))) == NULL)
		return FIRMA_ERR_NOMEM;
	k->at = more;
	keep(&k->at[k->n++], msg);
	return FIRMA_OK;
}

enum firma_err
renewals_list(struct app *app, uint64_t id, struct renewals *ret,
    struct firma_cause *cause)
{
	const struct firma_msg_renew_list ask = { id, 0 };

	return app_call(app, FIRMA_MSG_renew_list, &ask, -1, APP_SHORT,
	    renewals_keep, ret, cause);
}

json_t *
renewals_json(const struct renewal *r)
{
	return json_pack(
	    "{sI ss ss ss si si si ss ss ss ss ss so ss ss ss so so so}", "id",
	    (json_int_t)r->id, "profile", r->profile, "status",
	    firma_renewal_status_name(r->status), "step", r->step, "step_index",
	    (int)r->step_index, "steps", (int)r->n_steps, "user_step",
	    (int)r->user_step, "step_state",
	    firma_step_state_name(r->step_state), "old_key", r->old_key,
	    "new_key", r->new_key, "old_serial", r->old_serial, "new_serial",
	    r->new_serial, "new_not_after", out_json_time(r->new_not_after),
	    "email", r->email, "portal", r->portal, "why", r->why, "started",
	    out_json_time(r->started), "changed", out_json_time(r->changed),
	    "not_earlier", out_json_time(r->not_earlier));
}

void
renewals_text(const struct renewal *r)
{
	char day[OUT_DATE];

	out_coloured(OUT_BOLD, _("renewal %llu  %s"), (unsigned long long)r->id,
	    _(firma_renewal_status_name(r->status)));
	out_pair(_("  profile"), "%s", r->profile);
	out_pair(_("  old key"), "%s (%s)", r->old_key, r->old_serial);
	out_pair(_("  new key"), "%s%s%s%s", r->new_key,
	    r->new_serial[0] != '\0' ? " (" : "", r->new_serial,
	    r->new_serial[0] != '\0' ? ")" : "");
	if (r->status == FIRMA_RENEWAL_OPEN)
		out_pair(_("  step"), _("%s (%u of %u), %s"), r->step,
		    r->step_index + 1, r->n_steps,
		    _(firma_step_state_name(r->step_state)));
	out_pair(_("  e-mail"), "%s", r->email);
	out_pair(_("  portal"), "%s", r->portal);
	out_pair(_("  started"), "%s", out_date(r->started, day));
	out_pair(_("  why"), "%s", r->why);
}

void
renewals_print(const struct renewal *r)
{
	if (out_is_json())
		out_json(renewals_json(r));
	else
		renewals_text(r);
}

static int
choose_among(const struct renewals *list, enum firma_renewal_status status,
    struct renewal *ret)
{
	size_t found = 0;

	for (size_t i = 0; i < list->n; i++)
		if (list->at[i].status == (uint32_t)status) {
			*ret = list->at[i];
			found++;
		}
	if (found == 1)
		return 0;
	if (found == 0)
		return say_refusal(FIRMA_EXIT_NOT_FOUND,
		    _("`firma renew status` lists the renewals; `firma renew "
		      "start --old KEY` begins one"),
		    _("there is no renewal that is %s"),
		    _(firma_renewal_status_name((unsigned int)status)));
	for (size_t i = 0; i < list->n; i++)
		if (list->at[i].status == (uint32_t)status)
			out_note(_("  renewal %llu of %s"),
			    (unsigned long long)list->at[i].id,
			    list->at[i].old_key);
	return say_refusal(FIRMA_EXIT_USAGE, _("give its number"), "%s",
	    _("there are several renewals: which one?"));
}

int
renewals_choose(struct app *app, const char *operand,
    enum firma_renewal_status status, struct renewal *ret)
{
	FIRMA_OWN(renewals_done) struct renewals list = { 0 };
	struct firma_cause cause = { 0 };
	uint64_t id = 0;
	enum firma_err r;
	char *end;

	if (operand != NULL) {
		id = strtoull(operand, &end, 10);
		if (id == 0 || *end != '\0')
			return say_refusal(FIRMA_EXIT_USAGE,
			    _("`firma renew status` shows the numbers"),
			    _("%s is no number of a renewal"), operand);
	}
	r = renewals_list(app, id, &list, &cause);
	if (r == FIRMA_OK && id != 0 && list.n == 0)
		r = FIRMA_ERR_NOT_FOUND;
	if (r != FIRMA_OK)
		return app_failure(
		    app, r, &cause, "%s", _("the renewals are not known"));
	if (id == 0)
		return choose_among(&list, status, ret);
	*ret = list.at[0];
	return 0;
}

static enum firma_err
keep_document(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	struct firma_buf *ret = arg;
	struct firma_bytes v;
	struct firma_cause cause;
	enum firma_err r;

	(void)msg;
	if (type != FIRMA_MSG_document_item || *fd < 0)
		return FIRMA_OK;
	ret->len = 0;
	if ((r = firma_memfd_map(*fd, DOCUMENT_MAX, &v, &cause)) != FIRMA_OK)
		return r;
	r = firma_buf_put(ret, v);
	firma_memfd_unmap(&v);
	return r;
}

enum firma_err
renewals_document(struct app *app, uint64_t id, const char *name,
    struct firma_buf *ret, struct firma_cause *cause)
{
	const struct firma_msg_renew_document ask = { id, firma_str_of(name),
		0 };
	enum firma_err r;

	r = app_call(app, FIRMA_MSG_renew_document, &ask, -1, APP_SHORT,
	    keep_document, ret, cause);
	if (r == FIRMA_OK && ret->len == 0)
		return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE,
		    0, "%s", name);
	return r;
}
