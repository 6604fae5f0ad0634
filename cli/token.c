/* SPDX-License-Identifier: Apache-2.0 */
/* firma token: list, init, unlock, lock; the rest is in token_pin.c. */
#include <stdio.h>
#include <string.h>

#include "agent/base/own.h"
#include "cli/app.h"
#include "cli/ask.h"
#include "cli/pin.h"
#include "cli/token_pin.h"

static json_t *
token_json(const struct firma_msg_token_item *m)
{
	return json_pack("{so ss ss so so so so so so sb sb si si si so}",
	    "name", out_json_str(m->name), "state",
	    firma_token_state_name(m->state), "pin",
	    firma_pin_state_name(m->pin_state), "label", out_json_str(m->label),
	    "serial", out_json_str(m->serial), "manufacturer",
	    out_json_str(m->manufacturer), "model", out_json_str(m->model),
	    "module", out_json_str(m->module), "reader",
	    out_json_str(m->reader), "pinpad",
	    (m->flags & FIRMA_TOKENFLAG_PINPAD) != 0, "software",
	    (m->flags & FIRMA_TOKENFLAG_SOFTWARE) != 0, "min_pin",
	    (int)m->min_pin, "max_pin", (int)m->max_pin, "restarts",
	    (int)m->n_restarts, "why", out_json_str(m->why));
}

static enum out_colour
token_colour(const struct firma_msg_token_item *m)
{
	if (m->pin_state == FIRMA_PIN_LOCKED || m->state == FIRMA_TOKEN_BROKEN)
		return OUT_BAD;
	if (m->state == FIRMA_TOKEN_UNLOCKED)
		return OUT_GOOD;
	return m->state == FIRMA_TOKEN_LOCKED ? OUT_PLAIN : OUT_WARN;
}

static void
token_text(const struct firma_msg_token_item *m)
{
	out_coloured(token_colour(m), "%.*s  %s", (int)m->name.len, m->name.at,
	    _(firma_token_state_name(m->state)));
	out_pair(_("  label"), "%.*s", (int)m->label.len, m->label.at);
	out_pair(
	    _("  serial number"), "%.*s", (int)m->serial.len, m->serial.at);
	out_pair(_("  model"), "%.*s %.*s", (int)m->manufacturer.len,
	    m->manufacturer.at, (int)m->model.len, m->model.at);
	out_pair(_("  reader"), "%.*s", (int)m->reader.len, m->reader.at);
	if (m->pin_state != FIRMA_PIN_FINE)
		out_pair(
		    _("  PIN"), "%s", _(firma_pin_state_name(m->pin_state)));
	out_pair(_("  why"), "%.*s", (int)m->why.len, m->why.at);
}

static enum firma_err
show_token(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	json_t *list = arg;

	(void)fd;
	if (msg == NULL)
		(void)json_array_clear(list);
	if (type == FIRMA_MSG_token_item && out_is_json())
		(void)json_array_append_new(list, token_json(msg));
	else if (type == FIRMA_MSG_token_item)
		token_text(msg);
	return FIRMA_OK;
}

static int
token_list(struct app *app, const struct args *a)
{
	const struct firma_msg_token_list ask = {
		firma_str_of(
		    args_operand(a, 0) == NULL ? "" : args_operand(a, 0)),
		0
	};
	struct firma_cause cause = { 0 };
	json_t *list = json_array();
	const enum firma_err r = app_call(app, FIRMA_MSG_token_list, &ask, -1,
	    APP_SHORT, show_token, list, &cause);

	if (r == FIRMA_OK && out_is_json())
		out_json(list);
	else
		json_decref(list);
	if (r != FIRMA_OK)
		return app_failure(
		    app, r, &cause, "%s", _("the tokens cannot be listed"));
	return FIRMA_EXIT_OK;
}

static int
token_unlock(struct app *app, const struct args *a)
{
	const char *token = args_operand(a, 0);
	struct pins pins;
	int status;

	pins_init(&pins, a);
	status = unlock_token(app, &pins, token, token_pin_flags(a));
	if (status == 0 && !out_is_json())
		out_line(_("token %s is unlocked"), token);
	else if (status == 0)
		out_json(
		    json_pack("{ss ss}", "name", token, "state", "unlocked"));
	return status;
}

static int
token_lock(struct app *app, const struct args *a)
{
	const char *token = args_operand(a, 0);
	const struct firma_msg_token_lock ask = { firma_str_of(token), 0 };
	struct firma_cause cause = { 0 };
	const enum firma_err r = app_call(
	    app, FIRMA_MSG_token_lock, &ask, -1, APP_SIGN, NULL, NULL, &cause);

	if (r != FIRMA_OK)
		return app_failure(
		    app, r, &cause, _("token %s is not locked"), token);
	if (out_is_json())
		out_json(
		    json_pack("{ss ss}", "name", token, "state", "locked"));
	else
		out_line(_("token %s is locked"), token);
	return FIRMA_EXIT_OK;
}

