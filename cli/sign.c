/* SPDX-License-Identifier: Apache-2.0 */
/* firma sign: a file, stdin, a lot or a digest, with a key on a token. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/pki/cms.h"
#include "cli/app.h"
#include "cli/file.h"
#include "cli/keys.h"
#include "cli/letter_show.h"
#include "cli/lot.h"
#include "cli/lot_say.h"
#include "cli/pin.h"
#include "cli/sign_large.h"
#include "cli/sign_many.h"
#include "cli/sign_pdf.h"
#include "cli/stamp.h"
#include "cli/stamp_say.h"

#define DIGEST_HEX 64 /* characters of a SHA-256 */

struct job {
	const char *key, *path; /* path: NULL with a digest */
	enum firma_sign_format format;
	int is_lot, is_check;    /* is_check: nothing is signed */
	int must_seal;           /* the key signs no digest */
	int fd;                  /* the sealed document, or -1 */
	json_t *lot;             /* what the lot is, for --json; or NULL */
	json_t *letter;          /* the same of what --show showed */
	struct firma_buf digest; /* or 32 octets */
	struct firma_signed got;
	struct sign_pdf pdf;
	int wants_stamp;
	struct stamp_config tsa;
	/* of a stamp that could not be had */
	enum firma_err stamp_failed;
	struct firma_cause stamp_cause;
};

static void
job_done(struct job *j)
{
	firma_fd_done(&j->fd);
	firma_buf_done(&j->digest);
	firma_signed_done(&j->got);
	stamp_config_done(&j->tsa);
	json_decref(j->lot);
	sign_pdf_done(&j->pdf);
	json_decref(j->letter);
}

static size_t
max_octets(const struct job *j)
{
	return j->is_lot                        ? LOT_FILE_MAX
	    : j->pdf.is_wanted                  ? PADES_FILE_MAX
	    : firma_sign_is_attached(j->format) ? FIRMA_CMS_CONTENT_MAX
						: FIRMA_DOCUMENT_MAX;
}

/* Seal what is to be signed. */
static enum firma_err
load(struct job *j, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	enum firma_err r;

	if (j->path == NULL)
		return FIRMA_OK;
	if ((r = file_open(j->path, &fd, cause)) != FIRMA_OK)
		return r;
	/* Where the agent needs no document: see agent/PROTOCOL.md, sign. */
	if (!j->must_seal && !j->is_lot && !firma_sign_is_attached(j->format) &&
	    j->format <= FIRMA_SIGN_CMS_ATTACHED && strcmp(j->path, "-") != 0 &&
	    sign_large_is(fd))
		return sign_large_hash(fd, &j->digest, cause);
	return firma_memfd_from_fd(fd, max_octets(j), &j->fd, cause);
}

static enum firma_err
ask_agent(struct app *app, const struct args *a, struct pins *pins,
    struct job *j, struct firma_cause *cause)
{
	struct pin_each each = {
		.pins = pins, .next = firma_signed_keep, .arg = &j->got
	};
	const char *purpose = args_text(a, "purpose");
	char name[FILE_NAME_ROOM];
	const struct firma_msg_sign ask = { firma_str_of(j->key),
		(uint32_t)j->format,
		firma_str_of(j->path == NULL        ? ""
			: strcmp(j->path, "-") == 0 ? "stdin"
						    : file_name(j->path, name)),
		firma_str_of(purpose != NULL ? purpose : ""),
		firma_buf_view(&j->digest), 0 };
	enum firma_err r;

	if ((r = app_connect(app, cause)) != FIRMA_OK)
		return r;
	out_progress(_("the token signs"));
	r = firma_client_call(app->client, FIRMA_MSG_sign, &ask, j->fd,
	    firma_after(APP_SIGN * FIRMA_S), pin_give_each, &each, cause);
	out_progress_end();
	return pin_each_end(&each, r, cause);
}

/* The same; a key that signs documents alone gets the document. */
static enum firma_err
ask_sealed(struct app *app, const struct args *a, struct pins *pins,
    struct job *j, struct firma_cause *cause)
{
	enum firma_err r = ask_agent(app, a, pins, j, cause);

	if (r != FIRMA_ERR_DENIED || j->path == NULL || j->digest.len == 0 ||
	    strcmp(firma_client_rule(app->client), "no-digest") != 0)
		return r;
	j->must_seal = 1;
	j->digest.len = 0;
	r = load(j, cause);
	return r == FIRMA_OK ? ask_agent(app, a, pins, j, cause) : r;
}

