/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/renew_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/clock.h"
#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/pki/identifier.h"
#include "cli/ask.h"
#include "cli/keys.h"
#include "cli/pin.h"
#include "cli/renew_letters.h"
#include "cli/renew_op.h"
#include "cli/renewals.h"

#define WAIT_DEFAULT 600 /* seconds */
#define SLICE        (200 * FIRMA_MS)
#define ASK_AGAIN    (60 * FIRMA_S)

#define GO_ON        (-1) /* no exit status yet */

struct run {
	struct app *app;
	const struct args *args;
	uint64_t renewal;
	struct todo todo;
	struct portal_helper helper;
	struct pins pins;
	char folder[FILE_PATH_MAX];
	const char *email, *link;
	int yes, resume;
	uint64_t wait;       /* seconds for one step */
	uint64_t wait_until; /* monotonic; 0: not waiting */
	/* The step whose line is not finished. */
	char shown[65], title[513];
	unsigned int user_step, step_index;
};

static void
run_done(struct run *run)
{
	portal_helper_done(&run->helper);
}

/* ---- what the person sees of each step ---- */

/* The line of the step that ended; `next` is the user's step that follows. */
static void
step_ended(struct run *run, unsigned int next)
{
	char number[16];

	out_progress_end();
	if (run->shown[0] == '\0')
		return;
	/* A step that is two to the user shows as both. */
	if (next > run->user_step + 1)
		(void)snprintf(
		    number, sizeof(number), "%u-%u", run->user_step, next - 1);
	else
		(void)snprintf(number, sizeof(number), "%2u", run->user_step);
	if (out_is_json())
		out_note("[%s/%u] %s ... %s", number, run->todo.n_user_steps,
		    run->title, _("done"));
	else
		out_line("[%s/%u] %s ... %s", number, run->todo.n_user_steps,
		    run->title, _("done"));
	run->shown[0] = '\0';
}

static void
step_begins(struct run *run)
{
	const struct todo *t = &run->todo;

	if (strcmp(run->shown, t->step) == 0)
		return;
	/* Back to an earlier step: the one before did not end. */
	if (t->step_index >= run->step_index)
		step_ended(run, t->user_step);
	run->step_index = t->step_index;
	run->wait_until = 0;
	run->user_step = t->user_step;
	(void)snprintf(run->shown, sizeof(run->shown), "%s", t->step);
	(void)snprintf(run->title, sizeof(run->title), "%s",
	    strcmp(firma_lang_code(), "es") == 0 ? t->title_es : t->title_en);
}

static void
progress(struct run *run)
{
	out_progress("[%2u/%u] %.200s", run->user_step, run->todo.n_user_steps,
	    run->title);
}

static int
failed(struct run *run, enum firma_err r, const struct firma_cause *cause)
{
	out_progress_end();
	return app_failure(run->app, r, cause, _("step %u of %u (%s)"),
	    run->todo.user_step, run->todo.n_user_steps, run->todo.step);
}

/* ---- renew_act ---- */

/* ret_begun: the agent now waits for the portal's answer to this step. */
static int
begin(struct run *run, const char *email, unsigned int flags, int fd,
    int *ret_begun)
{
	FIRMA_OWN(renewals_done) struct renewals now = { 0 };
	const struct firma_msg_renew_act ask = { run->renewal,
		firma_str_of(run->todo.step), firma_str_of(email), flags, 0 };
	struct firma_cause cause = { 0 };
	enum firma_err r;

	progress(run);
	struct pin_each each = {
		.pins = &run->pins, .next = renewals_keep, .arg = &now
	};

	r = app_call(run->app, FIRMA_MSG_renew_act, &ask, fd, APP_LONG,
	    pin_give_each, &each, &cause);
	r = pin_each_end(&each, r, &cause);
	out_progress_end();
	*ret_begun = now.n > 0 && now.at[0].step_state == FIRMA_STEP_INTENT &&
	    strcmp(now.at[0].step, run->todo.step) == 0;
	return r == FIRMA_OK ? GO_ON : failed(run, r, &cause);
}

static int
act(struct run *run, const char *email, unsigned int flags, int fd)
{
	int begun;

	return begin(run, email, flags, fd, &begun);
}

