/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sign_many.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/pki/cms.h"
#include "cli/file.h"
#include "cli/pin.h"
#include "cli/sign_large.h"

#define WINDOW 8 /* requests that the agent has at a time */

/* One that was asked for and not answered. */
struct flight {
	uint64_t id; /* 0: none */
	const char *path;
	int fd;         /* the sealed document, or -1 */
	int is_by_hash; /* a long one: only its digest was sent */
};

struct many {
	struct app *app;
	const char *key, *purpose;
	enum firma_sign_format format;
	char **paths;
	size_t n, next, n_signed, n_failed;
	struct flight flights[WINDOW];
	int must_seal;   /* the key signs no digest */
	int is_over;     /* nothing more is sent: what failed will fail again */
	int status;      /* of the first failure */
	json_t *results; /* with --json */
};

static void
many_done(struct many *m)
{
	for (size_t i = 0; i < WINDOW; i++)
		firma_fd_done(&m->flights[i].fd);
	json_decref(m->results);
}

static void
failed(struct many *m, const char *path, enum firma_err r,
    const struct firma_cause *cause)
{
	const int status = app_failure(m->app, r, cause, "%s", path);

	m->n_failed++;
	if (m->status == FIRMA_EXIT_OK)
		m->status = status;
	if (m->results != NULL)
		(void)json_array_append_new(m->results,
		    json_pack(
			"{ss ss}", "file", path, "error", firma_err_name(r)));
}

/* The next file goes to the agent. */
static enum firma_err
send_one(struct many *m, struct flight *f, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int in = -1;
	const size_t max = firma_sign_is_attached(m->format)
	    ? FIRMA_CMS_CONTENT_MAX
	    : FIRMA_DOCUMENT_MAX;
	FIRMA_OWN(firma_buf_done) struct firma_buf digest = { 0 };
	char name[FILE_NAME_ROOM];
	struct firma_msg_sign ask = { firma_str_of(m->key), (uint32_t)m->format,
		firma_str_of(file_name(f->path, name)),
		firma_str_of(m->purpose), firma_bytes_of(NULL, 0), 0 };
	enum firma_err r;

	if ((r = file_open(f->path, &in, cause)) != FIRMA_OK)
		return r;
	f->is_by_hash = !m->must_seal && m->format <= FIRMA_SIGN_CMS_DETACHED &&
	    sign_large_is(in);
	r = f->is_by_hash ? sign_large_hash(in, &digest, cause)
			  : firma_memfd_from_fd(in, max, &f->fd, cause);
	if (r != FIRMA_OK)
		return r;
	ask.sha256 = firma_buf_view(&digest);
	r = firma_client_send(m->app->client, FIRMA_MSG_sign, &ask, f->fd,
	    firma_after(APP_SIGN * FIRMA_S), &f->id, cause);
	if (r == FIRMA_ERR_AGENT_GONE)
		m->is_over = 1;
	return r;
}

/* As many as the agent is to have at a time. */
static void
send_some(struct many *m)
{
	for (size_t i = 0; i < WINDOW && m->next < m->n && !m->is_over; i++) {
		struct flight *f = &m->flights[i];
		struct firma_cause cause = { 0 };
		enum firma_err r;

		if (f->id != 0)
			continue;
		f->path = m->paths[m->next++];
		if ((r = send_one(m, f, &cause)) != FIRMA_OK) {
			failed(m, f->path, r, &cause);
			f->id = 0;
			firma_fd_done(&f->fd);
		}
	}
}

/* The signature, with the content in it where the format wants that. */
static enum firma_err
write_one(const struct many *m, const struct flight *f,
    const struct firma_msg_signed *got, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf whole = { 0 };
	struct firma_bytes content = { NULL, 0 };
	char path[FILE_PATH_MAX];
	enum firma_err r;
	const int n = snprintf(
	    path, sizeof(path), "%s%s", f->path, sign_suffix(m->format));

	if (n < 0 || (size_t)n >= sizeof(path))
		return FIRMA_ERR_LIMIT;
	if (!firma_sign_is_attached(m->format))
		return file_write(path, 0644, got->signature, cause);
	r = firma_memfd_map(f->fd, FIRMA_CMS_CONTENT_MAX, &content, cause);
	if (r == FIRMA_OK)
		r = firma_cms_attach(got->signature, content, &whole, cause);
	firma_memfd_unmap(&content);
	return r == FIRMA_OK
	    ? file_write(path, 0644, firma_buf_view(&whole), cause)
	    : r;
}

