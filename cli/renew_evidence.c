/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/renew_evidence.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "agent/base/own.h"
#include "cli/certificates.h"
#include "cli/evidence_collect.h"
#include "cli/file.h"
#include "cli/ledger.h"
#include "cli/stamp.h"
#include "cli/stamp_say.h"

struct writing {
	const char *dir;
	json_t *files, *missing;
};

static enum firma_err
put(struct writing *w, const char *name, struct firma_bytes v,
    struct firma_cause *cause)
{
	char path[FILE_PATH_MAX];
	enum firma_err r;

	if ((r = file_join(w->dir, name, path)) != FIRMA_OK ||
	    (r = file_write(path, 0644, v, cause)) != FIRMA_OK)
		return r;
	(void)json_array_append_new(w->files, json_string(name));
	if (!out_is_json())
		out_line("%s", path);
	return FIRMA_OK;
}

static enum firma_err
put_certificate(struct writing *w, const char *name, struct firma_bytes v,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	FIRMA_OWN(firma_buf_done) struct firma_buf pem = { 0 };
	enum firma_err r;

	if ((r = firma_certificate_parse(v, &c, cause)) != FIRMA_OK ||
	    (r = file_pem("CERTIFICATE", firma_certificate_der(c), &pem)) !=
		FIRMA_OK)
		return r;
	return put(w, name, firma_buf_view(&pem), cause);
}

static enum firma_err
documents(struct app *app, const struct renewal *of, struct writing *w,
    struct firma_cause *cause)
{
	for (size_t i = 0; i < evidence_n_pieces; i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf v = { 0 };
		enum firma_err r = renewals_document(
		    app, of->id, evidence_pieces[i].document, &v, cause);

		/* An unfinished renewal has some of them only, and not each
		 * procedure has all. */
		if (r == FIRMA_ERR_NOT_FOUND) {
			if (of->status == FIRMA_RENEWAL_OPEN)
				(void)json_array_append_new(w->missing,
				    json_string(evidence_pieces[i].file));
			continue;
		}
		if (r == FIRMA_OK)
			r = (evidence_pieces[i].is_certificate ? put_certificate
							       : put)(w,
			    evidence_pieces[i].file, firma_buf_view(&v), cause);
		if (r != FIRMA_OK)
			return r;
	}
	return FIRMA_OK;
}

static enum firma_err
add_line(void *arg, struct firma_bytes line)
{
	struct firma_buf *all = arg;
	enum firma_err r;

	if ((r = firma_buf_put(all, line)) != FIRMA_OK)
		return r;
	return firma_buf_put_u8(all, '\n');
}

static enum firma_err
write_all(struct app *app, const struct renewal *of, struct writing *w,
    const char *ca, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf ledger = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };
	char path[FILE_PATH_MAX];
	enum firma_err r;

	if ((r = file_join(w->dir, "letters", path)) != FIRMA_OK ||
	    (r = file_mkdirs(path, cause)) != FIRMA_OK ||
	    (r = documents(app, of, w, cause)) != FIRMA_OK ||
	    (r = ledger_read(app, 1, UINT64_MAX, add_line, &ledger, cause)) !=
		FIRMA_OK ||
	    (r = put(w, "ledger.jsonl", firma_buf_view(&ledger), cause)) !=
		FIRMA_OK)
		return r;
	if (ca == NULL)
		return FIRMA_OK;
	if ((r = file_read(ca, FIRMA_CERTIFICATE_PEM_MAX, &file, cause)) !=
	    FIRMA_OK)
		return r;
	return put_certificate(w, "ca.pem", firma_buf_view(&file), cause);
}

int
evidence_write(
    struct app *app, const struct renewal *of, const char *dir, const char *ca)
{
	struct writing w = { dir, json_array(), json_array() };
	struct firma_cause cause = { 0 };
	const enum firma_err r = write_all(app, of, &w, ca, &cause);
	const char *name;
	json_t *v;
	size_t i;