/* The letter of this step, checked and consented to before a PIN is asked for. */
static int
letter(struct run *run, int *ret_fd)
{
	const struct todo *t = &run->todo;
	struct firma_cause cause = { 0 };
	enum firma_err r;
	char path[FILE_PATH_MAX];
	int status;

	if (t->letter[0] == '\0' || t->letter_sha256_len == 0)
		return GO_ON;
	r = letters_open(run->app, run->renewal, run->folder, t->letter,
	    firma_bytes_of(t->letter_sha256, t->letter_sha256_len), ret_fd,
	    &cause);
	if (r == FIRMA_OK)
		r = letters_path(run->folder, t->letter, path);
	if (r != FIRMA_OK)
		return failed(run, r, &cause);
	status =
	    renew_consent(run->app, run->args, run->renewal, t, *ret_fd, path);
	return status == 0 ? GO_ON : status;
}

static int
do_act(struct run *run)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	const int status = letter(run, &fd);

	return status != GO_ON ? status : act(run, "", 0, fd);
}

static int
do_unlock(struct run *run)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	int status = letter(run, &fd);

	if (status != GO_ON)
		return status;
	status = unlock_token(run->app, &run->pins, run->todo.token, 0);
	return status == 0 ? GO_ON : status;
}

/* ---- confirming the company's data ---- */

static const char *
field(const json_t *fields, const char *name)
{
	const char *v = json_string_value(json_object_get(fields, name));

	if (v == NULL)
		return "";
	/* A company's CURP begins with " / ": the representative's. */
	return v + strspn(v, " /");
}

static void
show_data(struct run *run, const json_t *fields, const struct renewal *r)
{
	FIRMA_OWN(keys_done) struct keys keys = { 0 };
	const char *registro = field(fields, "registro_patronal");
	struct firma_cause cause;
	char day[OUT_DATE];

	if (registro[0] == '\0')
		registro = field(fields, "portal_registro_patronal");
	out_line("%s", _("The company's data:"));
	out_pair(_("  name"), "%s", field(fields, "name"));
	out_pair("  RFC", "%s",
	    field(fields, "rfc")); /* untranslated: a proper name */
	out_pair("  CURP", "%s",
	    field(fields, "curp")); /* untranslated: a proper name */
	out_pair(_("  employer's number"), "%s", registro);
	out_pair(_("  e-mail"), "%s",
	    r->email[0] != '\0' ? r->email : field(fields, "email"));
	out_pair(_("  old certificate"), "%s", r->old_serial);
	if (keys_list(run->app, r->old_key, "", &keys, &cause) == FIRMA_OK &&
	    keys.n > 0 && keys.at[0].not_after != 0)
		out_pair(_("  expires on"), "%s",
		    out_date(keys.at[0].not_after, day));
}

static int
bad_email(const char *email, const struct firma_cause *cause)
{
	return say_failure(FIRMA_ERR_IDENTIFIER, cause, NULL,
	    _("the e-mail address %s"), email);
}

/* Another address, an empty line for the present one. */
static int
ask_email(char *email, size_t size)
{
	char line[256];
	struct firma_cause cause = { 0 };

	out_note("%s",
	    _("A link may be sent to that address: it should be one that is "
	      "read often and whose filter does not take the institution's "
	      "mail for spam."));
	for (;;) {
		const enum firma_err r = ask_line(
		    line, sizeof(line), _("E-mail (Enter keeps %s): "), email);

		if (r != FIRMA_OK)
			return say_failure(r, NULL, NULL, "%s", _("e-mail"));
		if (line[0] == '\0' && email[0] != '\0')
			return GO_ON;
		if (firma_email_check(line, &cause) == FIRMA_OK) {
			(void)snprintf(email, size, "%s", line);
			return GO_ON;
		}
		(void)bad_email(line, &cause);
	}
}

static int
ask_data(char *email, size_t size)
{
	int yes = 0;

	switch (ask_yes(&yes, "%s", _("Are these data right?"))) {
	case FIRMA_OK:
		break;
	case FIRMA_ERR_PORTAL_PERSON:
		return say_refusal(FIRMA_EXIT_PERSON,
		    _("look at the data above, then: firma renew --yes"), "%s",
		    _("a person has to confirm the company's data"));
	default:
		return say_failure(FIRMA_ERR_CANCELLED, NULL, NULL, "%s",
		    _("the company's data"));
	}
	if (!yes)
		return say_refusal(FIRMA_EXIT_PERSON,
		    _("have them corrected at the institution; `firma renew` "
		      "goes on afterwards, `firma renew abort` gives up"),
		    "%s", _("the company's data are not confirmed"));
	return ask_email(email, size);
}

