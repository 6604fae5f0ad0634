/* SPDX-License-Identifier: Apache-2.0 */
/* firma certificate: import, show. */
#include <string.h>

#include "agent/base/own.h"
#include "cli/certificates.h"
#include "cli/file.h"
#include "cli/key_import.h"
#include "cli/keys.h"
#include "cli/pin.h"

static int
certificate_import(struct app *app, const struct args *a)
{
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	FIRMA_OWN(keys_done) struct keys keys = { 0 };
	const char *key = args_operand(a, 0), *path = args_operand(a, 1);
	struct firma_cause cause = { 0 };
	struct pins pins;
	enum firma_err r;
	int status;

	if ((r = certificates_file(path, &c, &cause)) != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", path);
	pins_init(&pins, a);
	if ((status = unlock_key(app, &pins, key)) != 0)
		return status;
	const struct firma_msg_certificate_import ask = { firma_str_of(key),
		firma_certificate_der(c), 0 };

	out_progress(_("writing the certificate beside its key"));
	r = app_call(app, FIRMA_MSG_certificate_import, &ask, -1, APP_LONG,
	    keys_keep, &keys, &cause);
	out_progress_end();
	if (r != FIRMA_OK)
		return app_failure(app, r, &cause,
		    _("the certificate is not written to key %s"), key);
	return key_made(&keys, _("The certificate is on the token."));
}

/* To the file, or to stdout. */
static enum firma_err
give_pem(const struct firma_certificate *c, const char *output,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf pem = { 0 };
	enum firma_err r =
	    file_pem("CERTIFICATE", firma_certificate_der(c), &pem);

	if (r != FIRMA_OK)
		return r;
	if (output != NULL) {
		r = file_write(output, 0644, firma_buf_view(&pem), cause);
		if (r == FIRMA_OK && out_is_json() && strcmp(output, "-") != 0)
			out_json(json_pack("{ss}", "file", output));
		return r;
	}
	if (!out_is_json())
		return out_octets(firma_buf_view(&pem));
	out_json(json_pack("{ss%}", "pem", (const char *)pem.at, pem.len));
	return FIRMA_OK;
}

/* Of a key, or in a file. */
static int
certificate_show(struct app *app, const struct args *a)
{
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	const char *what = args_operand(a, 0);
	const char *output = args_text(a, "output");
	struct firma_cause cause = { 0 };
	enum firma_err r;

	r = args_flag(a, "file") ? certificates_file(what, &c, &cause)
				 : certificates_of_key(app, what, &c, &cause);
	if (r != FIRMA_OK)
		return app_failure(
		    app, r, &cause, _("the certificate of %s"), what);
	if (output != NULL || args_flag(a, "pem")) {
		if ((r = give_pem(c, output, &cause)) != FIRMA_OK)
			/* untranslated: "stdout" is a name */
			return say_failure(r, &cause, NULL, "%s",
			    output != NULL ? output : "stdout");
		return FIRMA_EXIT_OK;
	}
	if (out_is_json())
		out_json(certificates_json(c, NULL));
	else
		certificates_text(c, NULL);
	return FIRMA_EXIT_OK;
}

static const struct option_desc import_options[] = {
	PIN_OPTION,
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

static const struct option_desc show_options[] = {
	{ "file", 'f', OPTION_FLAG, NULL, N_("KEY is the name of a file") },
	{ "pem", 0, OPTION_FLAG, NULL, N_("print the certificate itself") },
	{ "output", 'o', OPTION_TEXT, N_("FILE"), N_("write PEM there") },
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

const struct command certificate_commands[] = {
	{ "certificate import", N_("KEY FILE"),
	    N_("write a certificate to the token beside its key"),
	    import_options, 2, 2, certificate_import },
	{ "certificate show", N_("KEY"), N_("a key's certificate"),
	    show_options, 1, 1, certificate_show },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
