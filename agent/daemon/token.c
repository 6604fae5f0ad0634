/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/daemon/conn.h"
#include "agent/daemon/key.h"
#include "agent/daemon/log.h"
#include "agent/daemon/opensc.h"
#include "agent/daemon/pin.h"
#include "agent/daemon/process.h"
#include "agent/daemon/readers.h"
#include "agent/daemon/software.h"

#define PROBE_NS  (10 * FIRMA_S)
#define ABSENT_NS FIRMA_S /* between two looks for a token */
/* Of a token in a reader, when we are told what happens there: some looks after
 * each event, further and further apart, and then none. */
#define LOOKS_MAX   5
#define LOOK_NS     (200 * FIRMA_MS)
#define BLANK_NS    (5 * FIRMA_S)  /* others may initialise it: no event */
#define MISSED_NS   FIRMA_S        /* between two looks for an operator */
#define FAILED_NS   (30 * FIRMA_S) /* the module failed to say */
#define BACKOFF_MIN (100 * FIRMA_MS)
#define BACKOFF_MAX (30 * FIRMA_S)
#define HEALTHY_NS  (60 * FIRMA_S) /* as good as having worked */
/*
 * Of a token behind a network: after so many looks in a row at which the module
 * failed, or at which it said that the token is not there, its process is
 * replaced.  Most modules connect in C_Initialize and never again.
 */
#define LOST_FAILED_MAX     3
#define LOST_ABSENT_MAX     10
#define BACKOFF_MAX_NETWORK (5 * FIRMA_S)

/* What the token needs beside what everybody sees. */
struct token_own {
	struct firma_token public; /* first: the same address */
	sd_event_source *timer;
	uint64_t started, pause;
	bool probing, listing;
	bool is_stale; /* the probe was asked before the card was pulled out */
	unsigned int n_looks; /* since the last event, see LOOKS_MAX */
	unsigned int n_failed, n_absent; /* looks in a row, see LOST_* */
	uint64_t missed;                 /* the last look for an operator */
	char gone[160]; /* why it was taken out; "" when it was not */
	struct waiter *waiters;
	char env[FIRMA_CONFIG_ENV_LEN], start_env[FIRMA_CONFIG_ENV_LEN];
	struct firma_apart apart; /* readers that its process does not see */
};

struct waiter {
	struct waiter *next;
	void (*fn)(void *arg);
	void *arg;
};

static struct token_own *
own(struct firma_token *t)
{
	return (struct token_own *)(void *)t;
}

static void start(struct firma_token *t);
static void broken(struct firma_token *t, const char *why);

static bool
is_lost(const struct token_own *o)
{
	return o->public.config->n_ports != 0 &&
	    (o->n_failed >= LOST_FAILED_MAX || o->n_absent >= LOST_ABSENT_MAX);
}

static void
begin_anew(struct firma_token *t)
{
	char why[sizeof(t->why)];

	(void)snprintf(why, sizeof(why), "%s", t->why);
	firma_log(FIRMA_LOG_INFO, "token %s: %s; its process begins anew",
	    t->config->name, why);
	firma_process_kill(t->process, FIRMA_ERR_TOKEN_GONE, why);
	t->n_restarts++;
	broken(t, why);
}

/* It may be in a reader that its process was told to leave alone. */
static void
see_all(struct firma_token *t)
{
	firma_process_kill(t->process, FIRMA_ERR_TOKEN_GONE,
	    "it is looked for in another reader");
	own(t)->probing = own(t)->is_stale = false;
	t->n_restarts++;
	start(t);
}

static int
on_timer(sd_event_source *s, uint64_t usec, void *arg)
{
	struct firma_token *t = arg;

	(void)s;
	(void)usec;
	if (t->process == NULL)
		start(t);
	else if (!t->present && is_lost(own(t)))
		begin_anew(t);
	else if (!t->present && firma_opensc_is_stale(t, &own(t)->apart))
		see_all(t);
	else if (!t->present)
		firma_token_probe(t);
	return 0;
}

