/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sign_many.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "cli/keys.h"
#include "cli/pin.h"
#include "cli/sign_flight.h"
#include "cli/stamp_say.h"

#define WINDOW     8       /* requests that the agent has at a time */
#define SYNC_EVERY FIRMA_S /* a fast token's signatures share a sync */

struct many {
	struct app *app;
	const struct sign_many *what;
	const char *purpose;
	struct firma_identity signer; /* of PDFs */
	char **paths;
	size_t n, next, n_signed, n_failed, n_unstamped;
	struct sign_flight flights[WINDOW];
	size_t window;    /* 1 until one is signed, and for a key that asks */
	struct pins pins; /* of the login, or of each signature */
	struct pin_each each;
	int is_unlocked; /* by us */
	int must_seal;   /* the key signs no digest */
	int is_over;     /* nothing more is sent: what failed will fail again */
	int status;      /* of the first failure */
	json_t *results; /* with --json */
	size_t n_synced; /* of the results: they are on the disk */
	struct file_batch written;
	uint64_t sync_at;
};

static void
many_done(struct many *m)
{
	for (size_t i = 0; i < WINDOW; i++)
		sign_flight_done(&m->flights[i]);
	file_batch_done(&m->written);
	json_decref(m->results);
}

static void
count_failure(struct many *m, const char *path, int status, const char *name)
{
	m->n_failed++;
	if (m->status == FIRMA_EXIT_OK)
		m->status = status;
	if (m->results != NULL)
		(void)json_array_append_new(m->results,
		    json_pack(
			"{so* ss}", "file", json_string(path), "error", name));
}

static void
failed(struct many *m, const char *path, enum firma_err r,
    const struct firma_cause *cause)
{
	count_failure(m, path, app_failure(m->app, r, cause, "%s", path),
	    firma_err_name(r));
}

/* It did not come to the agent. */
static void
not_sent(struct many *m, const struct sign_flight *f, enum firma_err r,
    const struct firma_cause *cause)
{
	if (r == FIRMA_OK) {
		count_failure(m, f->path, pades_say(&f->pdf.plan.why, f->path),
		    pdf_reason_name(f->pdf.plan.why.reason));
		return;
	}
	if (r == FIRMA_ERR_NOT_FOUND && m->what->pdf != NULL) {
		m->is_over = 1;
		count_failure(
		    m, f->path, pades_say_missing(cause), firma_err_name(r));
		return;
	}
	m->is_over |= r == FIRMA_ERR_AGENT_GONE;
	failed(m, f->path, r, cause);
}

/* The file goes to the agent, or what is wrong with it is said. */
static void
depart(struct many *m, struct sign_flight *f)
{
	struct firma_cause cause = { 0 };
	enum firma_err r;

	r = sign_flight_load(f, m->what, &m->signer, m->must_seal, &cause);
	if (r == FIRMA_OK && !f->pdf.plan.is_refused)
		r = sign_flight_send(
		    f, m->what, m->app->client, m->purpose, &cause);
	if (r == FIRMA_OK && !f->pdf.plan.is_refused)
		return;
	not_sent(m, f, r, &cause);
	sign_flight_done(f);
}

/* As many as the agent is to have at a time. */
static void
send_some(struct many *m)
{
	for (size_t i = 0; i < m->window && m->next < m->n && !m->is_over;
	     i++) {
		struct sign_flight *f = &m->flights[i];

		if (f->id != 0)
			continue;
		f->path = m->paths[m->next++];
		depart(m, f);
	}
}

/* What the authority refused one it refuses the others, too. */
static void
unstamped(struct many *m, const struct sign_flight *f, enum firma_err r,
    const struct firma_cause *cause)
{
	int status = FIRMA_EXIT_OK;

	m->n_unstamped++;
	if (r != FIRMA_OK)
		status = stamp_failure(
		    r, cause, _("it is signed, without a time stamp"));
	out_note(_("%s: there is no time stamp in it"), f->to);
	m->is_over = 1;
	if (m->status == FIRMA_EXIT_OK)
		m->status = status;
}

