/* SPDX-License-Identifier: Apache-2.0 */
/* firma request: a certificate request (PKCS#10) for a key. */
#include <stdio.h>
#include <string.h>

#include "agent/pki/identifier.h"
#include "agent/pki/name.h"
#include "agent/pki/own_openssl.h"
#include "agent/pki/subject.h"
#include "cli/app.h"
#include "cli/certificates.h"
#include "cli/file.h"
#include "cli/pin.h"
#include "cli/request.h"

#define SUBJECT_TEXT_MAX 2048 /* octets of --subject */

/* What OpenSSL does not call as people do. */
static const char *
attribute(const char *name)
{
	if (strcmp(name, "email") == 0)
		return "emailAddress";
	if (strcmp(name, "rfc") == 0)
		return "x500UniqueIdentifier";
	if (strcmp(name, "curp") == 0)
		return "serialNumber";
	return name;
}

/* "CN=a,O=b"; a comma in a value is written "\,". */
static enum firma_err
parse_subject(
    const char *text, struct firma_buf *ret_der, struct firma_cause *cause)
{
	FIRMA_OWN(firma_x509_name_done) X509_NAME *name = X509_NAME_new();
	char copy[SUBJECT_TEXT_MAX];
	char *at = copy;
	unsigned char *der = NULL;

	if (name == NULL)
		return FIRMA_ERR_NOMEM;
	if (strlen(text) >= sizeof(copy))
		return FIRMA_ERR_LIMIT;
	memcpy(copy, text, strlen(text) + 1);
	while (*at != '\0') {
		char *to = at, *from = at, *eq;
		int end;

		while (*from != '\0' && *from != ',') {
			if (*from == '\\' && from[1] != '\0')
				from++;
			*to++ = *from++;
		}
		end = *from == '\0';
		*to = '\0';
		if ((eq = strchr(at, '=')) == NULL || eq[1] == '\0')
			return firma_fail(cause, FIRMA_ERR_VALUE,
			    FIRMA_CAUSE_NONE, 0, "%s", at);
		*eq = '\0';
		if (X509_NAME_add_entry_by_txt(name, attribute(at),
			MBSTRING_UTF8, (const unsigned char *)eq + 1, -1, -1,
			0) != 1)
			return firma_openssl_fail(
			    cause, FIRMA_ERR_VALUE, "%s", at);
		at = end ? from : from + 1;
	}
	if (X509_NAME_entry_count(name) == 0)
		return firma_fail(
		    cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0, "%s", text);
	const int len = i2d_X509_NAME(name, &der);

	return firma_openssl_put(ret_der, der, len);
}

/* What an institution's own program would write. */
enum shape { SHAPE_PKCS10, SHAPE_EFIRMA, SHAPE_SEAL };
static const struct {
	const char *name;
	unsigned int digest; /* octets */
	enum firma_subject_strings strings;
} shapes[] = {
	[SHAPE_PKCS10] = { "pkcs10", 32, FIRMA_STRINGS_STRICT },
	[SHAPE_EFIRMA] = { "sat-efirma", 20, FIRMA_STRINGS_LATIN1 },
	[SHAPE_SEAL] = { "sat-seal", 20, FIRMA_STRINGS_LATIN1 },
};

static enum shape
shape_of(const struct args *a)
{
	const char *name = args_text(a, "shape");
	enum shape s = SHAPE_PKCS10;

	for (size_t i = 0; name != NULL && i < 3; i++)
		if (strcmp(name, shapes[i].name) == 0)
			s = (enum shape)i;
	return s;
}

/* Whom a request names that follows a certificate. */
static enum firma_err
follow(struct app *app, const struct args *a, enum shape shape,
    struct firma_buf *ret_der, struct firma_cause *cause)
{
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	const char *from = args_text(a, "subject-from");
	const char *unit = args_text(a, "unit");
	struct firma_identity id = { 0 };
	enum firma_err r;

