/* SPDX-License-Identifier: Apache-2.0 */
/* firma renew: start, status, next, resume, abort, retire, evidence. */
#include <stdio.h>
#include <string.h>

#include "agent/base/own.h"
#include "agent/pki/algorithm.h"
#include "agent/pki/identifier.h"
#include "cli/ask.h"
#include "cli/keys.h"
#include "cli/pin.h"
#include "cli/renew_evidence.h"
#include "cli/renew_run.h"
#include "cli/renewals.h"
#include "cli/stamp.h"

/* ---- start ---- */

/* What a person typed is checked before anything begins. */
static int
check_typed(const struct args *a)
{
	const char *email = args_text(a, "email");
	const char *registro = args_text(a, "registro");
	struct firma_cause cause = { 0 };

	if (args_text(a, "old") == NULL)
		return say_refusal(FIRMA_EXIT_USAGE,
		    _("firma renew start --old KEY [--new-alias NAME] "
		      "[--token TOKEN]"),
		    "%s", _("which key is renewed?"));
	if (email != NULL && firma_email_check(email, &cause) != FIRMA_OK)
		return say_failure(FIRMA_ERR_IDENTIFIER, &cause, NULL,
		    _("the e-mail address %s"), email);
	if (registro != NULL &&
	    firma_registro_check(registro, &cause) != FIRMA_OK)
		return say_failure(FIRMA_ERR_IDENTIFIER, &cause, NULL,
		    _("the employer's number %s"), registro);
	return 0;
}

static const char *
text_or(const char *v, const char *otherwise)
{
	return v != NULL ? v : otherwise;
}

/* The token that the old key is on, unless another is named. */
static int
find_token(struct app *app, const struct args *a, char ret[65])
{
	FIRMA_OWN(keys_done) struct keys keys = { 0 };
	const char *old = args_text(a, "old");
	struct firma_cause cause = { 0 };
	enum firma_err r;

	if (args_text(a, "token") != NULL) {
		(void)snprintf(ret, 65, "%s", args_text(a, "token"));
		return 0;
	}
	r = keys_list(app, old, "", &keys, &cause);
	if (r == FIRMA_OK && keys.n == 0)
		r = FIRMA_ERR_NOT_FOUND;
	if (r != FIRMA_OK)
		return app_failure(app, r, &cause, _("key %s"), old);
	(void)snprintf(ret, 65, "%s", keys.at[0].token);
	return 0;
}

static int
is_open(struct app *app, const char *old)
{
	FIRMA_OWN(renewals_done) struct renewals list = { 0 };
	struct firma_cause cause;

	if (renewals_list(app, 0, &list, &cause) != FIRMA_OK)
		return 0;
	for (size_t i = 0; i < list.n; i++)
		if (list.at[i].status == FIRMA_RENEWAL_OPEN &&
		    strcmp(list.at[i].old_key, old) == 0)
			return 1;
	return 0;
}

