/* SPDX-License-Identifier: Apache-2.0 */
/* firma verify: what is this file, and does it verify?  Without the agent. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/fd.h"
#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/base/spawn.h"
#include "cli/certificates.h"
#include "cli/confine.h"
#include "cli/evidence_check.h"
#include "cli/explain.h"
#include "cli/explain_pdf.h"
#include "cli/file.h"
#include "cli/pin.h"
#include "cli/stamp.h"
#include "cli/stamp_say.h"

#define DIGEST_MAX 64 /* octets: SHA-512 */

/* What is read beside the file, for as long as it is explained. */
struct beside {
	struct firma_buf content;
	struct firma_secret password;
	struct firma_certificate *ca;
	struct firma_buf tsa_ca;
	uint8_t digest[DIGEST_MAX];
	struct explain_with with;
};

static void
beside_done(struct beside *b)
{
	firma_buf_done(&b->content);
	firma_buf_done(&b->tsa_ca);
	firma_secret_done(&b->password);
	firma_certificate_free(b->ca);
}

/* "terms.pdf.p7s" and ".tsr" are beside "terms.pdf", when that exists. */
static int
content_beside(const char *path, char *ret, size_t size)
{
	static const char *const ends[] = { ".p7s", ".tsr", ".tst" };
	const size_t n = strlen(path);
	int is_one = 0;

	if (n < 5 || n >= size)
		return 0;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		is_one |= strcmp(path + n - 4, ends[i]) == 0;
	(void)snprintf(ret, size, "%.*s", (int)(n - 4), path);
	return is_one && access(ret, R_OK) == 0;
}

/* The digest that a stamp is over: "sha256", "sha384", "sha512". */
static void
imprint_of(struct firma_bytes stamp, char ret[16])
{
	FIRMA_OWN(firma_timestamp_done) struct firma_timestamp t = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf token = { 0 };
	const struct firma_timestamp_expect none = { 0 };
	enum firma_err says;

	(void)snprintf(ret, 16, "sha256");
	if (!firma_timestamp_is_token(stamp)) {
		if (firma_timestamp_open(stamp, &token, NULL) != FIRMA_OK)
			return;
		stamp = firma_buf_view(&token);
	}
	if (firma_timestamp_read(stamp, &none, &t, &says, NULL) == FIRMA_OK &&
	    t.imprint[0] != '\0')
		(void)snprintf(ret, 16, "%s", t.imprint);
}

/*
 * stamp: the file, when it is one; else empty.
 * 0, or the exit status of what has been said.
 */
static int
read_content(const struct args *a, const char *path, struct firma_bytes stamp,
    struct beside *b)
{
	const int is_stamp = stamp.len != 0;
	char md[16];
	size_t n = 0;
	const char *content = args_text(a, "content");
	char guess[FILE_PATH_MAX];
	struct firma_cause cause = { 0 };
	enum firma_err r;