static void
signed_one(
    struct many *m, const struct flight *f, const struct firma_msg_signed *got)
{
	struct firma_cause cause = { 0 };
	const enum firma_err r = write_one(m, f, got, &cause);
	char hex[65];

	if (r != FIRMA_OK) {
		failed(m, f->path, r, &cause);
		/* What cannot be kept is not signed. */
		m->is_over |= r == FIRMA_ERR_DISK_FULL;
		return;
	}
	m->n_signed++;
	if (m->results == NULL)
		return;
	firma_hex(got->sha256, hex);
	(void)json_array_append_new(m->results,
	    json_pack("{so* ss ss sI so*}", "file", json_string(f->path),
		"format", firma_sign_format_name(m->format), "sha256", hex,
		"ledger_seq", (json_int_t)got->ledger_seq, "signature",
		json_sprintf("%s%s", f->path, sign_suffix(m->format))));
}

static struct flight *
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

/* FIRMA_OK, or what ends it for all that are under way. */
static enum firma_err
take_answer(struct many *m, struct firma_cause *cause)
{
	struct firma_client_answer a = { .fd = -1 };
	struct flight *f;
	enum firma_err r;

	r = firma_client_receive(
	    m->app->client, firma_after(APP_SIGN * FIRMA_S), &a, cause);
	if (r != FIRMA_OK)
		return r;
	/* A key that wants its PIN each time asks for it here. */
	if (a.fd >= 0)
		(void)close(a.fd);
	if (a.type == FIRMA_MSG_pin_channel)
		return firma_fail(cause, FIRMA_ERR_PIN_NEEDED, FIRMA_CAUSE_NONE,
		    0,
		    "the key wants its PIN for each signature: sign one file "
		    "at a time");
	if ((f = flight_of(m, a.id)) == NULL || !a.is_last)
		return FIRMA_OK;
	if (a.err == FIRMA_ERR_DENIED && f->is_by_hash && !m->must_seal) {
		/* Once more, with the document: rule no-digest, if any. */
		m->must_seal = 1;
		if ((r = send_one(m, f, cause)) == FIRMA_OK)
			return FIRMA_OK;
		failed(m, f->path, r, cause);
	} else if (a.type == FIRMA_MSG_signed) {
		signed_one(m, f, a.msg);
	} else {
		r = a.err != FIRMA_OK ? a.err : FIRMA_ERR_SHAPE;
		failed(m, f->path, r, cause);
		m->is_over |= !is_of_the_file(r);
	}
	f->id = 0;
	firma_fd_done(&f->fd);
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

static void
run(struct many *m)
{
	for (;;) {
		struct firma_cause cause = { 0 };
		enum firma_err r;

		send_some(m);
		if (!are_under_way(m))
			break;
		out_progress(_("signed %zu of %zu"), m->n_signed, m->n);
		out_tick(NULL);
		if ((r = take_answer(m, &cause)) != FIRMA_OK)
			lost(m, r, &cause);
	}
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
	out_note(_("signed with key %s: %zu of %zu files"), m->key, m->n_signed,
	    m->n);
	if (left != 0)
		out_note(
		    _("not tried: %zu, from %s on"), left, m->paths[m->next]);
	return m->status;
}

int
sign_many(struct app *app, const struct args *a, const char *key,
    enum firma_sign_format format)
{
	FIRMA_OWN(many_done)
	struct many m = { .app = app,
		.key = key,
		.purpose = args_text(a, "purpose"),
		.format = format,
		.paths = a->operands + 1,
		.n = (size_t)a->n_operands - 1 };
	struct pins pins;
	int status;

	for (size_t i = 0; i < WINDOW; i++)
		m.flights[i].fd = -1;
	if (m.purpose == NULL)
		m.purpose = "";
	for (size_t i = 0; i < m.n; i++)
		if (strcmp(m.paths[i], "-") == 0)
			return say_refusal(FIRMA_EXIT_USAGE, NULL, "%s",
			    _("standard input is signed alone"));
	pins_init(&pins, a);
	if ((status = unlock_key(app, &pins, key)) != 0)
		return status;
	m.results = out_is_json() ? json_array() : NULL;
	run(&m);
	return tell(&m);
}
