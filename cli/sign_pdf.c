/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sign_pdf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/pki/text.h"
#include "cli/certificates.h"
#include "cli/explain_pdf.h"
#include "cli/file.h"

#define WORDS_MAX  1023 /* octets of a reason and the like */
#define TEXT_MAX   2047 /* octets of what is shown */
#define ID_OCTETS  16
#define DIGITS_MAX 6 /* before the point, and behind it */

void
sign_pdf_done(struct sign_pdf *s)
{
	firma_fd_done(&s->document);
	firma_fd_done(&s->signed_part);
	firma_fd_done(&s->whole);
	json_decref(s->question);
	pades_plan_done(&s->plan);
	*s = SIGN_PDF;
}

/* "12" or "12.5", whatever the locale's point is; up to what ends it. */
static int
take_number(const char **at, char end, double *ret)
{
	double v = 0, part = 1;
	int digits = 0;

	for (; **at >= '0' && **at <= '9' && digits < DIGITS_MAX; digits++)
		v = v * 10 + (*(*at)++ - '0');
	if (digits == 0)
		return 0;
	if (**at == '.')
		for ((*at)++, digits = 0;
		     **at >= '0' && **at <= '9' && digits < DIGITS_MAX;
		     digits++)
			v += (*(*at)++ - '0') * (part /= 10);
	if (**at != end)
		return 0;
	*at += end != '\0';
	*ret = v;
	return 1;
}

/* "2,100,50,200,60"; "last" is the question's page 0. */
static json_t *
take_place(const char *text)
{
	double page = 0, x, y, w, h;

	if (strncmp(text, "last,", 5) == 0)
		text += 5;
	else if (!take_number(&text, ',', &page) || page < 1 ||
	    page > (double)(long)page)
		return NULL;
	if (!take_number(&text, ',', &x) || !take_number(&text, ',', &y) ||
	    !take_number(&text, ',', &w) || !take_number(&text, '\0', &h))
		return NULL;
	return json_pack("{sI sf sf sf sf}", "page", (json_int_t)page, "x", x,
	    "y", y, "w", w, "h", h);
}

/* Options that are nothing without --pades, and those that it excludes. */
static int
check_company(const struct args *a, int is_wanted)
{
	static const char *const own[] = { "visible", "text", "reason",
		"location", "contact", "field" };

	for (size_t i = 0; !is_wanted && i < sizeof(own) / sizeof(own[0]); i++)
		if (args_text(a, own[i]) != NULL)
			return say_refusal(FIRMA_EXIT_USAGE,
			    _("firma sign KEY FILE.pdf --pades puts a "
			      "signature into a PDF"),
			    _("--%s goes with --pades"), own[i]);
	if (is_wanted &&
	    (args_text(a, "format") != NULL || args_text(a, "digest") != NULL ||
		args_flag(a, "lot")))
		return say_refusal(FIRMA_EXIT_USAGE,
		    _("leave the other option out"), "%s",
		    _("--pades goes without --format, --digest and --lot"));
	if (args_text(a, "field") != NULL && args_text(a, "visible") != NULL)
		return say_refusal(FIRMA_EXIT_USAGE, _("leave one of them out"),
		    "%s",
		    _("a field that is there has its place: --field goes "
		      "without --visible"));
	if (args_text(a, "text") != NULL && args_text(a, "field") == NULL &&
	    args_text(a, "visible") == NULL)
		return say_refusal(FIRMA_EXIT_USAGE,
		    _("--visible PAGE,X,Y,W,H says where"), "%s",
		    _("--text is for a signature that is seen"));
	return 0;
}

int
sign_pdf_options(const struct args *a, struct sign_pdf *s)
{
	static const char *const words[] = { "reason", "location", "contact",
		"field", "text" };
	const char *visible = args_text(a, "visible");
	json_t *place;
	int status;

	s->is_wanted = args_flag(a, "pades");
	if ((status = check_company(a, s->is_wanted)) != 0 || !s->is_wanted)
		return status;
	if ((s->question = json_object()) == NULL)
		/* untranslated: an option */
		return say_failure(FIRMA_ERR_NOMEM, NULL, NULL, "--pades");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *v = args_text(a, words[i]);
		const size_t n = v == NULL ? 0 : strlen(v);

		if (v == NULL)
			continue;
		if (n > (i == 4 ? TEXT_MAX : WORDS_MAX) ||
		    !firma_text_is_utf8(firma_bytes_of(v, n)))
			return say_refusal(FIRMA_EXIT_INVALID,
			    _("give a shorter text, in UTF-8"),
			    _("--%s: too long, or not UTF-8"), words[i]);
		(void)json_object_set_new(
		    s->question, words[i], json_stringn(v, n));
	}
	if (visible == NULL)
		return 0;
	if ((place = take_place(visible)) == NULL)
		return say_refusal(FIRMA_EXIT_USAGE,
		    _("for example 1,72,72,200,60: page 1, an inch from the "
		      "left and from below, 200 points wide, 60 high"),
		    _("--visible %s: not PAGE,X,Y,W,H"), visible);
	(void)json_object_set_new(s->question, "visible", place);
	return 0;
}

