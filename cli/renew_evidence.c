/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/renew_evidence.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "agent/base/own.h"
#include "cli/evidence_collect.h"
#include "cli/file.h"
#include "cli/signing.h"
#include "cli/stamp.h"
#include "cli/stamp_say.h"

#define AT_ONCE ((size_t)64 * 1024)

/* ---- what holds it together ---- */

/* 0, or the exit status of what has been said. */
static int
add_signature(struct app *app, const struct args *a, const struct renewal *r,
    struct evidence *e)
{
	FIRMA_OWN(firma_signed_done) struct firma_signed got = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf cms = { 0 };
	const char *key = args_text(a, "sign-with");
	char purpose[64];
	const struct signing ask = { key, FIRMA_SIGN_CMS_DETACHED,
		EVIDENCE_SUMS, purpose, evidence_find(e, EVIDENCE_SUMS) };
	enum firma_err f;
	int status;

	/* Not "renewal N ...": it is no step of it. */
	(void)snprintf(purpose, sizeof(purpose), "evidence of renewal %llu",
	    (unsigned long long)r->id);
	if ((status = signing_do(app, a, &ask, &cms, &got)) != 0) {
		out_note("%s",
		    _("  -> nothing is written; without --sign-with the same "
		      "evidence is written unsigned"));
		return status;
	}
	if ((f = evidence_put(e, EVIDENCE_SEAL, firma_buf_view(&cms))) !=
	    FIRMA_OK)
		return say_failure(f, NULL, NULL, "%s", EVIDENCE_SEAL);
	if (strcmp(key, r->new_key) != 0 && strcmp(key, r->old_key) != 0)
		out_note(_("%s is not this renewal's key: who verifies the "
			   "evidence is told that another signed it"),
		    key);
	return 0;
}

