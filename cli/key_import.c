/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/key_import.h"

#include <stdio.h>
#include <string.h>

#include "agent/pki/components.h"
#include "agent/pki/keyfile.h"
#include "agent/pki/own_openssl.h"
#include "cli/ask.h"
#include "cli/file.h"
#include "cli/pin.h"

/* An opened pair, ready to go. */
struct pair {
	struct firma_certificate *certificate;
	struct firma_secret components;
	enum firma_key_algorithm algorithm;
};

static void
pair_done(struct pair *p)
{
	firma_certificate_free(p->certificate);
	firma_secret_done(&p->components);
}

/* Open .key (+ .cer) or .pfx.  *ret_what: what failed, for the message. */
static enum firma_err
open_files(const struct args *a, struct firma_bytes password,
    struct firma_bytes key_file, struct firma_bytes cer_file, EVP_PKEY **ret,
    struct pair *p, const char **ret_what, struct firma_cause *cause)
{
	enum firma_err r;

	if (args_text(a, "pfx") != NULL) {
		*ret_what = args_text(a, "pfx");
		return firma_pkcs12_open(
		    key_file, password, ret, &p->certificate, cause);
	}
	*ret_what = args_text(a, "cer");
	r = firma_certificate_parse(cer_file, &p->certificate, cause);
	if (r != FIRMA_OK)
		return r;
	*ret_what = args_text(a, "key");
	if ((r = firma_keyfile_open(key_file, password, ret, cause)) !=
	    FIRMA_OK)
		return r;
	return firma_keyfile_matches(*ret, p->certificate, cause);
}

static enum firma_err
open_pair(const struct args *a, struct pair *p, const char **ret_what,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf key_file = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf cer_file = { 0 };
	FIRMA_OWN(firma_secret_done) struct firma_secret password = { 0 };
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *key = NULL;
	const char *pfx = args_text(a, "pfx");
	const char *path = pfx != NULL ? pfx : args_text(a, "key");
	struct firma_keyfile_audit audit = { .is_encrypted = 1 };
	char text[512];
	enum firma_err r;

	*ret_what = path;
	if ((r = file_read(path, FIRMA_KEYFILE_MAX, &key_file, cause)) !=
	    FIRMA_OK)
		return r;
	if (pfx == NULL) {
		*ret_what = args_text(a, "cer");
		r = file_read(
		    *ret_what, FIRMA_CERTIFICATE_PEM_MAX, &cer_file, cause);
		if (r != FIRMA_OK)
			return r;
		*ret_what = path;
		r = firma_keyfile_audit(
		    firma_buf_view(&key_file), &audit, cause);
		if (r != FIRMA_OK)
			return r;
	}
	if (audit.is_encrypted) {
		(void)snprintf(text, sizeof(text),
		    _("The password of the private key in %.400s."), path);
		r = pin_password(args_text(a, "password-file"), text,
		    _("Password"), &password, cause);
		if (r != FIRMA_OK)
			return r;
	}
	if ((r = open_files(a, firma_secret_view(&password),
		 firma_buf_view(&key_file), firma_buf_view(&cer_file), &key, p,
		 ret_what, cause)) != FIRMA_OK)
		return r;
	p->algorithm = firma_key_algorithm_of(key);
	return firma_keyfile_components(key, &p->components, cause);
}

static enum firma_err
import(struct app *app, const char *token, const char *alias,
    const struct pair *p, struct keys *ret, struct firma_cause *cause)
{
	const struct firma_msg_key_import ask = { firma_str_of(token),
		firma_str_of(alias), (uint32_t)p->algorithm,
		firma_certificate_der(p->certificate), 0 };
	struct pin_packets packets = {
		.at = { &p->components }, .n = 1, .next = keys_keep, .arg = ret
	};
	enum firma_err r;

	out_progress(_("writing the key to token %s"), token);
	r = app_call(app, FIRMA_MSG_key_import, &ask, -1, APP_LONG, pin_give,
	    &packets, cause);
	out_progress_end();
	return r;
}

/* The name of the agent's own software token. */
struct software {
	char name[65];
};

static enum firma_err
keep_software(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	const struct firma_msg_token_item *m = msg;
	struct software *s = arg;

	(void)fd;
	if (type == FIRMA_MSG_token_item && s->name[0] == '\0' &&
	    (m->flags & FIRMA_TOKENFLAG_SOFTWARE) != 0)
		firma_str_copy(m->name, s->name, sizeof(s->name));
	return FIRMA_OK;
}