static void
note_result(struct many *m, const struct sign_flight *f,
    const struct firma_msg_signed *got)
{
	char hex[65];

	if (m->results == NULL)
		return;
	firma_hex(got->sha256, hex);
	(void)json_array_append_new(m->results,
	    json_pack("{so* ss ss sI sb ss* so*}", "file", json_string(f->path),
		"format", firma_sign_format_name(m->what->format), "sha256",
		hex, "ledger_seq", (json_int_t)got->ledger_seq, "stamped",
		f->is_stamped, "field",
		m->what->pdf != NULL ? f->pdf.plan.field : NULL, "signature",
		json_string(f->to)));
}

static void
signed_one(
    struct many *m, struct sign_flight *f, const struct firma_msg_signed *got)
{
	struct firma_cause cause = { 0 }, stamp_cause = { 0 };
	enum firma_err stamp = FIRMA_OK;
	const struct stamp_config *tsa =
	    m->n_unstamped == 0 ? m->what->tsa : NULL;
	enum firma_err r;

	r = sign_flight_land(f, m->what, tsa, got->signature, &m->written,
	    &stamp, &stamp_cause, &cause);
	if (r != FIRMA_OK) {
		failed(m, f->path, r, &cause);
		/* What cannot be kept is not signed. */
		m->is_over |= r == FIRMA_ERR_DISK_FULL || r == FIRMA_ERR_IO;
		return;
	}
	m->n_signed++;
	if (m->what->tsa != NULL && !f->is_stamped)
		unstamped(m, f, stamp, &stamp_cause);
	note_result(m, f, got);
}

static struct sign_flight *
flight_of(struct many *m, uint64_t id)
{
	for (size_t i = 0; i < WINDOW; i++)
		if (m->flights[i].id != 0 && m->flights[i].id == id)
			return &m->flights[i];
	return NULL;
}

/* A file's own trouble leaves the others alone. */
static int
is_of_the_file(enum firma_err r)
{
	return r == FIRMA_ERR_VALUE || r == FIRMA_ERR_LIMIT;
}

/* The token wants its PIN, and nothing was signed yet: nobody else waits. */
static void
unlock(struct many *m, struct sign_flight *f)
{
	const int status = unlock_key(m->app, &m->pins, m->what->key);
	struct firma_cause cause = { 0 };
	enum firma_err r;

	m->is_unlocked = 1;
	if (status == 0) {
		/* What was read and sealed is what is signed. */
		if ((r = sign_flight_send(f, m->what, m->app->client,
			 m->purpose, &cause)) != FIRMA_OK) {
			not_sent(m, f, r, &cause);
			sign_flight_done(f);
		}
		return;
	}
	m->is_over = 1;
	count_failure(m, f->path, status, firma_err_name(FIRMA_ERR_PIN_NEEDED));
	sign_flight_done(f);
}

static int
is_alone(const struct many *m, const struct sign_flight *f)
{
	for (size_t i = 0; i < WINDOW; i++)
		if (m->flights[i].id != 0 && &m->flights[i] != f)
			return 0;
	return 1;
}

/* The agent's last word about one. */
static void
arrived(struct many *m, struct sign_flight *f, enum firma_err r,
    const struct firma_msg_signed *got, const struct firma_cause *cause)
{
	if (r == FIRMA_ERR_DENIED && f->digest.len != 0) {
		/* Once more, with the document: rule no-digest, if any. */
		m->must_seal = 1;
		sign_flight_empty(f);
		depart(m, f);
		return;
	}
	/* Of the token, not of a key that asked already. */
	if (r == FIRMA_ERR_PIN_NEEDED && m->n_signed == 0 && !m->is_unlocked &&
	    m->each.token[0] == '\0') {
		f->id = 0;
		unlock(m, f);
		return;
	}
	if (r == FIRMA_OK) {
		if (m->each.token[0] == '\0')
			m->window = WINDOW;
		signed_one(m, f, got);
	} else if (r == FIRMA_ERR_NOT_FOUND && is_alone(m, f)) {
		/* It asks the agent: others' answers would be in between. */
		m->is_over = 1;
		count_failure(m, f->path,
		    keys_failure(m->app, r, cause, m->what->key),
		    firma_err_name(r));
	} else {
		failed(m, f->path, r, cause);
		m->is_over |= !is_of_the_file(r);
	}
	sign_flight_done(f);
}

