/* SPDX-License-Identifier: Apache-2.0 */
/* firma token change-pin, unblock: give a token another PIN. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/own.h"
#include "cli/app.h"
#include "cli/pin.h"
#include "cli/token_pin.h"

unsigned int
token_pin_flags(const struct args *a)
{
	return (args_flag(a, "last-try") ? FIRMA_UNLOCK_LAST_TRY : 0) |
	    (args_flag(a, "again") ? FIRMA_UNLOCK_AGAIN : 0);
}

/* The PIN that proves the right to set another one, then that one. */
struct two {
	struct firma_secret proof, pin;
};

static void
two_done(struct two *t)
{
	firma_secret_done(&t->proof);
	firma_secret_done(&t->pin);
}

/* Both go in one breath, so that nothing waits for a person in between. */
static enum firma_err
give(struct app *app, enum firma_msg_type type, const void *ask,
    const struct two *two, bool has_keypad, struct firma_cause *cause)
{
	struct pin_packets packets = { .at = { &two->proof, &two->pin },
		.n = has_keypad ? 0 : 2 };
	const enum firma_err r =
	    app_call(app, type, ask, -1, APP_LONG, pin_give, &packets, cause);

	out_progress_end();
	return r;
}

static bool
is_on_keypad(const char *token, const struct pin_token *t)
{
	if ((t->flags & FIRMA_TOKENFLAG_PINPAD) == 0)
		return false;
	out_note(_("Type the PINs of token %s on the reader's keys."), token);
	return true;
}

static enum firma_err
change(struct app *app, const struct args *a, const char *token,
    struct firma_cause *cause)
{
	const struct firma_msg_token_change_pin ask = { firma_str_of(token),
		token_pin_flags(a), 0 };
	FIRMA_OWN(two_done) struct two two = { 0 };
	struct pin_token t = { 0 };
	struct pins pins;
	char description[256];
	enum firma_err r;

	pins_init(&pins, a);
	if ((r = pin_look(app, token, ask.flags, &t, cause)) != FIRMA_OK)
		return r;
	if (is_on_keypad(token, &t))
		return give(
		    app, FIRMA_MSG_token_change_pin, &ask, &two, true, cause);
	(void)snprintf(description, sizeof(description),
	    _("The present PIN of token %s (%s)."), token, t.label);
	if ((r = pin_get(&pins, token, description, _("PIN"), &two.proof,
		 cause)) != FIRMA_OK ||
	    (r = pin_new(args_text(a, "new-pin-file"),
		 _("The PIN that the token is to have from now on."),
		 _("New PIN"), &two.pin, cause)) != FIRMA_OK)
		return r;
	out_progress(_("changing the PIN of %s"), token);
	return give(app, FIRMA_MSG_token_change_pin, &ask, &two, false, cause);
}

static enum firma_err
unblock(struct app *app, const struct args *a, const char *token,
    struct firma_cause *cause)
{
	const struct firma_msg_token_unblock ask = { firma_str_of(token),
		token_pin_flags(a), 0 };
	FIRMA_OWN(two_done) struct two two = { 0 };
	struct pin_token t = { 0 };
	char description[256];
	enum firma_err r;

	if ((r = pin_look(app, token, PIN_LOOK_ANY, &t, cause)) != FIRMA_OK)
		return r;
	if (is_on_keypad(token, &t))
		return give(
		    app, FIRMA_MSG_token_unblock, &ask, &two, true, cause);
	(void)snprintf(description, sizeof(description),
	    _("The administrator's PIN (SO-PIN) of token %s (%s). A "
	      "SmartCard-HSM's has 16 digits 0-9 a-f."),
	    token, t.label);
	if ((r = pin_password(args_text(a, "so-pin-file"), description,
		 _("SO-PIN"), &two.proof, cause)) != FIRMA_OK ||
	    (r = pin_new(args_text(a, "new-pin-file"),
		 _("The PIN that the token is to have from now on."),
		 _("New PIN"), &two.pin, cause)) != FIRMA_OK)
		return r;
	out_progress(_("unblocking %s"), token);
	return give(app, FIRMA_MSG_token_unblock, &ask, &two, false, cause);
}

int
token_change_pin(struct app *app, const struct args *a)
{
	const char *token = args_operand(a, 0);
	struct firma_cause cause = { 0 };
	const enum firma_err r = change(app, a, token, &cause);

	if (r != FIRMA_OK)
		return app_failure(
		    app, r, &cause, _("the PIN of %s is not changed"), token);
	if (out_is_json())
		out_json(
		    json_pack("{ss ss}", "name", token, "result", "changed"));
	else
		out_line(_("token %s has its new PIN"), token);
	return FIRMA_EXIT_OK;
}

int
token_unblock(struct app *app, const struct args *a)
{
	const char *token = args_operand(a, 0);
	struct firma_cause cause = { 0 };
	const enum firma_err r = unblock(app, a, token, &cause);

	if (r != FIRMA_OK)
		return app_failure(
		    app, r, &cause, _("token %s is not unblocked"), token);
	if (out_is_json())
		out_json(
		    json_pack("{ss ss}", "name", token, "result", "unblocked"));
	else
		out_line(_("token %s has its new PIN; unlock it with that one"),
		    token);
	return FIRMA_EXIT_OK;
}

const struct option_desc token_change_pin_options[] = {
	PIN_OPTION,
	NEW_PIN_OPTION,
	LAST_TRY_OPTION,
	AGAIN_OPTION,
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

const struct option_desc token_unblock_options[] = {
	SO_PIN_OPTION,
	NEW_PIN_OPTION,
	LAST_TRY_OPTION,
	AGAIN_OPTION,
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};