/* The agent signs a digest; who has the content puts it in. */
static enum firma_err
attach(const struct job *j, struct firma_buf *ret, struct firma_cause *cause)
{
	struct firma_bytes content;
	enum firma_err r;

	r = firma_memfd_map(j->fd, FIRMA_CMS_CONTENT_MAX, &content, cause);
	if (r != FIRMA_OK)
		return r;
	r = firma_cms_attach(
	    firma_buf_view(&j->got.signature), content, ret, cause);
	firma_memfd_unmap(&content);
	return r;
}

/*
 * v, or into ret v with a time stamp.  What the token signed is never lost: what
 * goes wrong here is remembered, and told when the signature is written.
 */
static struct firma_bytes
stamp(struct job *j, struct firma_bytes v, struct firma_buf *ret)
{
	enum firma_err r = stamp_signature(&j->tsa, v, ret, &j->stamp_cause);

	if (r == FIRMA_OK && j->pdf.is_wanted)
		r = sign_pdf_fits(&j->pdf, ret->len, &j->stamp_cause);
	j->stamp_failed = r;
	return r == FIRMA_OK ? firma_buf_view(ret) : v;
}

const char *
sign_suffix(enum firma_sign_format f)
{
	return !firma_sign_is_cms(f)    ? ".sig"
	    : firma_sign_is_attached(f) ? ".p7m"
					: ".p7s";
}

/* It is signed and written, and there is no stamp in it. */
static int
say_unstamped(const struct job *j, const char *to)
{
	const int status = stamp_failure(j->stamp_failed, &j->stamp_cause,
	    _("it is signed, without a time stamp"));

	if (to != NULL)
		out_note(_("  -> the signature is kept; `firma timestamp %s` "
			   "adds the stamp later"),
		    to);
	return status;
}

/* Where the signature goes; NULL: stdout. */
static const char *
output_of(const struct args *a, const struct job *j, char room[FILE_PATH_MAX])
{
	const char *to = args_text(a, "output");

	if (to != NULL || j->path == NULL || strcmp(j->path, "-") == 0)
		return to;
	(void)snprintf(
	    room, FILE_PATH_MAX, "%s%s", j->path, sign_suffix(j->format));
	return room;
}

