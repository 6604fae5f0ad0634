/* SPDX-License-Identifier: Apache-2.0 */
/* firma timestamp: a stamp over a file, or into a signature. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/pki/kind.h"
#include "cli/stamp.h"
#include "cli/stamp_say.h"

struct job {
	const char *path;
	char to[FILE_PATH_MAX];
	int is_signature; /* the stamp goes into it */
	struct firma_buf signature, out;
	uint8_t sha256[FIRMA_SHA256];
};

static void
job_done(struct job *j)
{
	firma_buf_done(&j->signature);
	firma_buf_done(&j->out);
}

/* A SignedData in DER, which is no stamp itself?  Then j->signature has it. */
static enum firma_err
look(struct job *j, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	uint8_t head[64];
	enum firma_err r;
	ssize_t n;

	if (strcmp(j->path, "-") == 0)
		return FIRMA_OK;
	if ((r = file_open(j->path, &fd, cause)) != FIRMA_OK)
		return r;
	n = pread(fd, head, sizeof(head), 0);
	if (n <= 0 ||
	    firma_kind_of(firma_bytes_of(head, (size_t)n)) != FIRMA_KIND_CMS)
		return FIRMA_OK;
	r = file_read(j->path, FIRMA_CMS_MAX + FIRMA_CMS_CONTENT_MAX,
	    &j->signature, cause);
	if (r == FIRMA_OK &&
	    !firma_timestamp_is_token(firma_buf_view(&j->signature)))
		j->is_signature = 1;
	return r;
}

/* 0, or the exit status of what has been said. */
static int
check_stamped(const struct job *j)
{
	FIRMA_OWN(firma_cms_stamps_done) struct firma_cms_stamps has = { 0 };
	struct firma_cause cause = { 0 };
	const enum firma_err r = firma_cms_stamps(firma_buf_view(&j->signature),
	    firma_bytes_of(NULL, 0), &has, &cause);

	if (r != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", j->path);
	if (has.n != 0)
		return say_refusal(FIRMA_EXIT_FAILED,
		    _("`firma verify` shows it; --force adds another"),
		    _("%s: there is a time stamp in it already"), j->path);
	return 0;
}

static int
choose_output(const struct args *a, struct job *j)
{
	const char *to = args_text(a, "output");

	if (to == NULL && strcmp(j->path, "-") == 0)
		to = "-";
	if (to != NULL && strcmp(to, "-") == 0 && isatty(STDOUT_FILENO))
		return say_refusal(FIRMA_EXIT_USAGE,
		    _("name a file with --output"), "%s",
		    _("a time stamp is no text for a terminal"));
	(void)snprintf(j->to, sizeof(j->to), "%.4080s%s",
	    to != NULL ? to : j->path,
	    to != NULL || j->is_signature ? "" : ".tsr");
	if (args_flag(a, "force"))
		return 0;
	/* An earlier stamp says more than a later one. */
	if ((!j->is_signature || to != NULL) && strcmp(j->to, "-") != 0 &&
	    access(j->to, F_OK) == 0)
		return say_refusal(FIRMA_EXIT_FAILED,
		    _("name another file with --output, or add --force"),
		    _("%s is there already"), j->to);
	return j->is_signature ? check_stamped(j) : 0;
}

static enum firma_err
stamp_it(struct job *j, const struct stamp_config *c, struct firma_buf *token,
    struct firma_cause *cause)
{
	size_t n = 0;
	enum firma_err r;

	r = j->is_signature
	    ? firma_cms_signature_sha256(
		  firma_buf_view(&j->signature), j->sha256, cause)
	    : file_digest(
		  j->path, FIRMA_DOCUMENT_MAX, "sha256", j->sha256, &n, cause);
	if (r != FIRMA_OK ||
	    (r = stamp_ask(c, j->sha256, token, cause)) != FIRMA_OK)
		return r;
	return j->is_signature
	    ? firma_cms_stamp(firma_buf_view(&j->signature),
		  firma_buf_view(token), &j->out, cause)
	    : firma_timestamp_response(firma_buf_view(token), &j->out);
}

static int
tell(const struct job *j, const struct firma_buf *token)
{
	FIRMA_OWN(firma_timestamp_done) struct firma_timestamp t = { 0 };
	const struct firma_timestamp_expect any = { 0 };
	enum firma_err verdict = FIRMA_OK;
	char at[STAMP_TIME];
	json_t *json;
	enum firma_err r;

	r = firma_timestamp_read(
	    firma_buf_view(token), &any, &t, &verdict, NULL);
	if (r != FIRMA_OK)
		return say_failure(r, NULL, NULL, "%s", j->to);
	if (out_is_json()) {
		json = stamp_json(&t);
		(void)json_object_set_new(json, "file", json_string(j->to));
		(void)json_object_set_new(
		    json, "in_signature", json_boolean(j->is_signature));
		out_json(json);
	} else {
		out_note(_("%s: stamped at %s by %s"), j->to,
		    stamp_time(t.at, at), t.name);
	}
	return FIRMA_EXIT_OK;
}

static int
timestamp(struct app *app, const struct args *a)
{
	FIRMA_OWN(job_done) struct job j = { .path = args_operand(a, 0) };
	FIRMA_OWN(stamp_config_done) struct stamp_config c = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf token = { 0 };
	struct firma_cause cause = { 0 };
	enum firma_err r;
	int status;

	(void)app;
	if (!args_flag(a, "beside") && (r = look(&j, &cause)) != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", j.path);
	if ((status = choose_output(a, &j)) != 0 ||
	    (status = stamp_configure(a, &c)) != 0)
		return status;
	r = stamp_it(&j, &c, &token, &cause);
	if (r == FIRMA_ERR_NOT_SUPPORTED)
		return say_refusal(firma_err_exit(r),
		    _("--beside writes a stamp over the file as it is"),
		    "%s: %s", j.path, cause.what);
	if (r != FIRMA_OK)
		return stamp_failure(r, &cause, _("there is no time stamp"));
	r = file_write(j.to, 0644, firma_buf_view(&j.out), &cause);
	if (r != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", j.to);
	return tell(&j, &token);
}

static const struct option_desc options[] = {
	STAMP_OPTIONS,
	{ "output", 'o', OPTION_TEXT, N_("FILE"),
	    N_("write it there (default: FILE.tsr; into a signature: FILE)") },
	{ "beside", 0, OPTION_FLAG, NULL,
	    N_("a file of its own, though FILE is a signature") },
	{ "force", 0, OPTION_FLAG, NULL,
	    N_("replace a stamp that is there; add one to a signature that has "
	       "one") },
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

const struct command timestamp_commands[] = {
	{ "timestamp", N_("FILE"),
	    N_("have an authority say that it saw a file or a signature now"),
	    options, 1, 1, timestamp },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