static int
do_confirm(struct run *run)
{
	struct firma_cause cause = { 0 };
	struct renewal r = { 0 };
	char email[256];
	json_t *fields;
	char id[32];
	int status;

	(void)snprintf(
	    id, sizeof(id), "%llu", (unsigned long long)run->renewal);
	if ((status = renewals_choose(run->app, id, FIRMA_RENEWAL_OPEN, &r)) !=
	    0)
		return status;
	fields = json_loads(run->todo.fields, 0, NULL);
	if (!out_is_json())
		show_data(run, fields, &r);
	(void)snprintf(email, sizeof(email), "%s",
	    run->email != NULL       ? run->email
		: r.email[0] != '\0' ? r.email
				     : field(fields, "email"));
	json_decref(fields);
	if (run->email != NULL &&
	    firma_email_check(run->email, &cause) != FIRMA_OK)
		return bad_email(run->email, &cause);
	if (!run->yes && (status = ask_data(email, sizeof(email))) != GO_ON)
		return status;
	return act(run, email, 0, -1);
}

/* ---- the portal ---- */

static int
do_portal(struct run *run, int journal)
{
	FIRMA_OWN(portal_reply_done) struct portal_reply reply = { 0 };
	struct firma_cause cause = { 0 };
	enum firma_err r, answered;
	int status, refused = 0, begun = 1;

	/* The intent is written down before the portal hears of it. */
	if (journal && (status = begin(run, "", 0, -1, &begun)) != GO_ON)
		return status;
	/* Begun before by somebody else: the agent wants another thing now. */
	if (!begun)
		return GO_ON;
	progress(run);
	answered = renew_op(run->app, run->renewal, &run->todo, &run->helper,
	    run->link, run->folder, &reply, &cause);
	if (answered == FIRMA_ERR_PORTAL_ANSWER) {
		/* Whatever it was, nobody knows what the portal did. */
		reply.outcome = FIRMA_OUTCOME_UNREACHABLE;
		(void)snprintf(reply.text, sizeof(reply.text), "%s",
		    _(firma_err_text(answered)));
	} else if (answered != FIRMA_OK) {
		return failed(run, answered, &cause);
	}
	if (answered == FIRMA_OK)
		refused = renew_letter_served(
		    run->app, run->renewal, &run->todo, &reply);
	r = renew_result(
	    run->app, run->renewal, &run->todo, &reply, run->folder, &cause);
	out_progress_end();
	if (answered != FIRMA_OK)
		return failed(run, answered, &cause);
	if (r != FIRMA_OK)
		return failed(run, r, &cause);
	if (refused != 0)
		return refused;
	if (reply.outcome == FIRMA_OUTCOME_WAIT ||
	    reply.outcome == FIRMA_OUTCOME_UNREACHABLE)
		out_note("  %s: %s", _(firma_outcome_name(reply.outcome)),
		    reply.text);
	return GO_ON;
}

/* ---- waiting and persons ---- */

static void
sleep_until(uint64_t deadline)
{
	while (firma_now() < deadline) {
		const uint64_t left = deadline - firma_now();
		const struct timespec t = { 0,
			(long)(left < SLICE ? left : SLICE) };

		(void)nanosleep(&t, NULL);
		out_tick(NULL);
	}
}

static int
do_wait(struct run *run)
{
	const uint64_t now_ms = firma_wall_ms();
	const uint64_t then_ms = run->todo.not_earlier * 1000;
	uint64_t until =
	    firma_after(then_ms > now_ms ? (then_ms - now_ms) * FIRMA_MS : 0);

	if (run->wait_until == 0)
		run->wait_until = firma_after(run->wait * FIRMA_S);
	if (until < firma_after(SLICE))
		until = firma_after(SLICE);
	/* Asked again now and then: the machine may have been suspended, or
	 * its clock set. */
	if (until > firma_after(ASK_AGAIN))
		until = firma_after(ASK_AGAIN);
	if (until > run->wait_until) {
		struct firma_cause cause = { 0 };

		sleep_until(run->wait_until);
		(void)snprintf(
		    cause.what, sizeof(cause.what), "%.159s", run->todo.why);
		return failed(run, FIRMA_ERR_PORTAL_WAIT, &cause);
	}
	progress(run);
	sleep_until(until);
	out_progress_end();
	return GO_ON;
}

/* Refused by the portal or a check, rather than waiting for a person? */
static int
is_refused(struct run *run)
{
	FIRMA_OWN(renewals_done) struct renewals list = { 0 };
	struct firma_cause cause;

	return renewals_list(run->app, run->renewal, &list, &cause) ==
	    FIRMA_OK &&
	    list.n > 0 && list.at[0].step_state == FIRMA_STEP_REFUSED;
}