/* Erasing is asked for; making a blank token usable is not. */
static int
may_erase(const struct args *a, const char *token)
{
	int yes = 0;

	if (!args_flag(a, "erase") || args_flag(a, "yes"))
		return 0;
	if (ask_yes(&yes,
		_("Everything on token %s will be erased, its keys "
		  "included. Go on?"),
		token) != FIRMA_OK)
		return say_refusal(FIRMA_EXIT_PERSON,
		    _("without a terminal: add --yes"),
		    _("token %s is not erased: nobody confirmed it"), token);
	return yes ? 0
		   : say_refusal(FIRMA_EXIT_FAILED, NULL,
			 _("token %s is left as it is"), token);
}

static int
token_init(struct app *app, const struct args *a)
{
	FIRMA_OWN(firma_secret_done) struct firma_secret so = { 0 };
	FIRMA_OWN(firma_secret_done) struct firma_secret pin = { 0 };
	const char *token = args_operand(a, 0);
	const char *label = args_text(a, "label");
	const struct firma_msg_token_init ask = { firma_str_of(token),
		firma_str_of(label != NULL ? label : ""),
		(args_flag(a, "erase") ? FIRMA_INIT_ERASE : 0) |
		    token_pin_flags(a),
		0 };
	struct pin_packets packets = { .at = { &so, &pin }, .n = 2 };
	const char *const *files;
	struct firma_cause cause = { 0 };
	const size_t n_files = args_list(a, "pin-file", &files);
	enum firma_err r;
	int status;

	/* No PIN is asked for while nobody could take it. */
	if ((r = app_connect(app, &cause)) != FIRMA_OK)
		return app_failure(
		    app, r, &cause, _("token %s is not initialised"), token);
	if ((status = may_erase(a, token)) != 0)
		return status;
	if ((r = pin_new(args_text(a, "so-pin-file"),
		 _("The administrator's PIN (SO-PIN) of the token. Keep it in "
		   "a safe place: it unblocks the token."),
		 _("SO-PIN"), &so, &cause)) == FIRMA_OK)
		r = pin_new(n_files > 0 ? files[0] : NULL,
		    _("The PIN for daily use of the token."), _("New PIN"),
		    &pin, &cause);
	if (r == FIRMA_OK) {
		out_progress(_("initialising %s"), token);
		r = app_call(app, FIRMA_MSG_token_init, &ask, -1, APP_LONG,
		    pin_give, &packets, &cause);
		out_progress_end();
	}
	if (r != FIRMA_OK)
		return app_failure(
		    app, r, &cause, _("token %s is not initialised"), token);
	if (out_is_json())
		out_json(
		    json_pack("{ss ss}", "name", token, "state", "locked"));
	else
		out_line(_("token %s is initialised"), token);
	return FIRMA_EXIT_OK;
}

static const struct option_desc unlock_options[] = {
	PIN_OPTION,
	LAST_TRY_OPTION,
	AGAIN_OPTION,
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

static const struct option_desc init_options[] = {
	{ "label", 0, OPTION_TEXT, N_("TEXT"),
	    N_("the token's label (default: what firmad.conf says)") },
	SO_PIN_OPTION,
	PIN_OPTION,
	LAST_TRY_OPTION,
	AGAIN_OPTION,
	{ "erase", 0, OPTION_FLAG, NULL,
	    N_("erase a token that is not blank") },
	{ "yes", 'y', OPTION_FLAG, NULL, N_("do not ask") },
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

const struct command token_commands[] = {
	{ "token list", N_("[TOKEN]"), N_("the tokens and their state"), NULL,
	    0, 1, token_list },
	{ "token init", N_("TOKEN"),
	    N_("make a blank token usable: label, SO-PIN, PIN"), init_options,
	    1, 1, token_init },
	{ "token unlock", N_("TOKEN"), N_("present the PIN to a token"),
	    unlock_options, 1, 1, token_unlock },
	{ "token change-pin", N_("TOKEN"), N_("give a token another PIN"),
	    token_change_pin_options, 1, 1, token_change_pin },
	{ "token unblock", N_("TOKEN"), N_("set a new PIN with the SO-PIN"),
	    token_unblock_options, 1, 1, token_unblock },
	{ "token lock", N_("TOKEN"), N_("log out of a token"), NULL, 1, 1,
	    token_lock },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