/* FIRMA_OK, or what ends it for all that are under way. */
static enum firma_err
take_answer(struct many *m, struct firma_cause *cause)
{
	struct firma_client_answer a = { .fd = -1 };
	struct sign_flight *f;
	enum firma_err r;

	r = firma_client_receive(
	    m->app->client, firma_after(APP_SIGN * FIRMA_S), &a, cause);
	if (r != FIRMA_OK)
		return r;
	if (a.type == FIRMA_MSG_pin_channel)
		m->window = 1;
	/* A key that wants its PIN each time asks for it here. */
	if ((f = flight_of(m, a.id)) != NULL && !a.is_last)
		r = pin_give_each(&m->each, a.type, a.msg, &a.fd);
	if (a.fd >= 0)
		(void)close(a.fd);
	if (r != FIRMA_OK || f == NULL || !a.is_last)
		return r;
	r = a.err == FIRMA_OK && a.type != FIRMA_MSG_signed ? FIRMA_ERR_SHAPE
							    : a.err;
	arrived(m, f, pin_each_end(&m->each, r, cause), a.msg, cause);
	m->each = (struct pin_each){ .pins = &m->pins };
	return FIRMA_OK;
}

/* The connection is gone: nobody knows of those that were under way. */
static void
lost(struct many *m, enum firma_err r, const struct firma_cause *cause)
{
	m->is_over = 1;
	for (size_t i = 0; i < WINDOW; i++)
		if (m->flights[i].id != 0) {
			failed(m, m->flights[i].path, r, cause);
			m->flights[i].id = 0;
		}
}

static int
are_under_way(const struct many *m)
{
	for (size_t i = 0; i < WINDOW; i++)
		if (m->flights[i].id != 0)
			return 1;
	return 0;
}

/* What was written is on the disk. */
static void
sync_all(struct many *m)
{
	struct firma_cause cause = { 0 };
	const enum firma_err r = file_batch_sync(&m->written, &cause);

	const size_t n = json_array_size(m->results);
	int status;

	m->sync_at = firma_after(SYNC_EVERY);
	if (r == FIRMA_OK) {
		m->n_synced = n;
		return;
	}
	/* Which of them is not known. */
	for (size_t i = m->n_synced; i < n; i++)
		(void)json_object_set_new(
		    json_array_get(m->results, i), "synced", json_false());
	m->is_over = 1;
	status = app_failure(m->app, r, &cause, "%s",
	    _("the last signatures may not be on the disk"));
	if (m->status == FIRMA_EXIT_OK)
		m->status = status;
}

static void
run(struct many *m)
{
	m->sync_at = firma_after(SYNC_EVERY);
	for (;;) {
		struct firma_cause cause = { 0 };
		enum firma_err r;

		send_some(m);
		if (!are_under_way(m) && (m->is_over || m->next == m->n))
			break;
		out_progress(_("signed %zu of %zu"), m->n_signed, m->n);
		out_tick(NULL);
		if (are_under_way(m) &&
		    (r = take_answer(m, &cause)) != FIRMA_OK)
			lost(m, r, &cause);
		if (firma_now() > m->sync_at)
			sync_all(m);
	}
	sync_all(m);
	out_progress_end();
}

static int
tell(struct many *m)
{
	const size_t left = m->n - m->n_signed - m->n_failed;

	if (m->results != NULL) {
		out_json(json_pack("{sI sI sI sO}", "signed",
		    (json_int_t)m->n_signed, "failed", (json_int_t)m->n_failed,
		    "not_tried", (json_int_t)left, "files", m->results));
		return m->status;
	}
	out_note(_("signed with key %s: %zu of %zu files"), m->what->key,
	    m->n_signed, m->n);
	if (left != 0)
		out_note(
		    _("not tried: %zu, from %s on"), left, m->paths[m->next]);
	return m->status;
}