static int
do_person(struct run *run)
{
	const int refused = is_refused(run);
	const char *rest, *begins = say_begun(run->todo.why, &rest);
	int yes = 0;

	if (run->resume) {
		run->resume = 0;
		return act(run, "", FIRMA_ACT_RESUME, -1);
	}
	out_progress_end();
	if (ask_can() && !run->yes) {
		out_note("%s%s", begins, rest);
		if (ask_yes(&yes, "%s", _("Is it done? Go on?")) == FIRMA_OK &&
		    yes)
			return act(run, "", FIRMA_ACT_RESUME, -1);
	}
	return say_refusal(refused ? FIRMA_EXIT_REJECTED : FIRMA_EXIT_PERSON,
	    refused ? say_advice(FIRMA_ERR_PORTAL_REJECTED)
		    : say_advice(FIRMA_ERR_PORTAL_PERSON),
	    _("step %u of %u (%s): %s%s"), run->todo.user_step,
	    run->todo.n_user_steps, run->todo.step, begins, rest);
}

/* ---- the end ---- */

static int
do_nothing(struct run *run)
{
	FIRMA_OWN(renewals_done) struct renewals list = { 0 };
	struct firma_cause cause = { 0 };
	const struct renewal *r;
	enum firma_err e;
	char day[OUT_DATE];

	step_ended(run, run->todo.n_user_steps + 1);
	e = renewals_list(run->app, run->renewal, &list, &cause);
	if (e == FIRMA_OK && list.n == 0)
		e = FIRMA_ERR_NOT_FOUND;
	if (e != FIRMA_OK)
		return failed(run, e, &cause);
	r = &list.at[0];
	if (out_is_json())
		out_json(renewals_json(r));
	else if (r->status == FIRMA_RENEWAL_ABORTED)
		renewals_text(r);
	else
		/* untranslated: scripts read this line */
		out_line("renewed: %s -> %s, valid until %s", r->old_serial,
		    r->new_serial, out_date(r->new_not_after, day));
	return FIRMA_EXIT_OK;
}

static int
do_todo(struct run *run)
{
	switch (run->todo.action) {
	case FIRMA_ACTION_NOTHING:
		return do_nothing(run);
	case FIRMA_ACTION_CONFIRM:
		return do_confirm(run);
	case FIRMA_ACTION_ACT:
		return do_act(run);
	case FIRMA_ACTION_PORTAL:
		return do_portal(run, 1);
	case FIRMA_ACTION_ASK:
		return do_portal(run, 0);
	case FIRMA_ACTION_WAIT:
		return do_wait(run);
	case FIRMA_ACTION_PERSON:
		return do_person(run);
	case FIRMA_ACTION_UNLOCK:
		return do_unlock(run);
	default:
		return failed(run, FIRMA_ERR_VERSION, NULL);
	}
}

/* After one thing: what comes now. */
static int
say_next(struct run *run)
{
	struct firma_cause cause = { 0 };
	const enum firma_err r =
	    renew_next(run->app, run->renewal, &run->todo, &cause);

	if (r != FIRMA_OK)
		return failed(run, r, &cause);
	if (run->todo.action == FIRMA_ACTION_NOTHING)
		return do_nothing(run);
	step_begins(run);
	out_note(_("next: %s"), run->title);
	return FIRMA_EXIT_OK;
}

int
run_renewal(struct app *app, const struct args *a, uint64_t renewal, int resume,
    int once)
{
	FIRMA_OWN(run_done)
	struct run run = { .app = app,
		.args = a,
		.renewal = renewal,
		.helper = PORTAL_HELPER,
		.email = args_text(a, "email"),
		.link = args_text(a, "link"),
		.yes = args_flag(a, "yes"),
		.resume = resume,
		.wait = args_number(a, "wait", WAIT_DEFAULT) };
	struct firma_cause cause = { 0 };
	enum firma_err r;
	int status;

	pins_init(&run.pins, a);
	r = letters_folder(args_text(a, "dir"), renewal, run.folder);
	if (r != FIRMA_OK)
		/* untranslated: an option's name */
		return say_failure(r, NULL, NULL, "--dir");
	do {
		r = renew_next(app, renewal, &run.todo, &cause);
		if (r != FIRMA_OK)
			return app_failure(app, r, &cause, _("renewal %llu"),
			    (unsigned long long)renewal);
		if (run.todo.action != FIRMA_ACTION_NOTHING)
			step_begins(&run);
		status = do_todo(&run);
	} while (status == GO_ON && !once);
	out_progress_end();
	if (status != GO_ON)
		return status;
	return say_next(&run);
}