static int
find_software(struct app *app, struct software *ret)
{
	const struct firma_msg_token_list ask = { firma_str_of(""), 0 };
	struct firma_cause cause = { 0 };
	const enum firma_err r = app_call(app, FIRMA_MSG_token_list, &ask, -1,
	    APP_SHORT, keep_software, ret, &cause);

	if (r != FIRMA_OK)
		return app_failure(
		    app, r, &cause, "%s", _("the tokens cannot be listed"));
	if (ret->name[0] == '\0')
		return say_refusal(FIRMA_EXIT_NOT_FOUND,
		    _("add a token with `software = yes` to firmad.conf "
		      "(firmad.conf(5) has an example)"),
		    "%s", _("the agent has no software token"));
	return 0;
}

/* The token cannot import: explain, and use the software token if wanted. */
static int
offer_software(struct app *app, struct pins *pins, const char *token,
    const char *alias, const struct pair *p, struct keys *ret)
{
	struct software s = { "" };
	struct firma_cause cause = { 0 };
	enum firma_err r;
	int yes = 0, status;

	out_note(_("Token %s makes its own keys and does not take others, as "
		   "many cards do. A software token of the agent's can hold "
		   "the old key until it is retired."),
	    token);
	if (ask_yes(&yes, "%s", _("Use the software token?")) != FIRMA_OK ||
	    !yes)
		return app_failure(app, FIRMA_ERR_TOKEN_NO_IMPORT, NULL,
		    _("key %s is not imported"), alias);
	if ((status = find_software(app, &s)) != 0 ||
	    (status = unlock_token(app, pins, s.name, 0)) != 0)
		return status;
	r = import(app, s.name, alias, p, ret, &cause);
	return r == FIRMA_OK
	    ? 0
	    : app_failure(app, r, &cause, _("key %s is not imported"), alias);
}

static int
wants(const struct args *a)
{
	const char *pfx = args_text(a, "pfx");

	if (args_text(a, "alias") == NULL ||
	    (pfx == NULL &&
		(args_text(a, "cer") == NULL || args_text(a, "key") == NULL)))
		return say_refusal(FIRMA_EXIT_USAGE,
		    _("firma key import --cer FILE.cer --key FILE.key "
		      "--alias NAME --token TOKEN"),
		    "%s", _("a certificate, its key and a name are wanted"));
	if ((args_text(a, "token") == NULL) == !args_flag(a, "software"))
		return say_refusal(FIRMA_EXIT_USAGE,
		    _("`firma token list` shows the tokens"), "%s",
		    _("either --token TOKEN or --software is wanted"));
	return 0;
}

int
key_import(struct app *app, const struct args *a)
{
	FIRMA_OWN(pair_done) struct pair p = { 0 };
	FIRMA_OWN(keys_done) struct keys keys = { 0 };
	struct software s = { "" };
	const char *token = args_text(a, "token"), *what = "";
	const char *alias = args_text(a, "alias");
	struct firma_cause cause = { 0 };
	struct pins pins;
	enum firma_err r;
	int status;

	if ((status = wants(a)) != 0)
		return status;
	if ((r = open_pair(a, &p, &what, &cause)) != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", what);
	if (token == NULL && (status = find_software(app, &s)) != 0)
		return status;
	if (token == NULL)
		token = s.name;
	pins_init(&pins, a);
	if ((status = unlock_token(app, &pins, token, 0)) != 0)
		return status;
	r = import(app, token, alias, &p, &keys, &cause);
	if (r == FIRMA_ERR_TOKEN_NO_IMPORT)
		status = offer_software(app, &pins, token, alias, &p, &keys);
	else if (r != FIRMA_OK)
		status = app_failure(
		    app, r, &cause, _("key %s is not imported"), alias);
	return status != 0 ? status
			   : key_made(&keys, _("The key is imported."));
}

const struct option_desc key_import_options[] = {
	{ "cer", 0, OPTION_TEXT, N_("FILE"), N_("the certificate (.cer)") },
	{ "key", 0, OPTION_TEXT, N_("FILE"), N_("the private key (.key)") },
	{ "pfx", 0, OPTION_TEXT, N_("FILE"),
	    N_("both in one file (.pfx, .p12)") },
	{ "password-file", 0, OPTION_TEXT, N_("FILE"),
	    N_("the key's password is this file's first line (-: stdin)") },
	{ "alias", 'a', OPTION_TEXT, N_("NAME"), N_("its name from now on") },
	{ "token", 't', OPTION_TEXT, N_("TOKEN"), N_("where to write it") },
	{ "software", 0, OPTION_FLAG, NULL,
	    N_("write it to the agent's software token") },
	PIN_OPTION,
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};
