/* SPDX-License-Identifier: Apache-2.0 */
/* firma doctor: what is wrong, in plain words, and what to do about it. */
#include <stdio.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "cli/file.h"
#include "cli/keys.h"
#include "cli/pinentry.h"

/* The findings of one run. */
struct visit {
	json_t *list;
	int worst; /* exit status of the first trouble, or 0 */
};

enum weight { GOOD, ADVICE, TROUBLE };

/* what and advice are translated; advice may be NULL. */
static void
find(struct visit *v, enum weight w, enum firma_exit status, const char *what,
    const char *detail, const char *advice)
{
	static const char *const names[] = { "good", "advice", "trouble" };
	static const enum out_colour colours[] = { OUT_GOOD, OUT_WARN,
		OUT_BAD };
	static const char *const marks[] = { N_("fine"), N_("note"),
		N_("TROUBLE") };

	if (w == TROUBLE && v->worst == 0)
		v->worst = (int)status;
	if (out_is_json()) {
		(void)json_array_append_new(v->list,
		    json_pack("{ss ss ss ss}", "verdict", names[w], "what",
			what, "detail", detail, "advice",
			advice != NULL ? advice : ""));
		return;
	}
	out_coloured(colours[w], "%s: %s%s%s", _(marks[w]), what,
	    detail[0] != '\0' ? ": " : "", detail);
	if (advice != NULL && w != GOOD)
		out_line("  -> %s", advice);
}

struct status {
	char version[33], config[513], state_dir[513], warnings[2049];
	uint64_t started, n_signatures;
};

static enum firma_err
keep_status(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	const struct firma_msg_agent_item *m = msg;
	struct status *s = arg;

	(void)fd;
	if (type != FIRMA_MSG_agent_item)
		return FIRMA_OK;
	firma_str_copy(m->version, s->version, sizeof(s->version));
	firma_str_copy(m->config, s->config, sizeof(s->config));
	firma_str_copy(m->state_dir, s->state_dir, sizeof(s->state_dir));
	firma_str_copy(m->warnings, s->warnings, sizeof(s->warnings));
	s->started = m->started;
	s->n_signatures = m->n_signatures;
	return FIRMA_OK;
}

/* One finding per line of the agent's warnings. */
static void
warnings(struct visit *v, char *text)
{
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		find(v, TROUBLE, FIRMA_EXIT_FAILED,
		    _("the agent's configuration or state"), line,
		    _("`firmad --check` names each mistake; correct it and "
		      "reload firmad"));
}

/* 0 when nothing more can be asked. */
static int
agent(struct app *app, struct visit *v)
{
	const struct firma_msg_agent_status ask = { 0 };
	struct firma_cause cause = { 0 };
	struct status s = { 0 };
	enum firma_err r;

	r = app_call(app, FIRMA_MSG_agent_status, &ask, -1, APP_SHORT,
	    keep_status, &s, &cause);
	if (r != FIRMA_OK) {
		char detail[512];

		(void)snprintf(detail, sizeof(detail), "%s (%s)",
		    _(firma_err_text(r)), cause.what);
		find(v, TROUBLE, firma_err_exit(r), _("the agent"), detail,
		    say_advice(r));
		return 0;
	}
	find(v, GOOD, FIRMA_EXIT_OK, _("the agent answers"),
	    firma_client_path(app->client), NULL);
	if (strcmp(s.version, FIRMA_VERSION) == 0)
		find(v, GOOD, FIRMA_EXIT_OK, _("the agent's version"),
		    s.version, NULL);
	else
		find(v, ADVICE, FIRMA_EXIT_OK,
		    _("the agent has another version than firma"), s.version,
		    _("install both of one version and restart firmad"));
	find(v, GOOD, FIRMA_EXIT_OK, _("the agent's state folder"), s.state_dir,
	    NULL);
	warnings(v, s.warnings);
	return 1;
}

static const char *
token_advice(uint32_t state)
{
	switch (state) {
	case FIRMA_TOKEN_STARTING:
		return _("wait a moment and ask again");
	case FIRMA_TOKEN_ABSENT:
		return _("put the token in; check the reader and its cable");
	case FIRMA_TOKEN_LOCKED:
		return _("firma token unlock, when it is to be used");
	case FIRMA_TOKEN_BLANK:
		return _("firma token init makes it usable");
	case FIRMA_TOKEN_BROKEN:
		return _("check `module` in firmad.conf and that the package "
			 "with the module is installed; the agent's log says "
			 "more");
	default:
		return NULL;
	}
}