static void
later(struct firma_token *t, uint64_t ns)
{
	sd_event_source *s = own(t)->timer;

	(void)sd_event_source_set_time_relative(s, ns / 1000);
	(void)sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

/* It was looked for and not found (r says how): when is the next look? */
static void
look_again(struct firma_token *t, enum firma_err r)
{
	struct token_own *o = own(t);

	if (r != FIRMA_OK)
		o->n_failed++;
	else if (t->state == FIRMA_TOKEN_ABSENT)
		o->n_absent++;
	if (!firma_readers_tell_of(t->agent->readers, t))
		later(t, ABSENT_NS);
	else if (o->n_looks < LOOKS_MAX)
		later(t, LOOK_NS << o->n_looks++);
	else if (r != FIRMA_OK)
		later(t, FAILED_NS);
	else if (t->state == FIRMA_TOKEN_BLANK)
		later(t, BLANK_NS);
}

/* Of a token that is there. */
static enum firma_token_state
state_of(const struct firma_token *t)
{
	return t->logged_in ? FIRMA_TOKEN_UNLOCKED : FIRMA_TOKEN_LOCKED;
}

void
firma_token_settled(struct firma_token *t)
{
	struct waiter *w = own(t)->waiters;

	/* Only now are its keys known: until here it was starting. */
	if (t->state == FIRMA_TOKEN_STARTING && t->present)
		t->state = state_of(t);
	own(t)->waiters = NULL;
	own(t)->listing = false;
	while (w != NULL) {
		struct waiter *next = w->next;

		w->fn(w->arg);
		free(w);
		w = next;
	}
}

void
firma_token_settle(struct firma_token *t, void (*fn)(void *arg), void *arg)
{
	struct waiter *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		fn(arg);
		return;
	}
	*w = (struct waiter){ own(t)->waiters, fn, arg };
	own(t)->waiters = w;
	firma_token_probe(t);
	if (!own(t)->probing && !own(t)->listing)
		firma_token_settled(t);
}

void
firma_token_worked(struct firma_token *t)
{
	own(t)->pause = 0;
}

static void
broken(struct firma_token *t, const char *why)
{
	struct token_own *o = own(t);
	const uint64_t max =
	    t->config->n_ports != 0 ? BACKOFF_MAX_NETWORK : BACKOFF_MAX;

	t->state = FIRMA_TOKEN_BROKEN;
	t->present = t->logged_in = false;
	(void)snprintf(t->why, sizeof(t->why), "%s", why);
	o->probing = o->is_stale = false;
	if (firma_now() - o->started > HEALTHY_NS || o->pause == 0)
		o->pause = BACKOFF_MIN;
	else
		o->pause = o->pause * 2 > max ? max : o->pause * 2;
	firma_keys_token_gone(t);
	firma_token_settled(t);
	if (!t->agent->stopping)
		later(t, o->pause);
}

static void
ended(struct firma_token *t, enum firma_err why, const char *what)
{
	(void)why;
	t->n_restarts++;
	broken(t, what);
}

static void
ready(struct firma_token *t)
{
	/* What another process did not find, this one may. */
	own(t)->n_looks = 0;
	firma_token_probe(t);
}

/* Its process leaves the cards of other tokens alone, as far as it can. */
static void
prepare(struct firma_token *t)
{
	struct token_own *o = own(t);
	struct firma_cause cause = { 0 };

	memcpy(o->start_env, o->env, sizeof(o->env));
	firma_opensc_apart(t, &o->apart);
	if (o->apart.n == 0 ||
	    firma_opensc_env_apart(t, &o->apart, o->start_env,
		sizeof(o->start_env), &cause) == FIRMA_OK)
		return;
	firma_log(FIRMA_LOG_WARNING,
	    "token %s: %s: its process disturbs the other cards",
	    t->config->name, cause.what);
	memcpy(o->start_env, o->env, sizeof(o->env));
	o->apart.n = 0;
}

static void
start(struct firma_token *t)
{
	struct firma_cause cause = { 0 };
	enum firma_err r;

	own(t)->started = firma_now();
	own(t)->n_failed = own(t)->n_absent = 0;
	prepare(t);
	r = firma_process_start(t, own(t)->pause != 0, ready, ended, &cause);
	if (r == FIRMA_OK) {
		t->state = FIRMA_TOKEN_STARTING;
		return;
	}
	if (r == FIRMA_ERR_TOKEN_BUSY) {
		t->state = FIRMA_TOKEN_STARTING;
		later(t, BACKOFF_MIN);
		return;
	}
	firma_log(FIRMA_LOG_ERROR, "token %s: %s (%s)", t->config->name,
	    firma_err_text(r), cause.what);
	broken(t, cause.what);
}