static int
renew_start(struct app *app, const struct args *a)
{
	FIRMA_OWN(renewals_done) struct renewals got = { 0 };
	const char *algorithm = args_text(a, "algorithm");
	struct firma_cause cause = { 0 };
	char token[65];
	enum firma_err r;
	int status;

	if ((status = check_typed(a)) != 0 ||
	    (status = find_token(app, a, token)) != 0)
		return status;
	const struct firma_msg_renew_start ask = {
		firma_str_of(text_or(args_text(a, "profile"), "imss-idse")),
		firma_str_of(args_text(a, "old")), firma_str_of(token),
		/* Without one the agent names it after the old key. */
		firma_str_of(args_text(a, "new-alias")),
		/* 0: the token's own default */
		algorithm == NULL
		    ? 0
		    : (uint32_t)firma_key_algorithm_from_name(algorithm),
		firma_str_of(text_or(args_text(a, "portal"), "")),
		firma_str_of(text_or(args_text(a, "email"), "")),
		firma_str_of(text_or(args_text(a, "registro"), "")),
		firma_str_of(text_or(args_text(a, "signer"), "")), 0
	};

	r = app_call(app, FIRMA_MSG_renew_start, &ask, -1, APP_SIGN,
	    renewals_keep, &got, &cause);
	if (r == FIRMA_ERR_EXISTS && is_open(app, args_text(a, "old")))
		return say_refusal(FIRMA_EXIT_FAILED,
		    _("`firma renew` goes on with it; `firma renew abort` "
		      "gives it up"),
		    _("a renewal of key %s is open already"),
		    args_text(a, "old"));
	if (r == FIRMA_OK && got.n == 0)
		r = FIRMA_ERR_SHAPE;
	if (r != FIRMA_OK)
		return app_failure(app, r, &cause,
		    _("the renewal of key %s is not started"),
		    args_text(a, "old"));
	if (!args_flag(a, "no-run"))
		return run_renewal(app, a, got.at[0].id, 0, 0);
	renewals_print(&got.at[0]);
	return FIRMA_EXIT_OK;
}

/* ---- going on ---- */

static int
go_on(struct app *app, const struct args *a, int resume, int once)
{
	struct renewal r;
	const int status =
	    renewals_choose(app, args_operand(a, 0), FIRMA_RENEWAL_OPEN, &r);

	return status != 0 ? status : run_renewal(app, a, r.id, resume, once);
}

static int
renew(struct app *app, const struct args *a)
{
	return go_on(app, a, 0, 0);
}

static int
renew_one(struct app *app, const struct args *a)
{
	return go_on(app, a, 0, 1);
}

static int
renew_resume(struct app *app, const struct args *a)
{
	return go_on(app, a, 1, 0);
}

static int
renew_status(struct app *app, const struct args *a)
{
	FIRMA_OWN(renewals_done) struct renewals list = { 0 };
	struct firma_cause cause = { 0 };
	struct renewal one;
	enum firma_err r;
	int status;

	if (args_operand(a, 0) != NULL) {
		status = renewals_choose(
		    app, args_operand(a, 0), FIRMA_RENEWAL_OPEN, &one);
		if (status != 0)
			return status;
		if (out_is_json()) {
			json_t *j = renewals_json(&one);

			(void)json_object_set_new(
			    j, "consents", renew_consents_json(app, one.id));
			out_json(j);
			return FIRMA_EXIT_OK;
		}
		renewals_text(&one);
		renew_consents_text(app, one.id);
		return FIRMA_EXIT_OK;
	}
	if ((r = renewals_list(app, 0, &list, &cause)) != FIRMA_OK)
		return app_failure(
		    app, r, &cause, "%s", _("the renewals are not known"));
	if (out_is_json()) {
		json_t *j = json_array();

		for (size_t i = 0; i < list.n; i++)
			(void)json_array_append_new(
			    j, renewals_json(&list.at[i]));
		out_json(j);
		return FIRMA_EXIT_OK;
	}
	for (size_t i = 0; i < list.n; i++)
		renewals_text(&list.at[i]);
	if (list.n == 0)
		out_note("%s", _("There are no renewals."));
	return FIRMA_EXIT_OK;
}

/* ---- ending ---- */

/* An irreversible thing wants a word, from a person or from --yes. */
static int
confirmed(const struct args *a, const char *question, const char *what)
{
	int yes = 0;

	if (args_flag(a, "yes"))
		return 0;
	if (ask_yes(&yes, "%s", question) != FIRMA_OK)
		return say_refusal(FIRMA_EXIT_PERSON,
		    _("without a terminal: add --yes"),
		    _("%s: nobody confirmed it"), what);
	return yes ? 0
		   : say_refusal(
			 FIRMA_EXIT_FAILED, NULL, _("%s: left as it is"), what);
}