	r = from != NULL
	    ? certificates_file(from, &c, cause)
	    : certificates_of_key(app, args_operand(a, 0), &c, cause);
	if (r != FIRMA_OK ||
	    (r = firma_certificate_subject_der(c, &der)) != FIRMA_OK)
		return r;
	if (shape == SHAPE_PKCS10)
		return firma_name_for_request(
		    firma_buf_view(&der), ret_der, cause);
	if ((r = firma_identity_of(c, &id, cause)) != FIRMA_OK)
		return r;
	/* The agent writes the strings as the shape wants them. */
	return shape == SHAPE_SEAL
	    ? firma_subject_seal(&id, unit != NULL ? unit : "",
		  FIRMA_STRINGS_STRICT, ret_der, cause)
	    : firma_subject_identifiers(
		  &id, id.email, FIRMA_STRINGS_STRICT, ret_der, cause);
}

/* What a person typed for an authority has right check digits. */
static enum firma_err
check_typed(struct firma_bytes der, struct firma_cause *cause)
{
	struct firma_identity id = { 0 };
	enum firma_err r = firma_identity_of_subject(der, &id, cause);

	if (r == FIRMA_OK)
		r = firma_rfc_check(id.rfc, cause);
	if (r == FIRMA_OK && id.representative_rfc[0] != '\0')
		r = firma_rfc_check(id.representative_rfc, cause);
	if (r == FIRMA_OK && id.curp[0] != '\0')
		r = firma_curp_check(id.curp, cause);
	if (r == FIRMA_OK && id.representative_curp[0] != '\0')
		r = firma_curp_check(id.representative_curp, cause);
	return r;
}

/* The subject from --subject, --subject-from, or the key's certificate. */
static enum firma_err
subject(struct app *app, const struct args *a, enum shape shape,
    struct firma_buf *ret_der, struct firma_cause *cause)
{
	enum firma_err r;

	if (args_text(a, "subject") == NULL)
		return follow(app, a, shape, ret_der, cause);
	r = parse_subject(args_text(a, "subject"), ret_der, cause);
	if (r == FIRMA_OK && shape != SHAPE_PKCS10)
		r = check_typed(firma_buf_view(ret_der), cause);
	return r;
}

static enum firma_err
challenge(enum shape shape, struct firma_bytes subject_der,
    char ret[FIRMA_CHALLENGE_LEN + 1], struct firma_cause *cause)
{
	struct firma_identity id = { 0 };
	enum firma_err r;

	ret[0] = '\0';
	if (shape == SHAPE_PKCS10)
		return FIRMA_OK;
	if (shape == SHAPE_EFIRMA)
		return firma_challenge_random(ret);
	r = firma_identity_of_subject(subject_der, &id, cause);
	return r == FIRMA_OK
	    ? firma_challenge_computed(id.unique_identifier, ret)
	    : r;
}

static enum firma_err
keep_request(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	const struct firma_msg_request_made *m = msg;
	struct firma_buf *ret = arg;

	(void)fd;
	if (type != FIRMA_MSG_request_made)
		return FIRMA_OK;
	ret->len = 0;
	return firma_buf_put(ret, m->request);
}

/* The agent has the token sign it.  The token must be unlocked. */
static enum firma_err
make(struct app *app, struct pins *pins, const char *key, enum shape shape,
    struct firma_bytes name, const char *password, struct firma_buf *ret_der,
    struct firma_cause *cause)
{
	const struct firma_msg_request_make ask = { firma_str_of(key), name,
		shapes[shape].digest, (uint32_t)shapes[shape].strings,
		firma_str_of(password), 0 };
	struct pin_each each = {
		.pins = pins, .next = keep_request, .arg = ret_der
	};
	enum firma_err r;

	out_progress(_("the token signs the request"));
	r = app_call(app, FIRMA_MSG_request_make, &ask, -1, APP_SIGN,
	    pin_give_each, &each, cause);
	r = pin_each_end(&each, r, cause);
	out_progress_end();
	return r;
}

