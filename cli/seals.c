/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firma seals: the requests of seals (CSD) in one file, signed with the e.firma,
 * as the tax authority takes them (.sdg: PKCS#7 with SHA-1 over a ZIP).
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/base/own.h"
#include "cli/certificates.h"
#include "cli/file.h"
#include "cli/pin.h"
#include "cli/request.h"
#include "cli/signing.h"
#include "cli/zip.h"

#define SEALS_MAX  16  /* requests in one file */
#define BRANCH_MAX 257 /* octets, with the terminating zero */
#define ENTRY_NAME 160 /* octets of a request's name in the ZIP */

struct seals {
	struct firma_certificate *certificate; /* the e.firma's */
	struct firma_identity identity;
	char rfc[FIRMA_IDENTITY_ID], stamp[32];
	struct {
		char key[65], branch[BRANCH_MAX], name[ENTRY_NAME];
		struct firma_buf request;
	} at[SEALS_MAX];
	size_t n;
	time_t now;
};

static void
seals_done(struct seals *s)
{
	firma_certificate_free(s->certificate);
	for (size_t i = 0; i < s->n; i++)
		firma_buf_done(&s->at[i].request);
}

/* What a file's name can have anywhere; one "_" for any other character. */
static void
plain(const char *from, char *to, size_t size)
{
	size_t n = 0;

	for (; *from != '\0' && n + 1 < size; from++) {
		const char c = *from;

		if ((c & 0xc0) == 0x80)
			continue;
		to[n++] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '-'
		    ? c
		    : '_';
	}
	to[n] = '\0';
}

/* KEY=BRANCH; 0, or the exit status of what has been said. */
static int
take(struct seals *s, const char *operand)
{
	const char *equals = strchr(operand, '=');
	const size_t n = equals != NULL ? (size_t)(equals - operand) : 0;

	if (n == 0 || n >= sizeof(s->at[0].key) || equals[1] == '\0' ||
	    strlen(equals + 1) >= sizeof(s->at[0].branch))
		return say_refusal(FIRMA_EXIT_USAGE,
		    _("firma seals EFIRMA KEY=BRANCH ..."),
		    _("%s is not a seal's key and its branch"), operand);
	memcpy(s->at[s->n].key, operand, n);
	(void)snprintf(
	    s->at[s->n].branch, sizeof(s->at[0].branch), "%s", equals + 1);
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->at[i].key, s->at[s->n].key) == 0)
			return say_refusal(FIRMA_EXIT_USAGE, NULL,
			    _("key %s is named twice"), s->at[i].key);
	s->n++;
	return 0;
}

static enum firma_err
identify(struct app *app, const char *key, struct seals *s,
    struct firma_cause *cause)
{
	enum firma_err r;
	struct tm tm;

	if ((r = certificates_of_key(app, key, &s->certificate, cause)) !=
		FIRMA_OK ||
	    (r = firma_identity_of(s->certificate, &s->identity, cause)) !=
		FIRMA_OK)
		return r;
	plain(s->identity.rfc, s->rfc, sizeof(s->rfc));
	s->now = time(NULL);
	if (localtime_r(&s->now, &tm) != NULL)
		(void)strftime(
		    s->stamp, sizeof(s->stamp), "%Y%m%d_%H%M%S", &tm);
	return firma_certificate_is_expired(s->certificate, (int64_t)s->now)
	    ? firma_fail(cause, FIRMA_ERR_CERT_NOT_EXPIRED, FIRMA_CAUSE_NONE, 0,
		  "key %s", key)
	    : FIRMA_OK;
}

/* One request after the other; each by its own key. */
static int
request_all(struct app *app, struct pins *pins, struct seals *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct firma_cause cause = { 0 };
		char branch[48];
		enum firma_err r;
		int status;

		if ((status = unlock_key(app, pins, s->at[i].key)) != 0)
			return status;
		r = request_seal(app, pins, s->at[i].key, &s->identity,
		    s->at[i].branch, &s->at[i].request, &cause);
		if (r != FIRMA_OK)
			return app_failure(app, r, &cause,
			    _("no request for key %s"), s->at[i].key);
		plain(s->at[i].branch, branch, sizeof(branch));
		/* Numbered, so that two branches never share a name. */
		(void)snprintf(s->at[i].name, sizeof(s->at[i].name),
		    "CSD_%s_%.20s_%ss%zu.req", branch, s->rfc, s->stamp, i + 1);
	}
	return 0;
}