/* Who signs is in every PDF. */
static int
begin(struct many *m)
{
	struct firma_cause cause = { 0 };
	enum firma_err r = app_connect(m->app, &cause);

	if (r != FIRMA_OK)
		return app_failure(m->app, r, &cause,
		    _("nothing is signed with key %s"), m->what->key);
	if (m->what->pdf == NULL)
		return 0;
	r = sign_pdf_signer(m->app, m->what->key, &m->signer, &cause);
	return r == FIRMA_OK ? 0
			     : app_failure(m->app, r, &cause,
				   _("the certificate of %s"), m->what->key);
}

/* A name that is read or written. */
struct place {
	char *name;
	int is_output;
};

static int
compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	const int c = strcmp(x->name, y->name);

	return c != 0 ? c : x->is_output - y->is_output;
}

static void
places_free(struct place *all, size_t n)
{
	for (size_t i = 0; all != NULL && i < n; i++)
		free(all[i].name);
	free(all);
}

/* All names, in their order; NULL: no memory.  One that is too long is left out. */
static struct place *
places_of(const struct many *m, size_t *ret_n)
{
	struct place *all = calloc(2 * m->n, sizeof(*all));
	char room[FILE_PATH_MAX];
	size_t n = 0;

	for (size_t i = 0; all != NULL && i < 2 * m->n; i++) {
		const char *path = m->paths[i / 2];

		if (i % 2 != 0 &&
		    sign_flight_output(m->what, path, room, NULL) != FIRMA_OK)
			continue;
		all[n].is_output = i % 2 != 0;
		if ((all[n].name = strdup(i % 2 != 0 ? room : path)) == NULL) {
			places_free(all, n);
			return NULL;
		}
		n++;
	}
	if (all != NULL)
		qsort(all, n, sizeof(*all), compare_places);
	*ret_n = n;
	return all;
}

/*
 * Nothing is written twice, and nothing that is signed: the signature would be of
 * what was there before.
 */
static int
check_outputs(const struct many *m)
{
	size_t n = 0;
	struct place *all = places_of(m, &n);
	int status = 0;

	if (all == NULL)
		return say_failure(
		    FIRMA_ERR_NOMEM, NULL, NULL, "%s", m->what->key);
	for (size_t i = 1; i < n && status == 0; i++)
		if (all[i].is_output &&
		    strcmp(all[i - 1].name, all[i].name) == 0)
			status = all[i - 1].is_output
			    ? say_refusal(FIRMA_EXIT_USAGE,
				  _("name each file once, and those whose "
				    "results have the same name in two "
				    "commands"),
				  _("%s: it would be written twice"),
				  all[i].name)
			    : say_refusal(FIRMA_EXIT_USAGE,
				  _("leave it out, or sign it in a command of "
				    "its own"),
				  _("%s: another file's signature goes there"),
				  all[i].name);
	places_free(all, n);
	return status;
}

static int
check_paths(const struct many *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->paths[i], "-") == 0)
			return say_refusal(FIRMA_EXIT_USAGE, NULL, "%s",
			    _("standard input is signed alone"));
	return check_outputs(m);
}

int
sign_many(struct app *app, const struct args *a, const struct sign_many *what)
{
	FIRMA_OWN(many_done)
	struct many m = { .app = app,
		.what = what,
		.purpose = args_text(a, "purpose"),
		.paths = a->operands + 1,
		.n = (size_t)a->n_operands - 1 };
	int status;

	for (size_t i = 0; i < WINDOW; i++)
		m.flights[i] = SIGN_FLIGHT;
	if (m.purpose == NULL)
		m.purpose = "";
	if ((status = check_paths(&m)) != 0)
		return status;
	if ((status = begin(&m)) != 0)
		return status;
	pins_init(&m.pins, a);
	m.each.pins = &m.pins;
	m.window = 1;
	m.results = out_is_json() ? json_array() : NULL;
	run(&m);
	return tell(&m);
}
