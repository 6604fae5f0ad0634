/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firma ticket: what a portal wants signed at its door, by a profile that says
 * what that is (ticket.h).
 */
#include "cli/ticket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "agent/base/own.h"
#include "agent/pki/text.h"
#include "cli/certificates.h"
#include "cli/file.h"
#include "cli/pin.h"
#include "cli/signing.h"
#include "cli/template.h"

#define GUID_TEXT 37 /* octets, with the terminating zero */

struct ticketing {
	const struct args *args;
	struct ticket profile;
	struct firma_certificate *certificate;
	struct firma_identity identity;
	char guid[GUID_TEXT], serial[FIRMA_SERIAL_TEXT], unix_time[24];
	int64_t now;
	struct firma_buf content, signature;
	int is_signed;
};

static void
ticketing_done(struct ticketing *t)
{
	firma_certificate_free(t->certificate);
	firma_buf_done(&t->content);
	firma_buf_done(&t->signature);
}

/* --set NAME=VALUE */
static enum firma_err
put_argument(const struct ticketing *t, const char *name, struct firma_buf *ret)
{
	const char *const *list = NULL;
	const size_t n = args_list(t->args, "set", &list), len = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (strncmp(list[i], name, len) == 0 && list[i][len] == '=')
			return firma_buf_put_str(ret, list[i] + len + 1);
	return FIRMA_ERR_NOT_FOUND;
}

static enum firma_err
put_text(const char *text, struct firma_buf *ret)
{
	return text[0] != '\0' ? firma_buf_put_str(ret, text) : FIRMA_ERR_VALUE;
}

static enum firma_err
word(void *arg, const char *name, struct firma_buf *ret)
{
	const struct ticketing *t = arg;
	const struct {
		const char *name, *text;
	} texts[] = {
		{ "guid", t->guid },
		{ "unix", t->unix_time },
		{ "serial", t->serial },
		{ "rfc", t->identity.rfc },
		{ "curp", t->identity.curp },
		{ "name", t->identity.common_name },
	};

	if (strncmp(name, "arg:", 4) == 0)
		return put_argument(t, name + 4, ret);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(name, texts[i].name) == 0)
			return put_text(texts[i].text, ret);
	if (!t->is_signed)
		return FIRMA_ERR_NOT_FOUND;
	if (strcmp(name, "content") == 0)
		return firma_buf_put(ret, firma_buf_view(&t->content));
	if (strcmp(name, "signature") == 0)
		return firma_buf_put(ret, firma_buf_view(&t->signature));
	if (strcmp(name, "certificate") == 0)
		return firma_buf_put(
		    ret, firma_certificate_der(t->certificate));
	return FIRMA_ERR_NOT_FOUND;
}

static enum firma_err
when(void *arg, const char *name, int64_t *ret)
{
	const struct ticketing *t = arg;

	if (strcmp(name, "now") == 0)
		*ret = t->now;
	else if (strcmp(name, "not-after") == 0)
		*ret = firma_certificate_not_after(t->certificate);
	else
		return FIRMA_ERR_NOT_FOUND;
	return FIRMA_OK;
}

/* RFC 9562 5.4 */
static enum firma_err
make_guid(char ret[GUID_TEXT])
{
	uint8_t o[16];
	char hex[33];

	if (RAND_bytes(o, sizeof(o)) != 1)
		return FIRMA_ERR_INTERNAL;
	o[6] = (uint8_t)((o[6] & 0x0f) | 0x40);
	o[8] = (uint8_t)((o[8] & 0x3f) | 0x80);
	firma_hex(firma_bytes_of(o, sizeof(o)), hex);
	(void)snprintf(ret, GUID_TEXT, "%.8s-%.4s-%.4s-%.4s-%.12s", hex,
	    hex + 8, hex + 12, hex + 16, hex + 20);
	return FIRMA_OK;
}

static int
read_profile(const char *name, struct ticket *ret)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	struct firma_problems problems = { 0 };
	struct firma_cause cause = { 0 };
	char path[FILE_PATH_MAX];
	enum firma_err r;

	file_profile(name, "FIRMA_TICKETS_DIR", FIRMA_DATADIR "/tickets", path);
	if (access(path, F_OK) != 0)
		return say_refusal(FIRMA_EXIT_NOT_FOUND,
		    _("ticket profiles are files NAME.ini in the folder of "
		      "FIRMA_TICKETS_DIR; a path names another one"),
		    _("there is no ticket profile %s"), path);
	if ((r = file_read(path, FIRMA_INI_SIZE, &text, &cause)) != FIRMA_OK)
		return say_failure(
		    r, &cause, NULL, _("the ticket profile %s"), name);
	r = ticket_parse(firma_buf_view(&text), ret, &problems);
	for (size_t i = 0; i < problems.n; i++)
		/* untranslated: as for other profiles */
		out_note("%s:%u: %s", path, problems.items[i].line,
		    problems.items[i].text);
	return r == FIRMA_OK
	    ? 0
	    : say_failure(r, NULL, NULL, _("the ticket profile %s"), name);
}