static enum firma_err
pack(const struct seals *s, struct firma_buf *ret, struct firma_cause *cause)
{
	struct zip_file files[SEALS_MAX];

	for (size_t i = 0; i < s->n; i++)
		files[i] = (struct zip_file){ .name = s->at[i].name,
			.content = firma_buf_view(&s->at[i].request) };
	return zip_write_buf(files, s->n, (int64_t)s->now, ret, cause);
}

static int
tell(const struct args *a, const struct seals *s, struct firma_bytes sdg,
    uint64_t entry)
{
	const char *output = args_text(a, "output");
	struct firma_cause cause = { 0 };
	char path[128];
	json_t *list;
	enum firma_err r;

	if (output == NULL) {
		(void)snprintf(
		    path, sizeof(path), "CSD_%.20s_%s.sdg", s->rfc, s->stamp);
		output = path;
	}
	if ((r = file_write(output, 0644, sdg, &cause)) != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", output);
	if (!out_is_json()) {
		out_note(_("%s: %zu requests, signed with key %s"), output,
		    s->n, args_operand(a, 0));
		return FIRMA_EXIT_OK;
	}
	list = json_array();
	for (size_t i = 0; i < s->n; i++)
		(void)json_array_append_new(list,
		    json_pack("{ss ss ss}", "key", s->at[i].key, "branch",
			s->at[i].branch, "name", s->at[i].name));
	out_json(json_pack("{ss so sI}", "file", output, "requests", list,
	    "ledger_seq", (json_int_t)entry));
	return FIRMA_EXIT_OK;
}

static int
seals(struct app *app, const struct args *a)
{
	FIRMA_OWN(seals_done) struct seals s = { 0 };
	FIRMA_OWN(firma_signed_done) struct firma_signed got = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf zip = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf sdg = { 0 };
	const char *efirma = args_operand(a, 0);
	struct firma_cause cause = { 0 };
	struct pins pins;
	enum firma_err r;
	int status;

	for (int i = 1; i < a->n_operands; i++)
		if ((status = take(&s, a->operands[i])) != 0)
			return status;
	for (size_t i = 0; i < s.n; i++)
		if (strcmp(s.at[i].key, efirma) == 0)
			return say_refusal(FIRMA_EXIT_USAGE,
			    _("firma seals EFIRMA KEY=BRANCH ..."), "%s",
			    _("a seal has a key of its own"));
	if ((r = file_can_write(args_text(a, "output") != NULL
		     ? args_text(a, "output")
		     : "seals.sdg",
		 &cause)) != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", _("the ZIP"));
	if ((r = identify(app, efirma, &s, &cause)) != FIRMA_OK)
		return app_failure(app, r, &cause, _("key %s"), efirma);
	pins_init(&pins, a);
	if ((status = request_all(app, &pins, &s)) != 0)
		return status;
	if ((r = pack(&s, &zip, &cause)) != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", _("the ZIP"));
	const struct signing ask = { efirma, FIRMA_SIGN_SHA1_ATTACHED,
		"requests of seals", "seals", firma_buf_view(&zip) };

	if ((status = signing_do(app, a, &ask, &sdg, &got)) != 0)
		return status;
	return tell(a, &s, firma_buf_view(&sdg), got.ledger_seq);
}

static const struct option_desc options[] = {
	{ "output", 'o', OPTION_TEXT, N_("FILE"),
	    N_("write it there (default: CSD_RFC_DATE_TIME.sdg)") },
	PIN_OPTION,
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

const struct command seals_commands[] = {
	{ "seals", N_("EFIRMA KEY=BRANCH..."),
	    N_("requests of seals, signed with the e.firma (.sdg)"), options, 2,
	    1 + SEALS_MAX, seals },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