	if (content == NULL && content_beside(path, guess, sizeof(guess)))
		content = guess;
	if (content == NULL)
		return 0;
	r = file_read(content, FIRMA_CMS_CONTENT_MAX, &b->content, &cause);
	/* A stamp may be over more than is held in memory. */
	if (r == FIRMA_ERR_LIMIT && is_stamp) {
		imprint_of(stamp, md);
		r = file_digest(
		    content, FIRMA_DOCUMENT_MAX, md, b->digest, &n, &cause);
		b->with.content_digest = firma_bytes_of(b->digest, n);
	}
	if (r != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", content);
	b->with.content = firma_buf_view(&b->content);
	/* An empty file is something to compare with, too. */
	if (is_stamp && b->content.len == 0)
		b->with.content = firma_bytes_of("", 0);
	return 0;
}

static int
read_ca(const struct args *a, struct beside *b)
{
	const char *path = args_text(a, "ca");
	struct firma_cause cause = { 0 };
	enum firma_err r;

	if (path == NULL)
		return 0;
	if ((r = certificates_file(path, &b->ca, &cause)) != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", path);
	b->with.ca = b->ca;
	return 0;
}

/* Only when an option says so: this command asks nobody by itself. */
static int
read_password(const struct args *a, const char *path, struct beside *b)
{
	const char *file = args_text(a, "password-file");
	struct firma_cause cause = { 0 };
	char text[512];
	enum firma_err r;

	if (file == NULL && !args_flag(a, "ask-password"))
		return 0;
	(void)snprintf(text, sizeof(text),
	    _("The password of the private key in %.400s."), path);
	r = pin_password(file, text, _("Password"), &b->password, &cause);
	if (r != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", path);
	b->with.has_password = 1;
	b->with.password = firma_secret_view(&b->password);
	return 0;
}

/* Each part that does not verify, in a line of its own. */
static void
complain(const struct explanation *e, const char *path)
{
	const char *name = e->name[0] != '\0' ? e->name : path;

	if (e->kind == FIRMA_KIND_CMS && e->verdict == FIRMA_ERR_SIGNATURE &&
	    !e->cms.is_attached)
		(void)say_refusal(FIRMA_EXIT_INVALID,
		    _("if the content is in a file of its own: --content "
		      "FILE"),
		    _("%s: the signature does not verify"), name);
	else if (e->verdict != FIRMA_OK)
		(void)(e->kind == FIRMA_KIND_STAMP
			? stamp_failure(e->verdict, &e->cause, name)
			: say_failure(e->verdict, &e->cause, NULL, "%s", name));
	for (size_t i = 0; i < e->stamps.n; i++)
		if (e->stamps.at[i].verdict != FIRMA_OK)
			(void)stamp_failure(e->stamps.at[i].verdict,
			    &e->stamps.at[i].cause, name);
	if (e->has_relation && !e->relation.is_new_key)
		(void)say_refusal(FIRMA_EXIT_REJECTED,
		    _("a renewal wants a new key: make one, and a request "
		      "for it"),
		    _("%s: the requested key is the signer's own"), name);
	if (e->has_relation && e->relation.identity == FIRMA_RELATION_OTHER)
		(void)say_refusal(FIRMA_EXIT_REJECTED,
		    _("compare 2.5.4.45 and 2.5.4.5 of the request and of "
		      "the certificate"),
		    _("%s: the request names another than the signer"), name);
	for (size_t i = 0; i < e->n_parts; i++)
		complain(&e->parts[i], name);
}

static int
no_tsa_ca(void)
{
	return say_refusal(FIRMA_EXIT_UNREADABLE,
	    _("give their certificates in PEM"), "%s",
	    _("--tsa-ca: there is no certificate in it"));
}

/* What --output would have written. */
static int
nothing_inside(const char *path)
{
	return say_refusal(FIRMA_EXIT_FAILED,
	    _("--output is for a signature with the content in it (.p7m)"),
	    _("%s: there is no content in it, nothing is written"), path);
}

/* to: where the content goes, behind an octet that says there is some; or -1. */
static int
tell(const char *path, struct firma_bytes file, const struct beside *b, int to)
{
	FIRMA_OWN(explanation_done) struct explanation e = { 0 };
	enum firma_err r;
	int status;

	r = explain(file, &b->with, &e);
	if (r == FIRMA_ERR_CONFIG)
		return no_tsa_ca();
	if (r != FIRMA_OK)
		return say_failure(r, NULL, NULL, "%s", path);
	status = (int)explanation_exit(&e);
	if (out_is_json())
		out_json(explanation_json(&e, b->ca));
	else
		explanation_text(&e, path, b->ca);
	complain(&e, path);
	if (to < 0 || e.verdict != FIRMA_OK)
		return status;
	if (!e.cms.is_attached)
		return status != 0 ? status : nothing_inside(path);
	if ((r = firma_fd_write(to, firma_bytes_of("c", 1))) != FIRMA_OK ||
	    (r = firma_fd_write(to, firma_buf_view(&e.cms.content))) !=
		FIRMA_OK)
		return say_failure(r, NULL, NULL, "%s", path);
	return status;
}

/* The ZIP of `firma renew evidence`: in memory, or where it lies. */
static int
verify_evidence(
    const char *path, int in, struct firma_bytes file, const struct beside *b)
{
	FIRMA_OWN(evidence_done) struct evidence e = { 0 };
	FIRMA_OWN(evidence_findings_done) struct evidence_findings f = { 0 };
	const struct evidence_with with = { b->ca, firma_buf_view(&b->tsa_ca) };
	struct firma_cause cause = { 0 };
	enum firma_err r;

	r = file.at != NULL ? evidence_unpack(file, &e, &cause)
			    : evidence_unpack_fd(in, &e, &cause);
	if (r == FIRMA_ERR_NOMEM || r == FIRMA_ERR_INTERNAL)
		return say_failure(r, &cause, NULL, "%s", path);
	if (r != FIRMA_OK)
		return say_refusal(FIRMA_EXIT_UNREADABLE,
		    _("do not unpack it; ask for the evidence again where it "
		      "was made"),
		    "%s: %s", path, cause.what);
	if ((r = evidence_judge(&e, &with, &f)) == FIRMA_ERR_CONFIG)
		return no_tsa_ca();
	if (r != FIRMA_OK)
		return say_failure(r, NULL, NULL, "%s", path);
	evidence_say(&f, path);
	return (int)evidence_exit(&f);
}

/* All is read.  0, or the exit status of what has been said. */
static int
confine(void)
{
	struct firma_cause cause = { 0 };
	const enum firma_err r = confine_reading(&cause);

	/* untranslated: the command's name */
	return r == FIRMA_OK ? 0 : say_failure(r, &cause, NULL, "verify");
}

/* What came out of it goes to --output; nothing, when there is no content. */
static int
write_content(const char *output, int from)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf got = { 0 };
	struct firma_cause cause = { 0 };
	char self[32];
	enum firma_err r;

	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", from);
	r = file_read(self, FIRMA_CMS_CONTENT_MAX + 1, &got, &cause);
	if (r != FIRMA_OK || got.len == 0)
		return r == FIRMA_OK
		    ? 0
		    : say_failure(r, &cause, NULL, "%s", output);
	r = file_write(
	    output, 0644, firma_bytes_of(got.at + 1, got.len - 1), &cause);
	return r == FIRMA_OK ? 0 : say_failure(r, &cause, NULL, "%s", output);
}

struct apart {
	const char *path;
	struct firma_bytes file;
	const struct beside *beside;
	int to;
};

static int
tell_confined(void *arg)
{
	const struct apart *x = arg;
	const int status = confine();

	return status != 0 ? status : tell(x->path, x->file, x->beside, x->to);
}

/*
 * With --output: the file is taken apart by a process that may write nothing, and
 * what was in it is written by this one, which did not look at it.
 */
static int
tell_apart(const struct args *a, const char *path, struct firma_bytes file,
    const struct beside *b)
{
	FIRMA_OWN(firma_fd_done) int to = memfd_create("content", MFD_CLOEXEC);
	struct apart x = { path, file, b, to };
	struct firma_cause cause = { 0 };
	int status = 0, written;
	enum firma_err r;

	r = to < 0 ? firma_fail_errno(&cause, "memfd_create")
		   : firma_spawn_apart(tell_confined, &x, &status, &cause);
	if (r != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", path);
	if (status < 0)
		return say_refusal(FIRMA_EXIT_UNREADABLE,
		    _("do not trust it; nothing of it was written"),
		    _("%s: it ended the process that read it"), path);
	written = write_content(args_text(a, "output"), to);
	return status != 0 ? status : written;
}

static int
tell_pdf(const char *path, int document, const struct beside *b)
{
	FIRMA_OWN(explained_pdf_done) struct explained_pdf e = { 0 };
	struct firma_cause cause = { 0 };
	enum firma_err r;

	r = explain_pdf(
	    document, 1, b->ca, b->with.tsa_ca, b->with.now, &e, &cause);
	if (r == FIRMA_ERR_NOT_FOUND)
		return pades_say_missing(&cause);
	if (r == FIRMA_ERR_CONFIG)
		return no_tsa_ca();
	if (r != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", path);
	if (e.is_refused)
		return pades_say(&e.why, path);
	if (out_is_json())
		out_json(explained_pdf_json(&e, b->ca));
	else
		explained_pdf_text(&e, path, b->ca);
	explained_pdf_complain(&e, path);
	return (int)explained_pdf_exit(&e);
}

static int
look(const struct args *a, const char *path, int document,
    struct firma_bytes file)
{
	FIRMA_OWN(beside_done) struct beside b = { 0 };
	int status;

	b.with.now = (int64_t)(firma_wall_ms() / 1000);
	if ((status = read_ca(a, &b)) != 0)
		return status;
	if (explain_pdf_is(file) || evidence_is(file)) {
		if ((status = stamp_configure_ca(a, &b.tsa_ca)) != 0)
			return status;
		b.with.tsa_ca = firma_buf_view(&b.tsa_ca);
		if (explain_pdf_is(file))
			status = tell_pdf(path, document, &b);
		else if ((status = confine()) == 0)
			status = verify_evidence(path, -1, file, &b);
		return status == 0 && args_text(a, "output") != NULL
		    ? nothing_inside(path)
		    : status;
	}
	if (file.len > FIRMA_CMS_MAX + FIRMA_CMS_CONTENT_MAX)
		return say_failure(FIRMA_ERR_LIMIT, NULL, NULL, "%s", path);
	if ((status = read_content(a, path,
		 firma_kind_of(file) == FIRMA_KIND_STAMP
		     ? file
		     : firma_bytes_of(NULL, 0),
		 &b)) != 0 ||
	    (status = stamp_configure_ca(a, &b.tsa_ca)) != 0 ||
	    (status = read_password(a, path, &b)) != 0)
		return status;
	b.with.tsa_ca = firma_buf_view(&b.tsa_ca);
	/* Nothing else has content; a password does not come over a fork. */
	if (args_text(a, "output") != NULL &&
	    firma_kind_of(file) == FIRMA_KIND_CMS)
		return tell_apart(a, path, file, &b);
	if ((status = confine()) == 0)
		status = tell(path, file, &b, -1);
	return status == 0 && args_text(a, "output") != NULL
	    ? nothing_inside(path)
	    : status;
}

/* One is as long as the agent's ledger: it is read where it lies. */
static int
look_at_evidence(const struct args *a, const char *path, int in)
{
	FIRMA_OWN(beside_done) struct beside b = { 0 };
	int status;

	if ((status = read_ca(a, &b)) != 0 ||
	    (status = stamp_configure_ca(a, &b.tsa_ca)) != 0 ||
	    (status = confine()) != 0)
		return status;
	status = verify_evidence(path, in, firma_bytes_of(NULL, 0), &b);
	return status == 0 && args_text(a, "output") != NULL
	    ? nothing_inside(path)
	    : status;
}

static int
verify(struct app *app, const struct args *a)
{
	FIRMA_OWN(firma_fd_done) int in = -1;
	FIRMA_OWN(firma_fd_done) int document = -1;
	const size_t max = PADES_FILE_MAX + PADES_APPEND_MAX;
	const char *path = args_operand(a, 0);
	struct firma_cause cause = { 0 };
	struct firma_bytes file;
	enum firma_err r;
	int status;

	(void)app;
	if ((r = file_open(path, &in, &cause)) == FIRMA_OK &&
	    evidence_is_fd(in))
		return look_at_evidence(a, path, in);
	if (r != FIRMA_OK ||
	    (r = firma_memfd_from_fd(in, max, &document, &cause)) != FIRMA_OK ||
	    (r = firma_memfd_map(document, max, &file, &cause)) != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", path);
	status = look(a, path, document, file);
	firma_memfd_unmap(&file);
	return status;
}

static const struct option_desc options[] = {
	{ "content", 'c', OPTION_TEXT, N_("FILE"),
	    N_("what a detached signature belongs to") },
	{ "ca", 0, OPTION_TEXT, N_("FILE"),
	    N_("the signer's certificate must be issued by it") },
	{ "tsa-ca", 0, OPTION_TEXT, N_("FILE"),
	    N_("certificates that the authority's of a time stamp must lead "
	       "to") },
	{ "output", 'o', OPTION_TEXT, N_("FILE"),
	    N_("write the attached content there") },
	{ "password-file", 0, OPTION_TEXT, N_("FILE"),
	    N_("the key's password is this file's first line (-: stdin)") },
	{ "ask-password", 0, OPTION_FLAG, NULL,
	    N_("ask for the key's password") },
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

const struct command verify_commands[] = {
	{ "verify", N_("FILE"),
	    N_("explain and verify a .cer, .req, .ren, .sdg, .p7s, .p7m, .tsr, "
	       ".key, .pfx, signed PDF or a renewal's evidence (no agent needed)"),
	    options, 1, 1, verify },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