static void
take_absence(struct firma_token *t, bool was_present, struct firma_str tried)
{
	const char *told = firma_readers_why(t->agent->readers, t);

	/* Flags without a token: a blank one that init would take. */
	t->state = t->ck_flags != 0 ? FIRMA_TOKEN_BLANK : FIRMA_TOKEN_ABSENT;
	if (told == NULL && own(t)->gone[0] != '\0')
		told = own(t)->gone;
	if (t->ck_flags != 0)
		told = "not initialised";
	if (told != NULL)
		(void)snprintf(t->why, sizeof(t->why), "%s", told);
	else
		(void)snprintf(t->why, sizeof(t->why),
		    "no token with that label, serial or slot%s%.*s",
		    tried.len != 0 ? "; " : "", (int)tried.len, tried.at);
	look_again(t, FIRMA_OK);
	if (was_present)
		firma_keys_token_gone(t);
	firma_token_settled(t);
}

static void
take_token(struct firma_token *t, const struct firma_msg_w_token *m)
{
	const bool was_present = t->present, was_in = t->logged_in;
	bool is_same;
	char before[65];

	memcpy(before, t->serial, sizeof(before));
	t->present = m->present != 0;
	t->logged_in = m->logged_in != 0;
	t->ck_flags = m->ck_flags;
	t->min_pin = m->min_pin;
	t->max_pin = m->max_pin;
	firma_str_copy(m->label, t->label, sizeof(t->label));
	firma_str_copy(m->serial, t->serial, sizeof(t->serial));
	firma_str_copy(
	    m->manufacturer, t->manufacturer, sizeof(t->manufacturer));
	firma_str_copy(m->model, t->model, sizeof(t->model));
	t->why[0] = '\0';
	if (m->slot.len != 0)
		firma_str_copy(m->slot, t->slot, sizeof(t->slot));
	if (!t->present) {
		take_absence(t, was_present, m->why);
		return;
	}
	own(t)->gone[0] = '\0';
	own(t)->n_looks = own(t)->n_failed = own(t)->n_absent = 0;
	if (t->state != FIRMA_TOKEN_STARTING)
		t->state = state_of(t);
	is_same = was_present && strcmp(before, t->serial) == 0;
	if (is_same && was_in == t->logged_in) {
		if (!own(t)->listing)
			firma_token_settled(t);
		return;
	}
	firma_log(FIRMA_LOG_INFO, "token %s: serial %s, %s", t->config->name,
	    t->serial, firma_token_state_name(state_of(t)));
	firma_pin_look(t, !is_same);
	own(t)->listing = true;
	firma_keys_refresh(t);
}

static void
probed(void *arg, enum firma_err r, const struct firma_frame *frame, bool last,
    const struct firma_cause *cause)
{
	struct firma_token *t = arg;
	struct firma_msg_w_token m;

	(void)last;
	own(t)->probing = false;
	if (own(t)->is_stale) {
		own(t)->is_stale = false;
		if (t->process != NULL) {
			firma_token_probe(t);
			return;
		}
	}
	if (r == FIRMA_OK && frame->type == FIRMA_MSG_w_token)
		r = firma_msg_decode(
		    FIRMA_MSG_w_token, frame->payload, &m, NULL);
	if (r == FIRMA_OK) {
		take_token(t, &m);
		return;
	}
	if (t->process == NULL)
		return; /* ended() has told */
	t->present = t->logged_in = false;
	t->state = FIRMA_TOKEN_ABSENT;
	(void)snprintf(t->why, sizeof(t->why), "%s",
	    cause != NULL ? cause->what : firma_err_text(r));
	firma_keys_token_gone(t);
	firma_token_settled(t);
	look_again(t, r);
}

void
firma_token_probe(struct firma_token *t)
{
	const struct firma_msg_w_probe m = { 0 };

	if (own(t)->probing || t->process == NULL)
		return;
	own(t)->probing = true;
	if (firma_process_call(t->process, FIRMA_MSG_w_probe, &m, -1, PROBE_NS,
		FIRMA_FOREVER, probed, t) != FIRMA_OK)
		own(t)->probing = false;
}

/* ---- what readers tell ---- */

static void
let_go(void *arg, enum firma_err r, const struct firma_frame *frame, bool last,
    const struct firma_cause *cause)
{
	const struct firma_token *t = arg;

	(void)frame;
	(void)last;
	if (r != FIRMA_OK)
		firma_log(FIRMA_LOG_WARNING, "token %s: letting go of it: %s",
		    t->config->name, cause->what);
}