/* Who, by the certificate, and when. */
static void
default_text(
    const struct firma_identity *id, time_t now, char *ret, size_t size)
{
	char when[32] = "";
	struct tm tm;

	if (gmtime_r(&now, &tm) != NULL)
		(void)strftime(
		    when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &tm);
	(void)snprintf(ret, size, "%s %s%s%s\n%s", _("Signed by"),
	    id->common_name, id->rfc[0] != '\0' ? "\nRFC " : "", id->rfc, when);
}

static enum firma_err
complete(struct sign_pdf *s, const struct firma_identity *id)
{
	const time_t now = (time_t)(firma_wall_ms() / 1000);
	uint8_t octets[ID_OCTETS];
	char hex[2 * ID_OCTETS + 1], text[TEXT_MAX + 1];
	json_t *j = s->question;

	if (getrandom(octets, sizeof(octets), 0) != (ssize_t)sizeof(octets))
		return FIRMA_ERR_INTERNAL;
	firma_hex(firma_bytes_of(octets, sizeof(octets)), hex);
	default_text(id, now, text, sizeof(text));
	if (json_object_get(j, "text") == NULL)
		(void)json_object_set_new(j, "text", json_string(text));
	(void)json_object_set_new(j, "name", json_string(id->common_name));
	(void)json_object_set_new(j, "time", json_integer((json_int_t)now));
	(void)json_object_set_new(j, "octets",
	    json_integer(s->is_stamped ? PADES_OCTETS_STAMPED : PADES_OCTETS));
	(void)json_object_set_new(j, "id", json_string(hex));
	return FIRMA_OK;
}

enum firma_err
sign_pdf_signer(struct app *app, const char *key, struct firma_identity *ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	enum firma_err r;

	if ((r = certificates_of_key(app, key, &c, cause)) != FIRMA_OK)
		return r;
	return firma_identity_of(c, ret, cause);
}

enum firma_err
sign_pdf_copy(const struct sign_pdf *from, struct sign_pdf *to)
{
	*to = SIGN_PDF;
	to->is_wanted = from->is_wanted;
	to->is_stamped = from->is_stamped;
	to->question = json_deep_copy(from->question);
	return to->question != NULL ? FIRMA_OK : FIRMA_ERR_NOMEM;
}

enum firma_err
sign_pdf_prepare(struct sign_pdf *s, const struct firma_identity *signer,
    int *fd, struct firma_cause *cause)
{
	json_t *question;
	enum firma_err r;

	s->document = firma_fd_take(fd);
	if ((r = complete(s, signer)) != FIRMA_OK)
		return r;
	question = s->question;
	s->question = NULL;
	r = pades_plan_make(s->document, question, &s->plan, cause);
	if (r != FIRMA_OK || s->plan.is_refused)
		return r;
	r = pades_signed_part(s->document, &s->plan, &s->signed_part, cause);
	if (r == FIRMA_OK && (*fd = dup(s->signed_part)) < 0)
		r = FIRMA_ERR_IO;
	return r;
}

int
sign_pdf_begin(struct app *app, const struct args *a, const char *key,
    const char *path, struct sign_pdf *s, int *fd)
{
	struct firma_identity id = { 0 };
	struct firma_cause cause = { 0 };
	enum firma_err r;

	(void)a;
	if ((r = sign_pdf_signer(app, key, &id, &cause)) != FIRMA_OK)
		return app_failure(
		    app, r, &cause, _("the certificate of %s"), key);
	r = sign_pdf_prepare(s, &id, fd, &cause);
	if (r == FIRMA_OK && s->plan.is_refused)
		return pades_say(&s->plan.why, path);
	if (r == FIRMA_ERR_NOT_FOUND)
		return pades_say_missing(&cause);
	return r == FIRMA_OK ? 0 : say_failure(r, &cause, NULL, "%s", path);
}

const char *
sign_pdf_name(const char *path, char ret[FILE_PATH_MAX])
{
	const size_t n = strlen(path);
	const int has_suffix = n > 4 && strcmp(path + n - 4, ".pdf") == 0;

	(void)snprintf(ret, FILE_PATH_MAX, "%.*s.signed.pdf",
	    (int)(has_suffix ? n - 4 : n), path);
	return ret;
}

static const char *
choose_name(const struct args *a, const char *path, char ret[FILE_PATH_MAX])
{
	const char *to = args_text(a, "output");

	if (to != NULL)
		return to;
	return strcmp(path, "-") == 0 ? NULL : sign_pdf_name(path, ret);
}

int
sign_pdf_is_over(const char *to, const char *path)
{
	struct stat x, y;

	return stat(to, &x) == 0 && stat(path, &y) == 0 &&
	    x.st_dev == y.st_dev && x.st_ino == y.st_ino && S_ISREG(x.st_mode);
}