enum firma_err
request_seal(struct app *app, struct pins *pins, const char *key,
    const struct firma_identity *efirma, const char *branch,
    struct firma_buf *ret_der, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf name = { 0 };
	char password[FIRMA_CHALLENGE_LEN + 1];
	enum firma_err r;

	if ((r = firma_subject_seal(efirma, branch, FIRMA_STRINGS_STRICT, &name,
		 cause)) != FIRMA_OK ||
	    (r = firma_challenge_computed(
		 efirma->unique_identifier, password)) != FIRMA_OK)
		return r;
	return make(app, pins, key, SHAPE_SEAL, firma_buf_view(&name), password,
	    ret_der, cause);
}

/* To the file, or as PEM to stdout. */
static enum firma_err
give(const char *key, const char *output, struct firma_bytes der,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf pem = { 0 };
	enum firma_err r;

	if (output != NULL) {
		if ((r = file_write(output, 0644, der, cause)) == FIRMA_OK &&
		    out_is_json() && strcmp(output, "-") != 0)
			out_json(
			    json_pack("{ss ss}", "key", key, "file", output));
		return r;
	}
	if ((r = file_pem("CERTIFICATE REQUEST", der, &pem)) != FIRMA_OK)
		return r;
	if (!out_is_json())
		return out_octets(firma_buf_view(&pem));
	out_json(json_pack(
	    "{ss ss%}", "key", key, "request", (const char *)pem.at, pem.len));
	return FIRMA_OK;
}

static int
request(struct app *app, const struct args *a)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf name = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	const char *key = args_operand(a, 0);
	const char *output = args_text(a, "output");
	const char *from = args_text(a, "subject-from");
	const enum shape shape = shape_of(a);
	char password[FIRMA_CHALLENGE_LEN + 1];
	struct firma_cause cause = { 0 };
	struct pins pins;
	enum firma_err r;
	int status;

	if ((args_text(a, "unit") != NULL) != (shape == SHAPE_SEAL))
		return say_refusal(FIRMA_EXIT_USAGE,
		    _("firma request KEY --shape sat-seal --unit BRANCH "
		      "--subject-from EFIRMA.cer"),
		    "%s", _("--unit goes with --shape sat-seal"));
	if ((r = subject(app, a, shape, &name, &cause)) != FIRMA_OK ||
	    (r = challenge(shape, firma_buf_view(&name), password, &cause)) !=
		FIRMA_OK)
		/* untranslated: an option, or a file's name */
		return app_failure(app, r, &cause, "%s",
		    args_text(a, "subject") != NULL ? "--subject"
			: from != NULL
			? from
			: _("whom the request names is not known: use "
			    "--subject-from or --subject"));
	pins_init(&pins, a);
	if ((status = unlock_key(app, &pins, key)) != 0)
		return status;
	r = make(app, &pins, key, shape, firma_buf_view(&name), password, &der,
	    &cause);
	if (r == FIRMA_OK)
		r = give(key, output, firma_buf_view(&der), &cause);
	if (r != FIRMA_OK)
		return app_failure(
		    app, r, &cause, _("no request for key %s"), key);
	return FIRMA_EXIT_OK;
}

static const struct option_desc options[] = {
	{ "output", 'o', OPTION_TEXT, N_("FILE"),
	    N_("write DER there (default: PEM on stdout)") },
	{ "subject-from", 0, OPTION_TEXT, N_("CERTIFICATE"),
	    N_("copy the subject of this file") },
	{ "subject", 0, OPTION_TEXT, N_("TEXT"),
	    N_("the subject: CN=..,O=..,rfc=..,curp=..") },
	{ "shape", 0, OPTION_CHOICE, "pkcs10|sat-efirma|sat-seal",
	    N_("as the tax authority's program writes them (with SHA-1)") },
	{ "unit", 0, OPTION_TEXT, N_("BRANCH"),
	    N_("with sat-seal: the branch that the seal is of") },
	PIN_OPTION,
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

const struct command request_commands[] = {
	{ "request", N_("KEY"), N_("make a certificate request (PKCS#10)"),
	    options, 1, 1, request },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
