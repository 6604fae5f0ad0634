/* SPDX-License-Identifier: Apache-2.0 */
/* firma key: list, show, generate; key_import.c and key_audit.c have the rest. */
#include <stdio.h>
#include <string.h>

#include "agent/base/own.h"
#include "agent/pki/algorithm.h"
#include "cli/key_audit.h"
#include "cli/key_import.h"
#include "cli/keys.h"
#include "cli/pin.h"

static void
list_line(const struct key *k)
{
	char to[OUT_DATE];

	out_line("%-20s %-12s %-9s %s", k->alias[0] != '\0' ? k->alias : "-",
	    k->token,
	    firma_key_algorithm_name(
		firma_key_algorithm_from_number(k->algorithm)),
	    (k->flags & FIRMA_KEYFLAG_RETIRED) != 0 ? _("retired")
		: k->not_after != 0                 ? out_date(k->not_after, to)
		: (k->flags & FIRMA_KEYFLAG_ON_TOKEN) != 0
		? _("no certificate")
		: _("not on its token now"));
}

/* No keys on it, or no such token? */
static enum firma_err
token_is_known(struct app *app, const char *token, struct firma_cause *cause)
{
	const struct firma_msg_token_list ask = { firma_str_of(token), 0 };

	return app_call(
	    app, FIRMA_MSG_token_list, &ask, -1, APP_SHORT, NULL, NULL, cause);
}

/* key list and key show: the same keys, one line or all of it. */
static int
show(struct app *app, const struct args *a, const char *alias, int all_of_it)
{
	FIRMA_OWN(keys_done) struct keys keys = { 0 };
	const char *token = all_of_it ? NULL : args_text(a, "token");
	struct firma_cause cause = { 0 };
	enum firma_err r;

	r = keys_list(app, alias, token != NULL ? token : "", &keys, &cause);
	if (r == FIRMA_OK && all_of_it && keys.n == 0)
		r = FIRMA_ERR_NOT_FOUND;
	if (r == FIRMA_OK && token != NULL && keys.n == 0)
		r = token_is_known(app, token, &cause);
	if (r != FIRMA_OK && all_of_it)
		return app_failure(app, r, &cause, _("key %s"), alias);
	if (r != FIRMA_OK)
		return app_failure(
		    app, r, &cause, "%s", _("the keys cannot be listed"));
	if (out_is_json()) {
		json_t *list = json_array();

		for (size_t i = 0; i < keys.n; i++)
			(void)json_array_append_new(
			    list, keys_json(&keys.at[i]));
		out_json(list);
		return FIRMA_EXIT_OK;
	}
	for (size_t i = 0; i < keys.n; i++)
		if (all_of_it)
			keys_text(&keys.at[i]);
		else
			list_line(&keys.at[i]);
	if (keys.n == 0 && token != NULL)
		out_note(_("There are no keys on token %s yet: firma key "
			   "generate, or firma key import."),
		    token);
	else if (keys.n == 0)
		out_note("%s",
		    _("There are no keys yet: firma key generate, "
		      "or firma key import."));
	return FIRMA_EXIT_OK;
}

static int
key_list(struct app *app, const struct args *a)
{
	return show(app, a, "", 0);
}

static int
key_show(struct app *app, const struct args *a)
{
	return show(app, a, args_operand(a, 0), 1);
}

int
key_made(const struct keys *keys, const char *done)
{
	if (keys->n == 0)
		return say_refusal(FIRMA_EXIT_FAILED, NULL, "%s",
		    _("the agent did not say which key it is"));
	if (out_is_json()) {
		out_json(keys_json(&keys->at[0]));
	} else {
		out_line("%s", done);
		keys_text(&keys->at[0]);
	}
	return FIRMA_EXIT_OK;
}

static int
key_generate(struct app *app, const struct args *a)
{
	FIRMA_OWN(keys_done) struct keys keys = { 0 };
	const char *token = args_text(a, "token");
	const char *alias = args_text(a, "alias");
	const char *algorithm = args_text(a, "algorithm");
	struct firma_msg_key_generate ask = { firma_str_of(token),
		firma_str_of(alias), 0, 0 };
	struct firma_cause cause = { 0 };
	struct pins pins;
	enum firma_err r;
	int status;

	if (token == NULL || alias == NULL)
		return say_refusal(FIRMA_EXIT_USAGE,
		    _("firma key generate --token TOKEN --alias NAME"), "%s",
		    _("which token, and what name for the key?"));
	/* 0: the token's own default */
	if (algorithm != NULL)
		ask.algorithm =
		    (uint32_t)firma_key_algorithm_from_name(algorithm);
	pins_init(&pins, a);
	if ((status = unlock_token(app, &pins, token, 0)) != 0)
		return status;
	out_progress(_("the token makes the key pair"));
	r = app_call(app, FIRMA_MSG_key_generate, &ask, -1, APP_LONG, keys_keep,
	    &keys, &cause);
	out_progress_end();
	if (r != FIRMA_OK)
		return app_failure(
		    app, r, &cause, _("key %s is not generated"), alias);
	return key_made(&keys, _("The key pair is made."));
}

static const struct option_desc list_options[] = {
	{ "token", 0, OPTION_TEXT, N_("TOKEN"), N_("only this token's keys") },
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

static const struct option_desc generate_options[] = {
	{ "token", 't', OPTION_TEXT, N_("TOKEN"), N_("where to make it") },
	{ "alias", 'a', OPTION_TEXT, N_("NAME"), N_("its name from now on") },
	{ "algorithm", 0, OPTION_CHOICE,
	    "rsa-2048|rsa-3072|rsa-4096|p-256|p-384",
	    N_("kind of key (default: the token's)") },
	PIN_OPTION,
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

const struct command key_commands[] = {
	{ "key list", "", N_("the keys, their tokens, when they expire"),
	    list_options, 0, 0, key_list },
	{ "key show", N_("KEY"), N_("everything known about a key"), NULL, 1, 1,
	    key_show },
	{ "key generate", "", N_("make a key pair on a token"),
	    generate_options, 0, 0, key_generate },
	{ "key import", "",
	    N_("write an existing private key and its certificate to a token"),
	    key_import_options, 0, 0, key_import },
	{ "key audit", N_("FILE..."),
	    N_("how well is a private key file protected?"), NULL, 1, 64,
	    key_audit },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
