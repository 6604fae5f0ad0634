/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/renew_evidence.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/own.h"
#include "cli/certificates.h"
#include "cli/file.h"
#include "cli/ledger.h"
#include "cli/renewals.h"

/* Which document of the store becomes which file. */
static const struct {
	const char *document, *file;
	int is_certificate; /* written as PEM */
} pieces[] = {
	{ "old", "old.pem", 1 },
	{ "new", "new.pem", 1 },
	{ "request", "request.csr", 0 },
	{ "terms", "letters/terms.pdf", 0 },
	{ "terms.old", "letters/terms.old.p7s", 0 },
	{ "terms.new", "letters/terms.new.p7s", 0 },
	{ "conditions", "letters/conditions.pdf", 0 },
	{ "conditions.new", "letters/conditions.new.p7s", 0 },
	{ "login", "login.p7m", 0 },
	{ "challenge", "challenge.txt", 0 },
};
#define N_PIECES (sizeof(pieces) / sizeof(pieces[0]))

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
documents(struct app *app, uint64_t renewal, struct writing *w,
    struct firma_cause *cause)
{
	for (size_t i = 0; i < N_PIECES; i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf v = { 0 };
		enum firma_err r = renewals_document(
		    app, renewal, pieces[i].document, &v, cause);

		/* An unfinished renewal has some of them only. */
		if (r == FIRMA_ERR_NOT_FOUND) {
			(void)json_array_append_new(
			    w->missing, json_string(pieces[i].file));
			continue;
		}
		if (r == FIRMA_OK)
			r = (pieces[i].is_certificate ? put_certificate : put)(
			    w, pieces[i].file, firma_buf_view(&v), cause);
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
write_all(struct app *app, uint64_t renewal, struct writing *w, const char *ca,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf ledger = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };
	char path[FILE_PATH_MAX];
	enum firma_err r;

	if ((r = file_join(w->dir, "letters", path)) != FIRMA_OK ||
	    (r = file_mkdirs(path, cause)) != FIRMA_OK ||
	    (r = documents(app, renewal, w, cause)) != FIRMA_OK ||
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
    struct app *app, uint64_t renewal, const char *dir, const char *ca)
{
	struct writing w = { dir, json_array(), json_array() };
	struct firma_cause cause = { 0 };
	const enum firma_err r = write_all(app, renewal, &w, ca, &cause);
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