static int
finish(struct app *app, enum firma_msg_type type, const void *ask,
    unsigned int seconds, const char *what)
{
	FIRMA_OWN(renewals_done) struct renewals got = { 0 };
	struct firma_cause cause = { 0 };
	const enum firma_err r =
	    app_call(app, type, ask, -1, seconds, renewals_keep, &got, &cause);

	out_progress_end();
	if (r != FIRMA_OK)
		return app_failure(app, r, &cause, "%s", what);
	if (got.n == 0)
		return FIRMA_EXIT_OK;
	renewals_print(&got.at[0]);
	return FIRMA_EXIT_OK;
}

static int
renew_abort(struct app *app, const struct args *a)
{
	struct renewal r;
	char question[256];
	int status;

	status =
	    renewals_choose(app, args_operand(a, 0), FIRMA_RENEWAL_OPEN, &r);
	if (status != 0)
		return status;
	(void)snprintf(question, sizeof(question),
	    _("Give up renewal %llu of %s? The old key stays as it is."),
	    (unsigned long long)r.id, r.old_key);
	if ((status = confirmed(a, question, _("giving up"))) != 0)
		return status;
	const struct firma_msg_renew_abort ask = { r.id,
		firma_str_of(text_or(args_text(a, "reason"), "")), 0 };

	return finish(app, FIRMA_MSG_renew_abort, &ask, APP_SHORT,
	    _("the renewal is not given up"));
}

static int
renew_retire(struct app *app, const struct args *a)
{
	const int keep = args_flag(a, "keep");
	struct pins pins;
	struct renewal r;
	char question[512];
	int status;

	status = renewals_choose(
	    app, args_operand(a, 0), FIRMA_RENEWAL_COMPLETE, &r);
	if (status != 0)
		return status;
	(void)snprintf(question, sizeof(question),
	    keep ? _("Mark the old key %s as retired? It stays on its "
		     "token.")
		 : _("Delete the old private key %s from its token? Nothing "
		     "can bring it back."),
	    r.old_key);
	if ((status = confirmed(a, question, _("retiring"))) != 0)
		return status;
	pins_init(&pins, a);
	if (!keep && (status = unlock_key(app, &pins, r.old_key)) != 0)
		return status;
	const struct firma_msg_renew_retire ask = { r.id,
		keep ? FIRMA_RETIRE_KEEP : 0, 0 };

	out_progress(_("retiring %s"), r.old_key);
	return finish(app, FIRMA_MSG_renew_retire, &ask, APP_LONG,
	    _("the old key is not retired"));
}

/* The one that was worked on last, unless a number is given. */
static int
renew_evidence(struct app *app, const struct args *a)
{
	FIRMA_OWN(renewals_done) struct renewals list = { 0 };
	const char *dir = args_text(a, "dir"), *zip = args_text(a, "zip");
	struct firma_cause cause = { 0 };
	const struct renewal *last;
	struct renewal one;
	enum firma_err r;
	int status;

	if ((dir == NULL) == (zip == NULL))
		return say_refusal(FIRMA_EXIT_USAGE,
		    _("firma renew evidence --zip FILE, or --dir DIR"), "%s",
		    _("where is the evidence written to?"));
	if (args_operand(a, 0) != NULL) {
		status = renewals_choose(
		    app, args_operand(a, 0), FIRMA_RENEWAL_OPEN, &one);
		return status != 0 ? status : evidence_write(app, &one, a);
	}
	if ((r = renewals_list(app, 0, &list, &cause)) == FIRMA_OK &&
	    list.n == 0)
		r = FIRMA_ERR_NOT_FOUND;
	if (r != FIRMA_OK)
		return app_failure(
		    app, r, &cause, "%s", _("the renewals are not known"));
	last = &list.at[0];
	for (size_t i = 1; i < list.n; i++)
		if (list.at[i].changed >= last->changed)
			last = &list.at[i];
	return evidence_write(app, last, a);
}

/* ---- tables ---- */