/* Before anything is signed: can the signature be put there? */
static int
check_output(const struct args *a, const struct job *j)
{
	struct firma_cause cause = { 0 };
	char room[FILE_PATH_MAX];
	const char *to = output_of(a, j, room);
	enum firma_err r;

	if (j->is_check || j->pdf.is_wanted)
		return 0;
	if (to == NULL && !out_is_json() && isatty(STDOUT_FILENO))
		return say_refusal(FIRMA_EXIT_USAGE,
		    _("name a file with --output"), "%s",
		    _("a signature is no text for a terminal"));
	if (to != NULL && (r = file_can_write(to, &cause)) != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", to);
	return 0;
}

static int
write_out(const struct args *a, const struct job *j, struct firma_bytes v)
{
	struct firma_cause cause = { 0 };
	char path[FILE_PATH_MAX], hex[65];
	const char *to = output_of(a, j, path);
	enum firma_err r;

	if (to == NULL)
		r = out_is_json() ? FIRMA_OK : out_octets(v);
	else
		r = file_write(to, 0644, v, &cause);
	if (r != FIRMA_OK)
		/* untranslated: "stdout" is a name */
		return say_failure(
		    r, &cause, NULL, "%s", to != NULL ? to : "stdout");
	firma_hex(firma_bytes_of(j->got.sha256, sizeof(j->got.sha256)), hex);
	if (out_is_json()) {
		FIRMA_OWN(firma_buf_done) struct firma_buf b64 = { 0 };

		if (firma_base64(v, &b64) != FIRMA_OK)
			return say_failure(
			    FIRMA_ERR_NOMEM, NULL, NULL, "%s", j->key);
		out_json(json_pack("{ss ss ss sI sb ss* ss% sO* sO*}", "key",
		    j->key, "format", firma_sign_format_name(j->format),
		    "sha256", hex, "ledger_seq", (json_int_t)j->got.ledger_seq,
		    "stamped", j->wants_stamp && j->stamp_failed == FIRMA_OK,
		    "file", to, "signature", (const char *)b64.at, b64.len,
		    "lot", j->lot, "letter", j->letter));
	} else if (to != NULL) {
		out_note(_("%s: signed with key %s, entry %llu of the ledger"),
		    to, j->key, (unsigned long long)j->got.ledger_seq);
	}
	return j->stamp_failed == FIRMA_OK ? FIRMA_EXIT_OK
					   : say_unstamped(j, to);
}

/* --check needs no key: its one operand is the file. */
static int
read_lot(const struct args *a, struct job *j)
{
	j->is_lot = args_flag(a, "lot");
	j->is_check = args_flag(a, "check");
	if (j->is_check && !j->is_lot)
		return say_refusal(FIRMA_EXIT_USAGE,
		    _("firma sign --lot --check FILE"), "%s",
		    _("--check goes with --lot"));
	if (j->is_lot && args_text(a, "digest") != NULL)
		return say_refusal(FIRMA_EXIT_USAGE, _("give the lot's file"),
		    "%s",
		    _("a lot is checked before it is signed, a digest cannot "
		      "be"));
	/* What is shown is sealed too. */
	j->must_seal = args_flag(a, "show");
	if (args_flag(a, "show") &&
	    (j->is_lot || a->n_operands != 2 ||
		strcmp(args_operand(a, 1), "-") == 0))
		return say_refusal(FIRMA_EXIT_USAGE,
		    _("firma sign KEY FILE.pdf --show"), "%s",
		    _("--show goes with a letter's file"));
	if (j->is_check && args_operand(a, 1) == NULL)
		j->path = args_operand(a, 0);
	return 0;
}

static int
read_options(const struct args *a, struct job *j)
{
	const char *format = args_text(a, "format");
	const char *digest = args_text(a, "digest");
	unsigned int n = FIRMA_SIGN_CMS_DETACHED;
	int status;

	if ((status = read_lot(a, j)) != 0 ||
	    (status = sign_pdf_options(a, &j->pdf)) != 0)
		return status;
	if (format != NULL)
		(void)firma_sign_format_from(format, &n);
	j->format =
	    j->pdf.is_wanted ? FIRMA_SIGN_PADES : (enum firma_sign_format)n;
	j->wants_stamp = args_flag(a, "timestamp");
	if (j->wants_stamp && !firma_sign_is_cms(j->format))
		return say_refusal(FIRMA_EXIT_USAGE,
		    _("sign without it, then: firma timestamp FILE.sig"), "%s",
		    _("a bare signature has no place for a time stamp"));
	j->key = args_operand(a, 0);
	if (digest == NULL) {
		if (j->path == NULL)
			j->path = args_operand(a, 1) != NULL
			    ? args_operand(a, 1)
			    : "-";
		return j->pdf.is_wanted && a->n_operands <= 2
		    ? sign_pdf_check_output(a, j->path)
		    : 0;
	}
	if (args_operand(a, 1) != NULL || j->format > FIRMA_SIGN_PADES ||
	    firma_sign_is_attached(j->format))
		return say_refusal(FIRMA_EXIT_USAGE,
		    _("give either a file or --digest; attached, bare and "
		      "sha1 formats need the file"),
		    "%s", _("--digest goes without a document"));
	if (strlen(digest) != DIGEST_HEX ||
	    firma_unhex(digest, &j->digest) != FIRMA_OK)
		return say_refusal(FIRMA_EXIT_INVALID,
		    _("sha256sum FILE prints it"), "%s",
		    _("--digest wants 64 hexadecimal digits (SHA-256)"));
	return 0;
}

/* What goes with one file only. */
static int
sign_several(struct app *app, const struct args *a, struct job *j)
{
	static const char *const alone[] = { "output", "digest" };
	int status;

	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++)
		if (args_text(a, alone[i]) != NULL)
			return say_refusal(FIRMA_EXIT_USAGE,
			    _("the signature of each file is written beside "
			      "it"),
			    _("--%s goes with one file"), alone[i]);
	if (args_flag(a, "show"))
		return say_refusal(FIRMA_EXIT_USAGE, NULL, "%s",
		    _("letters are shown one at a time"));
	if (j->is_lot)
		return say_refusal(
		    FIRMA_EXIT_USAGE, NULL, "%s", _("sign one lot at a time"));
	if (j->wants_stamp && (status = stamp_configure(a, &j->tsa)) != 0)
		return status;
	j->pdf.is_stamped = j->wants_stamp;
	const struct sign_many m = { .key = j->key,
		.format = j->format,
		.pdf = j->pdf.is_wanted ? &j->pdf : NULL,
		.tsa = j->wants_stamp ? &j->tsa : NULL };

	return sign_many(app, a, &m);
}