static enum firma_err
one_token(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	const struct firma_msg_token_item *m = msg;
	struct visit *v = arg;
	char detail[512];
	enum weight w = ADVICE;

	(void)fd;
	if (type != FIRMA_MSG_token_item)
		return FIRMA_OK;
	if (m->state == FIRMA_TOKEN_UNLOCKED || m->state == FIRMA_TOKEN_LOCKED)
		w = GOOD;
	if (m->state == FIRMA_TOKEN_BROKEN)
		w = TROUBLE;
	(void)snprintf(detail, sizeof(detail), "%.*s %s%s%.*s",
	    (int)m->name.len, m->name.at, _(firma_token_state_name(m->state)),
	    m->why.len > 0 ? ": " : "", (int)m->why.len, m->why.at);
	find(
	    v, w, FIRMA_EXIT_TOKEN, _("token"), detail, token_advice(m->state));
	(void)snprintf(detail, sizeof(detail), "%.*s %s", (int)m->name.len,
	    m->name.at, _(firma_pin_state_name(m->pin_state)));
	if (m->pin_state == FIRMA_PIN_LOCKED)
		find(v, TROUBLE, FIRMA_EXIT_PIN, _("the PIN of token"), detail,
		    say_advice(FIRMA_ERR_PIN_LOCKED));
	else if (m->pin_state == FIRMA_PIN_FINAL_TRY)
		find(v, TROUBLE, FIRMA_EXIT_PIN, _("the PIN of token"), detail,
		    say_advice(FIRMA_ERR_PIN_LAST_TRY));
	else if (m->pin_state != FIRMA_PIN_FINE &&
	    m->pin_state != FIRMA_PIN_UNSET)
		find(v, ADVICE, FIRMA_EXIT_PIN, _("the PIN of token"), detail,
		    _("type the next PIN with care"));
	return FIRMA_OK;
}

static void
tokens(struct app *app, struct visit *v)
{
	const struct firma_msg_token_list ask = { firma_str_of(""), 0 };
	struct firma_cause cause = { 0 };
	const enum firma_err r = app_call(app, FIRMA_MSG_token_list, &ask, -1,
	    APP_SHORT, one_token, v, &cause);

	if (r != FIRMA_OK)
		find(v, TROUBLE, firma_err_exit(r), _("the tokens"),
		    _(firma_err_text(r)), say_advice(r));
}

/* A clock that is behind shows in certificates that are not valid yet. */
static void
clock_sanity(struct app *app, struct visit *v)
{
	FIRMA_OWN(keys_done) struct keys keys = { 0 };
	const uint64_t now = firma_wall_ms() / 1000;
	struct firma_cause cause = { 0 };

	if (keys_list(app, "", "", &keys, &cause) != FIRMA_OK)
		return;
	for (size_t i = 0; i < keys.n; i++)
		if (keys.at[i].not_before > now) {
			find(v, TROUBLE, FIRMA_EXIT_FAILED,
			    _("the clock: a certificate is not valid yet"),
			    keys.at[i].alias,
			    _("set the date and time of this computer"));
			return;
		}
	find(v, GOOD, FIRMA_EXIT_OK,
	    _("the clock agrees with the certificates"), "", NULL);
}

static void
surroundings(struct visit *v)
{
	char path[FILE_PATH_MAX];

	if (pinentry_find(path, sizeof(path)))
		find(v, GOOD, FIRMA_EXIT_OK, _("PINs are asked for by"), path,
		    NULL);
	else
		find(v, ADVICE, FIRMA_EXIT_OK,
		    _("no pinentry: PINs are asked for on the terminal"), "",
		    _("install a pinentry package for a window of its own"));
	if (firma_lang_has_catalogue())
		find(v, GOOD, FIRMA_EXIT_OK, _("Spanish messages are there"),
		    "", NULL);
	else
		find(v, ADVICE, FIRMA_EXIT_OK,
		    _("Spanish messages are not installed"), "",
		    _("install firma with its translations, or set "
		      "FIRMA_LOCALEDIR"));
}

static int
doctor(struct app *app, const struct args *a)
{
	struct visit v = { .list = json_array() };

	(void)a;
	if (agent(app, &v)) {
		tokens(app, &v);
		clock_sanity(app, &v);
	}
	surroundings(&v);
	if (out_is_json())
		out_json(v.list);
	else
		json_decref(v.list);
	return v.worst;
}

const struct command doctor_commands[] = {
	{ "doctor", "", N_("what is wrong, and what to do about it"), NULL, 0,
	    0, doctor },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