/* Everything that words are made of. */
static enum firma_err
prepare(struct app *app, const char *key, struct ticketing *t,
    struct firma_cause *cause)
{
	enum firma_err r;

	t->now = (int64_t)time(NULL);
	(void)snprintf(
	    t->unix_time, sizeof(t->unix_time), "%lld", (long long)t->now);
	if ((r = make_guid(t->guid)) != FIRMA_OK ||
	    (r = certificates_of_key(app, key, &t->certificate, cause)) !=
		FIRMA_OK)
		return r;
	firma_certificate_serial(t->certificate, t->serial);
	return firma_identity_of(t->certificate, &t->identity, cause);
}

/* The i-th field of the form, as text. */
static int
tell_field(struct ticketing *t, const struct template_words *words, size_t i,
    json_t *all)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf v = { 0 };
	const struct ticket_field *f = &t->profile.fields[i];
	struct firma_cause cause = { 0 };
	enum firma_err r;

	r = template_fill(
	    firma_bytes_of(f->value, strlen(f->value)), words, &v, &cause);
	if (r == FIRMA_OK &&
	    (!firma_text_is_utf8(firma_buf_view(&v)) ||
		!firma_text_is_clean(firma_buf_view(&v))))
		r = firma_fail(&cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
		    "octets that are no text; {b64:...} makes them text");
	if (r != FIRMA_OK)
		return say_failure(r, &cause, NULL, _("the field %s of %s"),
		    f->name, t->profile.name);
	if (all != NULL)
		(void)json_object_set_new(
		    all, f->name, json_stringn((const char *)v.at, v.len));
	else
		/* untranslated: a form */
		out_line("%s=%.*s", f->name, (int)v.len, (const char *)v.at);
	return 0;
}

static int
tell(struct ticketing *t, const struct template_words *words, uint64_t entry)
{
	json_t *fields = out_is_json() ? json_object() : NULL;
	int status = 0;

	for (size_t i = 0; i < t->profile.n_fields && status == 0; i++)
		status = tell_field(t, words, i, fields);
	if (fields != NULL && status == 0)
		out_json(json_pack("{ss ss% sI sO}", "profile", t->profile.name,
		    "content", (const char *)t->content.at, t->content.len,
		    "ledger_seq", (json_int_t)entry, "fields", fields));
	json_decref(fields);
	return status;
}

static int
ticket(struct app *app, const struct args *a)
{
	FIRMA_OWN(ticketing_done) struct ticketing t = { .args = a };
	FIRMA_OWN(firma_signed_done) struct firma_signed got = { 0 };
	const struct template_words words = { word, when, &t };
	const char *key = args_operand(a, 1);
	struct firma_cause cause = { 0 };
	struct signing s;
	enum firma_err r;
	int status;

	if ((status = read_profile(args_operand(a, 0), &t.profile)) != 0)
		return status;
	if ((r = prepare(app, key, &t, &cause)) != FIRMA_OK)
		return app_failure(app, r, &cause, _("key %s"), key);
	r = template_fill(
	    firma_bytes_of(t.profile.content, strlen(t.profile.content)),
	    &words, &t.content, &cause);
	if (r == FIRMA_ERR_NOT_FOUND)
		return say_refusal(FIRMA_EXIT_NOT_FOUND,
		    _("--set NAME=VALUE gives what {arg:NAME} stands for"),
		    _("the text to sign of %s: nothing is known for %s"),
		    t.profile.name, cause.what);
	if (r != FIRMA_OK)
		return say_failure(r, &cause, NULL,
		    _("the text to sign of %s (--set NAME=VALUE gives what "
		      "{arg:NAME} stands for)"),
		    t.profile.name);
	s = (struct signing){ key, (enum firma_sign_format)t.profile.format,
		t.profile.name, "ticket", firma_buf_view(&t.content) };
	if ((status = signing_do(app, a, &s, &t.signature, &got)) != 0)
		return status;
	t.is_signed = 1;
	return tell(&t, &words, got.ledger_seq);
}

static const struct option_desc options[] = {
	{ "set", 0, OPTION_LIST, N_("NAME=VALUE"),
	    N_("what stands for {arg:NAME} in the profile") },
	PIN_OPTION,
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

const struct command ticket_commands[] = {
	{ "ticket", N_("PROFILE KEY"),
	    N_("sign what a portal wants at its door, by a profile"), options,
	    2, 2, ticket },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