/* A stamp cannot be put in later: the hole is closed. */
static int
end_pdf(
    struct app *app, const struct args *a, struct job *j, struct firma_bytes v)
{
	const int has_stamp = j->wants_stamp && j->stamp_failed == FIRMA_OK;
	const int status = sign_pdf_end(
	    app, a, j->key, j->path, &j->pdf, &j->got, v, has_stamp, j->letter);

	return status != 0 || j->stamp_failed == FIRMA_OK
	    ? status
	    : say_unstamped(j, NULL);
}

static int
sign(struct app *app, const struct args *a)
{
	FIRMA_OWN(job_done) struct job j = { .fd = -1, .pdf = SIGN_PDF };
	FIRMA_OWN(firma_buf_done) struct firma_buf whole = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf stamped = { 0 };
	struct firma_cause cause = { 0 };
	struct firma_bytes v;
	struct pins pins;
	enum firma_err r;
	int status;

	if ((status = read_options(a, &j)) != 0)
		return status;
	if (a->n_operands > 2)
		return sign_several(app, a, &j);
	if ((status = check_output(a, &j)) != 0)
		return status;
	r = load(&j, &cause);
	if (r == FIRMA_ERR_LIMIT && j.is_lot)
		return lot_say_too_large(j.path);
	if (r != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", j.path);
	/* What is checked is sealed: it is what is signed. */
	if (j.is_lot &&
	    (status = lot_say(j.fd, j.path, j.is_check, &j.lot)) != 0)
		return status;
	if (j.is_check)
		return FIRMA_EXIT_OK;
	/* A mistake there is told before anything is signed. */
	if (j.wants_stamp && (status = stamp_configure(a, &j.tsa)) != 0)
		return status;
	j.pdf.is_stamped = j.wants_stamp;
	if (args_flag(a, "show") &&
	    (status = letter_show(j.fd, j.path, &j.letter)) != 0)
		return status;
	if (j.pdf.is_wanted &&
	    (status = sign_pdf_begin(app, a, j.key, j.path, &j.pdf, &j.fd)) !=
		0)
		return status;
	pins_init(&pins, a);
	r = ask_sealed(app, a, &pins, &j, &cause);
	if (r == FIRMA_ERR_PIN_NEEDED) {
		if ((status = unlock_key(app, &pins, j.key)) != 0)
			return status;
		r = ask_agent(app, a, &pins, &j, &cause);
	}
	if (r == FIRMA_OK && firma_sign_is_attached(j.format))
		r = attach(&j, &whole, &cause);
	if (r != FIRMA_OK)
		return keys_failure(app, r, &cause, j.key);
	v = firma_buf_view(whole.len > 0 ? &whole : &j.got.signature);
	if (j.wants_stamp)
		v = stamp(&j, v, &stamped);
	if (j.pdf.is_wanted)
		return end_pdf(app, a, &j, v);
	return write_out(a, &j, v);
}

static const struct option_desc options[] = {
	{ "format", 0, OPTION_CHOICE,
	    "detached|attached|raw|bare-detached|bare-attached|sha1-raw|"
	    "sha1-attached",
	    N_("CMS beside the file or around it, or the signature alone; "
	       "bare: no signed attributes; sha1: for old institutions") },
	{ "output", 'o', OPTION_TEXT, N_("FILE"),
	    N_("write it there (default: FILE.p7s, .p7m, .sig, "
	       ".signed.pdf; stdin: stdout)") },
	{ "digest", 0, OPTION_TEXT, N_("HEX"),
	    N_("sign this SHA-256 instead of a file") },
	{ "lot", 0, OPTION_FLAG, NULL,
	    N_("the file is a lot of IMSS movements: check it, then sign it") },
	{ "check", 0, OPTION_FLAG, NULL,
	    N_("with --lot: check FILE alone (no key, no agent)") },
	SIGN_PDF_OPTIONS,
	{ "timestamp", 0, OPTION_FLAG, NULL,
	    N_("with a time stamp of an authority in it (CAdES-T, PAdES B-T)") },
	STAMP_OPTIONS,
	{ "show", 0, OPTION_FLAG, NULL,
	    N_("the file is a letter (PDF): say what it is, ask, then sign") },
	{ "purpose", 0, OPTION_TEXT, N_("TEXT"), N_("for the ledger") },
	PIN_OPTION,
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

const struct command sign_commands[] = {
	{ "sign", N_("KEY [FILE...]"), N_("sign files, or stdin"), options, 1,
	    SIGN_MANY_MAX, sign },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