int
sign_pdf_check_output(const struct args *a, const char *path)
{
	char name[FILE_PATH_MAX];
	const char *to = choose_name(a, path, name);

	if (to != NULL && sign_pdf_is_over(to, path))
		return say_refusal(FIRMA_EXIT_USAGE,
		    _("name another file with --output"),
		    _("%s: the document is not written over"), path);
	if (to == NULL && (out_is_json() || isatty(STDOUT_FILENO)))
		return say_refusal(FIRMA_EXIT_USAGE,
		    _("name a file with --output"), "%s",
		    _("a signed PDF is no text for a terminal, nor for "
		      "JSON"));
	return 0;
}

static int
write_whole(const struct sign_pdf *s, const char *to)
{
	struct firma_cause cause = { 0 };
	struct firma_bytes whole;
	enum firma_err r;

	r = firma_memfd_map(
	    s->whole, PADES_FILE_MAX + PADES_APPEND_MAX, &whole, &cause);
	if (r == FIRMA_OK) {
		r = to != NULL ? file_write(to, 0644, whole, &cause)
			       : out_octets(whole);
		firma_memfd_unmap(&whole);
	}
	if (r == FIRMA_OK)
		return 0;
	/* untranslated: "stdout" is a name */
	return say_failure(r, &cause, NULL, "%s", to != NULL ? to : "stdout");
}

static int
tell(const struct sign_pdf *s, const char *key, const char *to,
    const struct firma_signed *got, struct firma_bytes cms, int has_stamp,
    json_t *letter)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b64 = { 0 };
	char hex[65];

	if (!out_is_json()) {
		if (to != NULL)
			out_note(_("%s: signed with key %s in field %s, entry "
				   "%llu of the ledger"),
			    to, key, s->plan.field,
			    (unsigned long long)got->ledger_seq);
		return FIRMA_EXIT_OK;
	}
	firma_hex(firma_bytes_of(got->sha256, sizeof(got->sha256)), hex);
	if (firma_base64(cms, &b64) != FIRMA_OK)
		return say_failure(FIRMA_ERR_NOMEM, NULL, NULL, "%s", key);
	out_json(json_pack("{ss ss ss sI sb ss* ss ss% sO*}", "key", key,
	    "format", firma_sign_format_name(FIRMA_SIGN_PADES), "sha256", hex,
	    "ledger_seq", (json_int_t)got->ledger_seq, "stamped", has_stamp,
	    "file", to, "field", s->plan.field, "signature",
	    (const char *)b64.at, b64.len, "letter", letter));
	return FIRMA_EXIT_OK;
}

enum firma_err
sign_pdf_fits(
    const struct sign_pdf *s, size_t octets, struct firma_cause *cause)
{
	return 2 * octets + 2 <= s->plan.contents_len
	    ? FIRMA_OK
	    : firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		  "the stamp does not fit into the PDF's signature");
}

/*
 * As a stranger reads the result: the new signature is there, good, and covers
 * all of it.
 */
static enum firma_err
read_back(const struct sign_pdf *s, struct firma_cause *cause)
{
	FIRMA_OWN(explained_pdf_done) struct explained_pdf e = { 0 };
	enum firma_err r;

	r = explain_pdf(s->whole, 0, NULL, firma_bytes_of(NULL, 0),
	    (int64_t)(firma_wall_ms() / 1000), &e, cause);
	if (r != FIRMA_OK)
		return r;
	for (size_t i = 0; !e.is_refused && i < e.n; i++)
		if (strcmp(e.at[i].field, s->plan.field) == 0 &&
		    e.at[i].verdict == FIRMA_OK &&
		    e.at[i].later == PDF_LATER_NOTHING)
			return FIRMA_OK;
	return firma_fail(cause, FIRMA_ERR_SIGNATURE, FIRMA_CAUSE_NONE, 0,
	    "the signed PDF cannot be read back: %.80s", e.why.detail);
}

enum firma_err
sign_pdf_complete(
    struct sign_pdf *s, struct firma_bytes cms, struct firma_cause *cause)
{
	const enum firma_err r = pades_finish(
	    s->document, s->signed_part, &s->plan, cms, &s->whole, cause);

	return r == FIRMA_OK ? read_back(s, cause) : r;
}

int
sign_pdf_end(struct app *app, const struct args *a, const char *key,
    const char *path, struct sign_pdf *s, const struct firma_signed *got,
    struct firma_bytes cms, int has_stamp, json_t *letter)
{
	char name[FILE_PATH_MAX];
	const char *to = choose_name(a, path, name);
	struct firma_cause cause = { 0 };
	enum firma_err r;
	int status;

	if ((r = sign_pdf_complete(s, cms, &cause)) != FIRMA_OK)
		return app_failure(app, r, &cause,
		    _("it is signed with key %s (entry %llu of the ledger), "
		      "but the PDF cannot be finished"),
		    key, (unsigned long long)got->ledger_seq);
	if ((status = write_whole(s, to)) != 0)
		return status;
	return tell(s, key, to, got, cms, has_stamp, letter);
}