void
firma_token_taken_out(struct firma_token *t, const char *why)
{
	const char *told = firma_readers_why(t->agent->readers, t);
	const struct firma_msg_w_removed m = { 0 };
	struct token_own *o = own(t);

	/* Out already: the card that left now was another. */
	if (!t->present && o->gone[0] != '\0')
		return;
	(void)snprintf(o->gone, sizeof(o->gone), "%s", why);
	o->n_looks = 0;
	/* Somebody's hand, no fault of a process that has to begin anew. */
	o->pause = 0;
	if (t->process == NULL || t->state == FIRMA_TOKEN_BROKEN)
		return;
	/* Without pcscd no reader is there. */
	if (told != NULL)
		why = told;
	firma_log(FIRMA_LOG_INFO, "token %s: %s", t->config->name, why);
	o->is_stale = o->probing;
	t->present = t->logged_in = false;
	if (t->state != FIRMA_TOKEN_STARTING)
		t->state = FIRMA_TOKEN_ABSENT;
	(void)snprintf(t->why, sizeof(t->why), "%s", why);
	firma_keys_token_gone(t);
	firma_process_refuse(t->process, FIRMA_ERR_TOKEN_GONE, why);
	if (t->process != NULL &&
	    firma_process_call(t->process, FIRMA_MSG_w_removed, &m, -1,
		PROBE_NS, FIRMA_FOREVER, let_go, t) != FIRMA_OK) {
		/* It may still be logged in: away with it. */
		firma_process_kill(t->process, FIRMA_ERR_TOKEN_GONE, why);
		ended(t, FIRMA_ERR_TOKEN_GONE, why);
	}
}

void
firma_token_look(struct firma_token *t)
{
	struct token_own *o = own(t);

	o->n_looks = 0;
	if (t->state == FIRMA_TOKEN_BROKEN && t->process == NULL)
		later(t, 0);
	else if (!t->present && t->process != NULL &&
	    firma_opensc_is_stale(t, &o->apart))
		later(t, 0);
	else if (!t->present && o->probing)
		o->is_stale = true;
	else if (!t->present)
		firma_token_probe(t);
}

void
firma_token_missed(struct firma_token *t)
{
	struct token_own *o = own(t);

	if (t->present || firma_now() - o->missed < MISSED_NS)
		return;
	o->missed = firma_now();
	firma_token_look(t);
}

void
firma_token_unwatched(struct firma_token *t)
{
	if (t->process != NULL && !t->present)
		later(t, ABSENT_NS);
}

enum firma_err
firma_token_new(struct firma_agent *a, const struct firma_config_token *config,
    struct firma_token **ret, struct firma_cause *cause)
{
	struct token_own *o = calloc(1, sizeof(*o));
	struct firma_token *t;
	enum firma_err r;

	if (o == NULL)
		return FIRMA_ERR_NOMEM;
	t = &o->public;
	t->agent = a;
	t->config = config;
	t->used = firma_uptime();
	if (config->software != 0)
		r = firma_software_prepare(
		    a, config->name, o->env, sizeof(o->env), cause);
	else
		r = firma_opensc_env(
		    a->config, config, o->env, sizeof(o->env), cause);
	if (r != FIRMA_OK) {
		free(o);
		return r;
	}
	t->more_env = o->env;
	t->start_env = o->start_env;
	if (sd_event_add_time_relative(a->loop, &o->timer, CLOCK_MONOTONIC,
		UINT64_C(1000000), 1000, on_timer, t) < 0) {
		free(o);
		return FIRMA_ERR_NOMEM;
	}
	(void)sd_event_source_set_enabled(o->timer, SD_EVENT_OFF);
	*ret = t;
	start(t);
	return FIRMA_OK;
}

void
firma_token_end(struct firma_token *t)
{
	t->state = FIRMA_TOKEN_BROKEN;
	t->present = t->logged_in = false;
	(void)snprintf(t->why, sizeof(t->why), "the agent is ending");
	if (t->process != NULL)
		firma_process_kill(t->process, FIRMA_ERR_CANCELLED, t->why);
	firma_token_settled(t);
}

void
firma_token_free(struct firma_token *t)
{
	if (t == NULL)
		return;
	if (t->process != NULL)
		firma_process_kill(
		    t->process, FIRMA_ERR_CANCELLED, "not served any more");
	firma_token_settled(t);
	(void)sd_event_source_disable_unref(own(t)->timer);
	free(own(t));
}

struct firma_token *
firma_token_find(const struct firma_agent *a, const char *name)
{
	for (size_t i = 0; i < a->n_tokens; i++)
		if (strcmp(a->tokens[i]->config->name, name) == 0)
			return a->tokens[i];
	return NULL;
}