/* A stamp over SHA256SUMS, and so over all of it. */
static enum firma_err
ask_stamp(
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

static int
add_stamp(const struct stamp_config *c, struct evidence *e)
{
	struct firma_cause cause = { 0 };
	const enum firma_err f = ask_stamp(c, e, &cause);
	int status;

	if (f == FIRMA_OK)
		return 0;
	status = stamp_failure(
	    f, &cause, _("nothing is written, there is no time stamp"));
	out_note("%s",
	    _("  -> without --timestamp the same evidence is written "
	      "at once, now or later"));
	return status;
}

/* ---- where it is written to ---- */

static enum firma_err
put_octets(void *arg, struct firma_bytes octets)
{
	return file_put(*(const int *)arg, octets, NULL);
}

static enum firma_err
fill_zip(void *arg, int fd, struct firma_cause *cause)
{
	return evidence_pack(arg, put_octets, &fd, cause);
}

/* ledger.jsonl, from the file where it waits. */
static enum firma_err
fill_ledger(void *arg, int fd, struct firma_cause *cause)
{
	const struct evidence *e = arg;
	FIRMA_OWN(firma_mem_done) uint8_t *piece = malloc(AT_ONCE);
	uint64_t at = 0;
	enum firma_err r;
	ssize_t n;

	if (piece == NULL)
		return FIRMA_ERR_NOMEM;
	while ((n = pread(e->spool, piece, AT_ONCE, (off_t)at)) > 0) {
		r = file_put(fd, firma_bytes_of(piece, (size_t)n), cause);
		if (r != FIRMA_OK)
			return r;
		at += (uint64_t)n;
	}
	return at == e->entries.size ? FIRMA_OK : FIRMA_ERR_IO;
}

static enum firma_err
write_folder(struct evidence *e, const char *dir, struct firma_cause *cause)
{
	char path[FILE_PATH_MAX];
	enum firma_err r;

	/* Of an earlier time, over other files. */
	if (!evidence_has(e, EVIDENCE_SEAL) &&
	    file_join(dir, EVIDENCE_SEAL, path) == FIRMA_OK)
		(void)unlink(path);
	if (!evidence_has(e, EVIDENCE_STAMP) &&
	    file_join(dir, EVIDENCE_STAMP, path) == FIRMA_OK)
		(void)unlink(path);
	for (size_t i = 0; i < e->n; i++) {
		const struct evidence_file *f = &e->at[i];

		if ((r = file_join(dir, f->name, path)) != FIRMA_OK)
			return r;
		r = e->has_spool && strcmp(f->name, EVIDENCE_LEDGER) == 0
		    ? file_write_by(path, 0644, fill_ledger, e, cause)
		    : file_write(
			  path, 0644, firma_buf_view(&f->content), cause);
		if (r != FIRMA_OK)
			return r;
	}
	return FIRMA_OK;
}

/* Its folders; nothing when a ZIP is written. */
FIRMA_CHECKED static enum firma_err
make_folder(const char *dir, struct firma_cause *cause)
{
	char path[FILE_PATH_MAX];
	enum firma_err r;

	if (dir == NULL)
		return FIRMA_OK;
	if ((r = file_join(dir, "letters", path)) != FIRMA_OK)
		return r;
	return file_mkdirs(path, cause);
}

/* ---- what is told ---- */

/* The entries of others are for nobody's eyes but the operator's to decide. */
static void
tell_others(const struct evidence *e)
{
	if (e->entries.n_others != 0)
		out_note(_("%llu entries of other work are in ledger.jsonl, "
			   "with names of files and digests: think of who "
			   "gets it"),
		    (unsigned long long)e->entries.n_others);
	if (!evidence_has(e, EVIDENCE_SEAL) && !evidence_has(e, EVIDENCE_STAMP))
		out_note("%s",
		    _("it has no signature and no time stamp, and so nothing "
		      "shows whether its end was cut off later: --sign-with "
		      "KEY, --timestamp"));
}

static void
tell(const struct args *a, const struct evidence *e, const json_t *missing)
{
	const char *dir = args_text(a, "dir"), *zip = args_text(a, "zip");
	json_t *files = json_array(), *v;
	char path[FILE_PATH_MAX];
	size_t i;

	for (i = 0; i < e->n; i++)
		(void)json_array_append_new(files, json_string(e->at[i].name));
	if (out_is_json()) {
		out_json(json_pack("{ss so sO sI sb sb}",
		    zip != NULL ? "zip" : "dir", zip != NULL ? zip : dir,
		    "files", files, "missing", missing, "other_entries",
		    (json_int_t)e->entries.n_others, "signed",
		    evidence_has(e, EVIDENCE_SEAL), "stamped",
		    evidence_has(e, EVIDENCE_STAMP)));
		return;
	}
	json_decref(files);
	if (zip != NULL)
		out_line("%s", zip);
	for (i = 0; zip == NULL && i < e->n; i++)
		if (file_join(dir, e->at[i].name, path) == FIRMA_OK)
			out_line("%s", path);
	json_array_foreach((json_t *)(uintptr_t)missing, i, v)
	{
		out_note(_("not there yet: %s"), json_string_value(v));
	}
	tell_others(e);
}

/* ---- all of it ---- */

static void
json_done(json_t **j)
{
	json_decref(*j);
	*j = NULL;
}

/* A seal that `firma verify` would refuse is not made. */
static int
check_seal(const struct renewal *r, const char *key)
{
	if (key == NULL || strcmp(key, r->old_key) != 0 ||
	    (r->status != FIRMA_RENEWAL_COMPLETE &&
		r->status != FIRMA_RENEWAL_RETIRED))
		return 0;
	return say_refusal(FIRMA_EXIT_REJECTED,
	    _("seal it with the new key: --sign-with, and its name"),
	    _("%s: the old certificate's key does not vouch for a renewal that "
	      "is complete"),
	    key);
}

static int
write_it(struct app *app, const struct renewal *r, const struct args *a,
    const struct stamp_config *tsa)
{
	FIRMA_OWN(evidence_done) struct evidence e = { 0 };
	FIRMA_OWN(json_done) json_t *missing = json_array();
	const char *zip = args_text(a, "zip"), *dir = args_text(a, "dir");
	const char *path = zip != NULL ? zip : dir;
	struct firma_cause cause = { 0 };
	char inside[FILE_PATH_MAX];
	const struct evidence_how how = { zip != NULL ? zip : inside,
		args_text(a, "ca"), args_text(a, "sign-with"), tsa != NULL };
	enum firma_err f;
	int status;

	if ((status = check_seal(r, how.signed_with)) != 0)
		return status;
	if ((f = make_folder(dir, &cause)) == FIRMA_OK && dir != NULL)
		f = file_join(dir, EVIDENCE_LEDGER, inside);
	if (f == FIRMA_OK)
		f = evidence_collect(app, r, &how, &e, missing, &cause);
	if (f != FIRMA_OK)
		return app_failure(
		    app, f, &cause, "%s", _("the evidence is not complete"));
	if (how.signed_with != NULL &&
	    (status = add_signature(app, a, r, &e)) != 0)
		return status;
	if (tsa != NULL && (status = add_stamp(tsa, &e)) != 0)
		return status;
	f = dir != NULL ? write_folder(&e, dir, &cause)
			: file_write_by(zip, 0644, fill_zip, &e, &cause);
	if (f != FIRMA_OK)
		return say_failure(f, &cause, NULL, "%s", path);
	tell(a, &e, missing);
	return FIRMA_EXIT_OK;
}

int
evidence_write(struct app *app, const struct renewal *r, const struct args *a)
{
	FIRMA_OWN(stamp_config_done) struct stamp_config tsa = { 0 };
	const int wants_stamp = args_flag(a, "timestamp");
	const char *zip = args_text(a, "zip");
	int status;

	if (zip != NULL && access(zip, F_OK) == 0 && !args_flag(a, "force"))
		return say_refusal(FIRMA_EXIT_FAILED,
		    _("name another file, or add --force"),
		    _("%s is there already"), zip);
	if (wants_stamp && (status = stamp_configure(a, &tsa)) != 0)
		return status;
	return write_it(app, r, a, wants_stamp ? &tsa : NULL);
}