static const struct option_desc run_options[] = {
	RUN_OPTIONS,
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

static const struct option_desc start_options[] = {
	{ "profile", 0, OPTION_TEXT, N_("NAME"),
	    N_("the procedure (default: imss-idse)") },
	{ "old", 0, OPTION_TEXT, N_("KEY"), N_("the key that is renewed") },
	{ "token", 't', OPTION_TEXT, N_("TOKEN"),
	    N_("where the new key is made (default: beside the old one)") },
	{ "new-alias", 'a', OPTION_TEXT, N_("NAME"),
	    N_("the new key's name (default: the old one's, the year)") },
	{ "algorithm", 0, OPTION_CHOICE,
	    "rsa-2048|rsa-3072|rsa-4096|p-256|p-384",
	    N_("kind of key (default: the token's)") },
	{ "portal", 0, OPTION_TEXT, N_("URL"),
	    N_("the portal's address (default: the profile's)") },
	{ "registro", 0, OPTION_TEXT, N_("NUMBER"),
	    N_("the employer's number (registro patronal)") },
	{ "signer", 0, OPTION_TEXT, N_("KEY"),
	    N_("the representative's key, which signs a company's renewal") },
	{ "no-run", 0, OPTION_FLAG, NULL, N_("only start, do not go on") },
	RUN_OPTIONS,
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

static const struct option_desc abort_options[] = {
	{ "reason", 0, OPTION_TEXT, N_("TEXT"), N_("for the record") },
	{ "yes", 'y', OPTION_FLAG, NULL, N_("do not ask") },
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

static const struct option_desc retire_options[] = {
	{ "keep", 0, OPTION_FLAG, NULL,
	    N_("only mark the old key, do not delete it") },
	{ "yes", 'y', OPTION_FLAG, NULL, N_("do not ask") },
	PIN_OPTION,
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

static const struct option_desc evidence_options[] = {
	{ "zip", 'z', OPTION_TEXT, N_("FILE"),
	    N_("write one ZIP, with a report to read and print") },
	{ "dir", 'd', OPTION_TEXT, N_("DIR"), N_("write the files there") },
	{ "ca", 0, OPTION_TEXT, N_("FILE"),
	    N_("a CA's certificate to put beside them") },
	{ "sign-with", 0, OPTION_TEXT, N_("KEY"),
	    N_("a signature with this key over all of it: the new one's, as a "
	       "rule") },
	{ "timestamp", 0, OPTION_FLAG, NULL,
	    N_("an authority's time stamp over all of it") },
	STAMP_OPTIONS,
	{ "force", 0, OPTION_FLAG, NULL,
	    N_("with --zip: replace a file that is there") },
	PIN_OPTION,
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

const struct command renew_commands[] = {
	{ "renew", N_("[NUMBER]"),
	    N_("go on with the open renewal, asking what must be asked"),
	    run_options, 0, 1, renew },
	{ "renew start", "", N_("begin the renewal of a certificate"),
	    start_options, 0, 0, renew_start },
	{ "renew status", N_("[NUMBER]"), N_("the renewals and their steps"),
	    NULL, 0, 1, renew_status },
	{ "renew next", N_("[NUMBER]"), N_("do one thing, then stop"),
	    run_options, 0, 1, renew_one },
	{ "renew resume", N_("[NUMBER]"),
	    N_("go on after a person has decided or acted"), run_options, 0, 1,
	    renew_resume },
	{ "renew abort", N_("[NUMBER]"), N_("give a renewal up"), abort_options,
	    0, 1, renew_abort },
	{ "renew retire", N_("[NUMBER]"),
	    N_("retire the old key of a complete renewal"), retire_options, 0,
	    1, renew_retire },
	{ "renew evidence", N_("[NUMBER]"),
	    N_("write everything that proves the renewal into a ZIP or a "
	       "folder"),
	    evidence_options, 0, 1, renew_evidence },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