	if (r == FIRMA_OK && out_is_json()) {
		out_json(json_pack("{ss sO sO}", "dir", dir, "files", w.files,
		    "missing", w.missing));
	} else if (r == FIRMA_OK) {
		json_array_foreach(w.missing, i, v)
		{
			name = json_string_value(v);
			out_note(_("not there yet: %s"), name);
		}
	}
	json_decref(w.files);
	json_decref(w.missing);
	if (r != FIRMA_OK)
		return app_failure(
		    app, r, &cause, "%s", _("the evidence is not complete"));
	return FIRMA_EXIT_OK;
}

/* A stamp over SHA256SUMS, and so over all of it. */
static enum firma_err
add_stamp(
    const struct stamp_config *c, struct evidence *e, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf token = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf response = { 0 };
	const struct firma_bytes sums = evidence_find(e, EVIDENCE_SUMS);
	uint8_t sha256[FIRMA_SHA256];
	enum firma_err r;

	if (SHA256(sums.at, sums.len, sha256) == NULL)
		return FIRMA_ERR_INTERNAL;
	if ((r = stamp_ask(c, sha256, &token, cause)) != FIRMA_OK ||
	    (r = firma_timestamp_response(firma_buf_view(&token), &response)) !=
		FIRMA_OK)
		return r;
	return evidence_put(e, EVIDENCE_STAMP, firma_buf_view(&response));
}

static void
tell_zip(const char *path, const struct evidence *e, json_t *missing)
{
	json_t *files = json_array(), *v;
	size_t i;

	for (i = 0; i < e->n; i++)
		(void)json_array_append_new(files, json_string(e->at[i].name));
	if (out_is_json()) {
		out_json(json_pack("{ss so sO sb}", "zip", path, "files", files,
		    "missing", missing, "stamped",
		    evidence_find(e, EVIDENCE_STAMP).len != 0));
		return;
	}
	json_decref(files);
	out_line("%s", path);
	json_array_foreach(missing, i, v)
	{
		out_note(_("not there yet: %s"), json_string_value(v));
	}
}

static void
json_done(json_t **j)
{
	json_decref(*j);
	*j = NULL;
}

static int
write_zip(struct app *app, const struct renewal *r, const struct args *a,
    const struct stamp_config *tsa)
{
	FIRMA_OWN(evidence_done) struct evidence e = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf zip = { 0 };
	FIRMA_OWN(json_done) json_t *missing = json_array();
	const char *path = args_text(a, "zip");
	struct firma_cause cause = { 0 };
	enum firma_err f;

	f = evidence_collect(app, r, args_text(a, "ca"), &e, missing, &cause);
	if (f != FIRMA_OK)
		return app_failure(
		    app, f, &cause, "%s", _("the evidence is not complete"));
	if (tsa != NULL && (f = add_stamp(tsa, &e, &cause)) != FIRMA_OK) {
		const int status = stamp_failure(
		    f, &cause, _("nothing is written, there is no time stamp"));

		out_note("%s",
		    _("  -> without --timestamp the same evidence is written "
		      "at once, now or later"));
		return status;
	}
	if ((f = evidence_pack(&e, &zip, &cause)) != FIRMA_OK ||
	    (f = file_write(path, 0644, firma_buf_view(&zip), &cause)) !=
		FIRMA_OK)
		return say_failure(f, &cause, NULL, "%s", path);
	tell_zip(path, &e, missing);
	return FIRMA_EXIT_OK;
}

int
evidence_write_zip(
    struct app *app, const struct renewal *r, const struct args *a)
{
	FIRMA_OWN(stamp_config_done) struct stamp_config tsa = { 0 };
	const int wants_stamp = args_flag(a, "timestamp");
	const char *path = args_text(a, "zip");
	int status;

	if (access(path, F_OK) == 0 && !args_flag(a, "force"))
		return say_refusal(FIRMA_EXIT_FAILED,
		    _("name another file, or add --force"),
		    _("%s is there already"), path);
	if (wants_stamp && (status = stamp_configure(a, &tsa)) != 0)
		return status;
	return write_zip(app, r, a, wants_stamp ? &tsa : NULL);
}
